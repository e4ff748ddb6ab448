"""Snoozed until they open it: back when a person opens the mail, or at the horizon; never for a machine."""

from datetime import timedelta

import pytest

from app.clock import later, now
from app.contacts import consent
from app.contacts.tables import Contact
from app.database import rows
from app.errors import Refused
from app.identity.tables import Person
from app.identity.working import calendar_of
from app.mailboxes.tables import Mailbox
from app.reminders.awaiting_opens import HORIZON, NOT_OPENED, NOT_TO_BE_SEEN, OPENED, snooze_until_opened
from app.reminders.ringing import ring_due
from app.reminders.snoozing import snooze
from app.threads.recognising.kinds import READ_RECEIPT
from app.threads.tables import Message
from app.tracking.tables import CLICK, MACHINE, PERSON
from tests.feed.stage import ANNA, break_down, hit, judge_again, read_now, receipt, reply, send
from tests.people import Rep
from tests.reminders.asked import last_step, reminder_on, state_of, story_of
from tests.visitor import Visitor

FRAGMENT = {"hx-request": "true"}
LATER = timedelta(hours=2)


@pytest.fixture
async def resting(miriam: Rep, gmail: Mailbox) -> Message:
    """It rang, and Miriam snoozed it until Anna opens the mail."""
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(LATER):
        await read_now(gmail)
        await ring_due()
        await snooze_until_opened(await reminder_on(sent), miriam.person)
    assert await state_of(sent) == "snoozed"
    return sent


async def ring(gmail: Mailbox) -> None:
    await read_now(gmail)
    await ring_due()


async def test_it_rings_when_a_person_opens_the_mail(gmail: Mailbox, resting: Message) -> None:
    with later(LATER * 2):
        await ring(gmail)
        assert await state_of(resting) == "snoozed"
        await hit(resting)
        await ring(gmail)

    assert await state_of(resting) == "rung"
    assert (await story_of(await reminder_on(resting)))[-3:] == ["snoozed", "waiting", "rung"]


async def test_who_wants_reminders_in_working_time_gets_it_then(miriam: Rep, gmail: Mailbox) -> None:
    await miriam.person.update_self({Person.rings_at_work: True})
    sunday = timedelta(days=(6 - now().weekday()) % 7 + 7)
    with later(sunday):
        sent = await send(miriam, gmail, ANNA, reminds="3d")
        await snooze_until_opened(await reminder_on(sent), miriam.person)
        with later(timedelta(minutes=1)):
            await hit(sent)
    reminder = await reminder_on(sent)
    assert reminder.due_at > now() + sunday + timedelta(hours=3)
    assert calendar_of(miriam.person).is_working(reminder.due_at)


async def test_who_clicks_has_opened(gmail: Mailbox, resting: Message) -> None:
    with later(LATER * 2):
        await hit(resting, kind=CLICK)
        await ring(gmail)
    assert await state_of(resting) == "rung"


async def test_a_read_receipt_says_so_too(gmail: Mailbox, resting: Message) -> None:
    with later(LATER * 2):
        await receipt(resting, READ_RECEIPT)
        await ring(gmail)
    assert await state_of(resting) == "rung"


async def test_a_machine_brings_nothing_back(gmail: Mailbox, resting: Message) -> None:
    with later(LATER * 2):
        await hit(resting, MACHINE)
        await ring(gmail)
    assert await state_of(resting) == "snoozed"


async def test_an_open_from_before_the_snooze_does_not_count(gmail: Mailbox, resting: Message) -> None:
    with later(LATER * 2):
        await hit(resting, at=now() - timedelta(hours=3))
        await ring(gmail)
    assert await state_of(resting) == "snoozed"


async def test_although_nobody_ever_opens_it_it_is_back_after_four_weeks(gmail: Mailbox, resting: Message) -> None:
    with later(LATER + HORIZON - timedelta(hours=2)):
        await ring(gmail)
        assert await state_of(resting) == "snoozed"
    with later(LATER + HORIZON + timedelta(hours=2)):
        await ring(gmail)
    assert await state_of(resting) == "rung"


async def test_an_open_alone_never_rings_while_replies_can_not_be_seen(gmail: Mailbox, resting: Message) -> None:
    with later(LATER * 2):
        await break_down(gmail)
        await hit(resting)
        await ring_due()
    assert await state_of(resting) == "held"


async def test_who_answers_settles_it_although_they_open_it_then(gmail: Mailbox, resting: Message) -> None:
    with later(LATER * 2):
        await reply(resting)
        await hit(resting)
        await ring(gmail)
    assert await state_of(resting) == "settled"


async def test_a_verdict_taken_back_takes_the_ringing_back(gmail: Mailbox, resting: Message) -> None:
    with later(LATER * 2):
        opened = await hit(resting)
        await ring(gmail)
        await judge_again(resting, opened, PERSON, MACHINE)
        await ring(gmail)
        reminder = await reminder_on(resting)
        assert (await state_of(resting), reminder.why) == ("snoozed", NOT_OPENED)

        await hit(resting, at=now() + timedelta(minutes=1))
        await ring(gmail)
    assert await state_of(resting) == "rung"


async def test_a_verdict_taken_back_changes_nothing_that_the_rep_did_since(miriam: Rep, gmail: Mailbox, resting: Message) -> None:
    with later(LATER * 2):
        opened = await hit(resting)
        await ring(gmail)
        await snooze(await reminder_on(resting), miriam.person, "tomorrow")
        due = (await reminder_on(resting)).due_at
        await judge_again(resting, opened, PERSON, MACHINE)
    assert (await reminder_on(resting)).due_at == due
    assert (await last_step(await reminder_on(resting))).what == "snoozed"


async def test_a_machine_s_hit_that_was_a_person_s_after_all_brings_it_back(gmail: Mailbox, resting: Message) -> None:
    with later(LATER * 2):
        touched = await hit(resting, MACHINE)
        await judge_again(resting, touched, MACHINE, PERSON)
        assert (await reminder_on(resting)).why == OPENED


async def test_of_a_mail_written_since_the_open_counts(miriam: Rep, gmail: Mailbox, resting: Message) -> None:
    with later(LATER * 2):
        newer = await send(miriam, gmail, ANNA, thread=resting.thread)
        await hit(resting)
        assert await state_of(resting) == "snoozed"
        await hit(newer)
        await ring(gmail)
    assert await state_of(resting) == "rung"


async def test_who_refuses_to_be_tracked_is_not_waited_for_in_vain(gmail: Mailbox, resting: Message) -> None:
    anna = await Contact.objects().where(Contact.address == ANNA.address).first()
    assert anna is not None
    with later(LATER * 2):
        await consent.refuse(anna, "said so", None)
        assert (await reminder_on(resting)).why == NOT_TO_BE_SEEN
        await ring(gmail)
    assert await state_of(resting) == "rung"


async def test_it_is_offered_only_where_an_open_can_be_known(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    await send(miriam, gmail, ANNA, subject="Not tracked", reminds="3d", opens_tracked=False)
    assert "Until they open it" not in (await browser.get("/reminders")).text
    tracked = await send(miriam, gmail, ANNA, subject="Tracked", reminds="3d")
    assert "Until they open it" in (await browser.get("/reminders")).text
    await rows("INSERT INTO silence (id, workspace, since) VALUES ($1, $2, now())", tracked.id, tracked.workspace)
    assert "Until they open it" not in (await browser.get("/reminders")).text


async def test_a_mail_that_is_not_tracked_is_refused_with_a_reason(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="3d", opens_tracked=False)
    with pytest.raises(Refused, match="can't be seen"):
        await snooze_until_opened(await reminder_on(sent), miriam.person)
    assert await state_of(sent) == "waiting"


async def test_the_row_says_what_it_waits_for(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="3d")
    answer = await browser.post(f"/reminders/{(await reminder_on(sent)).id}/snooze", {"until": "opened"}, **FRAGMENT)
    assert "Snoozed until they open it, or until" in answer.text
    page = (await browser.get("/reminders?state=snoozed")).text
    assert "Snoozed until they open it, or until" in page
    assert "when opened" in page
