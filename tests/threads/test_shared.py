"""A conversation that lies in two mailboxes is one for whoever looks at it, and shows each what came to them."""

from datetime import timedelta
from typing import Any

import pytest

from app.clock import now
from app.contacts.tables import Contact
from app.errors import NotHere
from app.happenings import ReplyReceived
from app.identity.guarding import Me
from app.identity.tables import REP
from app.mailboxes.tables import OUTLOOK, Mailbox
from app.threads.asking import messages_of, thread_of
from app.threads.receiving import receive
from app.threads.tables import Message, Thread
from tests import people
from tests.threads.conftest import OFFER_ID, Desk
from tests.threads.mails import ANNA, MIRIAM, reply, sent_copy

ROBIN = "robin@brueckner.example"
BOTH_OF_US = {"Cc": ROBIN}


async def me(rep: people.Rep) -> Me:
    return Me(rep.person, rep.workspace, await people.session(rep), REP)


@pytest.fixture
async def robin(desk: Desk) -> people.Rep:
    return await people.rep("Robin Vogt", ROBIN, desk.miriam.workspace)


@pytest.fixture
async def robins(robin: people.Rep) -> Mailbox:
    return await people.mailbox(robin, address=ROBIN, connected_at=now() - timedelta(days=2))


async def test_two_mailboxes_of_one_person_hold_one_mail(desk: Desk, told: list[Any]) -> None:
    second = await people.mailbox(desk.miriam, OUTLOOK, connected_at=now() - timedelta(days=2))
    answer = reply(OFFER_ID, now())

    first = await receive(desk.mailbox, answer, False)
    again = await receive(second, answer, False)

    assert (first, again) == (True, False)
    assert [type(fact) for fact in told] == [ReplyReceived]
    assert (await Thread.count(), await Message.count()) == (1, 2)


async def test_what_was_sent_from_a_phone_counts_once_though_two_mailboxes_show_it(desk: Desk, told: list[Any]) -> None:
    second = await people.mailbox(desk.miriam, OUTLOOK, connected_at=now() - timedelta(days=2))
    copy = sent_copy(now(), thread="t2")

    assert await receive(desk.mailbox, copy, False)
    assert not await receive(second, copy, False)


async def test_colleagues_share_a_thread_and_each_sees_what_came_to_them(desk: Desk, robin: people.Rep, robins: Mailbox, told: list[Any]) -> None:
    answer = reply(OFFER_ID, now(), Cc=ROBIN)
    await receive(desk.mailbox, answer, False)
    await receive(robins, answer, False)
    await receive(desk.mailbox, reply(OFFER_ID, now(), Message_ID="<only-for-miriam@alpenblick.example>"), False)

    seen = await messages_of(await thread_of(await me(robin), desk.offer.thread))

    assert [message.message_id for message in seen] == ["<reply-1@alpenblick.example>"]
    assert len(await messages_of(await thread_of(await me(desk.miriam), desk.offer.thread))) == 3


async def test_a_colleague_who_was_not_written_to_has_no_such_thread(desk: Desk, robin: people.Rep, robins: Mailbox) -> None:
    await receive(desk.mailbox, reply(OFFER_ID, now()), False)

    with pytest.raises(NotHere):
        await thread_of(await me(robin), desk.offer.thread)


async def test_what_a_colleague_writes_into_our_conversation_is_part_of_it(desk: Desk, robins: Mailbox, told: list[Any]) -> None:
    await receive(desk.mailbox, reply(OFFER_ID, now()), False)
    words = reply("<reply-1@alpenblick.example>", now(), who=f"Robin Vogt <{ROBIN}>", Message_ID="<robin-1@brueckner.example>", To=ANNA, Cc=MIRIAM)

    assert await receive(desk.mailbox, words, False)

    assert not await Contact.exists().where(Contact.address == ROBIN)
    assert [type(fact) for fact in told] == [ReplyReceived]


async def test_a_colleagues_mail_elsewhere_is_nobodys_history(desk: Desk, robins: Mailbox) -> None:
    lunch = reply("", now(), who=f"Robin Vogt <{ROBIN}>", thread="lunch", Message_ID="<lunch@brueckner.example>")

    assert not await receive(desk.mailbox, lunch, False)


async def test_history_is_quiet_and_an_answer_to_a_mail_from_here_is_not(desk: Desk, told: list[Any]) -> None:
    await desk.mailbox.update_self({Mailbox.read_since: now() + timedelta(minutes=1)})

    await receive(desk.mailbox, sent_copy(now(), thread="t2"), True)
    await receive(desk.mailbox, reply("<phone-1@icloud.example>", now(), thread="t2", Message_ID="<late@alpenblick.example>"), True)
    quiet = list(told)
    await receive(desk.mailbox, reply(OFFER_ID, now()), True)

    assert [type(fact) for fact in quiet] == []
    assert [type(fact) for fact in told] == [ReplyReceived]


async def test_mail_from_an_address_the_mailbox_had_before_is_still_hers(desk: Desk, told: list[Any]) -> None:
    await desk.mailbox.update_self({Mailbox.address: "m.kessler@brueckner.example", Mailbox.former: [MIRIAM]})
    again = reply(OFFER_ID, now(), who=f"Miriam Kessler <{MIRIAM}>", Message_ID="<own@brueckner.example>")

    assert not await receive(desk.mailbox, again, False)
