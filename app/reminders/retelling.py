"""The whole story of a reminder, for its own page: each step with the mails, the rule, the hits and the place in the mailbox it was decided by."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from app.database import rows
from app.identity.guarding import Me
from app.reminders.asking import Shown, shown
from app.reminders.tables import Reminder, ReminderStep
from app.web.locale import N_

MAILS = """
SELECT m.id, m.thread, m.direction, m.at, m.subject, coalesce(nullif(c.name, ''), nullif(m.sender_name, ''), m.sender) AS writer
FROM message m LEFT JOIN contact c ON c.workspace = m.workspace AND c.address = m.sender AND m.sender <> ''
WHERE m.id = ANY($1) AND m.person = $2
"""

MATCHES = {
    "header": N_("It answers your mail by its Message-ID (rule M1)."),
    "thread": N_("It lies in the same conversation and came after your mail (rule M2)."),
    "person": N_("You said that it is the answer."),
    "contact": N_("It came from the contact’s own address."),
}


@dataclass(frozen=True)
class Hit:
    """An open or a click as it was judged at that time."""

    id: UUID
    kind: str
    verdict: str
    at: datetime


@dataclass(frozen=True)
class Place:
    """Where the reading of one folder stood."""

    folder: str
    place: str
    moved_at: datetime


@dataclass(frozen=True)
class Retold:
    """One step: the mails that are still here are named, `gone` counts those that are not."""

    step: ReminderStep
    what: str
    decided: dict[str, Any] | None
    mails: Sequence[dict[str, Any]]
    gone: int
    matched: str
    hits: Sequence[Hit]
    unjudged: int
    places: Sequence[Place]
    synced_at: datetime | None

    @property
    def examined(self) -> bool:
        """Was anything looked at? What the rep did themselves needs no proof."""
        return bool(self.mails or self.gone or self.hits or self.places or self.synced_at or self.decided)


@dataclass(frozen=True)
class Story:
    """A reminder and everything that became of it, oldest first."""

    one: Shown
    steps: Sequence[Retold] = field(default_factory=tuple)


async def story_of(me: Me, reminder: Reminder) -> Story:
    one = (await shown([reminder.id]))[0]
    asked = {UUID(key) for step in one.steps for key in named(examined(step))}
    mails = {row["id"]: row for row in await rows(MAILS, list(asked), me.person.id)}
    return Story(one, [retold(step, mails) for step in one.steps])


def examined(step: ReminderStep) -> dict[str, Any]:
    """`asking.steps_of` has read the JSON."""
    return cast(dict[str, Any], step.examined)


def named(seen: dict[str, Any]) -> list[str]:
    return [*seen.get("seen", []), *([seen["message"]] if seen.get("message") else [])]


def retold(step: ReminderStep, mails: dict[UUID, dict[str, Any]]) -> Retold:
    seen = examined(step)
    decided = mails.get(UUID(seen["message"])) if seen.get("message") else None
    ids = [UUID(key) for key in seen.get("seen", [])]
    here = sorted((mails[key] for key in ids if key in mails), key=lambda mail: mail["at"])
    return Retold(
        step=step, what=step.what, decided=decided, mails=here, gone=len(ids) - len(here), matched=MATCHES.get(seen.get("matched", ""), ""),
        hits=[Hit(UUID(key), kind, verdict, datetime.fromisoformat(at)) for key, kind, verdict, at in seen.get("hits", [])],
        unjudged=seen.get("unjudged", 0),
        places=[Place(folder, place, datetime.fromisoformat(at)) for folder, place, at in seen.get("cursors", [])],
        synced_at=seen.get("synced_at"),
    )  # fmt: skip
