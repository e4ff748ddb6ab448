"""A reminder that is due while nobody can know whether somebody answered is held: ringing although somebody did would be a lie."""

from typing import Any

from app.clock import now
from app.happenings import announce
from app.mailboxes.freshness import BLIND, freshness
from app.mailboxes.tables import Mailbox
from app.reminders.noting import HELD, MAY_BE_ANSWERED, held, note
from app.reminders.tables import Reminder
from app.threads.asking import name_of
from app.threads.tables import Message
from app.web.locale import N_

NOT_CONNECTED = N_("Held, because %(mailbox)s is not connected. Somebody may have answered.")
NOT_READ = N_("Held, because %(mailbox)s was not read lately. Somebody may have answered.")


async def hold(reminder: Reminder, mailbox: Mailbox, examined: dict[str, Any]) -> None:
    """Once; from then on it is examined as soon as the mailbox has been read again."""
    why = NOT_CONNECTED if freshness(mailbox).state == BLIND else NOT_READ
    values = {"mailbox": mailbox.address}
    await note(reminder, HELD, why, {Reminder.held_at: now()}, values, examined)
    await announce(held(reminder, why, values))


async def hold_for_decision(reminder: Reminder, question: Message, examined: dict[str, Any]) -> None:
    """A mail came that may be the answer: it neither rings nor is settled before the rep has said."""
    values = {"who": await name_of(question)}
    await note(reminder, HELD, MAY_BE_ANSWERED, {Reminder.held_at: now()}, values, {**examined, "message": str(question.id)})
    await announce(held(reminder, MAY_BE_ANSWERED, values))
