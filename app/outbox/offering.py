"""Times that are offered for a mail: the rep's next morning, the recipient's, and when it is best for them, each with why."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import get_day_names

from app.clock import now
from app.contacts.finding import known
from app.contacts.tables import Contact
from app.identity.guarding import Me
from app.identity.working import calendar_of
from app.outbox.addressing import called
from app.outbox.habits import SPAN, Habit, habit_of, next_time
from app.outbox.separating import everybody
from app.outbox.tables import Draft
from app.web.calendars import Calendar, calendar_in
from app.web.locale import N_, clock, day
from app.web.walls import Wall, differ

SOON = timedelta(minutes=15)
MINE, THEIRS, BEST = "morning", "theirs", "best"

MY_MORNING = N_("Your next working morning")
THEIR_MORNING = N_("%(name)s’s next working morning")
BEST_TIME = N_("Best for %(name)s: %(then)d of their %(number)d opens and answers lately were on a %(weekday)s between %(from)s and %(until)s")
NO_ZONE = N_("Nobody knows %(name)s’s time zone. Note it with the contact, and their morning is offered here.")
NO_CONTACT = N_("%(name)s is no contact yet, so nobody knows their time zone.")


@dataclass(frozen=True)
class Offer:
    """A time to choose with one press. `there`: what their clock shows then, where it differs."""

    key: str
    wall: Wall
    why: str
    values: dict[str, Any] = field(default_factory=dict)
    there: str = ""


@dataclass(frozen=True)
class Unknown:
    """What can't be offered, and why; `contact`: where to mend it."""

    why: str
    values: dict[str, Any]
    contact: UUID | None = None


async def offers(me: Me, draft: Draft) -> tuple[list[Offer], Unknown | None]:
    """What is offered now, and what is not as we know too little. To several it is the first whose day counts."""
    mine = Offer(MINE, morning(calendar_of(me.person)), MY_MORNING)
    people = everybody(draft)
    if not people:
        return [mine], None
    _, first = people[0]
    contact = (await known(me.workspace.id, [first["address"]])).get(first["address"])
    if contact is None:
        return [mine], Unknown(NO_CONTACT, {"name": called(first)})
    name = contact.name or contact.address
    if not contact.time_zone:
        return [mine], Unknown(NO_ZONE, {"name": name}, contact.id)
    habit = await habit_of(contact, me.person.id)
    return [mine, their_morning(me, contact, name), *([best_for(me, contact, name, habit)] if habit else [])], None


def morning(calendar: Calendar) -> Wall:
    """The next opening of a working day there, a little ahead at least."""
    return Wall(calendar.next_morning(now() + SOON).replace(tzinfo=None, fold=0), calendar.zone)


def their_morning(me: Me, contact: Contact, name: str) -> Offer:
    wall = morning(calendar_in(contact.time_zone, contact.country, contact.region))
    return Offer(THEIRS, wall, THEIR_MORNING, {"name": name}, on_their_clock(me, wall))


def best_for(me: Me, contact: Contact, name: str, habit: Habit) -> Offer:
    wall = next_time(habit, calendar_in(contact.time_zone, contact.country, contact.region), now())
    return Offer(BEST, wall, BEST_TIME, {"name": name, **told(habit, me.person.locale)}, on_their_clock(me, wall))


def told(habit: Habit, language: str) -> dict[str, Any]:
    begins = datetime(2026, 1, 5, habit.hour, tzinfo=ZoneInfo("UTC"))
    hours = {"from": clock(begins, ZoneInfo("UTC"), language), "until": clock(begins + SPAN, ZoneInfo("UTC"), language)}
    return {"then": habit.then, "number": habit.number, "weekday": get_day_names("wide", "format", language)[habit.weekday], **hours}


def on_their_clock(me: Me, wall: Wall) -> str:
    """The day too, as it may be another one."""
    if not differ(wall.instant(), me.person.time_zone, wall.zone):
        return ""
    zone, language = ZoneInfo(wall.zone), me.person.locale
    return f"{day(wall.instant(), zone, language)}, {clock(wall.instant(), zone, language)}"
