"""Migrations lead to exactly the tables of the code, in one go and again, and never lose a row."""

from typing import Any

from app import migrating
from app.database import rows
from app.feed.tables import Activity
from app.identity.tables import Workspace
from app.piccolo_app import APP_CONFIG
from app.tracking.tables import Hit
from tests import people

COLUMNS = "SELECT column_name AS name, is_nullable = 'YES' AS nullable FROM information_schema.columns WHERE table_name = $1"


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


async def difference(table: Any) -> list[tuple[str, bool]]:
    """Columns that only one of the two has, or where they differ in being nullable."""
    held = {(row["name"], row["nullable"]) for row in await rows(COLUMNS, table._meta.tablename)}
    meant = {(column._meta.db_column_name, bool(column._meta.null)) for column in table._meta.columns}
    return sorted(held ^ meant)
