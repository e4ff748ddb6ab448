"""PostgreSQL through Piccolo: one engine a process, one way to write several rows together."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import date
from itertools import pairwise
from typing import Any

import asyncpg
from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine

from app.clock import now
from app.settings import settings

os.environ.setdefault("PICCOLO_CONF", "app.database")

COMMAND_SECONDS = 30
LOCK_MILLISECONDS = 100
"""Less than a hit waits for the database before it goes to the spool."""


class Engine(PostgresEngine):
    """Piccolo asks for the server's version when it is made; here the address is only known later, see `connected`."""

    async def check_version(self) -> None:
        """Asked by `nachfass doctor` instead."""


class Ready(asyncpg.Connection):  # type: ignore[misc]
    """Nothing is set on a connection that outlives its transaction or its lock, so it goes back to the pool without a reset: a round trip less."""

    def get_reset_query(self) -> str:
        return ""


DB = Engine(
    config={"command_timeout": COMMAND_SECONDS, "server_settings": {"synchronous_commit": "on"}, "connection_class": Ready},
    extensions=(),
    log_queries=False,
)

APP_REGISTRY = AppRegistry(apps=["app.piccolo_app"])
"""Piccolo asks for it here while it migrates."""


def address() -> str:
    """Where the database is: DATABASE_URL, set by the operator or by the command that started the embedded server."""
    return os.environ.get("DATABASE_URL") or settings().database_url or ""


def point() -> None:
    """Tell Piccolo where the database is; the commands that connect without a pool need it too."""
    DB.config["dsn"] = address()


def together() -> AbstractAsyncContextManager[Any]:
    """Rows written inside are all written, or none. Inside another `together()` it joins that one."""
    return DB.transaction()


@asynccontextmanager
async def planned_once() -> AsyncIterator[None]:
    """What is asked inside is planned once a connection, whatever its values; a transaction, like `together()`.

    For walks over all the months of a ledger: to plan one takes up to ten times as long as to walk it, and PostgreSQL plans it anew
    for the values of each call wherever it guesses fewer rows for them (plan_cache_mode).
    """
    async with together():
        await rows("SET LOCAL plan_cache_mode = force_generic_plan")
        yield


@asynccontextmanager
async def connected(size: int | None = None) -> AsyncIterator[None]:
    """Keep a pool of connections open for as long as the block runs."""
    point()
    await DB.start_connection_pool(min_size=1, max_size=size or settings().database_pool)
    try:
        yield
    finally:
        await DB.close_connection_pool()


@asynccontextmanager
async def unhurried() -> AsyncIterator[None]:
    """Statements may take as long as they need: for migrations, while nobody else uses the pool yet."""
    hurried, DB.pool = DB.pool, await asyncpg.create_pool(**{**DB.config, "command_timeout": None}, min_size=1, max_size=2)
    try:
        yield
    finally:
        patient, DB.pool = DB.pool, hurried
        await patient.close()


@asynccontextmanager
async def connection() -> AsyncIterator[asyncpg.Connection]:
    """A raw connection out of the pool, for what Piccolo has no words for: unnest, COPY, LISTEN."""
    if DB.pool is None:
        raise RuntimeError("The database pool is not open.")
    async with DB.pool.acquire() as taken:
        yield taken


async def rows(statement: str, *values: object) -> list[dict[str, Any]]:
    """Rows of a statement with `$1…` places, inside the current `together()` if there is one."""
    transaction = DB.current_transaction.get()
    if transaction is not None:
        return [dict(row) for row in await transaction.connection.fetch(statement, *values)]
    async with connection() as taken:
        return [dict(row) for row in await taken.fetch(statement, *values)]


async def tell(channel: str, message: str) -> None:
    """NOTIFY: whoever listens hears it when this transaction commits, and never if it is rolled back."""
    await rows("SELECT pg_notify($1, $2)", channel, message)


async def monthly(table: str, months: int = 3) -> None:
    """Make a ledger's partitions for this month and the next ones; rows that waited in the default partition move over."""
    for first, after in pairwise(month_starts(now().date(), months + 1)):
        async with together():
            await rows("SELECT pg_advisory_xact_lock(hashtext($1))", f"partitions of {table}")
            await partition(table, f"{table}_{first:%Y_%m}", first, after)


async def partition(table: str, name: str, first: date, after: date) -> None:
    """One month of a ledger, if it is not there yet. Attaching blocks no reader or writer of the other months.

    The default partition is locked first: a row that came between moving and attaching would make the attaching fail. Whoever
    wants to write there meanwhile waits, and a hit that waits for long goes to the spool.
    """
    if (await rows("SELECT to_regclass($1) IS NOT NULL AS there", name))[0]["there"]:
        return
    span = f"at >= '{first} 00:00+00' AND at < '{after} 00:00+00'"
    await rows(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
    await rows(f"LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE")
    await rows(f"WITH moved AS (DELETE FROM {table}_default WHERE {span} RETURNING *) INSERT INTO {name} SELECT * FROM moved")  # noqa: S608 - our own names
    await rows(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM ('{first} 00:00+00') TO ('{after} 00:00+00')")


async def months_of(table: str) -> list[date]:
    """The months of a ledger that have a partition, oldest first."""
    found = await rows("SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = $1::regclass ORDER BY relname", table)
    names = [row["relname"].removeprefix(f"{table}_") for row in found]
    return [date(int(name[:4]), int(name[5:]), 1) for name in names if name != "default"]


async def drop_month(table: str, month: date) -> None:
    """A partition with everything in it. Its lock stops the whole ledger, so it is had at once or not at all."""
    async with together():
        await rows(f"SET LOCAL lock_timeout = '{LOCK_MILLISECONDS}ms'")
        await rows(f"DROP TABLE IF EXISTS {table}_{month:%Y_%m}")


def month_starts(day: date, count: int) -> list[date]:
    """The first days of this month and the ones after it."""
    months = [day.year * 12 + day.month - 1 + ahead for ahead in range(count)]
    return [date(month // 12, month % 12 + 1, 1) for month in months]


async def reachable() -> bool:
    """Does the database answer?"""
    try:
        found: Sequence[dict[str, Any]] = await rows("SELECT 1 AS one")
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
        return False
    return bool(found)
