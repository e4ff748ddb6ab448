"""Reminders begin: with a mail that asks for one, or by hand on a thread or a mail; and move on with the next mail."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from app.clock import now
from app.contacts.tables import Contact
from app.database import rows, together
from app.errors import Refused
from app.happenings import CONDITIONS, NO_REPLY, REGARDLESS, MessageSent, announce
from app.identity.tables import Person
from app.reminders.asking import waits_since
from app.reminders.conditions import check
from app.reminders.noting import RUNG, WAITING, moved, note, open_on, state
from app.reminders.reckoning import Reckoned, reckoned, reckoned_in, say_clock, who_got, whose_thread
from app.reminders.settling import settle
from app.reminders.stopping import all_stopped_in
from app.reminders.tables import OF_MESSAGE, OF_THREAD, Reminder
from app.threads.asking import last_sent
from app.threads.tables import Message, Thread
from app.tracking.knowing import known_of
from app.web.locale import N_
from app.web.wishes import Wish

log = structlog.get_logger()

FALLBACK = "3d"
FARTHEST = timedelta(days=3 * 366)

ASKED = N_("You wrote, and asked to be reminded if nobody answers.")
ASKED_ON_CONDITION = N_("You wrote, and asked to be reminded.")
UNREADABLE = N_("You wrote, and asked to be reminded. We could not read the date, so we took 3 days.")
BY_HAND = N_("You asked to be reminded of this thread.")
BY_HAND_ON_MAIL = N_("You asked to be reminded of this mail.")
WROTE_AGAIN = N_("You wrote again. It waits for an answer to that mail now.")
WROTE_AGAIN_ON_CONDITION = N_("You wrote again. It goes by that mail now.")
WROTE_AND_DONE = N_("You wrote again, and asked for no other reminder.")
NEW_DATE = N_("You chose another date.")
ASKED_ANEW = N_("You asked for something else: it goes by that now.")

HOLD_STILL = "SELECT FROM message WHERE id = $1 FOR KEY SHARE"
"""Before a reminder is locked: who judges hits locks mails first, and then the reminders on them."""


async def start(fact: MessageSent) -> None:
    """A mail went out: a reminder begins if the rep asked for one, and one that is open waits for an answer to this mail."""
    message = await Message.objects().where(Message.id == fact.message).first()
    if message is None:
        return
    asked = replace(fact, reminds="") if await all_stopped_in(message) else fact
    reminder = await open_on(message.thread)
    if reminder is not None:
        await move(reminder, message, asked)
    elif asked.reminds and not message.imported:
        await begin(message, asked)


async def begin(message: Message, fact: MessageSent) -> Reminder:
    asked = await reckoned_in(message, fact.reminds)
    if asked is None:
        log.error("A mail asked for a reminder in words nobody reads", message=str(message.id), asked=fact.reminds)
    due = asked or await fallback(message)
    reminder = Reminder(
        workspace=message.workspace, person=message.person, thread=message.thread, message=message.id, created_at=now(), due_at=due.at,
        condition=condition_of(fact),
    )  # fmt: skip
    await reminder.save()
    await note(reminder, WAITING, UNREADABLE if asked is None else ASKED if reminder.condition == NO_REPLY else ASKED_ON_CONDITION)
    await say_clock(reminder, due)
    return reminder


def condition_of(fact: MessageSent) -> str:
    return fact.reminds_if if fact.reminds_if in CONDITIONS else NO_REPLY


async def fallback(message: Message) -> Reckoned:
    due = await reckoned_in(message, FALLBACK)
    assert due is not None
    return due


async def move(reminder: Reminder, message: Message, fact: MessageSent) -> None:
    """A newer mail of ours in the thread. An older one, found late, changes nothing; nor does any where one mail alone is waited on."""
    if message.id == reminder.message or message.at <= await waits_since(reminder):
        return
    if not fact.reminds and state(reminder) == RUNG:
        await settle(reminder, WROTE_AND_DONE)
        return
    due = await reckoned_in(message, fact.reminds) if fact.reminds else None
    if due is not None:
        asked = {Reminder.condition: condition_of(fact), Reminder.scope: OF_THREAD, Reminder.message: message.id, Reminder.snoozes: 0}
        await note(reminder, WAITING, wrote_again(condition_of(fact)), {**asked, **anew(due.at)})
        await say_clock(reminder, due)
    elif reminder.scope == OF_MESSAGE or reminder.condition == REGARDLESS:
        return
    else:
        await note(reminder, state(reminder), wrote_again(reminder.condition), {Reminder.message: message.id})
    await announce(moved(reminder))


def wrote_again(condition: str) -> str:
    return WROTE_AGAIN if condition == NO_REPLY else WROTE_AGAIN_ON_CONDITION


def anew(due: datetime) -> dict[Any, Any]:
    """Waiting for a date, whatever it had come to before."""
    return {
        Reminder.due_at: due, Reminder.lapses_at: None, Reminder.rang_at: None, Reminder.held_at: None, Reminder.snoozed_at: None,
        Reminder.surfaces_at: None,
    }  # fmt: skip


async def remind(person: Person, thread: Thread, when: str, condition: str = NO_REPLY, message: Message | None = None) -> Reminder:
    """By hand: of a thread (its latest mail, and those to come) or of one mail in it.

    A thread has one reminder: asking again changes what it waits for, and until when.
    """
    due = checked(when, person, await who_got(message) if message else await whose_thread(thread.id))
    scope = OF_MESSAGE if message else OF_THREAD
    waited = message or await last_sent(thread)
    check(condition, scope, waited, is_silent=waited is not None and (await known_of([waited.id])).silent_since is not None)
    async with together():
        if waited is not None:
            await rows(HOLD_STILL, waited.id)
        reminder = await open_on(thread.id)
        if reminder is not None:
            return await put_off(reminder, due, condition, scope, waited)
        reminder = Reminder(
            workspace=thread.workspace, person=thread.person, thread=thread.id, message=waited.id if waited else None, created_at=now(),
            due_at=due.at, condition=condition, scope=scope,
        )  # fmt: skip
        await reminder.save()
        await note(reminder, WAITING, BY_HAND_ON_MAIL if message else BY_HAND)
        await say_clock(reminder, due)
        await announce(moved(reminder))
    return reminder


async def put_off(reminder: Reminder, due: Reckoned, condition: str, scope: str, waited: Message | None) -> Reminder:
    """Another date, or another condition, for an open reminder; what it had come to is over."""
    same = (reminder.condition, reminder.scope) == (condition, scope) and (scope == OF_THREAD or reminder.message == (waited and waited.id))
    asked: dict[Any, Any] = {} if same else {Reminder.condition: condition, Reminder.scope: scope, Reminder.message: waited.id if waited else None}
    await note(reminder, WAITING, NEW_DATE if same else ASKED_ANEW, {**asked, **anew(due.at)})
    await say_clock(reminder, due)
    await announce(moved(reminder))
    return reminder


def checked(when: str, person: Person, them: Contact | None) -> Reckoned:
    """A date that lies ahead, and not beyond all reason."""
    due = reckoned(when, person, them)
    if due is None:
        raise Refused("“%(when)s” is no date we can read. Choose a span, or a day like 2026-03-17.", field="when", when=Wish.read(when).text)
    if not now() < due.at < now() + FARTHEST:
        raise Refused("This date is not in the next three years. Choose a later day than now.", field="when")
    return due
