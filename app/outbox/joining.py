"""Does an answer stay in its conversation? Providers keep mails together only under the same subject."""

from app.outbox.tables import Draft
from app.threads.subjects import joins
from app.threads.tables import Message, Thread


async def starts_anew(draft: Draft) -> bool:
    """Does a changed subject make an answer a conversation of its own?"""
    thread = await Thread.objects().get(Thread.id == draft.thread) if draft.thread else None
    if thread is None:
        return False
    message = await Message.objects().get(Message.id == draft.answers) if draft.answers else None
    return not joins(draft.subject, thread.subject, message.subject if message else thread.subject)
