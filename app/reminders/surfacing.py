"""Bringing a thread back on top of the inbox, through the provider, and clearing the note again when it is over.

A claim is kept in the row until it is known what became of it: an open claim may have left a note in the inbox.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from app.clock import now
from app.database import rows, together
from app.errors import GoneThere, ProviderError, RetryLater, Unanswered
from app.happenings import NOT_CLICKED, NOT_OPENED, REGARDLESS
from app.identity.tables import Person
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers.base import Note, Provider
from app.mailboxes.tables import Mailbox
from app.reminders.asking import waits_since
from app.reminders.examining import contact_of
from app.reminders.noting import RUNG, SURFACED, locked, note, place_of, state
from app.reminders.tables import Reminder
from app.settings import settings
from app.threads.tables import SENT, Message, Thread
from app.web.locale import N_, day, translate

log = structlog.get_logger()

BATCH = 10
CLAIM_LASTS = timedelta(minutes=10)
MOST_TRIES = 8
FIRST_REST = timedelta(seconds=30)

BROUGHT_BACK = N_("Brought back on top of your inbox.")
NOTE = N_("Nobody has answered this thread since %(day)s. Nachfass brought it back on top, as you asked.")
NOTES = {
    NOT_OPENED: N_("As far as can be known, nobody has opened this mail since %(day)s. Nachfass brought the thread back, as you asked."),
    NOT_CLICKED: N_("As far as can be known, nobody has followed a link in this mail since %(day)s. Nachfass brought the thread back, as you asked."),
    REGARDLESS: N_("You wanted to look at this again, whatever had come since %(day)s. Nachfass brought the thread back on top, as you asked."),
}
NOTE_OF_CONTACT = N_("Nothing has been heard from %(who)s since %(day)s. Nachfass brought your latest thread with them back on top, as you asked.")
NOTE_LINK = N_("Why, snooze, or let it go: %(url)s")

CLAIM_NOTES = """
UPDATE reminder SET surfacing_claimed_at = $1 WHERE id IN (
    SELECT id FROM reminder WHERE surfaces_at <= $1 AND (surfacing_claimed_at IS NULL OR surfacing_claimed_at < $2)
    ORDER BY surfaces_at LIMIT $3 FOR UPDATE SKIP LOCKED
) RETURNING id
"""
NOT_WANTED = """
UPDATE reminder SET surfaces_at = NULL FROM person p
WHERE surfaces_at <= $1 AND p.id = reminder.person AND NOT p.returns_in_inbox
"""
"""Whoever chose to hear of due threads by other ways gets no note; one that may be there already is cleared then."""
CLAIM_CLEARING = """
UPDATE reminder SET surfacing_claimed_at = $1 WHERE id IN (
    SELECT id FROM reminder WHERE (note_id <> '' OR surfacing_claimed_at IS NOT NULL) AND surfaces_at IS NULL
    AND (settled_at IS NOT NULL OR rang_at IS NULL OR NOT (SELECT p.returns_in_inbox FROM person p WHERE p.id = reminder.person))
    AND (surfacing_claimed_at IS NULL OR surfacing_claimed_at < $2)
    ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
) RETURNING id
"""

NOTHING_TO_DO: dict[Any, Any] = {Reminder.surfaces_at: None, Reminder.surfacing_claimed_at: None}

Opener = Callable[[Mailbox], Awaitable[Provider]]


async def surface_due(opener: Opener = open_mailbox) -> int:
    """Put notes where reminders rang, and clear those of reminders that are over; how many were worked on."""
    await rows(NOT_WANTED, now())
    rung, over = await claimed(CLAIM_NOTES), await claimed(CLAIM_CLEARING)
    for reminder_id in rung:
        await surface(reminder_id, opener)
    for reminder_id in over:
        await clear(reminder_id, opener)
    return len(rung) + len(over)


async def claimed(statement: str) -> list[UUID]:
    return [row["id"] for row in await rows(statement, now(), now() - CLAIM_LASTS, BATCH)]


async def surface(reminder_id: UUID, opener: Opener) -> None:
    """Put the note there; its Message-ID was fixed before, so that a second try finds the first."""
    reminder, thread, mailbox = await parts_of(reminder_id)
    if reminder is None or thread is None or mailbox is None:
        return
    try:
        provider = await opener(mailbox)
        if reminder.note_id:
            await provider.clear(reminder.note_id)
        note_id = await provider.surface(await written(reminder, thread))
    except ProviderError as error:
        await not_surfaced(reminder_id, error)
        return
    await put_down(reminder_id, note_id)


async def put_down(reminder_id: UUID, note_id: str) -> None:
    """The note is there. If the reminder is over meanwhile, it is cleared with the next round."""
    async with together():
        reminder = await locked(reminder_id)
        if reminder is None:
            return
        changes: dict[Any, Any] = {Reminder.note_id: note_id, Reminder.surfaced_at: now(), **NOTHING_TO_DO}
        if state(reminder) == RUNG:
            await note(reminder, SURFACED, BROUGHT_BACK, changes)
        else:
            await reminder.update_self(changes)


async def not_surfaced(reminder_id: UUID, error: ProviderError) -> None:
    """Try again later, or say why not. After a request without an answer the claim stays: the note may be there."""
    async with together():
        reminder = await locked(reminder_id)
        if reminder is None or reminder.surfaces_at is None:
            return
        tries = reminder.surfacing_tries + 1
        if isinstance(error, RetryLater) and tries < MOST_TRIES:
            changes: dict[Any, Any] = {Reminder.surfacing_tries: tries, Reminder.surfaces_at: error.at or now() + FIRST_REST * 2**tries}
            if not isinstance(error, Unanswered):
                changes[Reminder.surfacing_claimed_at] = None
            await reminder.update_self(changes)
            return
        log.warning("A thread could not be brought back on top", reminder=str(reminder_id), kind=type(error).__name__, code=error.code)
        values = {name: str(value) for name, value in error.values.items()}
        await note(reminder, SURFACED, error.sentence, {**NOTHING_TO_DO}, values)


async def clear(reminder_id: UUID, opener: Opener) -> None:
    """Take the note away. Where we do not know whether it is there, its Message-ID finds it (or makes it) first."""
    reminder, thread, mailbox = await parts_of(reminder_id)
    if reminder is None or thread is None or mailbox is None:
        return
    try:
        provider = await opener(mailbox)
        await provider.clear(reminder.note_id or await provider.surface(await written(reminder, thread)))
    except GoneThere:
        log.info("A note was gone already", reminder=str(reminder_id))
    except RetryLater:
        return
    except ProviderError as error:
        log.warning("A note stays in the inbox", reminder=str(reminder_id), kind=type(error).__name__, code=error.code)
    await Reminder.update({Reminder.note_id: "", Reminder.surfacing_claimed_at: None}).where(Reminder.id == reminder_id)


async def parts_of(reminder_id: UUID) -> tuple[Reminder | None, Thread | None, Mailbox | None]:
    """The thread it brings back and its mailbox; where the thread is gone, there is nothing left to bring or to clear."""
    reminder = await Reminder.objects().where(Reminder.id == reminder_id).first()
    thread = await Thread.objects().where(Thread.id == place_of(reminder)).first() if reminder and place_of(reminder) else None
    if reminder is not None and thread is None:
        await reminder.update_self({**NOTHING_TO_DO, Reminder.note_id: ""})
    return reminder, thread, await Mailbox.objects().where(Mailbox.id == thread.mailbox).first() if thread else None


async def written(reminder: Reminder, thread: Thread) -> Note:
    """The note in the rep's language."""
    person = await Person.objects().where(Person.id == reminder.person).first()
    last = await last_in(thread)
    language, zone = (person.locale, ZoneInfo(person.time_zone)) if person else ("en", ZoneInfo("UTC"))
    since = day(await waits_since(reminder), zone, language)
    url = f"{settings().base_url}/reminders/{reminder.id}"
    text = f"{await why_it_is_back(reminder, language, since)}\n\n{translate(language, NOTE_LINK, url=url)}\n"
    return Note(
        message_id=reminder.note_message_id,
        subject=last.subject if last else thread.subject,
        text=text,
        thread=thread.provider_thread,
        refers_to=(last.provider_message_id or last.message_id) if last else "",
        last_provider_id=last.provider_id if last else "",
    )


async def why_it_is_back(reminder: Reminder, language: str, since: str) -> str:
    """Only what was true when it rang."""
    contact = await contact_of(reminder)
    if contact is not None and reminder.condition != REGARDLESS:
        return translate(language, NOTE_OF_CONTACT, who=contact.name or contact.address, day=since)
    return translate(language, NOTES.get(reminder.condition, NOTE), day=since)


async def last_in(thread: Thread) -> Message | None:
    """The mail that the note refers to. Ours, if there is one: Gmail keeps "Automatic reply: …" in a thread of its own, and a note on it there."""
    found = await Message.objects().where(Message.thread == thread.id).order_by(Message.at, ascending=False)
    return next((message for message in found if message.direction == SENT), found[0] if found else None)
