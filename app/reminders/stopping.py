"""Stop asking for a contact: what is open for them is settled, and nothing new begins by itself, until the rep takes it back.

A reminder whose mail went to several goes on as long as somebody of them is still asked for: they may answer.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.contacts.stopping import forget_stop, note_stop, stopped_among
from app.contacts.tables import Contact
from app.database import rows, together
from app.happenings import announce
from app.identity.guarding import Me
from app.reminders.noting import RUNG, SETTLED, STOPPED, WAITING, locked, moved, note, rival, state
from app.reminders.settling import is_answered_meanwhile, settle
from app.reminders.tables import Reminder
from app.threads.asking import last_sent, recipients_of
from app.threads.tables import Message, Thread
from app.web.locale import N_

STOPPED_FOR_ONE = N_("You stopped asking for %(who)s. Others got the mail too, so it goes on.")
ASKED_AGAIN = N_("You ask for %(who)s again.")

OPEN_FOR = """
SELECT r.id FROM reminder r WHERE r.workspace = $1 AND r.person = $2 AND r.settled_at IS NULL
AND (r.contact = ANY($3) OR r.contact IS NULL AND EXISTS (
    SELECT FROM recipient p WHERE p.message = r.message AND p.contact = ANY($3) AND p.kind <> 'bcc')) ORDER BY r.id
"""
SETTLED_FOR = """
SELECT r.id FROM reminder r WHERE r.workspace = $1 AND r.person = $2 AND r.settled_at IS NOT NULL AND r.why = $4
AND (r.contact = ANY($3) OR EXISTS (SELECT FROM recipient p WHERE p.message = r.message AND p.contact = ANY($3)))
AND r.settled_at >= (SELECT min(s.stopped_at) FROM stopped_asking s WHERE s.person = $2 AND s.contact = ANY($3)) ORDER BY r.id
"""


async def stop_asking(me: Me, contacts: Sequence[Contact]) -> int:
    """For these contacts; says how many reminders that settled."""
    async with together():
        await note_stop(me, contacts)
        found = await rows(OPEN_FOR, me.workspace.id, me.person.id, [one.id for one in contacts])
        return sum([await stop(row["id"], contacts) for row in found])


async def stop(reminder_id: UUID, contacts: Sequence[Contact]) -> bool:
    """Settle one, unless somebody else it went to is still asked for."""
    reminder = await locked(reminder_id)
    if reminder is None or state(reminder) == SETTLED:
        return False
    message = await Message.objects().where(Message.id == reminder.message).first() if reminder.contact is None else None
    values = {"who": named(contacts)}
    if message is not None and not await all_stopped_in(message):
        await note(reminder, state(reminder), STOPPED_FOR_ONE, values=values)
        return False
    await settle(reminder, STOPPED, values)
    return True


async def all_stopped_in(message: Message) -> bool:
    """Did the mail go to nobody but contacts that the rep stopped asking for? Copies ask nobody, where somebody else is addressed."""
    went_to = [one for one in (await recipients_of([message.id]))[message.id] if one.kind != "bcc"]
    asked = {one.address for one in went_to if one.kind == "to"} or {one.address for one in went_to}
    return bool(asked) and asked <= set(await stopped_among(message.person, asked))


async def stopped_in(thread: Thread) -> list[Contact]:
    """Those for whom the rep stopped asking, where that keeps mail in this thread from being reminded of."""
    last = await last_sent(thread)
    if last is None or not await all_stopped_in(last):
        return []
    went_to = (await recipients_of([last.id]))[last.id]
    return list((await stopped_among(thread.person, [one.address for one in went_to])).values())


async def ask_again(me: Me, contacts: Sequence[Contact]) -> int:
    """Take it back: what it had settled stands as it stood, and new reminders begin by themselves again. Says how many are back."""
    async with together():
        found = await rows(SETTLED_FOR, me.workspace.id, me.person.id, [one.id for one in contacts], STOPPED)
        await forget_stop(me, contacts)
        return sum([await restore(row["id"], contacts) for row in found])


async def restore(reminder_id: UUID, contacts: Sequence[Contact]) -> bool:
    """Rung, if it had rung; not where the thread has another reminder by now, or somebody answered since."""
    reminder = await locked(reminder_id)
    if reminder is None or reminder.why != STOPPED or await rival(reminder) is not None:
        return False
    if await is_answered_meanwhile(reminder):
        return False
    rung = reminder.rang_at is not None
    back: dict[Any, Any] = {Reminder.settled_at: None}
    await note(reminder, RUNG if rung else WAITING, ASKED_AGAIN, back, {"who": named(contacts)})
    await announce(moved(reminder, rung=rung))
    return True


def named(contacts: Sequence[Contact]) -> str:
    return ", ".join(one.name or one.address for one in contacts)
