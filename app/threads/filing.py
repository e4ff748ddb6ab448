"""Writing a sent mail down: its thread, itself, whom it went to, and the contacts behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.contacts.addresses import is_address, normal
from app.contacts.finding import acted, meet_all
from app.contacts.refusing import refused
from app.contacts.tables import Contact
from app.database import rows, together
from app.happenings import NO_REPLY, MessageSent, announce
from app.mailboxes.tables import Mailbox
from app.threads.accounting import NEVER_LOG
from app.threads.expecting import stayed
from app.threads.tables import SENT, Message, Recipient, Thread
from app.threads.tidying import clean, plain, snippet_of

LONGEST_SUBJECT = 998
OWN = """
SELECT id AS mailbox, address FROM mailbox WHERE workspace = $1
UNION ALL SELECT id, unnest(former) FROM mailbox WHERE workspace = $1
UNION ALL SELECT mailbox, address FROM alias WHERE workspace = $1 AND verified_at IS NOT NULL
"""


@dataclass(frozen=True)
class To:
    """Somebody a mail went to: `kind` is to, cc or bcc."""

    address: str
    name: str = ""
    kind: str = "to"


@dataclass(frozen=True)
class Sent:
    """A mail that went out, as whoever sent it knows it. `id` is the Message's; tokens in the mail name it already."""

    id: UUID
    workspace: UUID
    person: UUID
    mailbox: UUID
    to: Sequence[To]
    subject: str
    html: str
    at: datetime
    message_id: str
    sender: str = ""
    sender_name: str = ""
    text: str = ""
    thread: UUID | None = None
    send_id: UUID | None = None
    sending: UUID | None = None
    provider_id: str = ""
    provider_thread: str = ""
    provider_message_id: str = ""
    refers_to: str = ""
    attachments: Sequence[dict[str, Any]] = ()
    links: Sequence[dict[str, Any]] = ()
    logged: bool = True
    opens_tracked: bool = False
    clicks_tracked: bool = False
    asks_read: bool = False
    asks_delivery: bool = False
    imported: bool = False
    verified_at: datetime | None = None
    reminds: str = ""
    reminds_if: str = NO_REPLY
    left_out: str = ""


async def file_sent(sent: Sent) -> Message:
    """Write down a mail that went out and say so; doing it twice writes it once. Joins the caller's `together()`."""
    async with together():
        await alone(sent.person)
        known = await Message.objects().where(Message.id == sent.id).first()
        if known is not None:
            return known
        message = await write(sent)
        await stayed(sent.id)
        await announce(MessageSent(message.id, sent.reminds, sent.reminds_if))
        return message


async def note_copy(
    message_id: UUID, provider_id: str, provider_thread: str, provider_message_id: str, at: datetime, sender: str = ""
) -> None:
    """The provider filed its copy of a sent mail: from now on it is verified, and found by the provider's own ids."""
    async with together():
        message = await Message.objects().where(Message.id == message_id).first()
        if message is None:
            return
        await alone(message.person)
        if sender and normal(sender) != message.sender:
            await message.update_self({Message.sender: normal(sender)})
        await seen_in_sent(message, provider_id, provider_thread, provider_message_id, at)


async def alone(person: UUID) -> None:
    """Whoever files mail of this person waits until others have: sending, reading and their other mailbox meet in the same threads."""
    await rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"filing {person}")


async def write(sent: Sent) -> Message:
    """Thread, message, recipients and contacts of a sent mail; nothing of it is kept where the rep does not log."""
    kept = unlogged(sent, await never_logged(sent))
    thread = await thread_for(kept)
    message = message_from(kept, thread)
    await message.save()
    contacts = await contacts_for(kept)
    if kept.to:
        await Recipient.insert(*(recipient(kept, to, contacts) for to in kept.to))
    await acted([contact.id for contact in contacts.values()], SENT, kept.at)
    return message


async def never_logged(sent: Sent) -> set[str]:
    return await refused(sent.person, {to.address for to in sent.to})


def unlogged(sent: Sent, never: set[str]) -> Sent:
    """The mail without those who are never logged; where nobody else is left, without its words too."""
    to = [one for one in sent.to if normal(one.address) not in never]
    if sent.logged and (to or not sent.to):
        return replace(sent, to=to)
    left_out = NEVER_LOG if sent.logged else sent.left_out
    return replace(sent, to=to, logged=False, html="", text="", attachments=(), left_out=left_out)


async def thread_for(sent: Sent) -> Thread:
    """The conversation it belongs to: the one it answers in, else the provider's, else a new one."""
    thread = await Thread.objects().where((Thread.id == sent.thread) & (Thread.workspace == sent.workspace)).first() if sent.thread else None
    thread = thread or await provider_thread(sent.mailbox, sent.provider_thread)
    if thread is None:
        return await new_thread(sent.workspace, sent.person, sent.mailbox, sent.provider_thread, sent.subject, sent.at)
    await touch(thread, sent.at, sent.provider_thread)
    return thread


async def provider_thread(mailbox: UUID, name: str) -> Thread | None:
    """The conversation that the provider calls so, in this mailbox."""
    here = (Thread.mailbox == mailbox) & (Thread.provider_thread == name)
    return await Thread.objects().where(here).order_by(Thread.created_at).first() if name else None


async def new_thread(workspace: UUID, person: UUID, mailbox: UUID, name: str, subject: str, at: datetime) -> Thread:
    subject = clean(subject, LONGEST_SUBJECT)
    made = Thread(workspace=workspace, person=person, mailbox=mailbox, provider_thread=name, subject=subject, last_at=at, created_at=at)
    await made.save()
    return made


async def touch(thread: Thread, at: datetime, name: str = "") -> None:
    """Something happened in a conversation; the provider's name for it is learnt when it is first told."""
    changes: dict[Any, Any] = {Thread.last_at: at} if at > thread.last_at else {}
    if name and not thread.provider_thread:
        changes[Thread.provider_thread] = name
    if changes:
        await thread.update_self(changes)


def message_from(sent: Sent, thread: Thread) -> Message:
    text = clean(sent.text or plain(sent.html))
    return Message(
        id=sent.id, workspace=sent.workspace, person=sent.person, mailbox=sent.mailbox, thread=thread.id, direction=SENT, send_id=sent.send_id,
        sending=sent.sending,
        provider_id=sent.provider_id, message_id=sent.message_id, provider_message_id=sent.provider_message_id or sent.message_id,
        refers_to=sent.refers_to, sender=normal(sent.sender), sender_name=clean(sent.sender_name, 200), subject=clean(sent.subject, LONGEST_SUBJECT),
        html=clean(sent.html), text=text, snippet=snippet_of(text), attachments=list(sent.attachments), at=sent.at, logged=sent.logged,
        opens_tracked=sent.opens_tracked, clicks_tracked=sent.clicks_tracked, links=list(sent.links), imported=sent.imported, left_out=sent.left_out,
        verified_at=sent.verified_at, asks_read=sent.asks_read, asks_delivery=sent.asks_delivery,
    )  # fmt: skip


async def contacts_for(sent: Sent) -> dict[str, Contact]:
    """The contacts a logged mail went to, met on first sight; our own mailboxes are nobody's contact."""
    if not sent.logged:
        return {}
    own = await own_addresses(sent.workspace)
    return await meet_all(sent.workspace, {normal(to.address): to.name for to in sent.to if normal(to.address) not in own})


async def own_addresses(workspace: UUID) -> set[str]:
    """Every address that a mailbox of the workspace has, had, or sends from; what it may not send from may be anybody's."""
    found = await rows(OWN, workspace)
    return {normal(row["address"]) for row in found}


async def addresses_of(mailbox: Mailbox) -> set[str]:
    """Those of one mailbox."""
    found = await rows(f"SELECT address FROM ({OWN}) own WHERE mailbox = $2", mailbox.workspace, mailbox.id)  # noqa: S608 - our own words
    return {normal(mailbox.address), *(normal(row["address"]) for row in found)}


def recipient(sent: Sent, to: To, contacts: dict[str, Contact]) -> Recipient:
    address = normal(to.address)
    contact = contacts.get(address) if is_address(address) else None
    known = contact.id if contact else None
    name = clean(to.name, 200)
    return Recipient(workspace=sent.workspace, message=sent.id, contact=known, kind=to.kind, address=clean(address, 320), name=name)


async def seen_in_sent(message: Message, provider_id: str, name: str, provider_message_id: str, at: datetime) -> None:
    """The copy in Sent proves the mail went out; its ids are the ones that answers will name."""
    changes: dict[Any, Any] = {Message.provider_id: provider_id, Message.verified_at: message.verified_at or at}
    if provider_message_id:
        changes[Message.provider_message_id] = provider_message_id
    await message.update_self(changes)
    thread = await Thread.objects().where(Thread.id == message.thread).first()
    if thread is not None:
        await touch(thread, thread.last_at, name)
