"""How fresh what we know of a mailbox is: what everybody asks before they believe that nobody answered.

A mailbox whose provider tells us at once of every change is looked at every five minutes only. That it told us nothing proves
nothing, since notices get lost. So there are two questions. *Is it well?* A mailbox may be behind by one of its own rounds and
still be well: `freshness`, `rests`. *May silence be believed?* Only after a reading that began less than a minute ago, whoever
tells us what: `fresh_since`, `is_fresh`. Who needs to believe in silence has a resting mailbox read first: `read_at_once`.
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


@dataclass(frozen=True)
class Freshness:
    """The state in a word, and the moment up to which everything is known (nothing was ever read: None)."""

    state: str
    at: datetime | None


async def fresh_since(mailbox: Mailbox | UUID) -> datetime | None:
    """Everything that came before this moment is known; None if that was not read within the last minute, or can't be."""
    found = await row(mailbox)
    return found.synced_at if freshness(found).state == FRESH and now() - found.synced_at <= STAYS_FRESH else None


async def is_fresh(mailbox: Mailbox | UUID, at: datetime) -> bool:
    """Is the mailbox fresh now, and was it read after `at`? Only then may silence be believed."""
    known = await fresh_since(mailbox)
    return known is not None and known >= at


async def stale_since(mailbox: Mailbox | UUID) -> datetime | None:
    """From when on nothing is known; None while it is fresh."""
    found = await row(mailbox)
    return None if freshness(found).state == FRESH else (found.broken_at or found.synced_at or found.connected_at)


async def rests(mailbox: Mailbox | UUID) -> bool:
    """Is it well and only between two of its slow rounds? Then a reading is at hand, and nothing need be held for it."""
    found = await row(mailbox)
    return is_pushed(found) and not found.problem and freshness(found).state == FRESH


async def read_at_once(mailboxes: Sequence[UUID]) -> None:
    """End the rest of these: somebody needs to know. One that is being read, or that its provider wants a pause for, is left alone."""
    resting = Mailbox.id.is_in(list(mailboxes)), Mailbox.due_at > now(), Mailbox.pushed_until > now(), Mailbox.problem == ""
    await Mailbox.update({Mailbox.due_at: now()}).where(*resting)


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
    behind = now() - mailbox.synced_at - (rhythm(mailbox) - POLLED_EVERY)
    state = FRESH if behind <= STAYS_FRESH else LATE if behind <= STALE_AFTER else STALE
    return Freshness(state, mailbox.synced_at)


def is_pushed(mailbox: Mailbox) -> bool:
    """Does its provider tell us at once of what is new, as far as we can know?"""
    return mailbox.pushed_until is not None and mailbox.pushed_until > now()


def rhythm(mailbox: Mailbox) -> timedelta:
    """How often it is looked at while all is well."""
    return PUSHED_POLLED_EVERY if is_pushed(mailbox) else POLLED_EVERY
