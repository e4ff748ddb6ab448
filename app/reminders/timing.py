"""When a reminder is due. One pure place for all reckoning with days; what a time on a wall means is `web.walls`, who works when `web.calendars`."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.web.calendars import Calendar, calendar_in
from app.web.moments import moment
from app.web.walls import Wall
from app.web.wishes import Wish

AFTERNOON, EVENING = time(16), time(18)
SPAN = re.compile(r"(\d{1,3})([hdw])")
UNITS = {"d": timedelta(days=1), "w": timedelta(weeks=1)}
LATER_TODAY, TOMORROW, IN_3_DAYS, NEXT_WEEK = "later_today", "tomorrow", "in_3_days", "next_week"
SNOOZES = {TOMORROW: timedelta(days=1), IN_3_DAYS: timedelta(days=3), NEXT_WEEK: timedelta(days=7)}


@dataclass(frozen=True)
class Due:
    """When it rings; where that is not what was asked for, why not: free, holiday, early, late (`calendars`)."""

    at: datetime
    asked: datetime
    moved: str = ""


def due_at(asked: str, start: datetime, calendar: Calendar | ZoneInfo, *, mornings: bool = False) -> datetime | None:
    """What `1h`, `3d`, `2w`, a date or plain words ("next Tuesday 9:00") mean after a moment, by the person's clock; None if they mean nothing.

    Days and weeks keep the hour of the clock, so that a change to summer time does not move them, or come to the opening of that day
    (`mornings`): they are times on a wall (`walls.asked_as`). Hours are an instant.
    """
    known = calendar_in(calendar.key) if isinstance(calendar, ZoneInfo) else calendar
    if span := SPAN.fullmatch(asked):
        return after_span(int(span[1]), span[2], start, known, mornings)
    try:
        named = datetime.fromisoformat(asked)
    except ValueError:
        return moment(asked, start, known, mornings=mornings)
    if len(asked) == len("2026-03-12"):
        named = datetime.combine(named, known.opens)
    return named if named.tzinfo else Wall(named, known.zone).local


def after_span(number: int, unit: str, start: datetime, calendar: Calendar, mornings: bool) -> datetime:
    if unit == "h":
        return start.astimezone(UTC) + timedelta(hours=number)
    if mornings:
        return calendar.opening(calendar.local(start).date() + UNITS[unit] * number)
    return on_clock(start, UNITS[unit] * number, ZoneInfo(calendar.zone))


def on_clock(start: datetime, days: timedelta, zone: ZoneInfo) -> datetime:
    """The same hour some days later."""
    return Wall(start.astimezone(zone).replace(tzinfo=None) + days, zone.key).local


def in_working_time(at: datetime, calendar: Calendar) -> Due:
    """Moved to the next moment somebody works, if they don't then."""
    why = calendar.off(at)
    return Due(calendar.next_moment(at), at, why) if why else Due(at, at)


def wished(wish: Wish, start: datetime, mine: Calendar, theirs: Calendar | None, only_at_work: bool) -> Due | None:
    """When a wish is due. By the recipient's clock, days come to their morning, and it is never due outside their working time: ours is not
    asked then, the rep named the other one. Where nobody knows their clock it is ours. None if the words mean nothing."""
    if wish.is_by_them:
        at = due_at(wish.text, start, theirs or mine, mornings=True)
        return in_working_time(at, theirs or mine) if at else None
    at = due_at(wish.text, start, replace(mine, zone=wish.clock) if wish.clock else mine)
    return None if at is None else in_working_time(at, mine) if only_at_work else Due(at, at)


def snoozed_until(choice: str, at: datetime, calendar: Calendar) -> datetime | None:
    """What a button of the snooze menu means now; None for a choice there is not (any more today)."""
    local = calendar.local(at)
    if choice == LATER_TODAY:
        return later_today(local)
    if choice not in SNOOZES:
        return None
    return calendar.opening(local.date() + SNOOZES[choice])


def later_today(local: datetime) -> datetime | None:
    """In the afternoon, or in the evening, if either is still an hour away."""
    hours = (datetime.combine(local.date(), hour, tzinfo=local.tzinfo) for hour in (AFTERNOON, EVENING))
    return next((hour for hour in hours if hour.astimezone(UTC) - local.astimezone(UTC) >= timedelta(hours=1)), None)


def choices(at: datetime, calendar: Calendar, only_at_work: bool = False) -> dict[str, datetime]:
    """The snooze menu as it stands now; for who wants reminders in working time only, with the times these come to."""
    offered = ((choice, snoozed_until(choice, at, calendar)) for choice in (LATER_TODAY, *SNOOZES))
    known = {choice: until for choice, until in offered if until is not None}
    if not only_at_work:
        return known
    return {choice: calendar.next_moment(until) for choice, until in known.items() if choice != LATER_TODAY or calendar.is_working(until)}


def after_absence(back_on: date, theirs: Calendar) -> datetime:
    """The morning of the working day after their first one back, by their clock: they need a day to answer what has piled up."""
    first = theirs.worked_from(back_on)
    return theirs.morning_on(first + timedelta(days=1))
