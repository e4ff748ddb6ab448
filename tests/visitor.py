"""A browser for the tests: keeps cookies, sends the CSRF token of the page, follows nothing by itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from litestar.types import ASGIApp

from app.clock import now
from app.identity.guarding import COOKIE
from app.identity.tables import Session
from app.security.signing import digest, secret_token
from tests.people import Rep

HOME = "http://localhost:8025"


class Visitor:
    """Somebody at a browser."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def post(self, path: str, fields: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        return await self.ask("POST", path, fields, **headers)

    async def ask(self, method: str, path: str, fields: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        """Send a form; the token comes from the page one was on."""
        if method == "GET":
            return await self.get(path, **headers)
        if "csrf" not in self.client.cookies:
            await self.client.get("/health")
        return await self.client.request(method, path, data={**(fields or {}), "_csrf_token": self.client.cookies.get("csrf", "")}, headers=headers)

    async def signed_in_as(self, rep: Rep) -> "Visitor":
        """Come with a session, without the form."""
        token = secret_token()
        await Session(workspace=rep.workspace.id, person=rep.person.id, token=digest(token), seen_at=now()).save()
        self.client.cookies.set(COOKIE, token)
        return self

    @property
    def cookie(self) -> str:
        return self.client.cookies.get(COOKIE, "")


@asynccontextmanager
async def visiting(app: ASGIApp, ip: str = "203.0.113.9", user_agent: str = "") -> AsyncIterator[Visitor]:
    """A visitor behind the trusted proxy of the tests."""
    transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 4711))  # type: ignore[arg-type]
    headers = {"x-forwarded-for": ip, "user-agent": user_agent or "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    async with httpx.AsyncClient(transport=transport, base_url=HOME, headers=headers) as client:
        yield Visitor(client)
