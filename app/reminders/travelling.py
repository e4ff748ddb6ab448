"""A rep who travels: reminders stay on the wall on which they were asked for, until the rep moves them to the one where they are now."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.clock import new_id
from app.database import rows, together
from app.errors import NotHere, Refused
from app.happenings import announce
from app.identity.naming import time_zone
from app.identity.tables import Person
from app.reminders.noting import RUNG, SETTLED, locked, moved, note, state
from app.reminders.tables import Reminder
from app.web.locale import N_
from app.web.walls import Wall

MOST = 2000
"""Reminders of one person that are moved in one go."""

TAKEN_ALONG = N_("You took it along from %(from_city)s to %(to_city)s: it keeps its time of day, by the clock there.")
BROUGHT_BACK = N_("You took back to have taken it along: it is on the clock in %(to_city)s again.")

ELSEWHERE = """
SELECT id, wall_at, zone, due_at FROM reminder
WHERE person = $1 AND settled_at IS NULL AND rang_at IS NULL AND wall_at IS NOT NULL AND zone <> $2 AND NOT by_them ORDER BY due_at LIMIT $3
"""
TAKEN = """
SELECT r.id, last.values->>'from_city' AS zone FROM reminder r CROSS JOIN LATERAL (
    SELECT s.why, s.values FROM reminder_step s WHERE s.reminder = r.id ORDER BY s.at DESC, s.id DESC LIMIT 1
) AS last
WHERE r.person = $1 AND r.settled_at IS NULL AND r.rang_at IS NULL AND last.why = $2 AND last.values->>'journey' = $3 LIMIT $4
"""
MINE = "SELECT FROM reminder r JOIN reminder_step s ON s.reminder = r.id WHERE r.person = $1 AND s.values->>'journey' = $2 LIMIT 1"


@dataclass(frozen=True)
class Stay:
    """Reminders that stay on the wall of another zone, where the clock shows another time."""

    zone: str
    reminders: tuple[UUID, ...]


async def stays(person: Person) -> list[Stay]:
    """By zone; the zone with most first. Where both clocks show the same then, there is nothing to move."""
    found: dict[str, list[UUID]] = defaultdict(list)
    for row in await rows(ELSEWHERE, person.id, person.time_zone, MOST):
        if Wall(row["wall_at"], person.time_zone).instant() != row["due_at"]:
            found[row["zone"]].append(row["id"])
    return [Stay(zone, tuple(ids)) for zone, ids in sorted(found.items(), key=lambda one: -len(one[1]))]


async def take_along(person: Person, zone: str) -> tuple[UUID, int]:
    """Move the reminders on one zone's wall to where the person is now, at the same time of day; the journey's id, and how many went along."""
    journey = new_id()
    staying = [key for stay in await stays(person) if stay.zone == time_zone(zone) for key in stay.reminders]
    if not staying:
        raise Refused("No reminder stays there any more. Nothing was changed.")
    values = {"from_city": zone, "to_city": person.time_zone, "journey": str(journey)}
    async with together():
        went = [await hang(key, zone, person.time_zone, TAKEN_ALONG, values) for key in sorted(staying)]
    return journey, sum(went)


async def go_back(person: Person, journey: UUID) -> int:
    """Undo it for those that nothing has happened to since; how many."""
    if not await rows(MINE, person.id, str(journey)):
        raise NotHere("There is no such journey of yours. Its reminders may have been removed with the never-log list.")
    found = await rows(TAKEN, person.id, TAKEN_ALONG, str(journey), MOST)
    async with together():
        went = [await hang(row["id"], person.time_zone, row["zone"], BROUGHT_BACK, {"to_city": row["zone"]}) for row in sorted(found, key=by_id)]
    return sum(went)


def by_id(row: dict[str, Any]) -> UUID:
    """Everybody locks reminders in one order."""
    key: UUID = row["id"]
    return key


async def hang(key: UUID, before: str, zone: str, why: str, values: dict[str, Any]) -> bool:
    """Onto another wall; not what has rung, was settled or was moved meanwhile."""
    reminder = await locked(key)
    if reminder is None or state(reminder) in (RUNG, SETTLED) or reminder.wall_at is None or reminder.zone != before:
        return False
    await note(reminder, state(reminder), why, {Reminder.due_at: Wall(reminder.wall_at, zone).local}, values)
    await announce(moved(reminder))
    return True
