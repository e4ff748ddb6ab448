"""Times in plain words, read on the clock on the wall."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.moments import moment

BERLIN, NEW_YORK, LORD_HOWE, KATHMANDU = (ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"))
THURSDAY = datetime(2026, 3, 12, 14, 30, tzinfo=BERLIN)


def read(words: str, start: datetime = THURSDAY, zone: ZoneInfo = BERLIN) -> str:
    found = moment(words, start, zone)
    return f"{found.astimezone(zone):%a %Y-%m-%d %H:%M}" if found else ""


@pytest.mark.parametrize(
    ("words", "means"),
    [
        ("in 3 days", "Sun 2026-03-15 14:30"),
        ("in drei Tagen um 8", "Sun 2026-03-15 08:00"),
        ("nächsten Dienstag 9 Uhr", "Tue 2026-03-17 09:00"),
        ("next Tuesday at 9am", "Tue 2026-03-17 09:00"),
        ("2 weeks before 1 March", "Mon 2027-02-15 09:00"),
        ("zwei Wochen vor dem 1. Mai", "Fri 2026-04-17 09:00"),
        ("3 days after 2 May at 10:15", "Tue 2026-05-05 10:15"),
        ("tomorrow", "Fri 2026-03-13 09:00"),
        ("morgen früh", "Fri 2026-03-13 09:00"),
        ("übermorgen Nachmittag um 3", "Sat 2026-03-14 15:00"),
        ("day after tomorrow, noon", "Sat 2026-03-14 12:00"),
        ("heute Abend", "Thu 2026-03-12 18:00"),
        ("friday", "Fri 2026-03-13 09:00"),
        ("next friday", "Fri 2026-03-20 09:00"),
        ("Do", "Thu 2026-03-19 09:00"),
        ("Montag in zwei Wochen", "Mon 2026-03-30 09:00"),
        ("heute in 8 Tagen", "Thu 2026-03-19 09:00"),
        ("in half an hour", "Thu 2026-03-12 15:00"),
        ("anderthalb Stunden", "Thu 2026-03-12 16:00"),
        ("90min", "Thu 2026-03-12 16:00"),
        ("in 3 Werktagen", "Tue 2026-03-17 14:30"),
        ("5 business days", "Thu 2026-03-19 14:30"),
        ("end of the month", "Tue 2026-03-31 09:00"),
        ("Ende nächster Woche", "Fri 2026-03-20 09:00"),
        ("next week", "Mon 2026-03-16 09:00"),
        ("nächsten Monat", "Wed 2026-04-01 09:00"),
        ("March 1st, 2027 5 pm", "Mon 2027-03-01 17:00"),
        ("1. März", "Mon 2027-03-01 09:00"),
        ("17.3.", "Tue 2026-03-17 09:00"),
        ("17.03.27 16 Uhr 30", "Wed 2027-03-17 16:30"),
        ("17/3", "Tue 2026-03-17 09:00"),
        ("2027-03-01 at 10", "Mon 2027-03-01 10:00"),
        ("9:30", "Fri 2026-03-13 09:30"),
        ("5 pm", "Thu 2026-03-12 17:00"),
        ("um 9 am Montag", "Mon 2026-03-16 09:00"),
        ("29 February", "Tue 2028-02-29 09:00"),
        ("31 January 2027", "Sun 2027-01-31 09:00"),
    ],
)
def test_words_name_a_moment(words: str, means: str) -> None:
    assert read(words) == means


@pytest.mark.parametrize(
    "words", ["", "3/4", "31 April", "3", "in", "next", "25:00", "13 pm", "tomorrow tomorrow", "tuesday 9 10", "soon", "x" * 500]
)
def test_what_means_nothing_or_two_things_is_not_guessed(words: str) -> None:
    assert moment(words, THURSDAY, BERLIN) is None


def test_the_31st_of_a_short_month_is_its_last_day() -> None:
    assert read("in one month", datetime(2026, 1, 31, 12, 0, tzinfo=BERLIN)) == "Sat 2026-02-28 12:00"


def test_who_rests_on_friday_and_saturday_has_sunday_for_a_working_day() -> None:
    cairo = ZoneInfo("Africa/Cairo")
    assert read("in 1 working day", datetime(2026, 3, 12, 10, 0, tzinfo=cairo), cairo) == "Sun 2026-03-15 10:00"


GAPS = [
    (BERLIN, datetime(2026, 3, 28, 12, 0), "tomorrow at 2:30", "2026-03-29T03:30:00+02:00"),
    (NEW_YORK, datetime(2026, 3, 7, 12, 0), "tomorrow at 2:30", "2026-03-08T03:30:00-04:00"),
    (LORD_HOWE, datetime(2026, 10, 3, 12, 0), "tomorrow at 2:15", "2026-10-04T02:45:00+11:00"),
]
OVERLAPS = [
    (BERLIN, datetime(2026, 10, 24, 12, 0), "tomorrow at 2:30", "2026-10-25T02:30:00+02:00"),
    (NEW_YORK, datetime(2026, 10, 31, 12, 0), "tomorrow at 1:30", "2026-11-01T01:30:00-04:00"),
    (LORD_HOWE, datetime(2026, 4, 4, 12, 0), "tomorrow at 1:45", "2026-04-05T01:45:00+11:00"),
]


@pytest.mark.parametrize(("zone", "start", "words", "means"), GAPS + OVERLAPS)
def test_a_skipped_time_moves_on_by_the_gap_and_one_that_happens_twice_is_the_first(zone: ZoneInfo, start: datetime, words: str, means: str) -> None:
    found = moment(words, start.replace(tzinfo=zone), zone)

    assert found is not None
    assert found.astimezone(UTC).astimezone(zone).isoformat() == means


def test_hours_pass_and_days_keep_the_clock_where_time_is_changed() -> None:
    saturday = datetime(2026, 3, 28, 12, 0, tzinfo=BERLIN)
    hours, day = moment("in 24 hours", saturday, BERLIN), moment("in 1 day", saturday, BERLIN)

    assert hours is not None
    assert day is not None
    assert hours.astimezone(UTC) - saturday.astimezone(UTC) == timedelta(hours=24)
    assert day.astimezone(UTC) - saturday.astimezone(UTC) == timedelta(hours=23)


def test_a_quarter_of_an_hour_off_the_whole_hour_is_a_zone_as_any_other() -> None:
    found = moment("tomorrow 9:00", datetime(2026, 3, 12, 20, 0, tzinfo=UTC), KATHMANDU)

    assert found is not None
    assert found.astimezone(UTC).isoformat() == "2026-03-14T03:15:00+00:00"


def test_a_zone_that_changed_its_rules_is_read_by_the_new_ones() -> None:
    """Jordan gave up its winter time in October 2022."""
    amman = ZoneInfo("Asia/Amman")
    found = moment("15 January 9:00", datetime(2026, 12, 1, 8, 0, tzinfo=amman), amman)

    assert found is not None
    assert found.astimezone(UTC).isoformat() == "2027-01-15T06:00:00+00:00"


WORDS = st.sampled_from(
    [
        *("in", "3", "days", "weeks", "months", "next", "nächsten", "friday", "montag", "1", ".", "march", "2027", "9:30", "at", "um", "pm", "am"),
        *("before", "vor", "after", "the", "of", "end", "31", "12.4.", "/", "-", "half", "an", "hour", "ende"),
    ]
)


@given(st.one_of(st.text(max_size=40), st.lists(WORDS, max_size=9).map(" ".join)), st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1)))
def test_whatever_is_typed_raises_nothing(words: str, start: datetime) -> None:
    found = moment(words, start.replace(tzinfo=UTC), BERLIN)

    assert found is None or found.tzinfo is not None
