"""Rules of recurring mail: an RRULE (RFC 5545, 3.3.10) read by dateutil, on the wall where the rep is.

A time of day that a change to summer time skips goes out the same span after the change, and one that shows twice the first time
(`web/walls.py`). Two dates of a rule that fall on one instant by that are one. A rule never names a date before its start, and none more than
thirty years after it.
"""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from app.errors import Refused
from app.web.walls import Wall

LONGEST_RULE = 500
SHOWN = 5
HORIZON_YEARS = 30
SHIFT = 400 * 19
MOST = 1000
OFTEN = ("SECONDLY", "MINUTELY", "HOURLY")
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
PARTS = (
    "FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYMONTH", "BYSETPOS", "BYHOUR", "BYMINUTE", "WKST",
)  # fmt: skip
SHAPE = re.compile(r"[A-Z]+=[A-Z0-9+,-]+(?:;[A-Z]+=[A-Z0-9+,-]+)*")
UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
END_OF_DAY = time(23, 59, 59)


def checked(text: str, starts: Wall) -> str:
    """A rule as somebody typed it, without its name and in capitals; refused with a sentence if it is none, or names dates too near or none."""
    rule = "".join(text.split()).upper().removeprefix("RRULE:").rstrip(";")
    if len(rule) > LONGEST_RULE or not SHAPE.fullmatch(rule):
        raise Refused("This is no rule of RFC 5545. One looks like FREQ=WEEKLY;BYDAY=TU.", field="rule")
    parts = parts_of(rule)
    check_parts(rule, parts)
    try:
        first = next(occurrences(rule, starts), None)
    except (ValueError, TypeError, OverflowError) as error:
        raise Refused("This rule can't be read. One looks like FREQ=WEEKLY;BYDAY=TU.", field="rule") from error
    if first is None:
        raise Refused("This rule names no date at all from its start on. Choose another start, or correct the rule.", field="rule")
    return rule


def check_parts(rule: str, parts: dict[str, str]) -> None:
    """What a mail can't recur by: what is unknown, twice, too often, or would never move on."""
    if unknown := next((name for name in parts if name not in PARTS and name != "BYSECOND"), ""):
        raise Refused("“%(part)s” is no part of a rule in RFC 5545. Take it out.", field="rule", part=unknown)
    if len(parts) != rule.count(";") + 1:
        raise Refused("A part of this rule stands there twice. Take one out.", field="rule")
    if parts.get("FREQ") in OFTEN or "BYSECOND" in parts or "," in parts.get("BYMINUTE", ""):
        raise Refused("A mail can recur every hour of a day at most, and not by the minute or the second. Choose days, weeks, months or years.",
                      field="rule")  # fmt: skip
    if parts.get("FREQ") not in FREQUENCIES:
        raise Refused("A rule begins with FREQ=DAILY, FREQ=WEEKLY, FREQ=MONTHLY or FREQ=YEARLY.", field="rule")
    for name in ("INTERVAL", "COUNT"):
        if name in parts and not (parts[name].isdecimal() and 1 <= int(parts[name]) <= MOST):
            raise Refused("%(part)s is a number from 1 to %(most)d.", field="rule", part=name, most=MOST)
    if "COUNT" in parts and "UNTIL" in parts:
        raise Refused("A rule ends after a number of times or on a day, not both. Take COUNT or UNTIL out.", field="rule")
    if "UNTIL" in parts and not UNTIL.fullmatch(parts["UNTIL"]):
        raise Refused("UNTIL is a day like 20270301, or a moment like 20270301T090000Z.", field="rule")


def parts_of(rule: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in rule.split(";") if "=" in part)


def occurrences(rule: str, starts: Wall) -> Iterator[Wall]:
    """Every date of a rule on its wall, oldest first; their instants only ever grow."""
    last: datetime | None = None
    for at in times(rule, starts):
        wall = Wall(at, starts.zone)
        if last is None or wall.instant() > last:
            last = wall.instant()
            yield wall


def times(rule: str, starts: Wall) -> Iterator[datetime]:
    """What dateutil makes of the rule by wall clock. COUNT is counted here, so that a rule which never finds a date comes to an end."""
    parts = parts_of(rule)
    count = int(parts.pop("COUNT")) if "COUNT" in parts else None
    until = min(ends(parts.pop("UNTIL", ""), starts), horizon(starts))
    kept = ";".join(f"{name}={value}" for name, value in parts.items())
    found = (shifted(at, -1) for at in rrulestr(f"RRULE:{kept}", dtstart=shifted(starts.at)))
    return islice(takewhile(lambda at: at <= until, found), count)


def shifted(at: datetime, direction: int = 1) -> datetime:
    """The same day in the last four hundred years that Python knows, and back.

    The Gregorian calendar repeats itself every 400 years, weekdays included. dateutil looks for a date as far as the year 9999, also where a
    rule has none: from there that takes a third of a second, and from our own time seven.
    """
    return at.replace(year=at.year + direction * SHIFT)


def horizon(starts: Wall) -> datetime:
    return starts.at + timedelta(days=round(365.25 * HORIZON_YEARS))


def ends(until: str, starts: Wall) -> datetime:
    """The last moment, on the wall: a day includes all of itself, and a moment in UTC is shown as the clock there shows it."""
    found = UNTIL.fullmatch(until)
    if found is None:
        return horizon(starts)
    day = datetime.strptime(found[1], "%Y%m%d")
    if not found[2]:
        return datetime.combine(day, END_OF_DAY)
    at = datetime.combine(day, datetime.strptime(found[2], "%H%M%S").time())
    return at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(starts.zone)).replace(tzinfo=None, fold=0) if found[3] else at


def after(rule: str, starts: Wall, instant: datetime) -> Iterator[Wall]:
    """Those whose instant comes after a moment."""
    return (wall for wall in occurrences(rule, starts) if wall.instant() > instant)


def first_dates(rule: str, starts: Wall, instant: datetime) -> list[Wall]:
    """The next few, to be shown before anything is saved."""
    return list(islice(after(rule, starts, instant), SHOWN))
