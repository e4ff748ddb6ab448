"""Google's sign-in, asked by hand and by google-auth."""

from datetime import timedelta

import google.auth.exceptions
import google.auth.transport
import httpx
import pytest
from google.oauth2.credentials import Credentials

from app.clock import later
from tests.sandbox.conftest import MIRIAM, google_allows, google_asks, google_token


async def test_a_code_is_worth_tokens_once(web):
    back = await google_allows(web, google_asks())
    first, second = await google_token(web, back["code"]), await google_token(web, back["code"])
    assert back["state"] == "s1"
    assert {"access_token", "refresh_token", "id_token", "scope", "expires_in", "token_type"} == set(first.json())
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")


async def test_a_code_without_its_verifier_is_worth_nothing(web):
    back = await google_allows(web, google_asks())
    refused = await google_token(web, back["code"], code_verifier="somebody else's")
    assert refused.json()["error"] == "invalid_grant"


async def test_unticked_rights_are_missing_from_the_token(web):
    back = await google_allows(web, google_asks(), decision="allow", scope=["https://www.googleapis.com/auth/gmail.send"])
    scope = (await google_token(web, back["code"])).json()["scope"].split()
    assert "https://www.googleapis.com/auth/gmail.send" in scope
    assert "https://www.googleapis.com/auth/gmail.modify" not in scope
    assert "https://www.googleapis.com/auth/userinfo.email" in scope


async def test_who_says_no_comes_back_with_access_denied(web):
    back = await google_allows(web, google_asks(), decision="deny")
    assert dict(back) == {"state": "s1", "error": "access_denied"}


async def test_sending_alone_may_neither_draft_nor_read(web):
    back = await google_allows(web, google_asks(scope="openid https://www.googleapis.com/auth/gmail.send"))
    token = (await google_token(web, back["code"])).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    for answer in (
        await web.get("/google/gmail/v1/users/me/profile", headers=headers),
        await web.post("/google/gmail/v1/users/me/drafts", headers=headers, json={}),
        await web.get("/google/gmail/v1/users/me/messages", headers=headers),
    ):
        assert answer.status_code == 403
        assert answer.json()["error"]["errors"][0]["reason"] == "insufficientPermissions"


async def test_an_access_token_lives_an_hour(gmail):
    assert (await gmail.get("/profile")).status_code == 200
    with later(timedelta(hours=1, seconds=1)):
        expired = await gmail.get("/profile")
    assert (expired.status_code, expired.json()["error"]["status"]) == (401, "UNAUTHENTICATED")


class Transport(google.auth.transport.Request):
    """google-auth over httpx, as a mailbox uses it."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def __call__(self, url, method="GET", body=None, headers=None, timeout=None, **_):
        answer = self.client.request(method, url, content=body, headers=headers)
        return Answer(answer)


class Answer(google.auth.transport.Response):
    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer

    status = property(lambda self: self.answer.status_code)
    headers = property(lambda self: self.answer.headers)
    data = property(lambda self: self.answer.content)


def test_google_auth_refreshes_and_learns_of_a_revoked_grant(sandbox):
    with httpx.Client(base_url=sandbox) as client:
        back = client.post("/google/o/oauth2/v2/auth", params=google_asks(), data={"address": MIRIAM, "decision": "all"})
        code = httpx.URL(back.headers["location"]).params["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": "http://app.example/back"}
        form |= {"client_id": "nachfass", "client_secret": "secret", "code_verifier": "verifier-verifier-verifier-verifier-verifier"}
        refresh_token = client.post("/google/token", data=form).json()["refresh_token"]
        credentials = Credentials(
            None, refresh_token=refresh_token, token_uri=f"{sandbox}/google/token", client_id="nachfass", client_secret="secret"
        )
        credentials.refresh(Transport(client))
        assert credentials.token
        client.post(f"{sandbox}/google/revoke", data={"token": refresh_token})
        with pytest.raises(google.auth.exceptions.RefreshError) as told:
            credentials.refresh(Transport(client))
    assert told.value.args[1]["error"] == "invalid_grant"
