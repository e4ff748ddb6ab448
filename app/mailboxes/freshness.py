"""How fresh what we know of a mailbox is: what everybody asks before they believe that nobody answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.clock import now
from app.mailboxes.tables import READ, Mailbox

POLLED_EVERY = timedelta(seconds=20)
STAYS_FRESH = 3 * POLLED_EVERY
STALE_AFTER = timedelta(minutes=5)

FRESH, LATE, STALE, BLIND = "fresh", "late", "stale", "blind"


@dataclass(frozen=True)
class Freshness:
    """The state in a word, and the moment up to which everything is known (nothing was ever read: None)."""

    state: str
    at: datetime | None


async def fresh_since(mailbox: Mailbox | UUID) -> datetime | None:
    """Everything that came before this moment is known; None while the mailbox is not fresh."""
    found = freshness(await row(mailbox))
    return found.at if found.state == FRESH else None


async def is_fresh(mailbox: Mailbox | UUID, at: datetime) -> bool:
    """Is the mailbox fresh now, and was it read after `at`? Only then may silence be believed."""
    known = await fresh_since(mailbox)
    return known is not None and known >= at


async def stale_since(mailbox: Mailbox | UUID) -> datetime | None:
    """From when on nothing is known; None while it is fresh."""
    found = await row(mailbox)
    return None if freshness(found).state == FRESH else (found.broken_at or found.synced_at or found.connected_at)


async def can_be_read(mailbox: Mailbox | UUID) -> bool:
    """A mailbox that may only send never shows an answer, however long one waits."""
    return READ in (await row(mailbox)).rights


async def row(mailbox: Mailbox | UUID) -> Mailbox:
    """The mailbox as it is in the database now."""
    key = mailbox if isinstance(mailbox, UUID) else mailbox.id
    found = await Mailbox.objects().where(Mailbox.id == key).first()
    assert found is not None  # named by a foreign key
    return found


def freshness(mailbox: Mailbox) -> Freshness:
    """Fresh, late (a little behind), stale (broken, or long behind), or blind (may only send)."""
    if READ not in mailbox.rights:
        return Freshness(BLIND, None)
    if mailbox.broken_at or mailbox.disconnected_at or mailbox.synced_at is None:
        return Freshness(STALE, mailbox.synced_at)
    behind = now() - mailbox.synced_at
    state = FRESH if behind <= STAYS_FRESH else LATE if behind <= STALE_AFTER else STALE
    return Freshness(state, mailbox.synced_at)
