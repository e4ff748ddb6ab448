"""When a person works, and whose holidays are free for them."""

from dataclasses import dataclass
from datetime import time

from app.errors import Refused
from app.identity.guarding import Me
from app.identity.tables import Person
from app.web.calendars import Calendar, calendar_in, regions
from app.web.moment_words import territory_of
from app.web.zone_rules import notice_changes

EVERY_DAY = "1234567"
"""ISO 8601: Monday is 1."""
NOWHERE = "-"
"""Instead of a country: no public holiday is free."""


@dataclass(frozen=True)
class Working:
    """As it is typed: days like 12345, times like 09:00, a country or nothing for the one of the time zone."""

    days: str
    opens: str
    closes: str
    country: str
    region: str
    rings_at_work: bool


def calendar_of(person: Person) -> Calendar:
    """Their working week on the wall where they are, by the rules of today."""
    notice_changes()
    days = frozenset(int(day) - 1 for day in person.works_on) if person.works_on else None
    return calendar_in(person.time_zone, person.country, person.region, days=days, opens=person.works_from, closes=person.works_to)


def working_of(person: Person) -> Working:
    """As the form shows it; the week of their country where they chose no other."""
    known = calendar_of(person)
    days = "".join(day for day in EVERY_DAY if int(day) - 1 in known.days)
    return Working(days, f"{known.opens:%H:%M}", f"{known.closes:%H:%M}", person.country, person.region, person.rings_at_work)


async def change_working(me: Me, wanted: Working) -> None:
    """What is set here counts for reminders asked for from now on; those that wait keep their time."""
    country, region = place(wanted.country, wanted.region, me.person.time_zone)
    opens, closes = clock(wanted.opens, "opens"), clock(wanted.closes, "closes")
    days = "".join(day for day in EVERY_DAY if day in wanted.days)
    if not days:
        raise Refused("Choose at least one day on which you work.", field="days")
    if opens >= closes:
        raise Refused("The day has to end after it begins.", field="closes")
    await me.person.update_self(
        {
            Person.works_on: "" if days == usual(me) else days, Person.works_from: opens, Person.works_to: closes,
            Person.country: country, Person.region: region, Person.rings_at_work: wanted.rings_at_work,
        }
    )  # fmt: skip


def usual(me: Me) -> str:
    """The week where they are: who keeps it follows it when they move."""
    return "".join(day for day in EVERY_DAY if int(day) - 1 in calendar_in(me.person.time_zone).days)


def place(country: str, region: str, zone: str) -> tuple[str, str]:
    """A country whose holidays we know, or nothing for the one of the time zone. Who names a region names its country with it; a region of
    another country is dropped."""
    if country and country != NOWHERE and country not in regions():
        raise Refused("Choose a country from the list.", field="country")
    there = country or territory_of(zone)
    return (there, region) if region in regions().get(there, ()) else (country, "")


def clock(typed: str, field: str) -> time:
    try:
        return time.fromisoformat(typed).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise Refused("Type a time of day like 09:00.", field=field) from None
