"""The reminders page, what other pages show of reminders, and the acts on them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from app.clock import now
from app.identity.guarding import Me
from app.reminders import asking
from app.reminders.answering import done, moment, snoozes
from app.reminders.asking import STATES, counts, listed, reminder_of
from app.reminders.asking_pages import AskingPages
from app.reminders.letting_go import let_go, take_back
from app.reminders.noting import HELD, RUNG, SETTLED
from app.reminders.retelling import story_of
from app.reminders.ringing import ring_anyway
from app.reminders.snoozing import snooze
from app.web.locale import N_
from app.web.paging import parse_before
from app.web.replies import Asked, page, partial, wants_partial
from app.web.wishes import THEM, Wish

ALL = "all"
WHICH = (ALL, *STATES)
A_FEW = 10
SETTLED_LATELY = timedelta(days=7)

SNOOZED = N_("Snoozed until %(day)s, %(clock)s.")
LET_GO = N_("Let go. It will not ring any more.")
AS_BEFORE = N_("The reminder is as it was before.")
RUNG_ANYWAY = N_("It rang.")


@dataclass
class Snooze:
    """A button of the menu, or plain words; `by` is on if they are meant on the recipient's clock."""

    until: str = ""
    words: str = ""
    by: str = ""


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

    @get("/{reminder_id:uuid}")
    async def story(self, request: Asked, me: NamedDependency[Me], reminder_id: FromPath[UUID]) -> Template:
        """Everything that became of one, and what it was decided by."""
        story = await story_of(me, await reminder_of(me, reminder_id))
        shown: dict[str, Any] = {"story": story, "one": story.one, "snoozes": snoozes(me)}
        return partial("reminders/story", **shown) if wants_partial(request) else page("reminders/show", **shown)

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


PAGES = [ReminderPages, AskingPages]
