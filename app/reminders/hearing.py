"""Of a contact nothing is heard: a reminder of a person rather than of a thread. Any mail that they write settles it."""

from app.clock import now
from app.contacts.refusing import refuses
from app.contacts.tables import Contact
from app.database import together
from app.errors import Refused
from app.happenings import NO_REPLY, REGARDLESS, PersonWrote, announce
from app.identity.guarding import Me
from app.reminders.conditions import check
from app.reminders.examining import looked_at
from app.reminders.noting import RUNG, WAITING, moved, note, open_of, state
from app.reminders.reckoning import say_clock
from app.reminders.settling import HEARD, get, settle
from app.reminders.tables import OF_CONTACT, Reminder
from app.reminders.waiting import NEW_DATE, anew, checked
from app.threads.asking import A_SECOND, name_of
from app.threads.tables import Message
from app.web.locale import N_

BY_HAND = N_("You asked to be reminded of %(who)s.")

WROTE_ALL_THE_SAME = N_("%(who)s wrote. It rings all the same, as you asked.")


async def remind_of_contact(me: Me, contact: Contact, when: str, condition: str = NO_REPLY) -> Reminder:
    """By hand: if nothing is heard of somebody until then, or in any case. Asking again changes the reminder there is."""
    due = checked(when, me.person, contact)
    check(condition, OF_CONTACT, None)
    if contact.workspace != me.workspace.id:
        raise Refused("This contact belongs to another workspace. Nothing was changed.")
    if await refuses(me.person.id, contact.address) is not None:
        raise Refused("They are on your never-log list: what they write is not taken in, so nobody could say that nothing was heard of them.")
    async with together():
        reminder = await open_of(me.person.id, contact.id)
        if reminder is not None:
            await note(reminder, WAITING, NEW_DATE, {**anew(due.at), Reminder.condition: condition, Reminder.created_at: now()})
        else:
            reminder = Reminder(
                workspace=me.workspace.id, person=me.person.id, contact=contact.id, scope=OF_CONTACT, condition=condition, created_at=now(),
                due_at=due.at,
            )  # fmt: skip
            await reminder.save()
            await note(reminder, WAITING, BY_HAND, values={"who": contact.name or contact.address})
        await say_clock(reminder, due)
        await announce(moved(reminder))
    return reminder


async def settle_heard(fact: PersonWrote) -> None:
    """They wrote, about whatever it was; what was written before the rep asked does not count."""
    theirs = await get(fact.message)
    writer = await writer_of(theirs) if theirs else None
    reminder = await open_of(theirs.person, writer.id) if theirs and writer else None
    if theirs is None or reminder is None or theirs.at <= reminder.created_at - A_SECOND:
        return
    values, examined = {"who": await name_of(theirs)}, await looked_at(reminder, theirs.id, "contact")
    if reminder.condition != REGARDLESS:
        await settle(reminder, HEARD, values, examined)
    elif state(reminder) != RUNG:
        await note(reminder, state(reminder), WROTE_ALL_THE_SAME, values=values, examined=examined)


async def writer_of(theirs: Message) -> Contact | None:
    known = (Contact.workspace == theirs.workspace) & (Contact.address == theirs.sender)
    return await Contact.objects().where(known).first() if theirs.sender else None
