"""Reminders end: somebody answered, or nobody ever can."""

from typing import Any

from app.clock import now
from app.happenings import REGARDLESS, BounceReceived, DeliveryDelayed, ReplyReceived, announce
from app.reminders.asking import waits_since
from app.reminders.examining import answers_to, looked_at
from app.reminders.noting import RUNG, SETTLED, note, open_on, settled, state
from app.reminders.tables import Reminder
from app.threads.asking import is_lost, name_of
from app.threads.tables import Message
from app.web.locale import N_

REPLIED = N_("%(who)s replied.")
HEARD = N_("%(who)s wrote.")
REPLIED_ALL_THE_SAME = N_("%(who)s replied. It rings all the same, as you asked.")
BACK_ALL_THE_SAME = N_("The mail came back. It rings all the same, as you asked.")
NEVER_ARRIVED = N_("The mail came back, there is nobody to answer.")
PARTLY_ARRIVED = N_("The mail to %(address)s came back. Somebody else may still answer.")
NOT_THIS_TIME = N_("The mail to %(address)s came back, but not for good. It keeps waiting: look at the reason, and send it again.")
NOT_YET_THERE = N_("The mail has not arrived at %(address)s yet, their server keeps trying. It keeps waiting.")


async def settle_replied(fact: ReplyReceived) -> None:
    """An answer to a mail of the thread settles its reminder; not one from before the mail it waits on, nor one that rings regardless."""
    reply, answered = await get(fact.message), await get(fact.answers)
    reminder = await open_on(answered.thread) if reply and answered else None
    if reply is None or answered is None or reminder is None:
        return
    if reminder.message != answered.id and reply.at <= await waits_since(reminder):
        return
    values, examined = {"who": await name_of(reply)}, await looked_at(reminder, reply.id, fact.match)
    if reminder.condition != REGARDLESS:
        await settle(reminder, REPLIED, values, examined)
    elif state(reminder) != RUNG:
        await note(reminder, state(reminder), REPLIED_ALL_THE_SAME, values=values, examined=examined)


async def settle_bounced(fact: BounceReceived) -> None:
    """Only if it reached nobody, and never will: as long as one recipient may answer, it waits."""
    answered = await get(fact.answers)
    reminder = await open_on(answered.thread) if answered else None
    if answered is None or reminder is None or not await waits_on(reminder, answered):
        return
    examined = {**await looked_at(reminder, fact.message), "words": fact.why}
    if reminder.condition == REGARDLESS:
        await note(reminder, state(reminder), BACK_ALL_THE_SAME, examined=examined)
    elif await is_lost(answered):
        await settle(reminder, NEVER_ARRIVED, examined=examined)
    else:
        why = PARTLY_ARRIVED if fact.for_good else NOT_THIS_TIME
        await note(reminder, state(reminder), why, values={"address": fact.address}, examined=examined)


async def note_delay(fact: DeliveryDelayed) -> None:
    """It has not arrived yet, and may still: it keeps waiting."""
    answered = await get(fact.answers)
    reminder = await open_on(answered.thread) if answered else None
    if answered is None or reminder is None or not await waits_on(reminder, answered):
        return
    examined = {"message": str(fact.message), "words": fact.why}
    await note(reminder, state(reminder), NOT_YET_THERE, values={"address": fact.address}, examined=examined)


async def settle(reminder: Reminder, why: str, values: dict[str, Any] | None = None, examined: dict[str, Any] | None = None) -> None:
    """It is over; the note on top of the inbox is cleared by itself."""
    await note(reminder, SETTLED, why, {Reminder.settled_at: now(), Reminder.surfaces_at: None}, values, examined)
    await announce(settled(reminder))


async def waits_on(reminder: Reminder, message: Message) -> bool:
    """Does it wait for an answer to this mail, or to one that went out separately beside it in the same thread?"""
    if reminder.message == message.id:
        return True
    first = await get(reminder.message) if message.sending else None
    return first is not None and first.sending == message.sending


async def is_answered_meanwhile(reminder: Reminder) -> bool:
    """Did somebody answer while it was settled otherwise? Then it stays settled, and its story says by whom."""
    replies, _ = await answers_to(reminder, await waits_since(reminder)) if reminder.condition != REGARDLESS else ([], [])
    if replies:
        await note(reminder, SETTLED, REPLIED, values={"who": await name_of(replies[0])}, examined={"message": str(replies[0].id)})
    return bool(replies)


async def get(message: Any) -> Message | None:
    return await Message.objects().where(Message.id == message).first()
