"""The statement that puts hits into the ledger, through the pool; and what is done when the database refuses one of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import asyncpg
import structlog

from app.database import connection
from app.tracking.spooling import Arrival, headers_as_json

log = structlog.get_logger()

DATA_ERRORS = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError, asyncpg.exceptions._base.DataError)
Store = Callable[[Sequence[Arrival]], Awaitable[None]]
Outcome = list[Arrival] | BaseException
"""The hits that the database refused for what is in them, or why it took none."""
Landed = Callable[[Outcome], None]

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


class UnderWay(Protocol):
    """A batch that is being stored, or what carries it."""

    def cancel(self) -> object:
        """Give it up: nobody hears of it any more."""
        ...


Begin = Callable[[Sequence[Arrival], Landed], UnderWay]
"""Sets a batch off to the database, and says once what became of it."""


async def store(arrivals: Sequence[Arrival]) -> None:
    """One statement, one commit. A hit that is there already, or that somebody asked us not to record, is passed over."""
    async with connection() as taken:
        await taken.execute(STORE_AGAIN, as_rows(arrivals))


def as_rows(arrivals: Sequence[Arrival]) -> list[tuple[object, ...]]:
    """A batch as the pool's driver takes it: rows of the ledger, whose JSON is text."""
    return [
        (one.id, one.workspace, one.at, one.message, one.link, one.kind, one.method, one.user_agent, headers_as_json(one).decode(),
         one.network, one.role, one.country)
        for one in arrivals
    ]  # fmt: skip


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


def through(into: Store) -> Begin:
    """By a coroutine, which begins with the loop's next round."""

    def begin(arrivals: Sequence[Arrival], landed: Landed) -> UnderWay:
        def ended(task: "asyncio.Task[list[Arrival]]") -> None:
            if not task.cancelled():
                landed(task.exception() or task.result())

        task = asyncio.get_running_loop().create_task(sift(arrivals, into))
        task.add_done_callback(ended)
        return task

    return begin
