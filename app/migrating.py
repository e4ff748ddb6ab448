"""Bring the database to the shape this version needs; running it twice changes nothing."""

from contextlib import redirect_stdout
from io import StringIO

from piccolo.apps.migrations.commands.base import BaseMigrationManager
from piccolo.apps.migrations.tables import Migration
from piccolo.conf.apps import AppConfig, MigrationModule

from app.database import DB, connection, unhurried
from app.piccolo_app import APP_CONFIG

LOCK = 7_245_811
"""Our advisory lock: two nodes that start together migrate one after the other."""


async def migrate() -> list[str]:
    """Run what has not run yet, each in a transaction of its own, and answer their names. Needs an open pool."""
    async with unhurried(), connection() as held:
        await held.execute("SELECT pg_advisory_lock($1)", LOCK)
        try:
            return [await run(name) for name in await missing()]
        finally:
            await held.execute("SELECT pg_advisory_unlock($1)", LOCK)


async def missing() -> list[str]:
    """The migrations this database has not had yet, oldest first."""
    await Migration.create_table(if_not_exists=True)
    had = set(await Migration.select(Migration.name).where(Migration.app_name == APP_CONFIG.app_name).output(as_list=True))
    return [name for name in modules(APP_CONFIG) if name not in had]


def modules(config: AppConfig) -> dict[str, MigrationModule]:
    """All migrations by id, in the order of their making."""
    return dict(sorted(BaseMigrationManager().get_migration_modules(config.resolved_migrations_folder_path).items()))


async def run(name: str) -> str:
    async with DB.transaction():
        manager = await modules(APP_CONFIG)[name].forwards()
        if manager is not None:
            with redirect_stdout(StringIO()):  # Piccolo tells its progress there; whoever migrates prints the names
                await manager.run()
        await Migration(name=name, app_name=APP_CONFIG.app_name).save()
    return name
