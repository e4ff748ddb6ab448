"""What receipts say of a sent mail: where it arrived, who had it displayed, who would not say; and what a later bounce takes back."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from piccolo.columns import Column

from app.happenings import DeliveryConfirmed, ReadConfirmed, ReadDeclined
from app.threads.reading import Letter
from app.threads.recognising.delivery import reported_by
from app.threads.recognising.kinds import READ_RECEIPT, READ_RECEIPT_DECLINED
from app.threads.recognising.verdict import DELIVERED, RELAYED, Recognition
from app.threads.tables import Message, Recipient

Receipt = DeliveryConfirmed | ReadConfirmed | ReadDeclined
LONGEST_SERVER = 255


async def confirm(receipt: UUID, sent: Message, found: Recognition, letter: Letter, at: datetime) -> list[Receipt]:
    """Write down what the mail `receipt` confirms of the one that was sent; the facts that follow.

    A report that says of some recipients that it failed may say of others that it arrived.
    """
    recipients = await Recipient.objects().where(Recipient.message == sent.id)
    if found.kind == READ_RECEIPT:
        columns = Recipient.read_at, Message.read_at, Message.read_by
        return [ReadConfirmed(receipt, sent.id, one) for one in await said(sent, recipients, found, at, columns)]
    if found.kind == READ_RECEIPT_DECLINED:
        columns = Recipient.declined_at, Message.declined_at, Message.declined_by
        return [ReadDeclined(receipt, sent.id, one) for one in await said(sent, recipients, found, at, columns)]
    return await arrived(receipt, sent, recipients, found, reported_by(letter)[:LONGEST_SERVER], at)


async def said(sent: Message, recipients: Sequence[Recipient], found: Recognition, at: datetime, columns: Sequence[Column]) -> list[str]:
    """Whom the receipt speaks for; each is marked in the first of the columns, the mail in the second, and by whom in the third."""
    theirs, ours, by = columns
    meant = [whom(one.address, recipients) for one in found.results]
    for address in meant:
        await first(of(address, recipients), theirs, at)
        await first(sent, ours, at, {by: address})
    return meant


async def arrived(receipt: UUID, sent: Message, recipients: Sequence[Recipient], found: Recognition, server: str, at: datetime) -> list[Receipt]:
    """Only `delivered` is a confirmation (RFC 3464, 2.3.3); who relayed it can't say how it went on. What came back did not arrive."""
    facts: list[Receipt] = []
    for one in found.results:
        address = whom(one.address, recipients)
        recipient = of(address, recipients)
        if one.action not in (DELIVERED, RELAYED) or (recipient is not None and recipient.failed_at is not None):
            continue
        if one.action == DELIVERED:
            await first(recipient, Recipient.delivered_at, at, {Recipient.delivered_by: server})
            await first(sent, Message.delivered_at, at, {Message.delivered_by: server})
        facts.append(DeliveryConfirmed(receipt, sent.id, address, server, one.action == DELIVERED))
    return facts


async def take_back(sent: Message, recipients: Sequence[Recipient]) -> None:
    """Whom it did not reach after all does not count as reached: what is left of the confirmations are those of the others."""
    confirmed = [one for one in recipients if one.delivered_at is not None]
    if any(one.failed_at is not None for one in confirmed):
        left = min((one for one in confirmed if one.failed_at is None), key=lambda one: one.delivered_at, default=None)
        at, server = (left.delivered_at, left.delivered_by) if left else (None, "")
        await sent.update_self({Message.delivered_at: at, Message.delivered_by: server})


def whom(address: str, recipients: Sequence[Recipient]) -> str:
    """A receipt may come from an address behind an alias: with one recipient it can only mean them."""
    return recipients[0].address if len(recipients) == 1 else address


def of(address: str, recipients: Sequence[Recipient]) -> Recipient | None:
    return next((one for one in recipients if one.address == address), None)


async def first(row: Message | Recipient | None, column: Column, at: datetime, more: dict[Column | str, object] | None = None) -> None:
    """The first time counts, also when an older receipt is found later."""
    earlier = getattr(row, column._meta.name, None)
    if row is not None and (earlier is None or at < earlier):
        await row.update_self({column: at, **(more or {})})
