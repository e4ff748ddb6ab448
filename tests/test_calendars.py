"""Who works when: weekends, public holidays of a country and of its regions, hours over a change of the clock."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.calendars import EARLY, FREE, HOLIDAY, LATE, Calendar, calendar_in, holidays_of, region_name, regions
from app.web.moments import moment

BERLIN = calendar_in("Europe/Berlin")
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo", "Asia/Tokyo", "Asia/Amman"]


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def shown(moment: datetime) -> str:
    return f"{moment:%a %Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("zone", "country", "region", "day", "name"),
    [
        ("Europe/Berlin", "", "", date(2026, 10, 3), "German Unity Day"),
        ("Europe/Berlin", "", "", date(2026, 1, 6), ""),
        ("Europe/Berlin", "DE", "BY", date(2026, 1, 6), "Epiphany"),
        ("Europe/Berlin", "DE", "BE", date(2026, 1, 6), ""),
        ("Europe/Berlin", "AT", "", date(2026, 1, 6), "Epiphany"),
        ("Asia/Tokyo", "", "", date(2026, 4, 29), "Showa Day"),
        ("America/New_York", "", "", date(2026, 11, 26), "Thanksgiving Day"),
        ("UTC", "", "", date(2026, 12, 25), ""),
    ],
)
def test_holidays_are_those_of_the_country_and_of_the_region_that_was_named(zone: str, country: str, region: str, day: date, name: str) -> None:
    assert calendar_in(zone, country, region).holiday(day, "en") == name


def test_a_holiday_is_called_as_the_reader_calls_it() -> None:
    assert BERLIN.holiday(date(2026, 4, 3), "de") == "Karfreitag"
    assert BERLIN.holiday(date(2026, 4, 3), "en") == "Good Friday"
    assert calendar_in("Asia/Tokyo").holiday(date(2026, 4, 29), "de") == "Showa Day"


def test_a_country_nobody_knows_has_no_holidays_and_a_region_nobody_knows_only_those_of_its_country() -> None:
    assert holidays_of("XX", "", 2026) == {}
    assert holidays_of("DE", "XX", 2026) == holidays_of("DE", "", 2026)
    assert "BY" in regions()["DE"]
    assert region_name("DE", "BY") == "Bayern"


@pytest.mark.parametrize(
    ("asked", "why", "due"),
    [
        ("2026-03-12T09:00", "", "Thu 2026-03-12 09:00"),
        ("2026-03-12T17:59", "", "Thu 2026-03-12 17:59"),
        ("2026-03-12T18:00", LATE, "Fri 2026-03-13 09:00"),
        ("2026-03-12T03:00", EARLY, "Thu 2026-03-12 09:00"),
        ("2026-03-14T12:00", FREE, "Mon 2026-03-16 09:00"),
        ("2026-03-13T20:00", LATE, "Mon 2026-03-16 09:00"),
        ("2026-04-03T12:00", HOLIDAY, "Tue 2026-04-07 09:00"),
        ("2026-12-24T19:00", LATE, "Mon 2026-12-28 09:00"),
    ],
)
def test_what_falls_outside_goes_to_the_next_working_moment(asked: str, why: str, due: str) -> None:
    assert BERLIN.off(at(asked)) == why
    assert shown(BERLIN.next_moment(at(asked))) == due


@pytest.mark.parametrize(
    ("zone", "start", "morning"),
    [
        ("Asia/Tokyo", "2026-03-12T14:30+00:00", "Fri 2026-03-13 09:00"),
        ("Asia/Tokyo", "2026-04-28T01:00+00:00", "Thu 2026-04-30 09:00"),
        ("America/New_York", "2026-03-12T12:00+00:00", "Thu 2026-03-12 09:00"),
        ("America/New_York", "2026-03-12T13:00+00:00", "Thu 2026-03-12 09:00"),
        ("America/New_York", "2026-03-12T13:01+00:00", "Fri 2026-03-13 09:00"),
        ("Africa/Cairo", "2026-03-12T12:00+00:00", "Sun 2026-03-15 09:00"),
        ("Asia/Kathmandu", "2026-03-12T03:14+00:00", "Thu 2026-03-12 09:00"),
    ],
)
def test_the_recipients_morning_is_the_next_one_in_which_they_work(zone: str, start: str, morning: str) -> None:
    assert shown(calendar_in(zone).next_morning(datetime.fromisoformat(start))) == morning


@pytest.mark.parametrize(
    ("opens", "day", "instant"),
    [
        (time(2, 30), date(2026, 3, 29), "2026-03-29T01:30:00+00:00"),
        (time(2, 30), date(2026, 10, 25), "2026-10-25T00:30:00+00:00"),
    ],
    ids=["put forward", "put back"],
)
def test_a_morning_over_a_change_of_the_clock_follows_the_rules_of_the_wall(opens: time, day: date, instant: str) -> None:
    whole_week = Calendar("Europe/Berlin", frozenset(range(7)), opens, time(18))

    assert whole_week.morning_on(day).astimezone(UTC).isoformat() == instant


def test_working_days_in_words_leave_out_holidays_and_follow_a_weeks_own_days() -> None:
    maundy_thursday = at("2026-04-02T10:00")
    part_time = Calendar("Europe/Berlin", frozenset({0, 1, 2}), time(8, 30), time(13), "DE")

    assert shown(moment("in 1 working day", maundy_thursday, BERLIN) or maundy_thursday) == "Tue 2026-04-07 10:00"
    assert shown(moment("3 Werktage vor dem 1. Mai", maundy_thursday, part_time) or maundy_thursday) == "Mon 2026-04-27 08:30"
    assert shown(moment("Ende des Monats", maundy_thursday, part_time) or maundy_thursday) == "Wed 2026-04-29 08:30"


def test_who_never_works_keeps_their_time() -> None:
    nobody = Calendar("Europe/Berlin", frozenset())

    assert nobody.next_moment(at("2026-03-12T12:00")) == at("2026-03-12T12:00")


CALENDARS = st.builds(
    lambda zone, days, opens, hours: Calendar(zone, frozenset(days), time(opens), time(min(23, opens + hours)), calendar_in(zone).country),
    st.sampled_from(ZONES), st.sets(st.integers(0, 6), min_size=1), st.integers(0, 20), st.integers(3, 12),
)  # fmt: skip
WHEN = st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31)).map(lambda naive: naive.replace(tzinfo=UTC))


@given(CALENDARS, WHEN)
def test_the_next_working_moment_is_never_earlier_nor_outside(calendar: Calendar, start: datetime) -> None:
    found = calendar.next_moment(start)
    opens, closes = calendar.hours(calendar.local(found).date())

    assert found.astimezone(UTC) >= start
    assert calendar.local(found).weekday() in calendar.days
    assert not calendar.holiday(calendar.local(found).date())
    assert opens <= found.astimezone(UTC) < closes
    assert calendar.next_moment(found) == found


@given(CALENDARS, WHEN, st.integers(0, 10 * 86400))
def test_who_asks_later_is_not_due_earlier(calendar: Calendar, start: datetime, seconds: int) -> None:
    after = start + timedelta(seconds=seconds)

    assert calendar.next_moment(start).astimezone(UTC) <= calendar.next_moment(after).astimezone(UTC)
    assert calendar.next_morning(start).astimezone(UTC) <= calendar.next_morning(after).astimezone(UTC)


@given(CALENDARS, WHEN)
def test_nothing_worked_lies_between_the_question_and_the_morning(calendar: Calendar, start: datetime) -> None:
    morning = calendar.next_morning(start)
    between = calendar.local(start).date() + timedelta(days=1)
    while between < calendar.local(morning).date():
        assert not calendar.is_worked(between)
        between += timedelta(days=1)
    assert morning == calendar.opening(calendar.local(morning).date())
    assert morning.astimezone(UTC) >= start
