"""Writing to somebody who has not answered: a draft in the same thread, to the same people, for the rep to read before it goes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from app.clock import new_id, now
from app.contacts.tables import Contact
from app.database import rows, together
from app.errors import NotHere, Refused
from app.identity.guarding import Me
from app.outbox import answering, drafting
from app.outbox.drafting import Written
from app.outbox.tables import Draft
from app.outbox.writing import paragraphs
from app.reminders.filling_in import COMPANY, DAYS, FIRST_NAME, MY_NAME, NAME, SUBJECT, filled, first_name
from app.reminders.keeping_texts import words_of
from app.reminders.noting import SETTLED, locked, place_of, state
from app.reminders.snoozing import GONE
from app.reminders.tables import Reminder
from app.reminders.waiting import HOLD_STILL
from app.threads.asking import last_sent, recipients_of, thread_of
from app.threads.subjects import bare
from app.threads.tables import Message, Recipient, Thread

MOST_NAMED = 3
"""More are greeted together, without names."""


@dataclass(frozen=True)
class Nudge:
    """The draft, and whether it was there before; `text` is the name of the text it was made from."""

    draft: Draft
    text: str
    is_new: bool


async def follow_up(me: Me, reminder: Reminder, chosen: str = "") -> Nudge:
    """The reply to be read: made from a text if nothing is being written in the thread yet. A second click opens the same one."""
    async with together():
        if reminder.message:
            await rows(HOLD_STILL, reminder.message)
        found = await locked(reminder.id)
        if found is None:
            raise NotHere(GONE)
        if state(found) == SETTLED:
            raise Refused("This reminder is settled already. Look into the thread before you write.")
        place = place_of(found)
        if place is None:
            raise Refused("There is no thread with them yet to follow up in. Write them a new mail.")
        thread = await thread_of(me, place)
        if kept := await open_draft(me, thread):
            return Nudge(kept, "", False)
        message = await waited_for(found, thread)
        name, text = await words_of(me, chosen)
        words = filled(text, await known(me, found, thread, message))
        return Nudge(await drafting.save(me, new_id(), await written(me, thread, message, words)), name, True)


async def open_draft(me: Me, thread: Thread) -> Draft | None:
    """What is being written there already."""
    begun = await answering.draft_in(me, thread)
    return begun if begun._exists_in_db else None


async def waited_for(reminder: Reminder, thread: Thread) -> Message | None:
    """The mail nobody has answered; else the last of ours in the thread."""
    message = await Message.objects().where(Message.id == reminder.message).first() if reminder.message else None
    return message or await last_sent(thread)


async def written(me: Me, thread: Thread, message: Message | None, words: str) -> Written:
    """As a reply begins, but to those the mail went to, whoever wrote last; to nobody where there is no mail of ours."""
    to, cc = await answering.whom(me, message) if message else ([], [])
    quote, subject = answering.quote_of(me, message) if message else "", answering.subject_of(thread, message)
    sender = await answering.sender_of(me, thread, message)
    return Written(
        to=to, cc=cc, subject=subject, html=paragraphs(words), quote=quote, thread=thread.id, answers=message.id if message else None,
        mailbox=sender.mailbox.id if sender else None, alias=sender.alias_id if sender else None, signs=sender.signs if sender else True,
        **answering.defaults(me),
    )  # fmt: skip


async def known(me: Me, reminder: Reminder, thread: Thread, message: Message | None) -> dict[str, str]:
    """What can be put into the places of a text; empty where nobody knows."""
    people = [one for one in (await recipients_of([message.id]))[message.id] if one.kind == "to"] if message else []
    since = message.at if message else reminder.created_at
    return {
        FIRST_NAME: together_named([first_name(one.name) for one in people]), NAME: together_named([one.name for one in people]),
        COMPANY: await company_of(people), SUBJECT: one_line(bare((message.subject if message else "") or thread.subject)),
        DAYS: str(days_since(since, me)), MY_NAME: one_line(me.person.name),
    }  # fmt: skip


def together_named(names: list[str]) -> str:
    """Nobody is left out: if one of them has no name, or they are many, nobody is named."""
    return ", ".join(map(one_line, names)) if all(names) and len(names) <= MOST_NAMED else ""


async def company_of(people: list[Recipient]) -> str:
    """If it is the same for all of them."""
    ids: list[UUID] = [one.contact for one in people if one.contact]
    companies = {one.company for one in await Contact.objects().where(Contact.id.is_in(ids))} if ids else set()
    return one_line(companies.pop()) if len(companies) == 1 and len(ids) == len(people) else ""


def days_since(at: datetime, me: Me) -> int:
    """Nights between, by the rep's clock; one at least."""
    zone = ZoneInfo(me.person.time_zone)
    return max(1, (now().astimezone(zone).date() - at.astimezone(zone).date()).days)


def one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
