"""A new mail may be the answer: a reminder waits for the rep to say whether it is."""

from uuid import UUID

from app.database import rows
from app.happenings import REGARDLESS, PossibleReplyJudged, PossibleReplyReceived, announce
from app.reminders.asking import waits_since
from app.reminders.noting import HELD, RUNG, WAITING, locked, moved, note, open_on, state
from app.reminders.settling import get
from app.reminders.tables import Reminder
from app.threads.asking import name_of, questions_in
from app.threads.tables import Message
from app.web.locale import N_

SETTLED_BY = """
SELECT r.id FROM reminder r JOIN reminder_step s ON s.reminder = r.id
WHERE r.thread = $1 AND r.settled_at IS NOT NULL AND s.what = 'settled' AND s.examined->>'matched' = 'person' AND s.examined->>'message' = $2
AND s.at >= r.settled_at - interval '1 minute' ORDER BY s.at DESC LIMIT 1
"""

MAYBE = N_("%(who)s wrote something that may be the answer. It will not ring before you have said whether it is.")
NO_ANSWER = N_("You said that %(who)s wrote about something else. It goes on.")
ASKED_ANEW = N_("You took that back: what %(who)s wrote may be the answer.")


async def note_doubt(fact: PossibleReplyReceived) -> None:
    """Said at once; held only when it is due."""
    theirs, sent = await get(fact.message), await get(fact.answers)
    reminder = await open_on(sent.thread) if theirs and sent else None
    if theirs is None or reminder is None or reminder.condition == REGARDLESS or theirs.at <= await waits_since(reminder):
        return
    await note(reminder, state(reminder), MAYBE, values={"who": await name_of(theirs)}, examined={"message": str(theirs.id)})


async def go_on(fact: PossibleReplyJudged) -> None:
    """After a no it waits, or rings, as if the mail had not come; a yes settles it as any reply does, until it is taken back."""
    theirs, sent = await get(fact.message), await get(fact.answers)
    reminder = await open_on(sent.thread) if theirs and sent and not fact.is_answer else None
    if theirs and sent and reminder is None and fact.is_answer is None:
        return await reopen(sent.thread, theirs) if sent.replied_at is None else None
    if theirs is None or reminder is None or reminder.condition == REGARDLESS:
        return None
    values, examined = {"who": await name_of(theirs)}, {"message": str(theirs.id)}
    if fact.is_answer is None:
        await note(reminder, state(reminder), ASKED_ANEW, values=values, examined=examined)
    elif state(reminder) == HELD and not await questions_in(reminder.thread, await waits_since(reminder)):
        await release(reminder, values, examined)
    else:
        await note(reminder, state(reminder), NO_ANSWER, values=values, examined=examined)
    return None


async def reopen(thread: UUID, theirs: Message) -> None:
    """What the yes had settled stands as it stood: rung, if it had rung."""
    settled = await rows(SETTLED_BY, thread, str(theirs.id))
    reminder = await locked(settled[0]["id"]) if settled else None
    if reminder is None:
        return
    rung = reminder.rang_at is not None
    values, examined = {"who": await name_of(theirs)}, {"message": str(theirs.id)}
    await note(reminder, RUNG if rung else WAITING, ASKED_ANEW, {Reminder.settled_at: None, Reminder.held_at: None}, values, examined)
    await announce(moved(reminder, rung=rung))


async def release(reminder: Reminder, values: dict[str, str], examined: dict[str, str]) -> None:
    """Examined anew as soon as the clock ticks."""
    await note(reminder, WAITING, NO_ANSWER, {Reminder.held_at: None}, values, examined)
    await announce(moved(reminder))
