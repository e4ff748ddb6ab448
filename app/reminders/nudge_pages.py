"""What moves a quiet thread on: a follow-up to read and send, and an end to asking for somebody."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from app.contacts.finding import contact_of
from app.contacts.stopping import is_stopped
from app.contacts.tables import Contact
from app.errors import NotHere
from app.identity.guarding import Me
from app.reminders.answering import done
from app.reminders.asking import reminder_of
from app.reminders.nudging import follow_up
from app.reminders.offering import offers
from app.reminders.stopping import ask_again, named, stop_asking
from app.web.locale import N_
from app.web.replies import Asked, flash, partial, redirect

DRAFTED = N_("Drafted from “%(text)s”. Read it before you send it.")
DRAFTED_BEFORE = N_("You were writing here already, so this is your draft as you left it. Discard it to begin with a text.")
STOPPED = N_("You are not reminded of %(who)s any more. That settled %(number)d reminders.")
STOPPED_THE_ONE = N_("You are not reminded of %(who)s any more. That settled 1 reminder.")
AGAIN = N_("You are reminded of %(who)s again, and what that had settled is back.")


@dataclass
class Chosen:
    """Which text; none: the first."""

    text: str = ""


@dataclass
class Whom:
    """One contact; none: all that the mail went to."""

    contact: str = ""


class NudgePages(Controller):
    path = "/reminders"

    @post("/{reminder_id:uuid}/follow-up", status_code=200)
    async def create_follow_up(
        self, request: Asked, me: NamedDependency[Me], reminder_id: FromPath[UUID], data: URLEncodedBody[Chosen]
    ) -> Response[Any]:
        """The draft, open for reading."""
        nudge = await follow_up(me, await reminder_of(me, reminder_id), data.text)
        if nudge.is_new:
            flash(request, DRAFTED, undo=f"/drafts/{nudge.draft.id}/discard", text=nudge.text)
        else:
            flash(request, DRAFTED_BEFORE)
        return redirect(f"/drafts/{nudge.draft.id}")

    @post("/{reminder_id:uuid}/stop-asking", status_code=200)
    async def create_stop(self, request: Asked, me: NamedDependency[Me], reminder_id: FromPath[UUID], data: URLEncodedBody[Whom]) -> Response[Any]:
        """For one of those the mail went to, or for all of them."""
        reminder = await reminder_of(me, reminder_id)
        people = [one.id for one in (await offers([reminder.id]))[reminder.id].people]
        chosen = [as_id(data.contact)] if data.contact else people
        return await stopped(request, me, [await contact_of(me, one) for one in chosen])

    @get("/asking/{contact_id:uuid}")
    async def show_asking(self, me: NamedDependency[Me], contact_id: FromPath[UUID]) -> Template:
        """Whether one is reminded of a contact, for their page."""
        contact = await contact_of(me, contact_id)
        return partial("reminders/asking", contact=contact, stopped=await is_stopped(me, contact))

    @post("/asking/{contact_id:uuid}/stop", status_code=200)
    async def create_stop_of_contact(self, request: Asked, me: NamedDependency[Me], contact_id: FromPath[UUID]) -> Response[Any]:
        return await stopped(request, me, [await contact_of(me, contact_id)])

    @post("/asking/again", status_code=200)
    async def create_again(self, request: Asked, me: NamedDependency[Me]) -> Response[Any]:
        """Take it back for these contacts: `?contact=` once or more."""
        contacts = [await contact_of(me, as_id(one)) for one in request.query_params.getall("contact", [])]
        if not contacts:
            raise NotHere("There is no such contact here. They may have been removed with the never-log list.")
        await ask_again(me, contacts)
        return done(request, AGAIN, who=named(contacts))


async def stopped(request: Asked, me: Me, contacts: list[Contact]) -> Response[Any]:
    if not contacts:
        raise NotHere("Nobody of those this mail went to is among your contacts, so there is nobody to stop asking for.")
    number = await stop_asking(me, contacts)
    undo = "/reminders/asking/again?" + "&".join(f"contact={one.id}" for one in contacts)
    return done(request, STOPPED_THE_ONE if number == 1 else STOPPED, undo=undo, who=named(contacts), number=number)


def as_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotHere("There is no such contact here. They may have been removed with the never-log list.") from None
