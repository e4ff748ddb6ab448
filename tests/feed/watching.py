"""An open page that listens: the stream over ASGI, event by event."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from litestar.types import ASGIApp

from app.identity.guarding import COOKIE
from tests.visitor import Visitor


@dataclass
class Told:
    """One server-sent event."""

    id: str = ""
    name: str = ""
    data: str = ""


@dataclass
class Watcher:
    """What came so far; `next` waits for the next event that says something."""

    chunks: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 0
    buffer: str = ""

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        if body := message.get("body"):
            await self.chunks.put(body)
        if not message.get("more_body"):
            self.ended.set()
            self.gone.set()

    async def block(self) -> str:
        while "\n\n" not in self.buffer:
            self.buffer += (await self.chunks.get()).decode()
        first, _, self.buffer = self.buffer.partition("\n\n")
        return first

    async def next(self, within: float = 5) -> Told:
        async with asyncio.timeout(within):
            while True:
                told = parsed(await self.block())
                if told.id or told.name or told.data:
                    return told

    async def all_within(self, seconds: float) -> list[Told]:
        """Whatever comes until it is quiet."""
        gathered: list[Told] = []
        while True:
            try:
                gathered.append(await self.next(seconds))
            except TimeoutError:
                return gathered


def parsed(block: str) -> Told:
    told = Told()
    for line in block.splitlines():
        name, _, value = line.partition(": ")
        if name == "id":
            told.id = value
        elif name == "event":
            told.name = value
        elif name == "data":
            told.data += value + "\n"
    return told


@asynccontextmanager
async def watching(app: ASGIApp, browser: Visitor, path: str, last_event_id: str = "") -> AsyncIterator[Watcher]:
    """A browser that opened the stream of its page."""
    url = urlsplit(path)
    headers = [(b"host", b"localhost:8025"), (b"cookie", f"{COOKIE}={browser.cookie}".encode()), (b"accept", b"text/event-stream")]
    if last_event_id:
        headers.append((b"last-event-id", last_event_id.encode()))
    scope: Any = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": "GET", "scheme": "http", "path": url.path,
        "raw_path": url.path.encode(), "query_string": url.query.encode(), "root_path": "", "headers": headers, "client": ("127.0.0.1", 4711),
        "server": ("localhost", 8025), "state": {},
    }  # fmt: skip
    watcher = Watcher()

    task = asyncio.create_task(app(scope, watcher.receive, watcher.send))  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        await watcher.block()
    try:
        yield watcher
    finally:
        watcher.gone.set()
        await asyncio.wait({task}, timeout=5)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
