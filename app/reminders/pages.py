"""The reminders page, what other pages show of reminders, and the acts on them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from app.clock import now
from app.contacts.finding import contact_of
from app.identity.guarding import Me
from app.identity.working import calendar_of
from app.reminders import asking
from app.reminders.asking import STATES, counts, listed, reminder_of
from app.reminders.letting_go import let_go, take_back
from app.reminders.noting import HELD, RUNG, SETTLED
from app.reminders.ringing import ring_anyway
from app.reminders.snoozing import snooze
from app.reminders.tables import Reminder
from app.reminders.timing import choices
from app.reminders.waiting import remind
from app.threads.asking import thread_of
from app.web.locale import N_, clock, day
from app.web.paging import parse_before
from app.web.replies import Asked, flash, page, partial, redirect, wants_partial
from app.web.wishes import THEM, Wish

ALL = "all"
WHICH = (ALL, *STATES)
A_FEW = 10
SETTLED_LATELY = timedelta(days=7)

SNOOZED = N_("Snoozed until %(day)s, %(clock)s.")
LET_GO = N_("Let go. It will not ring any more.")
AS_BEFORE = N_("The reminder is as it was before.")
RINGS_ON = N_("It rings on %(day)s, %(clock)s, if nobody answers.")
RUNG_ANYWAY = N_("It rang.")


@dataclass
class Snooze:
    """A button of the menu, or plain words; `by` is on if they are meant on the recipient's clock."""

    until: str = ""
    words: str = ""
    by: str = ""


@dataclass
class When:
    """A span (`3d`); or a date, from the second field; or plain words, from the third. What is most exact counts. `by`: on the recipient's clock."""

    when: str = ""
    date: str = ""
    words: str = ""
    by: str = ""

    @property
    def wish(self) -> str:
        return str(Wish(self.words.strip() or self.date.strip() or self.when.strip(), THEM if self.by else ""))


class ReminderPages(Controller):
    path = "/reminders"

    @get("/")
    async def show(self, request: Asked, me: NamedDependency[Me]) -> Template:
        """All that is open, or the reminders of one state."""
        which = request.query_params.get("state", ALL)
        which = which if which in WHICH else ALL
        before = parse_before(request.query_params.get("after"))
        groups = {one: await listed(me, one, before if one == which else None, size(one, which)) for one in ((which,) if which != ALL else STATES)}
        if which == ALL:
            groups[SETTLED] = [one for one in groups[SETTLED] if one.reminder.settled_at and one.reminder.settled_at > now() - SETTLED_LATELY]
        last = groups[which][-1] if which != ALL and len(groups[which]) == asking.PAGE else None
        more = asking.place_after(last) if last else None
        number = await counts(me)
        listing: dict[str, Any] = {"groups": groups, "which": which, "number": number, "more": more, "states": WHICH, "snoozes": snoozes(me)}
        return partial("reminders/list", **listing) if wants_partial(request) else page("reminders/reminders", **listing)

    @get("/badge")
    async def badge(self, me: NamedDependency[Me]) -> Template:
        """How many wait for the rep, for the navigation."""
        return partial("reminders/badge", number=(await counts(me))[RUNG])

    @get("/waiting-for-you")
    async def waiting_for_you(self, me: NamedDependency[Me]) -> Template:
        """What rang and what is held, beside the feed."""
        rung, held = await listed(me, RUNG, size=A_FEW), await listed(me, HELD, size=A_FEW)
        return partial("reminders/waiting_for_you", rung=rung, held=held, number=await counts(me), snoozes=snoozes(me))

    @get("/of-thread/{thread_id:uuid}")
    async def of_thread(self, me: NamedDependency[Me], thread_id: FromPath[UUID]) -> Template:
        """The reminder of a thread, or a way to ask for one."""
        thread = await thread_of(me, thread_id)
        return partial("reminders/of_thread", thread=thread, reminders=await asking.of_thread(me, thread.id), snoozes=snoozes(me))

    @post("/of-thread/{thread_id:uuid}", status_code=200)
    async def create(self, request: Asked, me: NamedDependency[Me], thread_id: FromPath[UUID], data: URLEncodedBody[When]) -> Response[Any]:
        """By hand, or on another date."""
        thread = await thread_of(me, thread_id)
        reminder = await remind(me.person, thread, data.wish)
        return done(request, RINGS_ON, **moment(me, reminder))

    @get("/of-contact/{contact_id:uuid}")
    async def of_contact(self, me: NamedDependency[Me], contact_id: FromPath[UUID]) -> Template:
        contact = await contact_of(me, contact_id)
        return partial("reminders/of_contact", reminders=await asking.of_contact(me, contact.id), snoozes=snoozes(me))

    @post("/{reminder_id:uuid}/snooze", status_code=200)
    async def create_snooze(
        self, request: Asked, me: NamedDependency[Me], reminder_id: FromPath[UUID], data: URLEncodedBody[Snooze]
    ) -> Response[Any]:
        reminder = await snooze(await reminder_of(me, reminder_id), me.person, data.until or str(Wish(data.words.strip(), THEM if data.by else "")))
        return done(request, SNOOZED, **moment(me, reminder))

    @post("/{reminder_id:uuid}/done", status_code=200)
    async def create_done(self, request: Asked, me: NamedDependency[Me], reminder_id: FromPath[UUID]) -> Response[Any]:
        reminder = await let_go(await reminder_of(me, reminder_id))
        return done(request, LET_GO, undo=f"/reminders/{reminder.id}/undone")

    @post("/{reminder_id:uuid}/undone", status_code=200)
    async def create_undone(self, request: Asked, me: NamedDependency[Me], reminder_id: FromPath[UUID]) -> Response[Any]:
        await take_back(await reminder_of(me, reminder_id))
        return done(request, AS_BEFORE)

    @post("/{reminder_id:uuid}/ringing", status_code=200)
    async def create_ringing(self, request: Asked, me: NamedDependency[Me], reminder_id: FromPath[UUID]) -> Response[Any]:
        """Ring a held one anyway."""
        await ring_anyway(await reminder_of(me, reminder_id))
        return done(request, RUNG_ANYWAY)


def size(state: str, which: str) -> int:
    """A state's own page shows many; on the page of all, those settled are only a few."""
    return A_FEW if which == ALL and state == SETTLED else asking.PAGE


def snoozes(me: Me) -> dict[str, Any]:
    """The snooze menu."""
    return choices(now(), calendar_of(me.person), me.person.rings_at_work)


def moment(me: Me, reminder: Reminder) -> dict[str, str]:
    zone = ZoneInfo(me.person.time_zone)
    return {"day": day(reminder.due_at, zone, me.person.locale), "clock": clock(reminder.due_at, zone, me.person.locale)}


def done(request: Asked, sentence: str, *, undo: str = "", **values: object) -> Response[Any]:
    """An act is over: htmx shows a toast, and every part of the page that shows reminders reads itself anew."""
    if wants_partial(request):
        said = {"sentence": sentence, "values": values, "undo": undo}
        return partial("parts/toast", headers={"HX-Trigger": "reminders"}, said=said)
    flash(request, sentence, undo=undo, **values)
    return cast(Response[Any], redirect(back(request)))


def back(request: Asked) -> str:
    """The page the form was on, if it was one of ours."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.headers.get("host", ""):
        return "/reminders"
    path = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    return path if path.startswith("/") and not path.startswith("//") else "/reminders"


PAGES = [ReminderPages]
