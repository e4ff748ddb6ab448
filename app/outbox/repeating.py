"""The life of a recurring mail: one occurrence of it waits at a time, and leaves the next one behind when its turn has come.

Each date is one row, named by (recurrence, wall), so it is made once however many workers try; what passed while nothing could go out is
noted as missed, all but the newest.
"""

from datetime import timedelta
from itertools import takewhile
from uuid import UUID

from app.clock import new_id, now
from app.database import rows, together
from app.errors import NotHere, Refused
from app.happenings import OccurrencesMissed, announce
from app.identity.guarding import Me
from app.outbox.copying import copied
from app.outbox.recurring import after, checked
from app.outbox.standing import OPEN, change, drop, locked
from app.outbox.tables import Draft, Recurrence, Scheduled
from app.web.locale import N_
from app.web.walls import Wall

A_MOMENT = timedelta(seconds=1)
PASSED = N_("Nothing could go out at its time, and the next one was due by then.")

MAKE = """
INSERT INTO scheduled (id, workspace, person, draft, recurrence, wall, zone, chosen, chosen_values, due_at, looks_at, unless_replied, set_at,
  known_at, why, why_values, missed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, '', '{}', $8, $9, $10, $11, $12, $13, '{}', $14) ON CONFLICT (recurrence, wall) DO NOTHING RETURNING id
"""
UPCOMING = f"SELECT id FROM scheduled WHERE recurrence = $1 AND draft = $2 AND {OPEN} ORDER BY due_at"  # noqa: S608 - our own words
NOT_BEGUN = f"DELETE FROM scheduled WHERE recurrence = $1 AND draft = $2 AND {OPEN}"  # noqa: S608


async def locked_recurrence(key: UUID) -> Recurrence:
    await rows("SELECT 1 FROM recurrence WHERE id = $1 FOR UPDATE", key)
    found: Recurrence | None = await Recurrence.objects().where(Recurrence.id == key).first()
    assert found is not None  # a foreign key, or asked for by its owner just now
    return found


async def my_recurrence(me: Me, key: UUID) -> Recurrence:
    """One's own, locked."""
    mine = Recurrence.id == key, Recurrence.person == me.person.id, Recurrence.workspace == me.workspace.id
    if not await Recurrence.exists().where(*mine):
        raise NotHere("There is no such recurring mail.")
    return await locked_recurrence(key)


async def take_turn(row: Scheduled) -> bool:
    """Its date has come: it stands by itself from now on, and the next one waits. If later dates have passed too, only the newest is dealt with."""
    assert row.recurrence is not None
    if not await rows("SELECT 1 FROM recurrence WHERE id = $1 FOR UPDATE SKIP LOCKED", row.recurrence):
        await change(row, {Scheduled.looks_at: now() + A_MOMENT})
        return False
    recurrence = await locked_recurrence(row.recurrence)
    if row.draft != recurrence.draft:
        return True
    if recurrence.ended_at or recurrence.paused_at:
        await change(row, {Scheduled.looks_at: None})
        return False
    passed = list(takewhile(lambda wall: wall.instant() <= now(), after(recurrence.rule, start_of(recurrence), row.due_at)))
    if passed:
        await miss(recurrence, row, passed)
        return False
    await stand_alone(row, recurrence)
    return True


async def set_apart(row: Scheduled) -> None:
    """Whatever becomes of it now, the dates after it go on without it."""
    recurrence = await locked_recurrence(row.recurrence) if row.recurrence else None
    if recurrence is not None and row.draft == recurrence.draft:
        await stand_alone(row, recurrence)


async def miss(recurrence: Recurrence, row: Scheduled, passed: list[Wall]) -> None:
    """All but the newest of them."""
    await change(row, {Scheduled.missed_at: now(), Scheduled.looks_at: None, Scheduled.why: PASSED})
    for wall in passed[:-1]:
        await make(recurrence, wall, missed=True)
    newest = await make(recurrence, passed[-1])
    if newest is not None:
        await announce(OccurrencesMissed(newest, len(passed)))


async def stand_alone(row: Scheduled, recurrence: Recurrence) -> None:
    """With words of its own, which a later change of the recurring ones leaves alone."""
    await go_on(recurrence, row)
    await change(row, {Scheduled.draft: await copied(recurrence.draft, scheduled=row.id)})


async def go_on(recurrence: Recurrence, last: Scheduled | None = None) -> None:
    """Have the next date wait, if none does; where there is none any more, it is over."""
    waiting = [found["id"] for found in await rows(UPCOMING, recurrence.id, recurrence.draft) if last is None or found["id"] != last.id]
    if waiting:
        return
    since = max(last.due_at, now()) if last is not None else now()
    for wall in after(recurrence.rule, start_of(recurrence), since):
        if await make(recurrence, wall) is not None:
            return
    await recurrence.update_self({Recurrence.ended_at: now()})


async def make(recurrence: Recurrence, wall: Wall, *, missed: bool = False) -> UUID | None:
    """One date; None where it is there already."""
    looks_at = None if missed or recurrence.paused_at else wall.instant()
    found = await rows(
        MAKE, new_id(), recurrence.workspace, recurrence.person, recurrence.draft, recurrence.id, wall.at, wall.zone, wall.instant(), looks_at,
        recurrence.unless_replied, recurrence.created_at, recurrence.known_at, PASSED if missed else "", now() if missed else None,
    )  # fmt: skip
    return found[0]["id"] if found else None


def start_of(recurrence: Recurrence) -> Wall:
    return Wall(recurrence.starts, recurrence.zone)


async def skip(row: Scheduled) -> None:
    """Only this one is left out. Undone, it is there again."""
    assert row.recurrence is not None
    recurrence = await locked_recurrence(row.recurrence)
    await go_on(recurrence, row)
    await drop(row)


async def pause(me: Me, key: UUID) -> None:
    """Nothing goes out until it is resumed, and what would have is not sent afterwards."""
    async with together():
        recurrence = await running(me, key)
        await recurrence.update_self({Recurrence.paused_at: recurrence.paused_at or now()})
        for found in await rows(UPCOMING, recurrence.id, recurrence.draft):
            if row := await locked(found["id"]):
                await change(row, {Scheduled.looks_at: None})


async def resume(me: Me, key: UUID) -> None:
    async with together():
        recurrence = await running(me, key)
        await recurrence.update_self({Recurrence.paused_at: None})
        await begin_anew(recurrence)


async def set_rule(me: Me, key: UUID, starts: Wall, rule: str) -> None:
    """Other dates from now on; those that went out went out."""
    kept = checked(rule, starts)
    async with together():
        recurrence = await running(me, key)
        await recurrence.update_self({Recurrence.rule: kept, Recurrence.starts: starts.at, Recurrence.zone: starts.zone})
        await begin_anew(recurrence)
        if recurrence.ended_at:
            raise Refused("This rule names no date from now on. Choose another start, or correct the rule.", field="rule")


async def begin_anew(recurrence: Recurrence) -> None:
    await rows(NOT_BEGUN, recurrence.id, recurrence.draft)
    await go_on(recurrence)


async def running(me: Me, key: UUID) -> Recurrence:
    recurrence = await my_recurrence(me, key)
    if recurrence.ended_at is not None:
        raise Refused("This recurring mail has ended. Nothing was changed.")
    return recurrence


async def end(me: Me, key: UUID) -> None:
    """For good, unless it is undone; its words are a draft again."""
    async with together():
        recurrence = await running(me, key)
        await finish(key)
        await Draft.update({Draft.scheduled: None}).where(Draft.id == recurrence.draft)


async def finish(key: UUID) -> None:
    """No date of it waits any more; those that stand by themselves are left."""
    recurrence = await locked_recurrence(key)
    await recurrence.update_self({Recurrence.ended_at: recurrence.ended_at or now()})
    await rows(NOT_BEGUN, recurrence.id, recurrence.draft)


async def begin_again(me: Me, key: UUID) -> None:
    """The end is undone: it recurs as before, with what its words are now."""
    async with together():
        recurrence = await my_recurrence(me, key)
        kept = Draft.id == recurrence.draft, Draft.queued_at.is_null()
        if not await Draft.update({Draft.scheduled: key, Draft.discarded_at: None}).where(*kept).returning(Draft.id):
            raise Refused("The draft was sent in the meantime, so this can't be undone. Write a new one to have it recur.")
        await recurrence.update_self({Recurrence.ended_at: None})
        await go_on(recurrence)
