"""Somebody is away: the reminder waits for them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.clock import later, now
from app.contacts.finding import known
from app.contacts.tables import Contact
from app.mailboxes.tables import Mailbox
from app.reminders.ringing import ring_due
from app.reminders.timing import after_absence
from app.reminders.waiting import remind
from app.threads.receiving import receive
from app.threads.tables import Message, Thread
from app.web.calendars import calendar_in
from app.web.moment_words import weekend_of
from tests.feed.stage import ANNA, HENRIK, read_now, send
from tests.people import Rep
from tests.reminders.asked import last_step, reminder_on, state_of
from tests.threads import mails

BERLIN = ZoneInfo("Europe/Berlin")


async def away(gmail: Mailbox, sent: Message, back_on: date) -> None:
    words = f"I am out of office and back on {back_on.isoformat()}."
    await receive(gmail, mails.out_of_office(sent.message_id, now(), thread="", words=words), imported=False)


@pytest.mark.parametrize(
    ("back_on", "zone", "due"),
    [
        (date(2026, 12, 7), "Europe/Berlin", date(2026, 12, 8)),
        (date(2026, 12, 4), "Europe/Berlin", date(2026, 12, 7)),
        (date(2026, 12, 5), "Europe/Berlin", date(2026, 12, 8)),
        (date(2026, 12, 3), "Asia/Jerusalem", date(2026, 12, 6)),
        (date(2026, 12, 7), "America/New_York", date(2026, 12, 8)),
        (date(2026, 12, 24), "Europe/Berlin", date(2026, 12, 28)),
        (date(2026, 12, 25), "Europe/Berlin", date(2026, 12, 29)),
        (date(2026, 12, 25), "Asia/Tokyo", date(2026, 12, 28)),
        (date(2026, 12, 31), "UTC", date(2027, 1, 1)),
    ],
    ids=[
        "a Monday", "a Friday", "a Saturday", "where Friday is free", "by their clock", "before Christmas", "at Christmas",
        "where Christmas is a working day", "where nobody knows the country",
    ],
)
def test_one_working_day_after_their_return(back_on: date, zone: str, due: date) -> None:
    assert after_absence(back_on, calendar_in(zone)) == datetime(due.year, due.month, due.day, 9, tzinfo=ZoneInfo(zone))


def test_weekends_are_those_of_the_country() -> None:
    assert weekend_of("Europe/Berlin") == {5, 6}
    assert weekend_of("Africa/Cairo") == {4, 5}
    assert weekend_of("UTC") == {5, 6}


async def test_an_absence_moves_the_reminder_and_says_why(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="3d")
    back_on = (now() + timedelta(days=12)).date()
    await away(gmail, sent, back_on)

    reminder = await reminder_on(sent)
    step = await last_step(reminder)
    assert reminder.due_at == after_absence(back_on, calendar_in("Europe/Berlin"))
    assert step.values == {"who": "Anna Weber", "day": back_on.isoformat()}
    with later(timedelta(days=3, minutes=1)):
        await read_now(gmail)
        await ring_due()
    assert await state_of(sent) == "waiting"
    with later(timedelta(days=24)):
        await read_now(gmail)
        await ring_due()
    assert await state_of(sent) == "rung"


async def test_it_waits_by_the_clock_of_whoever_is_away(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1d")
    anna = (await known(miriam.workspace.id, [ANNA.address]))[ANNA.address]
    await anna.update_self({Contact.time_zone: "America/New_York"})
    back_on = (now() + timedelta(days=12)).date()
    await away(gmail, sent, back_on)
    assert (await reminder_on(sent)).due_at == after_absence(back_on, calendar_in("America/New_York"))


async def test_it_is_never_moved_to_an_earlier_day(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="4w")
    before = (await reminder_on(sent)).due_at
    await away(gmail, sent, (now() + timedelta(days=5)).date())
    assert (await reminder_on(sent)).due_at == before


async def test_it_stays_while_somebody_else_may_answer(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, HENRIK, reminds="3d")
    before = (await reminder_on(sent)).due_at
    await away(gmail, sent, (now() + timedelta(days=12)).date())
    reminder = await reminder_on(sent)
    assert reminder.due_at == before
    assert "Others got the mail" in reminder.why


async def test_what_has_rung_stays_with_the_rep(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(timedelta(hours=2)):
        await read_now(gmail)
        await ring_due()
        await away(gmail, sent, (now() + timedelta(days=12)).date())
    assert await state_of(sent) == "rung"


async def test_the_rep_may_choose_another_date_after_that(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="3d")
    await away(gmail, sent, (now() + timedelta(days=12)).date())
    thread = await Thread.objects().where(Thread.id == sent.thread).first()
    assert thread is not None
    assert (await remind(miriam.person, thread, "1d")).due_at < now() + timedelta(days=2)
