"""How fresh what we know of a mailbox is: the one question that everybody asks before they believe that nobody answered.

A mailbox whose provider tells us at once of every change is looked at every five minutes only. That it told us nothing proves
nothing, since notices get lost. So there are two answers. *Is it well?* A mailbox may be behind by one of its own rounds and
still be well: `is_fresh`, `rests`. *May silence be believed?* Only after a reading that began less than a minute ago, whoever
tells us what: `knows`. Who needs to believe in silence has a resting mailbox read first: `read_at_once`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.clock import now
from app.mailboxes.tables import READ, Mailbox

POLLED_EVERY = timedelta(seconds=20)
PUSHED_POLLED_EVERY = timedelta(minutes=5)
"""Where the provider tells us at once: what was lost on the way is found by then."""
STAYS_FRESH = 3 * POLLED_EVERY
STALE_AFTER = timedelta(minutes=5)

FRESH, LATE, STALE, BLIND = "fresh", "late", "stale", "blind"
SILENT, DISCONNECTED, SENDS_ONLY, CATCHING_UP = "silent", "disconnected", "sends_only", "catching_up"


@dataclass(frozen=True)
class Freshness:
    """What is known of a mailbox at this moment.

    state: `fresh` (read within the last minute, or within its slower rhythm), `late` (within five), `stale` (longer ago, and no provider said why),
    or `blind` (it can't be read).
    at: everything that came before this moment is known; None if nothing was ever read.
    since: from this moment on nothing is known; None while it is fresh.
    why: of a blind one what hinders it (reconnect, admin, operator, retry, disconnected, sends_only, catching_up), of a stale one `silent`.
    rests: it is well and only between two of its slow rounds: a reading is at hand, and nothing need be held for it.
    """

    state: str
    at: datetime | None
    since: datetime | None = None
    why: str = ""
    rests: bool = False

    @property
    def is_fresh(self) -> bool:
        return self.state == FRESH

    @property
    def can_be_read(self) -> bool:
        """Does waiting help? A mailbox that may only send, or was taken away, never shows an answer."""
        return self.why not in (SENDS_ONLY, DISCONNECTED)

    def knows(self, at: datetime) -> bool:
        """Was it read after `at`, and within the last minute? Only then may silence since then be believed."""
        return self.is_fresh and self.at is not None and self.at >= at and now() - self.at <= STAYS_FRESH


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
    behind = now() - mailbox.synced_at - slower(mailbox)
    if behind <= STAYS_FRESH:
        return Freshness(FRESH, mailbox.synced_at, rests=is_pushed(mailbox) and not mailbox.problem)
    return Freshness(LATE, mailbox.synced_at, since) if behind <= STALE_AFTER else Freshness(STALE, mailbox.synced_at, since, SILENT)


def is_pushed(mailbox: Mailbox) -> bool:
    """Does its provider tell us at once of what is new, as far as we can know?"""
    return mailbox.pushed_until is not None and mailbox.pushed_until > now()


def rhythm(mailbox: Mailbox) -> timedelta:
    """How often it is looked at while all is well."""
    return PUSHED_POLLED_EVERY if is_pushed(mailbox) else POLLED_EVERY


def slower(mailbox: Mailbox) -> timedelta:
    """By how much it may be behind others and still be well."""
    return rhythm(mailbox) - POLLED_EVERY


async def read_at_once(mailboxes: Sequence[UUID]) -> None:
    """End the rest of these: somebody needs to know. One that is being read, or that its provider wants a pause for, is left alone."""
    resting = Mailbox.id.is_in(list(mailboxes)), Mailbox.due_at > now(), Mailbox.pushed_until > now(), Mailbox.problem == ""
    await Mailbox.update({Mailbox.due_at: now()}).where(*resting)
