"""How hits get into the ledger: over lines, new ones at once, those of the spool again and again until they are there."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Protocol

import psycopg
import structlog

from app.tracking.lines import STORE_AGAIN, STORE_NEW, Line, NotStored, opened
from app.tracking.packing import Row, unpacked

log = structlog.get_logger()

OUT_OF_REACH = (OSError, psycopg.Error, NotStored)
"""The database can't be asked, or won't store anything now."""
Outcome = list[Row] | BaseException
"""The hits that the database refused for what is in them, or why it took none."""
Landed = Callable[[Outcome], None]


class UnderWay(Protocol):
    """A batch that is being stored, or what carries it."""

    def cancel(self) -> object:
        """Give it up: nobody hears of it any more."""
        ...


Begin = Callable[[Sequence[Row], Landed], UnderWay]
"""Sets a batch off to the database, and says once what became of it."""


class Lines:
    """The lines of a process: nobody else can use them up.

    One is opened when none is free, and let go at the first error: so it finds a database again that was away.
    """

    def __init__(self) -> None:
        self.lines: set[Line] = set()
        self.free: list[Line] = []
        self.tasks: set[asyncio.Task[None]] = set()

    def begin(self, rows: Sequence[Row], landed: Landed) -> UnderWay:
        """Set a batch of new hits off now, if a line is free; else as soon as one is open."""
        line = self.idle()
        if line is None:
            return self.by_and_by(self.begin_on_a_new_line(rows, landed))
        self.send(line, rows, landed)
        return line

    async def begin_on_a_new_line(self, rows: Sequence[Row], landed: Landed) -> None:
        try:
            line = await self.opened()
        except OUT_OF_REACH as error:
            landed(error)
        else:
            self.send(line, rows, landed)

    def send(self, line: Line, rows: Sequence[Row], landed: Landed) -> None:
        line.send(STORE_NEW, rows, partial(self.end, line, rows, landed))

    def end(self, line: Line, rows: Sequence[Row], landed: Landed, error: Exception | None) -> None:
        """What a hit spoilt is stored the slow way, which finds the one."""
        self.take_back(line, error)
        if isinstance(error, NotStored) and error.speaks_of_a_hit:
            self.by_and_by(self.begin_sifting(rows, landed))
        else:
            landed(error or [])

    async def begin_sifting(self, rows: Sequence[Row], landed: Landed) -> None:
        try:
            landed(await self.sift(rows))
        except OUT_OF_REACH as error:
            landed(error)

    async def sift(self, rows: Sequence[Row]) -> list[Row]:
        """Store what can be stored and answer what the database refuses for its content, so that no hit spoils its neighbours."""
        try:
            await self.store(rows)
        except NotStored as error:
            if not error.speaks_of_a_hit:
                raise
            if len(rows) == 1:
                log.error("The database refused a hit; it is set aside", hit=str(unpacked(rows[0]).id), error=str(error))
                return [*rows]
            half = len(rows) // 2
            return [*await self.sift(rows[:half]), *await self.sift(rows[half:])]
        return []

    async def store(self, rows: Sequence[Row]) -> None:
        """One statement, one commit. A hit that is there already, or that somebody asked us not to record, is passed over."""
        line = self.idle() or await self.opened()
        heard: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()
        line.send(STORE_AGAIN, rows, heard.set_result)
        try:
            error = await heard
        except asyncio.CancelledError:
            line.cancel()
            raise
        self.take_back(line, error)
        if error is not None:
            raise error

    def idle(self) -> Line | None:
        while self.free:
            line = self.free.pop()
            if line.is_open:
                return line
            self.lines.discard(line)
        return None

    async def opened(self) -> Line:
        line = await opened()
        self.lines.add(line)
        return line

    def take_back(self, line: Line, error: Exception | None) -> None:
        """What the database has against us, not against a hit, closes the line."""
        if error is None or (isinstance(error, NotStored) and error.speaks_of_a_hit):
            self.free.append(line)
        else:
            line.close()
            self.lines.discard(line)

    def by_and_by(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def close(self) -> None:
        """Also those that still carry a batch: nobody waits for it any more."""
        for task in self.tasks:
            task.cancel()
        for line in self.lines:
            line.cancel()
        self.lines.clear()
        self.free.clear()
