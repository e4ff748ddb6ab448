"""A reminder that is due while the mailbox is not fresh is held: ringing although somebody answered would be a lie."""

from typing import Any

from app.clock import now
from app.happenings import ReminderHeld, announce
from app.mailboxes.freshness import BLIND, freshness
from app.mailboxes.tables import Mailbox
from app.reminders.noting import HELD, note
from app.reminders.tables import Reminder
from app.web.locale import N_

NOT_CONNECTED = N_("Held, because %(mailbox)s is not connected. Somebody may have answered.")
NOT_READ = N_("Held, because %(mailbox)s was not read lately. Somebody may have answered.")


async def hold(reminder: Reminder, mailbox: Mailbox, examined: dict[str, Any]) -> None:
    """Once; from then on it is examined as soon as the mailbox has been read again."""
    why = NOT_CONNECTED if freshness(mailbox).state == BLIND else NOT_READ
    values = {"mailbox": mailbox.address}
    await note(reminder, HELD, why, {Reminder.held_at: now()}, values, examined)
    await announce(ReminderHeld(reminder.id, reminder.thread, reminder.message, why, values))
