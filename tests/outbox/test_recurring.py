"""Rules of recurring mail against dateutil and the wall clock, for every rule that hypothesis thinks of."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import Refused
from app.outbox.recurring import after, checked, first_dates, occurrences
from app.outbox.wording_rules import DAYS, NTH, Wish, in_words, rule_of, wish_of
from app.web.walls import Wall

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia", "UTC"]
BERLIN = "Europe/Berlin"
NINE = Wall(datetime(2026, 3, 3, 9), BERLIN)

walls = st.builds(
    Wall, st.datetimes(datetime(2024, 1, 1), datetime(2030, 12, 31)).map(lambda at: at.replace(second=0, microsecond=0)), st.sampled_from(ZONES)
)
days = st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True).map(",".join)
rules = st.builds(
    lambda how, every, more, end: ";".join(part for part in (f"FREQ={how}", f"INTERVAL={every}", more, end) if part),
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.integers(1, 5),
    st.one_of(
        st.just(""), days.map("BYDAY={}".format), st.integers(1, 31).map("BYMONTHDAY={}".format), st.just("BYMONTHDAY=-1"),
        days.map("BYDAY={};BYSETPOS=-1".format), st.integers(1, 12).map("BYMONTH={}".format), st.integers(0, 23).map("BYHOUR={}".format),
    ),
    st.one_of(
        st.just(""), st.integers(1, 20).map("COUNT={}".format), st.dates(date(2026, 1, 1), date(2032, 1, 1)).map("UNTIL={:%Y%m%d}".format),
    ),
)  # fmt: skip
wishes = st.builds(
    Wish, st.sampled_from(["daily", "weekly", "monthly", "yearly"]), st.integers(1, 12).map(str),
    st.lists(st.sampled_from(DAYS), unique=True).map(tuple), st.sampled_from(["day", "last_day", "first_workday", "last_workday", "weekday"]),
    st.sampled_from(["never", "on", "after"]), st.dates(date(2026, 1, 1), date(2040, 1, 1)).map(lambda day: f"{day:%Y-%m-%d}"),
    st.integers(1, 99).map(str),
)  # fmt: skip


@settings(deadline=None, max_examples=60)
@given(rules, walls)
def test_the_dates_are_those_of_dateutil_on_the_wall(rule: str, starts: Wall) -> None:
    """COUNT and UNTIL of dateutil can't stand together, and it looks for dates that never come until the year 9999: so it counts here."""
    count = min(int(rule.partition("COUNT=")[2] or 12), 12)
    end = rule.partition("UNTIL=")[2] or f"{starts.at.year + 20}0101"
    bare = ";".join(part for part in rule.split(";") if not part.startswith(("COUNT", "UNTIL")))
    theirs = [Wall(at, starts.zone) for at in islice(iter(rrulestr(f"RRULE:{bare};UNTIL={end}T235959", dtstart=starts.at)), count)]
    distinct = [wall for place, wall in enumerate(theirs) if not place or wall.instant() > theirs[place - 1].instant()]
    assert list(islice(occurrences(rule, starts), count))[: len(distinct)] == distinct


@given(rules, walls)
def test_instants_only_grow_and_every_one_shows_its_wall_or_was_skipped_there(rule: str, starts: Wall) -> None:
    found = list(islice(occurrences(rule, starts), 30))
    assert all(one.instant() < other.instant() for one, other in pairwise(found))
    for wall in found:
        assert wall.at >= starts.at
        shown = wall.instant().astimezone(ZoneInfo(wall.zone)).replace(tzinfo=None)
        assert shown == wall.at or (wall.is_skipped and shown > wall.at)


@given(rules, walls, st.timedeltas(timedelta(0), timedelta(days=900)))
def test_what_comes_after_a_moment_goes_on_where_the_dates_before_it_end(rule: str, starts: Wall, ahead: timedelta) -> None:
    at = starts.instant() + ahead
    coming = first_dates(rule, starts, at)
    assert all(wall.instant() > at for wall in coming)
    before = sum(1 for wall in islice(occurrences(rule, starts), 1100) if wall.instant() <= at)
    assert coming == list(islice(occurrences(rule, starts), before, before + 5))


@given(wishes, walls)
def test_choices_make_a_rule_that_is_shown_as_the_same_choices_and_told_in_words(wish: Wish, starts: Wall) -> None:
    rule = rule_of(wish, starts)
    again = wish_of(rule, starts)
    assert again.repeats != "own"
    assert rule_of(again, starts) == rule
    for language in ("en", "de"):
        assert "FREQ" not in in_words(rule, starts, language)


@given(st.text(max_size=60))
def test_whatever_is_typed_is_a_rule_or_refused_with_a_sentence(text: str) -> None:
    try:
        rule = checked(text, NINE)
    except Refused:
        return
    assert next(occurrences(rule, NINE))


@pytest.mark.parametrize(("rule", "sentence"), [
    ("FREQ=SECONDLY", "every hour of a day at most"), ("FREQ=MINUTELY;INTERVAL=90", "every hour"), ("FREQ=HOURLY", "every hour"),
    ("FREQ=DAILY;BYMINUTE=0,1,2", "every hour"), ("FREQ=DAILY;BYSECOND=1", "every hour"), ("FREQ=DAILY;INTERVAL=0", "number from 1"),
    ("FREQ=DAILY;COUNT=0", "number from 1"), ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "not both"),
    ("FREQ=DAILY;FREQ=WEEKLY", "twice"),
    ("FREQ=DAILY;BYEASTER=1", "no part of a rule"), ("FREQ=DAILY;BYDAY=XX", "can't be read"),
    ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "no date at all"),
    ("FREQ=DAILY;UNTIL=20200101", "no date at all"),
    ("FREQ=DAILY;UNTIL=soon", "UNTIL is a day"), ("every tuesday", "no rule"), ("", "no rule"),
    ("BYDAY=TU", "begins with FREQ"), ("FREQ=DAILY;BYHOUR=25", "can't be read"), ("FREQ=DAILY;UNTIL=20279999", "can't be read"),
    ("FREQ=WEEKLY;" + "BYDAY=TU," * 100, "no rule"),
])  # fmt: skip
def test_a_rule_that_a_mail_can_not_recur_by_is_refused_saying_why(rule: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        checked(rule, NINE)


def test_a_name_in_front_small_letters_and_spaces_do_no_harm() -> None:
    assert checked(" rrule:freq=weekly; byday=tu ", NINE) == "FREQ=WEEKLY;BYDAY=TU"


def test_nine_o_clock_stays_nine_over_both_clock_changes() -> None:
    found = [wall.instant() for wall in islice(occurrences("FREQ=WEEKLY", Wall(datetime(2026, 3, 24, 9), BERLIN)), 33)]
    assert (found[0], found[1], found[-1]) == (
        datetime(2026, 3, 24, 8, tzinfo=UTC), datetime(2026, 3, 31, 7, tzinfo=UTC), datetime(2026, 11, 3, 8, tzinfo=UTC),
    )  # fmt: skip


def test_a_date_in_the_gap_goes_out_as_much_later_and_one_that_comes_twice_the_first_time() -> None:
    gap = list(islice(occurrences("FREQ=DAILY", Wall(datetime(2026, 3, 28, 2, 30), BERLIN)), 3))
    assert [wall.instant() for wall in gap] == [
        datetime(2026, 3, 28, 1, 30, tzinfo=UTC), datetime(2026, 3, 29, 1, 30, tzinfo=UTC), datetime(2026, 3, 30, 0, 30, tzinfo=UTC),
    ]  # fmt: skip
    twice = list(islice(occurrences("FREQ=DAILY", Wall(datetime(2026, 10, 25, 2, 30), BERLIN)), 1))
    assert twice[0].instant() == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_two_dates_that_the_gap_makes_one_go_out_once() -> None:
    found = list(islice(occurrences("FREQ=DAILY;BYHOUR=2,3", Wall(datetime(2026, 3, 29, 2, 30), BERLIN)), 2))
    assert [wall.instant() for wall in found] == [datetime(2026, 3, 29, 1, 30, tzinfo=UTC), datetime(2026, 3, 30, 0, 30, tzinfo=UTC)]


def test_until_a_moment_in_utc_is_meant_on_the_wall() -> None:
    found = list(after("FREQ=DAILY;UNTIL=20260305T080000Z", NINE, datetime(2026, 1, 1, tzinfo=UTC)))
    assert [wall.at.day for wall in found] == [3, 4, 5]


@pytest.mark.parametrize(("rule", "english", "german"), [
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;COUNT=10", "every 2 weeks on Tuesday, Thursday, 10 times", "alle 2 Wochen am Dienstag, Donnerstag, 10 Mal"),
    ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "every month on the last working day", "jeden Monat am letzten Arbeitstag"),
    ("FREQ=MONTHLY;BYMONTHDAY=1;UNTIL=20271231", "every month on day 1, until 31 December 2027", "jeden Monat am 1., bis zum 31. Dezember 2027"),
    ("FREQ=MONTHLY;BYDAY=-1FR", "every month on the last Friday", "jeden Monat am letzten Freitag"),
    ("FREQ=YEARLY", "every year on 3 March", "jedes Jahr am 3. März"),
    ("FREQ=YEARLY;BYWEEKNO=20", "FREQ=YEARLY;BYWEEKNO=20", "FREQ=YEARLY;BYWEEKNO=20"),
])  # fmt: skip
def test_rules_are_told_in_words(rule: str, english: str, german: str) -> None:
    assert in_words(rule, NINE, "en") == english
    assert in_words(rule, NINE, "de") == german


def test_every_number_of_a_weekday_in_the_month_has_a_name() -> None:
    assert {str(number) for number in (1, 2, 3, 4, -1)} == set(NTH)
