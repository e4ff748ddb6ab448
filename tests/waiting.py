"""Waiting for what the loop does by itself."""

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], bool]) -> None:
    """Something begins or is closed in a later turn of the loop, and nobody tells when that is."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0)
