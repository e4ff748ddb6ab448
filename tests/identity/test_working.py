"""Working days, hours and holidays of a person, through the pages."""

import re
from datetime import date, time

import pytest

from app.identity.tables import Person
from app.identity.working import NOWHERE, calendar_of
from tests import people
from tests.people import Rep
from tests.visitor import Visitor

WEEK: dict[str, object] = {"days": ["1", "2", "3", "4", "5"], "opens": "09:00", "closes": "18:00", "country": "", "region": ""}


@pytest.fixture
async def miriam(database: None) -> Rep:
    return await people.miriam(time_zone="Europe/Berlin")


async def kept(miriam: Rep) -> Person:
    await miriam.person.refresh()
    return miriam.person


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.mark.parametrize("locale", ["en", "de"])
async def test_the_page_shows_the_week_of_the_country_until_another_is_chosen(visitor: Visitor, miriam: Rep, locale: str) -> None:
    await miriam.person.update_self({Person.locale: locale, Person.time_zone: "Africa/Cairo"})
    await visitor.signed_in_as(miriam)
    page = (await visitor.get("/settings/working")).text

    assert re.findall(r'name="days" value="(\d)" checked', page) == ["1", "2", "3", "4", "7"]
    assert ("Egypt" if locale == "en" else "Ägypten") in page
    assert page.count("<h1>") == 1


async def test_part_time_in_bavaria_is_kept_and_counts(visitor: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)

    chosen = {"days": ["1", "2"], "opens": "08:30", "closes": "13:00", "region": "BY", "rings_at_work": "on"}
    answer = await visitor.post("/settings/working", {**WEEK, **chosen})
    person = await kept(miriam)
    calendar = calendar_of(person)

    assert answer.headers["location"] == "/settings/working"
    assert (person.works_on, person.country, person.region, person.rings_at_work) == ("12", "DE", "BY", True)
    assert (calendar.opens, calendar.closes) == (time(8, 30), time(13))
    assert calendar.holiday(date(2026, 1, 6), "de") == "Heilige Drei Könige"
    assert "Reminders that wait already keep their time." in words((await visitor.get("/settings/working")).text)


async def test_who_keeps_the_usual_week_follows_it_when_they_move(visitor: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)
    await visitor.post("/settings/working", WEEK)
    await miriam.person.update_self({Person.time_zone: "Africa/Cairo"})

    assert (await kept(miriam)).works_on == ""
    assert calendar_of(await kept(miriam)).days == {0, 1, 2, 3, 6}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"days": []}, "Choose at least one day on which you work."),
        ({"opens": "18:00", "closes": "09:00"}, "The day has to end after it begins."),
        ({"opens": "soon"}, "Type a time of day like 09:00."),
        ({"country": "XX"}, "Choose a country from the list."),
    ],
)
async def test_what_can_not_be_is_said_at_its_field_and_nothing_is_kept(
    visitor: Visitor, miriam: Rep, change: dict[str, object], said: str
) -> None:
    await visitor.signed_in_as(miriam)

    answer = await visitor.post("/settings/working", {**WEEK, "opens": "07:00", **change})

    assert answer.status_code == 422
    assert said in words(answer.text)
    assert (await kept(miriam)).works_from == time(9)


async def test_no_holiday_may_be_wanted_and_a_region_of_another_country_is_dropped(visitor: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)

    await visitor.post("/settings/working", {**WEEK, "country": NOWHERE})
    without = calendar_of(await kept(miriam)).holiday(date(2026, 12, 25))
    await visitor.post("/settings/working", {**WEEK, "country": "AT", "region": "BY"})
    person = await kept(miriam)

    assert without == ""
    assert (person.country, person.region) == ("AT", "")


async def test_the_regions_of_a_country_and_its_next_holidays_are_shown_while_choosing(visitor: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)
    german = words((await visitor.get("/holidays?country=DE")).text)
    of_tokyo = words((await visitor.get("/holidays?time_zone=Asia/Tokyo")).text)
    nowhere = words((await visitor.get(f"/holidays?country={NOWHERE}")).text)
    nonsense = await visitor.get("/holidays?country=XX&region=YY&time_zone=Mars/Olympus")

    assert "Bayern" in german
    assert "Free next:" in german
    assert "(Japan)" in of_tokyo
    assert "No public holidays are known or wanted" in nowhere
    assert nonsense.status_code == 200
