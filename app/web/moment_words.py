"""The words people use for days and hours, in the languages we speak. Names of days and months, and who rests when, come from CLDR."""

from collections.abc import Iterable, Mapping
from datetime import time
from functools import cache
from typing import Literal

from babel.core import Locale, get_global
from babel.dates import get_day_names, get_month_names
from babel.localedata import locale_identifiers

MORNING = time(9)
LANGUAGES = ("en", "de")
WIDTHS: tuple[Literal["wide", "abbreviated"], ...] = ("wide", "abbreviated")


def _each(words: str) -> list[str]:
    return words.split()


NUMBERS = {
    word: number
    for number, words in enumerate(
        (
            "zero null", "a an one ein eine einen einem einer eins", "two zwei couple", "three drei", "four vier", "five fünf", "six sechs",
            "seven sieben", "eight acht", "nine neun", "ten zehn", "eleven elf", "twelve zwölf", "thirteen dreizehn", "fourteen vierzehn",
        )
    )
    for word in _each(words)
}  # fmt: skip
UNITS = {
    **dict.fromkeys(_each("minute minutes min mins minuten"), "minute"),
    **dict.fromkeys(_each("hour hours h hr hrs stunde stunden std"), "hour"),
    **dict.fromkeys(_each("day days d tag tage tagen"), "day"),
    **dict.fromkeys(_each("workday workdays weekday weekdays werktag werktage werktagen arbeitstag arbeitstage arbeitstagen"), "workday"),
    **dict.fromkeys(_each("week weeks w woche wochen"), "week"),
    **dict.fromkeys(_each("fortnight fortnights"), "fortnight"),
    **dict.fromkeys(_each("month months monat monate monaten monats"), "month"),
    **dict.fromkeys(_each("quarter quarters quartal quartale quartalen quartals"), "quarter"),
    **dict.fromkeys(_each("year years jahr jahre jahren jahres"), "year"),
}
DAYS = {
    **dict.fromkeys(_each("today heute tonight"), 0),
    **dict.fromkeys(_each("tomorrow tmrw morgen"), 1),
    "übermorgen": 2,
}
HOURS = {
    **dict.fromkeys(_each("morning vormittag vormittags früh morgens"), time(9)),
    **dict.fromkeys(_each("noon midday mittag mittags"), time(12)),
    **dict.fromkeys(_each("afternoon nachmittag nachmittags"), time(14)),
    **dict.fromkeys(_each("evening abend abends tonight"), time(18)),
    **dict.fromkeys(_each("midnight mitternacht"), time(0)),
}
NEXT = frozenset(_each("next nächste nächsten nächster nächstem nächstes kommende kommenden kommender kommendem kommendes"))
THIS = frozenset(_each("this diese diesen dieser diesem dieses"))
FILLING = frozenset(_each("on at um am the den der dem des of o'clock uhr gegen by im"))
BEFORE, AFTER = frozenset(_each("before vor")), frozenset(_each("after nach"))
AHEAD = frozenset(_each("in"))
END = frozenset(_each("end ende"))


@cache
def weekdays() -> dict[str, int]:
    """Names of days, whole and short; Monday is 0."""
    return by_name(get_day_names(width, "format", language) for language in LANGUAGES for width in WIDTHS)


@cache
def months() -> dict[str, int]:
    return by_name(get_month_names(width, "format", language) for language in LANGUAGES for width in WIDTHS)


def by_name(kinds: Iterable[Mapping[int, str]]) -> dict[str, int]:
    return {name.casefold().rstrip("."): number for names in kinds for number, name in names.items()}


def without_filling(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in FILLING and word != ".")


def without_leading_filling(words: tuple[str, ...]) -> tuple[str, ...]:
    return without_leading(words, FILLING)


def without_leading(words: tuple[str, ...], unwanted: frozenset[str] | set[str]) -> tuple[str, ...]:
    start = next((place for place, word in enumerate(words) if word not in unwanted), len(words))
    return words[start:]


@cache
def weekend_of(zone: str) -> frozenset[int]:
    """The free days where this time zone is, Monday being 0 (CLDR, supplemental/weekData); Saturday and Sunday where nobody knows."""
    territory = territory_of(zone)
    spoken = get_global("territory_languages").get(territory, {})
    known = (f"{one}_{territory}" for one in sorted(spoken, key=lambda one: spoken[one]["population_percent"], reverse=True))
    there = next((Locale.parse(name) for name in known if name in locale_identifiers()), Locale("en", "001"))
    return frozenset((there.weekend_start + ahead) % 7 for ahead in range((there.weekend_end - there.weekend_start) % 7 + 1))


def territory_of(zone: str) -> str:
    """The country of a time zone (CLDR); empty for UTC and the like."""
    return str(get_global("zone_territories").get(get_global("zone_aliases").get(zone, zone), ""))
