"""What the rep does with mail that is to go out later: schedule it, give it another time, send it now, take it off, take that back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.clock import new_id, now
from app.database import together
from app.errors import Refused
from app.identity.guarding import Me
from app.mailboxes.tables import READ
from app.outbox.answered_meanwhile import newest_known
from app.outbox.appearing import Sender
from app.outbox.composing import check_ahead
from app.outbox.drafting import REMINDS, being_written
from app.outbox.recurring import after, checked
from app.outbox.repeating import go_on, set_apart, skip
from app.outbox.setting_off import release
from app.outbox.standing import ASKS, HELD, STOPPED, WAITING, Changes, change, drop, hush, mine, open_one, state
from app.outbox.tables import Dispatch, Draft, Recurrence, Scheduled
from app.web.walls import Wall
from app.web.wishes import Wish

FARTHEST = timedelta(days=3 * 366)


async def schedule(
    me: Me, draft: Draft, when: Wall, *, unless_replied: bool = False, chosen: str = "", values: dict[str, Any] | None = None
) -> Scheduled:
    """A draft goes out at a time on a wall. `chosen`, `values`: the catalogue sentence of why then, where it was not picked by hand."""
    check_ahead_of(when)
    sender = await check_ahead(me, draft, when.instant())
    check_can_see(draft, sender, unless_replied)
    key = new_id()
    async with together():
        await take_in(draft, key)
        row = Scheduled(
            id=key, workspace=me.workspace.id, person=me.person.id, draft=draft.id, wall=when.at, zone=when.zone, due_at=when.instant(),
            looks_at=when.instant(), chosen=chosen, chosen_values=values or {}, unless_replied=unless_replied and draft.thread is not None,
            set_at=now(), known_at=await newest_known(draft.thread),
        )  # fmt: skip
        await row.save()
    return row


async def repeat(me: Me, draft: Draft, starts: Wall, rule: str, *, unless_replied: bool = False) -> Recurrence:
    """A draft goes out again and again, by a rule that begins at a time on a wall."""
    kept = checked(rule, starts)
    first = next(after(kept, starts, now()), None)
    if first is None:
        raise Refused("This rule names no date from now on. Choose another start, or correct the rule.", field="rule")
    if Wish.read(draft.reminds).text not in REMINDS:
        raise Refused("A mail that recurs can’t be reminded of on one date. Choose a span, like 3 days.", field="reminds")
    sender = await check_ahead(me, draft, first.instant())
    check_can_see(draft, sender, unless_replied)
    key = new_id()
    async with together():
        await take_in(draft, key)
        recurrence = Recurrence(
            id=key, workspace=me.workspace.id, person=me.person.id, draft=draft.id, rule=kept, starts=starts.at, zone=starts.zone,
            unless_replied=unless_replied and draft.thread is not None, created_at=now(), known_at=await newest_known(draft.thread),
        )  # fmt: skip
        await recurrence.save()
        await go_on(recurrence)
    return recurrence


def check_ahead_of(when: Wall) -> None:
    if not now() < when.instant() < now() + FARTHEST:
        raise Refused("Choose a time to come, within the next three years; the mail is kept as a draft.", field="later")


def check_can_see(draft: Draft, sender: Sender, unless_replied: bool) -> None:
    """Nothing is promised that can't be seen to."""
    if unless_replied and draft.thread is not None and READ not in sender.mailbox.rights:
        raise Refused("%(address)s may only send, so Nachfass can't see whether somebody answers. Switch that off, or grant reading under Mailboxes.",
                      field="unless_replied", address=sender.mailbox.address)  # fmt: skip


async def take_in(draft: Draft, key: UUID) -> None:
    """From now on the draft is no draft: nothing that is done to drafts touches it."""
    open_still = Draft.id == draft.id, *being_written()
    if not await Draft.update({Draft.scheduled: key, Draft.revises: None}).where(*open_still).returning(Draft.id):
        raise Refused("This mail was sent, scheduled or discarded in another window meanwhile. Nothing was done twice.")


async def set_time(me: Me, key: UUID, when: Wall, was: str = "") -> Scheduled:
    """Another time for one that waits, or that waits for the rep. `was`: the time that the page showed, so that nothing is overwritten unseen."""
    check_ahead_of(when)
    async with together():
        row = await open_one(me, key)
        if was and row.due_at != datetime.fromisoformat(was):
            raise Refused("This mail was given another time in another window meanwhile. Nothing was changed: look at the page again.")
        await set_apart(row)
        draft = await Draft.objects().where(Draft.id == row.draft).first()
        await hush(row)
        over: Changes = {Scheduled.held_at: None, Scheduled.asked_at: None, Scheduled.stopped_at: None, Scheduled.told_at: None}
        anew: Changes = {Scheduled.set_at: now(), Scheduled.known_at: await newest_known(draft.thread if draft else None), Scheduled.recurrence: None}
        at: Changes = {Scheduled.wall: when.at, Scheduled.zone: when.zone, Scheduled.due_at: when.instant(), Scheduled.looks_at: when.instant()}
        said: Changes = {Scheduled.why: "", Scheduled.reply: None, Scheduled.chosen: "", Scheduled.chosen_values: {}}
        await change(row, {**over, **anew, **at, **said})
    return row


async def send_now(me: Me, key: UUID) -> Dispatch:
    """Without waiting for its time, for a mailbox to be read, or although somebody answered: the rep knows."""
    async with together():
        row = await open_one(me, key)
        await set_apart(row)
        return await release(me, row)


async def set_unless_replied(me: Me, key: UUID, wanted: bool) -> None:
    async with together():
        row = await open_one(me, key)
        await change(row, {Scheduled.unless_replied: wanted, Scheduled.looks_at: row.looks_at and max(row.due_at, now())})


async def take_off(me: Me, key: UUID) -> Scheduled:
    """It does not go out: it is a draft again. Of a recurring mail only this date is left out."""
    async with together():
        row = await open_one(me, key)
        draft = await Draft.objects().where(Draft.id == row.draft).first()
        if row.recurrence is not None and draft is not None and draft.scheduled == row.recurrence:
            await skip(row)
        else:
            away: Changes = {Draft.discarded_at: now()} if row.recurrence is not None else {}
            await Draft.update({Draft.scheduled: None, **away}).where(Draft.id == row.draft)
            await drop(row)
    return row


async def put_back(me: Me, key: UUID) -> Scheduled:
    """What was taken off is as it was before, with what its words are now."""
    async with together():
        row = await mine(me, key)
        if row.dropped_at is None:
            raise Refused("This mail is on the schedule already, or has gone out. Nothing was changed.")
        await change(row, {Scheduled.dropped_at: None})
        if state(row) == WAITING and row.due_at <= now():
            raise Refused("Its time has passed, so it can't be put back. It is among your drafts: schedule it anew from there.")
        await take_back_words(row)
        looks_at = {WAITING: row.due_at, HELD: now(), ASKS: None, STOPPED: None}[state(row)]
        await change(row, {Scheduled.looks_at: looks_at})
    return row


async def take_back_words(row: Scheduled) -> None:
    """One date of a recurring mail has none of its own before its turn has come."""
    draft = await Draft.objects().where(Draft.id == row.draft).first()
    if row.recurrence is not None and draft is not None and draft.scheduled == row.recurrence:
        return
    kept = Draft.id == row.draft, Draft.queued_at.is_null(), Draft.scheduled.is_null()
    if not await Draft.update({Draft.scheduled: row.id, Draft.discarded_at: None}).where(*kept).returning(Draft.id):
        raise Refused("The draft was sent or scheduled in the meantime, so this can't be undone.")
