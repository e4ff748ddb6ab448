"""An answer finds the mail it answers."""

from datetime import timedelta
from typing import Any

import pytest

from app.clock import later, now
from app.database import together
from app.errors import TooEarly
from app.happenings import AutoReplyReceived, BounceReceived, MessageSent, ReplyReceived
from app.mailboxes.providers.base import INBOX
from app.threads.asking import tick
from app.threads.expecting import told_to_go, unseen
from app.threads.filing import To, file_sent, note_copy
from app.threads.receiving import receive
from app.threads.recognising.kinds import AUTO_REPLY, BOUNCE_HARD, COMPLAINT, HUMAN_REPLY, OTHER, READ_RECEIPT
from app.threads.tables import RECEIVED, Message, Recipient, Thread
from tests import people
from tests.threads import mails
from tests.threads.conftest import OFFER_ID, Desk, outgoing
from tests.threads.mails import ANNA, HENRIK, MIRIAM


async def received() -> list[Message]:
    return await Message.objects().where(Message.direction == RECEIVED).order_by(Message.at)


async def test_a_reply_is_matched_by_in_reply_to(desk: Desk, told: list[Any]) -> None:
    assert await receive(desk.mailbox, mails.reply(OFFER_ID, now(), thread="another"), imported=False)

    await desk.offer.refresh()
    [answer] = await received()
    assert told == [ReplyReceived(answer.id, desk.offer.id, "header")]
    assert desk.offer.replied_at == answer.at
    assert (answer.kind, answer.thread, answer.answers) == (HUMAN_REPLY, desk.offer.thread, desk.offer.id)
    assert answer.snippet == "Thank you, both halls please."
    assert tick(desk.offer) == "replied"


async def test_a_reply_names_the_id_that_the_provider_made_of_ours(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply("<rewritten@mail.gmail.example>", now()), imported=False)
    assert told[0].answers == desk.offer.id


async def test_references_are_read_from_the_newest(desk: Desk, told: list[Any]) -> None:
    second = await file_sent(outgoing(desk.miriam, desk.mailbox, message_id="<second@brueckner.example>", provider_message_id="", provider_id="p2"))
    await receive(desk.mailbox, mails.reply("", now(), References=f"{OFFER_ID} <second@brueckner.example>"), imported=False)
    assert told[-1].answers == second.id


async def test_a_reply_without_headers_is_matched_by_the_providers_thread(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply("", now()), imported=False)
    assert (told[0].answers, told[0].match) == (desk.offer.id, "thread")


async def test_a_stranger_in_the_providers_thread_is_no_reply(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply("", now(), who="Spam <offer@elsewhere.example>"), imported=False)

    await desk.offer.refresh()
    assert told == []
    assert [message.kind for message in await received()] == [OTHER]
    assert desk.offer.replied_at is None


async def test_a_colleague_of_the_recipient_counts(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply("", now(), who="Tom Hartley <tom@alpenblick.example>"), imported=False)
    assert told[0].answers == desk.offer.id


async def test_an_answer_is_looked_at_again_while_the_provider_has_not_told_the_id_of_our_mail(desk: Desk, told: list[Any]) -> None:
    sent = await file_sent(outgoing(desk.miriam, desk.mailbox, message_id="<2@brueckner.example>", provider_message_id="", provider_id=""))
    answer = mails.reply("<2@exchange.example>", now(), thread="another")

    with pytest.raises(TooEarly):
        await receive(desk.mailbox, answer, imported=False)
    await note_copy(sent.id, "p2", "another", "<2@exchange.example>", now())
    await receive(desk.mailbox, answer, imported=False)

    assert [(fact.answers, fact.match) for fact in told if isinstance(fact, ReplyReceived)] == [(sent.id, "header")]


async def test_a_bounce_that_comes_before_its_mail_is_filed_waits_for_it(desk: Desk, told: list[Any]) -> None:
    sent = outgoing(desk.miriam, desk.mailbox, message_id="<2@brueckner.example>", provider_message_id="<2@exchange.example>", provider_id="p2")
    async with together():
        await told_to_go(sent.id, desk.mailbox)
    answer = mails.reply("<2@exchange.example>", now(), thread="another")

    with pytest.raises(TooEarly):
        await receive(desk.mailbox, answer, imported=False)
    await file_sent(sent)
    await receive(desk.mailbox, answer, imported=False)

    assert [(fact.answers, fact.match) for fact in told if isinstance(fact, ReplyReceived)] == [(sent.id, "header")]
    assert not await unseen(desk.mailbox)


async def test_nobody_waits_longer_than_a_quarter_of_an_hour_for_that_id(desk: Desk, told: list[Any]) -> None:
    await file_sent(outgoing(desk.miriam, desk.mailbox, message_id="<2@brueckner.example>", provider_message_id="", provider_id=""))
    with later(timedelta(minutes=16)):
        assert not await receive(desk.mailbox, mails.reply("<x@else.example>", now(), thread="another", who="tom@else.example"), imported=False)


async def test_what_came_before_the_mail_does_not_answer_it(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply("", desk.offer.at - timedelta(hours=2)), imported=False)
    assert told == []


async def test_our_own_mail_is_no_reply(desk: Desk, told: list[Any]) -> None:
    assert not await receive(desk.mailbox, mails.reply(OFFER_ID, now(), who=MIRIAM), imported=False)
    assert told == []


async def test_the_same_mail_is_taken_in_once(desk: Desk, told: list[Any]) -> None:
    answer = mails.reply(OFFER_ID, now())
    assert await receive(desk.mailbox, answer, imported=False)
    assert not await receive(desk.mailbox, answer, imported=False)
    moved = mails.mail(answer.raw, answer.at, INBOX, key="another-id")
    assert not await receive(desk.mailbox, moved, imported=False)
    assert [message.provider_id for message in await received()] == ["another-id"]
    assert len(told) == 1


async def test_a_strangers_mail_is_none_of_our_business(desk: Desk, told: list[Any]) -> None:
    stranger = mails.reply("", now(), who="news@shop.example", thread="t9")
    assert not await receive(desk.mailbox, stranger, imported=False)
    assert await received() == []


async def test_a_contacts_new_mail_is_kept_but_answers_nothing(desk: Desk, told: list[Any]) -> None:
    assert await receive(desk.mailbox, mails.reply("", now(), thread="t9"), imported=False)
    assert (await received())[0].kind == OTHER
    assert told == []


async def test_an_out_of_office_is_no_reply(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.out_of_office(OFFER_ID, now()), imported=False)

    await desk.offer.refresh()
    assert [type(fact) for fact in told] == [AutoReplyReceived]
    assert (await received())[0].kind == AUTO_REPLY
    assert desk.offer.replied_at is None


async def test_an_out_of_office_that_names_nothing_is_matched_by_its_sender(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.out_of_office("", now(), thread="t9"), imported=False)
    assert told[0].answers == desk.offer.id


async def test_an_answer_to_an_out_of_office_is_a_person(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply(OFFER_ID, now(), Subject="Re: Automatic reply: Offer 2026"), imported=False)
    assert [type(fact) for fact in told] == [ReplyReceived]


async def test_auto_response_suppress_alone_is_a_person(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply(OFFER_ID, now(), X_Auto_Response_Suppress="All"), imported=False)
    assert [type(fact) for fact in told] == [ReplyReceived]


async def test_a_bounce_fails_the_mail(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.bounce(OFFER_ID, now()), imported=False)

    await desk.offer.refresh()
    [answer] = await received()
    assert told == [BounceReceived(answer.id, desk.offer.id, ANNA, f"550 5.1.1 <{ANNA}>: user unknown")]
    assert answer.kind == BOUNCE_HARD
    assert desk.offer.failed_at == answer.at
    assert tick(desk.offer) == "failed"


async def test_a_received_mail_keeps_why_it_is_what_it_is(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.bounce(OFFER_ID, now()), imported=False)
    answer = await Message.objects().where(Message.direction == RECEIVED).output(load_json=True).first()
    assert answer is not None
    assert answer.rules == ["rfc3464-failed", "reason-user-unknown"]
    assert [words for words, _ in answer.why] == ["A delivery report says that it failed.", "The address does not exist."]


async def test_a_bounce_for_one_of_two_leaves_the_mail_sent(desk: Desk, told: list[Any]) -> None:
    both = outgoing(desk.miriam, desk.mailbox, message_id="<both@brueckner.example>", provider_id="p2", to=[To(ANNA), To(HENRIK)])
    message = await file_sent(both)
    await receive(desk.mailbox, mails.bounce("<both@brueckner.example>", now()), imported=False)

    await message.refresh()
    failed = await Recipient.objects().where((Recipient.message == message.id) & Recipient.failed_at.is_not_null())
    assert [one.address for one in failed] == [ANNA]
    assert message.failed_at is None


async def test_a_bounce_in_words_is_understood(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.bounce_in_words(OFFER_ID, now()), imported=False)
    assert [(type(fact), fact.address) for fact in told] == [(BounceReceived, ANNA)]


async def test_a_bounce_of_somebody_elses_mail_is_ignored(desk: Desk, told: list[Any]) -> None:
    assert not await receive(desk.mailbox, mails.bounce("<backscatter@elsewhere.example>", now()), imported=False)
    assert told == []


async def test_a_delay_is_no_bounce(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.bounce(OFFER_ID, now(), action="delayed", status="4.4.1"), imported=False)
    assert told == []


async def test_receipts_and_complaints_are_no_replies(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.read_receipt(OFFER_ID, now()), imported=False)
    await receive(desk.mailbox, mails.complaint(OFFER_ID, now()), imported=False)
    assert [message.kind for message in await received()] == [READ_RECEIPT, COMPLAINT]
    assert told == []


async def test_the_copy_of_our_own_mail_verifies_it(desk: Desk, told: list[Any]) -> None:
    copy = mails.sent_copy(now(), "<made-by-exchange@prod.example>", X_Nachfass_Send_Id=str(desk.offer.send_id))
    assert not await receive(desk.mailbox, copy, imported=False)

    await desk.offer.refresh()
    assert desk.offer.verified_at is not None
    assert (desk.offer.provider_id, desk.offer.provider_message_id) == (copy.provider_id, "<made-by-exchange@prod.example>")
    assert await Message.count() == 1


async def test_a_mail_that_is_being_sent_right_now_is_left_to_its_sender(desk: Desk, told: list[Any]) -> None:
    copy = mails.sent_copy(now(), "<under-way@brueckner.example>", X_Nachfass_Send_Id="01890a5d-ac96-774b-bcce-b302099a8057")
    assert not await receive(desk.mailbox, copy, imported=False)
    assert await Message.count() == 1


async def test_a_mail_that_another_nachfass_sent_before_is_history(desk: Desk, told: list[Any]) -> None:
    copy = mails.sent_copy(now() - timedelta(days=3), thread="t6", X_Nachfass_Send_Id="01890a5d-ac96-774b-bcce-b302099a8057")
    assert await receive(desk.mailbox, copy, imported=True)


async def test_a_report_from_nobody_is_no_reply(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply(OFFER_ID, now(), who="", Subject="Mail delivery failed"), imported=False)
    assert [type(fact) for fact in told] == [BounceReceived]


async def test_a_mail_sent_from_the_phone_is_logged(desk: Desk, told: list[Any]) -> None:
    assert await receive(desk.mailbox, mails.sent_copy(now(), to=f"Henrik Larsen <{HENRIK}>", thread="t2"), imported=False)

    message = await Message.objects().where(Message.message_id == "<phone-1@icloud.example>").first()
    assert message is not None
    assert message.imported
    assert told == [MessageSent(message.id)]


async def test_history_is_taken_in_silently(desk: Desk, told: list[Any]) -> None:
    long_ago = now() - timedelta(days=9)
    await receive(desk.mailbox, mails.sent_copy(long_ago, thread="t5"), imported=True)
    answer = mails.reply("<phone-1@icloud.example>", long_ago + timedelta(hours=1), thread="t5")
    await receive(desk.mailbox, answer, imported=True)

    message = await Message.objects().where(Message.message_id == "<phone-1@icloud.example>").first()
    assert message is not None
    assert message.replied_at == answer.at
    assert told == []


async def test_what_comes_in_the_second_of_the_connecting_is_no_history(desk: Desk, told: list[Any]) -> None:
    second = now().replace(microsecond=0)
    desk.mailbox.connected_at = second.replace(microsecond=999_999)
    assert await receive(desk.mailbox, mails.reply(OFFER_ID, second), imported=True)
    assert [type(fact) for fact in told] == [ReplyReceived]


async def test_our_own_notes_are_ignored(desk: Desk, told: list[Any]) -> None:
    note = mails.reply(OFFER_ID, now(), X_Nachfass_Note="reminder")
    assert not await receive(desk.mailbox, note, imported=False)


async def test_mail_among_colleagues_is_not_logged(desk: Desk, told: list[Any]) -> None:
    robin = await people.rep("Robin", "robin@brueckner.example", desk.miriam.workspace)
    await people.mailbox(robin, address="robin@brueckner.example")
    assert not await receive(desk.mailbox, mails.sent_copy(now(), to="robin@brueckner.example", thread="t3"), imported=False)


async def test_an_answer_in_a_new_conversation_of_the_provider_stays_in_ours(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply(OFFER_ID, now(), thread="renamed"), imported=False)
    assert await Thread.count() == 1
