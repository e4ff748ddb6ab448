"""Threads that somebody wants to hear nothing of; the feed goes on showing them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.clock import new_id, now
from app.database import rows
from app.identity.guarding import Me
from app.threads.tables import Thread

MUTE = "INSERT INTO mute (id, workspace, person, thread, since) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
UNMUTE = "DELETE FROM mute WHERE person = $1 AND thread = $2"
MUTED = "SELECT thread FROM mute WHERE person = $1 AND thread = ANY($2)"
LIST = """
SELECT mute.thread, mute.since, thread.subject, thread.last_at FROM mute JOIN thread ON thread.id = mute.thread
WHERE mute.person = $1 AND mute.workspace = $2 ORDER BY mute.since DESC LIMIT 500
"""


@dataclass(frozen=True)
class Muted:
    """A muted thread, as the list of them shows it."""

    thread: UUID
    since: datetime
    subject: str
    last_at: datetime


async def mute(me: Me, thread: Thread) -> None:
    """Twice is once."""
    await rows(MUTE, new_id(), me.workspace.id, me.person.id, thread.id, now())


async def unmute(me: Me, thread: Thread) -> None:
    await rows(UNMUTE, me.person.id, thread.id)


async def muted_among(person: UUID, threads: Iterable[UUID | None]) -> set[UUID]:
    """Those of these threads that the person muted."""
    asked = sorted({thread for thread in threads if thread})
    return {row["thread"] for row in await rows(MUTED, person, asked)} if asked else set()


async def muted_by(me: Me) -> list[Muted]:
    """All of them, the latest first."""
    return [Muted(**row) for row in await rows(LIST, me.person.id, me.workspace.id)]
