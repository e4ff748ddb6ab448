"""When mail is forgotten, so is what the feed said about it; and opens and clicks go when their workspace no longer keeps them."""

from app.clock import now
from app.database import rows
from app.happenings import HistoryRemoved, LoggingStopped
from app.tracking.retaining import LIMITED, kept_since

GONE = """
DELETE FROM activity a USING person p, membership s
WHERE p.id = $1 AND s.person = p.id AND a.workspace = s.workspace AND a.person = p.id
AND ((a.message IS NOT NULL AND NOT EXISTS (SELECT FROM message m WHERE m.id = a.message))
     OR (a.contact IS NOT NULL AND NOT EXISTS (SELECT FROM contact c WHERE c.id = a.contact)))
"""
STILL_NAMED = """
UPDATE activity a SET said = a.said
- CASE WHEN EXISTS (
    SELECT FROM recipient r WHERE r.message = a.message AND r.contact::text = a.said ->> 'probably_contact') THEN '' ELSE 'probably' END
|| jsonb_build_object('names', coalesce((
    SELECT jsonb_agg(coalesce(nullif(c.name, ''), nullif(r.name, ''), r.address) ORDER BY r.id)
    FROM recipient r LEFT JOIN contact c ON c.id = r.contact WHERE r.message = a.message), '[]'::jsonb))
FROM membership s WHERE s.person = $1 AND a.workspace = s.workspace AND a.person = $1 AND a.message IS NOT NULL AND a.said ? 'names'
"""
OLD = """
DELETE FROM activity USING (
    SELECT workspace, id, at FROM activity WHERE workspace = $1 AND at < $2 AND hit IS NOT NULL LIMIT $3
) old WHERE (activity.workspace, activity.id, activity.at) = (old.workspace, old.id, old.at) RETURNING activity.id
"""
AT_ONCE = 5_000


async def forget(fact: LoggingStopped | HistoryRemoved) -> None:
    """After the messages are gone: rows about them go too, and mails to several name only who is left."""
    await rows(GONE, fact.person)
    await rows(STILL_NAMED, fact.person)


async def forget_touches() -> int:
    """Rows about opens and clicks that are older than their workspace keeps; what people wrote and were reminded of stays."""
    gone = 0
    for row in await rows(LIMITED):
        while deleted := await rows(OLD, row["id"], kept_since(row["forgets_after"], now()), AT_ONCE):
            gone += len(deleted)
    return gone
