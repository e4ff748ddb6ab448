"""A mailbox that is looked at every five minutes only, because its provider tells us: silence is believed after a reading all the same."""

from datetime import timedelta

import pytest

from app.clock import later, now
from app.mailboxes import freshness
from app.mailboxes.tables import Mailbox
from app.reminders.ringing import ring_due
from tests.feed.stage import ANNA, read_now, reply, send
from tests.people import Rep
from tests.reminders.asked import reminder_on, state_of, story_of

DUE = timedelta(hours=1)


@pytest.fixture
async def resting(gmail: Mailbox) -> Mailbox:
    """Read a minute and a half before the reminder is due, and next three minutes after."""
    with later(DUE - timedelta(seconds=90)):
        await read_now(gmail)
    at = now() + DUE
    await gmail.update_self({Mailbox.pushed_until: at + timedelta(days=2), Mailbox.due_at: at + timedelta(minutes=3)})
    return gmail


async def due_in(mailbox: Mailbox) -> timedelta:
    await mailbox.refresh()
    return mailbox.due_at - now()


async def test_before_a_reminder_rings_a_resting_mailbox_is_read_at_once(miriam: Rep, resting: Mailbox) -> None:
    sent = await send(miriam, resting, ANNA, reminds="1h")
    with later(DUE + timedelta(seconds=5)):
        await ring_due()
        assert await state_of(sent) == "waiting"
        assert await due_in(resting) <= timedelta(0)

        await read_now(resting)
        await ring_due()
    assert await story_of(await reminder_on(sent)) == ["waiting", "rung"]


async def test_an_answer_whose_notice_was_lost_is_found_before_the_reminder_rings(miriam: Rep, resting: Mailbox) -> None:
    sent = await send(miriam, resting, ANNA, reminds="1h")
    with later(DUE + timedelta(seconds=5)):
        await ring_due()
        await reply(sent)
        await read_now(resting)
        await ring_due()
    assert await story_of(await reminder_on(sent)) == ["waiting", "settled"]


async def test_a_reading_from_minutes_ago_is_not_believed_although_it_came_after_the_due_time(miriam: Rep, resting: Mailbox) -> None:
    """A worker that was away for three minutes: an answer may have come since, so the mailbox is read once more."""
    sent = await send(miriam, resting, ANNA, reminds="1h")
    with later(DUE + timedelta(seconds=1)):
        await read_now(resting)
    await resting.update_self({Mailbox.due_at: now() + DUE + timedelta(minutes=5)})
    with later(DUE + timedelta(minutes=3)):
        await ring_due()
        assert await state_of(sent) == "waiting"
        assert await due_in(resting) <= timedelta(0)


async def test_a_resting_mailbox_that_can_not_be_read_holds_the_reminder(miriam: Rep, resting: Mailbox) -> None:
    sent = await send(miriam, resting, ANNA, reminds="1h")
    await resting.update_self({Mailbox.problem: "retry"})
    with later(DUE + timedelta(seconds=5)):
        await ring_due()
        assert await due_in(resting) > timedelta(minutes=2), "its provider wants a pause"
    assert await state_of(sent) == "held"


async def test_a_resting_mailbox_that_nobody_reads_holds_the_reminder_in_the_end(miriam: Rep, resting: Mailbox) -> None:
    sent = await send(miriam, resting, ANNA, reminds="1h")
    with later(DUE + timedelta(minutes=5)):
        await ring_due()
    assert await state_of(sent) == "held"


async def test_only_a_mailbox_with_a_reminder_that_is_due_is_woken(miriam: Rep, resting: Mailbox) -> None:
    await send(miriam, resting, ANNA, reminds="1h")
    with later(DUE - timedelta(seconds=5)):
        await ring_due()
        assert await due_in(resting) > timedelta(minutes=3)


async def test_a_resting_mailbox_is_well_but_its_silence_is_not_believed(gmail: Mailbox) -> None:
    await gmail.update_self({Mailbox.pushed_until: now() + timedelta(days=1)})
    seen = []
    for seconds in (30, 90, 5 * 60, 5 * 60 + 90, 11 * 60):
        with later(timedelta(seconds=seconds)):
            fresh = freshness.freshness(gmail)
            seen.append((fresh.state, fresh.knows(gmail.synced_at), fresh.rests))

    assert seen == [("fresh", True, True), ("fresh", False, True), ("fresh", False, True), ("late", False, False), ("stale", False, False)]
