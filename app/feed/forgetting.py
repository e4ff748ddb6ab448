"""When mail is forgotten, so is what the feed said about it."""

from app.database import rows
from app.happenings import HistoryRemoved, LoggingStopped

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


async def forget(fact: LoggingStopped | HistoryRemoved) -> None:
    """After the messages are gone: rows about them go too, and mails to several name only who is left."""
    await rows(GONE, fact.person)
    await rows(STILL_NAMED, fact.person)
