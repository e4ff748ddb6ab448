"""Does an answer stay in its conversation? Providers keep mails together only under the same subject."""

import re

from app.outbox.tables import Draft
from app.threads.tables import Message, Thread

MARK = re.compile(r"^(?:(?:re|aw|antw|sv|vs|r[eé]f|odp)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)


def bare(subject: str) -> str:
    """Without the marks of answers."""
    return " ".join(MARK.sub("", subject.strip()).split())


def joins(subject: str, *others: str) -> bool:
    """Is this the subject of one of these, but for “Re:”?"""
    return bare(subject).casefold() in {bare(other).casefold() for other in others}


async def starts_anew(draft: Draft) -> bool:
    """Does a changed subject make an answer a conversation of its own?"""
    thread = await Thread.objects().get(Thread.id == draft.thread) if draft.thread else None
    if thread is None:
        return False
    message = await Message.objects().get(Message.id == draft.answers) if draft.answers else None
    return not joins(draft.subject, thread.subject, message.subject if message else thread.subject)
