"""Opens and clicks, for reminders that wait for them: what one changes, and what it means when it turns out not to have been a person's.

A reminder goes by what the mail adds up to now (tracking counts anew whenever a verdict changes), so the same look serves an open that has just
come, one that hindsight took away, and one that it gave back.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.clock import now
from app.database import rows
from app.happenings import ON_CLICKS, LinkClicked, MessageOpened, ReadConfirmed, VerdictChanged, announce
from app.reminders.conditions import OF_TOUCHES, SETTLED_BY_TOUCH, TIME_TO_REPLY, WAITS_LONGER
from app.reminders.examining import Found, Touch, find_out
from app.reminders.noting import HELD, RUNG, SETTLED, WAITING, locked, moved, note, rival, state
from app.reminders.reckoning import at_work
from app.reminders.settling import settle
from app.reminders.tables import Reminder
from app.reminders.waiting import ASKED_ANEW, WROTE_AGAIN, WROTE_AGAIN_ON_CONDITION
from app.web.locale import N_

OPENED = N_("%(who)s opened it (%(at)s).")
OPENED_BY_ONE = N_("Somebody opened it (%(at)s).")
CLICKED = N_("%(who)s followed a link in it (%(at)s).")
CLICKED_BY_ONE = N_("Somebody followed a link in it (%(at)s).")
RECEIPT = N_("A read receipt of %(who)s says that it was displayed (%(at)s).")
RECEIPT_OF_ONE = N_("A read receipt says that it was displayed (%(at)s).")
KNOWN_TOO_LATE = N_("It had been opened before it rang (%(at)s). That is known only now: it should not have rung.")
CLICK_KNOWN_TOO_LATE = N_("A link in it had been followed before it rang (%(at)s). That is known only now: it should not have rung.")

NOW_OPENED = N_("It was opened (%(at)s). If nobody replies, it rings when it is due.")
NOW_CLICKED = N_("A link in it was followed (%(at)s). If nobody replies, it rings when it is due.")
LATE_OPEN = N_("It was opened at last (%(at)s). They have a day to reply from then.")
LATE_CLICK = N_("A link in it was followed at last (%(at)s). They have a day to reply from then.")
UNOPENED_YET = N_("It was due, but nobody has opened it, so there is no reply to miss yet. It waits for that until %(day)s.")
UNCLICKED_YET = N_("It was due, but nobody has followed a link in it, so there is no reply to miss yet. It waits for that until %(day)s.")
NEVER_OPENED = N_("Nobody opened it in all that time, so nothing is waited for any more.")
NEVER_CLICKED = N_("Nobody followed a link in it in all that time, so nothing is waited for any more.")
NO_PERSON = N_("What counted as a person’s open or click was not a person’s. It waits as before.")
NO_PERSON_RANG = N_("It rang because a person seemed to have opened it or followed a link. That was not a person. It waits again.")
NO_PERSON_YOUR_TURN = N_("What counted as a person’s open or click was not a person’s. It is your turn again.")

RANG_OPENED = N_("It was due. It was opened (%(at)s), and nobody had replied.")
RANG_CLICKED = N_("It was due. A link in it was followed (%(at)s), and nobody had replied.")

BY_TOUCH = (OPENED, OPENED_BY_ONE, CLICKED, CLICKED_BY_ONE, RECEIPT, RECEIPT_OF_ONE, KNOWN_TOO_LATE, CLICK_KNOWN_TOO_LATE)
BY_NO_TOUCH = (NEVER_OPENED, NEVER_CLICKED)
TOLD = (NOW_OPENED, NOW_CLICKED, LATE_OPEN, LATE_CLICK, RANG_OPENED, RANG_CLICKED)
TAKEN_BACK = (NO_PERSON, NO_PERSON_RANG, UNOPENED_YET, UNCLICKED_YET, WROTE_AGAIN, WROTE_AGAIN_ON_CONDITION, ASKED_ANEW)
"""After these nobody has opened it any more, or it goes by another mail."""

WATCHING = """
SELECT r.id FROM reminder r WHERE r.message = ANY($1) AND r.condition <> ALL ('{no_reply,regardless}')
AND (r.settled_at IS NULL OR r.why = ANY($2))
UNION
SELECT r.id FROM message touched JOIN message first ON first.sending = touched.sending AND first.thread = touched.thread
JOIN reminder r ON r.message = first.id
WHERE touched.id = ANY($1) AND touched.sending IS NOT NULL AND r.condition <> ALL ('{no_reply,regardless}')
AND (r.settled_at IS NULL OR r.why = ANY($2))
ORDER BY id
"""
"""Few look at opens at all, so this costs next to nothing for each of the others (index reminder_watching)."""
SAID = "SELECT why FROM reminder_step WHERE reminder = $1 AND why = ANY($2) ORDER BY at DESC, id DESC LIMIT 1"

Touched = Sequence[MessageOpened | LinkClicked | VerdictChanged]


async def look_again(facts: Touched) -> None:
    """Something touched these mails, or what had touched them is seen in another light."""
    await look_at({fact.message for fact in facts})


async def look_at_receipt(fact: ReadConfirmed) -> None:
    """A read receipt says that it was displayed."""
    await look_at([fact.answers])


async def look_at(messages: Iterable[UUID]) -> None:
    """Whoever waits for an open or a click of these mails."""
    for row in await rows(WATCHING, list(messages), [*BY_TOUCH, *BY_NO_TOUCH]):
        reminder = await locked(row["id"])
        if reminder is not None and reminder.condition in OF_TOUCHES:
            await think_again(reminder, await find_out(reminder))


async def think_again(reminder: Reminder, found: Found) -> None:
    """What the opens and clicks as they are now mean for it."""
    if state(reminder) == SETTLED:
        await revive(reminder, found)
    elif reminder.condition in SETTLED_BY_TOUCH:
        await settle_touched(reminder, found)
    elif found.touch is not None:
        await be_touched(reminder, found, found.touch)
    elif await had_been_told(reminder):
        await be_untouched(reminder, found)


# It was not to be opened, or clicked


async def settle_touched(reminder: Reminder, found: Found) -> bool:
    """What waits for nobody to open (or click) is over when somebody does."""
    if reminder.condition not in SETTLED_BY_TOUCH or found.touch is None:
        return False
    if state(reminder) == RUNG and found.touch.at <= reminder.rang_at:
        why = CLICK_KNOWN_TOO_LATE if found.touch.is_click else KNOWN_TOO_LATE
    else:
        why = words_for(found.touch)
    await settle(reminder, why, told_of(found.touch), found.record)
    return True


async def revive(reminder: Reminder, found: Found) -> None:
    """It was settled by an open that was none, or as never opened although it was: it stands as it stood, unless there is another by now."""
    by_touch = reminder.why in BY_TOUCH and found.touch is None
    never = reminder.why in BY_NO_TOUCH and found.touch is not None and found.touch.at <= reminder.settled_at
    if not (by_touch or never) or await rival(reminder) is not None:
        return
    if never and found.touch is not None:
        changes: dict[Any, Any] = {Reminder.settled_at: None, Reminder.due_at: await day_after(reminder, found.touch)}
        await note(reminder, WAITING, late_words(reminder), changes, told_of(found.touch), found.record)
    else:
        rung = reminder.rang_at is not None
        back: dict[Any, Any] = {Reminder.settled_at: None, Reminder.held_at: None}
        await note(reminder, RUNG if rung else WAITING, NO_PERSON_YOUR_TURN if rung else NO_PERSON, back, examined=found.record)
    await announce(moved(reminder, rung=reminder.rang_at is not None))


# It was to be opened, or clicked, and not answered


async def be_touched(reminder: Reminder, found: Found, touch: Touch) -> None:
    """From here on a reply is missed. Said once; after the time was up they have a day from then. What is held is examined anyway."""
    if state(reminder) in (RUNG, HELD) or await had_been_told(reminder):
        return
    if reminder.lapses_at is not None and reminder.due_at >= reminder.lapses_at:
        await note(reminder, WAITING, late_words(reminder), {Reminder.due_at: await day_after(reminder, touch)}, told_of(touch), found.record)
        await announce(moved(reminder))
    else:
        await note(reminder, state(reminder), NOW_CLICKED if clicks(reminder) else NOW_OPENED, None, told_of(touch), found.record)


async def day_after(reminder: Reminder, touch: Touch) -> datetime:
    """When a reply is missed: time enough after the touch, and in the rep's working time if they want that."""
    return await at_work(reminder.person, touch.at + TIME_TO_REPLY)


async def be_untouched(reminder: Reminder, found: Found) -> None:
    """Nobody opened it after all. What rang because somebody had is taken back: it waits, as it should have."""
    if state(reminder) == HELD:
        return
    if state(reminder) != RUNG:
        await note(reminder, state(reminder), NO_PERSON, examined=found.record)
        return
    back = {Reminder.rang_at: None, Reminder.held_at: None, Reminder.surfaces_at: None}
    await note(reminder, WAITING, NO_PERSON_RANG, back, examined=found.record)
    await announce(moved(reminder))


async def had_been_told(reminder: Reminder) -> bool:
    """Does its story say that it was opened, and nothing else since then? What rang says so too."""
    said = await rows(SAID, reminder.id, [*TOLD, *TAKEN_BACK])
    return bool(said and said[0]["why"] in TOLD)


def waits_for_touch(reminder: Reminder, found: Found) -> bool:
    """It is due, and there is no reply to miss yet, as nobody has opened it; and it may wait for that still."""
    waits = reminder.condition in OF_TOUCHES and reminder.condition not in SETTLED_BY_TOUCH
    return waits and found.touch is None and found.can_be_known and (reminder.lapses_at is None or now() < reminder.lapses_at)


async def wait_for_touch(reminder: Reminder, found: Found) -> None:
    """Until the end of its patience, which is a month from when it was due."""
    until: datetime = reminder.lapses_at or reminder.due_at + WAITS_LONGER
    why = UNCLICKED_YET if clicks(reminder) else UNOPENED_YET
    changes = {Reminder.due_at: until, Reminder.lapses_at: until, Reminder.held_at: None}
    await note(reminder, WAITING, why, changes, {"day": until.date().isoformat()}, found.record)
    await announce(moved(reminder))


async def lapse(reminder: Reminder, found: Found) -> None:
    """Its patience is over."""
    await settle(reminder, NEVER_CLICKED if clicks(reminder) else NEVER_OPENED, examined=found.record)


def clicks(reminder: Reminder) -> bool:
    return reminder.condition in ON_CLICKS


def late_words(reminder: Reminder) -> str:
    return LATE_CLICK if clicks(reminder) else LATE_OPEN


def words_for(touch: Touch) -> str:
    """Who did what, as far as that can be said."""
    named, unnamed = (RECEIPT, RECEIPT_OF_ONE) if touch.by_receipt else (CLICKED, CLICKED_BY_ONE) if touch.is_click else (OPENED, OPENED_BY_ONE)
    return named if touch.who else unnamed


def told_of(touch: Touch) -> dict[str, str]:
    return {"who": touch.who, "at": touch.at.isoformat()}
