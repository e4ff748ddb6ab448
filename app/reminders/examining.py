"""What a reminder looks at before anything is said: the mails and who answered, opens and clicks, and how fresh the mailbox is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.contacts.tables import Contact
from app.database import rows
from app.happenings import ON_CLICKS
from app.mailboxes.freshness import Freshness, freshness
from app.mailboxes.positions import positions
from app.mailboxes.tables import READ, Mailbox
from app.reminders.asking import waits_since
from app.reminders.conditions import OF_TOUCHES, is_known
from app.reminders.tables import OF_CONTACT, Reminder
from app.threads.asking import A_SECOND, is_lost, questions_in, recipients_of, replies_since
from app.threads.recognising.kinds import HUMAN_REPLY, OTHER
from app.threads.tables import SENT, Message, Thread
from app.tracking.knowing import Known, known_of
from app.tracking.tables import CLICK, OPEN

MOST_NAMED = 20

HEARD = """
SELECT m.id FROM message m JOIN contact c ON c.id = $2 AND m.sender = c.address
WHERE m.person = $1 AND m.at > $3 AND m.workspace = c.workspace AND m.direction = 'received' AND m.kind = ANY($4) ORDER BY m.at LIMIT 20
"""
LOOKED_AT = "SELECT id FROM message WHERE thread = $1 AND at >= $2 ORDER BY at DESC"


@dataclass(frozen=True)
class Touch:
    """The first time that a person opened the mail, or followed a link in it, as the condition asks; `who`, if that can be said."""

    at: datetime
    who: str
    is_click: bool
    by_receipt: bool = False


@dataclass(frozen=True)
class Found:
    """All that a decision about a due reminder goes by; `record` is what is kept of it in the step."""

    waited: Message | None
    replies: Sequence[Message]
    questions: Sequence[Message]
    is_lost: bool
    touch: Touch | None
    known: Known | None
    can_be_known: bool
    mailboxes: Sequence[tuple[Mailbox, Freshness]]
    record: dict[str, Any]

    @property
    def may_be_hidden(self) -> bool:
        """Was it fetched in a way that hides whether somebody read it?"""
        return self.known is not None and self.touch is None and self.known.may_be_hidden(self.record.get("touch", OPEN))

    @property
    def can_be_read(self) -> bool:
        """Does it help to wait for a mailbox to be read?"""
        return any(fresh.can_be_read for _, fresh in self.mailboxes)

    def knows(self, at: datetime) -> bool:
        """May it be believed that nobody answered? Only if every mailbox in which an answer may lie says so."""
        return all(fresh.knows(at) for _, fresh in self.mailboxes if fresh.can_be_read)

    def unread(self, at: datetime) -> Mailbox | None:
        """A mailbox of which nobody knows what came since, and that is not just resting; first one that is not well."""
        behind = [(box, fresh) for box, fresh in self.mailboxes if fresh.can_be_read and not (fresh.rests or fresh.knows(at))]
        return min(behind, key=lambda one: one[1].is_fresh)[0] if behind else None


async def find_out(reminder: Reminder) -> Found:
    """Everything about a reminder as it is now."""
    waited = await Message.objects().where(Message.id == reminder.message).first() if reminder.message else None
    mails = await mails_of(waited)
    since = waited.at if waited else reminder.created_at
    replies, questions = await answers_to(reminder, since)
    known = await known_of([mail.id for mail in mails]) if reminder.condition in OF_TOUCHES and mails else None
    boxes = await mailboxes_of(reminder)
    return Found(
        waited=waited, replies=replies, questions=questions, is_lost=waited is not None and await is_lost(waited),
        touch=await touch_of(reminder.condition, mails), known=known, can_be_known=can_be_known(reminder.condition, mails, known),
        mailboxes=[(box, freshness(box)) for box in boxes], record=await record(reminder, since, boxes, known),
    )  # fmt: skip


async def mails_of(waited: Message | None) -> list[Message]:
    """The mail it waits on, and those that went out separately beside it in the same thread."""
    if waited is None or not waited.sending:
        return [waited] if waited else []
    together = (Message.sending == waited.sending) & (Message.thread == waited.thread) & (Message.direction == SENT)
    return await Message.objects().where(together).order_by(Message.at)


async def answers_to(reminder: Reminder, since: datetime) -> tuple[Sequence[Message], Sequence[Message]]:
    """What people wrote since, and what may be an answer; of a contact everything they wrote."""
    if reminder.thread is not None:
        return await replies_since(reminder.thread, since), await questions_in(reminder.thread, since)
    found = [row["id"] for row in await rows(HEARD, reminder.person, reminder.contact, since - A_SECOND, [HUMAN_REPLY, OTHER])]
    return (await Message.objects().where(Message.id.is_in(found)).order_by(Message.at) if found else []), []


def can_be_known(condition: str, mails: Sequence[Message], known: Known | None) -> bool:
    """Is what the condition asks for recorded of these mails?"""
    is_silent = known is not None and known.silent_since is not None
    return condition not in OF_TOUCHES or (bool(mails) and all(is_known(condition, mail, is_silent=is_silent) for mail in mails))


async def touch_of(condition: str, mails: Sequence[Message]) -> Touch | None:
    """The first open by a person, which a click or a read receipt implies; or the first click."""
    if condition not in OF_TOUCHES:
        return None
    found = [touch for mail in mails for touch in touches_in(mail, clicks=condition in ON_CLICKS)]
    if not found:
        return None
    at, mail, is_click, by_receipt = min(found, key=lambda one: one[0])
    return Touch(at, await name_in(mail), is_click, by_receipt)


def touches_in(mail: Message, *, clicks: bool) -> list[tuple[datetime, Message, bool, bool]]:
    found = [(mail.clicked_at, mail, True, False)]
    if not clicks:
        found += [(mail.opened_at, mail, False, False), (mail.read_at, mail, False, True)]
    return [(at, mail, is_click, by_receipt) for at, mail, is_click, by_receipt in found if at is not None]


async def name_in(mail: Message) -> str:
    """Whoever it went to, if that is one alone: of several nobody can say who it was."""
    people = (await recipients_of([mail.id]))[mail.id]
    return (people[0].name or people[0].address) if len(people) == 1 else ""


async def mailboxes_of(reminder: Reminder) -> list[Mailbox]:
    """Where an answer would come in: the thread's mailbox; of a contact every mailbox of the person that can be read."""
    if reminder.thread is not None:
        its_own = Thread.select(Thread.mailbox).where(Thread.id == reminder.thread)
        return await Mailbox.objects().where(Mailbox.id.is_in(its_own))
    mine = Mailbox.person == reminder.person, Mailbox.workspace == reminder.workspace, Mailbox.disconnected_at.is_null(), Mailbox.rights.any(READ)
    return await Mailbox.objects().where(*mine).order_by(Mailbox.connected_at)


async def looked_at(reminder: Reminder, message: UUID | None = None, matched: str = "") -> dict[str, Any]:
    """What is kept of a transition that a fact brought: where the mailbox stood, what lies in the thread, and what decided by which rule."""
    named = {"message": str(message)} if message else {}
    return {**await record(reminder, await waits_since(reminder), await mailboxes_of(reminder)), **named, **({"matched": matched} if matched else {})}


async def record(reminder: Reminder, since: datetime, boxes: Sequence[Mailbox], known: Known | None = None) -> dict[str, Any]:
    """As JSON: how many mails there are since, the latest of them, how old our knowledge is and where the reading stands, and the hits."""
    seen = await mails_since(reminder, since - A_SECOND)
    synced = [box.synced_at for box in boxes if box.synced_at]
    cursors = [[one.folder, one.place, one.moved_at.isoformat()] for box in boxes for one in await positions(box.id)]
    kept = {
        "messages": len(seen), "seen": [str(one) for one in seen[:MOST_NAMED]], "synced_at": min(synced).isoformat() if synced else None,
        "cursors": cursors, "condition": reminder.condition,
    }  # fmt: skip
    touches = {"hits": known.told(), "unjudged": known.unjudged, "touch": CLICK if reminder.condition in ON_CLICKS else OPEN} if known else {}
    return {**kept, **touches}


async def mails_since(reminder: Reminder, since: datetime) -> list[UUID]:
    """Those of the thread from the one it waits on; of a contact what they wrote."""
    if reminder.thread is not None:
        return [row["id"] for row in await rows(LOOKED_AT, reminder.thread, since)]
    return [row["id"] for row in await rows(HEARD, reminder.person, reminder.contact, since, [HUMAN_REPLY, OTHER])]


async def latest_thread_with(reminder: Reminder) -> Thread | None:
    """The thread that a contact's reminder brings back: the latest of the person's in which they are."""
    found = await rows(LATEST, reminder.person, reminder.contact)
    return await Thread.objects().where(Thread.id == found[0]["thread"]).first() if found else None


async def writes_where_nobody_reads(reminder: Reminder) -> bool:
    """Has the person a mailbox that may only send, where a contact may have written unseen?"""
    mine = Mailbox.person == reminder.person, Mailbox.workspace == reminder.workspace, Mailbox.disconnected_at.is_null()
    return any(READ not in box.rights for box in await Mailbox.objects().where(*mine))


async def contact_of(reminder: Reminder) -> Contact | None:
    return await Contact.objects().where(Contact.id == reminder.contact).first() if reminder.scope == OF_CONTACT else None


LATEST = """
SELECT m.thread FROM message m JOIN contact c ON c.id = $2
WHERE m.person = $1 AND m.workspace = c.workspace
AND (m.sender = c.address OR EXISTS (SELECT FROM recipient r WHERE r.message = m.id AND r.contact = c.id)) ORDER BY m.at DESC LIMIT 1
"""
