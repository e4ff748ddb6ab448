"""What the doctor finds, and how it asks the database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg

from app.database import address

PATIENCE = 5.0
OUT_OF_REACH = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError, ValueError)


@dataclass(frozen=True)
class Finding:
    """One thing that was examined: well, not well, or (None) worth knowing."""

    what: str
    good: bool | None
    said: str
    todo: str = ""


@asynccontextmanager
async def at_database() -> AsyncIterator["asyncpg.Connection | None"]:
    """A connection for one look; none where the database is out of reach, which another finding says."""
    try:
        held = await asyncpg.connect(address(), timeout=PATIENCE)
    except OUT_OF_REACH:
        yield None
        return
    try:
        yield held
    finally:
        await held.close(timeout=PATIENCE)
