"""When a reminder is due, by the person's clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reminders.timing import choices, due_at, snoozed_until
from app.web.calendars import calendar_in

BERLIN = ZoneInfo("Europe/Berlin")
AT_BERLIN = calendar_in("Europe/Berlin")
THURSDAY = datetime(2026, 3, 12, 14, 30, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("asked", "due"),
    [
        ("1h", datetime(2026, 3, 12, 15, 30, tzinfo=BERLIN)),
        ("3d", datetime(2026, 3, 15, 14, 30, tzinfo=BERLIN)),
        ("2w", datetime(2026, 3, 26, 14, 30, tzinfo=BERLIN)),
        ("2026-03-17", datetime(2026, 3, 17, 9, 0, tzinfo=BERLIN)),
        ("2026-03-17T16:45", datetime(2026, 3, 17, 16, 45, tzinfo=BERLIN)),
        ("2026-03-17T16:45:00+00:00", datetime(2026, 3, 17, 16, 45, tzinfo=UTC)),
    ],
)
def test_a_wish_becomes_a_moment_on_the_persons_clock(asked: str, due: datetime) -> None:
    assert due_at(asked, THURSDAY, BERLIN) == due


def test_days_keep_the_hour_over_the_change_to_summer_time() -> None:
    saturday = datetime(2026, 3, 28, 12, 0, tzinfo=BERLIN)
    due = due_at("1d", saturday.astimezone(UTC), BERLIN)
    assert due == datetime(2026, 3, 29, 12, 0, tzinfo=BERLIN)
    assert due.astimezone(UTC) - saturday.astimezone(UTC) == timedelta(hours=23)


@given(st.text(max_size=12))
def test_nonsense_means_nothing_and_raises_nothing(text: str) -> None:
    due = due_at(text, THURSDAY, BERLIN)
    assert due is None or due.tzinfo is not None


def test_later_today_is_the_afternoon_then_the_evening_then_not_offered() -> None:
    assert snoozed_until("later_today", THURSDAY, AT_BERLIN) == THURSDAY.replace(hour=16, minute=0)
    assert snoozed_until("later_today", THURSDAY.replace(hour=15, minute=30), AT_BERLIN) == THURSDAY.replace(hour=18, minute=0)
    assert "later_today" not in choices(THURSDAY.replace(hour=17, minute=30), AT_BERLIN)


def test_tomorrow_and_next_week_are_mornings() -> None:
    assert snoozed_until("tomorrow", THURSDAY, AT_BERLIN) == datetime(2026, 3, 13, 9, 0, tzinfo=BERLIN)
    assert snoozed_until("next_week", THURSDAY, AT_BERLIN) == datetime(2026, 3, 19, 9, 0, tzinfo=BERLIN)
