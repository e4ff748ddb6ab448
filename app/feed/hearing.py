"""One ear a process for what is written into the feeds, on any node, and the streams that wait for it.

Our own listener rather than Litestar's channels: its asyncpg backend holds one connection and never reconnects, so the
feed would stop silently when PostgreSQL restarts; and our notices are ids to be read with the watcher's rights, not messages to be passed on.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import structlog

from app.database import address
from app.feed.telling import CHANNEL

log = structlog.get_logger()

MOST_WAITING = 200
"""Rows that wait to be sent to one stream; beyond them it is told to read the page anew."""
WATCHED_EVERY, ANSWERED_WITHIN, SHORTEST_REST, LONGEST_REST = 5.0, 5.0, 0.25, 5.0


@dataclass(eq=False)
class Ear:
    """What one stream still has to send."""

    waiting: dict[UUID, datetime] = field(default_factory=dict)
    overflowed: bool = False
    missed: bool = False
    closing: bool = False
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, activity: UUID, at: datetime) -> None:
        if len(self.waiting) >= MOST_WAITING:
            self.overflowed = True
        else:
            self.waiting[activity] = at
        self.bell.set()

    def miss(self) -> None:
        """Nobody listened for a while: look into the ledger."""
        self.missed = True
        self.bell.set()

    def close(self) -> None:
        self.closing = True
        self.bell.set()

    async def rung(self, within: float) -> bool:
        """Wait until there is something to send; false if there was nothing for so long."""
        try:
            await asyncio.wait_for(self.bell.wait(), within)
        except TimeoutError:
            return False
        return True

    def take(self) -> "Heard":
        heard = Heard(self.waiting, self.overflowed, self.missed)
        self.waiting, self.overflowed, self.missed = {}, False, False
        if not self.closing:
            self.bell.clear()
        return heard


@dataclass(frozen=True)
class Heard:
    """Rows by id with their times; or that there are too many, or that some were missed."""

    rows: dict[UUID, datetime]
    overflowed: bool = False
    missed: bool = False


class Hearing:
    """Listens on one connection, and rings the ears of the person a notice is for."""

    def __init__(self) -> None:
        self.ears: dict[UUID, set[Ear]] = defaultdict(set)
        self.closing = False

    @contextmanager
    def ear(self, person: UUID) -> Iterator[Ear]:
        made = Ear(closing=self.closing)
        self.ears[person].add(made)
        try:
            yield made
        finally:
            self.ears[person].discard(made)
            if not self.ears[person]:
                del self.ears[person]

    def everyone(self) -> list[Ear]:
        return [ear for ears in self.ears.values() for ear in ears]

    def heard(self, _connection: Any, _pid: int, _channel: str, notice: object) -> None:
        person, activity, at = str(notice).split(":", 2)
        for ear in self.ears.get(UUID(person), ()):
            ear.hear(UUID(activity), datetime.fromisoformat(at))

    def hang_up(self) -> None:
        """End every stream, now and to come: the process is about to stop."""
        self.closing = True
        for ear in self.everyone():
            ear.close()

    async def listen(self) -> None:
        """For ever: connect, listen, and connect again when the connection is lost."""
        rest = SHORTEST_REST
        while True:
            try:
                await self.listen_once()
                rest = SHORTEST_REST
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("The feed does not hear the database and tries again", error=type(error).__name__)
            await asyncio.sleep(rest)
            rest = min(rest * 2, LONGEST_REST)

    async def listen_once(self) -> None:
        """Until the connection is lost. What was told before we listened (again) is looked up by each stream."""
        lost = asyncio.Event()
        connection = await asyncpg.connect(address(), timeout=ANSWERED_WITHIN)
        try:
            connection.add_termination_listener(lambda _: lost.set())
            await connection.add_listener(CHANNEL, self.heard)
            for ear in self.everyone():
                ear.miss()
            while not lost.is_set():
                await watch(connection, lost)
        finally:
            connection.terminate()


async def watch(connection: Any, lost: asyncio.Event) -> None:
    """A connection can be dead without anybody saying so: ask it now and then."""
    try:
        await asyncio.wait_for(lost.wait(), WATCHED_EVERY)
    except TimeoutError:
        await connection.execute("SELECT 1", timeout=ANSWERED_WITHIN)
