"""What other rooms and our own pages ask about threads: found through their person, and how far a message got."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.contacts.tables import Contact
from app.database import rows
from app.errors import NotHere
from app.identity.guarding import Me
from app.mailboxes.tables import Mailbox
from app.threads.recognising.kinds import BOUNCES, HUMAN_REPLY
from app.threads.tables import RECEIVED, SENT, Message, Recipient, Thread

MOST_SHOWN = 200
A_SECOND = timedelta(seconds=1)
"""Graph tells in whole seconds when a mail came: an answer within the second of our mail seems to be older than that."""
DECLINED = "declined"
IF_KNOWN = ("machine", DECLINED)
FILED = """
SELECT provider_id FROM message WHERE mailbox = $1 AND provider_id = ANY($2) AND (direction = 'received' OR verified_at IS NOT NULL)
"""

SHARED = """
SELECT mine.thread FROM message theirs JOIN message mine ON mine.message_id IN (theirs.message_id, theirs.provider_message_id)
    OR mine.provider_message_id IN (theirs.message_id, theirs.provider_message_id)
WHERE theirs.workspace = $1 AND theirs.thread = $2 AND theirs.message_id <> '' AND mine.workspace = $1 AND mine.person = $3
ORDER BY mine.at LIMIT 1
"""
"""A mail keeps its Message-ID in every mailbox it lies in; the one we fixed and the one the provider made of it both count."""


MOVED_TO = """
SELECT m.thread FROM reply_decision d JOIN message m ON m.id = d.message
WHERE d.thread_before = $1 AND d.taken_back_at IS NULL AND d.is_answer ORDER BY d.at DESC LIMIT 1
"""

QUESTIONS = """
SELECT theirs.id FROM message theirs JOIN message sent ON sent.id = theirs.may_answer
WHERE sent.thread = $1 AND theirs.judged_at IS NULL AND sent.replied_at IS NULL AND ($2::timestamptz IS NULL OR theirs.at > $2)
ORDER BY theirs.at LIMIT 20
"""

RECOVERABLE = """
SELECT 1 FROM recipient r JOIN message m ON m.id = r.message
WHERE (m.id = $1 OR m.sending = $3 AND m.thread = $2) AND (r.failed_at IS NULL OR NOT r.for_good) LIMIT 1
"""


@dataclass(frozen=True)
class Step:
    """One rung of what happened to a message: the tick's name, when it was reached, if it was, and who says so where that is somebody else."""

    tick: str
    at: datetime | None
    by: str = ""

    @property
    def is_reached(self) -> bool:
        """A declined receipt is told, but nothing was reached by it."""
        return self.at is not None and self.tick != DECLINED


async def thread_of(me: Me, thread_id: UUID) -> Thread:
    """A thread of the signed-in person. A colleague's that we have too is shown as ours: with the mails that came to us, and no others."""
    mine = (Thread.workspace == me.workspace.id) & (Thread.person == me.person.id)
    found = await Thread.objects().where(mine & (Thread.id == thread_id)).first()
    if found is None and (same := await rows(SHARED, me.workspace.id, thread_id, me.person.id)):
        found = await Thread.objects().where(mine & (Thread.id == same[0]["thread"])).first()
    if found is None:
        raise NotHere("There is no such thread here. It may have been removed with the never-log list, or it is a colleague's.")
    return found


async def message_of(me: Me, message_id: UUID) -> Message:
    """A message of the signed-in person."""
    mine = (Message.id == message_id) & (Message.workspace == me.workspace.id) & (Message.person == me.person.id)
    found = await Message.objects().where(mine).output(load_json=True).first()
    if found is None:
        raise NotHere("There is no such message here. It may have been removed with the never-log list, or it is a colleague's.")
    return found


async def messages_of(thread: Thread) -> list[Message]:
    """The messages of a thread, oldest first; of an endless one the latest."""
    latest = await Message.objects().where(Message.thread == thread.id).order_by(Message.at, ascending=False).limit(MOST_SHOWN).output(load_json=True)
    return list(reversed(latest))


async def recipients_of(messages: Iterable[UUID]) -> dict[UUID, list[Recipient]]:
    """Whom each message went to, in the order To, Cc, Bcc; called as their contact is where the mail did not name them."""
    asked = list(messages)
    found = await Recipient.objects().where(Recipient.message.is_in(asked)).order_by(Recipient.id) if asked else []
    nameless = [one.contact for one in found if not one.name and one.contact]
    names = {one.id: one.name for one in await Contact.objects().where(Contact.id.is_in(nameless))} if nameless else {}
    for one in found:
        one.name = one.name or names.get(one.contact, "")
    gathered: dict[UUID, list[Recipient]] = {message: [] for message in asked}
    for one in sorted(found, key=lambda recipient: ("to", "cc", "bcc").index(recipient.kind)):
        gathered[one.message].append(one)
    return gathered


async def contacts_of_message(message: Message) -> list[Contact]:
    """The contacts a sent message went to; the one who wrote a received one."""
    return await contacts_in(message.workspace, [message])


async def people_of(thread: Thread, messages: Sequence[Message]) -> list[Contact]:
    """The contacts in a thread, by name."""
    return await contacts_in(thread.workspace, messages)


async def contacts_in(workspace: UUID, messages: Sequence[Message]) -> list[Contact]:
    """Whom we wrote to and who wrote, as far as they are contacts."""
    went_to = await recipients_of(message.id for message in messages if message.direction == SENT)
    ids = {one.contact for several in went_to.values() for one in several if one.contact}
    addresses = {message.sender for message in messages if message.direction == RECEIVED and message.sender}
    found = await rows(
        "SELECT id FROM contact WHERE workspace = $1 AND (id = ANY($2) OR address = ANY($3))", workspace, list(ids), list(addresses)
    )
    return await Contact.objects().where(Contact.id.is_in([row["id"] for row in found])).order_by(Contact.name) if found else []


async def last_sent(thread: Thread) -> Message | None:
    """The latest mail of ours in a thread."""
    ours = (Message.thread == thread.id) & (Message.direction == SENT)
    return await Message.objects().where(ours).order_by(Message.at, ascending=False).output(load_json=True).first()


async def filed(mailbox: Mailbox, ids: Sequence[str]) -> set[str]:
    """Those of a mailbox's mails that are here and need not be fetched again; a sent one has to be seen in Sent once."""
    found = await rows(FILED, mailbox.id, list(ids))
    return {row["provider_id"] for row in found}


async def replies_since(thread_id: UUID, since: datetime) -> list[Message]:
    """What people wrote into a thread after a moment, oldest first; machines do not count."""
    theirs = (Message.thread == thread_id) & (Message.direction == RECEIVED) & (Message.kind == HUMAN_REPLY) & (Message.at > since - A_SECOND)
    return await Message.objects().where(theirs).order_by(Message.at)


def tick(message: Message) -> str:
    """How far a message got, in one word. A click, a read receipt or a reply implies an open; nothing is claimed of a received one."""
    if message.direction != SENT:
        return ""
    reached = [step.tick for step in ladder(message) if step.is_reached]
    return reached[-1]


def ladder(message: Message) -> list[Step]:
    """Every step in its order, reached or not yet; a bounce stands last unless somebody answered all the same.

    Receipts are steps where they were asked for or came.
    """
    steps = [
        Step("sent", message.at),
        Step("delivered", message.delivered_at, message.delivered_by),
        Step("machine", message.fetched_at),
        Step("opened", message.opened_at or message.clicked_at or message.read_at or message.replied_at),
        Step("clicked", message.clicked_at),
        Step("receipt", message.read_at, message.read_by),
        Step(DECLINED, message.declined_at, message.declined_by),
        Step("replied", message.replied_at),
    ]
    if message.failed_at is not None and message.replied_at is None:
        return [step for step in steps if step.at is not None] + [Step("failed", message.failed_at)]
    return [step for step in steps if step.at is not None or is_expected(message, step.tick)]


def is_expected(message: Message, tick: str) -> bool:
    """Is a step worth showing before it is reached?"""
    if tick == "delivered":
        return bool(message.asks_delivery)
    if tick == "receipt":
        return bool(message.asks_read) and message.declined_at is None
    return tick not in IF_KNOWN


def tick_at(message: Message) -> datetime:
    """When it got there."""
    return next(step.at for step in reversed(ladder(message)) if step.at is not None and step.is_reached)


def is_report(message: Message) -> bool:
    return bool(message.kind in BOUNCES)


async def questions_in(thread_id: UUID, since: datetime | None = None) -> list[Message]:
    """New mails that may answer one of ours in a thread, oldest first, while nobody has said and nobody has answered."""
    found = await rows(QUESTIONS, thread_id, since and since - A_SECOND)
    ids = [row["id"] for row in found]
    return await Message.objects().where(Message.id.is_in(ids)).order_by(Message.at).output(load_json=True) if ids else []


async def moved_to(thread: Thread) -> UUID | None:
    """Where the mail of this thread lies since the rep said that it answers one there."""
    found = await rows(MOVED_TO, thread.id)
    return found[0]["thread"] if found else None


async def is_lost(message: Message) -> bool:
    """It came back from everybody it went to, and for good: nobody can answer it. What went separately into one thread is one mail in this."""
    return message.failed_at is not None and not await rows(RECOVERABLE, message.id, message.thread, message.sending)


async def name_of(message: Message) -> str:
    """Who wrote it, as the contact is called."""
    known = (Contact.workspace == message.workspace) & (Contact.address == message.sender)
    contact = await Contact.objects().where(known).first() if message.sender else None
    return str((contact.name if contact else "") or message.sender_name or message.sender)
