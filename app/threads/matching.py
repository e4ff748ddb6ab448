"""Which of our mails does a received one answer? By its headers first, then by the provider's conversation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.contacts.addresses import company_domain, normal
from app.database import rows
from app.mailboxes.tables import Mailbox
from app.threads.filing import provider_thread
from app.threads.reading import Letter
from app.threads.tables import SENT, Message, Recipient, Thread

HEADER, THREAD, SENDER = "header", "thread", "sender"
ANSWERS_ITSELF = timedelta(days=4)
"""A machine answers at once, or when its owner's server comes back."""


@dataclass(frozen=True)
class Match:
    """The sent message that is answered, and how we know."""

    message: Message
    how: str


NAMED = """
SELECT id, thread, direction, message_id, provider_message_id FROM message
WHERE person = $1 AND (message_id = ANY($2) OR provider_message_id = ANY($2)) AND at <= $3
"""


async def by_header(mailbox: Mailbox, ids: Sequence[str], at: datetime) -> Match | None:
    """The first id that names a mail of ours; one that names a received mail means the last we had sent before it."""
    found = await rows(NAMED, mailbox.person, list(ids), at + timedelta(minutes=5)) if ids else []
    ranked = sorted(found, key=lambda row: min(ids.index(row[name]) for name in ("message_id", "provider_message_id") if row[name] in ids))
    for row in ranked:
        message = await get(row["id"]) if row["direction"] == SENT else await last_sent(row["thread"], at)
        if message is not None:
            return Match(message, HEADER)
    return None


async def by_thread(mailbox: Mailbox, name: str, mail: Letter, at: datetime) -> Match | None:
    """The last mail we sent into the provider's conversation before this one.

    Providers put strangers with the same subject together (graph-docs #869): a mail that answers nothing by its
    headers has to come from somebody of the conversation, or of a company in it.
    """
    thread = await provider_thread(mailbox.id, name)
    if thread is None or not (mail.refers_to or await belongs(thread, mail.sender)):
        return None
    message = await last_sent(thread.id, at)
    return Match(message, THREAD) if message else None


async def by_sender(mailbox: Mailbox, sender: str, at: datetime) -> Match | None:
    """For automatic answers only, which often name nothing: the last mail to that address within a few days."""
    found = await rows(
        "SELECT m.id FROM recipient r JOIN message m ON m.id = r.message WHERE r.address = $1 AND m.mailbox = $2 AND m.direction = 'sent' "
        "AND m.at BETWEEN $3 AND $4 ORDER BY m.at DESC LIMIT 1",
        normal(sender), mailbox.id, at - ANSWERS_ITSELF, at,
    )  # fmt: skip
    message = await get(found[0]["id"]) if found else None
    return Match(message, SENDER) if message else None


async def get(message: UUID) -> Message | None:
    return await Message.objects().where(Message.id == message).first()


async def last_sent(thread: UUID, before: datetime) -> Message | None:
    """What we had sent last in a conversation by then."""
    ours = (Message.thread == thread) & (Message.direction == SENT) & (Message.at <= before)
    return await Message.objects().where(ours).order_by(Message.at, ascending=False).first()


async def belongs(thread: Thread, sender: str) -> bool:
    """Did a mail of the conversation go to this address or to its company, or come from it?"""
    wrote_to = await Recipient.select(Recipient.address).where(Recipient.message.thread == thread.id)
    came_from = await Message.select(Message.sender).where((Message.thread == thread.id) & (Message.direction != SENT))
    people = {row["address"] for row in wrote_to} | {row["sender"] for row in came_from}
    company = company_domain(sender)
    return sender in people or bool(company and company in {company_domain(address) for address in people})
