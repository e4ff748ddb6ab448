"""Hits are stored before they are answered: in the database, or within a quarter of a second in the spool.

Hits that arrive while a commit is under way go out together with the next one, or sooner when there are enough of them. There is no
waiting window: it would only add its length.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic

import structlog

from app.settings import settings
from app.tracking.networks import forget_addresses
from app.tracking.packing import Row
from app.tracking.spooling import Spool, closed_spools
from app.tracking.storing import OUT_OF_REACH, Begin, Lines, Outcome, UnderWay

log = structlog.get_logger()

PATIENCE = 0.2
"""Seconds, so that with the spool every answer is out within 0.3."""
REST = 0.2
"""Seconds for which a database that refused is not asked again."""
MOST_ROWS = 1000
MOST_FLIGHTS = 2
ENOUGH = 24
"""So many go at once, without waiting for the batch before them or for the rest of the crowd they came with. Else all callers end up in
one batch, and while the database has it there is nothing to do here; a third of the 64 callers of the bench keeps both at work."""
MOST_STUCK = 2
DRAIN_SECONDS = 1.0
Batch = list[tuple[Row, "asyncio.Future[None]"]]
"""Hits, each with the caller who waits for it."""


@dataclass(slots=True, eq=False)
class Flight:
    """A batch on its way to the database, or to the spool."""

    batch: Batch
    over: "asyncio.Future[None]"
    limit: asyncio.TimerHandle | None = None
    under_way: UnderWay | None = None

    def answer(self) -> None:
        for _, kept in self.batch:
            if not kept.done():
                kept.set_result(None)
        self.over.set_result(None)


class Recorder:
    """Group commit: one batch on its way, everything that came meanwhile in the next, or sooner when there is enough for one."""

    def __init__(self, spool: Spool, begin: Begin, patience: float = PATIENCE) -> None:
        self.spool = spool
        self.begin = begin
        self.patience = patience
        self.loop = asyncio.get_running_loop()
        self.waiting: Batch = []
        self.flights: set[Flight] = set()
        self.stuck: set[Flight] = set()
        self.writing: set[asyncio.Task[None]] = set()
        self.is_called = False
        self.away = False
        self.asked_again = 0.0

    def record(self, row: Row) -> "asyncio.Future[None]":
        """Await the answer: the hit is on disk then. One future a hit, so that a caller who hangs up takes nobody along."""
        kept: asyncio.Future[None] = self.loop.create_future()
        self.waiting.append((row, kept))
        if len(self.waiting) >= ENOUGH:
            self.go_on()
        elif not self.flights and not self.is_called:
            self.is_called = True
            self.loop.call_soon(self.called)
        return kept

    def called(self) -> None:
        self.is_called = False
        self.go_on()

    def go_on(self) -> None:
        """Set off what waits, if nothing is on its way or there is enough for one flight more."""
        if self.waiting and (not self.flights or (len(self.waiting) >= ENOUGH and len(self.flights) < MOST_FLIGHTS)):
            self.set_off(self.take(MOST_ROWS))

    def take(self, most: int) -> Batch:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    def set_off(self, batch: Batch) -> None:
        """To the database; to the spool, if the database is not asked just now."""
        flight = Flight(batch, self.loop.create_future())
        self.flights.add(flight)
        if len(self.stuck) >= MOST_STUCK or monotonic() < self.asked_again:
            self.write(flight)
            return
        flight.limit = self.loop.call_later(self.patience, self.lose, flight)
        flight.under_way = self.begin([row for row, _ in batch], partial(self.land, flight))

    def land(self, flight: Flight, outcome: Outcome) -> None:
        """The next batch is on its way before the callers of this one are answered, so that the database works meanwhile."""
        assert flight.limit is not None  # set with the flight
        flight.limit.cancel()
        if flight in self.stuck:
            self.unstick(flight, outcome)
        elif isinstance(outcome, BaseException):
            self.lost("The database can't be reached; hits go to the spool", error=repr(outcome))
            self.asked_again = monotonic() + REST
            self.write(flight)
        else:
            self.found()
            if outcome:
                self.write(flight, refused=outcome)
            else:
                self.end(flight)

    def end(self, flight: Flight) -> None:
        self.flights.discard(flight)
        self.go_on()
        flight.answer()

    def lose(self, flight: Flight) -> None:
        """The database did not confirm in time. A late commit does no harm: the spool brings the same ids."""
        self.lost("The database did not answer in time; hits go to the spool", seconds=self.patience)
        self.stuck.add(flight)
        self.write(flight)

    def unstick(self, flight: Flight, outcome: Outcome) -> None:
        self.stuck.discard(flight)
        if isinstance(outcome, BaseException):
            log.warning("A late answer of the database was an error; its hits are in the spool", error=repr(outcome))

    def lost(self, sentence: str, **values: object) -> None:
        """Said once an outage, however many hits it meets."""
        if not self.away:
            log.warning(sentence, **values)
        self.away = True

    def found(self) -> None:
        if self.away:
            log.info("The database answers again; hits go there")
        self.away = False

    def write(self, flight: Flight, refused: list[Row] | None = None) -> None:
        """To disk: the whole batch and what waits behind it, or what the database refused of it. The callers are answered after that."""
        task = self.loop.create_task(self.set_aside(flight, refused) if refused else self.in_spool(flight))
        self.writing.add(task)
        task.add_done_callback(self.writing.discard)

    async def in_spool(self, flight: Flight) -> None:
        """If even the disk fails, the reader still gets the picture or the page, and the operator is told."""
        flight.batch += self.take(len(self.waiting))
        rows = [row for row, _ in flight.batch]
        try:
            await asyncio.to_thread(self.spool.write, rows)
        except OSError as error:
            log.error("Hits could be stored neither in the database nor on disk, and are lost", hits=len(rows), error=repr(error))
        self.end(flight)

    async def set_aside(self, flight: Flight, refused: list[Row]) -> None:
        try:
            await asyncio.to_thread(self.spool.set_aside, refused)
        except OSError as error:
            log.error("Hits that the database refused could not be set aside, and are lost", hits=len(refused), error=repr(error))
        self.end(flight)

    async def settle(self) -> None:
        """Everything that has arrived is kept; used when the process ends."""
        self.go_on()
        while self.flights:
            await asyncio.wait([flight.over for flight in self.flights])
        for flight in self.stuck:
            if flight.under_way is not None:
                flight.under_way.cancel()
        self.stuck.clear()
        await asyncio.to_thread(self.spool.close)


def spool_folder() -> Path:
    return settings().var / "spool"


async def drain_spool() -> int:
    """Bring spooled hits into the ledger, those of dead processes too; says how many. Safe on any number of processes."""
    folder = spool_folder()
    drained = 0
    with closing(Lines()) as lines:
        for spooled in closed_spools(folder):
            with spooled as file:
                for start in range(0, len(file.rows), MOST_ROWS):
                    refused = await lines.sift(file.rows[start : start + MOST_ROWS])
                    await asyncio.to_thread(Spool(folder).set_aside, refused)
                drained += len(file.rows)
                file.done()
    return drained


@asynccontextmanager
async def recording() -> AsyncIterator[Recorder]:
    """A recorder for the life of a process: it empties the spool as it goes, and leaves nothing waiting when it ends."""
    with closing(Lines()) as lines:
        recorder = Recorder(Spool(spool_folder()), lines.begin)
        draining = asyncio.create_task(keep_draining(recorder))
        try:
            yield recorder
        finally:
            draining.cancel()
            with suppress(asyncio.CancelledError):
                await draining
            await recorder.settle()


async def keep_draining(recorder: Recorder) -> None:
    while True:
        await asyncio.sleep(DRAIN_SECONDS)
        forget_addresses()
        await asyncio.to_thread(recorder.spool.rest)
        try:
            if await drain_spool():
                recorder.found()
        except OUT_OF_REACH as error:
            recorder.lost("The spool waits: the database can't be reached", error=repr(error))
