"""What is looked up through whom or what it belongs to: keys that no unique constraint begins with."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database import rows

ID = "2026-11-24T00:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Found through its owner"

STATEMENTS = [
    "CREATE INDEX attachment_draft ON attachment (draft)",
    "CREATE INDEX consent_contact ON consent (contact, at DESC)",
    "CREATE INDEX dispatch_draft ON dispatch (draft)",
    "CREATE INDEX dispatch_person ON dispatch (person, created_at DESC)",
    "CREATE INDEX draft_person ON draft (person, saved_at DESC) WHERE queued_at IS NULL AND discarded_at IS NULL",
    "CREATE INDEX handshake_session ON handshake (session)",
    "CREATE INDEX mailbox_person ON mailbox (person)",
    "CREATE INDEX membership_person ON membership (person)",
    "CREATE INDEX message_mailbox ON message (mailbox, provider_id)",
    "CREATE INDEX message_person ON message (person, at DESC)",
    "CREATE INDEX reminder_message ON reminder (message)",
    "CREATE INDEX session_person ON session (person)",
    "CREATE INDEX thread_mailbox ON thread (mailbox, provider_thread)",
    "CREATE INDEX thread_person ON thread (person, last_at DESC)",
    "ALTER TABLE unjudged SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)",
]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="nachfass", description=DESCRIPTION)

    async def make_indexes() -> None:
        for statement in STATEMENTS:
            await rows(statement)

    manager.add_raw(make_indexes)
    return manager
