"""When a mail that was sent from here is removed, so is what it was written as."""

from app.database import rows
from app.happenings import HistoryRemoved
from app.threads.removing import taken_out

GONE = "DELETE FROM draft USING dispatch WHERE dispatch.draft = draft.id AND dispatch.message = ANY($1)"


async def forget_history(fact: HistoryRemoved) -> None:
    """Before the messages go; the dispatch and the files go with the draft."""
    await rows(GONE, await taken_out(fact.mailbox, fact.everything))
