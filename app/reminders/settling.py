"""Reminders end: somebody answered, or nobody ever can."""

from typing import Any

from app.clock import now
from app.contacts.tables import Contact
from app.happenings import AutoReplyReceived, BounceReceived, ReminderSettled, ReplyReceived, announce
from app.reminders.asking import waits_since
from app.reminders.noting import SETTLED, WAITING, note, open_on, state
from app.reminders.tables import Reminder
from app.threads.tables import Message
from app.web.locale import N_

REPLIED = N_("%(who)s replied.")
NEVER_ARRIVED = N_("The mail came back, there is nobody to answer.")
PARTLY_ARRIVED = N_("The mail to %(address)s came back. Somebody else may still answer.")
AUTO_REPLIED = N_("A machine answered for %(who)s. That is no reply, so it keeps waiting.")


async def settle_replied(fact: ReplyReceived) -> None:
    """An answer to a mail of the thread settles its reminder; one from before the mail it waits on does not."""
    reply, answered = await get(fact.message), await get(fact.answers)
    reminder = await open_on(answered.thread) if reply and answered else None
    if reply is None or answered is None or reminder is None:
        return
    if reminder.message != answered.id and reply.at <= await waits_since(reminder):
        return
    await settle(reminder, REPLIED, {"who": await name_of(reply)}, {"matched": fact.match, "message": str(reply.id)})


async def settle_bounced(fact: BounceReceived) -> None:
    """Only if it reached nobody: as long as one recipient may answer, it waits."""
    answered = await get(fact.answers)
    reminder = await open_on(answered.thread) if answered else None
    if answered is None or reminder is None or reminder.message != answered.id:
        return
    examined = {"message": str(fact.message), "words": fact.why}
    if answered.failed_at is not None:
        await settle(reminder, NEVER_ARRIVED, examined=examined)
    else:
        await note(reminder, state(reminder), PARTLY_ARRIVED, values={"address": fact.address}, examined=examined)


async def note_auto_reply(fact: AutoReplyReceived) -> None:
    """An absence is no answer: it keeps waiting, and says so."""
    reply, answered = await get(fact.message), await get(fact.answers)
    reminder = await open_on(answered.thread) if reply and answered else None
    if reply is None or reminder is None or state(reminder) != WAITING:
        return
    await note(reminder, WAITING, AUTO_REPLIED, values={"who": await name_of(reply)}, examined={"message": str(reply.id)})


async def settle(reminder: Reminder, why: str, values: dict[str, Any] | None = None, examined: dict[str, Any] | None = None) -> None:
    """It is over; the note on top of the inbox is cleared by itself."""
    await note(reminder, SETTLED, why, {Reminder.settled_at: now(), Reminder.surfaces_at: None}, values, examined)
    await announce(ReminderSettled(reminder.id, reminder.thread))


async def name_of(message: Message) -> str:
    """Who wrote it, as the contact is called."""
    known = (Contact.workspace == message.workspace) & (Contact.address == message.sender)
    contact = await Contact.objects().where(known).first() if message.sender else None
    return str((contact.name if contact else "") or message.sender_name or message.sender)


async def get(message: Any) -> Message | None:
    return await Message.objects().where(Message.id == message).first()
