"""Open reminders are on the wall of whoever asked for them, where that moves none of them."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from app.database import rows

ID = "2026-11-26T04:49:30:000000"
VERSION = "1.38.0"
DESCRIPTION = "Reminders on walls"

# Near a change of the clock a time may show twice: such a reminder stays an instant, and so does one of a zone this database does not know.
FILL = """
UPDATE reminder SET wall_at = reminder.due_at AT TIME ZONE known.name, zone = known.name
FROM person JOIN pg_timezone_names known ON known.name = person.time_zone
WHERE person.id = reminder.person AND reminder.settled_at IS NULL AND known.name NOT IN ('UTC', 'Etc/UTC')
AND NOT EXISTS (
    SELECT FROM (VALUES (interval '30 minutes'), (interval '1 hour'), (interval '2 hours')) AS off(by)
    WHERE (reminder.due_at + off.by) AT TIME ZONE known.name = reminder.due_at AT TIME ZONE known.name
    OR (reminder.due_at - off.by) AT TIME ZONE known.name = reminder.due_at AT TIME ZONE known.name
)
"""


async def forwards() -> MigrationManager:
    manager = MigrationManager(migration_id=ID, app_name="nachfass", description=DESCRIPTION)

    async def hang_up() -> None:
        await rows(FILL)

    manager.add_raw(hang_up)
    return manager
