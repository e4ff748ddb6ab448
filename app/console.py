"""What the commands share: how they speak, and how they come by settings and a database."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import click
from rich.console import Console

from app.database import connected
from app.migrating import migrate as migrate_database
from app.migrating import missing
from app.settings import WrongSetting, settings

APP = "app.main:create"

T = TypeVar("T")
say = Console(stderr=False, highlight=False, soft_wrap=True)


def ready_database() -> None:
    """The embedded database is migrated without asking; the operator's own only by `nachfass migrate`."""
    if settings().database_url is None:
        asyncio.run(with_pool(migrate_database()))
        return
    if names := asyncio.run(with_pool(missing())):
        raise click.ClickException(f"The database lacks {len(names)} migrations. Nothing was changed. Run: nachfass migrate")


async def with_pool(work: Coroutine[Any, Any, T]) -> T:
    async with connected(2):
        return await work


def checked(read: Any) -> Any:
    """The settings, or the sentence that says which one is wrong."""
    try:
        return read()
    except WrongSetting as wrong:
        raise click.ClickException(str(wrong)) from None
