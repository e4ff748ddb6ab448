"""What the bench of hits serves: the front with its recorder on the real database, and the bare answers it is held against."""

import os
from typing import Any

from app.database import connected
from app.migrating import migrate
from app.tracking.edge import PIXEL_BODY, PIXEL_START, calm_down, fronted
from app.tracking.recording import Recorder, recording
from tests.bench.hits import CALM, DURABLE

KIND = os.environ.get("BENCH")


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """The same picture, without token, storage and everything else."""
    if scope["type"] == "http":
        await send(PIXEL_START)
        await send(PIXEL_BODY)
    elif scope["type"] == "lifespan":
        await receive()
        if KIND == CALM:
            calm_down()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})


async def beyond(scope: Any, receive: Any, send: Any) -> None:
    """What stands behind the front in a real house opens the pool and the recorder."""
    if scope["type"] == "lifespan":
        await receive()
        async with connected():
            await migrate()
            async with recording() as recorder:
                open_recorders.append(recorder)
                calm_down()
                await send({"type": "lifespan.startup.complete"})
                await receive()
        await send({"type": "lifespan.shutdown.complete"})


open_recorders: list[Recorder] = []
app = fronted(beyond, lambda: open_recorders[0]) if KIND == DURABLE else bare
