"""A mailbox has one open blind window at most; and what was seen in Sent so far is accounted for."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database import rows

ID = "2026-11-25T22:57:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "Open windows, and what lies in Sent already"

STATEMENTS = [
    "CREATE UNIQUE INDEX blind_window_open ON blind_window (mailbox) WHERE until IS NULL",
    "CREATE INDEX sent_mail_at ON sent_mail (mailbox, at)",
    "INSERT INTO sent_mail (id, workspace, mailbox, provider_id, at, message, why, noted_at) "
    "SELECT gen_random_uuid(), workspace, mailbox, provider_id, at, id, '', now() FROM message "
    "WHERE direction = 'sent' AND provider_id <> '' AND verified_at IS NOT NULL ON CONFLICT DO NOTHING",
]


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="nachfass", description=DESCRIPTION)

    async def make_indexes() -> None:
        for statement in STATEMENTS:
            await rows(statement)

    manager.add_raw(make_indexes)
    return manager
