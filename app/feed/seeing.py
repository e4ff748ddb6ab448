"""What an open page has seen: sent along with every event, and brought back by a browser that reconnects."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.errors import Refused

LATE_COMMIT = timedelta(seconds=5)
"""A transaction may commit a little later than its ids were made: so far back, what was seen is remembered one by one."""
MOST_REMEMBERED = 100
MILLISECOND = 80
"""Bits to the right of the milliseconds in a UUIDv7 (RFC 9562)."""


@dataclass(frozen=True)
class Seen:
    """Everything written before `id` was made was seen, less what committed late; `lately` names what was seen of the last seconds."""

    at: datetime
    id: UUID
    lately: frozenset[UUID] = frozenset()

    def __str__(self) -> str:
        return "~".join((self.at.isoformat(), str(self.id), ".".join(sorted(one.hex for one in self.lately))))

    @property
    def since(self) -> UUID:
        """The smallest id that may not have been seen."""
        return lowest_id(self.id, LATE_COMMIT)

    def has(self, activity: UUID) -> bool:
        return activity < self.since or activity in self.lately

    def and_then(self, events: Iterable[tuple[UUID, datetime]]) -> "Seen":
        """With some more seen."""
        known = dict(events)
        latest = max(self.id, *known)
        limit = lowest_id(latest, LATE_COMMIT)
        lately = sorted((one for one in self.lately | set(known) if one >= limit), reverse=True)[:MOST_REMEMBERED]
        return Seen(max(self.at, *known.values()), latest, frozenset(lately))


def seen_at(at: datetime, events: Iterable[tuple[UUID, datetime]]) -> Seen:
    """What a page has seen that was made at a moment and shows these."""
    start = Seen(datetime.min.replace(tzinfo=UTC), lowest_id_at(at))
    shown = list(events)
    seen = start.and_then(shown) if shown else Seen(at, start.id)
    return Seen(seen.at, max(seen.id, start.id), seen.lately)


def parse_seen(text: str) -> Seen:
    at, _, rest = text.replace(" ", "+").partition("~")
    key, _, lately = rest.partition("~")
    try:
        return Seen(datetime.fromisoformat(at).astimezone(UTC), UUID(key), frozenset(UUID(one) for one in lately.split(".")[:MOST_REMEMBERED] if one))
    except (ValueError, OverflowError):
        raise Refused("This page's place in the feed is damaged. Reload the page.") from None


def lowest_id(place: UUID, earlier: timedelta) -> UUID:
    """The smallest id that could have been made so long before another."""
    return UUID(int=max(0, (place.int >> MILLISECOND) - int(earlier.total_seconds() * 1000)) << MILLISECOND)


def lowest_id_at(at: datetime) -> UUID:
    return UUID(int=int(at.timestamp() * 1000) << MILLISECOND)
