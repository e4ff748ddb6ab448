"""Quiet hours by the wall clock: over midnight, over clock changes, and what gets through."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.attention.choosing import Choice, Quiet
from app.attention.kinds import REMINDERS
from app.attention.resting import end_of, quiet_until

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Quiet(time(20), time(7))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("2026-03-10 18:59", None),
        ("2026-03-10 19:00", "2026-03-11 06:00"),
        ("2026-03-10 23:30", "2026-03-11 06:00"),
        ("2026-03-11 05:59", "2026-03-11 06:00"),
        ("2026-03-11 06:00", None),
    ],
)
def test_a_night_goes_over_midnight(at: str, end: str | None) -> None:
    assert end_of(NIGHT, BERLIN, utc(at)) == (utc(end) if end else None)


@pytest.mark.parametrize(("at", "end"), [("2026-03-10 11:00", "2026-03-10 12:00"), ("2026-03-10 12:00", None), ("2026-03-10 10:59", None)])
def test_a_break_at_noon_is_within_a_day(at: str, end: str | None) -> None:
    assert end_of(Quiet(time(12), time(13)), BERLIN, utc(at)) == (utc(end) if end else None)


@pytest.mark.parametrize(
    ("zone", "quiet", "at", "end"),
    [
        # 29 March 2026, 02:00 becomes 03:00: the night is an hour shorter.
        ("Europe/Berlin", NIGHT, "2026-03-28 20:00", "2026-03-29 05:00"),
        # Its end is skipped, so it is as long after the change: 02:30 is 03:30 summer time.
        ("Europe/Berlin", Quiet(time(20), time(2, 30)), "2026-03-29 01:10", "2026-03-29 01:30"),
        # 25 October 2026, 03:00 becomes 02:00: an hour longer, and of 02:30 the first counts.
        ("Europe/Berlin", NIGHT, "2026-10-24 20:00", "2026-10-25 06:00"),
        ("Europe/Berlin", Quiet(time(20), time(2, 30)), "2026-10-25 00:20", "2026-10-25 00:30"),
        ("Europe/Berlin", Quiet(time(20), time(2, 30)), "2026-10-25 01:20", None),
        # 8 March 2026, 02:00 becomes 03:00.
        ("America/New_York", Quiet(time(22), time(6)), "2026-03-08 05:00", "2026-03-08 10:00"),
        # 5 April 2026, 02:00 becomes 01:30: half an hour.
        ("Australia/Lord_Howe", Quiet(time(22), time(6)), "2026-04-04 12:00", "2026-04-04 19:30"),
        ("Asia/Kathmandu", Quiet(time(22), time(6)), "2026-04-04 18:00", "2026-04-05 00:15"),
    ],
)
def test_nights_on_which_the_clock_changes_end_once(zone: str, quiet: Quiet, at: str, end: str | None) -> None:
    assert end_of(quiet, ZoneInfo(zone), utc(at)) == (utc(end) if end else None)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Apia"]),
    st.times(), st.times(),
)  # fmt: skip
def test_whatever_the_hours_quiet_ends_within_a_day_and_then_it_is_told(at: datetime, zone: str, start: time, end: time) -> None:
    quiet = Quiet(start.replace(microsecond=0, second=0), end.replace(microsecond=0, second=0))
    if quiet.start == quiet.end:
        return
    until = end_of(quiet, ZoneInfo(zone), at)
    assert until is None or at < until
    assert until is None or (until - at).total_seconds() <= 26 * 3600


def test_what_is_urgent_to_her_gets_through() -> None:
    choice = Choice(zone=BERLIN, quiet=NIGHT, urgent=frozenset({REMINDERS}))
    at = utc("2026-03-10 23:30")
    assert quiet_until(choice, "rang", at) is None
    assert quiet_until(choice, "opened", at) == utc("2026-03-11 06:00")


def test_without_quiet_hours_everything_is_told_at_once() -> None:
    assert quiet_until(Choice(), "opened", utc("2026-03-10 23:30")) is None
