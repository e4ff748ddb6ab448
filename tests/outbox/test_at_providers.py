"""The same promises kept over the providers' own protocols, in the sandbox."""

from datetime import timedelta

import pytest

from app.clock import later, now
from app.identity.guarding import Me
from app.mailboxes.syncing import sync
from app.mailboxes.tables import GMAIL, OUTLOOK, Mailbox
from app.outbox import dispatching
from app.outbox.composing import queue
from app.outbox.dispatching import dispatch_due
from app.outbox.drafting import attach
from app.outbox.tables import Dispatch
from app.threads.asking import ladder, tick
from app.threads.receiving import receive
from app.threads.tables import Message
from tests.mailboxes.conftest import Connect, Strings, connect, strings, wires
from tests.outbox.conftest import Killed, a_draft, again

__all__ = ["connect", "strings", "wires"]

BOTH = pytest.mark.parametrize("name", [GMAIL, OUTLOOK])
SEND = {GMAIL: r"POST .*/drafts/send", OUTLOOK: r"POST .*/messages/[^/]+/send$"}
DRAFT = {GMAIL: r"POST .*/drafts$", OUTLOOK: r"POST .*/me/messages$"}


async def run_until_quiet(strings: Strings, first: int = 1) -> None:
    """As the schedule would, for as long as a mailbox is asked; the provider's clock goes along."""
    for minutes in (first, first + 3, first + 12, first + 14, first + 16):
        await strings.pull("clock", seconds=minutes * 60)
        with later(timedelta(minutes=minutes)):
            await dispatch_due()


async def assert_sent_once(strings: Strings, mailbox: Mailbox, dispatch: Dispatch) -> None:
    found = await again(dispatch)
    copies = await strings.copies(mailbox.address, "sent")
    message = await Message.objects().get(Message.id == dispatch.message)
    assert len(copies) == 1, found.problem
    assert found.sent_at
    assert found.due_at is None
    assert message
    assert message.verified_at
    assert message.provider_id


@BOTH
async def test_a_mail_with_a_file_arrives_and_its_message_knows_the_providers_ids(name: str, miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox = await connect(miriam, name)
    draft = await a_draft(miriam, mailbox)
    await attach(draft, "Prüfbericht.pdf", "application/pdf", b"%PDF" * 50_000, mailbox)
    dispatch = await queue(miriam, draft)
    await dispatch_due()
    await run_until_quiet(strings)
    await assert_sent_once(strings, mailbox, dispatch)
    arrived = (await strings.see("people/anna@acme.example/messages"))["messages"]
    assert len(arrived) == 1


@BOTH
@pytest.mark.parametrize("place", [DRAFT, SEND], ids=["draft", "send"])
async def test_an_answer_lost_after_the_work_was_done_doubles_nothing(
    place: dict[str, str], name: str, miriam: Me, connect: Connect, strings: Strings
) -> None:
    mailbox = await connect(miriam, name)
    await strings.fault("drop-after", path=place[name])
    dispatch = await queue(miriam, await a_draft(miriam, mailbox))
    await dispatch_due()
    await run_until_quiet(strings)
    await assert_sent_once(strings, mailbox, dispatch)


@BOTH
@pytest.mark.parametrize("kind", ["429", "500", "drop"])
async def test_trouble_at_the_provider_delays_a_mail_and_loses_nothing(kind: str, name: str, miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox = await connect(miriam, name)
    await strings.fault(kind, path=SEND[name])
    dispatch = await queue(miriam, await a_draft(miriam, mailbox))
    await dispatch_due()
    await run_until_quiet(strings)
    await assert_sent_once(strings, mailbox, dispatch)


@BOTH
async def test_a_worker_killed_after_the_provider_sent_leaves_one_mail(
    name: str, miriam: Me, connect: Connect, strings: Strings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = await connect(miriam, name)
    dispatch = await queue(miriam, await a_draft(miriam, mailbox))

    async def dies(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(dispatching, "went_out", dies)
        with pytest.raises(BaseExceptionGroup):
            await dispatch_due()
    await run_until_quiet(strings, first=11)
    await assert_sent_once(strings, mailbox, dispatch)


async def ticks(strings: Strings, mailbox: Mailbox, dispatch: Dispatch) -> tuple[str, list[str]]:
    """The mailbox is read, then: the tick of the mail, and every step that it reached."""
    await mailbox.refresh()
    await mailbox.update_self({Mailbox.claimed_at: now()})
    await sync(mailbox, receive)
    message = await Message.objects().get(Message.id == dispatch.message)
    assert message
    return tick(message), [step.tick for step in ladder(message) if step.at is not None]


async def test_receipts_are_asked_for_and_each_moves_the_tick_as_far_as_it_may(miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox = await connect(miriam, OUTLOOK)
    await ticks_are_read(mailbox)
    dispatch = await queue(miriam, await a_draft(miriam, mailbox, asks_read=True, asks_delivery=True))
    await dispatch_due()
    await run_until_quiet(strings)
    await strings.pull("clock", seconds=0)

    assert await ticks(strings, mailbox, dispatch) == ("delivered", ["sent", "delivered"])
    (anna,) = (await strings.see("people/anna@acme.example/messages"))["messages"]
    assert ["Disposition-Notification-To", mailbox.address] in anna["headers"]

    await strings.pull("people/anna@acme.example/messages/latest/decline")
    assert await ticks(strings, mailbox, dispatch) == ("delivered", ["sent", "delivered", "declined"])
    await strings.pull("people/anna@acme.example/messages/latest/returned")
    assert await ticks(strings, mailbox, dispatch) == ("failed", ["sent", "declined", "failed"])
    assert await Message.count().where(Message.replied_at.is_not_null()) == 0


async def ticks_are_read(mailbox: Mailbox) -> None:
    """The mailbox is read for the first time: what comes from now on is news."""
    await mailbox.update_self({Mailbox.claimed_at: now()})
    await sync(mailbox, receive)


async def test_gmail_asks_for_a_read_receipt_and_promises_no_other(miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox = await connect(miriam, GMAIL)
    await ticks_are_read(mailbox)
    dispatch = await queue(miriam, await a_draft(miriam, mailbox, asks_read=True, asks_delivery=True))
    await dispatch_due()
    message = await Message.objects().get(Message.id == dispatch.message)
    assert message
    assert (message.asks_read, message.asks_delivery) == (True, False)

    await strings.pull("people/anna@acme.example/messages/latest/receipt")
    assert await ticks(strings, mailbox, dispatch) == ("receipt", ["sent", "opened", "receipt"])
