"""What the feed says about reminders and mailboxes: who waits, and when we could not see."""

import json
from typing import Any
from uuid import UUID

from app.clock import now
from app.contacts.tables import Contact
from app.feed.naming import Mailing, mailing
from app.feed.tables import Activity
from app.feed.telling import change, record
from app.happenings import (
    MailboxBroke,
    MailboxDisconnected,
    MailboxRestored,
    ReminderHeld,
    ReminderMoved,
    ReminderRang,
    ReminderSettled,
    ReminderSnoozed,
)
from app.mailboxes.asking import company_of
from app.mailboxes.losing_sight import latest_window
from app.mailboxes.tables import Mailbox
from app.threads.tables import Thread

RANG, HELD, BROKE, BLIND = "rang", "held", "broke", "blind"
SNOOZED, SETTLED, MOVED = "snoozed", "settled", "moved"

OVER = """
UPDATE activity SET said = said || $1::jsonb
WHERE workspace = $2 AND reminder = $3 AND kind IN ('rang', 'held') AND NOT said ? 'over' RETURNING id, at, person
"""
UNDONE = """
UPDATE activity SET said = said - 'over' WHERE workspace = $1 AND reminder = $2 AND kind = 'rang' AND said ->> 'over' = 'settled'
AND id = (SELECT id FROM activity WHERE workspace = $1 AND reminder = $2 AND kind = 'rang' ORDER BY at DESC, id DESC LIMIT 1) RETURNING id, at, person
"""
MORE_KNOWN = """
UPDATE activity SET said = said || $1::jsonb
WHERE workspace = $2 AND person = $3 AND at = $4 AND mailbox = $5 AND kind = 'broke' RETURNING id, at, person
"""
SEEN_AGAIN = """
UPDATE activity SET kind = 'blind', said = said || $1::jsonb
WHERE workspace = $2 AND person = $3 AND at = $4 AND mailbox = $5 AND kind IN ('broke', 'blind') RETURNING id, at, person
"""


async def tell_rang(fact: ReminderRang) -> None:
    await tell_reminder(fact, RANG, {"condition": fact.condition})


async def tell_held(fact: ReminderHeld) -> None:
    await tell_reminder(fact, HELD, {})


async def tell_reminder(fact: ReminderRang | ReminderHeld, kind: str, more: dict[str, Any]) -> None:
    """A thread or a contact is quiet, or we can't know whether it is. What an earlier row said about this reminder is over."""
    thread = await Thread.objects().where(Thread.id == fact.thread).first() if fact.thread else None
    workspace, person = (thread.workspace, thread.person) if thread else (fact.workspace, fact.person)
    if workspace is None or person is None:
        return
    mail = await mailing(fact.message) if fact.message else None
    box = await Mailbox.objects().where(Mailbox.id == thread.mailbox).first() if thread else None
    since = mail.at if mail else fact.since
    said = {
        **await whom(fact, mail), "subject": thread.subject if thread else "", "since": since.isoformat() if since else "", "why": fact.why,
        "values": fact.values, **more, **box_words(box),
    }  # fmt: skip
    await over(fact, MOVED)
    await record(
        Activity(
            workspace=workspace, person=person, at=now(), kind=kind, contact=fact.contact or (mail.contact if mail else None),
            mailbox=thread.mailbox if thread else None, thread=thread.id if thread else None, message=fact.message, reminder=fact.reminder, said=said,
        )
    )  # fmt: skip


async def whom(fact: ReminderRang | ReminderHeld, mail: Mailing | None) -> dict[str, Any]:
    """The other side: the contact of whom nothing is heard, else whom the mail went to."""
    contact = await Contact.objects().where(Contact.id == fact.contact).first() if fact.contact else None
    if contact is not None:
        return {"who": contact.name or contact.address, "of_contact": contact.address}
    return mail.whom() if mail else {"who": "", "names": []}


async def tell_snoozed(fact: ReminderSnoozed) -> None:
    await over(fact, SNOOZED, until=fact.until.isoformat())


async def tell_settled(fact: ReminderSettled) -> None:
    await over(fact, SETTLED)


async def tell_moved(fact: ReminderMoved) -> None:
    """If it was rung when it was let go, its row waits for the rep again; else what it said is over."""
    workspace = await workspace_of(fact)
    if workspace is not None and fact.rung:
        await change(UNDONE, workspace, fact.reminder)
    else:
        await over(fact, MOVED)


OfReminder = ReminderRang | ReminderHeld | ReminderSnoozed | ReminderSettled | ReminderMoved


async def over(fact: OfReminder, how: str, **more: object) -> None:
    """The rows of a reminder no longer wait for anybody."""
    workspace = await workspace_of(fact)
    if workspace is not None:
        await change(OVER, json.dumps({"over": how, **more}), workspace, fact.reminder)


async def workspace_of(fact: OfReminder) -> UUID | None:
    """Every statement on the ledger names it."""
    if fact.workspace is not None or fact.thread is None:
        return fact.workspace
    thread = await Thread.objects().where(Thread.id == fact.thread).first()
    return thread.workspace if thread else None


async def tell_broke(fact: MailboxBroke | MailboxDisconnected) -> None:
    """We can't see into a mailbox: from here on the feed may be incomplete. What is learnt of it later joins its row."""
    box = await Mailbox.objects().where(Mailbox.id == fact.mailbox).first()
    window = await latest_window(fact.mailbox)
    if box is None or (window is None and box.broken_at is None):
        return
    at = window.since if window else box.broken_at
    why = {"why": window.why, "problem": window.words, "code": window.code} if window else {"problem": box.problem_words, "code": box.problem_code}
    said = {**box_words(box), **why, "values": {"provider": company_of(box), "address": box.address, "word": why["code"]}}
    if not await change(MORE_KNOWN, json.dumps(said), box.workspace, box.person, at, box.id):
        await record(Activity(workspace=box.workspace, person=box.person, at=at, kind=BROKE, mailbox=box.id, said=said))


async def tell_restored(fact: MailboxRestored) -> None:
    """The row of the breakdown becomes the window in which we were blind, in its place in time."""
    box = await Mailbox.objects().where(Mailbox.id == fact.mailbox).first()
    if box is None:
        return
    window = await latest_window(fact.mailbox, fact.since)
    until = (window.until if window else None) or now()
    said = {**box_words(box), "until": until.isoformat(), "found": fact.found, "why": window.why if window else ""}
    changed = await change(SEEN_AGAIN, json.dumps(said), box.workspace, box.person, fact.since, box.id)
    if not changed:
        await record(Activity(workspace=box.workspace, person=box.person, at=fact.since, kind=BLIND, mailbox=box.id, said=said))


def box_words(box: Mailbox | None) -> dict[str, str]:
    return {"provider": box.provider, "address": box.address} if box else {"provider": "", "address": ""}
