"""Listening for new mail where a server tells it (IMAP IDLE): a hint that makes a mailbox due at once. It is read every 20 seconds all the same."""

import asyncio
import random
import time
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

import structlog

from app.clock import now
from app.database import rows
from app.errors import ProviderError
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers.imap import Imap
from app.mailboxes.tables import Mailbox

log = structlog.get_logger()

LEASE = timedelta(seconds=45)
"""One worker listens to a mailbox; when it dies another takes over after this time."""
MOST_EARS = 500
"""Connections of one process that only listen."""
FIRST_REST, LONGEST_REST = 5.0, 300.0
DEAF = 3600.0
"""Seconds after which a server that could not tell news is asked whether it can now."""

CLAIM = """
WITH free AS MATERIALIZED (
  SELECT id FROM mailbox WHERE provider = 'imap' AND disconnected_at IS NULL AND tokens IS NOT NULL AND 'read' = ANY(rights)
  AND problem <> 'reconnect' AND (heard_until IS NULL OR heard_until < $1) AND NOT id = ANY($3)
  AND EXISTS (SELECT FROM membership m WHERE m.person = mailbox.person AND m.workspace = mailbox.workspace AND m.ended_at IS NULL)
  ORDER BY id LIMIT $4 FOR UPDATE OF mailbox SKIP LOCKED)
UPDATE mailbox SET heard_until = $2 FROM free WHERE mailbox.id = free.id RETURNING mailbox.id
"""
KEEP = """
UPDATE mailbox SET heard_until = $1 WHERE id = ANY($2) AND disconnected_at IS NULL AND tokens IS NOT NULL AND problem <> 'reconnect' RETURNING id
"""
HINT = "UPDATE mailbox SET due_at = $1 WHERE id = $2 AND due_at > $1 AND failures = 0"

_ears: dict[asyncio.AbstractEventLoop, dict[UUID, asyncio.Task[None]]] = {}


async def listen() -> int:
    """Keep an ear at every mailbox that can be listened to and that no other worker has; how many are ours."""
    ours = ears()
    kept = {row["id"] for row in await rows(KEEP, now() + LEASE, list(ours))} if ours else set()
    for gone in set(ours) - kept:
        ours.pop(gone).cancel()
    for row in await rows(CLAIM, now(), now() + LEASE, list(ours), MOST_EARS - len(ours)):
        ours[row["id"]] = asyncio.create_task(hear(row["id"]), name=f"listening to {row['id']}")
    return len(ours)


async def stop_listening() -> None:
    """Let others have the mailboxes at once. Asked again where a library lost our wish while it was finishing something."""
    ours = _ears.pop(asyncio.get_running_loop(), {})
    while left := [task for task in ours.values() if not task.done()]:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=1)
    if ours:
        await rows("UPDATE mailbox SET heard_until = NULL WHERE id = ANY($1)", list(ours))


def ears() -> dict[UUID, asyncio.Task[None]]:
    return _ears.setdefault(asyncio.get_running_loop(), {})


async def hear(mailbox_id: UUID) -> None:
    """Listen without end; after a broken line longer every time, and never all mailboxes at once."""
    rest = FIRST_REST
    while True:
        began = time.monotonic()
        try:
            await hear_until_it_breaks(mailbox_id)
            rest = DEAF
        except ProviderError as error:
            log.info("A mailbox can't be listened to", mailbox=str(mailbox_id), kind=type(error).__name__, code=error.code)
            rest = longer(rest, time.monotonic() - began)
        except Exception as error:
            log.error("Listening to a mailbox failed on our side", mailbox=str(mailbox_id), exc_info=error)
            rest = longer(rest, time.monotonic() - began)
        await asyncio.sleep(rest * random.uniform(0.7, 1.3))  # noqa: S311 - only spreads load


def longer(rest: float, lasted: float) -> float:
    """A line that held for a while was a good one."""
    return FIRST_REST if lasted > LONGEST_REST else min(rest * 2, LONGEST_REST)


async def hear_until_it_breaks(mailbox_id: UUID) -> None:
    """Every piece of news makes the mailbox due, unless it is waiting after a failure. Returns where the server tells no news."""
    mailbox = await Mailbox.objects().where(Mailbox.id == mailbox_id).first()
    provider = await open_mailbox(mailbox) if mailbox else None
    if not isinstance(provider, Imap):
        return
    async with aclosing(provider.news()) as news:
        async for _ in news:
            await rows(HINT, now(), mailbox_id)
