"""An answer finds the mail it answers."""

from datetime import timedelta
from typing import Any

import pytest

from app.clock import later, now
from app.contacts.being_away import is_away
from app.contacts.finding import known
from app.database import together
from app.errors import Refused, TooEarly
from app.happenings import AutoReplyReceived, BounceReceived, DeliveryDelayed, MessageSent, PossibleReplyReceived, ReplyReceived
from app.mailboxes.providers.base import INBOX
from app.mailboxes.tables import Alias, Mailbox
from app.threads.asking import is_lost, questions_in, tick
from app.threads.expecting import told_to_go, unseen
from app.threads.filing import To, file_sent, note_copy
from app.threads.judging_answers import ask_again, take_as_answer, take_as_no_answer
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
    assert await receive(desk.mailbox, mails.reply("", now(), thread="t9", Subject="Lunch"), imported=False)
    assert (await received())[0].kind == OTHER
    assert told == []


async def test_a_contacts_new_mail_with_the_same_subject_may_be_the_answer(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply("", now(), thread="t9", Subject="AW: offer  2026"), imported=False)

    await desk.offer.refresh()
    [theirs] = await received()
    assert told == [PossibleReplyReceived(theirs.id, desk.offer.id)]
    assert (theirs.kind, theirs.answers, theirs.may_answer) == (OTHER, None, desk.offer.id)
    assert theirs.thread != desk.offer.thread
    assert desk.offer.replied_at is None
    assert [one.id for one in await questions_in(desk.offer.thread)] == [theirs.id]


@pytest.mark.parametrize(
    ("who", "subject", "days"),
    [(f"Anna Weber <{ANNA}>", "Offer 2026", 15), (f"Anna Weber <{ANNA}>", "Offer 2027", 1), ("Tom <tom@elsewhere.example>", "Offer 2026", 1)],
    ids=["after two weeks", "of another subject", "of somebody else"],
)
async def test_a_new_mail_is_no_possible_answer(desk: Desk, told: list[Any], who: str, subject: str, days: int) -> None:
    at = desk.offer.at + timedelta(days=days)
    await receive(desk.mailbox, mails.reply("", at, who=who, thread="t9", Subject=subject), imported=False)
    assert told == []


async def test_an_answered_mail_raises_no_question(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply(OFFER_ID, now()), imported=False)
    await receive(desk.mailbox, mails.reply("", now(), thread="t9", Message_ID="<2@alpenblick.example>"), imported=False)
    assert [type(fact) for fact in told] == [ReplyReceived]


async def test_the_rep_says_that_it_is_the_answer(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply("", now(), thread="t9"), imported=False)
    [theirs] = await received()
    await take_as_answer(theirs)

    await theirs.refresh()
    await desk.offer.refresh()
    assert told[-1] == ReplyReceived(theirs.id, desk.offer.id, "person")
    assert (theirs.kind, theirs.answers, theirs.thread) == (HUMAN_REPLY, desk.offer.id, desk.offer.thread)
    assert desk.offer.replied_at == theirs.at
    with pytest.raises(Refused):
        await take_as_no_answer(theirs)


async def test_after_a_no_it_can_still_be_the_answer(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply("", now(), thread="t9"), imported=False)
    [theirs] = await received()
    await take_as_no_answer(theirs)
    assert await questions_in(desk.offer.thread) == []
    await ask_again(theirs)
    assert [one.id for one in await questions_in(desk.offer.thread)] == [theirs.id]
    await take_as_no_answer(theirs)
    await take_as_answer(theirs)
    assert isinstance(told[-1], ReplyReceived)


async def test_the_same_person_from_another_address_is_no_stranger_in_the_thread(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply("", now(), who="Anna Weber <anna.weber.77@gmail.com>"), imported=False)
    assert [(type(fact), fact.answers) for fact in told] == [(ReplyReceived, desk.offer.id)]


async def test_a_first_name_alone_makes_nobody_the_same_person(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply("", now(), who="Anna <anna77@gmail.com>"), imported=False)
    assert told == []


@pytest.mark.parametrize("sender", ["miriam+fair@brueckner.example", "Miriam@Brueckner.example", "miriam@old.example", "vertrieb@brueckner.example"])
async def test_what_the_rep_writes_from_an_address_of_theirs_is_no_reply(desk: Desk, told: list[Any], sender: str) -> None:
    await desk.mailbox.update_self({Mailbox.former: ["miriam@old.example"]})
    sales = Alias(workspace=desk.mailbox.workspace, mailbox=desk.mailbox.id, address="vertrieb@brueckner.example", verified_at=now())
    await sales.save()
    follow_up = mails.reply(OFFER_ID, now(), who=f"Miriam Kessler <{sender}>")
    assert not await receive(desk.mailbox, follow_up, imported=False)
    assert told == []


async def test_dots_and_tags_make_no_other_mailbox_at_gmail(desk: Desk, told: list[Any]) -> None:
    await desk.mailbox.update_self({Mailbox.address: "miriam.kessler@gmail.com"})
    assert not await receive(desk.mailbox, mails.reply(OFFER_ID, now(), who="Miriam <miriamkessler+x@googlemail.com>"), imported=False)
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
    assert told == [BounceReceived(answer.id, desk.offer.id, ANNA, f"550 5.1.1 <{ANNA}>: user unknown", reason="The address does not exist.")]
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


async def test_backscatter_that_the_provider_puts_into_our_thread_is_no_bounce(desk: Desk, told: list[Any]) -> None:
    forged = mails.bounce("<spam@botnet.example>", now(), address="victim@stranger.example", thread="t1")
    answers_it = forged.raw.replace(b"Auto-Submitted", b"In-Reply-To: <spam@botnet.example>\r\nAuto-Submitted")
    assert not await receive(desk.mailbox, mails.mail(answers_it, now(), thread="t1"), imported=False)
    await desk.offer.refresh()
    assert told == []
    assert desk.offer.failed_at is None


async def test_a_report_that_names_no_mail_is_ours_by_its_recipient_and_subject(desk: Desk, told: list[Any]) -> None:
    nameless = mails.bounce(OFFER_ID, now()).raw.replace(f"Message-ID: {OFFER_ID}\r\n".encode(), b"")
    assert await receive(desk.mailbox, mails.mail(nameless, now(), thread=""), imported=False)
    assert [(type(fact), fact.address) for fact in told] == [(BounceReceived, ANNA)]


async def test_a_report_that_names_no_mail_and_another_subject_is_not_ours(desk: Desk, told: list[Any]) -> None:
    nameless = mails.bounce(OFFER_ID, now()).raw.replace(f"Message-ID: {OFFER_ID}\r\n".encode(), b"").replace(b"Offer 2026", b"Cheap watches")
    assert not await receive(desk.mailbox, mails.mail(nameless, now(), thread=""), imported=False)
    assert told == []


async def test_a_hard_bounce_marks_the_address_until_they_write_again(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.bounce(OFFER_ID, now() - timedelta(minutes=5)), imported=False)
    anna = (await known(desk.mailbox.workspace, [ANNA]))[ANNA]
    assert anna.unreachable_why == "The address does not exist."
    await receive(desk.mailbox, mails.reply("", now(), thread="t9", Subject="I am here"), imported=False)
    await anna.refresh()
    assert anna.unreachable_at is None


async def test_a_report_from_before_their_last_mail_marks_nothing(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.reply("", now(), thread="t9", Subject="I am here"), imported=False)
    await receive(desk.mailbox, mails.bounce(OFFER_ID, now() - timedelta(minutes=5)), imported=False)
    assert (await known(desk.mailbox.workspace, [ANNA]))[ANNA].unreachable_at is None


async def test_a_soft_bounce_says_so_and_leaves_the_address_alone(desk: Desk, told: list[Any]) -> None:
    full = mails.bounce(OFFER_ID, now(), status="4.2.2").raw.replace(b"user unknown", b"mailbox full")
    await receive(desk.mailbox, mails.mail(full, now(), thread=""), imported=False)

    await desk.offer.refresh()
    assert [fact.for_good for fact in told] == [False]
    assert not await is_lost(desk.offer)
    assert (await known(desk.mailbox.workspace, [ANNA]))[ANNA].unreachable_at is None


async def test_an_absence_is_noted_at_the_contact_with_who_stands_in(desk: Desk, told: list[Any]) -> None:
    back = (now() + timedelta(days=9)).date()
    words = f"I am away and back on {back.isoformat()}. In urgent cases please contact Jonas Falk, jonas@alpenblick.example."
    await receive(desk.mailbox, mails.out_of_office(OFFER_ID, now(), words=words), imported=False)
    anna = (await known(desk.mailbox.workspace, [ANNA]))[ANNA]
    assert told[0].back_on == anna.back_on == back
    assert anna.stand_in == "Jonas Falk <jonas@alpenblick.example>"
    assert is_away(anna)
    with later(timedelta(days=10)):
        assert not is_away(anna)


async def test_a_delay_is_no_bounce(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.bounce(OFFER_ID, now(), action="delayed", status="4.4.1"), imported=False)
    await desk.offer.refresh()
    [anna] = await Recipient.objects().where(Recipient.message == desk.offer.id)
    assert [type(fact) for fact in told] == [DeliveryDelayed]
    assert anna.delayed_at is not None
    assert anna.failed_at is None
    assert desk.offer.failed_at is None


async def test_what_was_late_is_not_late_any_more_when_they_answer(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.bounce(OFFER_ID, now(), action="delayed", status="4.4.1"), imported=False)
    await receive(desk.mailbox, mails.reply(OFFER_ID, now()), imported=False)
    [anna] = await Recipient.objects().where(Recipient.message == desk.offer.id)
    assert anna.delayed_at is None


async def test_a_delay_that_ends_in_a_failure_is_a_failure(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.bounce(OFFER_ID, now(), action="delayed", status="4.4.1"), imported=False)
    failed = mails.bounce(OFFER_ID, now(), status="5.1.1")
    await receive(desk.mailbox, mails.mail(failed.raw.replace(b"<dsn-1@", b"<dsn-2@"), failed.at, thread=""), imported=False)
    [anna] = await Recipient.objects().where(Recipient.message == desk.offer.id)
    assert (anna.delayed_at, anna.for_good) == (None, True)
    assert anna.failed_at is not None


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


async def test_a_report_may_name_the_id_that_a_server_replaced(desk: Desk, told: list[Any]) -> None:
    replaced = f"Message-ID: <0102-000000@relay.example>\r\nX-Google-Original-Message-ID: {OFFER_ID}".encode()
    report = mails.bounce(OFFER_ID, now(), address="behind@alias.example").raw.replace(f"Message-ID: {OFFER_ID}".encode(), replaced)
    await receive(desk.mailbox, mails.mail(report, now(), thread=""), imported=False)
    assert [(type(fact), fact.answers) for fact in told] == [(BounceReceived, desk.offer.id)]


@pytest.mark.parametrize("subject", ["Re: Offer 2026", "Offer 2026"])
async def test_a_colleague_of_the_rep_answers_nothing_that_went_to_a_customer(desk: Desk, told: list[Any], subject: str) -> None:
    boss = "petra@brueckner.example"
    both = outgoing(desk.miriam, desk.mailbox, message_id="<cc@brueckner.example>", provider_id="p2", to=[To(ANNA), To(boss, kind="cc")])
    sent = await file_sent(both)
    for answers, thread in (("<cc@brueckner.example>", "t1"), ("", "t9")):
        note = mails.reply(answers, now(), who=f"Petra Brückner <{boss}>", thread=thread, Subject=subject, Message_ID=f"<{thread}@brueckner.example>")
        await receive(desk.mailbox, note, imported=False)

    await sent.refresh()
    assert [type(fact) for fact in told] == [MessageSent]
    assert sent.replied_at is None
    assert {message.kind for message in await received()} == {OTHER}


async def test_a_colleague_the_rep_wrote_to_alone_does_answer(desk: Desk, told: list[Any]) -> None:
    inside = outgoing(desk.miriam, desk.mailbox, message_id="<in@brueckner.example>", provider_id="p2", to=[To("petra@brueckner.example")])
    sent = await file_sent(inside)
    await receive(desk.mailbox, mails.reply("<in@brueckner.example>", now(), who="petra@brueckner.example", thread="t7"), imported=False)
    assert [(type(fact), getattr(fact, "answers", None)) for fact in told[1:]] == [(ReplyReceived, sent.id)]


async def test_a_report_in_our_thread_that_names_another_mail_and_nobody_is_not_ours(desk: Desk, told: list[Any]) -> None:
    report = mails.bounce("<spam@botnet.example>", now()).raw
    for words in (f"Final-Recipient: rfc822; {ANNA}\r\n", f"<{ANNA}>: "):
        report = report.replace(words.encode(), b"")
    assert not await receive(desk.mailbox, mails.mail(report, now(), thread="t1"), imported=False)
    assert told == []


async def test_what_is_only_passed_on_has_not_arrived(desk: Desk, told: list[Any]) -> None:
    await receive(desk.mailbox, mails.bounce(OFFER_ID, now(), action="delayed", status="4.4.1"), imported=False)
    passed_on = mails.bounce(OFFER_ID, now(), action="relayed", status="2.0.0").raw.replace(b"<dsn-1@", b"<dsn-2@")
    await receive(desk.mailbox, mails.mail(passed_on, now(), thread=""), imported=False)
    [anna] = await Recipient.objects().where(Recipient.message == desk.offer.id)
    assert anna.delayed_at is not None
