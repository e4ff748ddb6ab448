"""Working off what waits, several at a time, so that a slow piece holds up nobody else."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

LOOK_EVERY = 0.5
Piece = TypeVar("Piece")


async def work_off(claim: Callable[[], Awaitable[Piece | None]], work: Callable[[Piece], Awaitable[object]], hands: int) -> int:
    """Each hand claims and works; as long as one is busy the others go on looking. How many pieces were done."""
    busy, done, idle = 0, 0, asyncio.Event()

    async def hand() -> None:
        nonlocal busy, done
        while True:
            busy += 1
            idle.clear()
            try:
                piece = await claim()
                if piece is not None:
                    await work(piece)
                    done += 1
                    continue
            finally:
                busy -= 1
                if not busy:
                    idle.set()
            if not busy:
                return
            with suppress(TimeoutError):
                await asyncio.wait_for(idle.wait(), LOOK_EVERY)

    async with asyncio.TaskGroup() as group:
        for _ in range(hands):
            group.create_task(hand())
    return done
