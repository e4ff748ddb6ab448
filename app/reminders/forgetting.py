"""A reminder of a mail that is forgotten is forgotten too."""

from app.database import rows
from app.happenings import HistoryRemoved, LoggingStopped
from app.reminders.tables import Reminder
from app.threads.forgetting import doomed, meant
from app.threads.removing import taken_out

OF_CONTACTS = "DELETE FROM reminder r USING contact c WHERE c.id = r.contact AND r.person = $1 AND c.address ~ $2"
"""What they write is not taken in any more, so nobody could say that nothing was heard of them."""


async def forget(fact: LoggingStopped) -> None:
    """Before the messages themselves are removed; steps go with their reminder."""
    await rows(OF_CONTACTS, fact.person, meant(fact.pattern))
    messages = await doomed(fact.person, fact.pattern)
    if messages:
        await Reminder.delete().where((Reminder.person == fact.person) & Reminder.message.is_in(messages))


async def forget_history(fact: HistoryRemoved) -> None:
    """Likewise."""
    messages = await taken_out(fact.mailbox, fact.everything)
    if messages:
        await Reminder.delete().where((Reminder.person == fact.person) & Reminder.message.is_in(messages))
