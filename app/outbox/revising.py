"""Changing the words of scheduled mail: in a copy, so that no half-written mail goes out when its time comes, and none is lost."""

from uuid import UUID

from app.clock import new_id, now
from app.database import rows, together
from app.errors import Refused
from app.identity.guarding import Me
from app.outbox.composing import check_ahead
from app.outbox.copying import copied
from app.outbox.drafting import being_written, draft_of
from app.outbox.repeating import locked_recurrence
from app.outbox.standing import is_open, mine, open_one
from app.outbox.tables import Draft, Recurrence, Scheduled

REPLACE = "UPDATE scheduled SET draft = $2 WHERE draft = $1"


async def revise(me: Me, key: UUID) -> UUID:
    """The copy to write in: the one that was begun, or a new one. Until it is saved, the mail goes out as it is."""
    async with together():
        row = await open_one(me, key)
        begun = await Draft.objects().where(Draft.revises == key, Draft.person == me.person.id, *being_written()).first()
        return begun.id if begun is not None else await copied(row.draft, revises=key)


async def revised(draft: Draft) -> Scheduled | None:
    """The scheduled mail whose words a draft is to replace, whatever became of it."""
    found: Scheduled | None = await Scheduled.objects().where(Scheduled.id == draft.revises).first() if draft.revises else None
    return found


async def take_over(me: Me, draft_id: UUID) -> Scheduled:
    """The changed words go out instead of those before. Of a recurring mail that waits, those of every date from the next one on."""
    async with together():
        draft = await draft_of(me, draft_id)
        if draft.revises is None:
            raise Refused("These changes were saved already.")
        row = await mine(me, draft.revises)
        await check_ahead(me, draft, row.due_at)
        holder = await who_takes(row)
        if holder is None:
            await draft.update_self({Draft.revises: None})
            return row
        await replace(row.draft if holder == row.id else (await locked_recurrence(holder)).draft, draft, holder)
    return row


async def who_takes(row: Scheduled) -> UUID | None:
    """The mail itself while it is there; of a date that waits no more by itself, or is gone, the recurrence while it goes on."""
    recurrence = await locked_recurrence(row.recurrence) if row.recurrence else None
    if recurrence is not None and recurrence.ended_at is None and (row.draft == recurrence.draft or not is_open(row)):
        return UUID(str(recurrence.id))
    return UUID(str(row.id)) if is_open(row) else None


async def replace(old: UUID, draft: Draft, holder: UUID) -> None:
    """Everything that named the old words names the new ones; the old ones are put away."""
    await rows(REPLACE, old, draft.id)
    await Recurrence.update({Recurrence.draft: draft.id}).where(Recurrence.draft == old)
    await Draft.update({Draft.scheduled: holder, Draft.revises: None, Draft.page: new_id()}).where(Draft.id == draft.id)
    await Draft.update({Draft.scheduled: None, Draft.discarded_at: now()}).where(Draft.id == old)
