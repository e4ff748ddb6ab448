"""When mail is forgotten, so are its hits, what we made of them, and the silence around it."""

from uuid import UUID

from app.database import rows
from app.happenings import HistoryRemoved, LoggingStopped
from app.threads.forgetting import doomed
from app.threads.removing import taken_out

GONE = (
    "DELETE FROM hit USING message WHERE message.id = ANY($1::uuid[]) AND hit.workspace = message.workspace AND hit.message = message.id",
    "DELETE FROM unjudged WHERE message = ANY($1::uuid[])",
    "DELETE FROM verdict WHERE message = ANY($1::uuid[])",
    "DELETE FROM past_touch WHERE message = ANY($1::uuid[])",
    "DELETE FROM gateway_lesson WHERE message = ANY($1::uuid[])",
    "DELETE FROM silence WHERE id = ANY($1::uuid[])",
)


async def forget(fact: LoggingStopped) -> None:
    """Before the messages themselves go."""
    await forget_all(await doomed(fact.person, fact.pattern))


async def forget_history(fact: HistoryRemoved) -> None:
    """Likewise. The tokens in mail that is out there stand alone: its links lead on where they did."""
    await forget_all(await taken_out(fact.mailbox, fact.everything))


async def forget_all(messages: list[UUID]) -> None:
    for statement in GONE if messages else ():
        await rows(statement, messages)
