"""A reminder of a mail that is forgotten is forgotten too."""

from app.happenings import HistoryRemoved, LoggingStopped
from app.reminders.tables import Reminder
from app.threads.forgetting import doomed
from app.threads.removing import taken_out


async def forget(fact: LoggingStopped) -> None:
    """Before the messages themselves are removed; steps go with their reminder."""
    messages = await doomed(fact.person, fact.pattern)
    if messages:
        await Reminder.delete().where((Reminder.person == fact.person) & Reminder.message.is_in(messages))


async def forget_history(fact: HistoryRemoved) -> None:
    """Likewise."""
    messages = await taken_out(fact.mailbox, fact.everything)
    if messages:
        await Reminder.delete().where((Reminder.person == fact.person) & Reminder.message.is_in(messages))
