"""Times of day as people write them: 9:30, 9 Uhr 30, 5 pm, noon."""

import re
from datetime import time

from app.web.moment_words import AFTER, BEFORE, HOURS, months, weekdays


def hour_in_front(words: tuple[str, ...]) -> tuple[time | None, tuple[str, ...]]:
    """An hour before the day it is on, if it can be nothing else: "at 9 tomorrow", "9:30 on Friday", "um 9 am Montag"."""
    if not words:
        return None, words
    said = words[0] in ("at", "um", "gegen")
    rest = words[1:] if said else words
    found = clock(rest)
    if found is None:
        return (HOURS[rest[0]], rest[1:]) if said and rest and rest[0] in HOURS else (None, words)
    hour, left = found
    sure = said or ":" in rest[0] or rest[1:2] in (("uhr",), ("am",), ("pm",), ("o'clock",))
    if not sure or (left and left[0] in BEFORE | AFTER):
        return None, words
    return hour, left


def half_said(part: time, later: time | None) -> time:
    """Afternoon at 3 is 15:00."""
    if later is None:
        return part
    return later.replace(hour=later.hour + 12) if part >= time(12) and later.hour < 12 else later


def clock(words: tuple[str, ...]) -> tuple[time, tuple[str, ...]] | None:
    """A time of day in figures, and what follows it."""
    if not words:
        return None
    if found := re.fullmatch(r"(\d{1,2}):(\d{2})", words[0]):
        hour, minute, left = int(found[1]), int(found[2]), words[1:]
    elif words[0].isdecimal() and len(words[0]) <= 2:
        hour, minute, left = int(words[0]), 0, words[1:]
    else:
        return None
    half, left = half_of_day(left)
    if half is None and left[:1] in (("uhr",), ("o'clock",)):
        left = left[1:]
        if left and left[0].isdecimal() and len(left[0]) == 2 and ":" not in words[0]:
            minute, left = int(left[0]), left[1:]
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + half
    return (time(hour, minute), left) if hour < 24 and minute < 60 else None


def half_of_day(words: tuple[str, ...]) -> tuple[int | None, tuple[str, ...]]:
    if words[:1] == ("pm",):
        return 12, words[1:]
    if words[:1] == ("am",) and not (len(words) > 1 and (words[1] in weekdays() or words[1] in months() or words[1][0].isdigit())):
        return 0, words[1:]
    if words[:4] == ("a", ".", "m", ".") or words[:4] == ("p", ".", "m", "."):
        return (12 if words[0] == "p" else 0), words[4:]
    return None, words
