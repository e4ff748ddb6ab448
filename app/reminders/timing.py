"""When a reminder is due. One pure place for all reckoning with days."""

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from importlib import import_module
from zoneinfo import ZoneInfo

from app.web.moment_words import MORNING, territory_of, weekend_of
from app.web.moments import moment

AFTERNOON, EVENING = time(16), time(18)
LONGEST_HOLIDAYS = 21
SPAN = re.compile(r"(\d{1,3})([hdw])")
UNITS = {"d": timedelta(days=1), "w": timedelta(weeks=1)}
LATER_TODAY, TOMORROW, IN_3_DAYS, NEXT_WEEK = "later_today", "tomorrow", "in_3_days", "next_week"
SNOOZES = {TOMORROW: timedelta(days=1), IN_3_DAYS: timedelta(days=3), NEXT_WEEK: timedelta(days=7)}


def due_at(asked: str, start: datetime, zone: ZoneInfo) -> datetime | None:
    """What `1h`, `3d`, `2w`, a date or plain words ("next Tuesday 9:00") mean after a moment, by the person's clock; None if they mean nothing.

    Days and weeks keep the hour of the clock, so that a change to summer time does not move them.
    """
    if span := SPAN.fullmatch(asked):
        number, unit = int(span[1]), span[2]
        return start + timedelta(hours=number) if unit == "h" else on_clock(start, UNITS[unit] * number, zone)
    try:
        named = datetime.fromisoformat(asked)
    except ValueError:
        return moment(asked, start, zone)
    if len(asked) == len("2026-03-12"):
        named = datetime.combine(named, MORNING)
    return named if named.tzinfo else named.replace(tzinfo=zone)


def on_clock(start: datetime, days: timedelta, zone: ZoneInfo) -> datetime:
    """The same hour some days later."""
    return (start.astimezone(zone).replace(tzinfo=None) + days).replace(tzinfo=zone)


def snoozed_until(choice: str, at: datetime, zone: ZoneInfo) -> datetime | None:
    """What a button of the snooze menu means now; None for a choice there is not (any more today)."""
    local = at.astimezone(zone)
    if choice == LATER_TODAY:
        return later_today(local)
    if choice not in SNOOZES:
        return None
    return datetime.combine(local.date() + SNOOZES[choice], MORNING, tzinfo=zone)


def later_today(local: datetime) -> datetime | None:
    """In the afternoon, or in the evening, if either is still an hour away."""
    hours = (datetime.combine(local.date(), hour, tzinfo=local.tzinfo) for hour in (AFTERNOON, EVENING))
    return next((hour for hour in hours if hour - local >= timedelta(hours=1)), None)


def choices(at: datetime, zone: ZoneInfo) -> dict[str, datetime]:
    """The snooze menu as it stands now."""
    offered = ((choice, snoozed_until(choice, at, zone)) for choice in (LATER_TODAY, *SNOOZES))
    return {choice: until for choice, until in offered if until is not None}


def after_absence(back_on: date, zone: ZoneInfo) -> datetime:
    """The morning of the working day after their first one back, by their clock: they need a day to answer what has piled up."""
    first = next_working_day(back_on, str(zone))
    return datetime.combine(next_working_day(first + timedelta(days=1), str(zone)), MORNING, tzinfo=zone)


def next_working_day(day: date, zone: str) -> date:
    """This day, or the first after it that is neither weekend nor public holiday there."""
    ahead = (day + timedelta(days=number) for number in range(LONGEST_HOLIDAYS))
    return next((later for later in ahead if later.weekday() not in weekend_of(zone) and later not in holidays_of(zone, later.year)), day)


@lru_cache(maxsize=200)
def holidays_of(zone: str, year: int) -> frozenset[date]:
    """The days on which the whole country is free (of a region's own nobody can tell by the time zone); none where nobody knows.

    The package takes a while to load, so it is loaded when it is asked for the first time.
    """
    package = import_module("holidays")
    territory = territory_of(zone)
    known = territory in package.list_supported_countries()
    return frozenset(package.country_holidays(territory, years=year)) if known else frozenset()
