"""One open reminder of a contact for each person; what is due of these, and what looks at opens, is found without walking past the rest."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database import rows

ID = "2026-11-26T04:45:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "Indexes for reminders of contacts and of opens"

STATEMENTS = [
    "CREATE UNIQUE INDEX reminder_open_contact ON reminder (person, contact) WHERE settled_at IS NULL AND thread IS NULL",
    "CREATE INDEX reminder_ringing_contact ON reminder (due_at) WHERE settled_at IS NULL AND rang_at IS NULL AND thread IS NULL",
    # Few reminders look at opens and clicks, and each of these happens ten times a second: only those few are in it.
    "CREATE INDEX reminder_watching ON reminder (message) WHERE condition <> ALL ('{no_reply,regardless}')",
]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="nachfass", description=DESCRIPTION)

    async def make_indexes() -> None:
        for statement in STATEMENTS:
            await rows(statement)

    manager.add_raw(make_indexes)
    return manager
