"""One draft, a mail of its own for each: nobody sees the others, none goes out twice, and one that fails holds nobody up."""

from datetime import timedelta
from email import message_from_bytes, policy
from uuid import UUID

import pytest

from app import reactions
from app.clock import later, new_id, now
from app.contacts.consent import record
from app.contacts.finding import meet
from app.contacts.tables import REFUSED
from app.database import together
from app.errors import GiveUp
from app.happenings import BounceReceived, ReplyReceived, announce
from app.identity.guarding import Me
from app.mailboxes.tables import Mailbox
from app.outbox.composing import queue
from app.outbox.deciding import cancel
from app.outbox.dispatching import dispatch_due
from app.outbox.drafting import attach, attachments, draft_of
from app.outbox.grouping import sent_together
from app.outbox.outgoing import outgoing
from app.outbox.promising import lines, promises
from app.outbox.tables import Dispatch, Draft
from app.reminders.tables import Reminder
from app.threads.filing import Sent, To, file_sent
from app.threads.recognising.kinds import HUMAN_REPLY
from app.threads.tables import RECEIVED, Message, Recipient
from app.tracking.tokens import pixel_url
from tests.outbox.conftest import FakeProvider, Killed, a_draft, again
from tests.outbox.test_killed import STEPS, kill_at, run_until_quiet

THREE = {
    "to": "Anna Weber <anna@acme.example>", "cc": "Henrik Larsen <henrik@nord.example>", "bcc": "Sabine Vogt <sabine@ulm.example>",
    "separately": True,
}  # fmt: skip
ADDRESSES = ["anna@acme.example", "henrik@nord.example", "sabine@ulm.example"]


def headers(provider: FakeProvider) -> list[tuple[str, str | None, str | None]]:
    mails = [message_from_bytes(held.mime, policy=policy.default) for held in provider.sent]
    return sorted((str(mail["To"]), mail["Cc"], mail["Bcc"]) for mail in mails)


async def of_draft(draft: Draft) -> list[Dispatch]:
    return await Dispatch.objects().where(Dispatch.sending == draft.id).order_by(Dispatch.created_at).output(load_json=True)


async def test_each_gets_a_mail_addressed_to_them_alone_with_a_pixel_of_its_own(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    draft = await a_draft(miriam, gmail, **THREE)
    await queue(miriam, draft)
    await dispatch_due()
    to = ["Anna Weber <anna@acme.example>", "Henrik Larsen <henrik@nord.example>", "Sabine Vogt <sabine@ulm.example>"]
    assert headers(provider) == [(one, None, None) for one in to]
    for dispatch in await of_draft(draft):
        held = next(held for held in provider.sent if provider.send_id(held) == str(dispatch.id))
        html = message_from_bytes(held.mime, policy=policy.default).get_body(("html",)).get_content()  # type: ignore[union-attr, attr-defined]
        assert pixel_url(miriam.workspace.id, dispatch.message) in html
        assert html.count("/o/") == 2
    assert len({dispatch.message_id for dispatch in await of_draft(draft)}) == 3
    filed = await Recipient.objects().order_by(Recipient.address)
    assert [(one.address, one.kind) for one in filed] == [(address, "to") for address in ADDRESSES]


async def test_sending_twice_or_to_one_person_makes_no_more_mails_than_it_should(miriam: Me, gmail: Mailbox) -> None:
    draft = await a_draft(miriam, gmail, **THREE)
    assert (await queue(miriam, draft)).id
    await queue(miriam, await draft_of(miriam, draft.id))
    assert await Dispatch.count() == 3
    alone = await queue(miriam, await a_draft(miriam, gmail, separately=True))
    assert (alone.address, alone.sending) == ("", None)


async def test_one_who_refuses_decides_for_themselves_only(miriam: Me, gmail: Mailbox) -> None:
    await record(await meet(miriam.workspace.id, "henrik@nord.example", "Henrik Larsen"), REFUSED, "on the phone", miriam.person.id)
    draft = await a_draft(miriam, gmail, **THREE)
    await queue(miriam, draft)
    assert [dispatch.opens_tracked for dispatch in await of_draft(draft)] == [True, False, True]
    said = lines(await promises(draft, miriam.workspace), draft, miriam.person)
    assert [line.tracked for line in said] == [True, False, True]


async def test_one_that_fails_holds_nobody_up_and_comes_back_as_a_draft_for_that_one_alone(
    miriam: Me, gmail: Mailbox, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = await a_draft(miriam, gmail, **THREE)
    await attach(draft, "offer.pdf", "application/pdf", b"%PDF", gmail)
    await queue(miriam, draft)
    refuse_mail_to("henrik", provider, monkeypatch)
    await dispatch_due()
    assert [to for to, _, _ in headers(provider)] == ["Anna Weber <anna@acme.example>", "Sabine Vogt <sabine@ulm.example>"]
    left = await Draft.objects().where(Draft.queued_at.is_null()).output(load_json=True)
    assert [[one["address"] for one in other.to] for other in left] == [["henrik@nord.example"]]
    assert [file.name for file in await attachments(left[0])] == ["offer.pdf"]
    monkeypatch.undo()


def refuse_mail_to(who: str, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    draft_it = provider.draft

    async def drafted(mime: bytes, send_id: str, thread: str) -> str:
        if f"To: {who}" in mime.decode().replace("Henrik Larsen <", ""):
            raise GiveUp("The provider refused this recipient.")
        return await draft_it(mime, send_id, thread)

    monkeypatch.setattr(provider, "draft", drafted)


async def test_who_did_not_get_it_gets_it_later_and_the_group_counts_them_once(
    miriam: Me, gmail: Mailbox, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = await a_draft(miriam, gmail, **THREE)
    await queue(miriam, draft)
    with monkeypatch.context() as broken:
        refuse_mail_to("henrik", provider, broken)
        await dispatch_due()
    shown = await outgoing(miriam)
    assert [(one.recipient, one.state) for one in shown[0].parts] == [("Anna Weber", "sent"), ("Henrik Larsen", "failed"), ("Sabine Vogt", "sent")]
    left = await draft_of(miriam, shown[0].draft)
    await queue(miriam, left)
    await dispatch_due()
    group = await sent_together(miriam, draft.id)
    assert [(one.recipient, one.tick) for one in group.parts] == [("Anna Weber", "sent"), ("Sabine Vogt", "sent"), ("Henrik Larsen", "sent")]
    assert headers(provider)[1][0] == "Henrik Larsen <henrik@nord.example>"
    assert len(provider.sent) == 3


async def test_all_that_fail_are_one_draft_again(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    draft = await a_draft(miriam, gmail, **THREE)
    await queue(miriam, draft)
    provider.before = always("draft", GiveUp("Refused."))
    await dispatch_due()
    left = await Draft.objects().where(Draft.queued_at.is_null()).output(load_json=True)
    assert [sorted(one["address"] for one in other.to) for other in left] == [ADDRESSES]


def always(step: str, error: BaseException):  # type: ignore[no-untyped-def]
    def strike(at: str) -> None:
        if at == step:
            raise error

    return strike


@pytest.mark.parametrize("step", STEPS)
async def test_a_worker_killed_at_any_step_leaves_exactly_one_mail_for_each(
    step: str, miriam: Me, gmail: Mailbox, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = await a_draft(miriam, gmail, **THREE)
    await queue(miriam, draft)
    kill_at(step, provider, monkeypatch)
    with pytest.raises(BaseException) as died:  # noqa: PT011 - Killed, or a group of them
        await dispatch_due()
    assert isinstance(died.value, Killed | BaseExceptionGroup)
    await run_until_quiet()
    assert [to for to, _, _ in headers(provider)] == [
        "Anna Weber <anna@acme.example>", "Henrik Larsen <henrik@nord.example>", "Sabine Vogt <sabine@ulm.example>",
    ]  # fmt: skip
    assert await Message.count().where(Message.sending == draft.id) == 3


async def test_each_takes_its_part_of_the_days_allowance_and_what_waits_can_be_taken_back(
    miriam: Me, gmail: Mailbox, provider: FakeProvider
) -> None:
    await gmail.update_self({Mailbox.daily_limit: 2})
    draft = await a_draft(miriam, gmail, **THREE)
    await queue(miriam, draft)
    await dispatch_due()
    assert len(provider.sent) == 2
    waiting = [one for one in await of_draft(draft) if one.held_until]
    assert [one.address for one in waiting] == ["sabine@ulm.example"]
    other = await cancel(waiting[0])
    assert other != draft.id
    assert [one["address"] for one in (await draft_of(miriam, other)).to] == ["sabine@ulm.example"]


async def test_what_waits_as_a_whole_is_taken_back_as_a_whole(miriam: Me, gmail: Mailbox) -> None:
    await gmail.update_self({Mailbox.sending_paused_until: now() + timedelta(hours=1)})
    draft = await a_draft(miriam, gmail, **THREE)
    first = await queue(miriam, draft)
    assert first.held_until
    assert await cancel(first) == draft.id
    assert (await draft_of(miriam, draft.id)).queued_at is None
    assert not await outgoing(miriam)
    await queue(miriam, await draft_of(miriam, draft.id))
    assert await Dispatch.count().where(Dispatch.cancelled_at.is_null()) == 3


async def test_a_reply_settles_the_reminder_of_whoever_wrote_it(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    reactions.wire()
    provider_threads_apart(provider)
    draft = await a_draft(miriam, gmail, reminds="3d", **THREE)
    await queue(miriam, draft)
    await dispatch_due()
    sent = await message_to("anna@acme.example")
    reply = Message(
        workspace=sent.workspace, person=sent.person, mailbox=sent.mailbox, thread=sent.thread, direction=RECEIVED, kind=HUMAN_REPLY,
        answers=sent.id, sender="anna@acme.example", at=now() + timedelta(seconds=2),
    )  # fmt: skip
    await reply.save()
    async with together():
        await announce(ReplyReceived(reply.id, sent.id, "header"))
    settled = await Reminder.objects().where(Reminder.settled_at.is_not_null())
    assert [one.thread for one in settled] == [sent.thread]
    assert await Reminder.count().where(Reminder.settled_at.is_null()) == 2


def provider_threads_apart(provider: FakeProvider) -> None:
    """Mails that name no other are conversations of their own."""
    copied = provider.copy
    provider.copy = lambda key, held: type(copied(key, held))(f"copy-of-{key}", f"thread-of-{key}", "", held.sent_at)  # type: ignore[method-assign, arg-type]


async def message_to(address: str) -> Message:
    recipient = await Recipient.objects().get(Recipient.address == address)
    found = await Message.objects().get(Message.id == recipient.message)  # type: ignore[union-attr]
    assert found
    return found


async def test_within_a_thread_they_stay_in_it_and_share_its_reminder(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    reactions.wire()
    thread = await a_thread(miriam, gmail)
    draft = await a_draft(miriam, gmail, thread=thread, subject="Offer 2026", reminds="3d", **THREE)
    await queue(miriam, draft)
    with later(timedelta(seconds=1)):
        await dispatch_due()
    assert await Message.count().where(Message.thread == thread, Message.sending == draft.id) == 3
    assert await Reminder.count().where(Reminder.settled_at.is_null()) == 1


async def test_within_a_thread_it_is_lost_only_when_everybodys_came_back(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    reactions.wire()
    thread = await a_thread(miriam, gmail)
    await queue(miriam, await a_draft(miriam, gmail, thread=thread, subject="Offer 2026", reminds="3d", **THREE))
    await dispatch_due()
    still_open = []
    for address in ADDRESSES:
        await come_back(address)
        still_open.append(await Reminder.count().where(Reminder.settled_at.is_null()))
    assert still_open == [1, 1, 0]


async def come_back(address: str) -> None:
    """Their server says for good that there is nobody of this name."""
    recipient = await Recipient.objects().where(Recipient.address == address).order_by(Recipient.id, ascending=False).first()
    assert recipient
    await recipient.update_self({Recipient.failed_at: now(), Recipient.for_good: True})
    await Message.update({Message.failed_at: now()}).where(Message.id == recipient.message)
    async with together():
        await announce(BounceReceived(new_id(), recipient.message, address, "550 no such user"))


async def a_thread(me: Me, mailbox: Mailbox) -> UUID:
    message = await file_sent(Sent(
        id=UUID(int=7), workspace=me.workspace.id, person=me.person.id, mailbox=mailbox.id, to=[To("anna@acme.example")], subject="Offer 2026",
        html="<p>Hello</p>", at=now() - timedelta(days=1), message_id="<first@brueckner.example>", provider_thread="thread-1",
    ))  # fmt: skip
    return UUID(str(message.thread))


async def test_the_dispatch_of_one_carries_only_that_one(miriam: Me, gmail: Mailbox) -> None:
    draft = await a_draft(miriam, gmail, **THREE)
    first = await queue(miriam, draft)
    assert (await again(first)).address == "anna@acme.example"
    assert [one.sending for one in await of_draft(draft)] == [draft.id] * 3
