"""How a thread comes back is its person's choice: a note on top only if they want one, also for what rings already."""

import pytest

from app.attention.choosing import choose_return
from app.attention.tables import Attention
from app.clock import later
from app.errors import Refused
from app.identity.guarding import Me
from app.identity.tables import OWNER
from app.mailboxes.providers.base import Note
from app.mailboxes.tables import Mailbox
from app.notifications.tables import Delivery
from app.reminders.ringing import ring_due
from app.reminders.surfacing import surface_due
from app.threads.tables import Message
from tests import people
from tests.feed.stage import ANNA, read_now, send
from tests.people import Rep
from tests.reminders.asked import reminder_on
from tests.reminders.test_surfacing import SOON, Inbox


@pytest.fixture
async def me(miriam: Rep) -> Me:
    return Me(miriam.person, miriam.workspace, await people.session(miriam), OWNER)


async def ringing(miriam: Rep, gmail: Mailbox, inbox: Inbox) -> Message:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(SOON):
        await read_now(gmail)
        await ring_due()
        await surface_due(inbox.open)
    return sent


async def test_who_wants_the_digest_alone_gets_neither_note_nor_notification(me: Me, miriam: Rep, gmail: Mailbox) -> None:
    await Attention(person=miriam.person.id, mail=["reminders"]).save()
    await choose_return(me, inbox=False, notification=False, digest=True)
    inbox = Inbox()
    sent = await ringing(miriam, gmail, inbox)
    assert (await reminder_on(sent)).rang_at
    assert inbox.put == 0
    assert await Delivery.count() == 0


async def test_taking_the_inbox_out_of_the_choice_takes_notes_away_and_back_again(me: Me, miriam: Rep, gmail: Mailbox) -> None:
    inbox = Inbox()
    sent = await ringing(miriam, gmail, inbox)
    assert len(inbox.notes) == 1
    with later(SOON):
        await choose_return(me, inbox=False, notification=True, digest=False)
        await surface_due(inbox.open)
        assert inbox.notes == {}
        assert (await reminder_on(sent)).note_id == ""
        await choose_return(me, inbox=True, notification=True, digest=False)
        await surface_due(inbox.open)
    assert (len(inbox.notes), inbox.put) == (1, 2)


async def test_a_choice_that_is_taken_back_while_the_note_goes_out_leaves_none(me: Me, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    inbox = Inbox()

    class Changing(Inbox):
        async def surface(self, note: Note) -> str:
            await choose_return(me, inbox=False, notification=True, digest=False)
            return await inbox.surface(note)

    with later(SOON):
        await read_now(gmail)
        await ring_due()
        await surface_due(Changing().open)
        await surface_due(inbox.open)
    assert inbox.notes == {}
    assert (await reminder_on(sent)).note_id == ""


async def test_a_thread_has_to_come_back_somehow(me: Me) -> None:
    with pytest.raises(Refused):
        await choose_return(me, inbox=False, notification=False, digest=False)
