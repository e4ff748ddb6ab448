"""The one switch becomes a choice by kind: an open tab goes on telling all of it. Who had it off had chosen nothing."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database import rows

ID = "2026-11-26T04:58:23:709179"
VERSION = "1.38.0"
DESCRIPTION = "Who wanted desktop notifications gets them as before"

EVERY_KIND = "{reminders,replies,opens,clicks,receipts,bounces,unsent,mailboxes}"
TAKE_OVER = """
INSERT INTO attention (id, person, push, desktop, mail, urgent, changed_at)
SELECT gen_random_uuid(), id, $1::text::varchar[], $1::text::varchar[], '{}', '{}', now() FROM person WHERE notifies ON CONFLICT (person) DO NOTHING
"""


async def forwards():
    manager = MigrationManager(
        migration_id=ID, app_name="nachfass", description=DESCRIPTION
    )

    async def take_over() -> None:
        await rows(TAKE_OVER, EVERY_KIND)

    manager.add_raw(take_over)
    manager.drop_column(
        table_class_name="Person",
        tablename="person",
        column_name="notifies",
        db_column_name="notifies",
        schema=None,
    )

    return manager
