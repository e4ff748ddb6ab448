"""Scheduled mail that is due is found without walking past what is not; so are a person's, a conversation's and a recurrence's."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database import rows

ID = "2026-11-26T04:59:28:400113"
VERSION = "1.38.0"
DESCRIPTION = "Indexes for scheduled mail"

STATEMENTS = [
    "CREATE INDEX scheduled_due ON scheduled (looks_at) WHERE looks_at IS NOT NULL",
    "CREATE INDEX scheduled_open ON scheduled (person, due_at) WHERE went_at IS NULL AND dropped_at IS NULL AND missed_at IS NULL",
    "CREATE INDEX scheduled_upcoming ON scheduled (recurrence) WHERE went_at IS NULL AND dropped_at IS NULL AND missed_at IS NULL",
    "CREATE INDEX recurrence_draft ON recurrence (draft)",
    "CREATE INDEX recurrence_person ON recurrence (person) WHERE ended_at IS NULL",
    "CREATE INDEX draft_revises ON draft (revises) WHERE revises IS NOT NULL",
    "CREATE INDEX draft_thread ON draft (thread) WHERE thread IS NOT NULL",
    "ALTER TABLE scheduled SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02)",
]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="nachfass", description=DESCRIPTION)

    async def make_indexes() -> None:
        for statement in STATEMENTS:
            await rows(statement)

    manager.add_raw(make_indexes)
    return manager
