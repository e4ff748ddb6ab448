"""Asking for a reminder: the form that every page can show, of a thread, of one mail or of a contact, and what becomes of it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from app.contacts.clocks import elsewhere
from app.contacts.finding import contact_of
from app.contacts.stopping import is_stopped
from app.contacts.tables import Contact
from app.errors import NotHere
from app.happenings import CONDITIONS, NO_REPLY
from app.identity.guarding import Me
from app.reminders import asking
from app.reminders.answering import acts, done, moment
from app.reminders.conditions import OF_TOUCHES, ON_CONTACTS, is_known
from app.reminders.hearing import remind_of_contact
from app.reminders.reckoning import who_got
from app.reminders.stopping import stopped_in
from app.reminders.tables import OF_CONTACT, OF_MESSAGE, OF_THREAD, Reminder
from app.reminders.waiting import remind
from app.threads.asking import last_sent, message_of, thread_of
from app.threads.tables import SENT, Message, Thread
from app.tracking.knowing import known_of
from app.web.elsewhere import Elsewhere
from app.web.locale import N_
from app.web.replies import Asked, page, partial, wants_partial
from app.web.wishes import THEM, Wish

SPANS = ("1h", "4h", "1d", "2d", "3d", "1w", "2w")
USUAL_SPAN = "3d"

RINGS_ON = {
    "no_reply": N_("It rings on %(day)s, %(clock)s, if nobody answers."),
    "not_opened": N_("It rings on %(day)s, %(clock)s, if nobody opens it."),
    "opened_no_reply": N_("It rings on %(day)s, %(clock)s, if it is opened and nobody answers."),
    "clicked_no_reply": N_("It rings on %(day)s, %(clock)s, if a link is clicked and nobody answers."),
    "not_clicked": N_("It rings on %(day)s, %(clock)s, if nobody clicks a link."),
    "regardless": N_("It rings on %(day)s, %(clock)s, in any case."),
}
RINGS_UNHEARD = N_("It rings on %(day)s, %(clock)s, if nothing is heard from them.")


@dataclass
class When:
    """On which condition, and a span (`3d`); or a date, from the third field; or plain words, from the fourth. What is most exact counts.
    `by` is on if it is meant on the recipient's clock."""

    condition: str = NO_REPLY
    when: str = ""
    date: str = ""
    words: str = ""
    by: str = ""

    @property
    def wish(self) -> str:
        return str(Wish(self.words.strip() or self.date.strip() or self.when.strip(), THEM if self.by else ""))


@dataclass(frozen=True)
class Form:
    """The form as a page shows it: where it goes, which conditions can be known there, and what is chosen to begin with."""

    scope: str
    key: UUID
    action: str
    conditions: tuple[str, ...]
    condition: str
    span: str
    called: str
    them: Contact | None

    @property
    def about(self) -> str:
        """Whose clock the preview shows beside ours."""
        return f"&contact={self.them.id}" if self.them else ""

    @property
    def clock(self) -> Elsewhere | None:
        return elsewhere(self.them)

    @property
    def lacks(self) -> bool:
        """Is there a condition that can't be known of this mail?"""
        return self.scope != OF_CONTACT and len(self.conditions) < len(CONDITIONS)


class AskingPages(Controller):
    path = "/reminders"

    @get("/of-thread/{thread_id:uuid}")
    async def of_thread(self, me: NamedDependency[Me], thread_id: FromPath[UUID]) -> Template:
        """The reminder of a thread, or a way to ask for one."""
        thread = await thread_of(me, thread_id)
        found, asks = await asking.of_thread(me, thread.id), await form_of_thread(me, thread)
        parts: dict[str, Any] = {"thread": thread, "reminders": found, "asks": asks, "spans": SPANS, "stopped": await stopped_in(thread)}
        return partial("reminders/of_thread", **parts, **await acts(me))

    @get("/of-contact/{contact_id:uuid}")
    async def of_contact(self, me: NamedDependency[Me], contact_id: FromPath[UUID]) -> Template:
        contact = await contact_of(me, contact_id)
        found, asks = await asking.of_contact(me, contact.id), form_of_contact(me, contact)
        parts: dict[str, Any] = {"contact": contact, "reminders": found, "asks": asks, "spans": SPANS, "stopped": await is_stopped(me, contact)}
        return partial("reminders/of_contact", **parts, **await acts(me))

    @get("/of-thread/{thread_id:uuid}/new")
    async def new_of_thread(self, request: Asked, me: NamedDependency[Me], thread_id: FromPath[UUID]) -> Template:
        return shown(request, await form_of_thread(me, await thread_of(me, thread_id)))

    @get("/of-message/{message_id:uuid}/new")
    async def new_of_message(self, request: Asked, me: NamedDependency[Me], message_id: FromPath[UUID]) -> Template:
        return shown(request, await form_of_message(me, await sent_mail(me, message_id)))

    @get("/of-contact/{contact_id:uuid}/new")
    async def new_of_contact(self, request: Asked, me: NamedDependency[Me], contact_id: FromPath[UUID]) -> Template:
        contact = await contact_of(me, contact_id)
        return shown(request, form_of_contact(me, contact))

    @post("/of-thread/{thread_id:uuid}", status_code=200)
    async def create(self, request: Asked, me: NamedDependency[Me], thread_id: FromPath[UUID], data: URLEncodedBody[When]) -> Response[Any]:
        """By hand, or on another date, or on another condition."""
        thread = await thread_of(me, thread_id)
        return told(request, me, await remind(me.person, thread, data.wish, data.condition))

    @post("/of-message/{message_id:uuid}", status_code=200)
    async def create_of_message(
        self, request: Asked, me: NamedDependency[Me], message_id: FromPath[UUID], data: URLEncodedBody[When]
    ) -> Response[Any]:
        """It stays with this mail, whatever is written in the thread later."""
        message = await sent_mail(me, message_id)
        thread = await thread_of(me, message.thread)
        return told(request, me, await remind(me.person, thread, data.wish, data.condition, message))

    @post("/of-contact/{contact_id:uuid}", status_code=200)
    async def create_of_contact(
        self, request: Asked, me: NamedDependency[Me], contact_id: FromPath[UUID], data: URLEncodedBody[When]
    ) -> Response[Any]:
        return told(request, me, await remind_of_contact(me, await contact_of(me, contact_id), data.wish, data.condition))


async def form_of_thread(me: Me, thread: Thread) -> Form:
    waited = await last_sent(thread)
    return await form(me, OF_THREAD, thread.id, waited, thread.subject)


async def form_of_message(me: Me, message: Message) -> Form:
    return await form(me, OF_MESSAGE, message.id, message, message.subject)


def form_of_contact(me: Me, contact: Contact) -> Form:
    condition = me.person.reminds_if if me.person.reminds_if in ON_CONTACTS else NO_REPLY
    action, called = f"/reminders/of-contact/{contact.id}", contact.name or contact.address
    return Form(OF_CONTACT, contact.id, action, ON_CONTACTS, condition, span_of(me), called, contact)


async def form(me: Me, scope: str, key: UUID, waited: Message | None, called: str) -> Form:
    """What can't be known of the mail is not offered."""
    is_silent = waited is not None and (await known_of([waited.id])).silent_since is not None
    known = tuple(one for one in CONDITIONS if one not in OF_TOUCHES or (waited is not None and is_known(one, waited, is_silent=is_silent)))
    condition = me.person.reminds_if if me.person.reminds_if in known else NO_REPLY
    return Form(scope, key, f"/reminders/of-{scope}/{key}", known, condition, span_of(me), called, await who_got(waited) if waited else None)


def span_of(me: Me) -> str:
    return str(me.person.reminds_after or USUAL_SPAN)


async def sent_mail(me: Me, message_id: UUID) -> Message:
    """One of the person's own mails that went out: of what came in nobody waits for an answer."""
    message = await message_of(me, message_id)
    if message.direction != SENT:
        raise NotHere("This mail was sent to you. Ask to be reminded of its thread instead.")
    return message


def shown(request: Asked, asks: Form) -> Template:
    """A part of the page for htmx, else a page of its own."""
    if wants_partial(request):
        return partial("reminders/form", asks=asks, spans=SPANS)
    return page("reminders/new", asks=asks, spans=SPANS)


def told(request: Asked, me: Me, reminder: Reminder) -> Response[Any]:
    sentence = RINGS_UNHEARD if reminder.scope == OF_CONTACT and reminder.condition == NO_REPLY else RINGS_ON[reminder.condition]
    return done(request, sentence, **moment(me, reminder))
