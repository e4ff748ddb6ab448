"""Every change of a reminder leaves a step: what changed, why, and what was examined."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.clock import now
from app.happenings import ReminderHeld, ReminderMoved, ReminderRang, ReminderSettled, ReminderSnoozed
from app.reminders.tables import Reminder, ReminderStep
from app.web.locale import N_
from app.web.walls import asked_as

LET_GO = N_("You let it go.")
MAY_BE_ANSWERED = N_("%(who)s wrote something that may be the answer. Is it? It is held until you say.")
WAITING, HELD, RUNG, SNOOZED, SETTLED, SURFACED = "waiting", "held", "rung", "snoozed", "settled", "surfaced"


async def note(
    reminder: Reminder,
    what: str,
    why: str,
    changes: dict[Any, Any] | None = None,
    values: dict[str, Any] | None = None,
    examined: dict[str, Any] | None = None,
) -> None:
    """Change a reminder and write down that it was; inside the caller's `together()`."""
    await reminder.update_self({**(changes or {}), **on_wall(reminder, changes or {}), Reminder.why: why})
    await ReminderStep(
        workspace=reminder.workspace, reminder=reminder.id, at=now(), what=what, why=why, values=values or {}, examined=examined or {}
    ).save()


def on_wall(reminder: Reminder, changes: dict[Any, Any]) -> dict[Any, Any]:
    """A date on a wall is kept as such beside its instant (`web.walls`). What was read from the database is in UTC, and stays as it is kept."""
    given: datetime | None = changes.get(Reminder.due_at)
    wall = asked_as(given or reminder.due_at)
    if wall is None:
        return {Reminder.wall_at: None, Reminder.zone: ""} if given else {}
    return {Reminder.wall_at: wall.at, Reminder.zone: wall.zone}


async def locked(reminder_id: UUID) -> Reminder | None:
    """The reminder as it is now, kept from changing until this transaction ends."""
    return await Reminder.objects().where(Reminder.id == reminder_id).lock_rows().first()


async def open_on(thread: UUID) -> Reminder | None:
    """The reminder of a thread that is not settled, if there is one, locked; there is never more than one."""
    return await Reminder.objects().where((Reminder.thread == thread) & Reminder.settled_at.is_null()).lock_rows().first()


async def open_of(person: UUID, contact: UUID) -> Reminder | None:
    """A person's reminder of a contact likewise."""
    theirs = (Reminder.person == person) & (Reminder.contact == contact)
    return await Reminder.objects().where(theirs & Reminder.thread.is_null() & Reminder.settled_at.is_null()).lock_rows().first()


async def rival(reminder: Reminder) -> Reminder | None:
    """Another one that is open where this one was."""
    if reminder.thread is None:
        return await open_of(reminder.person, reminder.contact)
    return await open_on(reminder.thread)


def place_of(reminder: Reminder) -> UUID | None:
    """The thread it is about; of a contact's reminder that rang, the one that was brought back."""
    thread: UUID | None = reminder.thread or reminder.brings
    return thread


def state(reminder: Reminder) -> str:
    """Its state in a word."""
    if reminder.settled_at is not None:
        return SETTLED
    if reminder.rang_at is not None:
        return RUNG
    if reminder.held_at is not None:
        return HELD
    return SNOOZED if reminder.snoozed_at is not None else WAITING


def rang(reminder: Reminder, why: str, values: dict[str, Any], condition: str) -> ReminderRang:
    """The facts about a reminder, each as it stands. `condition`: what is known to have held."""
    return ReminderRang(reminder.id, place_of(reminder), reminder.message, why, values, condition, **whose(reminder))


def held(reminder: Reminder, why: str, values: dict[str, Any]) -> ReminderHeld:
    return ReminderHeld(reminder.id, place_of(reminder), reminder.message, why, values, **whose(reminder))


def whose(reminder: Reminder) -> dict[str, Any]:
    since = reminder.created_at if reminder.contact else None
    return {"contact": reminder.contact, "workspace": reminder.workspace, "person": reminder.person, "since": since}


def moved(reminder: Reminder, *, rung: bool = False) -> ReminderMoved:
    return ReminderMoved(reminder.id, place_of(reminder), rung, reminder.workspace)


def snoozed(reminder: Reminder, until: datetime) -> ReminderSnoozed:
    return ReminderSnoozed(reminder.id, place_of(reminder), until, reminder.workspace)


def settled(reminder: Reminder) -> ReminderSettled:
    return ReminderSettled(reminder.id, place_of(reminder), reminder.workspace)
