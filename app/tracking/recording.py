"""Hits are stored before they are answered: in the database, or within a quarter of a second in the spool.

Hits that arrive while a commit is under way go out together with the next one. There is no waiting window: it would only add its length.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import structlog

from app.database import connection
from app.settings import settings
from app.tracking.spooling import Arrival, Spool, closed_spools

log = structlog.get_logger()

PATIENCE = 0.25
MOST_ROWS = 1000
MOST_STUCK = 2
DRAIN_SECONDS = 1.0
DATA_ERRORS = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.exceptions._base.DataError)
OUT_OF_REACH = (OSError, TimeoutError, RuntimeError, asyncpg.PostgresError, asyncpg.InterfaceError)
Store = Callable[[Sequence[Arrival]], Awaitable[None]]

STORE = """
    WITH come AS (
        SELECT * FROM unnest(
            $1::uuid[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::int[], $6::text[],
            $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[]
        ) AS come (id, workspace, at, message, link, kind, method, user_agent, headers, network, role, country)
    ), kept AS (
        INSERT INTO hit (id, workspace, at, message, link, kind, method, user_agent, headers, network, role, country)
        SELECT id, workspace, at, message, link, kind, method, user_agent, headers::jsonb, network, role, country
        FROM come WHERE NOT EXISTS (SELECT FROM silence WHERE silence.id = come.message)
        ON CONFLICT DO NOTHING
        RETURNING id, workspace, at, message
    )
    INSERT INTO unjudged (id, workspace, at, message) SELECT id, workspace, at, message FROM kept
"""


async def store(arrivals: Sequence[Arrival]) -> None:
    """One statement, one commit. A hit that is there already, or that somebody asked us not to record, is passed over."""
    columns = [list(column) for column in zip(*arrivals, strict=True)]
    async with connection() as taken:
        await taken.execute(STORE, *columns)


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
        self.waiting: list[tuple[Arrival, asyncio.Future[None]]] = []
        self.flushing: asyncio.Task[None] | None = None
        self.stuck: set[asyncio.Task[list[Arrival]]] = set()

    def record(self, arrival: Arrival) -> asyncio.Future[None]:
        """Await the answer: the hit is on disk then. One future a hit, so that a caller who hangs up takes nobody along."""
        kept: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting.append((arrival, kept))
        if self.flushing is None:
            self.flushing = asyncio.create_task(self.flush())
        return kept

    async def flush(self) -> None:
        try:
            while self.waiting:
                batch = self.take(MOST_ROWS)
                if not await self.in_database([arrival for arrival, _ in batch]):
                    batch += self.take(len(self.waiting))
                    await self.in_spool([arrival for arrival, _ in batch])
                for _, kept in batch:
                    if not kept.done():
                        kept.set_result(None)
        finally:
            self.flushing = None

    def take(self, most: int) -> list[tuple[Arrival, asyncio.Future[None]]]:
        taken, self.waiting = self.waiting[:most], self.waiting[most:]
        return taken

    async def in_database(self, arrivals: list[Arrival]) -> bool:
        """Did the database confirm in time? A late commit does no harm: the spool brings the same ids."""
        if len(self.stuck) >= MOST_STUCK:
            return False
        task = asyncio.create_task(sift(arrivals, self.into))
        await asyncio.wait({task}, timeout=self.patience)
        if not task.done():
            log.warning("The database did not answer in time; hits go to the spool", hits=len(arrivals), seconds=self.patience)
            self.stuck.add(task)
            task.add_done_callback(self.unstick)
            return False
        if error := task.exception():
            log.warning("The database can't be reached; hits go to the spool", hits=len(arrivals), error=repr(error))
            return False
        await self.set_aside(task.result())
        return True

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
    recorder = Recorder(Spool(spool_folder()))
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
