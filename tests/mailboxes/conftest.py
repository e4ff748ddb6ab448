"""Miriam's mailboxes at the sandbox, connected as in a browser; every request is checked against the providers' contracts."""

import socket
from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from app import happenings
from app.identity.guarding import Me
from app.identity.tables import OWNER
from app.mailboxes import connecting
from app.mailboxes.opening import hang_up
from app.mailboxes.providers import outlook_tokens, wire
from app.mailboxes.tables import FULL_TIER, GMAIL, OUTLOOK, Mailbox
from tests import people
from tests.mailboxes.contracted import Checker
from tests.mailboxes.heard import MAILBOX_FACTS, Heard

ADDRESSES = {GMAIL: "miriam@brueckner.example", OUTLOOK: "m.kessler@brueckner-mess.example"}
AT_SANDBOX = {GMAIL: "google", OUTLOOK: "microsoft"}


@pytest.fixture(autouse=True)
async def wires() -> AsyncIterator[Checker]:
    """Connections end with the test, what msal remembers of refusals too; and whatever was said on them was in order."""
    outlook_tokens.remembered().clear()
    checker = Checker()
    wire.line().event_hooks = {"response": [checker.hear]}
    yield checker
    await hang_up()
    assert checker.problems == []


@pytest.fixture
async def miriam(database: None) -> Me:
    return await signed_in(await people.miriam())


async def signed_in(rep: people.Rep) -> Me:
    return Me(rep.person, rep.workspace, await people.session(rep), OWNER)


class Strings:
    """The sandbox's strings behind the stage."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def pull(self, path: str, /, **asked: Any) -> Any:
        answer = await self.client.post(f"/control/{path}", json=asked)
        answer.raise_for_status()
        return answer.json()

    async def see(self, path: str, /, **asked: Any) -> Any:
        answer = await self.client.get(f"/control/{path}", params=asked)
        answer.raise_for_status()
        return answer.json()

    async def copies(self, address: str, folder: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.see(f"mailboxes/{address}/messages", folder=folder))["messages"]
        return found

    async def fault(self, kind: str, **more: Any) -> None:
        await self.pull("faults", kind=kind, **more)

    async def consent(self, url: str, address: str, **form: Any) -> dict[str, str]:
        """What the browser brings back from the consent page at `url`."""
        answer = await self.client.post(url, data={"address": address, "decision": "all", **form})
        assert answer.status_code == 302, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


@pytest.fixture
async def strings(sandbox: str) -> AsyncIterator[Strings]:
    async with httpx.AsyncClient(base_url=sandbox, timeout=60) as client:
        yield Strings(client)


Connect = Callable[..., Any]


@pytest.fixture
def connect(strings: Strings) -> Connect:
    async def connected(me: Me, provider: str, tier: str = FULL_TIER, address: str = "", mailbox: Mailbox | None = None, **form: Any) -> Mailbox:
        url = await connecting.start(me, provider, tier, mailbox.id if mailbox else None)
        return await connecting.finish(me, provider, await strings.consent(url, address or ADDRESSES[provider], **form))

    return connected


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """What the room says, and nobody else's reactions to it."""
    ear = Heard()
    for fact in MAILBOX_FACTS:
        monkeypatch.setitem(happenings._reactions, fact, [ear.hear])
    return ear


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
