"""What somebody asked for is a time on a wall: a clock and the zone it hangs in. Here alone it is said which instant that is.

The rules (RFC 5545, 3.3.5; Python's PEP 495 with fold=0):
- **Gap**, where the clock is put forward: a time that never shows is counted from before the change, so 2:30 is the instant at which the
  wall shows 3:30 (Lord Howe, half an hour: 2:15 is 2:45).
- **Overlap**, where it is put back: a time that shows twice is the first one.
- A span of minutes or hours is no time on a wall. It is an instant, and nothing moves it.
- The wall stays as asked; its instant follows the rules of the zone, also where a government changes them later.

In the code an aware `datetime` whose tzinfo is a `ZoneInfo` is such a time, and one in UTC or at a fixed offset is an instant.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones


@cache
def zones() -> frozenset[str]:
    """All IANA names there are; Python looks into every file for them, so only once."""
    return frozenset(available_timezones())


@dataclass(frozen=True)
class Wall:
    """A time on a wall: `at` without a zone, `zone` by its IANA name."""

    at: datetime
    zone: str

    @property
    def local(self) -> datetime:
        """As an aware time that still remembers its wall."""
        return self.at.replace(tzinfo=ZoneInfo(self.zone), fold=0)

    def instant(self) -> datetime:
        """When that is, in UTC, by the rules we know today."""
        return self.local.astimezone(UTC)

    @property
    def is_skipped(self) -> bool:
        """No clock there ever shows it."""
        return self.instant().astimezone(ZoneInfo(self.zone)).replace(tzinfo=None, fold=0) != self.at

    @property
    def is_twice(self) -> bool:
        """The clock there shows it a second time."""
        return not self.is_skipped and self.local.utcoffset() != self.local.replace(fold=1).utcoffset()

    def on(self, zone: str) -> "Wall":
        """The same time on another wall."""
        return Wall(self.at, zone)


def asked_as(when: datetime) -> Wall | None:
    """The wall an aware time was asked on; None for an instant. What shows there for the second time can only be an instant."""
    if not isinstance(when.tzinfo, ZoneInfo) or when.tzinfo.key in ("UTC", "Etc/UTC") or when.fold:
        return None
    return Wall(when.replace(tzinfo=None), when.tzinfo.key)


def shown_at(instant: datetime, zone: str) -> Wall | None:
    """The wall on which an instant can be kept without moving it; None in the second half of an overlap."""
    return asked_as(instant.astimezone(ZoneInfo(zone)))


def differ(instant: datetime, one: str, other: str) -> bool:
    """Do clocks in two zones show different times then?"""
    return instant.astimezone(ZoneInfo(one)).utcoffset() != instant.astimezone(ZoneInfo(other)).utcoffset()
