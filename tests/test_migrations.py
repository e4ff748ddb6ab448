"""Migrations lead to exactly the tables of the code, in one go and again, and never lose a row."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest

from app import migrating
from app.clock import new_id, now
from app.database import DB, rows, unhurried
from app.feed.tables import Activity
from app.identity.tables import Workspace
from app.piccolo_app import APP_CONFIG
from app.tracking.tables import Hit
from tests import people

COLUMNS = "SELECT column_name AS name, is_nullable = 'YES' AS nullable FROM information_schema.columns WHERE table_name = $1"

A_HIT = """
INSERT INTO hit (id, workspace, at, message, link, kind, method, user_agent, headers, network, role, country)
VALUES ($1, $2, $3, $4, -1, 'open', 'GET', 'Mozilla/5.0', '{}', 'k3', '', 'DE')
"""
A_VERDICT = """
INSERT INTO verdict (id, workspace, message, hit_at, kind, link, verdict, confidence, rules, device, judged_at)
VALUES ($1, $2, $4, $3, 'open', -1, 'person', 0.8, '[]', '{}', $3)
"""


async def test_the_database_has_the_columns_of_the_code(database: None) -> None:
    differing = {table.__name__: await difference(table) for table in APP_CONFIG.table_classes}

    assert {name: found for name, found in differing.items() if found} == {}


async def test_the_ledgers_have_the_columns_of_the_code(database: None) -> None:
    for table in (Hit, Activity):
        held = {row["name"] for row in await rows(COLUMNS, table._meta.tablename)}

        assert held == {column._meta.db_column_name for column in table._meta.columns}


async def test_migrating_again_changes_nothing_and_keeps_every_row(database: None) -> None:
    miriam = await people.miriam()

    assert await migrating.migrate() == []
    assert await Workspace.exists().where(Workspace.id == miriam.workspace.id)


async def test_an_old_database_grows_into_the_present_one_without_losing_a_row(database: None) -> None:
    async with another_database():
        names = await migrating.missing()
        before = names.index("2026-11-26T02:02:14:082878")
        for name in names[:before]:
            await migrating.run(name)
        workspace, hit, at = new_id(), new_id(), now()
        await rows("INSERT INTO workspace (id, name, unknown_consent, created_at) VALUES ($1, 'Brückner Messtechnik', 'track', $2)", workspace, at)
        await rows(A_HIT, hit, workspace, at, new_id())
        await rows(A_VERDICT, hit, workspace, at, new_id())

        ran = await migrating.migrate()

        assert ran == names[before:]
        assert [(row["id"], row["network"]) for row in await rows("SELECT id, network FROM verdict")] == [(hit, "k3")]
        assert [row["name"] for row in await rows("SELECT name FROM workspace WHERE id = $1", workspace)] == ["Brückner Messtechnik"]
        assert await rows("SELECT user_agent FROM hit") == [{"user_agent": "Mozilla/5.0"}]


async def test_a_migration_may_take_longer_than_any_other_statement(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DB.config, "command_timeout", 0.05)
    async with another_database():
        with pytest.raises(TimeoutError):
            await rows("SELECT pg_sleep(0.2)")

        async with unhurried():
            await rows("SELECT pg_sleep(0.2)")


@asynccontextmanager
async def another_database() -> AsyncIterator[None]:
    """An empty one beside that of the tests, and everybody's pool leads to it."""
    name = f"old_{new_id().hex}"
    await rows(f"CREATE DATABASE {name}")
    kept, dsn = DB.pool, DB.config["dsn"]
    there = re.sub(r"/postgres(?=\?|$)", f"/{name}", dsn)
    assert there != dsn
    DB.config["dsn"], DB.pool = there, await asyncpg.create_pool(**{**DB.config, "dsn": there}, min_size=1, max_size=2)
    try:
        yield
    finally:
        await DB.pool.close()
        DB.config["dsn"], DB.pool = dsn, kept
        await rows(f"DROP DATABASE {name}")


async def difference(table: Any) -> list[tuple[str, bool]]:
    """Columns that only one of the two has, or where they differ in being nullable."""
    held = {(row["name"], row["nullable"]) for row in await rows(COLUMNS, table._meta.tablename)}
    meant = {(column._meta.db_column_name, bool(column._meta.null)) for column in table._meta.columns}
    return sorted(held ^ meant)
