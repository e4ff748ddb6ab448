"""The never-log list reaches back, and says beforehand how far."""

from datetime import timedelta
from typing import Any

from app.clock import now
from app.contacts.refusing import stop_logging
from app.contacts.tables import Contact
from app.identity.guarding import Me
from app.identity.tables import OWNER
from app.threads.filing import To, file_sent
from app.threads.forgetting import preview
from app.threads.receiving import receive
from app.threads.tables import Message, Recipient, Thread
from tests import people
from tests.threads import mails
from tests.threads.conftest import OFFER_ID, Desk, outgoing
from tests.threads.mails import ANNA, HENRIK


async def me(desk: Desk) -> Me:
    return Me(desk.miriam.person, desk.miriam.workspace, await people.session(desk.miriam), OWNER)


async def test_the_preview_counts_what_is_then_removed(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply(OFFER_ID, now()), imported=False)
    await file_sent(outgoing(desk.miriam, desk.mailbox, to=[To(HENRIK)], provider_thread="t2"))
    miriam = await me(desk)

    removal = await preview(miriam, "alpenblick.example")
    await stop_logging(miriam, "@Alpenblick.example ")

    assert (removal.messages, removal.contacts) == (2, ["Anna Weber"])
    assert (await Message.count(), await Thread.count()) == (1, 1)
    assert await Contact.select(Contact.address).output(as_list=True) == [HENRIK]


async def test_a_mail_that_also_went_to_others_stays_without_them(desk: Desk, told: list[Any]) -> None:
    both = await file_sent(outgoing(desk.miriam, desk.mailbox, to=[To(ANNA), To(HENRIK)]))
    await stop_logging(await me(desk), ANNA)
    left = await Recipient.select(Recipient.address).where(Recipient.message == both.id).output(as_list=True)
    assert left == [HENRIK]


async def test_a_subdomain_is_meant_and_a_longer_name_is_not(desk: Desk, told: list[Any]) -> None:
    await file_sent(outgoing(desk.miriam, desk.mailbox, to=[To("a@shop.nordsee.example")]))
    await file_sent(outgoing(desk.miriam, desk.mailbox, to=[To("b@notnordsee.example")]))
    assert (await preview(await me(desk), "nordsee.example")).messages == 1


async def test_a_bounce_of_a_forgotten_mail_goes_with_it(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.bounce_in_words(OFFER_ID, now()), imported=False)
    await stop_logging(await me(desk), ANNA)
    assert (await Message.count(), await Thread.count()) == (0, 0)


async def test_a_contact_somebody_edited_stays(desk: Desk, told: list[Any]) -> None:
    await Contact.update({Contact.edited_at: now()}).where(Contact.address == ANNA)
    await stop_logging(await me(desk), ANNA)
    assert await Contact.exists().where(Contact.address == ANNA)


async def test_a_colleagues_mail_stays(desk: Desk, told: list[Any]) -> None:
    robin = await people.rep("Robin", "robin@brueckner.example", desk.miriam.workspace)
    his = await people.mailbox(robin, address="robin@brueckner.example")
    await file_sent(outgoing(robin, his))
    await stop_logging(await me(desk), ANNA)
    assert await Message.count() == 1
    assert await Contact.exists().where(Contact.address == ANNA)


async def test_an_answer_from_somebody_never_logged_leaves_no_words_but_counts(desk: Desk, told: list[Any]) -> None:
    await desk.offer.update_self({Message.at: now() - timedelta(hours=2)})
    miriam = await me(desk)
    await stop_logging(miriam, ANNA)
    message = await file_sent(outgoing(desk.miriam, desk.mailbox))
    await receive(desk.mailbox, mails.reply(OFFER_ID, now()), imported=False)

    await message.refresh()
    answer = await Message.objects().where(Message.answers == message.id).first()
    assert answer is not None
    assert message.replied_at is not None
    assert (answer.sender, answer.text, answer.subject, answer.logged) == ("", "", "", False)
