"""What is due is examined: it rings if nobody answered, is settled if somebody did, and is held if we can't know."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.clock import new_id, now
from app.database import rows, together
from app.errors import Refused
from app.happenings import ReminderRang, announce
from app.mailboxes.asking import can
from app.mailboxes.freshness import PUSHED_POLLED_EVERY, STAYS_FRESH, how_fresh, read_at_once
from app.mailboxes.tables import RESURFACE, Mailbox
from app.reminders.asking import waits_since
from app.reminders.holding import hold, hold_for_decision
from app.reminders.noting import HELD, MAY_BE_ANSWERED, RUNG, locked, note, state
from app.reminders.settling import NEVER_ARRIVED, REPLIED, name_of, settle
from app.reminders.tables import Reminder
from app.threads.asking import is_lost, questions_in, replies_since
from app.threads.tables import Message, Thread
from app.web.locale import N_

BATCH = 100

RANG = N_("It was due, and nobody had answered.")
RANG_ANYWAY = N_("You let it ring, although we can’t know yet whether somebody answered.")
RANG_UNARRIVED = N_("It was due. The mail had come back, though not for good, so nobody could answer. Look at the reason, and send it again.")
RANG_BLIND = N_("It was due. We can’t see replies in this mailbox, so somebody may have answered.")

DUE = """
SELECT r.id FROM reminder r JOIN thread t ON t.id = r.thread JOIN mailbox m ON m.id = t.mailbox
CROSS JOIN LATERAL (SELECT coalesce(m.broken_at IS NULL AND m.disconnected_at IS NULL AND m.synced_at >= $2, false) AS fresh) AS seen
WHERE r.due_at <= $1 AND r.settled_at IS NULL AND r.rang_at IS NULL AND (r.held_at IS NULL OR r.why <> $5)
AND (NOT 'read' = ANY(m.rights) OR (seen.fresh AND m.synced_at >= r.due_at) OR (NOT seen.fresh AND r.held_at IS NULL
  AND NOT coalesce(m.pushed_until > $1 AND m.problem = '' AND m.synced_at >= $4, false)))
ORDER BY r.due_at LIMIT $3
"""
"""Due, and something can be decided: a fresh mailbox is read again within seconds, and one that is not holds a reminder once.
A mailbox that rests between two slow rounds is neither: it is being read because we asked for it.
What is held for the rep to say whether a mail is the answer ($5) is not examined before they do."""

UNREAD = """
SELECT DISTINCT m.id FROM reminder r JOIN thread t ON t.id = r.thread JOIN mailbox m ON m.id = t.mailbox
WHERE r.due_at <= $1 AND r.settled_at IS NULL AND r.rang_at IS NULL AND m.pushed_until > $1 AND m.due_at > $1
AND (m.synced_at < r.due_at OR m.synced_at < $2)
"""
"""Mailboxes that rest although somebody has to know now whether an answer came."""

STILL_DUE = "SELECT id FROM reminder WHERE id = $1 AND due_at <= $2 AND settled_at IS NULL AND rang_at IS NULL FOR UPDATE SKIP LOCKED"


async def ring_due() -> int:
    """Examine everything that is due; how many were. Each is a transaction of its own, so a crash leaves the others alone."""
    at = now()
    if unread := [row["id"] for row in await rows(UNREAD, at, at - STAYS_FRESH)]:
        await read_at_once(unread)
    due = [row["id"] for row in await rows(DUE, at, at - STAYS_FRESH, BATCH, at - PUSHED_POLLED_EVERY - STAYS_FRESH, MAY_BE_ANSWERED)]
    examined = [await examine(reminder) for reminder in due]
    return sum(examined)


async def examine(reminder_id: UUID) -> bool:
    """Decide about one, unless another node does."""
    async with together():
        if not await rows(STILL_DUE, reminder_id, now()):
            return False
        reminder = await locked(reminder_id)
        assert reminder is not None
        await decide(reminder)
    return True


async def decide(reminder: Reminder) -> None:
    mailbox = await mailbox_of(reminder)
    waited = await Message.objects().where(Message.id == reminder.message).first() if reminder.message else None
    since = await waits_since(reminder)
    replies, questions = await replies_since(reminder.thread, since), await questions_in(reminder.thread, since)
    examined, fresh = await what_was_seen(reminder, mailbox), await how_fresh(mailbox)
    if replies:
        await settle(reminder, REPLIED, {"who": await name_of(replies[0])}, {**examined, "message": str(replies[0].id)})
    elif waited is not None and await is_lost(waited):
        await settle(reminder, NEVER_ARRIVED, examined=examined)
    elif questions:
        await hold_for_decision(reminder, questions[0], examined)
    elif not fresh.can_be_read:
        await ring(reminder, mailbox, RANG_BLIND, examined)
    elif fresh.knows(reminder.due_at):
        await ring(reminder, mailbox, RANG_UNARRIVED if waited is not None and waited.failed_at else RANG, examined)
    elif reminder.held_at is None and not fresh.rests:
        await hold(reminder, mailbox, examined)


async def ring(reminder: Reminder, mailbox: Mailbox, why: str, examined: dict[str, Any]) -> None:
    """It is the rep's turn: the feed says so, and the thread is brought back on top where we may."""
    surfaces = now() if can(mailbox, RESURFACE) else None
    changes = {
        Reminder.rang_at: now(),
        Reminder.held_at: None,
        Reminder.surfaces_at: surfaces,
        Reminder.surfaced_at: None,
        Reminder.surfacing_tries: 0,
        Reminder.note_message_id: f"<{new_id()}.reminder@{mailbox.address.rpartition('@')[2]}>",
    }
    await note(reminder, RUNG, why, changes, examined=examined)
    await announce(ReminderRang(reminder.id, reminder.thread, reminder.message, why))


async def ring_anyway(reminder: Reminder) -> Reminder:
    """The rep does not want to wait until a held one can be examined."""
    async with together():
        found = await locked(reminder.id)
        if found is None or state(found) != HELD:
            raise Refused("This reminder is not held any more. Look at it again: it may have been settled.")
        mailbox = await mailbox_of(found)
        await ring(found, mailbox, RANG_ANYWAY, await what_was_seen(found, mailbox))
    return found


async def what_was_seen(reminder: Reminder, mailbox: Mailbox) -> dict[str, Any]:
    """How many messages of the thread we looked at, and how old our knowledge is."""
    since = await waits_since(reminder) - timedelta(seconds=1)
    number = await Message.count().where((Message.thread == reminder.thread) & (Message.at >= since))
    return {"messages": number, "synced_at": mailbox.synced_at.isoformat() if mailbox.synced_at else None}


async def mailbox_of(reminder: Reminder) -> Mailbox:
    thread = await Thread.objects(Thread.mailbox).where(Thread.id == reminder.thread).first()
    assert thread is not None  # its reminders go with a thread
    mailbox: Mailbox = thread.mailbox
    return mailbox
