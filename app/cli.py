"""The command `nachfass`. What is not needed for serving is loaded when it is asked for: importing everything takes seconds."""

import asyncio
import os
from importlib import import_module
from typing import cast

import click

from app.console import APP, checked, ready_database, say, with_pool
from app.embedded import database
from app.migrating import migrate as migrate_database
from app.serving import serve
from app.settings import settings

ROLES = ["all", "web", "edge", "worker"]
IN_COMMANDS = ("doctor", "canary", "demo", "rejudge", "accuracy", "explain-mail", "explain-agents", "explain-hits")
"""They stand in `app/commands.py`."""


class Lazily(click.Group):
    """Finds the commands of `app/commands.py` by name (click's own way for slow ones: `get_command` may import)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *IN_COMMANDS])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in IN_COMMANDS:
            return cast(click.Command, getattr(import_module("app.commands"), cmd_name.replace("-", "_")))
        return super().get_command(ctx, cmd_name)


@click.group(cls=Lazily)
def nachfass() -> None:
    """Sales follow-up that tells the truth."""


@nachfass.command("serve")
@click.option("--role", type=click.Choice(ROLES), default="all", show_default=True, help="Which part of the work this process does.")
@click.option("--host", default=None, help="Address to listen on; default NACHFASS_HOST.")
@click.option("--port", type=int, default=None, help="Port to listen on; default NACHFASS_PORT.")
def serve_role(role: str, host: str | None, port: int | None) -> None:
    """Serve the app: one process by default, many of each role behind a load balancer."""
    chosen = checked(settings)
    os.environ["NACHFASS_ROLE"] = role
    with database(chosen.var):
        ready_database()
        say.print(f"Nachfass ({role}) listens on http://{host or chosen.host}:{port or chosen.port} for {chosen.base_url}")
        serve(APP, host or chosen.host, port or chosen.port)


@nachfass.command()
def migrate() -> None:
    """Bring the database to the shape this version needs. Running it again changes nothing."""
    with database(checked(settings).var):
        done = asyncio.run(with_pool(migrate_database()))
    for name in done:
        say.print(f"Migrated: {name}")
    say.print("The database is up to date.")


if __name__ == "__main__":
    nachfass()
