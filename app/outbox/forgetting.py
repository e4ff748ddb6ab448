"""When a mail that was sent from here is removed, so is what it was written as."""

from app.database import rows
from app.happenings import HistoryRemoved
from app.threads.removing import taken_out

GONE = """
DELETE FROM draft USING dispatch WHERE dispatch.draft = draft.id AND dispatch.message = ANY($1)
AND NOT EXISTS (SELECT FROM dispatch other WHERE other.draft = draft.id AND other.message <> ALL($1) AND other.due_at IS NOT NULL)
"""
"""Not while it still goes out to others separately."""


async def forget_history(fact: HistoryRemoved) -> None:
    """Before the messages go; the dispatch and the files go with the draft."""
    await rows(GONE, await taken_out(fact.mailbox, fact.everything))
