"""How fresh what we know of a mailbox is: the one question that everybody asks before they believe that nobody answered."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.clock import now
from app.mailboxes.tables import READ, Mailbox

POLLED_EVERY = timedelta(seconds=20)
STAYS_FRESH = 3 * POLLED_EVERY
STALE_AFTER = timedelta(minutes=5)

FRESH, LATE, STALE, BLIND = "fresh", "late", "stale", "blind"
SILENT, DISCONNECTED, SENDS_ONLY, CATCHING_UP = "silent", "disconnected", "sends_only", "catching_up"


@dataclass(frozen=True)
class Freshness:
    """What is known of a mailbox at this moment.

    state: `fresh` (read within the last minute), `late` (within five), `stale` (longer ago, and no provider said why),
    or `blind` (it can't be read).
    at: everything that came before this moment is known; None if nothing was ever read.
    since: from this moment on nothing is known; None while it is fresh.
    why: of a blind one what hinders it (reconnect, admin, operator, retry, disconnected, sends_only, catching_up), of a stale one `silent`.
    """

    state: str
    at: datetime | None
    since: datetime | None = None
    why: str = ""

    @property
    def is_fresh(self) -> bool:
        return self.state == FRESH

    @property
    def can_be_read(self) -> bool:
        """Does waiting help? A mailbox that may only send, or was taken away, never shows an answer."""
        return self.why not in (SENDS_ONLY, DISCONNECTED)

    def knows(self, at: datetime) -> bool:
        """Is it fresh, and was it read after `at`? Only then may silence since then be believed."""
        return self.is_fresh and self.at is not None and self.at >= at


async def how_fresh(mailbox: Mailbox | UUID) -> Freshness:
    """The freshness of a mailbox as it is in the database now."""
    key = mailbox if isinstance(mailbox, UUID) else mailbox.id
    found = await Mailbox.objects().where(Mailbox.id == key).first()
    assert found is not None  # named by a foreign key
    return freshness(found)


def freshness(mailbox: Mailbox) -> Freshness:
    """The same of a row at hand."""
    since = mailbox.broken_at or mailbox.synced_at or mailbox.connected_at
    if mailbox.disconnected_at:
        return Freshness(BLIND, mailbox.synced_at, since, DISCONNECTED)
    if READ not in mailbox.rights:
        return Freshness(BLIND, None, mailbox.connected_at, SENDS_ONLY)
    if mailbox.broken_at:
        return Freshness(BLIND, mailbox.synced_at, since, mailbox.problem or CATCHING_UP)
    if mailbox.synced_at is None:
        return Freshness(STALE, None, since, SILENT)
    behind = now() - mailbox.synced_at
    if behind <= STAYS_FRESH:
        return Freshness(FRESH, mailbox.synced_at)
    return Freshness(LATE, mailbox.synced_at, since) if behind <= STALE_AFTER else Freshness(STALE, mailbox.synced_at, since, SILENT)
