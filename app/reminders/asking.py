"""Reminders found through the person they belong to, and what a page needs to show them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from app.database import rows
from app.errors import NotHere
from app.identity.guarding import Me
from app.reminders.noting import HELD, LET_GO, MAY_BE_ANSWERED, RUNG, SETTLED, SNOOZED, WAITING, place_of, state
from app.reminders.tables import Reminder, ReminderStep
from app.threads.asking import tick
from app.threads.tables import Message
from app.web.elsewhere import Elsewhere, said_name
from app.web.paging import Before
from app.web.walls import differ

PAGE = 50

WHICH = {
    RUNG: "r.settled_at IS NULL AND r.rang_at IS NOT NULL",
    HELD: "r.settled_at IS NULL AND r.rang_at IS NULL AND r.held_at IS NOT NULL",
    WAITING: "r.settled_at IS NULL AND r.rang_at IS NULL AND r.held_at IS NULL AND r.snoozed_at IS NULL",
    SNOOZED: "r.settled_at IS NULL AND r.rang_at IS NULL AND r.held_at IS NULL AND r.snoozed_at IS NOT NULL",
    SETTLED: "r.settled_at IS NOT NULL",
}
STATES = tuple(WHICH)

PARTS = """
SELECT r.id, coalesce(t.subject, '') AS subject, coalesce(m.address, '') AS address, coalesce(m.provider, '') AS provider,
    coalesce(of.address, '') AS writes_to, coalesce(nullif(of.name, ''), of.address,
    (SELECT string_agg(DISTINCT coalesce(nullif(c.name, ''), nullif(p.name, ''), p.address), ', ')
     FROM recipient p LEFT JOIN contact c ON c.id = p.contact WHERE p.message = r.message)) AS who,
    coalesce(of.id, got.id) AS them, coalesce(of.time_zone, got.time_zone, '') AS their_zone,
    coalesce(of.name, got.name, '') AS their_name, coalesce(of.address, got.address, '') AS their_address
FROM reminder r LEFT JOIN thread t ON t.id = coalesce(r.thread, r.brings) LEFT JOIN mailbox m ON m.id = t.mailbox
LEFT JOIN contact of ON of.id = r.contact
LEFT JOIN LATERAL (
    SELECT c.id, c.time_zone, c.name, c.address FROM recipient p JOIN contact c ON c.id = p.contact WHERE p.message = r.message
    ORDER BY c.time_zone = '', array_position('{to,cc,bcc}', p.kind::text), p.id LIMIT 1
) AS got ON true
WHERE r.id = ANY($1)
"""

COUNTS = """
SELECT count(*) FILTER (WHERE rang_at IS NOT NULL) AS rung,
    count(*) FILTER (WHERE rang_at IS NULL AND held_at IS NOT NULL) AS held,
    count(*) FILTER (WHERE rang_at IS NULL AND held_at IS NULL AND snoozed_at IS NULL) AS waiting,
    count(*) FILTER (WHERE rang_at IS NULL AND held_at IS NULL AND snoozed_at IS NOT NULL) AS snoozed
FROM reminder WHERE workspace = $1 AND person = $2 AND settled_at IS NULL
"""


@dataclass(frozen=True)
class Shown:
    """One reminder as a page shows it: with its thread, the people, the tick of the mail, and its story."""

    reminder: Reminder
    state: str
    subject: str
    who: str
    address: str
    provider: str
    writes_to: str
    them: Elsewhere
    their_id: UUID | None
    tick: str
    since: datetime | None
    steps: Sequence[ReminderStep]

    @property
    def thread(self) -> UUID | None:
        """The thread to go to; a contact's reminder has one once it rang, if there is mail with them."""
        return place_of(self.reminder)

    @property
    def wall(self) -> Elsewhere:
        """Where the time was asked for, if it was on a wall of the rep's (not here any more, perhaps) that shows another time than theirs."""
        zone, theirs = self.reminder.zone, self.them.zone
        is_said = self.reminder.by_them or (zone and theirs and not differ(self.reminder.due_at, zone, theirs))
        return Elsewhere("", "" if is_said else zone)

    @property
    def can_be_taken_back(self) -> bool:
        """Only what the rep did; what others did stays."""
        return self.state == SETTLED and bool(self.reminder.why == LET_GO)

    @property
    def question(self) -> str:
        """The id of the mail of which the rep is asked whether it is the answer; empty if none is asked."""
        asks = self.steps and self.state == HELD and self.reminder.why == MAY_BE_ANSWERED
        return str(cast(dict[str, Any], self.steps[-1].examined).get("message", "")) if asks else ""

    @property
    def values(self) -> dict[str, Any]:
        """Of the latest change."""
        return cast(dict[str, Any], self.steps[-1].values) if self.steps else {}


async def reminder_of(me: Me, reminder_id: UUID) -> Reminder:
    """A reminder of the signed-in person."""
    mine = (Reminder.id == reminder_id) & (Reminder.workspace == me.workspace.id) & (Reminder.person == me.person.id)
    found = await Reminder.objects().where(mine).first()
    if found is None:
        raise NotHere("There is no such reminder here. Its thread may have been removed with the never-log list.")
    return found


async def waits_since(reminder: Reminder) -> datetime:
    """From when on an answer counts: since the mail nobody has answered yet."""
    message = await Message.objects().where(Message.id == reminder.message).first() if reminder.message else None
    return message.at if message else reminder.created_at


async def counts(me: Me) -> dict[str, int]:
    """How many of each state are open."""
    return dict((await rows(COUNTS, me.workspace.id, me.person.id))[0])


async def listed(me: Me, which: str, before: Before | None = None, size: int = PAGE) -> list[Shown]:
    """Reminders of one state: those that ring next first, those settled latest first."""
    column, order, after = ("settled_at", "DESC", "<") if which == SETTLED else ("due_at", "ASC", ">")
    values: list[Any] = [me.workspace.id, me.person.id]
    place = ""
    if before is not None:
        values += [before.at, before.id]
        place = f"AND (r.{column}, r.id) {after} ($3, $4)"
    found = await rows(
        f"SELECT r.id FROM reminder r WHERE r.workspace = $1 AND r.person = $2 AND {WHICH[which]} {place} "  # noqa: S608 - our own words
        f"ORDER BY r.{column} {order}, r.id {order} LIMIT {size}",
        *values,
    )
    return await shown([row["id"] for row in found])


def place_after(last: Shown) -> Before:
    """Where the next page of such a list begins."""
    reminder = last.reminder
    return Before(reminder.settled_at or reminder.due_at, reminder.id)


async def of_thread(me: Me, thread: UUID) -> list[Shown]:
    """The open reminder of a thread, or the last settled one."""
    mine = (Reminder.thread == thread) & (Reminder.workspace == me.workspace.id) & (Reminder.person == me.person.id)
    found = await Reminder.select(Reminder.id, Reminder.settled_at).where(mine).order_by(Reminder.created_at, ascending=False).limit(20)
    first = sorted(found, key=lambda row: row["settled_at"] is not None)[:1]
    return await shown([row["id"] for row in first])


async def of_contact(me: Me, contact: UUID) -> list[Shown]:
    """Reminders of a contact, and of threads in which we wrote to them; open ones first."""
    found = await rows(
        "SELECT r.id FROM reminder r WHERE r.workspace = $1 AND r.person = $2 AND (r.contact = $3 OR EXISTS "
        "(SELECT FROM message m JOIN recipient p ON p.message = m.id WHERE m.thread = r.thread AND p.contact = $3)) "
        "ORDER BY r.settled_at DESC NULLS FIRST, r.due_at LIMIT 20",
        me.workspace.id, me.person.id, contact,
    )  # fmt: skip
    return await shown([row["id"] for row in found])


async def shown(ids: Sequence[UUID]) -> list[Shown]:
    """These reminders with all that a page needs, in this order."""
    if not ids:
        return []
    reminders = {one.id: one for one in await Reminder.objects().where(Reminder.id.is_in(list(ids)))}
    parts = {row["id"]: row for row in await rows(PARTS, list(ids))}
    messages = {one.id: one for one in await messages_of(reminders.values())}
    steps = await steps_of(ids)
    return [one_shown(reminders[key], parts[key], messages, steps.get(key, [])) for key in ids if key in reminders and key in parts]


def one_shown(reminder: Reminder, parts: dict[str, Any], messages: dict[UUID, Message], steps: Sequence[ReminderStep]) -> Shown:
    message = messages.get(reminder.message)
    return Shown(
        reminder=reminder, state=state(reminder), subject=parts["subject"], who=parts["who"] or "", address=parts["address"],
        provider=parts["provider"], writes_to=parts["writes_to"], their_id=parts["them"],
        them=Elsewhere(said_name(parts["their_name"], parts["their_address"]), parts["their_zone"]), tick=tick(message) if message else "",
        since=message.at if message else reminder.created_at if reminder.contact else None, steps=steps,
    )  # fmt: skip


async def messages_of(reminders: Any) -> list[Message]:
    wanted = [one.message for one in reminders if one.message]
    return await Message.objects().where(Message.id.is_in(wanted)) if wanted else []


def examined(step: ReminderStep) -> dict[str, Any]:
    """What was looked at, its moment as one."""
    found: dict[str, Any] = json.loads(step.examined)
    return {**found, "synced_at": datetime.fromisoformat(found["synced_at"]) if found.get("synced_at") else None}


async def steps_of(ids: Sequence[UUID]) -> dict[UUID, list[ReminderStep]]:
    """The story of each, oldest first."""
    found = await ReminderStep.objects().where(ReminderStep.reminder.is_in(list(ids))).order_by(ReminderStep.at).order_by(ReminderStep.id)
    stories: dict[UUID, list[ReminderStep]] = {}
    for step in found:
        step.values, step.examined = json.loads(step.values), examined(step)
        stories.setdefault(step.reminder, []).append(step)
    return stories
