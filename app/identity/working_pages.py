"""Settings: working time."""

from dataclasses import dataclass, field
from typing import Any

from babel.dates import get_day_names
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery, URLEncodedBody
from litestar.response import Template

from app.clock import now
from app.errors import Refused
from app.identity.door_pages import errors_of, status_of
from app.identity.guarding import Me
from app.identity.working import EVERY_DAY, NOWHERE, Working, change_working, working_of
from app.web.calendars import calendar_in, region_name, regions
from app.web.locale import N_, country, language_of
from app.web.moment_words import territory_of
from app.web.replies import Asked, flash, page, partial, redirect

A_FEW = 3


@dataclass(frozen=True)
class Week:
    """One box per day; a day that is off is not in the form."""

    days: list[str] = field(default_factory=list)
    opens: str = ""
    closes: str = ""
    country: str = ""
    region: str = ""
    rings_at_work: str = ""


class WorkingPages(Controller):
    path = "/settings/working"

    @get()
    async def show(self, request: Asked, me: NamedDependency[Me]) -> Response[Any]:
        return shown(request, me, working_of(me.person))

    @post()
    async def update(self, request: Asked, me: NamedDependency[Me], data: URLEncodedBody[Week]) -> Response[Any]:
        wanted = Working("".join(data.days), data.opens, data.closes, data.country, data.region, bool(data.rings_at_work))
        try:
            await change_working(me, wanted)
        except Refused as refused:
            return shown(request, me, wanted, refused)
        flash(request, N_("Saved. Reminders that wait already keep their time."))
        return redirect("/settings/working")


class HolidayPages(Controller):
    """What a country and a region in a form mean, for a person and for a contact alike."""

    path = "/holidays"

    @get()
    async def show(
        self,
        request: Asked,
        me: NamedDependency[Me],
        country: FromQuery[str] = "",
        region: FromQuery[str] = "",
        time_zone: FromQuery[str | None] = None,
    ) -> Template:
        """By the time zone that is being typed for a contact, else by the person's own."""
        zone = me.person.time_zone if time_zone is None else time_zone.strip()
        return partial("identity/holidays", **holiday_fields(country, region, zone, language_of(request)))


def shown(request: Asked, me: Me, working: Working, refused: Refused | None = None) -> Response[Any]:
    language, zone = language_of(request), me.person.time_zone
    fields = holiday_fields(working.country, working.region, zone, language)
    return page(
        "identity/working", status_code=status_of(refused), **errors_of(request, refused), form=working, days=day_names(language), **fields
    )


def holiday_fields(code: str, region: str, zone: str, language: str) -> dict[str, Any]:
    """The choice of a country and its region, and the holidays that come next there."""
    here = territory_of(zone)
    calendar = calendar_in(zone, code or here, region)
    return {
        "code": code, "region": region, "countries": countries(language), "here": country(here, language) if here else "",
        "regions": region_choices(code or here), "coming": calendar.next_holidays(now().date(), A_FEW, language), "nowhere": NOWHERE,
    }  # fmt: skip


def day_names(language: str) -> list[tuple[str, str]]:
    """1 for Monday."""
    names = get_day_names("wide", "stand-alone", language)
    return [(day, names[int(day) - 1]) for day in EVERY_DAY]


def countries(language: str) -> list[tuple[str, str]]:
    """Those whose holidays are known, by name."""
    return sorted(((code, country(code, language)) for code in regions()), key=lambda one: one[1])


def region_choices(code: str) -> list[tuple[str, str]]:
    return sorted(((one, region_name(code, one)) for one in regions().get(code, ())), key=lambda one: one[1])


PAGES = [WorkingPages, HolidayPages]
