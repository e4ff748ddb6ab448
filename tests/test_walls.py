"""Times on a wall: which instant they are where the clock is put forward or back, and where a government changed its rules."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.walls import Wall, asked_as, differ, shown_at

ZONES = [
    *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Amman", "Asia/Damascus", "America/Mexico_City"),
    *("Asia/Almaty", "Pacific/Apia", "Africa/Casablanca", "America/Nuuk", "UTC"),
]
WHEN = st.datetimes(datetime(2000, 1, 1), datetime(2037, 12, 31))

# Clock changes as published: Directive 2000/84/EC; Energy Policy Act of 2005; Lord Howe Island by half an hour (NSW Standard Time Act 1987).
SKIPPED = [
    ("Europe/Berlin", "2026-03-29T02:00", "2026-03-29T03:00:00+02:00"),
    ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T03:30:00+02:00"),
    ("America/New_York", "2026-03-08T02:59", "2026-03-08T03:59:00-04:00"),
    ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-04T02:45:00+11:00"),
]
TWICE = [
    ("Europe/Berlin", "2026-10-25T02:00", "2026-10-25T02:00:00+02:00"),
    ("America/New_York", "2026-11-01T01:30", "2026-11-01T01:30:00-04:00"),
    ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-05T01:45:00+11:00"),
]
ONCE = [
    ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T03:00:00+02:00"),
    ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T03:00:00+01:00"),
    ("Australia/Lord_Howe", "2026-10-04T02:30", "2026-10-04T02:30:00+11:00"),
    ("Asia/Kathmandu", "2026-03-14T09:00", "2026-03-14T09:00:00+05:45"),
]
# Permanent summer time in Jordan and Syria since 2022-10-28 (tzdata 2022e, 2022f), none in Mexico since 2022-10-30 (2022f),
# UTC+5 in all of Kazakhstan since 2024-03-01 (2024a).
NEW_RULES = [
    ("Asia/Amman", "2022-01-15T09:00", "2022-01-15T09:00:00+02:00"),
    ("Asia/Amman", "2027-01-15T09:00", "2027-01-15T09:00:00+03:00"),
    ("Asia/Damascus", "2027-01-15T09:00", "2027-01-15T09:00:00+03:00"),
    ("America/Mexico_City", "2022-07-15T09:00", "2022-07-15T09:00:00-05:00"),
    ("America/Mexico_City", "2026-07-15T09:00", "2026-07-15T09:00:00-06:00"),
    ("Asia/Almaty", "2024-02-15T09:00", "2024-02-15T09:00:00+06:00"),
    ("Asia/Almaty", "2024-03-15T09:00", "2024-03-15T09:00:00+05:00"),
]


def wall(zone: str, at: str) -> Wall:
    return Wall(datetime.fromisoformat(at), zone)


@pytest.mark.parametrize(("zone", "at", "shown"), SKIPPED + TWICE + ONCE + NEW_RULES)
def test_a_wall_means_one_instant(zone: str, at: str, shown: str) -> None:
    assert wall(zone, at).instant().astimezone(ZoneInfo(zone)).isoformat() == shown


@pytest.mark.parametrize(("zone", "at", "shown"), SKIPPED + TWICE + ONCE + NEW_RULES)
def test_what_is_skipped_and_what_shows_twice_is_known(zone: str, at: str, shown: str) -> None:
    assert wall(zone, at).is_skipped is ((zone, at, shown) in SKIPPED)
    assert wall(zone, at).is_twice is ((zone, at, shown) in TWICE)


@given(WHEN, st.sampled_from(ZONES))
def test_a_wall_is_found_again_from_its_instant_except_in_a_gap(at: datetime, zone: str) -> None:
    asked = Wall(at, zone)
    found = shown_at(asked.instant(), zone)

    assert (found == asked) is (not asked.is_skipped and zone != "UTC")


@given(WHEN, st.integers(0, 3 * 86400), st.sampled_from(ZONES))
def test_a_later_wall_is_never_an_earlier_instant_except_across_a_gap(at: datetime, seconds: int, zone: str) -> None:
    """What is skipped lands behind the gap, so only there a later time may come first."""
    earlier, later = Wall(at, zone), Wall(at + timedelta(seconds=seconds), zone)

    assert earlier.instant() <= later.instant() or earlier.is_skipped


@given(WHEN, st.sampled_from(ZONES))
def test_an_instant_is_kept_as_a_wall_only_if_that_moves_nothing(at: datetime, zone: str) -> None:
    instant = at.replace(tzinfo=UTC)
    found = shown_at(instant, zone)

    assert found is None or found.instant() == instant


def test_the_second_time_of_an_overlap_and_a_span_are_instants() -> None:
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

    assert shown_at(second, "Europe/Berlin") is None
    assert asked_as(second) is None
    assert asked_as(datetime(2026, 3, 17, 9, 0, tzinfo=ZoneInfo("Asia/Tokyo"))) == wall("Asia/Tokyo", "2026-03-17T09:00")


def test_clocks_differ_only_where_they_show_different_times_then() -> None:
    winter, summer = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)

    assert not differ(winter, "Europe/Berlin", "Europe/Vienna")
    assert differ(summer, "Europe/Berlin", "Africa/Tunis")
    assert not differ(winter, "Europe/Berlin", "Africa/Tunis")
