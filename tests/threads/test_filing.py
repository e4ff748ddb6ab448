"""A mail that went out is written down once, with everybody it went to."""

from datetime import timedelta
from typing import Any

import pytest

from app.clock import now
from app.contacts.tables import Contact, DoNotLog
from app.database import together
from app.happenings import MessageSent
from app.threads.asking import ladder, recipients_of, tick
from app.threads.filing import To, file_sent, note_copy
from app.threads.tables import Message, Recipient, Thread
from tests.threads.conftest import OFFER_ID, Desk, outgoing
from tests.threads.mails import ANNA, HENRIK, MIRIAM


async def test_a_sent_mail_makes_its_thread_and_meets_its_contacts(desk: Desk) -> None:
    anna = await Contact.objects().where(Contact.address == ANNA).first()
    thread = await Thread.objects().where(Thread.id == desk.offer.thread).first()

    assert anna is not None
    assert thread is not None
    assert (anna.name, anna.last_activity, anna.workspace) == ("Anna Weber", "sent", desk.miriam.workspace.id)
    assert (thread.subject, thread.provider_thread) == ("Offer 2026", "t1")
    assert (desk.offer.message_id, desk.offer.text) == (OFFER_ID, "Dear Anna, here is the offer.")


async def test_filing_twice_writes_once(desk: Desk, told: list[Any]) -> None:
    again = outgoing(desk.miriam, desk.mailbox, id=desk.offer.id)
    assert (await file_sent(again)).id == desk.offer.id
    assert (await Message.count(), await Recipient.count(), told) == (1, 1, [])


async def test_a_rollback_leaves_nothing(desk: Desk) -> None:
    async def die_after_filing() -> None:
        async with together():
            await file_sent(outgoing(desk.miriam, desk.mailbox, to=[To(HENRIK)]))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await die_after_filing()
    assert not await Contact.exists().where(Contact.address == HENRIK)


async def test_what_is_asked_of_the_reminder_travels_with_the_fact(desk: Desk, told: list[Any]) -> None:
    message = await file_sent(outgoing(desk.miriam, desk.mailbox, reminds="3d"))
    assert told == [MessageSent(message.id, "3d")]


async def test_an_unlogged_mail_keeps_no_words_and_meets_nobody(desk: Desk) -> None:
    message = await file_sent(outgoing(desk.miriam, desk.mailbox, to=[To(HENRIK, "Henrik")], logged=False))
    assert (message.html, message.text, message.logged) == ("", "", False)
    assert not await Contact.exists().where(Contact.address == HENRIK)


async def test_who_is_never_logged_is_not_written_down(desk: Desk) -> None:
    await DoNotLog(workspace=desk.miriam.workspace.id, person=desk.miriam.person.id, pattern="nordsee.example").save()
    message = await file_sent(outgoing(desk.miriam, desk.mailbox, to=[To(HENRIK), To(ANNA)]))

    assert [one.address for one in (await recipients_of([message.id]))[message.id]] == [ANNA]
    assert message.logged
    alone = await file_sent(outgoing(desk.miriam, desk.mailbox, to=[To(HENRIK)]))
    assert (alone.logged, alone.text) == (False, "")


async def test_our_own_addresses_are_nobodys_contact(desk: Desk) -> None:
    await file_sent(outgoing(desk.miriam, desk.mailbox, to=[To(ANNA), To(MIRIAM, kind="cc")]))
    assert not await Contact.exists().where(Contact.address == MIRIAM)


async def test_the_copy_that_appears_late_gives_its_ids(desk: Desk) -> None:
    message = await file_sent(outgoing(desk.miriam, desk.mailbox, provider_id="", provider_thread="", provider_message_id=""))
    await note_copy(message.id, "late", "conversation-7", "<made@prod.example>", now())

    await message.refresh()
    thread = await Thread.objects().where(Thread.id == message.thread).first()
    assert thread is not None
    assert (message.provider_id, message.provider_message_id, thread.provider_thread) == ("late", "<made@prod.example>", "conversation-7")
    assert message.verified_at is not None


async def test_a_name_is_filled_in_and_never_overwritten(desk: Desk) -> None:
    await file_sent(outgoing(desk.miriam, desk.mailbox, to=[To(HENRIK)]))
    await file_sent(outgoing(desk.miriam, desk.mailbox, to=[To(HENRIK.upper(), "Henrik Larsen"), To(ANNA, "Someone Else")]))
    names = await Contact.select(Contact.name).where(Contact.address.is_in([ANNA, HENRIK])).order_by(Contact.address).output(as_list=True)
    assert names == ["Anna Weber", "Henrik Larsen"]


async def test_a_click_implies_an_open(desk: Desk) -> None:
    clicked = now() + timedelta(minutes=1)
    await desk.offer.update_self({Message.clicked_at: clicked})
    assert tick(desk.offer) == "clicked"
    reached = [(step.tick, step.at is not None) for step in ladder(desk.offer)]
    assert reached == [("sent", True), ("opened", True), ("clicked", True), ("replied", False)]
