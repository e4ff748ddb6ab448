"""By whose clock a reminder is due, what it keeps of that, and what it says where it is another time than was asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clock import later, now
from app.contacts.tables import Contact
from app.happenings import OPENED_NO_REPLY
from app.identity.tables import Person
from app.mailboxes.tables import Mailbox
from app.reminders.snoozing import snooze
from app.reminders.timing import LATER_TODAY, choices, wished
from app.reminders.waiting import remind
from app.threads.receiving import receive
from app.threads.tables import Thread
from app.web.calendars import FREE, HOLIDAY, LATE, Calendar, calendar_in
from app.web.wishes import THEM, Wish
from tests import people
from tests.feed.stage import ANNA, HENRIK, send
from tests.people import Rep
from tests.reminders.asked import last_step, reminder_on, story_of
from tests.reminders.test_conditions import ask, due, hit
from tests.threads import mails

BERLIN, TOKYO, NEW_YORK = calendar_in("Europe/Berlin"), calendar_in("Asia/Tokyo"), calendar_in("America/New_York")
THURSDAY = datetime(2027, 3, 11, 14, 30, tzinfo=ZoneInfo("Europe/Berlin"))


@contextmanager
def on(day: datetime) -> Iterator[None]:
    """Everything happens from that moment on."""
    with later(day - now()):
        yield


def shown(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %H:%M}"


@pytest.mark.parametrize(
    ("wish", "theirs", "due", "moved"),
    [
        ("3d", TOKYO, "Sun 14 Mar 14:30", ""),
        ("3d[them]", TOKYO, "Mon 15 Mar 01:00", FREE),
        ("1d[them]", TOKYO, "Fri 12 Mar 01:00", ""),
        ("1d[them]", NEW_YORK, "Fri 12 Mar 15:00", ""),
        ("in 1 day[them]", NEW_YORK, "Fri 12 Mar 15:00", ""),
        ("next Friday 10:00[them]", NEW_YORK, "Fri 19 Mar 15:00", ""),
        ("2027-03-17T20:00[them]", TOKYO, "Thu 18 Mar 01:00", LATE),
        ("29 April[them]", TOKYO, "Fri 30 Apr 02:00", HOLIDAY),
        ("4h[them]", TOKYO, "Fri 12 Mar 01:00", "early"),
        ("1d[them]", None, "Fri 12 Mar 09:00", ""),
        ("2027-03-17T09:00[Asia/Tokyo]", None, "Wed 17 Mar 01:00", ""),
    ],
)
def test_a_wish_is_reckoned_by_the_clock_it_names(wish: str, theirs: Calendar | None, due: str, moved: str) -> None:
    found = wished(Wish.read(wish), THURSDAY, BERLIN, theirs, only_at_work=False)

    assert found is not None
    assert (shown(found.at, "Europe/Berlin"), found.moved) == (due, moved)


@pytest.mark.parametrize(("text", "clock"), [("3d", THEM), ("2027-03-17T09:00", "Europe/Berlin"), ("morgen", ""), ("", "")])
def test_a_wish_is_read_as_it_was_written(text: str, clock: str) -> None:
    assert Wish.read(str(Wish(text, clock))) == Wish(text, clock)


@given(st.text(max_size=30))
def test_whatever_stands_in_brackets_raises_nothing(text: str) -> None:
    assert Wish.read(f"3d[{text}]").text in ("3d", f"3d[{text}]")


WHEN = st.datetimes(datetime(2027, 1, 1), datetime(2029, 1, 1))


@given(st.sampled_from(["1h", "4h", "1d", "2d", "1w", "tomorrow", "next week", "friday 23:00"]), WHEN)
def test_by_their_clock_it_is_never_due_outside_their_working_time_nor_in_the_past(text: str, start: datetime) -> None:
    found = wished(Wish(text, THEM), start.replace(tzinfo=UTC), BERLIN, TOKYO, only_at_work=True)

    assert found is not None
    assert TOKYO.is_working(found.at)
    assert found.at > start.replace(tzinfo=UTC)


@given(st.sampled_from(["1h", "4h", "1d", "3d", "2w", "tomorrow 23:00"]), WHEN)
def test_who_wants_reminders_at_work_gets_none_at_another_time(text: str, start: datetime) -> None:
    found = wished(Wish(text), start.replace(tzinfo=UTC), BERLIN, None, only_at_work=True)

    assert found is not None
    assert BERLIN.is_working(found.at)
    assert (found.moved == "") is (found.at == found.asked)


def test_the_snooze_menu_shows_what_it_comes_to() -> None:
    friday = datetime(2027, 3, 12, 15, 30, tzinfo=ZoneInfo("Europe/Berlin"))

    menu = choices(friday, BERLIN, only_at_work=True)

    assert LATER_TODAY not in menu
    assert shown(menu["tomorrow"], "Europe/Berlin") == "Mon 15 Mar 09:00"


async def test_a_reminder_keeps_what_was_asked_on_which_wall(miriam: Rep, gmail: Mailbox) -> None:
    with on(THURSDAY):
        spanned = await reminder_on(await send(miriam, gmail, ANNA, reminds="4h"))
        named = await reminder_on(await send(miriam, gmail, HENRIK, reminds="3d"))

    assert (spanned.wall_at, spanned.zone) == (None, "")
    assert named.wall_at.isoformat(timespec="minutes") == "2027-03-14T14:30"
    assert named.zone == "Europe/Berlin"
    assert named.due_at.astimezone(ZoneInfo("Europe/Berlin")).replace(tzinfo=None) == named.wall_at


async def test_outside_working_time_it_moves_and_says_what_was_asked(miriam: Rep, gmail: Mailbox) -> None:
    await miriam.person.update_self({Person.rings_at_work: True})
    with on(THURSDAY):
        reminder = await reminder_on(await send(miriam, gmail, ANNA, reminds="3d"))
        step = await last_step(reminder)

    assert shown(reminder.due_at, "Europe/Berlin") == "Mon 15 Mar 09:00"
    assert step.why == "%(asked)s is no working day of yours, so it waits for the next one."
    assert datetime.fromisoformat(step.values["asked"]).date().isoformat() == "2027-03-14"
    assert await story_of(reminder) == ["waiting", "waiting"]


async def test_a_public_holiday_of_the_reps_region_is_named(miriam: Rep, gmail: Mailbox) -> None:
    await miriam.person.update_self({Person.rings_at_work: True, Person.country: "DE", Person.region: "BY", Person.locale: "de"})
    with on(datetime(2027, 1, 5, 10, 0, tzinfo=ZoneInfo("Europe/Berlin"))):
        reminder = await reminder_on(await send(miriam, gmail, ANNA, reminds="1d"))
        step = await last_step(reminder)

    assert shown(reminder.due_at, "Europe/Berlin") == "Thu 07 Jan 09:00"
    assert step.values["holiday"] == "Heilige Drei Könige"


async def test_by_annas_clock_it_is_due_in_her_working_morning(miriam: Rep, gmail: Mailbox) -> None:
    await people.contact(miriam.workspace, time_zone="Asia/Tokyo")
    with on(THURSDAY):
        reminder = await reminder_on(await send(miriam, gmail, ANNA, reminds="3d[them]"))

    assert reminder.by_them
    assert (reminder.zone, reminder.wall_at) == ("Asia/Tokyo", datetime(2027, 3, 15, 9, 0))
    assert (await last_step(reminder)).values["who"] == "Anna"


async def test_it_is_not_due_on_a_holiday_of_annas_region(miriam: Rep, gmail: Mailbox) -> None:
    await people.contact(miriam.workspace, time_zone="Europe/Vienna", country="DE", region="BY")
    with on(datetime(2027, 1, 5, 10, 0, tzinfo=ZoneInfo("Europe/Berlin"))):
        reminder = await reminder_on(await send(miriam, gmail, ANNA, reminds="1d[them]"))

    assert shown(reminder.due_at, "Europe/Vienna") == "Thu 07 Jan 09:00"


async def test_where_nobody_knows_annas_clock_it_goes_by_the_reps(miriam: Rep, gmail: Mailbox) -> None:
    with on(THURSDAY):
        reminder = await reminder_on(await send(miriam, gmail, ANNA, reminds="1d[them]"))

    assert (reminder.zone, reminder.wall_at) == ("Europe/Berlin", datetime(2027, 3, 12, 9, 0))


async def test_of_several_the_first_whose_clock_is_known_counts(miriam: Rep, gmail: Mailbox) -> None:
    await people.contact(miriam.workspace, "Henrik Larsen", HENRIK.address, time_zone="America/New_York")
    with on(THURSDAY):
        reminder = await reminder_on(await send(miriam, gmail, ANNA, HENRIK, reminds="1d[them]"))

    assert reminder.zone == "America/New_York"


async def test_another_date_by_hand_is_on_the_reps_wall_again(miriam: Rep, gmail: Mailbox) -> None:
    await people.contact(miriam.workspace, time_zone="Asia/Tokyo")
    with on(THURSDAY):
        sent = await send(miriam, gmail, ANNA, reminds="3d[them]")
        thread = await Thread.objects().where(Thread.id == sent.thread).first()
        assert thread is not None
        await remind(miriam.person, thread, "next Tuesday 10:00")
        by_hand = await reminder_on(sent)
        await snooze(by_hand, miriam.person, "in 2 hours")
        snoozed = await reminder_on(sent)

    assert (by_hand.by_them, by_hand.zone, by_hand.wall_at) == (False, "Europe/Berlin", datetime(2027, 3, 16, 10, 0))
    assert (snoozed.zone, snoozed.wall_at) == ("", None)


async def test_the_morning_of_a_snooze_is_when_the_rep_begins(miriam: Rep, gmail: Mailbox) -> None:
    await miriam.person.update_self({Person.works_from: time(7, 30)})
    with on(THURSDAY):
        sent = await send(miriam, gmail, ANNA, reminds="3d")
        await snooze(await reminder_on(sent), miriam.person, "tomorrow")

    reminder = await reminder_on(sent)
    assert (reminder.zone, reminder.wall_at) == ("Europe/Berlin", datetime(2027, 3, 12, 7, 30))


async def test_a_contact_of_another_workspace_lends_no_clock(miriam: Rep, gmail: Mailbox) -> None:
    await people.contact(await people.workspace("Elsewhere"), time_zone="Asia/Tokyo")
    with on(THURSDAY):
        reminder = await reminder_on(await send(miriam, gmail, ANNA, reminds="1d[them]"))

    assert reminder.zone == "Europe/Berlin"
    assert await Contact.count().where(Contact.address == ANNA.address) == 2


async def test_a_change_that_names_no_date_leaves_the_wall_alone(miriam: Rep, gmail: Mailbox) -> None:
    with on(THURSDAY):
        sent = await send(miriam, gmail, ANNA, reminds="3d")
        before = await reminder_on(sent)
        await send(miriam, gmail, ANNA, thread=sent.thread)
    after = await reminder_on(sent)

    assert after.message != before.message
    assert (after.wall_at, after.zone, after.due_at) == (before.wall_at, "Europe/Berlin", before.due_at)


@pytest.mark.parametrize(("wants", "zone", "by_them"), [(False, "Asia/Tokyo", True), (True, "Europe/Berlin", False)], ids=["at any time", "at work"])
async def test_an_absence_is_waited_out_by_the_clock_of_whoever_is_away(miriam: Rep, gmail: Mailbox, wants: bool, zone: str, by_them: bool) -> None:
    """In the working time of the rep, if they want that."""
    await people.contact(miriam.workspace, time_zone="Asia/Tokyo")
    await miriam.person.update_self({Person.rings_at_work: wants})
    with on(THURSDAY):
        sent = await send(miriam, gmail, ANNA, reminds="1d")
        words = "I am out of office and back on 2027-03-18."
        await receive(gmail, mails.out_of_office(sent.message_id, now(), thread="", words=words), imported=False)
    reminder = await reminder_on(sent)

    assert (reminder.zone, reminder.wall_at, reminder.by_them) == (zone, datetime(2027, 3, 19, 9, 0), by_them)


async def test_the_day_they_have_after_a_late_open_ends_in_working_time(miriam: Rep, gmail: Mailbox) -> None:
    await miriam.person.update_self({Person.rings_at_work: True})
    with on(THURSDAY):
        sent = await ask(miriam, gmail, OPENED_NO_REPLY)
    with on(THURSDAY + timedelta(hours=20)):
        await due(gmail)
    with on(THURSDAY + timedelta(days=1)):
        await hit(sent)
    reminder = await reminder_on(sent)

    assert (reminder.zone, reminder.wall_at) == ("Europe/Berlin", datetime(2027, 3, 15, 9, 0))
