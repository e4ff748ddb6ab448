"""From rows of the ledger to rows of the page: several opens of one mail on one day are told as one."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.core import Locale

from app.feed.telling import CLICKED, OPENED, UNCOUNTED
from app.tracking.rules import FOR, RULES
from app.tracking.tables import CLICK, OPEN

FOLDABLE = (OPENED, CLICKED, *UNCOUNTED)
BY_PEOPLE = (OPENED, CLICKED)


class Said(dict[str, Any]):
    """What a row says; of what it does not say, nothing."""

    def __missing__(self, _: str) -> str:
        return ""


@dataclass(frozen=True)
class Event:
    """One row of the ledger."""

    id: UUID
    at: datetime
    kind: str
    contact: UUID | None
    mailbox: UUID | None
    thread: UUID | None
    message: UUID | None
    hit: UUID | None
    reminder: UUID | None
    said: Said

    @property
    def folds(self) -> bool:
        return self.kind in FOLDABLE and self.message is not None

    @property
    def by_person(self) -> bool:
        return self.kind in BY_PEOPLE

    @property
    def touch(self) -> str:
        return str(self.said.get("touch", OPEN))

    def device(self, language: str) -> dict[str, Any]:
        """What is known of the device, its place as a word."""
        known = dict(self.said.get("device") or {})
        places = Locale.parse(language).territories
        return {**known, "place": known.get("place") or places.get(known.get("country") or "", "")}

    def reason(self) -> tuple[str, dict[str, Any]] | None:
        """The strongest rule that speaks for the verdict, in words and with its values."""
        told = ((RULES.get(rule, ""), values) for rule, side, values in self.said["rules"] or [] if side == FOR)
        return next(((words, dict(values)) for words, values in told if words), None)

    def time_of(self, name: str) -> datetime | None:
        """A moment that the sentence speaks of."""
        text = self.said.get(name)
        return datetime.fromisoformat(text) if text else None


@dataclass(frozen=True)
class Row:
    """One row of the page: an event, or several told as one under `head`, newest first."""

    key: str
    head: Event
    events: Sequence[Event] = field(default_factory=tuple)

    @property
    def people(self) -> Sequence[Event]:
        return [event for event in self.events if event.by_person]

    @property
    def others(self) -> Sequence[Event]:
        return [event for event in self.events if not event.by_person]

    @property
    def devices(self) -> int:
        """On how many devices people did it, as far as can be told apart."""
        return len({tuple((event.said["device"] or {}).get(part) for part in ("kind", "system", "client")) for event in self.people})

    @property
    def links(self) -> int:
        return len({event.said.get("link") for event in self.events})


@dataclass
class Day:
    """The rows of one day, as the rep's clock has it."""

    date: date
    rows: list[Row]


def event_from(row: dict[str, Any]) -> Event:
    return Event(**{**row, "said": json.loads(row["said"], object_hook=Said)})


def key_of(event: Event, zone: ZoneInfo) -> str:
    """What is told as one: opens of a mail on a day whoever did it; clicks by people per link, by others together."""
    if not event.folds:
        return f"event-{event.id}"
    return key(event, zone, part_of(event))


def part_of(event: Event) -> str:
    if event.touch == OPEN:
        return OPEN
    return f"{CLICK}-{event.said.get('link', 0)}" if event.by_person else f"{event.kind}-{CLICK}"


def key(event: Event, zone: ZoneInfo, part: str) -> str:
    return f"event-{event.message}-{event.at.astimezone(zone):%Y%m%d}-{part}"


def keys_before(event: Event, zone: ZoneInfo) -> list[str]:
    """Where a row may have stood before its verdict changed."""
    if not event.folds or event.touch == OPEN:
        return [key_of(event, zone)]
    return [key(event, zone, part) for part in (f"{CLICK}-{event.said.get('link', 0)}", *(f"{kind}-{CLICK}" for kind in UNCOUNTED))]


def folded(events: Sequence[Event], zone: ZoneInfo) -> dict[str, Row]:
    """Rows by key; people's doings lead a row before those of machines."""
    groups: dict[str, list[Event]] = {}
    for event in sorted(events, key=place, reverse=True):
        groups.setdefault(key_of(event, zone), []).append(event)
    return {key: Row(key, next((one for one in group if one.by_person), group[0]), group) for key, group in groups.items()}


def place(event: Event) -> tuple[datetime, UUID]:
    return event.at, event.id


def by_day(rows: Iterable[Row], zone: ZoneInfo) -> list[Day]:
    days: list[Day] = []
    for row in rows:
        on = row.head.at.astimezone(zone).date()
        if not days or days[-1].date != on:
            days.append(Day(on, []))
        days[-1].rows.append(row)
    return days


def bounds(days: Sequence[date], zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From the start of the first day to the end of the last, by the rep's clock."""
    first, last = min(days), max(days) + timedelta(days=1)
    return midnight(first, zone), midnight(last, zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)
