"""The pages about threads: the mails in them and how far each got."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, URLEncodedBody
from litestar.response import Template
from markupsafe import Markup, escape

from app.clock import now
from app.contacts.addresses import normal
from app.contacts.being_away import is_away
from app.contacts.consent import allowed
from app.contacts.finding import contact_of
from app.contacts.listing import their_time
from app.contacts.refusing import pattern_of
from app.database import rows
from app.errors import Refused
from app.identity.guarding import Me
from app.mailboxes.asking import mailbox_of
from app.mailboxes.losing_sight import Window, windows_touching
from app.mailboxes.tables import Mailbox
from app.threads import removing
from app.threads.asking import Step, ladder, message_of, messages_of, moved_to, people_of, questions_in, recipients_of, thread_of, tick
from app.threads.forgetting import preview
from app.threads.judging_answers import ask_again, take_as_answer, take_as_no_answer
from app.threads.sent_pages import SentPages
from app.threads.tables import RECEIVED, SENT, Message, Recipient, Thread
from app.threads.tidying import new_words, safe
from app.web.locale import N_
from app.web.replies import Asked, acted, flash, page, partial, redirect

REMOVED = N_("What was to go of %(address)s is removed (messages: %(number)d). In the mailbox itself it is as it was.")

YES, NO = "yes", "no"
ASKED_AGAIN = N_("The question stands again.")
JUDGEMENTS = {
    YES: (take_as_answer, N_("It counts as the answer. What waited for one is settled.")),
    NO: (take_as_no_answer, N_("It is no answer. A reminder goes on.")),
}

OF_CONTACT = """
SELECT t.id, t.subject, t.last_at, t.mailbox, min(m.at) AS first_at, count(m.id) AS messages,
    (array_agg(m.id ORDER BY m.at DESC) FILTER (WHERE m.direction = 'sent'))[1] AS latest
FROM thread t JOIN message m ON m.thread = t.id
WHERE t.person = $1 AND t.workspace = $2 AND EXISTS (
    SELECT FROM message one LEFT JOIN recipient r ON r.message = one.id
    WHERE one.thread = t.id AND (r.contact = $3 OR (one.direction = 'received' AND one.sender = $4)))
GROUP BY t.id ORDER BY t.last_at DESC LIMIT 100
"""


@dataclass(frozen=True)
class Shown:
    """One mail of a thread as the page shows it; `whole` is the mail with what it quotes, where that is more."""

    message: Message
    recipients: list[Recipient]
    body: Markup
    whole: Markup | None
    steps: list[Step]
    state: str
    windows: Sequence[Window] = ()
    asks: bool = False
    is_copy: bool = False

    @property
    def is_sent(self) -> bool:
        return bool(self.message.direction == SENT)

    @property
    def late(self) -> list[Recipient]:
        return [one for one in self.recipients if one.delayed_at is not None]

    @property
    def failed(self) -> list[Recipient]:
        return [one for one in self.recipients if one.failed_at is not None]


class ThreadPages(Controller):
    path = "/threads"

    @get("/{thread_id:uuid}")
    async def show(self, me: NamedDependency[Me], thread_id: FromPath[UUID]) -> Response[Any]:
        thread = await thread_of(me, thread_id)
        messages = await messages_of(thread)
        elsewhere = None if messages else await moved_to(thread)
        if elsewhere is not None:
            return cast(Response[Any], redirect(f"/threads/{elsewhere}"))
        return await self.shown(me, thread, messages)

    async def shown(self, me: Me, thread: Thread, messages: list[Message]) -> Template:
        recipients = await recipients_of(message.id for message in messages)
        people = [(contact, allowed(me.workspace, contact), their_time(contact)) for contact in await people_of(thread, messages)]
        mailbox = await Mailbox.objects().where(Mailbox.id == thread.mailbox).first()
        windows = await windows_since(thread, [message.at for message in messages])
        mails = without_copies([shown(message, recipients[message.id], windows) for message in messages])
        names = {contact.address: contact.name or contact.address for contact, _, _ in people}
        own = normal(mailbox.address) if mailbox else ""
        questions = [one for one in await questions_in(thread.id) if one.thread != thread.id]
        return page(
            "threads/show", thread=thread, mails=mails, people=people, names=names, own=own, mailbox=mailbox, questions=questions,
            away={contact.id for contact, _, _ in people if is_away(contact)},
        )  # fmt: skip

    @get("/of-contact/{contact_id:uuid}")
    async def of_contact(self, me: NamedDependency[Me], contact_id: FromPath[UUID]) -> Template:
        contact = await contact_of(me, contact_id)
        found = await rows(OF_CONTACT, me.person.id, me.workspace.id, contact.id, contact.address)
        latest = [row["latest"] for row in found if row["latest"]]
        messages = {message.id: message for message in await Message.objects().where(Message.id.is_in(latest))} if latest else {}
        ticks = {row["id"]: tick(messages[row["latest"]]) for row in found if row["latest"] in messages}
        first = min((row["first_at"] for row in found), default=now())
        windows = await windows_touching(me.workspace.id, me.person.id, first, now())
        hidden = {row["id"]: [one for one in windows if one.mailbox == row["mailbox"] and one.hides_after(row["first_at"])] for row in found}
        return partial("threads/_of_contact", threads=found, ticks=ticks, contact=contact, hidden=hidden)


@dataclass
class Judgement:
    """Whether a mail is the answer: yes or no."""

    judgement: str = ""


class MessagePages(Controller):
    path = "/messages"

    @get("/{message_id:uuid}/truth")
    async def truth(self, me: NamedDependency[Me], message_id: FromPath[UUID]) -> Template:
        """How far it got by now: the ladder, and the tick in its head."""
        message = await message_of(me, message_id)
        recipients = await recipients_of([message.id])
        windows = await windows_since(message, [message.at])
        return partial("threads/_truth", mail=shown(message, recipients[message.id], windows), fresh=True)


    @post("/{message_id:uuid}/answer", status_code=200)
    async def create_answer(
        self, request: Asked, me: NamedDependency[Me], message_id: FromPath[UUID], data: URLEncodedBody[Judgement]
    ) -> Response[Any]:
        """The rep says whether a new mail is the answer to the one it may answer."""
        message = await message_of(me, message_id)
        if data.judgement not in JUDGEMENTS:
            raise Refused("Say whether this mail is the answer, or not.")
        act, sentence = JUDGEMENTS[data.judgement]
        await act(message)
        return judged(request, sentence, f"/threads/{message.thread}", undo=f"/messages/{message.id}/question")

    @post("/{message_id:uuid}/question", status_code=200)
    async def create_question(self, request: Asked, me: NamedDependency[Me], message_id: FromPath[UUID]) -> Response[Any]:
        """Take back what was said: yes or no."""
        message = await message_of(me, message_id)
        await ask_again(message)
        return judged(request, ASKED_AGAIN, f"/threads/{message.thread}")


def judged(request: Asked, sentence: str, then: str, undo: str = "") -> Response[Any]:
    """What it came to; the thread and what shows reminders read themselves anew."""
    return acted(request, sentence, then, changed=["reminders", "mails"], undo=undo)


class ForgettingPages(Controller):
    path = "/never-log"

    @get("/preview")
    async def preview(self, me: NamedDependency[Me], pattern: FromQuery[str] = "") -> Template:
        """What a pattern would remove, before anything is removed."""
        meant = pattern_of(pattern)
        return page("threads/forgetting", pattern=meant, removal=await preview(me, meant))


async def windows_since(of: Thread | Message, moments: Sequence[datetime]) -> list[Window]:
    """When its mailbox could not be read since the first of these moments: answers of that time may be missing."""
    return await windows_touching(of.workspace, of.person, min(moments), now(), of.mailbox) if moments else []


def shown(message: Message, recipients: list[Recipient], windows: Sequence[Window] = ()) -> Shown:
    own, whole = bodies(message)
    steps = ladder(message) if message.direction == SENT else []
    hidden = [one for one in windows if message.replied_at is None and one.hides_after(message.at)]
    asks = message.may_answer is not None and message.judged_at is None
    return Shown(message, recipients, own, whole, steps, tick(message), hidden, asks)


def without_copies(mails: Sequence[Shown]) -> list[Shown]:
    """Of a mail that went to several separately within one thread, the first stands for all; the others are behind it."""
    first = {one.message.sending: one.message.id for one in reversed(mails) if one.message.sending}
    return [replace(one, is_copy=first.get(one.message.sending, one.message.id) != one.message.id) for one in mails]


def bodies(message: Message) -> tuple[Markup, Markup | None]:
    """What is read first, and the rest behind it: of an answer only their own words come first."""
    everything = Markup(safe(message.html)) if message.html else paragraphs(message.text)  # noqa: S704 - safe() leaves nothing that acts
    if message.direction != RECEIVED or not message.text:
        return everything, None
    own = new_words(message.text)
    quotes = len(own) < len(message.text.strip()) - 20
    return (paragraphs(own), everything) if quotes else (everything, None)


def paragraphs(text: str) -> Markup:
    """Plain text as paragraphs, its lines kept."""
    blocks = [block.strip() for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()]
    return Markup("").join(Markup("<p>{}</p>").format(Markup("<br>").join(escape(line) for line in block.split("\n"))) for block in blocks)


@dataclass
class Removal:
    """What to remove: with `everything`, what was sent from here too."""

    everything: bool = False


class RemovalPages(Controller):
    path = "/mailboxes/{mailbox_id:uuid}/history"

    @get("/removal")
    async def preview(self, me: NamedDependency[Me], mailbox_id: FromPath[UUID], everything: FromQuery[bool] = False) -> Template:
        """What would go, counted, before anything goes."""
        mailbox = await mailbox_of(me, mailbox_id)
        count = await removing.preview(mailbox, everything=everything)
        return page("threads/removal", mailbox=mailbox, everything=everything, count=count)

    @post("/removal")
    async def remove(self, request: Asked, me: NamedDependency[Me], mailbox_id: FromPath[UUID], data: URLEncodedBody[Removal]) -> Response[Any]:
        mailbox = await mailbox_of(me, mailbox_id)
        number = await removing.remove_history(mailbox, everything=data.everything)
        flash(request, REMOVED, number=number, address=mailbox.address)
        return redirect("/mailboxes")


PAGES = [RemovalPages, ThreadPages, MessagePages, ForgettingPages, SentPages]
