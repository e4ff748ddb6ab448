"""Pushing reminders back, letting them go, and taking that back."""

from datetime import timedelta

import pytest

from app.clock import later, now
from app.errors import Refused
from app.mailboxes.tables import Mailbox
from app.reminders.letting_go import let_go, take_back
from app.reminders.ringing import ring_due
from app.reminders.snoozing import snooze
from app.threads.tables import Message
from tests.feed.stage import ANNA, read_now, reply, send
from tests.people import Rep
from tests.reminders.asked import reminder_on, state_of, story_of

SOON = timedelta(hours=1, minutes=1)


@pytest.fixture
async def rung(miriam: Rep, gmail: Mailbox) -> Message:
    """A mail to Anna whose reminder has rung."""
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(SOON):
        await read_now(gmail)
        await ring_due()
    return sent


async def test_a_snoozed_reminder_comes_back_later_and_rings_again(miriam: Rep, gmail: Mailbox, rung: Message) -> None:
    with later(SOON):
        await snooze(await reminder_on(rung), miriam.person, "tomorrow")
    assert await state_of(rung) == "snoozed"
    with later(timedelta(days=2)):
        await read_now(gmail)
        await ring_due()
    assert await story_of(await reminder_on(rung)) == ["waiting", "rung", "snoozed", "rung"]


async def test_five_snoozes_in_a_row_are_enough(miriam: Rep, rung: Message) -> None:
    for _ in range(5):
        await snooze(await reminder_on(rung), miriam.person, "in_3_days")
    with pytest.raises(Refused, match="Write to them, or let it go"):
        await snooze(await reminder_on(rung), miriam.person, "in_3_days")


async def test_a_time_there_is_not_is_refused_and_nothing_changes(miriam: Rep, rung: Message) -> None:
    with pytest.raises(Refused):
        await snooze(await reminder_on(rung), miriam.person, "last_year")
    assert await state_of(rung) == "rung"


async def test_what_was_let_go_never_rings(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    await let_go(await reminder_on(sent))
    with later(SOON):
        await read_now(gmail)
        await ring_due()
    assert await state_of(sent) == "settled"


async def test_letting_go_can_be_taken_back_to_what_it_was(rung: Message) -> None:
    with later(SOON):
        await let_go(await reminder_on(rung))
        await let_go(await reminder_on(rung))
        await take_back(await reminder_on(rung))
    assert await state_of(rung) == "rung"
    assert await story_of(await reminder_on(rung)) == ["waiting", "rung", "settled", "rung"]


async def test_what_an_answer_settled_can_not_be_taken_back(rung: Message) -> None:
    with later(timedelta(hours=2)):
        await reply(rung)
    with pytest.raises(Refused):
        await take_back(await reminder_on(rung))


async def test_taking_back_gives_way_to_a_newer_reminder(miriam: Rep, gmail: Mailbox, rung: Message) -> None:
    old = await let_go(await reminder_on(rung))
    with later(timedelta(hours=2)):
        await send(miriam, gmail, ANNA, thread=rung.thread, reminds="1d")
    with pytest.raises(Refused):
        await take_back(old)
    assert (await reminder_on(rung)).due_at > now()
