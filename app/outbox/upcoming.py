"""Scheduled and recurring mail as the rep sees it: all of it, of one conversation, or to one contact."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.clock import now
from app.contacts.finding import known
from app.database import rows
from app.identity.guarding import Me
from app.outbox.later_form import PICKED, Typed
from app.outbox.recurring import first_dates
from app.outbox.repeating import start_of
from app.outbox.separating import everybody
from app.outbox.standing import ASKS, HELD, MISSED, OPEN, STOPPED, WAITING, WENT, is_open, state
from app.outbox.tables import Draft, Recurrence, Scheduled
from app.outbox.wording_rules import in_words, wish_of

MOST = 200
LATELY = timedelta(days=3)
MOST_LATELY = 10
SUBJECTS = "SELECT s.id FROM scheduled s JOIN draft d ON d.id = s.draft WHERE s.person = $1 AND s.workspace = $2"
OF_THREAD = f"{SUBJECTS} AND d.thread = $3 AND {OPEN} ORDER BY s.due_at LIMIT {MOST}"
OF_CONTACT = f"""
{SUBJECTS} AND {OPEN} AND (d."to" @> $3::jsonb OR d.cc @> $3::jsonb OR d.bcc @> $3::jsonb) ORDER BY s.due_at LIMIT {MOST}
"""


@dataclass(frozen=True)
class Shown:
    """One scheduled mail: `rule` in words where it recurs; `of_series`: it is the next date of a recurring one, and has no words of its own."""

    row: Scheduled
    draft: Draft
    recurrence: Recurrence | None
    rule: str
    of_series: bool
    people: str
    zone: ZoneInfo

    @property
    def state(self) -> str:
        return state(self.row)

    @property
    def can_be_changed(self) -> bool:
        return is_open(self.row)

    @property
    def typed(self) -> Typed:
        """What the form for another time begins with."""
        return Typed(f"{self.row.due_at.astimezone(self.zone):{PICKED}}")

    @property
    def needs_me(self) -> bool:
        return self.state in (HELD, ASKS, STOPPED)


@dataclass(frozen=True)
class Series:
    """A recurring mail with its next dates; `next` is the row that waits, if any."""

    recurrence: Recurrence
    draft: Draft
    rule: str
    dates: Sequence[datetime]
    next: Scheduled | None
    people: str

    @property
    def typed(self) -> Typed:
        """What the form for other dates begins with."""
        starts = start_of(self.recurrence)
        return Typed(f"{starts.at:{PICKED}}", wish=wish_of(self.recurrence.rule, starts))


@dataclass(frozen=True)
class Schedule:
    """Everything of one person's: what needs them, what goes out, what recurs, and what became of the rest lately."""

    needing: Sequence[Shown]
    waiting: Sequence[Shown]
    recurring: Sequence[Series]
    lately: Sequence[Shown]

    @property
    def is_empty(self) -> bool:
        return not (self.needing or self.waiting or self.recurring or self.lately)


async def schedule_of(me: Me) -> Schedule:
    mine = Scheduled.person == me.person.id, Scheduled.workspace == me.workspace.id
    still = Scheduled.went_at.is_null(), Scheduled.dropped_at.is_null(), Scheduled.missed_at.is_null()
    coming = await Scheduled.objects().where(*mine, *still).order_by(Scheduled.due_at).limit(MOST).output(load_json=True)
    over = (Scheduled.went_at > now() - LATELY) | (Scheduled.missed_at > now() - LATELY)
    past = await Scheduled.objects().where(*mine, over).order_by(Scheduled.due_at, ascending=False).limit(MOST_LATELY).output(load_json=True)
    shown = await seen(me, [*coming, *past])
    return Schedule(
        needing=[one for one in shown if one.needs_me],
        waiting=[one for one in shown if one.state == WAITING and not one.of_series],
        recurring=await series_of(me, shown),
        lately=[one for one in shown if one.state in (WENT, MISSED)],
    )


async def seen(me: Me, found: Sequence[Scheduled]) -> list[Shown]:
    drafts = await drafts_of([row.draft for row in found])
    keys = {row.recurrence for row in found if row.recurrence}
    recurrences = {one.id: one for one in await Recurrence.objects().where(Recurrence.id.is_in(list(keys)))} if keys else {}
    called = await names(me, drafts.values())
    return [as_shown(me, row, drafts[row.draft], recurrences.get(row.recurrence), called) for row in found]


async def names(me: Me, drafts: Iterable[Draft]) -> dict[str, str]:
    """How the contacts that these go to are called, by address."""
    found = await known(me.workspace.id, {one["address"] for draft in drafts for _, one in everybody(draft)})
    return {address: contact.name for address, contact in found.items() if contact.name}


def people_of(draft: Draft, called: dict[str, str]) -> str:
    return ", ".join(called.get(one["address"]) or one["name"] or one["address"] for _, one in everybody(draft))


def as_shown(me: Me, row: Scheduled, draft: Draft, recurrence: Recurrence | None, called: dict[str, str]) -> Shown:
    rule = in_words(recurrence.rule, start_of(recurrence), me.person.locale) if recurrence else ""
    of_series = recurrence is not None and row.draft == recurrence.draft
    return Shown(row, draft, recurrence, rule, of_series, people_of(draft, called), ZoneInfo(me.person.time_zone))


async def drafts_of(keys: Sequence[UUID]) -> dict[UUID, Draft]:
    """Without their files; a draft goes with what needs it, so each is there."""
    found = await Draft.objects().where(Draft.id.is_in(list(keys))).output(load_json=True) if keys else []
    return {one.id: one for one in found}


async def series_of(me: Me, shown: Sequence[Shown]) -> list[Series]:
    going = Recurrence.person == me.person.id, Recurrence.workspace == me.workspace.id, Recurrence.ended_at.is_null()
    found = await Recurrence.objects().where(*going).order_by(Recurrence.created_at).limit(MOST)
    drafts = await drafts_of([one.draft for one in found])
    waiting = {one.row.recurrence: one.row for one in shown if one.of_series and one.can_be_changed}
    called = await names(me, drafts.values())
    return [as_series(me, one, drafts[one.draft], waiting.get(one.id), called) for one in found]


def as_series(me: Me, recurrence: Recurrence, draft: Draft, waiting: Scheduled | None, called: dict[str, str]) -> Series:
    rule = in_words(recurrence.rule, start_of(recurrence), me.person.locale)
    return Series(recurrence, draft, rule, coming_dates(recurrence, waiting), waiting, people_of(draft, called))


def coming_dates(recurrence: Recurrence, waiting: Scheduled | None) -> list[datetime]:
    """From the one that waits on: what was skipped is not among them."""
    since = waiting.due_at - timedelta(seconds=1) if waiting is not None else now()
    return [wall.instant() for wall in first_dates(recurrence.rule, start_of(recurrence), since)]


async def in_thread(me: Me, thread: UUID) -> list[Shown]:
    return await named(me, [row["id"] for row in await rows(OF_THREAD, me.person.id, me.workspace.id, thread)])


async def to_contact(me: Me, address: str) -> list[Shown]:
    return await named(me, [row["id"] for row in await rows(OF_CONTACT, me.person.id, me.workspace.id, json.dumps([{"address": address}]))])


async def named(me: Me, keys: Sequence[UUID]) -> list[Shown]:
    found: Any = await Scheduled.objects().where(Scheduled.id.is_in(list(keys))).order_by(Scheduled.due_at).output(load_json=True) if keys else []
    return await seen(me, found)
