"""What is scheduled goes out at its time: each in a transaction that only writes rows, and the Dispatch it makes is carried out as any other.

A row is locked while it is looked at (SKIP LOCKED), so any number of workers share the work, and a killed one leaves it as it was.
The late policy: what could not go out at its time goes out within two hours after it; later than that the rep decides.
"""

from datetime import timedelta
from uuid import UUID

from app.clock import now
from app.database import rows, together
from app.errors import Refused
from app.identity.guarding import Me, absent
from app.mailboxes.freshness import read_at_once
from app.mailboxes.tables import Mailbox
from app.outbox.answered_meanwhile import READ_WITHIN, let_pass
from app.outbox.composing import queue
from app.outbox.drafting import draft_of
from app.outbox.following_zones import instant_of
from app.outbox.repeating import set_apart, take_turn
from app.outbox.standing import ask, change, drop, hold, locked, went
from app.outbox.tables import Dispatch, Draft, Scheduled
from app.web.locale import N_

LATE_AFTER = timedelta(hours=2)
LOOK_AHEAD = timedelta(seconds=15)
PUT_ASIDE = timedelta(minutes=1)
MOST = 500

LATE = N_("It could not go out at its time and was more than two hours late when it could. Send it now, choose a new time, or leave it.")
NOT_CONNECTED = N_("%(mailbox)s is not connected, so nothing goes out from there. It goes out as soon as it is, up to two hours late.")
NOT_A_MEMBER = N_("Whoever scheduled it does not belong to the workspace any more.")

CLAIM = "SELECT id FROM scheduled WHERE looks_at <= $1 ORDER BY looks_at LIMIT 1 FOR UPDATE SKIP LOCKED"
RESTING = """
SELECT DISTINCT m.id FROM scheduled s JOIN draft d ON d.id = s.draft JOIN thread t ON t.id = d.thread JOIN mailbox m ON m.id = t.mailbox
WHERE s.looks_at <= $1 AND s.unless_replied AND m.pushed_until > $2 AND m.due_at > $2 AND m.synced_at < $3
"""


async def set_off_due() -> int:
    """Look at everything that is due; how many were."""
    done: int = 0
    unforeseen: list[Exception] = []
    await read_ahead()
    while done < MOST and await next_one(unforeseen):
        done += 1
    if unforeseen:
        raise ExceptionGroup("Some scheduled mail could not be looked at; it is looked at again in a minute.", unforeseen)
    return done


async def read_ahead() -> None:
    """Who is about to believe in silence has mailboxes that rest read just before."""
    at = now()
    if resting := [row["id"] for row in await rows(RESTING, at + LOOK_AHEAD, at, at + LOOK_AHEAD - READ_WITHIN)]:
        await read_at_once(resting)


async def next_one(unforeseen: list[Exception]) -> bool:
    """Whatever happens with one, the others are not kept waiting behind it."""
    taken: list[UUID] = []
    try:
        async with together():
            taken += [row["id"] for row in await rows(CLAIM, now())]
            if not taken:
                return False
            await examine(taken[0])
    except Refused as error:
        await ask_about(taken[0], error)
    except Exception as error:
        if not taken:
            raise
        unforeseen.append(error)
        await Scheduled.update({Scheduled.looks_at: now() + PUT_ASIDE}).where(Scheduled.id == taken[0])
    return True


async def examine(key: UUID) -> None:
    row = await Scheduled.objects().where(Scheduled.id == key).output(load_json=True).first()
    assert row is not None  # locked
    if not await is_due(row) or (row.recurrence is not None and not await take_turn(row)):
        return
    me = await absent(row.person, row.workspace)
    if me is None:
        await drop(row)
        await change(row, {Scheduled.why: NOT_A_MEMBER})
    elif row.unless_replied and not await let_pass(row):
        return
    elif box := await broken_mailbox(row):
        await hold(row, NOT_CONNECTED, mailbox=box.address)
    elif now() - row.due_at >= LATE_AFTER:
        await ask(row, LATE, {})
    else:
        await release(me, row)


async def is_due(row: Scheduled) -> bool:
    """By the zone's rules of today, which may have changed since it was scheduled."""
    at = instant_of(row.wall, row.zone, row.due_at)
    if at <= now():
        return True
    await change(row, {Scheduled.due_at: at, Scheduled.looks_at: at})
    return False


async def broken_mailbox(row: Scheduled) -> Mailbox | None:
    draft = await Draft.objects(Draft.mailbox).where(Draft.id == row.draft).first()
    box: Mailbox | None = draft.mailbox if draft is not None and draft.mailbox.id is not None else None
    return box if box is not None and box.broken_at is not None and box.disconnected_at is None else None


async def release(me: Me, row: Scheduled) -> Dispatch:
    """Hand it over as if Send was pressed now: what may be tracked and logged is asked now, and its ids are made."""
    await Draft.update({Draft.scheduled: None}).where(Draft.id == row.draft)
    dispatch = await queue(me, await draft_of(me, row.draft))
    await went(row, dispatch)
    return dispatch


async def ask_about(key: UUID, error: Refused) -> None:
    """It can't go out as it is, and nobody stands at the page to be told so."""
    async with together():
        row = await locked(key)
        if row is not None and row.looks_at is not None and row.looks_at <= now():
            await set_apart(row)
            await ask(row, error.sentence, dict(error.values))


