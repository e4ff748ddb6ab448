"""Receipts that a mail asks for, as far as the mailbox it goes out from can ask."""

from app.mailboxes.providers.base import AsksReceipts, ConfirmsDelivery, Provider, SentCopy
from app.mailboxes.tables import IMAP, OUTLOOK, READ, Mailbox
from app.outbox.tables import Draft

AT_ALL, IF_OFFERED, NEVER, NOT_BLIND = "at_all", "if_offered", "never", "not_blind"


def confirms(mailbox: Mailbox | None) -> str:
    """Whether delivery can be confirmed there, in a word for the page.

    Exchange asks by a property of the draft, which a mailbox that may only send has none of; SMTP by NOTIFY (RFC 3461),
    if its server offers DSN; the Gmail API has nothing that asks.
    """
    if mailbox is None or mailbox.provider == IMAP:
        return IF_OFFERED
    if mailbox.provider == OUTLOOK:
        return AT_ALL if READ in mailbox.rights else NOT_BLIND
    return NEVER


def asks_delivery(draft: Draft, mailbox: Mailbox) -> bool:
    """What was really asked for: a switch that nothing follows from promises nothing."""
    return bool(draft.asks_delivery) and confirms(mailbox) in (AT_ALL, IF_OFFERED)


async def ask(provider: Provider, held: str, draft: Draft) -> None:
    """Of a draft at the provider, where that takes more than the header in the mail; twice is once."""
    if isinstance(provider, AsksReceipts) and (draft.asks_read or draft.asks_delivery):
        await provider.ask_receipts(held, read=draft.asks_read, delivery=draft.asks_delivery)


async def send(provider: Provider, mime: bytes, thread: str, draft: Draft) -> SentCopy | None:
    """In one step, with a delivery receipt where that is asked for on the way."""
    if draft.asks_delivery and isinstance(provider, ConfirmsDelivery):
        return await provider.send_confirmed(mime, thread)
    return await provider.send(mime, thread)
