"""Letting a reminder go, and taking that back."""

from app.database import together
from app.errors import NotHere, Refused
from app.happenings import announce
from app.reminders.noting import LET_GO, RUNG, SETTLED, WAITING, locked, moved, note, rival, state
from app.reminders.settling import is_answered_meanwhile, settle
from app.reminders.snoozing import GONE
from app.reminders.tables import Reminder
from app.web.locale import N_

TAKEN_BACK = N_("You took back to have let it go.")


async def let_go(reminder: Reminder) -> Reminder:
    """Done with it, answered or not."""
    async with together():
        found = await locked(reminder.id)
        if found is None:
            raise NotHere(GONE)
        if state(found) != SETTLED:
            await settle(found, LET_GO)
    return found


async def take_back(reminder: Reminder) -> Reminder:
    """As it was before it was let go: rung, if it had rung. Somebody who answered meanwhile keeps it settled."""
    async with together():
        found = await locked(reminder.id)
        if found is None:
            raise NotHere(GONE)
        if state(found) != SETTLED:
            return found
        if found.why != LET_GO:
            raise Refused("This reminder was settled by what happened, not by you. Ask for a new one in the thread.")
        if await rival(found) is not None:
            raise Refused("There is another reminder in its place by now. Nothing was changed.")
        if await is_answered_meanwhile(found):
            return found
        rung = found.rang_at is not None
        await note(found, RUNG if rung else WAITING, TAKEN_BACK, {Reminder.settled_at: None})
        await announce(moved(found, rung=rung))
    return found
