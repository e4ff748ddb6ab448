"""Threads that somebody wants to hear nothing of, only replies, or everything; the feed goes on showing them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.attention.tables import EVERYTHING, NOTHING, REPLIES_ONLY
from app.clock import new_id, now
from app.database import rows
from app.errors import Refused
from app.identity.guarding import Me
from app.threads.tables import Thread

AS_SET = ""
"""As the person's settings say: no row."""
CHOICES = (AS_SET, EVERYTHING, REPLIES_ONLY, NOTHING)

CHOOSE = """
INSERT INTO mute (id, workspace, person, thread, since, hears) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (person, thread) DO UPDATE SET hears = excluded.hears, since = excluded.since WHERE mute.hears <> excluded.hears
"""
AS_THE_SETTINGS = "DELETE FROM mute WHERE person = $1 AND thread = $2"
CHOSEN = "SELECT person, thread, hears FROM mute WHERE person = ANY($1) AND thread = ANY($2)"
LIST = """
SELECT mute.thread, mute.since, mute.hears, thread.subject, thread.last_at FROM mute JOIN thread ON thread.id = mute.thread
WHERE mute.person = $1 AND mute.workspace = $2 ORDER BY mute.since DESC LIMIT 500
"""


@dataclass(frozen=True)
class Chosen:
    """A thread with a choice of its own, as the list of them shows it."""

    thread: UUID
    since: datetime
    hears: str
    subject: str
    last_at: datetime


async def choose(me: Me, thread: Thread, hears: str) -> None:
    """What the person wants to hear of this thread; twice is once."""
    if hears not in CHOICES:
        raise Refused("Choose from the list what you want to hear of this thread.", field="hears")
    if hears == AS_SET:
        await rows(AS_THE_SETTINGS, me.person.id, thread.id)
    else:
        await rows(CHOOSE, new_id(), me.workspace.id, me.person.id, thread.id, now(), hears)


async def chosen_among(persons: Iterable[UUID], threads: Iterable[UUID | None]) -> dict[tuple[UUID, UUID], str]:
    """What these people chose of these threads, by person and thread; nothing where their settings hold."""
    asked = sorted({thread for thread in threads if thread})
    found = await rows(CHOSEN, sorted(set(persons)), asked) if asked else []
    return {(row["person"], row["thread"]): row["hears"] for row in found}


async def chosen_by(me: Me) -> list[Chosen]:
    """All of them, the latest first."""
    return [Chosen(**row) for row in await rows(LIST, me.person.id, me.workspace.id)]
