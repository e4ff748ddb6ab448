"""Our hooks on a real port, served by the test's own loop: the sandbox in its own process pushes to them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import h11
import httpx
from litestar import Litestar

HEARD_WITHIN = 20.0


@dataclass
class Hook:
    """Where it is, and what came: path, body, headers and our answer."""

    base: str = ""
    deaf: bool = False
    came: list[tuple[httpx.Request, httpx.Response]] = field(default_factory=list)
    again: asyncio.Event = field(default_factory=asyncio.Event)

    async def heard(self, number: int, path: str = "/hooks") -> list[httpx.Response]:
        """The answers given at this address, once there are so many."""
        async with asyncio.timeout(HEARD_WITHIN):
            while len(found := [answer for asked, answer in self.came if asked.url.path.startswith(path)]) < number:
                self.again.clear()
                await self.again.wait()
        return found


@asynccontextmanager
async def listening(app: Litestar, port: int) -> AsyncIterator[Hook]:
    """HTTP/1.1, one request a connection: enough for a provider's notices."""
    hook = Hook(f"http://127.0.0.1:{port}")
    inside = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=hook.base)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = h11.Connection(h11.SERVER)
        asked, body = None, b""
        while not isinstance(event := line.next_event(), h11.EndOfMessage):
            if event is h11.NEED_DATA:
                line.receive_data(await reader.read(65_536))
            elif isinstance(event, h11.Request):
                asked = event
            elif isinstance(event, h11.Data):
                body += event.data
            else:
                writer.close()
                return
        assert asked is not None
        request = inside.build_request(asked.method.decode(), asked.target.decode(), content=body, headers=list(asked.headers))
        answer = httpx.Response(503) if hook.deaf else await inside.send(request)
        writer.write(line.send(h11.Response(status_code=answer.status_code, headers=[*told(answer), ("connection", "close")])) or b"")
        writer.write(line.send(h11.Data(answer.content)) or b"")
        writer.write(line.send(h11.EndOfMessage()) or b"")
        await writer.drain()
        writer.close()
        hook.came.append((request, answer))
        hook.again.set()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield hook
    finally:
        server.close()
        await inside.aclose()


def told(answer: httpx.Response) -> list[tuple[str, str]]:
    return [("content-type", answer.headers.get("content-type", "text/plain")), ("content-length", str(len(answer.content)))]
