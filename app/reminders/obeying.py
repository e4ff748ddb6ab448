"""When the rules of a time zone change, a reminder keeps its time on the wall, and that is another instant."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfoNotFoundError

import structlog

from app.clock import now
from app.database import rows
from app.happenings import announce
from app.identity.following_rules import follow_rules
from app.reminders.noting import locked, moved, note, state
from app.reminders.reckoning import as_text
from app.reminders.tables import Reminder
from app.web.locale import N_
from app.web.walls import Wall

log = structlog.get_logger()

BATCH = 1000
KIND = "reminders"

NEW_RULES = N_("The clocks in %(city)s follow new rules. It stays at %(time)s there, which is another moment now: %(due)s instead of %(before)s.")

AHEAD = """
SELECT id, wall_at, zone, due_at FROM reminder
WHERE ($1::uuid IS NULL OR id > $1) AND settled_at IS NULL AND rang_at IS NULL AND wall_at IS NOT NULL AND due_at > $2 ORDER BY id LIMIT $3
"""


async def reckon_anew() -> int:
    """After the tz database has changed, once; how many batches were looked at."""
    return await follow_rules(KIND, reckon_some)


async def reckon_some(after: UUID | None) -> UUID | None:
    """One batch of those that lie ahead; only what really moves is written."""
    found = await rows(AHEAD, after, now(), BATCH)
    for row in found:
        wall = Wall(row["wall_at"], row["zone"])
        due = instant_of(wall, row["id"])
        if due is not None and due != row["due_at"]:
            await move(row["id"], wall, due)
    return found[-1]["id"] if found else None


def instant_of(wall: Wall, reminder: UUID) -> datetime | None:
    """A zone that these files don't have any more leaves its reminders as they are."""
    try:
        return wall.instant()
    except (ZoneInfoNotFoundError, ValueError):
        log.warning("A reminder is in a time zone the tz database does not know", reminder=str(reminder), zone=wall.zone)
        return None


async def move(reminder_id: UUID, wall: Wall, due: datetime) -> None:
    """Unless somebody gave it another date meanwhile, or it rang."""
    reminder = await locked(reminder_id)
    if reminder is None or (reminder.wall_at, reminder.zone) != (wall.at, wall.zone) or reminder.settled_at or reminder.rang_at:
        return
    values: dict[str, Any] = {"city": wall.zone, "time": f"{wall.at:%H:%M}", "due": as_text(due), "before": as_text(reminder.due_at)}
    await note(reminder, state(reminder), NEW_RULES, {Reminder.due_at: wall.local}, values)
    await announce(moved(reminder))
