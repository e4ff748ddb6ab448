"""Quiet hours: from and until by the wall clock of the person, over midnight, and over the days on which clocks change.

A beginning or an end that a change to summer time skips is as long after the change; of one that comes twice the first counts (RFC 5545, 3.3.5).
So a night is quiet once, however long it is.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.attention.choosing import Choice, Quiet
from app.attention.kinds import KIND_OF


def quiet_until(choice: Choice, kind: str, at: datetime) -> datetime | None:
    """Until when this has to wait; nothing if it may be told now."""
    if choice.quiet is None or KIND_OF.get(kind) in choice.urgent:
        return None
    return end_of(choice.quiet, choice.zone, at)


def end_of(quiet: Quiet, zone: ZoneInfo, at: datetime) -> datetime | None:
    """When the quiet that holds at this moment ends (UTC); nothing where it does not hold."""
    today = at.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        start, end = night_of(quiet, zone, day)
        if start <= at < end:
            return end
    return None


def night_of(quiet: Quiet, zone: ZoneInfo, day: date) -> tuple[datetime, datetime]:
    """The quiet that begins on a day."""
    ends_on = day if quiet.start < quiet.end else day + timedelta(days=1)
    return on_wall(day, quiet.start, zone), on_wall(ends_on, quiet.end, zone)


def on_wall(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """The moment a clock on the wall shows this, as UTC: `fold` 0 is the first of two, and in a gap the offset before it."""
    return datetime.combine(day, hour.replace(fold=0), tzinfo=zone).astimezone(UTC)
