"""Which of our mails does a received one answer? By its headers first, then by the provider's conversation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.contacts.addresses import company_domain, normal
from app.database import rows
from app.mailboxes.tables import Mailbox
from app.threads.asking import A_SECOND
from app.threads.filing import provider_thread
from app.threads.reading import Letter
from app.threads.recognising.verdict import Recognition
from app.threads.subjects import bare, joins
from app.threads.tables import SENT, Message, Recipient, Thread

HEADER, THREAD, SENDER, RECIPIENT, PERSON = "header", "thread", "sender", "recipient", "person"
ANSWERS_ITSELF = timedelta(days=4)
"""A machine answers at once, or when its owner's server comes back."""


@dataclass(frozen=True)
class Match:
    """The sent message that is answered, and how we know."""

    message: Message
    how: str


MAY_ANSWER = timedelta(days=14)
LOOKED_AT = 60_000
MOST_NAMED = 5

WROTE_TO = """
SELECT m.id, m.subject FROM recipient r JOIN message m ON m.id = r.message
WHERE r.address = $1 AND m.person = $2 AND m.direction = 'sent' AND m.logged AND m.replied_at IS NULL AND m.at BETWEEN $3 AND $4
ORDER BY m.at DESC LIMIT 100
"""

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
    headers has to come from somebody of the conversation (from another address of theirs too), or of a company in it.
    """
    thread = await provider_thread(mailbox.id, name)
    if thread is None or not (mail.refers_to or await belongs(thread, mail.sender, mail.sender_name)):
        return None
    message = await last_sent(thread.id, at)
    return Match(message, THREAD) if message else None


async def by_report(mailbox: Mailbox, name: str, mail: Letter, found: Recognition, at: datetime) -> Match | None:
    """A report that names no mail of ours, but an address that one of ours went to.

    It has to lie in the conversation of that mail, or to name no mail at all and quote its subject: what strangers
    sent in our name comes back too (backscatter), and is none of ours.
    """
    thread = await provider_thread(mailbox.id, name)
    message = await last_sent(thread.id, at) if thread else None
    if message is not None and (await went_to(message, found.recipients) if found.recipients else not found.original_ids):
        return Match(message, THREAD)
    if found.original_ids:
        return None
    written = " ".join(f"{mail.subject} {mail.text} {' '.join(one.content for one in mail.returned)}"[:LOOKED_AT].split()).casefold()
    for address in found.recipients[:MOST_NAMED]:
        match = await by_sender(mailbox, address, at)
        if match and bare(match.message.subject) and bare(match.message.subject).casefold() in written:
            return Match(match.message, RECIPIENT)
    return None


async def went_to(message: Message, addresses: Sequence[str]) -> bool:
    """To one of these, or to their company, as behind an alias there is another address."""
    recipients = await Recipient.select(Recipient.address).where(Recipient.message == message.id)
    sent_to = {row["address"] for row in recipients}
    companies = {company_domain(address) for address in sent_to} - {""}
    return any(address in sent_to or company_domain(address) in companies for address in addresses)


async def is_among_colleagues(mailbox: Mailbox, sender: str, sent: Message) -> bool:
    """Somebody of the rep's own company writes about a mail that went to another one: that is no answer of theirs."""
    ours = company_domain(normal(mailbox.address))
    if not ours or company_domain(sender) != ours:
        return False
    recipients = await Recipient.select(Recipient.address).where(Recipient.message == sent.id)
    return any(company_domain(row["address"]) != ours for row in recipients)


async def by_subject(mailbox: Mailbox, mail: Letter, at: datetime) -> Message | None:
    """A mail of ours that a new one may answer: from whom it went to, with its subject, within two weeks, and not answered yet."""
    if not bare(mail.subject):
        return None
    for row in await rows(WROTE_TO, normal(mail.sender), mailbox.person, at - MAY_ANSWER, at + A_SECOND):
        if joins(mail.subject, row["subject"]):
            sent = await get(row["id"])
            return None if sent is None or await is_among_colleagues(mailbox, mail.sender, sent) else sent
    return None


async def by_sender(mailbox: Mailbox, sender: str, at: datetime) -> Match | None:
    """For automatic answers only, which often name nothing: the last mail to that address within a few days."""
    found = await rows(
        "SELECT m.id FROM recipient r JOIN message m ON m.id = r.message WHERE r.address = $1 AND m.mailbox = $2 AND m.direction = 'sent' "
        "AND m.at BETWEEN $3 AND $4 ORDER BY m.at DESC LIMIT 1",
        normal(sender), mailbox.id, at - ANSWERS_ITSELF, at + A_SECOND,
    )  # fmt: skip
    message = await get(found[0]["id"]) if found else None
    return Match(message, SENDER) if message else None


async def get(message: UUID) -> Message | None:
    return await Message.objects().where(Message.id == message).first()


async def last_sent(thread: UUID, before: datetime) -> Message | None:
    """What we had sent last in a conversation by then."""
    ours = (Message.thread == thread) & (Message.direction == SENT) & (Message.at <= before + A_SECOND)
    return await Message.objects().where(ours).order_by(Message.at, ascending=False).first()


async def belongs(thread: Thread, sender: str, name: str = "") -> bool:
    """Did a mail of the conversation go to this address, to this person's other one or to their company, or come from there?"""
    wrote_to = await Recipient.select(Recipient.address, Recipient.name, Recipient.contact.name).where(Recipient.message.thread == thread.id)
    theirs = (Message.thread == thread.id) & (Message.direction != SENT)
    came_from = await Message.select(Message.sender, Message.sender_name).where(theirs)
    people = {row["address"] for row in wrote_to} | {row["sender"] for row in came_from}
    names = {row["name"] for row in wrote_to} | {row["contact.name"] for row in wrote_to} | {row["sender_name"] for row in came_from}
    company = company_domain(sender)
    return sender in people or is_named(name, names) or bool(company and company in {company_domain(address) for address in people})


def is_named(name: str, names: set[str | None]) -> bool:
    """By a whole name: of first names there are many."""
    called = " ".join(name.split()).casefold()
    return " " in called and called in {" ".join((one or "").split()).casefold() for one in names}
