"""A sandbox in this process, Miriam's two mailboxes in it, and a server for her pixels and links."""

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Litestar

from app.sandbox.main import sandbox_app

SCOPES = "openid email profile https://www.googleapis.com/auth/gmail.send https://www.googleapis.com/auth/gmail.modify"
GRAPH = "/microsoft/graph/v1.0"
MIRIAM = "miriam@brueckner.example"
KESSLER = "m.kessler@brueckner-mess.example"
VERIFIER = "verifier-verifier-verifier-verifier-verifier"


class Beacon:
    """Stands where the pixels and links lead, and remembers who asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if "/c/" in str(request.url):
            return httpx.Response(302, headers={"location": "https://brueckner.example/offer"})
        return httpx.Response(200, content=b"GIF89a")


@pytest.fixture
def beacon() -> Beacon:
    return Beacon()


@pytest.fixture
def app(beacon: Beacon) -> Litestar:
    return sandbox_app(lambda: httpx.AsyncClient(transport=httpx.MockTransport(beacon)))


@pytest.fixture
async def web(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sandbox.example") as client:
        yield client


def google_asks(**more: str) -> dict[str, str]:
    """What an app puts into the address of Google's consent page."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": "nachfass", "redirect_uri": "http://app.example/back", "response_type": "code", "scope": SCOPES, "state": "s1",
        "access_type": "offline", "prompt": "consent", "code_challenge": digest, "code_challenge_method": "S256",
    }  # fmt: skip
    return asked | more


async def google_allows(web: httpx.AsyncClient, asked: dict[str, str], **form: Any) -> httpx.QueryParams:
    """Somebody answers the consent page; what comes back to the app."""
    answer = await web.post("/google/o/oauth2/v2/auth", params=asked, data={"address": MIRIAM, "name": "Miriam Kessler", "decision": "all"} | form)
    assert answer.status_code == 302
    return httpx.URL(answer.headers["location"]).params


async def google_token(web: httpx.AsyncClient, code: str, **form: str) -> httpx.Response:
    given = {
        "grant_type": "authorization_code", "code": code, "client_id": "nachfass", "client_secret": "secret",
        "redirect_uri": "http://app.example/back", "code_verifier": VERIFIER,
    }  # fmt: skip
    return await web.post("/google/token", data=given | form)


@pytest.fixture
async def gmail(web: httpx.AsyncClient, app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Miriam's Gmail, as her mail program reaches it."""
    back = await google_allows(web, google_asks())
    token = (await google_token(web, back["code"])).json()["access_token"]
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://sandbox.example/google/gmail/v1/users/me", headers={"Authorization": f"Bearer {token}"}
    ) as client:
        yield client


@pytest.fixture
async def outlook(web: httpx.AsyncClient, app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """Miriam's Outlook, with immutable ids and a Sent copy that is not late."""
    await web.post(f"/control/mailboxes/{KESSLER}", json={"provider": "microsoft", "name": "Miriam Kessler", "sent_after": 0})
    asked = {
        "client_id": "nachfass", "redirect_uri": "http://app.example/back", "response_type": "code", "state": "s1",
        "scope": "openid profile offline_access https://graph.microsoft.com/Mail.ReadWrite https://graph.microsoft.com/Mail.Send User.Read",
    }  # fmt: skip
    back = await web.post("/microsoft/common/oauth2/v2.0/authorize", params=asked, data={"address": KESSLER, "decision": "allow"})
    code = httpx.URL(back.headers["location"]).params["code"]
    form = {"grant_type": "authorization_code", "code": code, "client_id": "nachfass", "client_secret": "secret"}
    form["redirect_uri"] = asked["redirect_uri"]
    token = (await web.post("/microsoft/common/oauth2/v2.0/token", data=form)).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Prefer": 'IdType="ImmutableId"'}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://sandbox.example{GRAPH}", headers=headers) as client:
        yield client


def mail(to: str = "Anna Weber <anna@alpenblick.example>", subject: str = "Offer 2026", **headers: str) -> bytes:
    """A tracked mail, as Nachfass would write it."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return (
        f"From: Miriam Kessler <{MIRIAM}>\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <own@nachfass.example>\r\n"
        f"X-Nachfass-Send: send-1\r\n{more}MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        '<p>Here is <a href="https://t.example/c/link1">the offer</a>.<img src="https://t.example/o/pixel.gif"></p>\r\n'
    ).encode()


def raw(message: bytes) -> str:
    return base64.urlsafe_b64encode(message).decode()


@pytest.fixture
def letters(web: httpx.AsyncClient) -> Any:
    """What somebody got, newest first."""

    async def of(address: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await web.get(f"/control/people/{address}/messages")).json()["messages"]
        return found

    return of
