"""Reminders begin: with a mail that asks for one, or by hand on a thread; and move on with the next mail."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from app.clock import now
from app.database import together
from app.errors import Refused
from app.happenings import MessageSent, ReminderMoved, announce
from app.identity.tables import Person
from app.reminders.asking import waits_since
from app.reminders.noting import RUNG, WAITING, note, open_on, state
from app.reminders.settling import settle
from app.reminders.tables import Reminder
from app.reminders.timing import due_at
from app.threads.tables import SENT, Message, Thread
from app.web.locale import N_

log = structlog.get_logger()

FALLBACK = "3d"
FARTHEST = timedelta(days=3 * 366)

ASKED = N_("You wrote, and asked to be reminded if nobody answers.")
UNREADABLE = N_("You wrote, and asked to be reminded. We could not read the date, so we took 3 days.")
BY_HAND = N_("You asked to be reminded of this thread.")
WROTE_AGAIN = N_("You wrote again. It waits for an answer to that mail now.")
WROTE_AND_DONE = N_("You wrote again, and asked for no other reminder.")
NEW_DATE = N_("You chose another date.")


async def start(fact: MessageSent) -> None:
    """A mail went out: a reminder begins if the rep asked for one, and one that is open waits for an answer to this mail."""
    message = await Message.objects().where(Message.id == fact.message).first()
    if message is None:
        return
    reminder = await open_on(message.thread)
    if reminder is not None:
        await move(reminder, message, fact.reminds)
    elif fact.reminds and not message.imported:
        await begin(message, fact.reminds)


async def begin(message: Message, asked: str) -> Reminder:
    due = due_at(asked, message.at, await zone_of(message.person))
    if due is None:
        log.error("A mail asked for a reminder in words nobody reads", message=str(message.id), asked=asked)
    due_then = due or await fallback(message)
    reminder = Reminder(
        workspace=message.workspace, person=message.person, thread=message.thread, message=message.id, created_at=now(), due_at=due_then
    )
    await reminder.save()
    await note(reminder, WAITING, ASKED if due else UNREADABLE)
    return reminder


async def fallback(message: Message) -> datetime:
    due = due_at(FALLBACK, message.at, await zone_of(message.person))
    assert due is not None
    return due


async def move(reminder: Reminder, message: Message, asked: str) -> None:
    """A newer mail of ours in the thread. An older one, found late, changes nothing."""
    if message.id == reminder.message or message.at <= await waits_since(reminder):
        return
    if not asked and state(reminder) == RUNG:
        await settle(reminder, WROTE_AND_DONE)
        return
    due = due_at(asked, message.at, await zone_of(message.person)) if asked else None
    if due is None:
        await note(reminder, state(reminder), WROTE_AGAIN, {Reminder.message: message.id})
    else:
        await note(reminder, WAITING, WROTE_AGAIN, {Reminder.message: message.id, Reminder.snoozes: 0, **anew(due)})
    await announce(ReminderMoved(reminder.id, reminder.thread))


def anew(due: datetime) -> dict[Any, Any]:
    """Waiting for a date, whatever it had come to before."""
    return {Reminder.due_at: due, Reminder.rang_at: None, Reminder.held_at: None, Reminder.snoozed_at: None, Reminder.surfaces_at: None}


async def remind(person: Person, thread: Thread, when: str) -> Reminder:
    """By hand: of a thread, or once more on another date if it has a reminder already."""
    due = checked(when, person)
    async with together():
        reminder = await open_on(thread.id)
        if reminder is not None:
            return await put_off(reminder, due)
        last = await last_sent(thread.id)
        reminder = Reminder(
            workspace=thread.workspace, person=thread.person, thread=thread.id, message=last.id if last else None, created_at=now(), due_at=due
        )
        await reminder.save()
        await note(reminder, WAITING, BY_HAND)
        await announce(ReminderMoved(reminder.id, thread.id))
    return reminder


async def put_off(reminder: Reminder, due: datetime) -> Reminder:
    """Another date for an open reminder; what it had come to is over."""
    await note(reminder, WAITING, NEW_DATE, anew(due))
    await announce(ReminderMoved(reminder.id, reminder.thread))
    return reminder


def checked(when: str, person: Person) -> datetime:
    """A date that lies ahead, and not beyond all reason."""
    due = due_at(when, now(), ZoneInfo(person.time_zone))
    if due is None:
        raise Refused("“%(when)s” is no date we can read. Choose a span, or a day like 2026-03-17.", field="when", when=when)
    if not now() < due < now() + FARTHEST:
        raise Refused("This date is not in the next three years. Choose a later day than now.", field="when")
    return due


async def last_sent(thread: UUID) -> Message | None:
    ours = (Message.thread == thread) & (Message.direction == SENT)
    return await Message.objects().where(ours).order_by(Message.at, ascending=False).first()


async def zone_of(person: UUID) -> ZoneInfo:
    return ZoneInfo(await time_zone_of(person))


async def time_zone_of(person: UUID) -> str:
    found = await Person.select(Person.time_zone).where(Person.id == person).first()
    return str(found["time_zone"]) if found else "UTC"
