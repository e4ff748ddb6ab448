"""Did somebody answer since a reply was scheduled? Believed only of a mailbox that was read just before."""

from datetime import datetime, timedelta
from uuid import UUID

from app.clock import now
from app.database import rows
from app.happenings import ReplyReceived
from app.mailboxes.freshness import BLIND, Freshness, how_fresh
from app.mailboxes.tables import Mailbox
from app.outbox.repeating import finish, set_apart
from app.outbox.standing import OPEN, STOPPED, ask, change, hold, is_open, locked, state, stop
from app.outbox.tables import Draft, Scheduled
from app.threads.asking import A_SECOND, name_of, questions_in
from app.threads.tables import Message, Thread
from app.web.locale import N_

READ_WITHIN = timedelta(seconds=30)
"""A mailbox is read every 20 seconds; what comes in the seconds before a mail goes out crosses it on the way, as by hand."""
A_MOMENT = timedelta(seconds=1)
PATIENCE = timedelta(minutes=1)
"""So long a healthy mailbox has to be read once more, before we say that it hinders."""

NOT_CONNECTED = N_("%(mailbox)s is not connected, so we can’t see replies. It goes out, or not, as soon as we can.")
NOT_READ = N_("%(mailbox)s was not read lately, so we can’t see replies. It goes out, or not, as soon as we can.")
MAY_BE_ANSWERED = N_("%(who)s wrote something that may be the answer. Say whether it is, and it goes on from there.")
BLIND_BOX = N_("We can’t see replies in %(mailbox)s, so nobody knows whether somebody answered.")
NO_THREAD = N_("Its conversation was removed, so nobody knows whether somebody answered.")

REPLY = """
SELECT id FROM message WHERE thread = $1 AND direction = 'received' AND kind = 'human_reply'
AND ($2::timestamptz IS NULL OR at > $2) AND greatest(created_at, judged_at) > $3 ORDER BY at LIMIT 1
"""
"""What was here when the rep scheduled it, they had read or could have; what came to light later had not been seen."""

WAITING_ON = f"""
SELECT s.id FROM scheduled s JOIN draft d ON d.id = s.draft
WHERE d.thread = $1 AND s.unless_replied AND s.stopped_at IS NULL AND {OPEN} ORDER BY s.id
"""  # noqa: S608 - our own words


async def newest_known(thread: UUID | None) -> datetime | None:
    """Of when the newest mail of a conversation is that is here now."""
    found = await rows("SELECT max(at) AS at FROM message WHERE thread = $1", thread) if thread else []
    at: datetime | None = found[0]["at"] if found else None
    return at


async def let_pass(row: Scheduled) -> bool:
    """May it go out, as far as answers matter? If not, the row says why, or is looked at again in a moment."""
    draft = await Draft.objects().where(Draft.id == row.draft).first()
    thread = await Thread.objects(Thread.mailbox).where(Thread.id == draft.thread).first() if draft and draft.thread else None
    if thread is None:
        await ask(row, NO_THREAD, {})
        return False
    if reply := await reply_to(row, thread.id):
        await stop_for(row, reply)
        return False
    questions = await questions_in(thread.id, row.known_at)
    if questions:
        await ask(row, MAY_BE_ANSWERED, {"who": await name_of(questions[0])}, question=questions[0])
        return False
    return await believed(row, thread.mailbox)


async def believed(row: Scheduled, mailbox: Mailbox) -> bool:
    """Silence counts where the mailbox was read just now."""
    fresh = await how_fresh(mailbox)
    if fresh.knows(now() - READ_WITHIN):
        return True
    if not fresh.can_be_read:
        await ask(row, BLIND_BOX, {"mailbox": mailbox.address})
    elif is_being_read(fresh) and row.held_at is None and now() - row.due_at < PATIENCE:
        await change(row, {Scheduled.looks_at: now() + A_MOMENT})
    else:
        await hold(row, NOT_CONNECTED if fresh.state == BLIND else NOT_READ, mailbox=mailbox.address)
    return False


def is_being_read(fresh: Freshness) -> bool:
    return fresh.is_fresh or fresh.rests


async def reply_to(row: Scheduled, thread: UUID) -> Message | None:
    found = await rows(REPLY, thread, row.known_at and row.known_at - A_SECOND, row.set_at)
    return await Message.objects().where(Message.id == found[0]["id"]).first() if found else None


async def stop_for(row: Scheduled, reply: Message) -> None:
    """One that recurs until somebody answers has come to its end with it."""
    await set_apart(row)
    await stop(row, reply, await name_of(reply))
    if row.recurrence is not None:
        await finish(row.recurrence)


async def stop_answered(fact: ReplyReceived) -> None:
    """The rep learns at once that it will not go out; what it was scheduled for does not have to come first."""
    sent = await Message.objects().where(Message.id == fact.answers).first()
    for found in await rows(WAITING_ON, sent.thread) if sent else []:
        row = await locked(found["id"])
        if row is not None and is_open(row) and state(row) != STOPPED and sent and (reply := await reply_to(row, sent.thread)):
            await stop_for(row, reply)
