"""What came out of a mailbox can be removed, counted first; what was sent from here stays, with what answers it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from app import happenings, reactions
from app.clock import now
from app.contacts.tables import Contact
from app.database import rows
from app.feed.tables import Activity
from app.mailboxes.tables import Cursor, Mailbox, SetAside, ToImport
from app.threads.receiving import receive
from app.threads.removing import preview, remove_history
from app.threads.tables import Message, Thread
from tests.threads.conftest import OFFER_ID, Desk
from tests.threads.mails import ANNA, HENRIK, reply, sent_copy

PHONE = "<phone-1@icloud.example>"


@pytest.fixture
def wired() -> Iterator[None]:
    """Everything follows from everything, as in the app."""
    before = dict(happenings._reactions)
    reactions.wire()
    yield
    happenings._reactions.clear()
    happenings._reactions.update(before)


@pytest.fixture
async def lived(desk: Desk, wired: None) -> Desk:
    """An offer sent from here and answered; a mail from the phone to Henrik, answered too; both told in the feed."""
    await receive(desk.mailbox, reply(OFFER_ID, now()), False)
    await receive(desk.mailbox, sent_copy(now(), to=f"Henrik <{HENRIK}>", thread="t2"), False)
    await receive(desk.mailbox, reply(PHONE, now(), who=f"Henrik <{HENRIK}>", thread="t2", Message_ID="<h@nordsee.example>"), False)
    return desk


async def told_of() -> int:
    return int((await rows("SELECT count(*) AS n FROM activity WHERE message IS NOT NULL"))[0]["n"])


async def test_the_count_comes_first_and_is_what_goes(lived: Desk) -> None:
    count = await preview(lived.mailbox, everything=False)

    number = await remove_history(lived.mailbox, everything=False)

    assert (count.messages, list(count.contacts), count.stay) == (number, ["Henrik"], 2)
    assert number == 2


async def test_what_was_sent_from_here_stays_with_its_answer(lived: Desk) -> None:
    await remove_history(lived.mailbox, everything=False)

    assert sorted(message.message_id for message in await Message.objects()) == [OFFER_ID, "<reply-1@alpenblick.example>"]
    assert [contact.address for contact in await Contact.objects()] == [ANNA]
    assert await Thread.count() == 1
    assert await Activity.count().where(Activity.message.is_not_null()) == await told_of() > 0


async def test_everything_goes_if_that_is_wanted(lived: Desk) -> None:
    await remove_history(lived.mailbox, everything=True)

    assert (await Message.count(), await Thread.count(), await Contact.count(), await told_of()) == (0, 0, 0, 0)
    assert await Mailbox.count() == 1


async def test_a_contact_with_a_word_by_hand_stays(lived: Desk) -> None:
    await Contact.update({Contact.edited_at: now()}).where(Contact.address == HENRIK)

    assert list((await preview(lived.mailbox, everything=True)).contacts) == ["Anna Weber"]


async def test_other_mailboxes_are_left_alone(lived: Desk) -> None:
    other = Mailbox(
        workspace=lived.mailbox.workspace, person=lived.mailbox.person, provider="outlook", address="m@x.example", account="1", rights=["read"],
        connected_at=now() - timedelta(days=1),
    )  # fmt: skip
    await other.save()
    await receive(other, sent_copy(now(), message_id="<other@x.example>", to=f"Henrik <{HENRIK}>", thread="t9"), False)

    await remove_history(lived.mailbox, everything=True)

    assert [message.message_id for message in await Message.objects()] == ["<other@x.example>"]
    assert [contact.address for contact in await Contact.objects()] == [HENRIK]


async def test_an_import_under_way_is_called_off_and_nothing_comes_back_by_itself(lived: Desk) -> None:
    box = lived.mailbox
    await box.update_self({Mailbox.imported_at: None})
    await ToImport(workspace=box.workspace, mailbox=box.id, place=1, thread="t", provider_id="p").save()
    await Cursor(workspace=box.workspace, mailbox=box.id, folder="import", value="listed").save()
    await SetAside(workspace=box.workspace, mailbox=box.id, provider_id="broken", tries=3, why="…").save()

    await remove_history(box, everything=False)

    after = await Mailbox.objects().get(Mailbox.id == box.id)
    assert after is not None
    assert (after.imported_at, after.import_stopped_at is None) == (None, False)
    assert (await ToImport.count(), await Cursor.count(), await SetAside.count()) == (0, 0, 0)
