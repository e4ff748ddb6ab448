"""How reminders end by what others do."""

from datetime import timedelta

import pytest

from app.clock import later, now
from app.mailboxes.tables import Mailbox
from app.reminders.ringing import RANG_UNARRIVED, ring_due
from app.reminders.settling import NEVER_ARRIVED, NOT_THIS_TIME, NOT_YET_THERE
from app.threads.receiving import receive
from app.threads.recognising.kinds import RECEIPTS
from tests.feed.stage import ANNA, HENRIK, SABINE, absence, bounce, read_now, receipt, reply, send
from tests.people import Rep
from tests.reminders.asked import feed_kinds, last_step, reminder_on, state_of
from tests.threads import mails


async def test_an_answer_settles_it_at_once_and_names_the_mail_that_did(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="3d")
    with later(timedelta(hours=1)):
        answer = await reply(sent)
    step = await last_step(await reminder_on(sent))
    assert await state_of(sent) == "settled"
    assert step.values == {"who": "Anna Weber"}
    assert (step.examined["matched"], step.examined["message"]) == ("header", str(answer.id))
    assert step.examined["seen"] == [str(answer.id), str(sent.id)]


async def test_an_answer_from_any_recipient_settles_it(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, HENRIK, reminds="3d")
    with later(timedelta(hours=1)):
        await reply(sent, HENRIK)
    assert await state_of(sent) == "settled"


async def test_an_answer_to_an_earlier_mail_does_not_count_for_the_later_one(miriam: Rep, gmail: Mailbox) -> None:
    first = await send(miriam, gmail, ANNA)
    with later(timedelta(days=1)):
        await send(miriam, gmail, ANNA, thread=first.thread, reminds="3d")
    with later(timedelta(hours=3)):
        await reply(first)
    assert await state_of(first) == "waiting"


async def test_a_late_answer_to_an_earlier_mail_counts_too(miriam: Rep, gmail: Mailbox) -> None:
    first = await send(miriam, gmail, ANNA)
    with later(timedelta(days=1)):
        await send(miriam, gmail, ANNA, thread=first.thread, reminds="3d")
    with later(timedelta(days=2)):
        await reply(first)
    assert await state_of(first) == "settled"


async def test_an_answer_settles_what_has_rung(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(timedelta(hours=2)):
        await read_now(gmail)
        await ring_due()
        await reply(sent)
    assert await state_of(sent) == "settled"


async def test_a_mail_that_reached_nobody_settles_it(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, HENRIK, reminds="3d")
    await bounce(sent, ANNA.address)
    assert await state_of(sent) == "waiting"
    await bounce(sent, HENRIK.address)
    assert await state_of(sent) == "settled"


async def test_an_absence_is_no_answer_and_is_noted(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, SABINE, reminds="3d")
    await absence(sent, SABINE)
    step = await last_step(await reminder_on(sent))
    assert await state_of(sent) == "waiting"
    assert step.values == {"who": "Sabine Vogt"}


async def test_a_mail_that_came_back_but_not_for_good_keeps_waiting_and_says_so_when_due(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    full = mails.bounce(sent.message_id, now(), status="4.2.2", thread="").raw.replace(b"user unknown", b"mailbox full")
    await receive(gmail, mails.mail(full, now(), thread=""), imported=False)
    assert await state_of(sent) == "waiting"
    assert (await reminder_on(sent)).why == NOT_THIS_TIME
    with later(timedelta(hours=2)):
        await read_now(gmail)
        await ring_due()
    assert (await state_of(sent), (await reminder_on(sent)).why) == ("rung", RANG_UNARRIVED)


async def test_a_mail_that_is_late_keeps_waiting_and_says_so(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    await receive(gmail, mails.bounce(sent.message_id, now(), action="delayed", status="4.4.1"), imported=False)
    assert (await state_of(sent), (await reminder_on(sent)).why) == ("waiting", NOT_YET_THERE)
    assert (await feed_kinds(miriam.person.id))[0] == "delayed"


async def test_a_late_bounce_settles_what_has_rung(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(timedelta(hours=2)):
        await read_now(gmail)
        await ring_due()
        await receive(gmail, mails.bounce(sent.message_id, now()), imported=False)
    assert (await state_of(sent), (await reminder_on(sent)).why) == ("settled", NEVER_ARRIVED)


@pytest.mark.parametrize("kind", RECEIPTS)
async def test_a_receipt_is_no_answer_and_settles_nothing(miriam: Rep, gmail: Mailbox, kind: str) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="3d")
    before = await last_step(await reminder_on(sent))
    await receipt(sent, kind)
    assert await state_of(sent) == "waiting"
    assert (await last_step(await reminder_on(sent))).id == before.id
