"""Of a contact nothing is heard: any mail of theirs settles it, and it rings only if every mailbox says that none came."""

from datetime import timedelta

import pytest

from app.clock import later, now
from app.contacts.refusing import stop_logging
from app.contacts.tables import Contact
from app.database import together
from app.errors import Refused
from app.happenings import NOT_OPENED, REGARDLESS, AutoReplyReceived, announce
from app.identity.guarding import Me
from app.identity.tables import OWNER
from app.mailboxes.tables import OUTLOOK, SEND, Mailbox
from app.reminders import ringing
from app.reminders.hearing import remind_of_contact
from app.reminders.letting_go import let_go, take_back
from app.reminders.noting import state
from app.reminders.ringing import ring_due
from app.reminders.snoozing import snooze
from app.reminders.tables import Reminder
from app.threads.receiving import receive
from app.threads.recognising.kinds import AUTO_REPLY
from tests import people
from tests.feed.stage import ANNA, break_down, read_now, received, reply, send
from tests.people import Rep
from tests.reminders.asked import feed_kinds, last_step, story_of
from tests.threads import mails

SOON = timedelta(hours=1, minutes=1)


@pytest.fixture
async def anna(miriam: Rep) -> Contact:
    return await people.contact(miriam.workspace)


@pytest.fixture
async def me(miriam: Rep) -> Me:
    return Me(miriam.person, miriam.workspace, await people.session(miriam), OWNER)


async def again(reminder: Reminder) -> Reminder:
    found = await Reminder.objects().get(Reminder.id == reminder.id)
    assert found is not None
    return found


async def due(*mailboxes: Mailbox) -> None:
    for mailbox in mailboxes:
        await read_now(mailbox)
    await ring_due()


async def test_it_rings_if_nothing_was_heard_and_brings_the_latest_thread_back(me: Me, miriam: Rep, gmail: Mailbox, anna: Contact) -> None:
    await send(miriam, gmail, ANNA, subject="Older")
    with later(timedelta(seconds=5)):
        latest = await send(miriam, gmail, ANNA, subject="Latest")
    reminder = await remind_of_contact(me, anna, "1h")
    with later(SOON):
        await due(gmail)
        await due(gmail)
    rung = await again(reminder)
    assert (state(rung), rung.why, rung.thread, rung.brings) == ("rung", ringing.RANG_UNHEARD, None, latest.thread)
    assert rung.surfaces_at is not None
    assert (await last_step(rung)).values == {"who": "Anna Weber"}
    assert (await feed_kinds(miriam.person.id)).count("rang") == 1


async def test_it_rings_without_any_thread_too(me: Me, miriam: Rep, gmail: Mailbox, anna: Contact) -> None:
    reminder = await remind_of_contact(me, anna, "1h")
    with later(SOON):
        await due(gmail)
        assert (await again(reminder)).surfaces_at is None
        await let_go(reminder)
        await take_back(reminder)
        assert state(await again(reminder)) == "rung"
        await snooze(reminder, miriam.person, "tomorrow")
    assert await feed_kinds(miriam.person.id) == ["rang"]


async def test_any_mail_of_theirs_settles_it_whatever_it_is_about(me: Me, gmail: Mailbox, anna: Contact) -> None:
    reminder = await remind_of_contact(me, anna, "1h")
    with later(timedelta(minutes=5)):
        await receive(gmail, mails.reply("", now(), thread="t77", Subject="Parking at the fair"), imported=False)
    step = await last_step(reminder)
    assert (state(await again(reminder)), step.values, step.examined["matched"]) == ("settled", {"who": "Anna Weber"}, "contact")


async def test_an_answer_in_a_thread_is_heard_too_even_if_its_fact_was_lost(me: Me, miriam: Rep, gmail: Mailbox, anna: Contact) -> None:
    sent = await send(miriam, gmail, ANNA)
    reminder = await remind_of_contact(me, anna, "1h")
    with later(timedelta(minutes=5)):
        await reply(sent)
    with later(SOON):
        await due(gmail)
    assert await story_of(reminder) == ["waiting", "settled"]


async def test_what_they_wrote_before_does_not_count(me: Me, miriam: Rep, gmail: Mailbox, anna: Contact) -> None:
    await reply(await send(miriam, gmail, ANNA))
    with later(timedelta(minutes=5)):
        reminder = await remind_of_contact(me, anna, "1h")
    with later(SOON + timedelta(minutes=5)):
        await due(gmail)
    assert state(await again(reminder)) == "rung"


async def test_every_mailbox_has_to_have_been_read(me: Me, miriam: Rep, gmail: Mailbox, anna: Contact) -> None:
    other = await people.mailbox(miriam, OUTLOOK)
    reminder = await remind_of_contact(me, anna, "1h")
    with later(SOON):
        await break_down(other)
        await due(gmail)
        await due(gmail)
        held = await again(reminder)
        assert (state(held), (await last_step(held)).values) == ("held", {"mailbox": other.address})
    with later(timedelta(hours=2)):
        await due(gmail, other)
    assert await story_of(reminder) == ["waiting", "held", "rung"]


async def test_regardless_rings_although_they_wrote(me: Me, gmail: Mailbox, anna: Contact) -> None:
    reminder = await remind_of_contact(me, anna, "1h", REGARDLESS)
    with later(timedelta(minutes=5)):
        await receive(gmail, mails.reply("", now(), thread="t77", Subject="Parking at the fair"), imported=False)
    with later(SOON):
        await ring_due()
    assert await story_of(reminder) == ["waiting", "waiting", "rung"]


async def test_asking_again_changes_the_one_reminder_of_a_contact(me: Me, anna: Contact) -> None:
    first = await remind_of_contact(me, anna, "1h")
    second = await remind_of_contact(me, anna, "3d")
    assert first.id == second.id
    assert await Reminder.count() == 1


async def test_opens_belong_to_a_mail_and_not_to_a_contact(me: Me, anna: Contact) -> None:
    with pytest.raises(Refused, match="belong to one mail"):
        await remind_of_contact(me, anna, "1h", NOT_OPENED)


async def test_one_that_was_let_go_is_not_taken_back_beside_another(me: Me, anna: Contact) -> None:
    first = await remind_of_contact(me, anna, "1h")
    await let_go(first)
    await remind_of_contact(me, anna, "1h")
    with pytest.raises(Refused, match="another reminder"):
        await take_back(first)


async def test_a_mailbox_that_only_sends_is_told_of_when_it_rings(me: Me, miriam: Rep, gmail: Mailbox, anna: Contact) -> None:
    await people.mailbox(miriam, OUTLOOK, rights=[SEND], synced_at=None)
    reminder = await remind_of_contact(me, anna, "1h")
    with later(SOON):
        await due(gmail)
    assert (await again(reminder)).why == ringing.RANG_PARTLY_UNHEARD


async def test_without_any_mailbox_that_can_be_read_it_says_so(me: Me, anna: Contact) -> None:
    reminder = await remind_of_contact(me, anna, "1h")
    with later(SOON):
        await ring_due()
    assert (await again(reminder)).why == ringing.RANG_BLIND


async def test_whom_the_rep_never_logs_can_not_be_waited_for(me: Me, gmail: Mailbox, anna: Contact) -> None:
    await remind_of_contact(me, anna, "1h")
    await stop_logging(me, anna.address)
    assert not await Reminder.exists()
    kept = await people.contact(me.workspace, "Anna Weber", "anna@alpenblick.example")
    with pytest.raises(Refused, match="never-log list"):
        await remind_of_contact(me, kept, "1h")


async def test_a_machine_that_says_when_they_are_back_moves_it(me: Me, miriam: Rep, gmail: Mailbox, anna: Contact) -> None:
    sent = await send(miriam, gmail, ANNA)
    reminder = await remind_of_contact(me, anna, "1h")
    back_on = (now() + timedelta(days=9)).date()
    async with together():
        answer = await received(sent, AUTO_REPLY, ANNA, "I am away.")
        await announce(AutoReplyReceived(answer.id, sent.id, back_on))
    moved = await again(reminder)
    assert moved.due_at.date() > back_on
    assert state(moved) == "waiting"
