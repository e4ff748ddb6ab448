"""How reminders begin and move on."""

from datetime import timedelta

import pytest

from app.clock import later, now
from app.errors import Refused
from app.mailboxes.tables import Mailbox
from app.reminders.ringing import ring_due
from app.reminders.tables import Reminder
from app.reminders.waiting import remind
from app.threads.tables import Thread
from tests.feed.stage import ANNA, HENRIK, read_now, send
from tests.people import Rep
from tests.reminders.asked import last_step, reminder_on, state_of, story_of


async def test_a_mail_that_asks_for_it_is_waited_for(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="3d")
    reminder = await reminder_on(sent)
    assert await state_of(sent) == "waiting"
    assert await story_of(reminder) == ["waiting"]
    assert timedelta(days=2, hours=22) < reminder.due_at - now() < timedelta(days=3, hours=2)


async def test_a_mail_that_does_not_ask_gets_no_reminder(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    assert not await Reminder.exists().where(Reminder.thread == sent.thread)


async def test_imported_mail_never_gets_a_reminder(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="3d", imported=True)
    assert not await Reminder.exists().where(Reminder.thread == sent.thread)


async def test_a_date_nobody_can_read_becomes_three_days_and_says_so(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="soonish")
    reminder = await reminder_on(sent)
    assert "could not read" in (await last_step(reminder)).why
    assert timedelta(days=2) < reminder.due_at - now() < timedelta(days=4)


async def test_a_newer_mail_moves_the_reminder_to_itself(miriam: Rep, gmail: Mailbox) -> None:
    first = await send(miriam, gmail, ANNA, reminds="1d")
    with later(timedelta(hours=2)):
        second = await send(miriam, gmail, ANNA, thread=first.thread, reminds="2d")
    reminder = await reminder_on(first)
    assert reminder.message == second.id
    assert await Reminder.count().where(Reminder.thread == first.thread) == 1
    assert reminder.due_at > now() + timedelta(days=1, hours=20)


async def test_a_newer_mail_without_a_wish_keeps_the_date(miriam: Rep, gmail: Mailbox) -> None:
    first = await send(miriam, gmail, ANNA, reminds="1d")
    due = (await reminder_on(first)).due_at
    with later(timedelta(hours=2)):
        second = await send(miriam, gmail, ANNA, thread=first.thread)
    reminder = await reminder_on(first)
    assert (reminder.message, reminder.due_at) == (second.id, due)


async def test_writing_again_into_a_rung_thread_settles_it(miriam: Rep, gmail: Mailbox) -> None:
    first = await send(miriam, gmail, ANNA, reminds="1h")
    with later(timedelta(hours=2)):
        await read_now(gmail)
        await ring_due()
        assert await state_of(first) == "rung"
        await send(miriam, gmail, ANNA, thread=first.thread)
    assert await state_of(first) == "settled"


async def test_an_older_mail_found_late_changes_nothing(miriam: Rep, gmail: Mailbox) -> None:
    first = await send(miriam, gmail, ANNA, reminds="1d")
    with later(-timedelta(days=3)):
        await send(miriam, gmail, ANNA, thread=first.thread, imported=True)
    assert (await reminder_on(first)).message == first.id


async def test_a_reminder_is_asked_for_by_hand_and_moved_to_another_date(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, HENRIK)
    thread = await Thread.objects().get(Thread.id == sent.thread)
    assert thread is not None
    made = await remind(miriam.person, thread, "1w")
    moved = await remind(miriam.person, thread, "2w")
    assert made.id == moved.id
    assert made.message == sent.id
    assert (await reminder_on(sent)).due_at > now() + timedelta(days=13)


@pytest.mark.parametrize("when", ["", "whenever", "2020-01-01", "2999-01-01"])
async def test_a_date_by_hand_must_be_one_and_lie_ahead(miriam: Rep, gmail: Mailbox, when: str) -> None:
    sent = await send(miriam, gmail, HENRIK)
    thread = await Thread.objects().get(Thread.id == sent.thread)
    assert thread is not None
    with pytest.raises(Refused):
        await remind(miriam.person, thread, when)
