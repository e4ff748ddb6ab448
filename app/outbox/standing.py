"""How it stands with a scheduled mail, and every step it takes: a locked row changes, and what is to be heard of it is announced."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from piccolo.columns import Column

from app.clock import now
from app.database import rows
from app.errors import NotHere, Refused
from app.happenings import ScheduledAsks, ScheduledHeld, ScheduledSettled, ScheduledStopped, announce
from app.identity.guarding import Me
from app.outbox.tables import Dispatch, Scheduled
from app.threads.tables import Message
from app.web.locale import N_, clock, day

WAITING, HELD, ASKS, STOPPED, WENT, DROPPED, MISSED = "waiting", "held", "asks", "stopped", "went", "dropped", "missed"
Changes = dict[Column | str, Any]
LOOK_AGAIN = timedelta(seconds=5)
ANSWERED = N_("%(who)s answered meanwhile, so it was not sent, as you wanted.")

OPEN = "went_at IS NULL AND dropped_at IS NULL AND missed_at IS NULL"


def state(row: Scheduled) -> str:
    steps = ((WENT, row.went_at), (DROPPED, row.dropped_at), (MISSED, row.missed_at), (STOPPED, row.stopped_at), (ASKS, row.asked_at))
    return next((name for name, at in steps if at is not None), HELD if row.held_at else WAITING)


def is_open(row: Scheduled) -> bool:
    return state(row) not in (WENT, DROPPED, MISSED)


async def locked(key: UUID) -> Scheduled | None:
    """Ours until the transaction ends, and its recurrence before it: who wants both takes them in this order, or does not wait for the other."""
    await rows("SELECT 1 FROM recurrence r JOIN scheduled s ON s.recurrence = r.id WHERE s.id = $1 FOR UPDATE OF r", key)
    await rows("SELECT 1 FROM scheduled WHERE id = $1 FOR UPDATE", key)
    found: Scheduled | None = await Scheduled.objects().where(Scheduled.id == key).output(load_json=True).first()
    return found


async def mine(me: Me, key: UUID) -> Scheduled:
    """One's own, locked, whatever became of it."""
    found = await locked(key)
    if found is None or found.person != me.person.id or found.workspace != me.workspace.id:
        raise NotHere("There is no such scheduled mail.")
    return found


async def open_one(me: Me, key: UUID) -> Scheduled:
    """One's own, locked, that can still be changed; else it is said what became of it."""
    row = await mine(me, key)
    if not is_open(row):
        raise gone(me, row)
    return row


def gone(me: Me, row: Scheduled) -> Refused:
    zone, language = ZoneInfo(me.person.time_zone), me.person.locale
    at = row.went_at or row.dropped_at or row.missed_at
    when = {"day": day(at, zone, language), "time": clock(at, zone, language)}
    if row.went_at:
        return Refused("This mail was handed over to be sent on %(day)s at %(time)s, as it was then. Nothing was changed.", **when)
    if row.missed_at:
        return Refused("This date was missed on %(day)s at %(time)s. Nothing was changed.", **when)
    return Refused("This mail was taken off the schedule on %(day)s at %(time)s. Its words are among your drafts.", **when)


async def change(row: Scheduled, changes: Changes) -> None:
    await row.update_self(changes)


async def hold(row: Scheduled, why: str, **values: Any) -> None:
    """It can't be known yet: said once, and looked at again every few seconds."""
    again = now() + LOOK_AGAIN
    if row.held_at is not None and row.why == why:
        await change(row, {Scheduled.looks_at: again})
        return
    at = await hush(row)
    await change(row, {Scheduled.held_at: row.held_at or at, Scheduled.looks_at: again, **said(why, values, at)})
    await announce(ScheduledHeld(row.id, at))


async def ask(row: Scheduled, why: str, values: dict[str, Any], *, question: Message | None = None) -> None:
    """The rep decides. Is it about a mail that may be the answer, we go on by ourselves once they have said whether it is."""
    again = now() + LOOK_AGAIN if question else None
    if row.asked_at is not None and row.why == why:
        await change(row, {Scheduled.looks_at: again})
        return
    at = await hush(row)
    about: Changes = {Scheduled.reply: question.id if question else None, Scheduled.looks_at: again, Scheduled.held_at: None}
    await change(row, {Scheduled.asked_at: at, **about, **said(why, values, at)})
    await announce(ScheduledAsks(row.id, at))


async def stop(row: Scheduled, reply: Message, who: str) -> None:
    """Somebody answered, so it does not go out unless the rep wants it all the same."""
    at = await hush(row)
    ends: Changes = {Scheduled.looks_at: None, Scheduled.held_at: None, Scheduled.asked_at: None, Scheduled.reply: reply.id}
    await change(row, {Scheduled.stopped_at: at, **ends, **said(ANSWERED, {"who": who}, at)})
    await announce(ScheduledStopped(row.id, reply.id, at))


async def went(row: Scheduled, dispatch: Dispatch) -> None:
    await hush(row)
    over: Changes = {Scheduled.held_at: None, Scheduled.asked_at: None, Scheduled.stopped_at: None, Scheduled.looks_at: None, Scheduled.told_at: None}
    await change(row, {Scheduled.went_at: now(), Scheduled.dispatch: dispatch.id, **over})


async def drop(row: Scheduled) -> None:
    await hush(row)
    await change(row, {Scheduled.dropped_at: now(), Scheduled.looks_at: None, Scheduled.told_at: None})


def said(why: str, values: dict[str, Any], at: datetime) -> Changes:
    return {Scheduled.why: why, Scheduled.why_values: values, Scheduled.told_at: at}


async def hush(row: Scheduled) -> datetime:
    """What was said before is over; answers the moment of what is said next."""
    if row.told_at is not None:
        await announce(ScheduledSettled(row.id, row.told_at))
    return now()
