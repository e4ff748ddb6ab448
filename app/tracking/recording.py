"""Hits are stored before they are answered: in the database, or within a quarter of a second in the spool.

Hits that arrive while a commit is under way go out together with the next one. There is no waiting window: it would only add its length.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from time import monotonic

import asyncpg
import structlog

from app.database import COMMAND_SECONDS, address, connection
from app.settings import settings
from app.tracking.spooling import Arrival, Spool, as_rows, closed_spools

log = structlog.get_logger()

PATIENCE = 0.2
"""Seconds, so that with the spool every answer is out within 0.3."""
REST = 0.2
"""Seconds for which a database that refused is not asked again."""
MOST_ROWS = 1000
MOST_STUCK = 2
DRAIN_SECONDS = 1.0
DATA_ERRORS = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.exceptions._base.DataError)
OUT_OF_REACH = (OSError, TimeoutError, RuntimeError, asyncpg.PostgresError, asyncpg.InterfaceError)
Store = Callable[[Sequence[Arrival]], Awaitable[None]]
Batch = list[tuple[Arrival, "asyncio.Future[None]"]]
"""Hits, each with the caller who waits for it."""

# Whole rows in PostgreSQL's own binary form: twelve arrays took the driver four times as long, and as JSON the database needed a third more time.
STORE = """
    WITH kept AS (
        INSERT INTO hit SELECT come.* FROM unnest($1::hit[]) AS come
        WHERE NOT EXISTS (SELECT FROM silence WHERE silence.id = come.message)
        {repeated} RETURNING id, workspace, at, message
    )
    INSERT INTO unjudged (id, workspace, at, message) SELECT id, workspace, at, message FROM kept
"""
STORE_NEW, STORE_AGAIN = STORE.format(repeated=""), STORE.format(repeated="ON CONFLICT DO NOTHING")
"""To look whether a hit is there already costs a tenth of the time, and of what has just come none is."""


async def store(arrivals: Sequence[Arrival]) -> None:
    """One statement, one commit. A hit that is there already, or that somebody asked us not to record, is passed over."""
    async with connection() as taken:
        await taken.execute(STORE_AGAIN, as_rows(arrivals))


class Lines:
    """Connections that nobody else can use up, each for one statement at a time; a pool's checking and resetting would cost more than a hit.

    One is opened when none is free, and let go at the first error: so it finds a database again that was away.
    """

    def __init__(self) -> None:
        self.free: list[asyncpg.Connection] = []

    async def store(self, arrivals: Sequence[Arrival]) -> None:
        taken = self.free.pop() if self.free else await opened_line()
        try:
            await store_new(taken, as_rows(arrivals))
        except DATA_ERRORS:
            self.free.append(taken)
            raise
        except BaseException:
            taken.terminate()
            raise
        self.free.append(taken)

    async def aclose(self) -> None:
        for line in self.free:
            line.terminate()
        self.free.clear()


async def store_new(line: asyncpg.Connection, batch: list[tuple[object, ...]]) -> None:
    """As `store`, for hits of which hardly any is there already."""
    try:
        await line.execute(STORE_NEW, batch)
    except asyncpg.UniqueViolationError:
        await line.execute(STORE_AGAIN, batch)


async def opened_line() -> asyncpg.Connection:
    return await asyncpg.connect(address(), timeout=COMMAND_SECONDS, command_timeout=COMMAND_SECONDS, server_settings={"synchronous_commit": "on"})


async def sift(arrivals: Sequence[Arrival], into: Store = store) -> list[Arrival]:
    """Store what can be stored and answer what the database refuses for its content, so that no hit spoils its neighbours."""
    try:
        await into(arrivals)
    except DATA_ERRORS as error:
        if len(arrivals) == 1:
            log.error("The database refused a hit; it is set aside", hit=str(arrivals[0].id), error=repr(error))
            return [arrivals[0]]
        half = len(arrivals) // 2
        return [*await sift(arrivals[:half], into), *await sift(arrivals[half:], into)]
    return []


class Recorder:
    """Group commit: one flush in flight, everything that came meanwhile in the next."""

    def __init__(self, spool: Spool, into: Store = store, patience: float = PATIENCE) -> None:
        self.spool = spool
        self.into = into
        self.patience = patience
        self.loop = asyncio.get_running_loop()
        self.waiting: Batch = []
        self.flushing: asyncio.Task[None] | None = None
        self.stuck: set[asyncio.Task[list[Arrival]]] = set()
        self.away = False
        self.asked_again = 0.0

    def record(self, arrival: Arrival) -> asyncio.Future[None]:
        """Await the answer: the hit is on disk then. One future a hit, so that a caller who hangs up takes nobody along."""
        kept: asyncio.Future[None] = self.loop.create_future()
        self.waiting.append((arrival, kept))
        if self.flushing is None:
            self.flushing = self.loop.create_task(self.flush())
        return kept

    async def flush(self) -> None:
        """The next batch is on its way before the callers of the last are answered, so that the database works meanwhile."""
        try:
            batch = self.take(MOST_ROWS)
            storing = self.begin(batch)
            while batch:
                if not await self.in_database(storing):
                    batch += self.take(len(self.waiting))
                    await self.in_spool([arrival for arrival, _ in batch])
                stored, batch = batch, self.take(MOST_ROWS)
                storing = self.begin(batch)
                for _, kept in stored:
                    if not kept.done():
                        kept.set_result(None)
        finally:
            self.flushing = None

    def begin(self, batch: Batch) -> asyncio.Task[list[Arrival]] | None:
        """Set a batch off to the database; not if there is none, or the database is not asked just now."""
        if not batch or len(self.stuck) >= MOST_STUCK or monotonic() < self.asked_again:
            return None
        return self.loop.create_task(sift([arrival for arrival, _ in batch], self.into))

    def take(self, most: int) -> Batch:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    async def in_database(self, task: asyncio.Task[list[Arrival]] | None) -> bool:
        """Did the database confirm in time? A late commit does no harm: the spool brings the same ids."""
        if task is None:
            return False
        await asyncio.wait({task}, timeout=self.patience)
        if not task.done():
            self.lost("The database did not answer in time; hits go to the spool", seconds=self.patience)
            self.stuck.add(task)
            task.add_done_callback(self.unstick)
            return False
        if error := task.exception():
            self.lost("The database can't be reached; hits go to the spool", error=repr(error))
            self.asked_again = monotonic() + REST
            return False
        self.found()
        await self.set_aside(task.result())
        return True

    def lost(self, sentence: str, **values: object) -> None:
        """Said once an outage, however many hits it meets."""
        if not self.away:
            log.warning(sentence, **values)
        self.away = True

    def found(self) -> None:
        if self.away:
            log.info("The database answers again; hits go there")
        self.away = False

    def unstick(self, task: asyncio.Task[list[Arrival]]) -> None:
        self.stuck.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("A late answer of the database was an error; its hits are in the spool", error=repr(error))

    async def in_spool(self, arrivals: list[Arrival]) -> None:
        """If even the disk fails, the reader still gets the picture or the page, and the operator is told."""
        try:
            await asyncio.to_thread(self.spool.write, arrivals)
        except OSError as error:
            log.error("Hits could be stored neither in the database nor on disk, and are lost", hits=len(arrivals), error=repr(error))

    async def set_aside(self, refused: list[Arrival]) -> None:
        if refused:
            try:
                await asyncio.to_thread(self.spool.set_aside, refused)
            except OSError as error:
                log.error("Hits that the database refused could not be set aside, and are lost", hits=len(refused), error=repr(error))

    async def settle(self) -> None:
        """Everything that has arrived is kept; used when the process ends."""
        while self.flushing is not None:
            await asyncio.wait({self.flushing})
        for task in list(self.stuck):
            task.cancel()
        if self.stuck:
            await asyncio.wait(self.stuck)
        await asyncio.to_thread(self.spool.close)


def spool_folder() -> Path:
    return settings().var / "spool"


async def drain_spool() -> int:
    """Bring spooled hits into the ledger, those of dead processes too; says how many. Safe on any number of processes."""
    folder = spool_folder()
    drained = 0
    for spooled in closed_spools(folder):
        with spooled as file:
            for start in range(0, len(file.arrivals), MOST_ROWS):
                refused = await sift(file.arrivals[start : start + MOST_ROWS])
                await asyncio.to_thread(Spool(folder).set_aside, refused)
            drained += len(file.arrivals)
            file.done()
    return drained


@asynccontextmanager
async def recording() -> AsyncIterator[Recorder]:
    """A recorder for the life of a process: it empties the spool as it goes, and leaves nothing waiting when it ends."""
    async with aclosing(Lines()) as lines:
        recorder = Recorder(Spool(spool_folder()), lines.store)
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
        await asyncio.to_thread(recorder.spool.rest)
        try:
            await drain_spool()
        except OUT_OF_REACH as error:
            log.warning("The spool waits: the database can't be reached", error=repr(error))
