"""When somebody works: the one calendar behind working days in words, reminders, scheduled mail and absences.

Weekends are those of CLDR, public holidays those of the package `holidays`: of a country, and of a region of it where one is named.
All functions are pure. Days are dates on the calendar's own wall; moments are aware, and what they return is on that wall.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from app.web.moment_words import MORNING, territory_of, weekend_of
from app.web.walls import Wall

CLOSING = time(18)
FARTHEST = 60
"""Days: nobody is free for longer without a gap, so further on we stop looking."""
FREE, HOLIDAY, EARLY, LATE = "free", "holiday", "early", "late"


@dataclass(frozen=True)
class Calendar:
    """One person's working week and holidays, on the wall where they are. `country` is ISO 3166-1, `region` a subdivision of `holidays`."""

    zone: str
    days: frozenset[int]
    opens: time = MORNING
    closes: time = CLOSING
    country: str = ""
    region: str = ""

    def is_worked(self, day: date) -> bool:
        return day.weekday() in self.days and not self.holiday(day)

    def holiday(self, day: date, language: str = "") -> str:
        """The name of the public holiday there; empty on other days."""
        return holidays_of(self.country, self.region, day.year, language).get(day, "")

    def is_working(self, at: datetime) -> bool:
        return self.off(at) == ""

    def off(self, at: datetime) -> str:
        """Why nobody works then: free, holiday, early, late; empty if they do. The closing time itself is late."""
        local = self.local(at)
        if local.weekday() not in self.days:
            return FREE
        if self.holiday(local.date()):
            return HOLIDAY
        opens, closes = self.hours(local.date())
        return EARLY if at.astimezone(UTC) < opens else LATE if at.astimezone(UTC) >= closes else ""

    def next_holidays(self, day: date, number: int, language: str) -> list[tuple[date, str]]:
        """The public holidays to come, from this day on, and what they are called."""
        found = {**holidays_of(self.country, self.region, day.year, language), **holidays_of(self.country, self.region, day.year + 1, language)}
        return sorted((one, name) for one, name in found.items() if one >= day)[:number]

    def next_moment(self, at: datetime) -> datetime:
        """This moment if they work then, else the opening of the next working day; unchanged where nobody ever works."""
        if self.is_working(at):
            return at
        return next((morning for morning in self.mornings(at)), at)

    def next_morning(self, at: datetime) -> datetime:
        """When to reach somebody who should find it as their day begins: the next opening of a working day, from this moment on."""
        return next((morning for morning in self.mornings(at)), at)

    def morning_on(self, day: date) -> datetime:
        """The opening of this day, or of the first working day after it."""
        return self.opening(self.worked_from(day))

    def mornings(self, at: datetime) -> Iterator[datetime]:
        today = self.local(at).date()
        ahead = (today + timedelta(days=number) for number in range(FARTHEST))
        return (self.opening(day) for day in ahead if self.is_worked(day) and self.hours(day)[0] >= at.astimezone(UTC))

    def worked_from(self, day: date) -> date:
        """This day, or the first one after it that is worked."""
        return next((later for later in (day + timedelta(days=ahead) for ahead in range(FARTHEST)) if self.is_worked(later)), day)

    def worked_until(self, day: date) -> date:
        """This day, or the last one before it that is worked."""
        return next((earlier for earlier in (day - timedelta(days=back) for back in range(FARTHEST)) if self.is_worked(earlier)), day)

    def local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.zone))

    def opening(self, day: date) -> datetime:
        return Wall(datetime.combine(day, self.opens), self.zone).local

    def hours(self, day: date) -> tuple[datetime, datetime]:
        """From when to when that day is worked, as instants."""
        return self.opening(day).astimezone(UTC), Wall(datetime.combine(day, self.closes), self.zone).instant()


def calendar_in(
    zone: str, country: str = "", region: str = "", *, days: frozenset[int] | None = None, opens: time = MORNING, closes: time = CLOSING
) -> Calendar:
    """The calendar of a place, with what is known better: without a country that of the time zone, without days those of its week."""
    worked = frozenset(range(7)) - weekend_of(zone) if days is None else days
    return Calendar(zone, worked, opens, closes, country or territory_of(zone), region if country else "")


@lru_cache(maxsize=400)
def holidays_of(country: str, region: str, year: int, language: str = "") -> dict[date, str]:
    """Public holidays and their names, in a language where the package has it; none where nobody knows.

    Without a region of it only the days on which the whole country is free. The package takes a while to load: it is loaded when it is first asked.
    """
    if country not in regions():
        return {}
    known = region if region in regions()[country] else None
    made = package().country_holidays(country, subdiv=known, years=year, language=spoken(country, language))
    return {day: str(name) for day, name in made.items() if day.year == year}


def spoken(country: str, language: str) -> str | None:
    """The language of the package for a reader of ours; else English, else the country's own."""
    country_class = package().country_holidays(country)
    known: tuple[str, ...] = getattr(country_class, "supported_languages", ())
    wished = (one for wish in (language, "en") if language for one in known if one.split("_")[0] == wish)
    return next(wished, getattr(country_class, "default_language", None))


@cache
def regions() -> dict[str, tuple[str, ...]]:
    """The countries whose holidays are known, and the regions that have their own."""
    return {country: tuple(found) for country, found in sorted(package().list_supported_countries(include_aliases=False).items())}


def region_name(country: str, region: str) -> str:
    """Bayern for BY, where the package has a name."""
    aliases: dict[str, list[str]] = package().country_holidays(country).get_subdivision_aliases() if country in regions() else {}
    return next(iter(aliases.get(region, [])), region)


def package() -> Any:
    return import_module("holidays")
