"""When mail is forgotten, so are its hits, what we made of them, and the silence around it."""

from app.database import rows
from app.happenings import LoggingStopped
from app.threads.forgetting import doomed

GONE = (
    "DELETE FROM hit USING message WHERE message.id = ANY($1::uuid[]) AND hit.workspace = message.workspace AND hit.message = message.id",
    "DELETE FROM unjudged WHERE message = ANY($1::uuid[])",
    "DELETE FROM verdict WHERE message = ANY($1::uuid[])",
    "DELETE FROM gateway_lesson WHERE message = ANY($1::uuid[])",
    "DELETE FROM silence WHERE id = ANY($1::uuid[])",
)


async def forget(fact: LoggingStopped) -> None:
    """Before the messages themselves go."""
    messages = await doomed(fact.person, fact.pattern)
    if messages:
        for statement in GONE:
            await rows(statement, messages)
