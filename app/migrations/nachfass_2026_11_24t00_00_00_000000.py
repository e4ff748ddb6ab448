"""The ledgers `hit` and `activity`, partitioned by month, and the queue of hits not yet judged."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database import rows

ID = "2026-11-24T00:00:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Ledgers by month"

STATEMENTS = [
    """
    CREATE TABLE hit (
        id uuid NOT NULL, workspace uuid NOT NULL, at timestamptz NOT NULL, message uuid NOT NULL, link integer NOT NULL DEFAULT -1,
        kind varchar(5) NOT NULL, method varchar(7) NOT NULL, user_agent varchar(512) NOT NULL, headers jsonb NOT NULL DEFAULT '{}',
        network varchar(64) NOT NULL DEFAULT '', role varchar(60) NOT NULL DEFAULT '', country varchar(2) NOT NULL DEFAULT '',
        PRIMARY KEY (workspace, id, at)
    ) PARTITION BY RANGE (at)
    """,
    "CREATE INDEX hit_message ON hit (workspace, message)",
    "CREATE TABLE hit_default PARTITION OF hit DEFAULT",
    "CREATE TABLE unjudged (id uuid NOT NULL, workspace uuid NOT NULL, at timestamptz NOT NULL, message uuid NOT NULL)",
    """
    CREATE TABLE activity (
        id uuid NOT NULL, workspace uuid NOT NULL, person uuid NOT NULL, at timestamptz NOT NULL, kind varchar(20) NOT NULL,
        contact uuid, mailbox uuid, thread uuid, message uuid, hit uuid, reminder uuid, said jsonb NOT NULL DEFAULT '{}',
        PRIMARY KEY (workspace, id, at)
    ) PARTITION BY RANGE (at)
    """,
    "CREATE INDEX activity_person ON activity (workspace, person, at DESC, id DESC)",
    "CREATE INDEX activity_contact ON activity (workspace, contact, at DESC, id DESC)",
    "CREATE INDEX activity_message ON activity (workspace, message)",
    "CREATE TABLE activity_default PARTITION OF activity DEFAULT",
]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="nachfass", description=DESCRIPTION)

    async def make_ledgers() -> None:
        for statement in STATEMENTS:
            await rows(statement)

    manager.add_raw(make_ledgers)
    return manager
