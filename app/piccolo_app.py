"""One Piccolo app for the whole house, one history of migrations.

The ledgers `hit`, `unjudged` and `activity` are not in the list: they are partitioned, which Piccolo has no words for.
Their migration is written by hand.
"""

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

ROOMS = ["security", "identity", "contacts", "mailboxes", "threads", "tracking", "outbox", "attention", "reminders", "feed", "notifications"]
LEDGERS = ["Hit", "Activity"]

APP_CONFIG = AppConfig(
    app_name="nachfass",
    migrations_folder_path=str(Path(__file__).parent / "migrations"),
    table_classes=[
        table for table in table_finder([f"app.{room}.tables" for room in ROOMS], exclude_imported=True) if table.__name__ not in LEDGERS
    ],
    migration_dependencies=[],
)
