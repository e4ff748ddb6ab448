"""Reminders on walls: when a wish is due, what of it is kept, and what becomes of it when the rules of its zone change."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfoNotFoundError

import structlog

from app.clock import now
from app.contacts.clocks import calendar_of as calendar_of_contact
from app.contacts.clocks import elsewhere, whose_clock
from app.contacts.tables import Contact
from app.database import rows
from app.happenings import ReminderMoved, announce
from app.identity.following_rules import follow_rules
from app.identity.tables import Person
from app.identity.working import calendar_of
from app.reminders.noting import locked, note, state
from app.reminders.tables import Reminder
from app.reminders.timing import Due, wished
from app.threads.asking import recipients_of
from app.threads.tables import SENT, Message
from app.web.calendars import EARLY, FREE, HOLIDAY, LATE
from app.web.locale import N_
from app.web.walls import Wall, asked_as
from app.web.wishes import Wish

log = structlog.get_logger()

BATCH = 1000
KIND = "reminders"

NEW_RULES = N_("The clocks in %(city)s follow new rules. It is still due at %(time)s there: that is another moment now.")
MOVED = {
    FREE: N_("%(asked)s is no working day of yours, so it waits for the next one."),
    HOLIDAY: N_("%(asked)s is a public holiday (%(holiday)s), so it waits for your next working day."),
    EARLY: N_("%(asked)s is before your working time, so it waits until you begin."),
    LATE: N_("%(asked)s is after your working time, so it waits for the next working morning."),
}
MOVED_FOR_THEM = {
    FREE: N_("%(asked)s is no working day where %(who)s is, so it waits for the next one there."),
    HOLIDAY: N_("%(asked)s is a public holiday where %(who)s is (%(holiday)s), so it waits for the next working day there."),
    EARLY: N_("%(asked)s is before working time where %(who)s is, so it waits until the day begins there."),
    LATE: N_("%(asked)s is after working time where %(who)s is, so it waits for the next working morning there."),
}

AHEAD = """
SELECT id, wall_at, zone, due_at FROM reminder
WHERE ($1::uuid IS NULL OR id > $1) AND settled_at IS NULL AND rang_at IS NULL AND wall_at IS NOT NULL AND due_at > $2 ORDER BY id LIMIT $3
"""


def reckoned(kept: str, start: datetime, person: Person, them: Contact | None) -> Due | None:
    """When a wish is due, seen from `start`, by the clocks of the rep and of whoever got the mail; None if nobody can read it."""
    theirs = calendar_of_contact(them) if them else None
    return wished(Wish.read(kept), start, calendar_of(person), theirs, person.rings_at_work)


async def who_got(message: Message) -> Contact | None:
    """Of those a mail went to, whoever's clock we know."""
    return await whose_clock(message.workspace, [one.address for one in (await recipients_of([message.id]))[message.id]])


async def whose_thread(thread: UUID) -> Contact | None:
    """Of those the latest mail of ours in a thread went to."""
    ours = (Message.thread == thread) & (Message.direction == SENT)
    last = await Message.objects().where(ours).order_by(Message.at, ascending=False).first()
    return await who_got(last) if last else None


def moved_words(due: Due, person: Person, them: Contact | None, wish: str) -> tuple[str, dict[str, Any]]:
    """Why it is due at another time than was asked, as a sentence and its values; an empty one if it is not."""
    if not due.moved:
        return "", {}
    theirs = calendar_of_contact(them) if them and Wish.read(wish).is_by_them else None
    calendar, sentences = (theirs, MOVED_FOR_THEM) if theirs else (calendar_of(person), MOVED)
    there = elsewhere(them)
    holiday = calendar.holiday(calendar.local(due.asked).date(), person.locale)
    values = {"asked": as_text(due.asked), "who": there.who if there else "", "holiday": holiday}
    return sentences[due.moved], values


def as_text(at: datetime) -> str:
    """As values of a sentence keep a moment."""
    return at.astimezone(now().tzinfo).isoformat(timespec="seconds")


async def say_clock(reminder: Reminder, due: Due, person: Person, them: Contact | None, wish: str) -> None:
    """By whose clock it is due, and why at another time than was asked: a step of its own behind the one that asked for it."""
    theirs = Wish.read(wish).is_by_them
    if theirs != reminder.by_them:
        await reminder.update_self({Reminder.by_them: theirs})
    sentence, values = moved_words(due, person, them, wish)
    if sentence:
        await note(reminder, state(reminder), sentence, values=values)


async def reckon_anew() -> int:
    """After the tz database has changed: reminders keep their time on the wall, and get its instant by the new rules."""
    return await follow_rules(KIND, reckon_some)


async def reckon_some(after: UUID | None) -> UUID | None:
    """One batch of those that lie ahead; only what really moves is written."""
    found = await rows(AHEAD, after, now(), BATCH)
    for row in found:
        due = instant_of(row)
        if due != row["due_at"]:
            await move(row["id"], Wall(row["wall_at"], row["zone"]), due)
    return found[-1]["id"] if found else None


def instant_of(row: dict[str, Any]) -> datetime:
    """A zone that these files don't have any more keeps its instants."""
    try:
        return Wall(row["wall_at"], row["zone"]).instant()
    except (ZoneInfoNotFoundError, ValueError):
        log.warning("A reminder is in a time zone the tz database does not know", reminder=str(row["id"]), zone=row["zone"])
        return row["due_at"]  # type: ignore[no-any-return]


async def move(reminder_id: UUID, wall: Wall, due: datetime) -> None:
    reminder = await locked(reminder_id)
    if reminder is None or asked_as(wall.local) != wall or (reminder.wall_at, reminder.zone) != (wall.at, wall.zone):
        return
    if reminder.settled_at is None and reminder.rang_at is None:
        values = {"city": wall.zone, "time": f"{wall.at:%H:%M}", "before": as_text(reminder.due_at)}
        await note(reminder, state(reminder), NEW_RULES, {Reminder.due_at: due}, values)
        await announce(ReminderMoved(reminder.id, reminder.thread))
