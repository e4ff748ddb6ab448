"""The note on top of the inbox: put there once, cleared when it is over, whatever dies in between."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from app.clock import later, now
from app.contacts.tables import Contact
from app.errors import ReconnectNeeded, RetryLater, Unanswered
from app.happenings import OPENED_NO_REPLY
from app.identity.guarding import Me
from app.identity.tables import OWNER
from app.mailboxes.providers.base import Note, Provider
from app.mailboxes.tables import Mailbox
from app.reminders.hearing import remind_of_contact
from app.reminders.letting_go import let_go
from app.reminders.ringing import ring_due
from app.reminders.snoozing import snooze
from app.reminders.surfacing import surface_due
from app.threads.tables import Message
from app.tracking.tables import MACHINE, PERSON
from tests import people
from tests.feed.stage import ANNA, hit, judge_again, read_now, reply, send
from tests.people import Rep
from tests.reminders.asked import reminder_on, story_of

SOON = timedelta(hours=1, minutes=1)
AFTER_THE_CLAIM = SOON + timedelta(minutes=11)


class Killed(BaseException):
    """kill -9."""


@dataclass
class Inbox:
    """A provider in memory; `fails` are raised in turn, before or after the work is done."""

    notes: dict[str, Note] = field(default_factory=dict)
    put: int = 0
    before: list[BaseException] = field(default_factory=list)
    after: list[BaseException] = field(default_factory=list)

    async def surface(self, note: Note) -> str:
        self.fail(self.before)
        self.put += note.message_id not in self.notes
        self.notes[note.message_id] = note
        self.fail(self.after)
        return note.message_id

    async def clear(self, note_id: str) -> None:
        self.fail(self.before)
        self.notes.pop(note_id, None)
        self.fail(self.after)

    def fail(self, errors: list[BaseException]) -> None:
        if errors:
            raise errors.pop(0)

    async def open(self, _: Mailbox) -> Provider:
        return self  # type: ignore[return-value]


@pytest.fixture
async def rung(miriam: Rep, gmail: Mailbox) -> Message:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(SOON):
        await read_now(gmail)
        await ring_due()
    return sent


async def test_a_rung_thread_is_brought_back_on_top_once(rung: Message) -> None:
    inbox = Inbox()
    with later(SOON):
        await surface_due(inbox.open)
        await surface_due(inbox.open)
    (note,) = inbox.notes.values()
    assert inbox.put == 1
    assert note.refers_to == rung.message_id
    assert "Nobody has answered" in note.text
    assert await story_of(await reminder_on(rung)) == ["waiting", "rung", "surfaced"]


async def test_the_note_speaks_the_reps_language(miriam: Rep, rung: Message) -> None:
    inbox = Inbox()
    await miriam.person.update_self({"locale": "de"})
    with later(SOON):
        await surface_due(inbox.open)
    (note,) = inbox.notes.values()
    assert note.subject == "Offer 2026"


@pytest.mark.parametrize("act", ["done", "snoozed", "answered"])
async def test_the_note_is_cleared_when_it_is_over(miriam: Rep, rung: Message, act: str) -> None:
    inbox = Inbox()
    with later(SOON):
        await surface_due(inbox.open)
        await over(miriam, rung, act)
        await surface_due(inbox.open)
    assert inbox.notes == {}
    assert (await reminder_on(rung)).note_id == ""


async def over(miriam: Rep, rung: Message, act: str) -> None:
    if act == "done":
        await let_go(await reminder_on(rung))
    elif act == "snoozed":
        await snooze(await reminder_on(rung), miriam.person, "tomorrow")
    else:
        await reply(rung)


async def test_what_is_over_before_it_surfaces_never_does(rung: Message) -> None:
    inbox = Inbox()
    await let_go(await reminder_on(rung))
    with later(AFTER_THE_CLAIM):
        await surface_due(inbox.open)
    assert inbox.put == 0


async def test_a_snoozed_one_surfaces_anew_when_it_rings_again(miriam: Rep, gmail: Mailbox, rung: Message) -> None:
    inbox = Inbox()
    with later(SOON):
        await surface_due(inbox.open)
        await snooze(await reminder_on(rung), miriam.person, "tomorrow")
    with later(timedelta(days=2)):
        await read_now(gmail)
        await ring_due()
        await surface_due(inbox.open)
    assert (len(inbox.notes), inbox.put) == (1, 2)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_worker_killed_around_the_request_leaves_one_note(rung: Message, when: str) -> None:
    inbox = Inbox(**{when: [Killed()]})
    with later(SOON), pytest.raises(Killed):
        await surface_due(inbox.open)
    with later(SOON):
        await surface_due(inbox.open)
    with later(AFTER_THE_CLAIM):
        await surface_due(inbox.open)
    assert (len(inbox.notes), inbox.put) == (1, 1)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_while_surfacing_and_then_let_go_leaves_no_note(rung: Message, when: str) -> None:
    inbox = Inbox(**{when: [Killed()]})
    with later(SOON), pytest.raises(Killed):
        await surface_due(inbox.open)
    await let_go(await reminder_on(rung))
    with later(AFTER_THE_CLAIM):
        await surface_due(inbox.open)
    assert inbox.notes == {}


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_while_clearing_the_note_goes_all_the_same(rung: Message, when: str) -> None:
    inbox = Inbox()
    with later(SOON):
        await surface_due(inbox.open)
        await let_go(await reminder_on(rung))
        getattr(inbox, when).append(Killed())
        with pytest.raises(Killed):
            await surface_due(inbox.open)
    with later(AFTER_THE_CLAIM):
        await surface_due(inbox.open)
    assert inbox.notes == {}


@pytest.mark.parametrize("error", [RetryLater("Busy."), Unanswered("No answer.")])
async def test_a_busy_provider_is_asked_again_later(rung: Message, error: BaseException) -> None:
    inbox = Inbox(after=[error])
    with later(SOON):
        await surface_due(inbox.open)
    with later(AFTER_THE_CLAIM):
        await surface_due(inbox.open)
    assert (len(inbox.notes), inbox.put) == (1, 1)


async def test_a_provider_that_refuses_is_told_in_the_story(rung: Message) -> None:
    inbox = Inbox(before=[ReconnectNeeded("The grant is gone. Connect the mailbox again.")])
    with later(SOON):
        await surface_due(inbox.open)
    reminder = await reminder_on(rung)
    assert reminder.why == "The grant is gone. Connect the mailbox again."
    assert reminder.surfaces_at is None


async def test_a_contact_s_latest_thread_is_brought_back_and_let_go_again(miriam: Rep, gmail: Mailbox) -> None:
    inbox = Inbox()
    latest = await send(miriam, gmail, ANNA, subject="Offer 2027")
    anna = await Contact.objects().where(Contact.address == ANNA.address).first()
    assert anna is not None
    reminder = await remind_of_contact(Me(miriam.person, miriam.workspace, await people.session(miriam), OWNER), anna, "1h")
    with later(SOON):
        await read_now(gmail)
        await ring_due()
        await surface_due(inbox.open)
    (note,) = inbox.notes.values()
    assert note.refers_to == latest.message_id
    assert "Nothing has been heard from Anna Weber" in note.text
    assert f"/reminders/{reminder.id}" in note.text
    await let_go(reminder)
    with later(SOON):
        await surface_due(inbox.open)
    assert inbox.notes == {}


async def test_what_rang_because_of_an_open_that_was_none_leaves_the_inbox(miriam: Rep, gmail: Mailbox) -> None:
    inbox = Inbox()
    sent = await send(miriam, gmail, ANNA, reminds="1h", reminds_if=OPENED_NO_REPLY)
    await Message.update({Message.opened_at: now()}).where(Message.id == sent.id)
    opened = await hit(sent)
    with later(SOON):
        await read_now(gmail)
        await ring_due()
        await surface_due(inbox.open)
        assert len(inbox.notes) == 1
        await Message.update({Message.opened_at: None}).where(Message.id == sent.id)
        await judge_again(sent, opened, PERSON, MACHINE)
        await surface_due(inbox.open)
    assert inbox.notes == {}
