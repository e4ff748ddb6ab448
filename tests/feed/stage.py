"""What happens to Miriam's mail, told as the other rooms tell it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.clock import new_id, now
from app.database import rows, together
from app.happenings import (
    AutoReplyReceived,
    BounceReceived,
    DeliveryConfirmed,
    LinkClicked,
    MachineTouched,
    MessageOpened,
    ReadConfirmed,
    ReadDeclined,
    ReplyReceived,
    VerdictChanged,
    announce,
)
from app.mailboxes.tables import Mailbox
from app.threads.filing import Sent, To, file_sent
from app.threads.recognising.kinds import AUTO_REPLY, BOUNCE_HARD, DELIVERY_RECEIPT, HUMAN_REPLY, READ_RECEIPT, READ_RECEIPT_DECLINED
from app.threads.tables import RECEIVED, Message, Recipient
from app.tracking.counting import recount
from app.tracking.tables import CLICK, MACHINE, OPEN, PERSON, Verdict
from tests.people import Rep

ANNA = To("anna@alpenblick.example", "Anna Weber")
HENRIK = To("henrik@nordsee.example", "Henrik Larsen")
SABINE = To("sabine@ulm.example", "Sabine Vogt")
IPHONE = {"kind": "phone", "system": "iPhone", "client": "Apple Mail", "country": "DE"}
WINDOWS = {"kind": "computer", "system": "Windows", "client": "Outlook", "country": "DE"}
GATEWAY = {"kind": "machine", "client": "Mimecast"}


async def send(
    rep: Rep, mailbox: Mailbox, *to: To, subject: str = "Offer 2026", reminds: str = "", thread: UUID | None = None, **more: Any
) -> Message:
    """A mail of the rep's goes out."""
    message = new_id()
    sent = Sent(
        id=message, workspace=rep.workspace.id, person=rep.person.id, mailbox=mailbox.id, to=to or (ANNA,), subject=subject, html="<p>Hello</p>",
        at=now(), message_id=f"<{message}@brueckner.example>", sender=mailbox.address, thread=thread, reminds=reminds,
        **{"links": [{"url": "https://brueckner.example/price-list.pdf", "words": ""}], "opens_tracked": True, "clicks_tracked": True, **more},
    )  # fmt: skip
    async with together():
        return await file_sent(sent)


async def received(sent: Message, kind: str, by: To, words: str) -> Message:
    answer = Message(
        workspace=sent.workspace, person=sent.person, mailbox=sent.mailbox, thread=sent.thread, direction=RECEIVED, kind=kind, answers=sent.id,
        message_id=f"<{new_id()}@elsewhere.example>", sender=by.address, sender_name=by.name, subject=f"Re: {sent.subject}", snippet=words, at=now(),
    )  # fmt: skip
    await answer.save()
    return answer


async def reply(sent: Message, by: To = ANNA, words: str = "That suits us.", match: str = "header") -> Message:
    """Somebody answers."""
    async with together():
        answer = await received(sent, HUMAN_REPLY, by, words)
        await Message.update({Message.replied_at: now()}).where(Message.id == sent.id)
        await announce(ReplyReceived(answer.id, sent.id, match))
    return answer


async def absence(sent: Message, by: To = ANNA) -> Message:
    """A machine answers for somebody."""
    async with together():
        answer = await received(sent, AUTO_REPLY, by, "I am away.")
        await announce(AutoReplyReceived(answer.id, sent.id))
    return answer


async def bounce(sent: Message, address: str = ANNA.address) -> None:
    """The mail to one of them comes back."""
    async with together():
        report = await received(sent, BOUNCE_HARD, To("mailer-daemon@elsewhere.example"), "")
        await Recipient.update({Recipient.failed_at: now()}).where((Recipient.message == sent.id) & (Recipient.address == address))
        if not await Recipient.exists().where((Recipient.message == sent.id) & Recipient.failed_at.is_null()):
            await Message.update({Message.failed_at: now()}).where(Message.id == sent.id)
        await announce(BounceReceived(report.id, sent.id, address, "Mailbox full"))


async def hit(
    sent: Message, verdict: str = PERSON, kind: str = OPEN, link: int = -1, device: dict[str, str] | None = None, at: datetime | None = None
) -> UUID:
    """A pixel or a link is fetched, and judged."""
    device = device or (IPHONE if verdict == PERSON else GATEWAY)
    async with together():
        judged = Verdict(
            workspace=sent.workspace, message=sent.id, hit_at=at or now(), kind=kind, link=link if kind == OPEN else max(link, 0), verdict=verdict,
            confidence=0.95, rules=[["A10", "for", {"name": "Mimecast"}]] if verdict == MACHINE else [["B2", "for", {}]], device=device,
        )  # fmt: skip
        await judged.save()
        await recount([sent.id])
        fact = MachineTouched if verdict != PERSON else LinkClicked if kind == CLICK else MessageOpened
        await announce(fact(sent.id, judged.id))
    return UUID(str(judged.id))


async def judge_again(sent: Message, hit_id: UUID, before: str, after: str) -> None:
    """Hindsight, or a person, says otherwise."""
    async with together():
        await Verdict.update({Verdict.verdict: after}).where(Verdict.id == hit_id)
        await recount([sent.id])
        await announce(VerdictChanged(sent.id, hit_id, before, after))


async def read_now(mailbox: Mailbox) -> None:
    """The mailbox is synced."""
    await Mailbox.update({Mailbox.synced_at: now(), Mailbox.broken_at: None}).where(Mailbox.id == mailbox.id)


async def break_down(mailbox: Mailbox) -> None:
    """The mailbox can't be read from now on."""
    await Mailbox.update({Mailbox.broken_at: now()}).where(Mailbox.id == mailbox.id)


async def age(message: Message, by: timedelta) -> None:
    """As if it had been sent earlier."""
    await rows("UPDATE message SET at = at - $1::interval WHERE id = $2", by, message.id)


async def receipt(sent: Message, kind: str, by: To = ANNA, server: str = "mx.alpenblick.example") -> Message:
    """A receipt of this kind comes back."""
    async with together():
        came = await received(sent, kind, by, "")
        facts = {
            READ_RECEIPT: ReadConfirmed(came.id, sent.id, by.address), READ_RECEIPT_DECLINED: ReadDeclined(came.id, sent.id, by.address),
            DELIVERY_RECEIPT: DeliveryConfirmed(came.id, sent.id, by.address, server),
        }  # fmt: skip
        await announce(facts[kind])
    return came
