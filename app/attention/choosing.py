"""What a person wants to be told of, by which way, and when they want quiet."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.attention.kinds import DESKTOP, KINDS, MAIL, PUSH, WAYS
from app.clock import new_id, now
from app.database import rows, together
from app.errors import Refused
from app.happenings import ReturnChosen, announce
from app.identity.guarding import Me
from app.identity.tables import Person

CHOICES = """
SELECT p.id, p.locale, p.time_zone, p.returns_as_notification, a.push, a.desktop, a.mail, a.quiet_from, a.quiet_until, a.urgent
FROM person p LEFT JOIN attention a ON a.person = p.id WHERE p.id = ANY($1::uuid[])
"""
SAVE = """
INSERT INTO attention (id, person, push, desktop, mail, quiet_from, quiet_until, urgent, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (person) DO UPDATE SET push = excluded.push, desktop = excluded.desktop, mail = excluded.mail, quiet_from = excluded.quiet_from,
  quiet_until = excluded.quiet_until, urgent = excluded.urgent, changed_at = excluded.changed_at
"""


def unchosen() -> dict[str, frozenset[str]]:
    """Who has not chosen yet hears of everything in the browsers they switch it on for, and of nothing by other ways."""
    return {PUSH: frozenset(KINDS), DESKTOP: frozenset(), MAIL: frozenset()}


@dataclass(frozen=True)
class Quiet:
    """Hours of each day in which nothing is told, by the wall clock; over midnight where they end before they begin."""

    start: time
    end: time


@dataclass(frozen=True)
class Choice:
    """One person's, with the language and the clock they read it by."""

    language: str = "en"
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    kinds: Mapping[str, frozenset[str]] = field(default_factory=unchosen)
    quiet: Quiet | None = None
    urgent: frozenset[str] = frozenset()
    returns_as_notification: bool = True


async def choices_of(persons: Collection[UUID]) -> dict[UUID, Choice]:
    """What these people chose, or what holds until they do."""
    return {row["id"]: choice_from(row) for row in await rows(CHOICES, sorted(set(persons)))}


async def choice_of(person: UUID) -> Choice:
    return (await choices_of([person]))[person]


def choice_from(row: dict[str, Any]) -> Choice:
    kinds = unchosen() if row["push"] is None else {way: frozenset(row[way]) for way in WAYS}
    quiet = Quiet(row["quiet_from"], row["quiet_until"]) if row["quiet_from"] is not None and row["quiet_until"] is not None else None
    return Choice(row["locale"], ZoneInfo(row["time_zone"]), kinds, quiet, frozenset(row["urgent"] or ()), row["returns_as_notification"])


async def choose(me: Me, kinds: Mapping[str, Collection[str]], quiet: Quiet | None, urgent: Collection[str]) -> None:
    """Keep what the person wants; kinds that are not in `KINDS` are left out. Raises Refused for quiet hours that never end."""
    if quiet is not None and quiet.start == quiet.end:
        raise Refused("Quiet hours need a beginning and another end. To be told of nothing, take all ticks away.", field="quiet_until")
    told = [[kind for kind in KINDS if kind in kinds.get(way, ())] for way in WAYS]
    hours = (quiet.start, quiet.end) if quiet else (None, None)
    await rows(SAVE, new_id(), me.person.id, *told, *hours, [kind for kind in KINDS if kind in urgent], now())


async def choose_return(me: Me, *, inbox: bool, notification: bool, digest: bool) -> None:
    """How a thread that is due comes back to the person; at least one way."""
    if not (inbox or notification or digest):
        raise Refused("Choose at least one way for a thread to come back, or a reminder would ring unheard.", field="returns")
    ways: dict[Any, Any] = {
        Person.returns_in_inbox: inbox, Person.returns_as_notification: notification, Person.returns_in_digest: digest,
    }  # fmt: skip
    async with together():
        await me.person.update_self(ways)
        await announce(ReturnChosen(me.person.id))
