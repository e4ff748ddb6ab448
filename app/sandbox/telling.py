"""Notices to whoever wants to know: nobody waits for them, and they get lost, come twice, or late, when asked to."""

import asyncio
from collections.abc import Callable

import httpx

from app.sandbox.answers import Json
from app.sandbox.world import Box, World

PATIENCE = 10.0
Outside = Callable[[], httpx.AsyncClient]


def send(world: World, outside: Outside, box: Box, url: str, body: Json, headers: dict[str, str] | None = None) -> None:
    """On its way, as the faults will have it."""
    if world.faults.take("lost-notice", box.provider, box.address):
        return
    late = world.faults.take("late-notice", box.provider, box.address)
    for _ in range(2 if world.faults.take("double-notice", box.provider, box.address) else 1):
        task = asyncio.create_task(post(outside, url, body, headers or {}, late.seconds if late else 0))
        world.errands.add(task)
        task.add_done_callback(world.errands.discard)


async def post(outside: Outside, url: str, body: Json, headers: dict[str, str], wait: float) -> None:
    """A notice that cannot be delivered is lost, as the real ones are in the end."""
    await asyncio.sleep(wait)
    try:
        async with outside() as client:
            await client.post(url, json=body, headers=headers, timeout=PATIENCE)
    except httpx.HTTPError:
        return
