"""When somebody means it who writes "in 3 days", "nächsten Dienstag 9 Uhr" or "2 weeks before 1 March": read by the clock on their wall.

Names of days and months come from CLDR. What could mean two days, like 3/4, is not guessed at. Times that a change of the clock skips or
repeats follow `walls`, working days follow `calendars`.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.web.calendars import Calendar, calendar_in
from app.web.moment_hours import clock, half_said, hour_in_front
from app.web.moment_words import (
    AFTER,
    AHEAD,
    BEFORE,
    DAYS,
    END,
    HOURS,
    NEXT,
    NUMBERS,
    THIS,
    UNITS,
    months,
    weekdays,
    without_filling,
    without_leading,
    without_leading_filling,
)
from app.web.walls import Wall

LONGEST = 120
WORD = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}:\d{2}|\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})?|\d{1,2}/\d{1,2}(?:/\d{4})?|\d+|[^\W\d_]+(?:'[^\W\d_]+)?|\S")
COUNTED = re.compile(r"(\d{1,4})(mins?|h|hrs?|d|w)\b")


@dataclass(frozen=True)
class Reading:
    """What has been understood so far, and the words that are left."""

    day: date
    left: tuple[str, ...]
    at: datetime | None = None
    """Counted from now to the minute: no time of day may follow."""


def moment(text: str, start: datetime, calendar: Calendar | ZoneInfo, *, mornings: bool = False) -> datetime | None:
    """The moment meant, seen from `start`; None if the words mean nothing, or more than one thing. A day without an hour means the morning.

    A time of day is on the calendar's wall (`walls.asked_as`); a span of hours is an instant, in UTC. A span of days keeps the hour, or comes
    to the morning too (`mornings`).
    """
    words = words_of(text)
    known = calendar_in(calendar.key) if isinstance(calendar, ZoneInfo) else calendar
    return Reader(start.astimezone(ZoneInfo(known.zone)), known, mornings).read(words) if words else None


def words_of(text: str) -> tuple[str, ...]:
    if len(text) > LONGEST:
        return ()
    spaced = COUNTED.sub(r"\1 \2", text.casefold())
    found = [word for word in WORD.findall(spaced) if word not in ",;"]
    return tuple(found)


class Reader:
    """Reads one text, for one moment and one wall."""

    def __init__(self, local: datetime, calendar: Calendar, mornings: bool = False) -> None:
        self.local, self.calendar, self.mornings = local, calendar, mornings

    @property
    def today(self) -> date:
        return self.local.date()

    def read(self, words: tuple[str, ...]) -> datetime | None:
        """A time before the day ("at 9 on Tuesday") and one after it are the same."""
        early, words = hour_in_front(words)
        found = self.day_of(words)
        if found is None:
            return self.only_hour(early) if early and not without_filling(words) else None
        if found.at is not None:
            return found.at if not early and not without_filling(found.left) else None
        late, left = self.hour_of(found.left)
        if without_filling(left) or (early and late):
            return None
        return self.on_wall(found.day, early or late or self.default_hour(words))

    def default_hour(self, words: tuple[str, ...]) -> time:
        return next((HOURS[word] for word in words if word in HOURS), self.calendar.opens)

    def only_hour(self, hour: time) -> datetime:
        """An hour alone is today's, or tomorrow's if that is over."""
        today = self.on_wall(self.today, hour)
        return today if today.astimezone(UTC) > self.local.astimezone(UTC) else self.on_wall(self.today + timedelta(days=1), hour)

    def on_wall(self, day: date, hour: time) -> datetime:
        return Wall(datetime.combine(day, hour), self.calendar.zone).local

    def day_of(self, words: tuple[str, ...]) -> Reading | None:
        """The first way of naming a day that fits."""
        words = without_leading_filling(words)
        if not words:
            return None
        ways: tuple[Callable[[tuple[str, ...]], Reading | None], ...] = (
            self.counted_from_a_day, self.counted, self.end_of, self.next_span, self.named_day, self.weekday, self.date_of,
        )  # fmt: skip
        return next((found for way in ways if (found := way(words))), None)

    def counted(self, words: tuple[str, ...]) -> Reading | None:
        """In 3 days; 2 weeks; in half an hour; in zwei Monaten."""
        words = words[1:] if words[0] in AHEAD else words
        found = amount(words)
        if found is None:
            return None
        number, unit, left = found
        if left and left[0] in ("from", "ab", "later", "ahead", "hence", "später"):
            left = left[2:] if left[:2] in (("from", "now"), ("from", "today"), ("ab", "heute"), ("ab", "jetzt")) else left[1:]
        if unit in ("minute", "hour"):
            return Reading(self.today, left, self.after(timedelta(minutes=round(number * (60 if unit == "hour" else 1)))))
        day = self.moved(self.today, number, unit)
        if day is None or self.mornings or without_filling(left):
            return None if day is None else Reading(day, left)
        return Reading(day, left, self.on_wall(day, self.local.time().replace(second=0, microsecond=0)))

    def after(self, span: timedelta) -> datetime:
        """Hours pass on the clock of physics, whatever the wall shows meanwhile."""
        return self.local.astimezone(UTC) + span

    def counted_from_a_day(self, words: tuple[str, ...]) -> Reading | None:
        """2 weeks before 1 March; 3 Tage nach Ostern is not known, 3 Tage nach dem 2. Mai is."""
        found = amount(words)
        if found is None or found[1] in ("minute", "hour"):
            return None
        number, unit, left = found
        if not left or left[0] not in BEFORE | AFTER:
            return None
        named = self.day_of(left[1:])
        if named is None or named.at is not None:
            return None
        day = self.moved(named.day, -number if left[0] in BEFORE else number, unit)
        return Reading(day, named.left) if day else None

    def end_of(self, words: tuple[str, ...]) -> Reading | None:
        """End of the week, of the month, of the quarter, of the year: its last working day."""
        if words[0] not in END:
            return None
        left = without_leading_filling(words[1:])
        ahead, left = (1, left[1:]) if left and left[0] in NEXT else (0, left[1:] if left and left[0] in THIS else left)
        unit = UNITS.get(left[0]) if left else None
        if unit == "week":
            last = self.today - timedelta(days=self.today.weekday()) + timedelta(days=6 + 7 * ahead)
        elif unit in ("month", "quarter", "year"):
            last = last_day(self.moved(self.today, ahead, unit) or self.today, unit)
        else:
            return None
        return Reading(self.calendar.worked_until(last), left[1:])

    def next_span(self, words: tuple[str, ...]) -> Reading | None:
        """Next week is its Monday, next month its first day: of both the first that is worked."""
        if words[0] not in NEXT or len(words) < 2 or (unit := UNITS.get(words[1])) not in ("week", "month", "quarter", "year"):
            return None
        if unit == "week":
            first = self.today - timedelta(days=self.today.weekday()) + timedelta(days=7)
        else:
            first = first_day(self.moved(self.today.replace(day=1), 1, unit) or self.today, unit)
        return Reading(self.calendar.worked_from(first), words[2:])

    def named_day(self, words: tuple[str, ...]) -> Reading | None:
        """Today, tomorrow, übermorgen; "day after tomorrow"; "heute in 8 Tagen" is a week, as people say it."""
        if words[:3] == ("day", "after", "tomorrow"):
            return Reading(self.today + timedelta(days=2), words[3:])
        if words[0] not in DAYS:
            return None
        day, left = self.today + timedelta(days=DAYS[words[0]]), words[1:]
        return self.weeks_on(day, left)

    def weekday(self, words: tuple[str, ...]) -> Reading | None:
        """A weekday is the next one to come, never today; "next" before it means the one in the week that follows."""
        following = words[0] in NEXT
        rest = words[1:] if following or words[0] in THIS else words
        if not rest or (number := weekdays().get(rest[0].rstrip("."))) is None:
            return None
        ahead = (number - self.today.weekday() - 1) % 7 + 1
        if following:
            monday = self.today - timedelta(days=self.today.weekday()) + timedelta(days=7)
            return self.weeks_on(monday + timedelta(days=number), rest[1:])
        return self.weeks_on(self.today + timedelta(days=ahead), rest[1:])

    def weeks_on(self, day: date, left: tuple[str, ...]) -> Reading:
        """Monday in two weeks; heute in einer Woche."""
        if left and left[0] in AHEAD and (found := amount(left[1:])) and found[1] in ("week", "fortnight", "month", "day"):
            days = 7 if found[1] == "day" and found[0] == 8 else found[0]
            later = self.moved(day, days, found[1])
            if later:
                return Reading(later, found[2])
        return Reading(day, left)

    def date_of(self, words: tuple[str, ...]) -> Reading | None:
        """1 March, March 1st, 1. März 2027, 01.03.2027, 2027-03-01; without a year the next one to come."""
        first = words[0]
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", first):
            year, month, day = (int(part) for part in first.split("-"))
            return self.dated(year, month, day, words[1:])
        if found := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})?", first):
            told = int(found[3]) + (2000 if len(found[3]) == 2 else 0) if found[3] else None
            return self.dated(told, int(found[2]), int(found[1]), words[1:])
        if found := re.fullmatch(r"(\d{1,2})/(\d{1,2})(?:/(\d{4}))?", first):
            return self.slashed(int(found[1]), int(found[2]), int(found[3]) if found[3] else None, words[1:])
        return self.day_and_month(words)

    def slashed(self, one: int, other: int, year: int | None, left: tuple[str, ...]) -> Reading | None:
        """17/3 and 3/17 can be meant in one way only; 3/4 can't."""
        if one == other or one > 12:
            return self.dated(year, other, one, left)
        return self.dated(year, one, other, left) if other > 12 else None

    def day_and_month(self, words: tuple[str, ...]) -> Reading | None:
        if words[0] in months():
            month, day, left = months()[words[0]], words[1:2], words[2:]
        else:
            rest = without_leading_filling(ordinal(words[1:]))
            if not rest or rest[0] not in months():
                return None
            month, day, left = months()[rest[0]], words[:1], rest[1:]
        if not day or not day[0].isdecimal() or len(day[0]) > 2:
            return None
        left = without_leading(ordinal(left), {".", "of"})
        year = int(left[0]) if left and re.fullmatch(r"(19|20|21)\d\d", left[0]) else None
        return self.dated(year, month, int(day[0]), left[1:] if year else left)

    def dated(self, year: int | None, month: int, day: int, left: tuple[str, ...]) -> Reading | None:
        try:
            if year is not None:
                return Reading(date(year, month, day), left)
            found = next(candidate for ahead in range(9) if (candidate := possible(self.today.year + ahead, month, day)) and candidate >= self.today)
        except (ValueError, StopIteration):
            return None
        return Reading(found, left)

    def moved(self, day: date, number: float, unit: str) -> date | None:
        """Some days, working days, weeks or months away; the 31st of a short month is its last day."""
        try:
            if unit == "workday":
                return self.worked_days(day, round(number)) if number == int(number) else None
            if unit in ("day", "week", "fortnight"):
                return day + timedelta(days=round(number * {"day": 1, "week": 7, "fortnight": 14}[unit]))
            if number != int(number) and unit != "year":
                return None
            return in_months(day, round(number * {"month": 1, "quarter": 3, "year": 12}[unit]))
        except (ValueError, OverflowError):
            return None

    def worked_days(self, day: date, number: int) -> date | None:
        if abs(number) > 1000:
            return None
        step = timedelta(days=1 if number > 0 else -1)
        while number:
            day += step
            if self.calendar.is_worked(day):
                number -= 1 if number > 0 else -1
        return day

    def hour_of(self, words: tuple[str, ...]) -> tuple[time | None, tuple[str, ...]]:
        """At 9, 9:30, 9 Uhr 30, 5 pm, in the morning, mittags."""
        words = without_leading_filling(words)
        words = words[1:] if words[:1] == ("in",) else words
        words = without_leading_filling(words)
        if words and words[0] in HOURS:
            later, left = self.hour_of(words[1:])
            return half_said(HOURS[words[0]], later), left
        return clock(words) or (None, words)


def amount(words: tuple[str, ...]) -> tuple[float, str, tuple[str, ...]] | None:
    """A number and a unit: "3 days", "a couple of weeks", "half an hour", "anderthalb Stunden", "two business days"."""
    if not words:
        return None
    if words[:3] in (("half", "an", "hour"), ("eine", "halbe", "stunde"), ("einer", "halben", "stunde")):
        return 0.5, "hour", words[3:]
    if words[:2] in (("halbe", "stunde"), ("halben", "stunde")):
        return 0.5, "hour", words[2:]
    if words[0] == "anderthalb" and len(words) > 1 and words[1] in UNITS:
        return 1.5, UNITS[words[1]], words[2:]
    if words[:2] == ("a", "couple"):
        words = words[1:]
    number: float | None = NUMBERS.get(words[0])
    if number is None and words[0].isdecimal() and len(words[0]) <= 4:
        number = int(words[0])
    left = without_leading(words[1:], {"of"})
    if number is None or not left:
        return None
    if left[:2] in (("business", "day"), ("business", "days"), ("working", "day"), ("working", "days")):
        return number, "workday", left[2:]
    unit = UNITS.get(left[0])
    return (number, unit, left[1:]) if unit else None


def ordinal(words: tuple[str, ...]) -> tuple[str, ...]:
    """Past the "st" of "1st" and the full stop of "1."."""
    return words[1:] if words and words[0] in (".", "st", "nd", "rd", "th") else words


def possible(year: int, month: int, day: int) -> date | None:
    """29 February is only in some years."""
    return date(year, month, day) if day <= monthrange(year, month)[1] else None


def in_months(day: date, months_on: int) -> date:
    number = day.year * 12 + day.month - 1 + months_on
    year, month = number // 12, number % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def first_day(day: date, unit: str) -> date:
    month = {"month": day.month, "quarter": day.month - (day.month - 1) % 3, "year": 1}[unit]
    return date(day.year, month, 1)


def last_day(day: date, unit: str) -> date:
    return in_months(first_day(day, unit), {"month": 1, "quarter": 3, "year": 12}[unit]) - timedelta(days=1)
