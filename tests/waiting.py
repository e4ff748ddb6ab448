"""Waiting for what others do in their own time: another process, or a later turn of the loop."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE = 60.0
A_FEW_TURNS = 5.0


class Lost(AssertionError):
    """Something was waited for and never came."""


async def until(found: Callable[[], Awaitable[T | None]], what: str, seconds: float = PATIENCE, every: float = 0.1) -> T:
    """Ask again until the answer is not empty; the bound is generous, because nothing depends on it but a failing test."""
    end = time.monotonic() + seconds
    while not (answer := await found()):
        if time.monotonic() > end:
            raise Lost(f"After {seconds:.0f} s still not: {what}")
        await asyncio.sleep(every)
    return answer


async def until_holds(holds: Callable[[], bool], what: str) -> None:
    """The same for what begins or is closed in a later turn of the loop, and nobody tells when that is."""

    async def found() -> bool:
        return holds()

    await until(found, what, A_FEW_TURNS, every=0)
