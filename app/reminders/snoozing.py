"""Pushing a reminder back."""

from datetime import datetime

from app.clock import now
from app.database import together
from app.errors import NotHere, Refused
from app.happenings import announce
from app.identity.tables import Person
from app.identity.working import calendar_of
from app.reminders.noting import SETTLED, SNOOZED, locked, note, snoozed, state
from app.reminders.reckoning import say_clock, whose
from app.reminders.tables import Reminder
from app.reminders.timing import LATER_TODAY, SNOOZES, snoozed_until
from app.reminders.waiting import checked
from app.web.locale import N_

MOST_SNOOZES = 5
SNOOZED_IT = N_("You snoozed it.")
GONE = N_("This reminder is gone: its thread was removed.")


async def snooze(reminder: Reminder, person: Person, choice: str) -> Reminder:
    """Let it ring again later: at a choice of the menu, or whenever the words say. Five in a row mean that the thread is dead."""
    if choice == LATER_TODAY or choice in SNOOZES:
        until = snoozed_until(choice, now(), calendar_of(person))
        if until is None:
            raise Refused("There is no such time left today. The reminder stays as it is. Choose tomorrow or later.")
        asked = checked(until.replace(tzinfo=None).isoformat(), person, None)
    else:
        asked = checked(choice, person, await whose(reminder))
    async with together():
        found = await snooze_until(reminder, asked.at)
        await say_clock(found, asked)
    return found


async def snooze_until(reminder: Reminder, until: datetime) -> Reminder:
    async with together():
        found = await locked(reminder.id)
        if found is None:
            raise NotHere(GONE)
        if state(found) == SETTLED:
            raise Refused("This reminder is settled already. Ask for a new one in the thread.")
        if found.snoozes >= MOST_SNOOZES:
            raise Refused("Snoozed five times already. Write to them, or let it go.")
        changes = {
            Reminder.due_at: until,
            Reminder.lapses_at: None,
            Reminder.rang_at: None,
            Reminder.held_at: None,
            Reminder.snoozed_at: now(),
            Reminder.snoozes: found.snoozes + 1,
            Reminder.surfaces_at: None,
        }
        await note(found, SNOOZED, SNOOZED_IT, changes)
        await announce(snoozed(found, until))
    return found
