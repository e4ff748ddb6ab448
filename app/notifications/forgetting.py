"""What is forgotten is told to nobody any more, and what was told is not kept for long."""

from datetime import timedelta

from app.clock import now
from app.database import rows
from app.happenings import HistoryRemoved, LoggingStopped

KEPT = timedelta(days=14)
"""So long a delivery keeps a late second fact from being told again."""

GONE = """
DELETE FROM delivery WHERE person = $1 AND delivered_at IS NULL
AND (NOT EXISTS (SELECT FROM message m WHERE m.id = delivery.message) AND message IS NOT NULL
     OR NOT EXISTS (SELECT FROM thread t WHERE t.id = delivery.thread) AND thread IS NOT NULL)
"""
OLD = "DELETE FROM delivery WHERE due_at IS NULL AND at < $1 RETURNING id"


async def forget(fact: LoggingStopped | HistoryRemoved) -> None:
    """After the messages are gone: what waits to be told of them goes too."""
    await rows(GONE, fact.person)


async def forget_deliveries() -> int:
    """Those that are over and old; how many there were."""
    return len(await rows(OLD, now() - KEPT))
