"""What rings, what is held, and what stays silent."""

import asyncio
from datetime import timedelta

import pytest

from app.clock import later
from app.errors import Refused
from app.happenings import ReminderRang, when
from app.mailboxes.tables import SEND, Mailbox
from app.reminders.ringing import RANG_BLIND, ring_anyway, ring_due
from app.reminders.tables import ReminderStep
from app.threads.recognising.kinds import HUMAN_REPLY
from tests.feed.stage import ANNA, HENRIK, break_down, read_now, received, reply, send
from tests.people import Rep
from tests.reminders.asked import feed_kinds, last_step, reminder_on, state_of, story_of

SOON = timedelta(hours=1, minutes=1)


async def test_it_rings_once_when_due_and_nobody_answered(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(SOON):
        await read_now(gmail)
        await ring_due()
        await ring_due()
    reminder = await reminder_on(sent)
    step = await last_step(reminder)
    assert await story_of(reminder) == ["waiting", "rung"]
    assert reminder.surfaces_at is not None
    assert step.examined["messages"] == 1
    assert step.examined["synced_at"]
    assert (await feed_kinds(miriam.person.id)).count("rang") == 1


async def test_it_does_not_ring_before_it_is_due(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(timedelta(minutes=50)):
        await read_now(gmail)
        await ring_due()
    assert await state_of(sent) == "waiting"


async def test_a_fresh_mailbox_is_read_once_more_before_it_rings(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(timedelta(minutes=59, seconds=50)):
        await read_now(gmail)
    with later(timedelta(hours=1, seconds=5)):
        await ring_due()
        assert await state_of(sent) == "waiting"
        await read_now(gmail)
        await ring_due()
    assert await state_of(sent) == "rung"


async def test_it_is_held_while_the_mailbox_is_broken_and_rings_when_it_is_read_again(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(SOON):
        await break_down(gmail)
        await ring_due()
        await ring_due()
    assert await state_of(sent) == "held"
    assert (await last_step(await reminder_on(sent))).values == {"mailbox": gmail.address}
    with later(timedelta(hours=5)):
        await read_now(gmail)
        await ring_due()
    assert await story_of(await reminder_on(sent)) == ["waiting", "held", "rung"]
    assert (await feed_kinds(miriam.person.id))[:2] == ["rang", "held"]


async def test_a_held_one_is_settled_unheard_when_the_answer_comes_to_light(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(SOON):
        await break_down(gmail)
        await ring_due()
    with later(timedelta(hours=5)):
        await reply(sent)
        await read_now(gmail)
        await ring_due()
    assert await story_of(await reminder_on(sent)) == ["waiting", "held", "settled"]


async def test_an_answer_whose_fact_was_lost_still_keeps_it_silent(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(timedelta(minutes=30)):
        await received(sent, HUMAN_REPLY, HENRIK, "Not from whom you wrote to.")
    with later(SOON):
        await read_now(gmail)
        await ring_due()
    assert await state_of(sent) == "settled"


async def test_a_mailbox_that_only_sends_rings_and_says_it_sees_no_answers(miriam: Rep, gmail: Mailbox) -> None:
    await Mailbox.update({Mailbox.rights: [SEND], Mailbox.synced_at: None}).where(Mailbox.id == gmail.id)
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(SOON):
        await ring_due()
    reminder = await reminder_on(sent)
    assert await state_of(sent) == "rung"
    assert reminder.why == RANG_BLIND
    assert reminder.surfaces_at is None


async def test_a_held_one_rings_if_the_rep_says_so(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(SOON):
        await break_down(gmail)
        await ring_due()
        await ring_anyway(await reminder_on(sent))
        assert await state_of(sent) == "rung"
        with pytest.raises(Refused):
            await ring_anyway(await reminder_on(sent))


async def test_two_workers_ring_each_reminder_once(miriam: Rep, gmail: Mailbox) -> None:
    for number in range(12):
        await send(miriam, gmail, ANNA, subject=f"Offer {number}", reminds="1h")
    with later(SOON):
        await read_now(gmail)
        await asyncio.gather(ring_due(), ring_due())
        await ring_due()
    assert await ReminderStep.count().where(ReminderStep.what == "rung") == 12


async def test_a_worker_killed_while_it_rings_leaves_nothing_behind(miriam: Rep, gmail: Mailbox) -> None:
    async def die(_: ReminderRang) -> None:
        raise KeyboardInterrupt

    sent = await send(miriam, gmail, ANNA, reminds="1h")
    when(ReminderRang, die)
    with later(SOON):
        await read_now(gmail)
        with pytest.raises(KeyboardInterrupt):
            await ring_due()
    assert await state_of(sent) == "waiting"
    assert await story_of(await reminder_on(sent)) == ["waiting"]


@pytest.mark.parametrize("minute", [0, 17, 59, 61, 200])
@pytest.mark.parametrize("broken", [False, True])
async def test_never_a_ring_after_an_answer(miriam: Rep, gmail: Mailbox, minute: int, broken: bool) -> None:
    """Whenever it comes, whatever the mailbox does: after an answer nothing rings any more."""
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    for at in sorted({0, 30, 59, 61, 90, 200, 300, minute}):
        with later(timedelta(minutes=at, seconds=1)):
            if broken and at < 250:
                await break_down(gmail)
            if at == minute:
                await reply(sent)
            if not broken or at >= 250:
                await read_now(gmail)
            await ring_due()
    story = await story_of(await reminder_on(sent))
    assert story[-1] == "settled"
    assert story.count("rung") == (1 if not broken and minute > 61 else 0)

