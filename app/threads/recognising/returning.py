"""When somebody who is away is back: dates in seven languages, counted from the day the mail was written."""

# ruff: noqa: E501 - tables of wordings

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from app.threads.recognising import calendar_words as said

LOOKED_AT = 4_000
LONGEST_ABSENCE = timedelta(days=550)
LEFT, RIGHT = 90, 60
RETURNS, UNTIL, THROUGH, NOTHING = "returns", "until", "through", ""
DAY = timedelta(days=1)
FLAGS = re.IGNORECASE | re.VERBOSE

MONTH = "|".join(sorted(map(re.escape, said.MONTHS), key=len, reverse=True))
WEEKDAY = "|".join(sorted(map(re.escape, said.WEEKDAYS), key=len, reverse=True))
ORDINAL = r"(?:st|nd|rd|th|\.|er|º|°|ª|e)?"

DATES = re.compile(
    rf"""
      (?<![\d./-])(?P<iso_year>20\d\d)[-/.](?P<iso_month>\d{{1,2}})[-/.](?P<iso_day>\d{{1,2}})(?!\d)
    | (?<![\d:])(?P<day>\d{{1,2}}){ORDINAL}(?:\ ?-\ ?|\ )(?:(?:de|di|d'|of)\ ){{0,1}}(?P<month>{MONTH})\b\.?(?:,?[ -](?:de\ |del\ )?(?P<year>20\d\d))?
    | \b(?P<first_month>{MONTH})\.?\ (?:the\ )?(?P<its_day>\d{{1,2}})(?:st|nd|rd|th)?(?:\ ?[-–—]\ ?(?P<last_day>\d{{1,2}})(?:st|nd|rd|th)?)?(?:,?\ (?P<its_year>20\d\d))?(?![\d:])
    | (?<![\d.,:])(?P<dot_day>\d{{1,2}})\.\ ?(?P<dot_month>\d{{1,2}})\.(?:\ ?(?P<dot_year>20\d\d|\d\d)(?![\d:.]))?
    | (?<![\d/:])(?P<a>\d{{1,2}})(?P<by>[/-])(?P<b>\d{{1,2}})(?:(?P=by)(?P<slash_year>20\d\d|\d\d))?(?![\d/:-])
    | \b(?P<weekday>{WEEKDAY})\b
    | \b(?P<next_week>{said.NEXT_WEEK.replace(" ", chr(92) + " ")})\b
    | \b(?P<tomorrow>{said.TOMORROW})\b
    | \b{said.IN_DAYS.replace(" ", chr(92) + " ").replace("(", "(?P<count>", 1).replace("(days", "(?P<unit>days")}\b
    """,
    FLAGS,
)
BEFORE_WEEKDAY = re.compile(rf"(?:\b(?:{WEEKDAY})\b,?\.?\s?(?:the|den|dem|le|el|il|de|der)?\s?)$", re.IGNORECASE)
RANGE_BEFORE = re.compile(
    rf"(?:\d{{1,2}}{ORDINAL}|\d{{4}}|\d|\.|\b(?:{MONTH})\.?)(?:\s?[-–—]\s?|\s(?:to|and|through|thru|bis|au|al|a|à|ao|tot|e|y|und|et)\s)(?:the|le|el|il|zum|den|einschließlich)?\s?$", re.IGNORECASE
)
SENTENCE_ENDS = re.compile(r"[!?;](?=\s)|\n|(?<![\d])\.(?=\s)")
ENGLISH = re.compile(r"\b(the|office|will|and|until|return|you|back|from|am|on)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Named:
    """A date in the text, and what the words around it make of it."""

    day: date
    sense: str


@cache
def pattern(name: str) -> re.Pattern[str]:
    return re.compile(getattr(said, name), FLAGS)


def back_on(text: str, written: date | None) -> date | None:
    """The first day back. A day that was over when the mail was written is none: the note is an old one."""
    if written is None:
        return None
    found = [one for one in named_dates(text[:LOOKED_AT], written) if one.sense]
    ranked = sorted(found, key=lambda one: (RETURNS, UNTIL, THROUGH).index(one.sense))
    days = [one.day + DAY if one.sense == THROUGH else one.day for one in ranked]
    return next((day for day in days if written <= day <= written + LONGEST_ABSENCE), None)


def named_dates(text: str, written: date) -> Iterator[Named]:
    flat = re.sub(r"[^\S\n]+", " ", re.sub(r"(?<=\S)\n(?=\S)", " ", text.replace("’", "'")))
    found_here = list(DATES.finditer(flat))
    american = writes_months_first(flat, found_here)
    for found in found_here:
        day = day_of(found, written, american)
        if day is not None:
            yield Named(day, sense_of(flat, found))


def writes_months_first(text: str, found: list[re.Match[str]]) -> bool | None:
    """12/5 is December in America and May elsewhere; None if nothing in an English text tells."""
    numbers = [(int(one["a"]), int(one["b"])) for one in found if one["a"]]
    if not ENGLISH.search(text) or any(a > 12 for a, _ in numbers):
        return False
    return True if any(b > 12 for _, b in numbers) else None


def day_of(found: re.Match[str], written: date, american: bool | None) -> date | None:
    """The day meant: a year that is not said is the one that makes it soonest."""
    part = found.groupdict()
    if part["iso_year"]:
        return on(int(part["iso_year"]), int(part["iso_month"]), int(part["iso_day"]))
    if part["month"]:
        return near(written, part["year"], said.MONTHS[part["month"].lower()], int(part["day"]))
    if part["first_month"]:
        return near(written, part["its_year"], said.MONTHS[part["first_month"].lower()], int(part["last_day"] or part["its_day"]))
    if part["dot_day"]:
        return near(written, part["dot_year"], int(part["dot_month"]), int(part["dot_day"]))
    if part["a"]:
        return with_slash(part, written, american)
    return relative(part, written)


def with_slash(part: dict[str, str], written: date, american: bool | None) -> date | None:
    """Where nothing tells which number is the month: the sooner day that is not over."""
    a, b, year = int(part["a"]), int(part["b"]), part["slash_year"]
    if part["by"] == "-" and not year:
        return None
    days_first, months_first = near(written, year, b, a), near(written, year, a, b)
    if american is not None:
        return (months_first if american else days_first) or days_first or months_first
    return min((day for day in (days_first, months_first) if day is not None and day >= written), default=days_first or months_first)


def relative(part: dict[str, str], written: date) -> date | None:
    if part["weekday"]:
        return written + timedelta(days=(said.WEEKDAYS[part["weekday"].lower()] - written.weekday() - 1) % 7 + 1)
    if part["next_week"]:
        return written + timedelta(days=7 - written.weekday())
    if part["tomorrow"]:
        return written + DAY
    count = part["count"].lower()
    number = int(count) if count.isdecimal() else said.NUMBERS[count]
    return written + timedelta(days=number * (1 if part["unit"].lower().startswith(("day", "tag", "jour", "día", "dia", "giorn", "dag")) else 7))


def near(written: date, year: str | None, month: int, day: int) -> date | None:
    if year:
        return on(int(year) if len(year) == 4 else 2000 + int(year), month, day)
    this = on(written.year, month, day)
    return on(written.year + 1, month, day) if this is None or this < written - timedelta(days=60) else this


def on(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def sense_of(text: str, found: re.Match[str]) -> str:
    """What the words of the same sentence say: the day of return, the last day away, or nothing."""
    left = SENTENCE_ENDS.split(text[max(0, found.start() - LEFT) : found.start()])[-1]
    right = SENTENCE_ENDS.split(text[found.end() : found.end() + RIGHT])[0]
    left = BEFORE_WEEKDAY.sub("", left)
    if names_a_weekday_before_date(text, found):
        return NOTHING
    limit = limit_of(left, right)
    if limit or found["last_day"]:
        return limit or THROUGH
    return RETURNS if returns(left, right) else NOTHING


def limit_of(left: str, right: str) -> str:
    """The last words before the date that set an end; an English “until” names the day of return, “bis” and “through” the last day away."""
    near_by = left[-28:]
    through, until = last(pattern("THROUGH"), near_by), last(pattern("UNTIL"), near_by)
    if RANGE_BEFORE.search(left) or (through >= 0 and through + 2 >= until):
        return THROUGH
    if until >= 0:
        return THROUGH if pattern("INCLUDED").search(right) else UNTIL
    return ""


def last(words: re.Pattern[str], text: str) -> int:
    return max((found.start() for found in words.finditer(text)), default=-1)


def names_a_weekday_before_date(text: str, found: re.Match[str]) -> bool:
    """“Monday, 5 January”: the date says it better."""
    if not found["weekday"]:
        return False
    after = DATES.match(re.sub(r"^\W{0,3}(the|den|dem|le|el|il|,)?\W{0,2}", "", text[found.end() : found.end() + 40]))
    return after is not None and not after["weekday"]


def returns(left: str, right: str) -> bool:
    """Somebody is back, and no range begins here."""
    if RANGE_AFTER.match(right):
        return False
    if last(pattern("BACK"), left) >= 0:
        return True
    back = pattern("BACK").search(right[:45])
    limited = pattern("UNTIL").search(right) or pattern("THROUGH").search(right)
    return back is not None and not limited and not DATES.search(right[back.end() : back.end() + 25])


RANGE_AFTER = re.compile(r"^\s?(?:[-–—]|to\b|through\b|until\b|till\b|bis\b|au\b|al\b|hasta\b|fino\b|tot\b|t/m|até\b|ao\b|a\b)", re.IGNORECASE)
