"""Who a mail comes from, and that answers stay in their conversation: written, sent, and read back at the sandbox."""

from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest

from app.clock import later, new_id
from app.database import rows
from app.identity.guarding import Me
from app.mailboxes.aliasing import aliases_of, refresh_aliases, sign
from app.mailboxes.opening import open_mailbox
from app.mailboxes.tables import GMAIL, OUTLOOK, SEND, Alias, Mailbox
from app.outbox.answering import draft_in
from app.outbox.appearing import choices, first
from app.outbox.composing import queue
from app.outbox.dispatching import dispatch_due
from app.outbox.drafting import Written, attach, save
from app.outbox.tables import Dispatch, Draft
from app.threads.receiving import receive
from app.threads.subjects import joins
from app.threads.tables import SENT, Message, Thread
from tests.mailboxes.conftest import ADDRESSES, AT_SANDBOX, Connect, Strings, connect, strings, wires
from tests.outbox.conftest import Killed, a_draft, again

__all__ = ["connect", "strings", "wires"]

BOTH = pytest.mark.parametrize("name", [GMAIL, OUTLOOK])
SALES = "vertrieb@brueckner.example"


async def with_sales(me: Me, connect: Connect, strings: Strings, name: str, **manners: Any) -> tuple[Mailbox, Alias]:
    """Miriam's mailbox, from which she may also send as sales."""
    sales = {"address": SALES, "name": "Brückner Vertrieb", "reply_to": "team@brueckner.example", "signature": "<b>Ihr Vertrieb</b>"}
    await strings.pull(f"mailboxes/{ADDRESSES[name]}", provider=AT_SANDBOX[name], name="Miriam Kessler", aliases=[sales], **manners)
    mailbox = await connect(me, name)
    await refresh_aliases()
    return mailbox, next(one for one in await aliases_of([mailbox.id]) if one.address == SALES)


async def until_filed(strings: Strings, dispatch: Dispatch) -> Message:
    """As the schedule would, until the copy in Sent is known."""
    for minutes in (0, 1, 4, 14):
        await strings.pull("clock", seconds=minutes * 60)
        with later(timedelta(minutes=minutes)):
            await dispatch_due()
    await strings.pull("clock", seconds=0)
    message = await Message.objects().get(Message.id == dispatch.message)
    assert message
    assert message.provider_id
    return message


async def sent_copy(strings: Strings, mailbox: Mailbox, message: Message) -> dict[str, Any]:
    return next(one for one in await strings.copies(mailbox.address, "sent") if one["id"] == message.provider_id)


@BOTH
async def test_a_mail_goes_out_from_the_address_chosen_with_its_signature(name: str, miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox, sales = await with_sales(miriam, connect, strings, name)
    await sign(sales, "Ihr Vertrieb", signs=True)
    draft = await a_draft(miriam, mailbox, alias=sales.id)
    message = await until_filed(strings, await queue(miriam, draft))
    copy = await sent_copy(strings, mailbox, message)
    assert copy["from"] == message.sender == SALES
    assert "Ihr Vertrieb" in copy["html"]
    assert "Ihr Vertrieb" in copy["text"]
    assert "Ihr Vertrieb" in message.html
    assert [value for header, value in copy["headers"] if header == "Reply-To"] == (["team@brueckner.example"] if name == GMAIL else [])


@BOTH
async def test_a_mail_without_its_signature_has_none(name: str, miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox, sales = await with_sales(miriam, connect, strings, name)
    await sign(sales, "Ihr Vertrieb", signs=True)
    message = await until_filed(strings, await queue(miriam, await a_draft(miriam, mailbox, alias=sales.id, signs=False)))
    assert "Vertrieb" not in (await sent_copy(strings, mailbox, message))["html"]


async def test_an_outlook_that_writes_another_sender_is_told_on_the_page_and_filed_as_it_went(
    miriam: Me, connect: Connect, strings: Strings
) -> None:
    mailbox, sales = await with_sales(miriam, connect, strings, OUTLOOK, sends_from_aliases=False)
    dispatch = await queue(miriam, await a_draft(miriam, mailbox, alias=sales.id))
    message = await until_filed(strings, dispatch)
    assert message.sender == mailbox.address
    assert (await again(dispatch)).problem_values == {"given": mailbox.address, "wanted": SALES}


async def test_an_address_that_may_not_be_sent_from_fails_with_a_sentence_and_the_draft_comes_back(
    miriam: Me, connect: Connect, strings: Strings
) -> None:
    mailbox, sales = await with_sales(miriam, connect, strings, OUTLOOK)
    dispatch = await queue(miriam, await a_draft(miriam, mailbox, alias=sales.id))
    await strings.pull(f"mailboxes/{mailbox.address}", provider="microsoft", aliases=[])
    await dispatch_due()
    failed = await again(dispatch)
    assert failed.failed_at
    assert "does not let this mailbox send from that address" in failed.problem
    assert await Draft.exists().where(Draft.id == dispatch.draft, Draft.queued_at.is_null())


@BOTH
async def test_a_mailbox_that_may_only_send_offers_its_own_address_alone(name: str, miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox, _ = await with_sales(miriam, connect, strings, name)
    assert [one.address for one in await choices(miriam)] == [mailbox.address, SALES]
    await mailbox.update_self({Mailbox.rights: [SEND]})
    assert [one.address for one in await choices(miriam)] == [mailbox.address]


async def test_a_new_mail_begins_with_the_providers_default(miriam: Me, connect: Connect, strings: Strings) -> None:
    _, sales = await with_sales(miriam, connect, strings, GMAIL)
    await rows("UPDATE alias SET is_default = (address = $1)", SALES)
    begun = first(await choices(miriam))
    assert begun
    assert begun.alias_id == sales.id


async def test_a_follow_up_from_another_address_of_ours_is_never_the_contacts_answer(miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox, sales = await with_sales(miriam, connect, strings, GMAIL)
    message = await until_filed(strings, await queue(miriam, await a_draft(miriam, mailbox)))
    mine = f"From: {SALES}\r\nTo: anna@acme.example\r\nCc: {mailbox.address}\r\nSubject: Re: Offer 2026\r\n"
    mine += f"Message-ID: <follow-up@brueckner.example>\r\nIn-Reply-To: {message.provider_message_id}\r\n\r\nDid you see it?\r\n"
    kind = {"content-type": "message/rfc822"}
    answer = await strings.client.post("/control/receive", params={"to": mailbox.address}, content=mine.encode(), headers=kind)
    mail = await (await open_mailbox(mailbox)).fetch(answer.json()["id"])
    assert mail
    await receive(mailbox, mail, False)
    assert await Message.count().where(Message.direction != SENT) == 0
    assert sales.verified_at


# Answers


async def answered(me: Me, connect: Connect, strings: Strings, name: str) -> tuple[Mailbox, Message, Thread]:
    """Miriam wrote to Anna, and Anna answered."""
    mailbox = await connect(me, name)
    message = await until_filed(strings, await queue(me, await a_draft(me, mailbox)))
    await strings.pull("clock", seconds=60)
    await strings.pull("people/anna@acme.example/messages/latest/reply", text="Yes, please.")
    await strings.pull("clock", seconds=0)
    for copy in await strings.copies(mailbox.address, "inbox"):
        mail = await (await open_mailbox(mailbox)).fetch(copy["id"])
        assert mail
        assert await receive(mailbox, mail, False)
    thread = await Thread.objects().get(Thread.id == message.thread)
    assert thread
    return mailbox, message, thread


@BOTH
async def test_an_answer_joins_the_conversation_at_the_provider_and_here(name: str, miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox, first_one, thread = await answered(miriam, connect, strings, name)
    draft = await draft_in(miriam, thread)
    await draft.save()
    message = await until_filed(strings, await queue(miriam, await saved(miriam, draft)))
    copies = {one["id"]: one for one in await strings.copies(mailbox.address, "sent")}
    assert copies[message.provider_id]["thread"] == copies[first_one.provider_id]["thread"] == thread.provider_thread
    assert message.thread == thread.id
    headers = dict(copies[message.provider_id]["headers"])
    inbox = (await strings.copies(mailbox.address, "inbox"))[0]
    assert headers["In-Reply-To"] == inbox["message_id"]
    assert headers["References"].split() == [first_one.provider_message_id, inbox["message_id"]]


@BOTH
async def test_another_subject_makes_a_new_conversation_at_the_provider_and_here(name: str, miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox, _, thread = await answered(miriam, connect, strings, name)
    draft = await draft_in(miriam, thread)
    await draft.save()
    message = await until_filed(strings, await queue(miriam, await saved(miriam, draft, subject="Something else")))
    copy = await sent_copy(strings, mailbox, message)
    assert copy["thread"] != thread.provider_thread
    assert message.thread != thread.id
    assert "In-Reply-To" not in dict(copy["headers"])


async def saved(me: Me, draft: Draft, **changes: Any) -> Draft:
    written = {"to": draft.to, "subject": draft.subject, "html": "<div>Thank you.</div>", "mailbox": draft.mailbox, "alias": draft.alias}
    return await save(me, draft.id, Written(**{**written, **changes}))


async def test_subjects_are_the_same_but_for_the_marks_of_answers() -> None:
    assert joins("Re: AW: Offer  2026", "offer 2026")
    assert joins("Offer 2026", "Re: Offer 2026")
    assert not joins("Offer 2027", "Offer 2026")
    assert not joins("Fwd: Offer 2026", "Offer 2026")


# Large files


async def test_a_worker_killed_between_two_files_leaves_one_mail_with_all_of_them(
    miriam: Me, connect: Connect, strings: Strings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = await connect(miriam, OUTLOOK)
    draft = await a_draft(miriam, mailbox)
    for file in ("a.bin", "a.bin", "b.bin"):
        await attach(draft, file, "application/octet-stream", new_id().bytes * 70_000, mailbox)
    dispatch = await queue(miriam, draft)
    provider = type(await open_mailbox(mailbox))
    enclose, left = provider.enclose, [2]

    async def dies(self: Any, held: str, one: Any) -> None:
        await enclose(self, held, one)
        left[0] -= 1
        if not left[0]:
            raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(provider, "enclose", dies)
        with pytest.raises(BaseExceptionGroup):
            await dispatch_due()
    with later(timedelta(minutes=11)):
        await dispatch_due()
    message = await until_filed(strings, dispatch)

    assert (await sent_copy(strings, mailbox, message))["attachments"] == ["a.bin", "a.bin", "b.bin"]
    assert len(await strings.copies(mailbox.address, "sent")) == 1
    mail = await (await open_mailbox(mailbox)).fetch(message.provider_id)
    assert mail
    assert message_from_bytes(mail.raw, policy=policy.default)["X-Nachfass-Send-Id"] == str(dispatch.id)
