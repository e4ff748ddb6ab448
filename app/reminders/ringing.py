"""What is due is examined: it rings if its condition holds, is settled if it can't hold any more, and is held if we can't know."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from random import sample
from typing import Any
from uuid import UUID

from app.clock import new_id, now
from app.database import rows, together
from app.errors import Refused
from app.happenings import CLICKED_NO_REPLY, NO_REPLY, NOT_CLICKED, NOT_OPENED, OPENED_NO_REPLY, REGARDLESS, announce
from app.mailboxes.asking import can
from app.mailboxes.freshness import PUSHED_POLLED_EVERY, STAYS_FRESH, read_at_once
from app.mailboxes.tables import RESURFACE, Mailbox
from app.reminders.examining import Found, contact_of, find_out, latest_thread_with, writes_where_nobody_reads
from app.reminders.holding import hold, hold_for_decision
from app.reminders.noting import HELD, MAY_BE_ANSWERED, RUNG, locked, note, rang, state
from app.reminders.settling import HEARD, NEVER_ARRIVED, REPLIED, settle
from app.reminders.tables import OF_CONTACT, Reminder
from app.reminders.touching import RANG_CLICKED, RANG_OPENED, lapse, settle_touched, told_of, wait_for_touch, waits_for_touch
from app.threads.asking import name_of
from app.threads.tables import Thread
from app.web.locale import N_

BATCH = 100
BEFORE_ALL = datetime.min.replace(tzinfo=UTC), UUID(int=0)
LONGEST_DOUBT = timedelta(minutes=30)
"""What is fetched again and again by something of which nobody can tell what it is does not keep a reminder silent for ever."""

RANG = N_("It was due, and nobody had answered.")
RANG_ANYWAY = N_("You let it ring, although we can’t know yet whether somebody answered.")
RANG_UNARRIVED = N_("It was due. The mail had come back, though not for good, so nobody could answer. Look at the reason, and send it again.")
RANG_BLIND = N_("It was due. We can’t see replies in this mailbox, so somebody may have answered.")
RANG_REGARDLESS = N_("It was due, and you wanted to be reminded in any case.")
RANG_UNOPENED = N_("It was due, and nobody had opened it.")
RANG_UNCLICKED = N_("It was due, and nobody had followed a link in it.")
RANG_PERHAPS_OPENED = N_("It was due, and no open by a person is known. But it was fetched in a way that hides whether somebody read it.")
RANG_PERHAPS_CLICKED = N_("It was due, and no click by a person is known. But a link was followed, and nobody can tell by whom.")
RANG_OPENS_UNKNOWN = N_("It was due, and nobody had answered. Whether it was opened can’t be known: opens of this mail are not recorded.")
RANG_CLICKS_UNKNOWN = N_("It was due, and nobody had answered. Whether a link was followed can’t be known: clicks in this mail are not recorded.")
RANG_UNHEARD = N_("It was due, and %(who)s had not written.")
RANG_PARTLY_UNHEARD = N_("It was due, and %(who)s had not written to a mailbox that we may read. To one that may only send they may have.")

CANT_BE_KNOWN = {
    NOT_OPENED: RANG_OPENS_UNKNOWN, OPENED_NO_REPLY: RANG_OPENS_UNKNOWN, CLICKED_NO_REPLY: RANG_CLICKS_UNKNOWN, NOT_CLICKED: RANG_CLICKS_UNKNOWN,
}  # fmt: skip
UNTOUCHED = {NOT_OPENED: (RANG_UNOPENED, RANG_PERHAPS_OPENED), NOT_CLICKED: (RANG_UNCLICKED, RANG_PERHAPS_CLICKED)}
TOUCHED = {OPENED_NO_REPLY: RANG_OPENED, CLICKED_NO_REPLY: RANG_CLICKED}

OPEN_AND_DUE = "r.due_at <= $1 AND (r.due_at, r.id) > ($6, $7) AND r.settled_at IS NULL AND r.rang_at IS NULL AND (r.held_at IS NULL OR r.why <> $5)"
FRESH = "m.broken_at IS NULL AND m.disconnected_at IS NULL AND m.synced_at >= $2"
RESTS = "m.pushed_until > $1 AND m.problem = '' AND m.synced_at >= $4"
DECIDED = "(r.condition IN ('no_reply', 'regardless') OR NOT EXISTS (SELECT FROM unjudged u WHERE u.message = r.message))"

DUE = f"""
SELECT r.id, r.due_at FROM reminder r JOIN thread t ON t.id = r.thread JOIN mailbox m ON m.id = t.mailbox
CROSS JOIN LATERAL (SELECT coalesce({FRESH}, false) AS fresh) AS seen
WHERE {OPEN_AND_DUE} AND {DECIDED}
AND (r.condition = 'regardless' OR NOT 'read' = ANY(m.rights) OR (seen.fresh AND m.synced_at >= r.due_at)
  OR (NOT seen.fresh AND r.held_at IS NULL AND NOT coalesce({RESTS}, false)))
ORDER BY r.due_at, r.id LIMIT $3
"""  # noqa: S608 - our own words
"""Due, and something can be decided: a fresh mailbox is read again within seconds, and one that is not holds a reminder once.
A mailbox that rests between two slow rounds is neither: it is being read because we asked for it.
What is held for the rep to say whether a mail is the answer ($5) is not examined before they do, and no open is missed that waits to be judged."""

DUE_OF_CONTACTS = f"""
SELECT r.id, r.due_at FROM reminder r
CROSS JOIN LATERAL (
    SELECT count(*) AS boxes, coalesce(bool_and(coalesce({FRESH}, false) AND m.synced_at >= r.due_at), false) AS known,
        coalesce(bool_or(NOT coalesce({FRESH}, false) AND NOT coalesce({RESTS}, false)), false) AS unread
    FROM mailbox m WHERE m.person = r.person AND m.workspace = r.workspace AND m.disconnected_at IS NULL AND 'read' = ANY(m.rights)
) AS seen
WHERE r.thread IS NULL AND {OPEN_AND_DUE}
AND (r.condition = 'regardless' OR seen.boxes = 0 OR seen.known OR (seen.unread AND r.held_at IS NULL))
ORDER BY r.due_at, r.id LIMIT $3
"""  # noqa: S608 - our own words
"""The same of those that wait for any mail of a contact: it may come into every mailbox of the person."""

UNREAD = """
SELECT DISTINCT m.id FROM reminder r JOIN thread t ON t.id = r.thread JOIN mailbox m ON m.id = t.mailbox
WHERE r.due_at <= $1 AND r.settled_at IS NULL AND r.rang_at IS NULL AND m.pushed_until > $1 AND m.due_at > $1
AND (m.synced_at < r.due_at OR m.synced_at < $2)
UNION
SELECT m.id FROM reminder r JOIN mailbox m ON m.person = r.person AND m.workspace = r.workspace
WHERE r.thread IS NULL AND r.due_at <= $1 AND r.settled_at IS NULL AND r.rang_at IS NULL AND m.pushed_until > $1 AND m.due_at > $1
AND (m.synced_at < r.due_at OR m.synced_at < $2)
"""
"""Mailboxes that rest although somebody has to know now whether an answer came."""

STILL_DUE = "SELECT id FROM reminder WHERE id = $1 AND due_at <= $2 AND settled_at IS NULL AND rang_at IS NULL FOR UPDATE SKIP LOCKED"


async def ring_due() -> int:
    """Examine everything that is due; how many were. Each is a transaction of its own, so a crash leaves the others alone."""
    if unread := [row["id"] for row in await rows(UNREAD, now(), now() - STAYS_FRESH)]:
        await read_at_once(unread)
    examined = [await examine(reminder) for statement in (DUE, DUE_OF_CONTACTS) async for reminder in due_by(statement)]
    return sum(examined)


async def due_by(statement: str) -> AsyncIterator[UUID]:
    """Page by page, so that those nobody can decide about yet keep nobody waiting; shuffled, so that workers do not ask for the same one."""
    place: tuple[datetime, UUID] | None = BEFORE_ALL
    while place is not None:
        asked = (now(), now() - STAYS_FRESH, BATCH, now() - PUSHED_POLLED_EVERY - STAYS_FRESH, MAY_BE_ANSWERED)
        page = [(row["due_at"], row["id"]) for row in await rows(statement, *asked, *place)]
        for _, reminder in sample(page, len(page)):
            yield reminder
        place = page[-1] if len(page) == BATCH else None


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
    """What settles comes before what holds, and nothing rings of which anything is still undecided."""
    found = await find_out(reminder)
    if reminder.condition == REGARDLESS:
        await ring(reminder, RANG_REGARDLESS, found.record)
    elif found.replies:
        await settle_answered(reminder, found)
    elif found.is_lost:
        await settle(reminder, NEVER_ARRIVED, examined=found.record)
    elif await settle_touched(reminder, found):
        return
    elif found.questions:
        await hold_for_decision(reminder, found.questions[0], found.record)
    elif found.known is not None and found.known.is_undecided and now() < reminder.due_at + LONGEST_DOUBT:
        return
    elif waits_for_touch(reminder, found):
        await wait_for_touch(reminder, found)
    elif not found.can_be_read or found.knows(reminder.due_at):
        await conclude(reminder, found)
    elif reminder.held_at is None and (unread := found.unread(reminder.due_at)):
        await hold(reminder, unread, found.record)


async def settle_answered(reminder: Reminder, found: Found) -> None:
    first = found.replies[0]
    values = {"who": await name_of(first)}
    matched = "contact" if reminder.scope == OF_CONTACT else "thread"
    examined = {**found.record, "message": str(first.id), "matched": matched}
    await settle(reminder, HEARD if reminder.scope == OF_CONTACT else REPLIED, values, examined)


async def conclude(reminder: Reminder, found: Found) -> None:
    """Nobody answered, as far as can be known: it rings, with the sentence that is true; or nobody ever opened it."""
    if found.can_be_known and reminder.condition in TOUCHED and found.touch is None:
        await lapse(reminder, found)
        return
    why, values = await words(reminder, found)
    await ring(reminder, why, found.record, values)


async def words(reminder: Reminder, found: Found) -> tuple[str, dict[str, Any]]:
    """Why it rings: what is not known comes first."""
    if not found.can_be_read:
        return RANG_BLIND, {}
    if found.waited is not None and found.waited.failed_at:
        return RANG_UNARRIVED, {}
    if contact := await contact_of(reminder):
        why = RANG_PARTLY_UNHEARD if await writes_where_nobody_reads(reminder) else RANG_UNHEARD
        return why, {"who": contact.name or contact.address}
    if found.touch is not None and reminder.condition in TOUCHED:
        return TOUCHED[reminder.condition], told_of(found.touch)
    if not found.can_be_known:
        return CANT_BE_KNOWN[reminder.condition], {}
    certain, doubtful = UNTOUCHED.get(reminder.condition, (RANG, RANG))
    return (doubtful if found.may_be_hidden else certain), {}


async def ring(reminder: Reminder, why: str, examined: dict[str, Any], values: dict[str, Any] | None = None) -> None:
    """It is the rep's turn: the feed says so, and the thread is brought back on top where we may."""
    thread = await thread_of(reminder)
    mailbox = await Mailbox.objects().where(Mailbox.id == thread.mailbox).first() if thread else None
    domain = mailbox.address.rpartition("@")[2] if mailbox else "nachfass.invalid"
    changes = {
        Reminder.rang_at: now(),
        Reminder.held_at: None,
        Reminder.brings: thread.id if thread and reminder.thread is None else None,
        Reminder.surfaces_at: now() if mailbox and can(mailbox, RESURFACE) else None,
        Reminder.surfaced_at: None,
        Reminder.surfacing_tries: 0,
        Reminder.note_message_id: f"<{new_id()}.reminder@{domain}>",
    }
    await note(reminder, RUNG, why, changes, values, examined)
    await announce(rang(reminder, why, values or {}, condition_that_held(reminder.condition, why)))


def condition_that_held(condition: str, why: str) -> str:
    """Where nobody knows whether it was opened, nobody says that it was: then it rings because there was no reply."""
    return NO_REPLY if condition in TOUCHED and why != TOUCHED[condition] else condition


async def thread_of(reminder: Reminder) -> Thread | None:
    """The one that comes back: its own, or the latest with the contact."""
    if reminder.thread is None:
        return await latest_thread_with(reminder)
    return await Thread.objects().where(Thread.id == reminder.thread).first()


async def ring_anyway(reminder: Reminder) -> Reminder:
    """The rep does not want to wait until a held one can be examined."""
    async with together():
        found = await locked(reminder.id)
        if found is None or state(found) != HELD:
            raise Refused("This reminder is not held any more. Look at it again: it may have been settled.")
        await ring(found, RANG_ANYWAY, (await find_out(found)).record)
    return found
