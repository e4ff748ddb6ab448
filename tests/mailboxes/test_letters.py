"""A letter from Nachfass to its own person: put into their inbox once, never sent, whatever dies in between."""

from datetime import timedelta

import pytest

from app.clock import later
from app.database import together
from app.errors import ReconnectNeeded, RetryLater, Unanswered
from app.identity.guarding import Me
from app.mailboxes import letters
from app.mailboxes.letters import CLAIM_LASTS, NO_HOME, home_of, put_letters_due, write_home
from app.mailboxes.providers.base import NOTE_HEADER, Note
from app.mailboxes.syncing import sync_due
from app.mailboxes.tables import GMAIL, OUTLOOK, SEND, SEND_TIER, Letter, Mailbox
from app.threads.receiving import receive
from app.threads.tables import Message
from tests import people
from tests.mailboxes.conftest import ADDRESSES, Connect, Strings

BOTH = pytest.mark.parametrize("provider", [GMAIL, OUTLOOK])


class Killed(BaseException):
    """kill -9."""


class Inbox:
    """A provider in memory; `after` is raised once, when the work is done."""

    def __init__(self, before: BaseException | None = None, after: BaseException | None = None) -> None:
        self.notes: list[Note] = []
        self.before, self.after = before, after

    async def surface(self, note: Note) -> str:
        self.before, error = None, self.before
        if error:
            raise error
        if note.message_id not in [one.message_id for one in self.notes]:
            self.notes.append(note)
        self.after, error = None, self.after
        if error:
            raise error
        return note.message_id


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Inbox:
    there = Inbox()

    async def opened(_: Mailbox) -> Inbox:
        return there

    monkeypatch.setattr(letters, "open_mailbox", opened)
    return there


async def a_mailbox(me: Me, provider: str = GMAIL, **columns: object) -> Mailbox:
    return await people.mailbox(people.Rep(me.person, me.workspace), provider, tokens=b"sealed", **columns)


async def write(me: Me, key: str = "digest 2026-03-09") -> bool:
    return await write_home(me.person.id, me.workspace.id, "Heute dran", "Zwei warten.", "<p>Zwei <b>warten</b>.</p>", key=key)


async def the_letter() -> Letter:
    (found,) = await Letter.objects().output(load_json=True)
    return found  # type: ignore[no-any-return]


@BOTH
async def test_it_lies_unread_in_the_inbox_and_nowhere_else(miriam: Me, connect: Connect, strings: Strings, provider: str) -> None:
    mailbox = await connect(miriam, provider)

    await write(miriam)
    await put_letters_due()

    (there,) = await strings.copies(ADDRESSES[provider], "inbox")
    assert (there["subject"], there["read"], there["draft"]) == ("Heute dran", False, False)
    assert "<b>warten</b>" in there["html"]
    assert NOTE_HEADER.lower() in {name.lower() for name, _ in there["headers"]}
    assert await strings.copies(ADDRESSES[provider], "sent") == []
    assert (await the_letter()).put_at
    assert (await the_letter()).mailbox == mailbox.id


@BOTH
async def test_our_own_sync_takes_no_notice_of_it(miriam: Me, connect: Connect, provider: str) -> None:
    await connect(miriam, provider)
    await sync_due(receive)
    await write(miriam)
    await put_letters_due()
    await Mailbox.update({Mailbox.due_at: miriam.person.created_at}, force=True)
    await sync_due(receive)
    assert await Message.count() == 0


async def test_the_same_key_twice_is_one_letter(miriam: Me, inbox: Inbox) -> None:
    await a_mailbox(miriam)
    assert (await write(miriam), await write(miriam)) == (True, False)
    await put_letters_due()
    assert not await write(miriam)
    await put_letters_due()
    assert len(inbox.notes) == 1


async def test_what_is_rolled_back_was_never_written(miriam: Me) -> None:
    async def roll_back() -> None:
        async with together():
            await write(miriam)
            raise Killed

    with pytest.raises(Killed):
        await roll_back()
    assert await Letter.count() == 0


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_worker_killed_around_the_request_leaves_one_letter(miriam: Me, inbox: Inbox, when: str) -> None:
    await a_mailbox(miriam)
    await write(miriam)
    setattr(inbox, when, Killed())
    with pytest.raises(Killed):
        await put_letters_due()
    assert await put_letters_due() == 0
    with later(CLAIM_LASTS + timedelta(seconds=1)):
        await put_letters_due()
    assert len(inbox.notes) == 1
    assert (await the_letter()).put_at


@pytest.mark.parametrize("error", [RetryLater("Busy."), Unanswered("No answer."), ReconnectNeeded("Gone.")])
async def test_it_is_tried_again_with_a_reason_and_is_there_once(miriam: Me, inbox: Inbox, error: RetryLater) -> None:
    await a_mailbox(miriam)
    await write(miriam)
    setattr(inbox, "after" if isinstance(error, Unanswered) else "before", error)
    await put_letters_due()
    assert (await the_letter()).problem == error.sentence
    with later(CLAIM_LASTS + timedelta(seconds=1)):
        await put_letters_due()
    assert (await the_letter()).problem == ""
    assert len(inbox.notes) == 1


async def test_its_words_are_not_kept_once_it_is_there(miriam: Me, inbox: Inbox) -> None:
    await a_mailbox(miriam)
    await write(miriam)
    await put_letters_due()
    letter = await the_letter()
    assert (letter.text, letter.html) == ("", "")


async def test_who_may_only_send_gets_none_and_it_says_so(miriam: Me, inbox: Inbox) -> None:
    await a_mailbox(miriam, GMAIL, rights=[SEND], tier=SEND_TIER)
    await write(miriam)
    await put_letters_due()
    assert await home_of(miriam.person.id, miriam.workspace.id) is None
    assert (await the_letter()).problem == NO_HOME
    with later(timedelta(days=1, hours=1)):
        await put_letters_due()
    assert (await the_letter()).due_at is None
    assert inbox.notes == []


async def test_it_goes_to_the_mailbox_that_works(miriam: Me, inbox: Inbox) -> None:
    await a_mailbox(miriam, GMAIL, broken_at=miriam.person.created_at)
    works = await a_mailbox(miriam, OUTLOOK)
    await write(miriam)
    await put_letters_due()
    assert (await the_letter()).mailbox == works.id
