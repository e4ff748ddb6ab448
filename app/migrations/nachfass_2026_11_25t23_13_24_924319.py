from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.columns.column_types import JSONB
from piccolo.columns.column_types import Varchar
from piccolo.columns.indexes import IndexMethod
from piccolo.table import Table


class RawTable(Table):
    """For statements only."""


ID = "2026-11-25T23:13:24:924319"
VERSION = "1.38.0"
DESCRIPTION = "Received mails keep their kind and why"


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="nachfass", description=DESCRIPTION
    )

    manager.add_column(
        table_class_name="Message",
        tablename="message",
        column_name="rules",
        db_column_name="rules",
        column_class_name="JSONB",
        column_class=JSONB,
        params={
            "default": "[]",
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    manager.add_column(
        table_class_name="Message",
        tablename="message",
        column_name="why",
        db_column_name="why",
        column_class_name="JSONB",
        column_class=JSONB,
        params={
            "default": "[]",
            "null": False,
            "primary_key": False,
            "unique": False,
            "index": False,
            "index_method": IndexMethod.btree,
            "choices": None,
            "db_column_name": None,
            "secret": False,
        },
        schema=None,
    )

    manager.alter_column(
        table_class_name="Message",
        tablename="message",
        column_name="kind",
        db_column_name="kind",
        params={"length": 24},
        old_params={"length": 12},
        column_class=Varchar,
        old_column_class=Varchar,
        schema=None,
    )

    manager.add_raw(rename_kinds)

    return manager


async def rename_kinds():
    """Of a bounce from before nobody knows whether it was for good, and of a receipt what it confirmed."""
    await RawTable.raw("ALTER TABLE message ALTER COLUMN kind TYPE VARCHAR(24)")  # what is raw runs before the columns change
    for before, now in (("reply", "human_reply"), ("bounce", "bounce_soft"), ("receipt", "delivery_receipt")):
        await RawTable.raw("UPDATE message SET kind = {} WHERE kind = {}", now, before)
