"""By whose clock a reminder is due: what was asked for, reckoned, and told where it is another time than that."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.clock import now
from app.contacts.clocks import calendar_of as calendar_of_contact
from app.contacts.clocks import elsewhere, whose_clock
from app.contacts.tables import Contact
from app.identity.tables import Person
from app.identity.working import calendar_of
from app.reminders.noting import note, state
from app.reminders.tables import Reminder
from app.reminders.timing import Due, wished
from app.threads.asking import recipients_of
from app.threads.tables import SENT, Message
from app.web.calendars import EARLY, FREE, HOLIDAY, LATE, Calendar
from app.web.locale import N_
from app.web.wishes import Wish

MOVED = {
    FREE: N_("%(asked)s is no working day of yours, so it waits for the next one."),
    HOLIDAY: N_("%(asked)s is a public holiday (%(holiday)s), so it waits for your next working day."),
    EARLY: N_("%(asked)s is before your working time, so it waits until you begin."),
    LATE: N_("%(asked)s is after your working time, so it waits for the next working morning."),
}
MOVED_FOR_THEM = {
    FREE: N_("%(asked)s is no working day where %(who)s is, so it waits for the next one there."),
    HOLIDAY: N_("%(asked)s is a public holiday where %(who)s is (%(holiday)s), so it waits for the next working day there."),
    EARLY: N_("It is %(time)s where %(who)s is then, before working time, so it waits until the day begins there."),
    LATE: N_("It is %(time)s where %(who)s is then, after working time, so it waits for the next working morning there."),
}


@dataclass(frozen=True)
class Reckoned:
    """When a reminder is due that `person` asked for; `them`: whoever got the mail, as far as we know them."""

    due: Due
    wish: Wish
    person: Person
    them: Contact | None

    @property
    def at(self) -> datetime:
        return self.due.at

    @property
    def theirs(self) -> Calendar | None:
        """The recipient's calendar, where it counts: it was asked for, and their time zone is known."""
        return calendar_of_contact(self.them) if self.them and self.wish.is_by_them else None

    def words(self) -> tuple[str, dict[str, Any]]:
        """Why it is due at another time than was asked for, as a sentence and its values; an empty one if it is not."""
        if not self.due.moved:
            return "", {}
        calendar, there = self.theirs or calendar_of(self.person), elsewhere(self.them)
        local = calendar.local(self.due.asked)
        values = {"holiday": calendar.holiday(local.date(), self.person.locale), "who": there.who if there else "", "time": f"{local:%H:%M}"}
        if self.theirs:
            return MOVED_FOR_THEM[self.due.moved], {**values, "asked": local.date().isoformat()}
        return MOVED[self.due.moved], {**values, "asked": as_text(local)}


def reckoned(text: str, person: Person, them: Contact | None, start: datetime | None = None) -> Reckoned | None:
    """What a wish (`web.wishes`) means, seen from `start`, or from now on; None if nobody can read it."""
    wish, theirs = Wish.read(text), calendar_of_contact(them) if them else None
    due = wished(wish, start or now(), calendar_of(person), theirs, person.rings_at_work)
    return Reckoned(due, wish, person, them) if due else None


async def reckoned_in(message: Message, text: str) -> Reckoned | None:
    """What was asked for with a mail, from when it was sent."""
    person = await Person.objects().where(Person.id == message.person).first()
    assert person is not None  # their mail goes with them
    them = await who_got(message) if Wish.read(text).is_by_them else None
    return reckoned(text, person, them, message.at)


async def at_work(person: UUID, at: datetime) -> datetime:
    """A moment that nobody asked for but that follows from something: for who wants reminders in working time only, their next working moment."""
    found = await Person.objects().where(Person.id == person).first()
    return calendar_of(found).next_moment(at) if found and found.rings_at_work else at


async def calendar_of_rep(person: UUID) -> Calendar:
    found = await Person.objects().where(Person.id == person).first()
    assert found is not None  # their mail goes with them
    return calendar_of(found)


async def who_got(message: Message) -> Contact | None:
    """Of those a mail went to, the one whose clock we know."""
    return await whose_clock(message.workspace, [one.address for one in (await recipients_of([message.id]))[message.id]])


async def whose_thread(thread: UUID) -> Contact | None:
    """Of those the latest mail of ours in a thread went to."""
    ours = (Message.thread == thread) & (Message.direction == SENT)
    last = await Message.objects().where(ours).order_by(Message.at, ascending=False).first()
    return await who_got(last) if last else None


async def whose(reminder: Reminder) -> Contact | None:
    """Whom a reminder is about."""
    if reminder.thread is None:
        return await Contact.objects().where(Contact.id == reminder.contact).first()
    return await whose_thread(reminder.thread)


async def say_clock(reminder: Reminder, asked: Reckoned) -> None:
    """By whose clock it is due, and why at another time than was asked for: a step of its own behind the one that asked."""
    if asked.wish.is_by_them != reminder.by_them:
        await reminder.update_self({Reminder.by_them: asked.wish.is_by_them})
    sentence, values = asked.words()
    if sentence:
        await note(reminder, state(reminder), sentence, values=values)


def as_text(at: datetime) -> str:
    """As the values of a sentence keep a moment."""
    return at.astimezone(UTC).isoformat(timespec="seconds")
