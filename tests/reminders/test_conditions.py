"""On what a reminder rings: what each condition means, what settles it before, and what can't be known."""

from datetime import timedelta
from typing import Any

import pytest

from app.clock import later, new_id, now
from app.database import rows
from app.errors import Refused
from app.happenings import (
    CLICKED_NO_REPLY,
    NO_REPLY,
    NOT_CLICKED,
    NOT_OPENED,
    OPENED_NO_REPLY,
    REGARDLESS,
)
from app.mailboxes.tables import Mailbox
from app.reminders import ringing, touching
from app.reminders.postponing import AUTO_REPLIED
from app.reminders.ringing import ring_due
from app.reminders.snoozing import snooze
from app.reminders.waiting import remind
from app.threads.tables import Message, Thread
from app.tracking.tables import CLICK, MACHINE, OPEN, PERSON, UNKNOWN, Silence
from tests.feed.stage import ANNA, HENRIK, absence, bounce, break_down, hit, judge_again, read_now, receipt, reply, send
from tests.people import Rep
from tests.reminders.asked import feed_kinds, last_step, reminder_on, state_of, story_of

SOON = timedelta(hours=1, minutes=1)
EVERY_TOUCH = (NOT_OPENED, OPENED_NO_REPLY, CLICKED_NO_REPLY, NOT_CLICKED)


async def due(gmail: Mailbox) -> None:
    """A moment later than the reminder's, with a mailbox that was just read."""
    await read_now(gmail)
    await ring_due()


async def ask(rep: Rep, gmail: Mailbox, condition: str, **more: Any) -> Message:
    return await send(rep, gmail, ANNA, reminds="1h", reminds_if=condition, **more)


async def why(sent: Message) -> str:
    return str((await reminder_on(sent)).why)


# Not opened, not clicked


@pytest.mark.parametrize(("condition", "said"), [(NOT_OPENED, ringing.RANG_UNOPENED), (NOT_CLICKED, ringing.RANG_UNCLICKED)])
async def test_it_rings_if_nobody_opened_or_clicked(miriam: Rep, gmail: Mailbox, condition: str, said: str) -> None:
    sent = await ask(miriam, gmail, condition)
    await hit(sent, MACHINE, CLICK)
    with later(SOON):
        await due(gmail)
    step = await last_step(await reminder_on(sent))
    assert (await state_of(sent), step.why) == ("rung", said)
    assert [hit[1:3] for hit in step.examined["hits"]] == [[CLICK, MACHINE]]


@pytest.mark.parametrize(("kind", "said"), [(OPEN, touching.OPENED), (CLICK, touching.CLICKED)])
async def test_an_open_by_a_person_settles_not_opened_and_so_does_a_click(miriam: Rep, gmail: Mailbox, kind: str, said: str) -> None:
    sent = await ask(miriam, gmail, NOT_OPENED)
    with later(timedelta(minutes=10)):
        await hit(sent, PERSON, kind)
    step = await last_step(await reminder_on(sent))
    assert await state_of(sent) == "settled"
    assert step.why == said
    assert step.values["who"] == "Anna Weber"
    assert step.examined["hits"][0][1:3] == [kind, PERSON]


async def test_an_open_does_not_settle_not_clicked_but_a_click_does(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, NOT_CLICKED)
    await hit(sent)
    assert await state_of(sent) == "waiting"
    await hit(sent, PERSON, CLICK)
    assert (await state_of(sent), await why(sent)) == ("settled", touching.CLICKED)


async def test_a_read_receipt_is_an_open(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, NOT_OPENED)
    await rows("UPDATE message SET read_at = $2 WHERE id = $1", sent.id, now())
    await receipt(sent, "read_receipt")
    assert (await state_of(sent), await why(sent)) == ("settled", touching.RECEIPT)


@pytest.mark.parametrize("condition", [NO_REPLY, *EVERY_TOUCH])
async def test_a_reply_settles_every_condition_but_regardless(miriam: Rep, gmail: Mailbox, condition: str) -> None:
    sent = await ask(miriam, gmail, condition)
    await reply(sent)
    assert await state_of(sent) == "settled"


@pytest.mark.parametrize("condition", [NO_REPLY, *EVERY_TOUCH])
async def test_none_rings_while_a_mailbox_can_not_be_read(miriam: Rep, gmail: Mailbox, condition: str) -> None:
    sent = await ask(miriam, gmail, condition)
    if condition in (OPENED_NO_REPLY, CLICKED_NO_REPLY):
        await hit(sent, PERSON, CLICK)
    with later(SOON):
        await break_down(gmail)
        await ring_due()
    assert await state_of(sent) == "held"


async def test_an_open_whose_fact_was_lost_still_keeps_it_silent(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, NOT_OPENED)
    await rows("UPDATE message SET opened_at = $2 WHERE id = $1", sent.id, now())
    with later(SOON):
        await due(gmail)
    assert (await state_of(sent), await why(sent)) == ("settled", touching.OPENED)


async def test_it_does_not_ring_while_a_hit_is_not_judged_yet(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, NOT_OPENED)
    with later(SOON):
        await rows("INSERT INTO unjudged (id, workspace, at, message) VALUES ($1, $2, $3, $4)", new_id(), sent.workspace, now(), sent.id)
        await due(gmail)
        assert await state_of(sent) == "waiting"
        await rows("DELETE FROM unjudged")
        await due(gmail)
    assert await state_of(sent) == "rung"


async def test_a_hit_of_which_nobody_can_tell_is_given_five_minutes_and_then_told_of(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, NOT_OPENED)
    with later(SOON):
        await hit(sent, UNKNOWN)
        await due(gmail)
        assert await state_of(sent) == "waiting"
    with later(SOON + timedelta(minutes=6)):
        await due(gmail)
    assert (await state_of(sent), await why(sent)) == ("rung", ringing.RANG_PERHAPS_OPENED)


async def test_what_is_fetched_without_end_keeps_nothing_silent_for_ever(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, NOT_OPENED)
    for minute in range(61, 97, 4):
        with later(timedelta(minutes=minute)):
            await hit(sent, UNKNOWN)
            await due(gmail)
    assert await state_of(sent) == "rung"


async def test_of_a_mail_sent_separately_into_one_thread_any_copy_counts(miriam: Rep, gmail: Mailbox) -> None:
    sending = new_id()
    first = await ask(miriam, gmail, NOT_OPENED, sending=sending)
    second = await send(miriam, gmail, HENRIK, thread=first.thread, sending=sending)
    await rows("UPDATE reminder SET message = $1", first.id)
    await hit(second)
    assert await state_of(first) == "settled"


# Hindsight


async def test_an_open_that_was_a_machine_s_opens_the_reminder_again_and_it_rings(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, NOT_OPENED)
    opened = await hit(sent)
    assert await state_of(sent) == "settled"
    await judge_again(sent, opened, PERSON, MACHINE)
    assert (await state_of(sent), await why(sent)) == ("waiting", touching.NO_PERSON)
    with later(SOON):
        await due(gmail)
    assert await story_of(await reminder_on(sent)) == ["waiting", "settled", "waiting", "rung"]


async def test_an_open_after_it_rang_settles_it_and_a_machine_s_puts_it_back(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, NOT_OPENED)
    with later(SOON):
        await due(gmail)
    with later(SOON + timedelta(minutes=1)):
        opened = await hit(sent)
        assert (await state_of(sent), await why(sent)) == ("settled", touching.OPENED)
        await judge_again(sent, opened, PERSON, MACHINE)
    assert (await state_of(sent), await why(sent)) == ("rung", touching.NO_PERSON_YOUR_TURN)


async def test_what_had_been_opened_before_it_rang_is_said_to_have_rung_wrongly(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, NOT_OPENED)
    opened = await hit(sent, MACHINE)
    with later(SOON):
        await due(gmail)
        await judge_again(sent, opened, MACHINE, PERSON)
    assert (await state_of(sent), await why(sent)) == ("settled", touching.KNOWN_TOO_LATE)


async def test_what_rang_because_of_an_open_that_was_none_waits_again(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, OPENED_NO_REPLY)
    opened = await hit(sent)
    with later(SOON):
        await due(gmail)
        assert await why(sent) == touching.RANG_OPENED
        await judge_again(sent, opened, PERSON, MACHINE)
        reminder = await reminder_on(sent)
        assert (await state_of(sent), reminder.why, reminder.surfaces_at) == ("waiting", touching.NO_PERSON_RANG, None)
        await due(gmail)
    assert await why(sent) == touching.UNOPENED_YET


async def test_another_reminder_in_its_place_is_left_alone_by_hindsight(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, NOT_OPENED)
    opened = await hit(sent)
    thread = await Thread.objects().get(Thread.id == sent.thread)
    assert thread is not None
    await remind(miriam.person, thread, "3d")
    await judge_again(sent, opened, PERSON, MACHINE)
    assert (await reminder_on(sent)).condition == NO_REPLY
    assert await state_of(sent) == "waiting"


# Opened or clicked, but not answered


RINGS_ON = [(OPENED_NO_REPLY, OPEN, touching.RANG_OPENED), (CLICKED_NO_REPLY, CLICK, touching.RANG_CLICKED)]


@pytest.mark.parametrize(("condition", "kind", "said"), RINGS_ON)
async def test_it_rings_if_it_was_opened_or_clicked_and_nobody_replied(miriam: Rep, gmail: Mailbox, condition: str, kind: str, said: str) -> None:
    sent = await ask(miriam, gmail, condition)
    await hit(sent, PERSON, kind)
    await hit(sent, PERSON, kind)
    assert await story_of(await reminder_on(sent)) == ["waiting", "waiting"]
    with later(SOON):
        await due(gmail)
    assert (await state_of(sent), await why(sent)) == ("rung", said)


async def test_before_it_is_opened_there_is_no_reply_to_miss_and_after_it_they_have_a_day(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, OPENED_NO_REPLY)
    with later(SOON):
        await due(gmail)
        await due(gmail)
    reminder = await reminder_on(sent)
    assert (await state_of(sent), await why(sent)) == ("waiting", touching.UNOPENED_YET)
    assert reminder.due_at == reminder.lapses_at
    with later(timedelta(days=5)):
        await hit(sent)
        assert await why(sent) == touching.LATE_OPEN
    with later(timedelta(days=5, hours=23)):
        await due(gmail)
        assert await state_of(sent) == "waiting"
    with later(timedelta(days=6, minutes=1)):
        await due(gmail)
    assert (await state_of(sent), await why(sent)) == ("rung", touching.RANG_OPENED)


async def test_after_another_mail_it_is_that_mail_which_has_to_be_opened(miriam: Rep, gmail: Mailbox) -> None:
    first = await ask(miriam, gmail, OPENED_NO_REPLY)
    await hit(first)
    with later(timedelta(minutes=30)):
        second = await send(miriam, gmail, ANNA, thread=first.thread)
    with later(SOON):
        await due(gmail)
        assert await why(first) == touching.UNOPENED_YET
    with later(timedelta(days=3)):
        await hit(second)
        assert await why(first) == touching.LATE_OPEN
    with later(timedelta(days=4, minutes=1)):
        await due(gmail)
    assert await state_of(first) == "rung"


@pytest.mark.parametrize(("condition", "said"), [(OPENED_NO_REPLY, touching.NEVER_OPENED), (CLICKED_NO_REPLY, touching.NEVER_CLICKED)])
async def test_after_a_month_without_an_open_it_settles_and_says_so(miriam: Rep, gmail: Mailbox, condition: str, said: str) -> None:
    sent = await ask(miriam, gmail, condition)
    with later(SOON):
        await due(gmail)
    with later(timedelta(days=29)):
        await due(gmail)
        assert await state_of(sent) == "waiting"
    with later(timedelta(days=31)):
        await due(gmail)
    assert (await state_of(sent), await why(sent)) == ("settled", said)
    assert "rang" not in await feed_kinds(miriam.person.id)


async def test_a_late_open_that_was_none_goes_back_to_waiting_for_one(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, OPENED_NO_REPLY)
    with later(SOON):
        await due(gmail)
    with later(timedelta(days=5)):
        opened = await hit(sent)
        await judge_again(sent, opened, PERSON, MACHINE)
    with later(timedelta(days=6, minutes=1)):
        await due(gmail)
    reminder = await reminder_on(sent)
    assert (await state_of(sent), reminder.due_at) == ("waiting", reminder.lapses_at)


async def test_one_that_waits_for_an_open_can_be_snoozed(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, OPENED_NO_REPLY)
    with later(SOON):
        await due(gmail)
        await snooze(await reminder_on(sent), miriam.person, "tomorrow")
    assert (await reminder_on(sent)).lapses_at is None
    assert await state_of(sent) == "snoozed"


# What can't be known


@pytest.mark.parametrize("condition", EVERY_TOUCH)
async def test_what_is_not_tracked_is_refused_when_it_is_asked_for(miriam: Rep, gmail: Mailbox, condition: str) -> None:
    sent = await send(miriam, gmail, ANNA, opens_tracked=False, clicks_tracked=False)
    thread = await Thread.objects().get(Thread.id == sent.thread)
    assert thread is not None
    with pytest.raises(Refused, match="are not tracked"):
        await remind(miriam.person, thread, "1h", condition)


async def test_a_mail_without_links_can_not_be_waited_on_for_a_click(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, links=[])
    thread = await Thread.objects().get(Thread.id == sent.thread)
    assert thread is not None
    with pytest.raises(Refused, match="no link"):
        await remind(miriam.person, thread, "1h", NOT_CLICKED)
    assert await remind(miriam.person, thread, "1h", NOT_OPENED)


@pytest.mark.parametrize(("condition", "said"), list(ringing.CANT_BE_KNOWN.items()))
async def test_what_can_not_be_known_any_more_rings_and_says_so(miriam: Rep, gmail: Mailbox, condition: str, said: str) -> None:
    sent = await ask(miriam, gmail, condition)
    await Silence(id=sent.id, workspace=sent.workspace).save()
    with later(SOON):
        await due(gmail)
    assert (await state_of(sent), await why(sent)) == ("rung", said)


async def test_what_was_opened_before_they_refused_stays_opened(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, OPENED_NO_REPLY)
    await hit(sent)
    await Silence(id=sent.id, workspace=sent.workspace).save()
    with later(SOON):
        await due(gmail)
    assert await why(sent) == touching.RANG_OPENED


# In any case


async def test_regardless_rings_although_they_answered_and_although_nobody_can_look(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, REGARDLESS)
    await reply(sent)
    with later(SOON):
        await break_down(gmail)
        await ring_due()
    assert await story_of(await reminder_on(sent)) == ["waiting", "waiting", "rung"]
    assert await why(sent) == ringing.RANG_REGARDLESS
    await reply(sent)
    assert await state_of(sent) == "rung"


async def test_regardless_keeps_its_date_when_a_mail_comes_back_or_a_machine_answers(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, REGARDLESS)
    before = (await reminder_on(sent)).due_at
    await absence(sent)
    assert await why(sent) != AUTO_REPLIED
    await bounce(sent)
    assert (await state_of(sent), (await reminder_on(sent)).due_at) == ("waiting", before)


# Of one mail, and moving on


async def test_a_reminder_of_one_mail_stays_with_it_when_the_rep_writes_again(miriam: Rep, gmail: Mailbox) -> None:
    first = await send(miriam, gmail, ANNA)
    thread = await Thread.objects().get(Thread.id == first.thread)
    assert thread is not None
    await remind(miriam.person, thread, "3d", NOT_OPENED, first)
    with later(timedelta(hours=1)):
        second = await send(miriam, gmail, ANNA, thread=first.thread)
        await hit(second)
        assert (await reminder_on(first)).message == first.id
        assert await state_of(first) == "waiting"
        await hit(first)
    assert await state_of(first) == "settled"


async def test_a_reminder_of_a_thread_goes_by_the_latest_mail(miriam: Rep, gmail: Mailbox) -> None:
    first = await ask(miriam, gmail, NOT_OPENED)
    with later(timedelta(minutes=30)):
        await send(miriam, gmail, ANNA, thread=first.thread)
        await hit(first)
    assert await state_of(first) == "waiting"


async def test_a_mail_that_asks_anew_brings_its_own_condition(miriam: Rep, gmail: Mailbox) -> None:
    first = await ask(miriam, gmail, NOT_OPENED)
    with later(timedelta(minutes=30)):
        second = await ask(miriam, gmail, REGARDLESS, thread=first.thread)
    reminder = await reminder_on(first)
    assert (reminder.condition, reminder.message) == (REGARDLESS, second.id)


async def test_asking_again_changes_what_a_thread_s_one_reminder_waits_for(miriam: Rep, gmail: Mailbox) -> None:
    sent = await ask(miriam, gmail, NO_REPLY)
    thread = await Thread.objects().get(Thread.id == sent.thread)
    assert thread is not None
    await remind(miriam.person, thread, "2d", NOT_OPENED, sent)
    reminder = await reminder_on(sent)
    assert (reminder.condition, reminder.scope) == (NOT_OPENED, "message")
    assert await story_of(reminder) == ["waiting", "waiting"]
