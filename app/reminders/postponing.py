"""Somebody is away: a reminder waits until they can have answered."""

from datetime import UTC, date, datetime

from app.clock import now
from app.contacts.being_away import is_away
from app.contacts.clocks import calendar_of
from app.contacts.tables import Contact
from app.happenings import REGARDLESS, AutoReplyReceived, announce
from app.reminders.noting import RUNG, WAITING, moved, note, open_of, open_on, state
from app.reminders.reckoning import at_work, calendar_of_rep
from app.reminders.settling import get
from app.reminders.tables import Reminder
from app.reminders.timing import after_absence
from app.reminders.waiting import anew
from app.threads.asking import name_of, recipients_of
from app.threads.tables import Message
from app.web.locale import N_

AUTO_REPLIED = N_("A machine answered for %(who)s. That is no reply, so it keeps waiting.")
AWAY = N_("%(who)s is away and back on %(day)s. It waits until one working day after that.")
AWAY_BEFORE = N_("%(who)s is away and back on %(day)s. It rings later than that anyway.")
OTHERS_HERE = N_("%(who)s is away and back on %(day)s. Others got the mail too, so its date stays.")


async def wait_for_return(fact: AutoReplyReceived) -> None:
    """An absence is no answer: it keeps waiting, until they are back if they say when. What has rung stays with the rep."""
    reply, answered = await get(fact.message), await get(fact.answers)
    if reply is None or answered is None:
        return
    writer = await contact_with(reply)
    for reminder in (await open_on(answered.thread), await open_of(reply.person, writer.id) if writer else None):
        if reminder is not None and state(reminder) != RUNG and reminder.condition != REGARDLESS:
            await be_patient(reminder, reply, answered, fact)


async def be_patient(reminder: Reminder, reply: Message, answered: Message, fact: AutoReplyReceived) -> None:
    """Until they are back, if they say when."""
    if fact.back_on is None or datetime.combine(fact.back_on, datetime.min.time(), UTC) <= reply.at:
        await note(reminder, state(reminder), AUTO_REPLIED, values={"who": await name_of(reply)}, examined={"message": str(reply.id)})
    else:
        await postpone(reminder, reply, answered, fact.back_on)


async def postpone(reminder: Reminder, reply: Message, answered: Message, back_on: date) -> None:
    """Later only, and only if nobody else is there who could answer; by the clock of whoever is away, where that is known."""
    values = {"who": await name_of(reply), "day": back_on.isoformat()}
    examined = {"message": str(reply.id)}
    contact = await contact_with(reply)
    theirs = calendar_of(contact) if contact else None
    due = await at_work(reminder.person, after_absence(back_on, theirs or await calendar_of_rep(reply.person)))
    if due <= reminder.due_at:
        await note(reminder, state(reminder), AWAY_BEFORE, values=values, examined=examined)
    elif reminder.thread is not None and await somebody_is_there(answered, reply):
        await note(reminder, state(reminder), OTHERS_HERE, values=values, examined=examined)
    else:
        by_them = theirs is not None and theirs.zone == getattr(due.tzinfo, "key", "")
        await note(reminder, WAITING, AWAY, {**anew(due), Reminder.by_them: by_them}, values, examined)
        await announce(moved(reminder))


async def contact_with(reply: Message) -> Contact | None:
    """Whose machine answered."""
    known = (Contact.workspace == reply.workspace) & (Contact.address == reply.sender)
    return await Contact.objects().where(known).first() if reply.sender else None


async def somebody_is_there(answered: Message, reply: Message) -> bool:
    """Did the mail go to somebody else who got it and is not away too?"""
    got_it = [one for one in (await recipients_of([answered.id]))[answered.id] if one.failed_at is None]
    others = {one.address for one in got_it} - {reply.sender}
    if len(got_it) < 2 or not others:
        return False
    known = (Contact.workspace == reply.workspace) & Contact.address.is_in(sorted(others))
    away = {contact.address for contact in await Contact.objects().where(known) if is_away(contact, now())}
    return bool(others - away)
