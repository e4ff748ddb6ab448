"""A government changes the clocks: scheduled mail keeps its time on the wall, and gets its instant by the new rules."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfoNotFoundError

import structlog

from app.clock import now
from app.database import rows
from app.identity.following_rules import follow_rules
from app.web.walls import Wall

log = structlog.get_logger()

KIND = "scheduled"
BATCH = 1000
AHEAD = """
SELECT id, wall, zone, due_at FROM scheduled
WHERE ($1::uuid IS NULL OR id > $1) AND looks_at IS NOT NULL AND due_at > $2 AND zone <> 'UTC' ORDER BY id LIMIT $3
"""
MOVE = "UPDATE scheduled SET due_at = $2, looks_at = $2 WHERE id = $1 AND wall = $3 AND zone = $4 AND looks_at = due_at"


async def follow_zones() -> int:
    """After the tz database has changed."""
    return await follow_rules(KIND, follow_some)


async def follow_some(after: UUID | None) -> UUID | None:
    """One batch of those that lie ahead; only what really moves is written."""
    found = await rows(AHEAD, after, now(), BATCH)
    for row in found:
        due = instant_of(row["wall"], row["zone"], row["due_at"])
        if due != row["due_at"]:
            await rows(MOVE, row["id"], due, row["wall"], row["zone"])
    return found[-1]["id"] if found else None


def instant_of(wall: Any, zone: str, known: datetime) -> datetime:
    """A zone that these files don't have any more keeps its instants."""
    try:
        return Wall(wall, zone).instant()
    except (ZoneInfoNotFoundError, ValueError):
        log.warning("A scheduled mail is in a time zone the tz database does not know", zone=zone)
        return known
