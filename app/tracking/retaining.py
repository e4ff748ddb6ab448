"""Opens and clicks are kept for as long as a workspace wants them. What they add up to stays: how often, and when first.

Whole calendar months (UTC) go, the oldest first: their verdicts into the sums of their messages, then the hits, a whole
partition at once where no workspace wants it any more.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
import structlog

from app.clock import now
from app.database import drop_month, months_of, rows, together
from app.tracking.gathering import LOCK

log = structlog.get_logger()

AT_ONCE = 500
LIMITED = "SELECT id, forgets_after FROM workspace WHERE forgets_after > 0 ORDER BY id"
UNLIMITED = "SELECT FROM workspace WHERE forgets_after = 0 LIMIT 1"
OLD = "SELECT DISTINCT message FROM (SELECT message FROM verdict WHERE workspace = $1 AND hit_at < $2 ORDER BY hit_at LIMIT $3) old"
SUM_UP = """
    WITH gone AS (
        DELETE FROM verdict WHERE message = ANY($1::uuid[]) AND hit_at < $2 RETURNING workspace, message, kind, verdict, hit_at, repeats
    )
    INSERT INTO past_touch AS past (message, workspace, touches, opens, clicks, opened_at, clicked_at, fetched_at, before)
    SELECT message, workspace, count(*),
        count(*) FILTER (WHERE verdict = 'person' AND kind = 'open' AND repeats IS NULL),
        count(*) FILTER (WHERE verdict = 'person' AND kind = 'click'),
        min(hit_at) FILTER (WHERE verdict = 'person'), min(hit_at) FILTER (WHERE verdict = 'person' AND kind = 'click'),
        min(hit_at) FILTER (WHERE verdict IN ('machine', 'unknown')), $2
    FROM gone GROUP BY message, workspace
    ON CONFLICT (message) DO UPDATE SET
        touches = past.touches + excluded.touches, opens = past.opens + excluded.opens, clicks = past.clicks + excluded.clicks,
        opened_at = least(past.opened_at, excluded.opened_at), clicked_at = least(past.clicked_at, excluded.clicked_at),
        fetched_at = least(past.fetched_at, excluded.fetched_at), before = excluded.before
"""
DELETE_HITS = """
    DELETE FROM hit USING (SELECT workspace, id, at FROM hit WHERE workspace = $1 AND at < $2 LIMIT $3) old
    WHERE (hit.workspace, hit.id, hit.at) = (old.workspace, old.id, old.at) RETURNING hit.id
"""
LEFT = "SELECT FROM verdict WHERE hit_at < $1 LIMIT 1"


async def retain_due() -> int:
    """Let go of what is older than its workspace wants; says how many verdicts and hits went. Safe on any number of workers."""
    limits = {row["id"]: kept_since(row["forgets_after"], now()) for row in await rows(LIMITED)}
    gone = sum([await sum_up(workspace, limit) for workspace, limit in limits.items()])
    if limits and not await rows(UNLIMITED):
        await drop_months(min(limits.values()))
    return gone + sum([await delete_hits(workspace, limit) for workspace, limit in limits.items()])


def kept_since(months: int, at: datetime) -> datetime:
    """The first moment that is kept: the start of a month, so that what is kept is at least so many months."""
    month = at.year * 12 + at.month - 1 - months
    return at.replace(year=month // 12, month=month % 12 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)


async def sum_up(workspace: UUID, limit: datetime) -> int:
    """The verdicts of some messages become sums, in one transaction, so that no count ever changes by it."""
    gone = 0
    while messages := [row["message"] for row in await rows(OLD, workspace, limit, AT_ONCE)]:
        async with together():
            await rows(LOCK, sorted(messages))
            await rows(SUM_UP, messages, limit)
        gone += len(messages)
    return gone


async def drop_months(limit: datetime) -> None:
    """Partitions in which nobody keeps anything. Hits do not wait for it: if it does not get its lock at once, it is tried again later."""
    for month in await months_of("hit"):
        if after(month) <= limit.date() and not await rows(LEFT, datetime(*after(month).timetuple()[:3], tzinfo=limit.tzinfo)):
            try:
                await drop_month("hit", month)
            except asyncpg.LockNotAvailableError:
                log.info("A month of old hits is in use and goes later", month=f"{month:%Y-%m}")
                return


def after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


async def delete_hits(workspace: UUID, limit: datetime) -> int:
    """What is left of this workspace in months that others still want, and in the default partition."""
    gone = 0
    while deleted := await rows(DELETE_HITS, workspace, limit, AT_ONCE * 10):
        gone += len(deleted)
    return gone
