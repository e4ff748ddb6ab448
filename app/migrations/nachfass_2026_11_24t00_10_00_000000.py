"""What is due is found without walking past what is not: partial indexes of reminders, and of their rows in the feed."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database import rows

ID = "2026-11-24T00:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Reminders that are due"

STATEMENTS = [
    "CREATE UNIQUE INDEX reminder_open ON reminder (thread) WHERE settled_at IS NULL",
    "CREATE INDEX reminder_ringing ON reminder (due_at) WHERE settled_at IS NULL AND rang_at IS NULL",
    "CREATE INDEX reminder_surfacing ON reminder (surfaces_at) WHERE surfaces_at IS NOT NULL",
    "CREATE INDEX reminder_notes ON reminder (id) WHERE note_id <> '' OR surfacing_claimed_at IS NOT NULL",
    "CREATE INDEX reminder_person ON reminder (person, due_at) WHERE settled_at IS NULL",
    "CREATE INDEX reminder_settled ON reminder (person, settled_at DESC, id DESC) WHERE settled_at IS NOT NULL",
    "CREATE INDEX reminder_step_reminder ON reminder_step (reminder)",
    "ALTER TABLE reminder SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)",
    "CREATE INDEX activity_reminder ON activity (workspace, reminder) WHERE reminder IS NOT NULL",
]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="nachfass", description=DESCRIPTION)

    async def make_indexes() -> None:
        for statement in STATEMENTS:
            await rows(statement)

    manager.add_raw(make_indexes)
    return manager
