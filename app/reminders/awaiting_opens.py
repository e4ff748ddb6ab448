"""Snoozed until they open it: a reminder that rests until a person opens the mail, or until a horizon if nobody ever does.

From then on it is there because of a missing reply, whatever it was asked for first. An open only makes it due; whether it rings is
decided as always: not before the mailbox was read, and not if somebody answered.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.clock import new_id, now
from app.database import rows, together
from app.errors import Refused
from app.happenings import NO_REPLY, ConsentRefused, LinkClicked, MessageOpened, ReadConfirmed, VerdictChanged, announce
from app.identity.tables import Person
from app.reminders.noting import HELD, RUNG, SNOOZED, WAITING, locked, moved, note, state
from app.reminders.offering import CAN_BE_SEEN
from app.reminders.reckoning import at_work
from app.reminders.snoozing import snooze_until
from app.reminders.tables import AwaitedOpen, Reminder
from app.reminders.timing import on_clock
from app.tracking.tables import PERSON
from app.web.locale import N_

UNTIL_OPENED = "opened"
"""The choice in the snooze menu."""
HORIZON = timedelta(weeks=4)

SNOOZED_UNTIL_OPENED = N_("Snoozed until they open it, or until %(day)s if nobody does.")
OPENED = N_("Somebody opened it, so it is back.")
NOT_OPENED = N_("It was no person who opened it after all. Snoozed until they open it, or until %(day)s if nobody does.")
NOT_TO_BE_SEEN = N_("They refused to be tracked, so nobody can see any more whether they open it. It is back.")

SEEN = f"SELECT 1 FROM message m WHERE m.id = $1 AND {CAN_BE_SEEN}"  # noqa: S608 - our own words

AWAITED = """
SELECT a.id, a.reminder FROM message m JOIN awaited_open a ON a.thread = m.thread JOIN reminder r ON r.id = a.reminder
WHERE m.id = ANY($1::uuid[]) AND r.message = m.id AND a.back_at IS NULL AND r.settled_at IS NULL AND r.snoozed_at = a.since ORDER BY a.reminder
"""
"""A mail that was written meanwhile in the thread is the one that is awaited now."""
BY_PEOPLE = "SELECT id, message, hit_at FROM verdict WHERE id = ANY($1::uuid[]) AND verdict = $2 ORDER BY hit_at"
BROUGHT_BACK = "SELECT id, reminder FROM awaited_open WHERE hit = ANY($1::uuid[]) ORDER BY reminder"
SILENCED = """
SELECT a.id, a.reminder FROM awaited_open a JOIN reminder r ON r.id = a.reminder JOIN recipient p ON p.message = r.message
WHERE p.contact = $1 AND a.back_at IS NULL AND r.settled_at IS NULL AND r.snoozed_at = a.since ORDER BY a.reminder
"""


async def can_be_seen(message: UUID | None) -> bool:
    """Was the mail sent with its pixel, and may opens still be recorded?"""
    return message is not None and bool(await rows(SEEN, message))


async def snooze_until_opened(reminder: Reminder, person: Person) -> Reminder:
    """Let it rest until a person opens the mail, four weeks at the longest."""
    async with together():
        if not await can_be_seen(reminder.message):
            raise Refused("Whether they open this mail can't be seen: it is not tracked. Choose a day instead; the reminder stays as it is.")
        zone = ZoneInfo(person.time_zone)
        until = on_clock(now(), HORIZON, zone)
        values, if_no_reply = {"day": until.date().isoformat()}, {Reminder.condition: NO_REPLY, Reminder.by_them: False}
        snoozed = await snooze_until(reminder, until, SNOOZED_UNTIL_OPENED, values, if_no_reply)
        await AwaitedOpen(
            id=new_id(), workspace=snoozed.workspace, reminder=snoozed.id, thread=snoozed.thread, since=snoozed.snoozed_at, until=snoozed.due_at
        ).save()
    return snoozed


async def note_opens(facts: Sequence[MessageOpened | LinkClicked]) -> None:
    """People opened mails (who clicks has opened): what waited for that is due now."""
    if await rows(AWAITED, [fact.message for fact in facts]):
        await come_back_for(facts)


async def note_verdicts(facts: Sequence[VerdictChanged]) -> None:
    """A machine's hit was a person's after all, or the other way round."""
    await note_opens([MessageOpened(fact.message, fact.hit) for fact in facts if fact.after == PERSON])
    if taken_back := [fact.hit for fact in facts if fact.before == PERSON]:
        for row in await rows(BROUGHT_BACK, taken_back):
            await rest_again(row["id"], row["reminder"])


async def note_receipt(fact: ReadConfirmed) -> None:
    """A read receipt says that it was displayed."""
    for row in await rows(AWAITED, [fact.answers]):
        await come_back(row["id"], row["reminder"], OPENED)


async def note_refusal(fact: ConsentRefused) -> None:
    """Nobody can know any more: the rep is asked at once rather than left waiting for what can't be seen."""
    for row in await rows(SILENCED, fact.contact):
        await come_back(row["id"], row["reminder"], NOT_TO_BE_SEEN)


async def come_back_for(facts: Sequence[MessageOpened | LinkClicked]) -> None:
    for hit in await rows(BY_PEOPLE, [fact.hit for fact in facts], PERSON):
        for row in await rows(AWAITED, [hit["message"]]):
            await come_back(row["id"], row["reminder"], OPENED, hit["id"], hit["hit_at"])


async def come_back(awaited_id: UUID, reminder_id: UUID, why: str, hit: UUID | None = None, at: datetime | None = None) -> None:
    """Due, as soon as the rep works; `at` is when it was opened, which has to be after the snooze."""
    reminder = await locked(reminder_id)
    awaited = await AwaitedOpen.objects().where(AwaitedOpen.id == awaited_id).first()
    if reminder is None or awaited is None or not is_resting(reminder, awaited) or (at is not None and at <= awaited.since):
        return
    back_at = await at_work(reminder.person, now())
    await awaited.update_self({AwaitedOpen.back_at: back_at, AwaitedOpen.hit: hit})
    due: dict[Any, Any] = {Reminder.due_at: back_at, Reminder.snoozed_at: None}
    await note(reminder, WAITING, why, due, examined={"hit": str(hit)} if hit else {})
    await announce(moved(reminder))


async def rest_again(awaited_id: UUID, reminder_id: UUID) -> None:
    """As if that open had not been, unless the rep or an answer has moved the reminder on since."""
    reminder = await locked(reminder_id)
    awaited = await AwaitedOpen.objects().where(AwaitedOpen.id == awaited_id).first()
    if reminder is None or awaited is None or not is_back(reminder, awaited):
        return
    since = now()
    await awaited.update_self({AwaitedOpen.back_at: None, AwaitedOpen.hit: None, AwaitedOpen.since: since})
    again: dict[Any, Any] = {
        Reminder.due_at: awaited.until, Reminder.snoozed_at: since, Reminder.rang_at: None, Reminder.held_at: None, Reminder.surfaces_at: None,
    }  # fmt: skip
    await note(reminder, SNOOZED, NOT_OPENED, again, {"day": awaited.until.date().isoformat()})
    await announce(moved(reminder))


def is_resting(reminder: Reminder, awaited: AwaitedOpen) -> bool:
    return awaited.back_at is None and state(reminder) == SNOOZED and reminder.snoozed_at == awaited.since


def is_back(reminder: Reminder, awaited: AwaitedOpen) -> bool:
    """Is the open still what brought it to where it stands? Another date or another snooze would have changed when it is due."""
    return awaited.back_at is not None and state(reminder) in (WAITING, RUNG, HELD) and reminder.due_at == awaited.back_at
