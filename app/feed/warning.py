"""What the feed says about reminders and mailboxes: who waits, and when we could not see."""

import json
from typing import Any
from uuid import UUID

from app.clock import now
from app.feed.naming import mailing
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
    await tell_reminder(fact.reminder, fact.thread, fact.message, RANG, fact.why, {})


async def tell_held(fact: ReminderHeld) -> None:
    await tell_reminder(fact.reminder, fact.thread, fact.message, HELD, fact.why, fact.values)


async def tell_reminder(reminder: UUID, thread_id: UUID, message: UUID | None, kind: str, why: str, values: dict[str, Any]) -> None:
    """A thread is quiet, or we can't know whether it is. What an earlier row said about this reminder is over."""
    thread = await Thread.objects().where(Thread.id == thread_id).first()
    if thread is None:
        return
    mail = await mailing(message) if message else None
    box = await Mailbox.objects().where(Mailbox.id == thread.mailbox).first()
    whom = mail.whom() if mail else {"who": "", "names": []}
    said = {**whom, "subject": thread.subject, "since": mail.at.isoformat() if mail else "", "why": why, "values": values, **box_words(box)}
    await over(reminder, thread_id, MOVED)
    await record(
        Activity(
            workspace=thread.workspace, person=thread.person, at=now(), kind=kind, contact=mail.contact if mail else None, mailbox=thread.mailbox,
            thread=thread.id, message=message, reminder=reminder, said=said,
        )
    )  # fmt: skip


async def tell_snoozed(fact: ReminderSnoozed) -> None:
    await over(fact.reminder, fact.thread, SNOOZED, until=fact.until.isoformat())


async def tell_settled(fact: ReminderSettled) -> None:
    await over(fact.reminder, fact.thread, SETTLED)


async def tell_moved(fact: ReminderMoved) -> None:
    """If it was rung when it was let go, its row waits for the rep again; else what it said is over."""
    thread = await Thread.objects().where(Thread.id == fact.thread).first()
    if thread is not None and fact.rung:
        await change(UNDONE, thread.workspace, fact.reminder)
    else:
        await over(fact.reminder, fact.thread, MOVED)


async def over(reminder: UUID, thread_id: UUID, how: str, **more: object) -> None:
    """The rows of a reminder no longer wait for anybody."""
    thread = await Thread.objects().where(Thread.id == thread_id).first()
    if thread is not None:
        await change(OVER, json.dumps({"over": how, **more}), thread.workspace, reminder)


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
