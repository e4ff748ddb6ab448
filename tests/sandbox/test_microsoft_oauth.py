"""Microsoft's sign-in, asked by the real msal."""

import threading
from collections.abc import Iterator

import httpx
import msal
import pytest

from tests.sandbox.conftest import KESSLER

SCOPES = [f"https://graph.microsoft.com/{name}" for name in ("Mail.ReadWrite", "Mail.Send", "User.Read")]


class AtTheSandbox(httpx.BaseTransport):
    """Takes what is meant for Microsoft to the sandbox."""

    def __init__(self, sandbox: str) -> None:
        self.sandbox = httpx.URL(sandbox)
        self.wire = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert request.url.host == "login.microsoftonline.com"
        request.url = self.sandbox.copy_with(raw_path=b"/microsoft" + request.url.raw_path)
        request.headers["host"] = self.sandbox.netloc.decode()
        return self.wire.handle_request(request)

    def close(self) -> None:
        self.wire.close()


class Sign:
    """An app registered with Microsoft, and a person in front of the browser."""

    def __init__(self, sandbox: str) -> None:
        self.sandbox = sandbox
        self.client = httpx.Client(transport=AtTheSandbox(sandbox))
        self.app = msal.ConfidentialClientApplication(
            "nachfass", client_credential="secret", authority="https://login.microsoftonline.com/common", http_client=self.client,
            http_cache={}, instance_discovery=False, token_cache=msal.SerializableTokenCache(),
        )  # fmt: skip
        self.flow = self.app.initiate_auth_code_flow(SCOPES, redirect_uri="http://app.example/back", response_mode="form_post")

    def answer(self, **form: str) -> dict[str, str]:
        address = self.flow["auth_uri"].replace("https://login.microsoftonline.com", f"{self.sandbox}/microsoft").replace("form_post", "query")
        back = httpx.post(address, data={"address": KESSLER, "name": "Miriam Kessler", "decision": "allow"} | form)
        assert back.status_code == 302
        return dict(httpx.URL(back.headers["location"]).params)


@pytest.fixture
def sign(sandbox: str) -> Iterator[Sign]:
    made = Sign(sandbox)
    yield made
    made.client.close()


def test_msal_gets_tokens_and_an_account(sign):
    tokens = sign.app.acquire_token_by_auth_code_flow(sign.flow, sign.answer())
    claims, accounts = tokens["id_token_claims"], sign.app.get_accounts()
    assert (claims["aud"], claims["preferred_username"], claims["name"]) == ("nachfass", KESSLER, "Miriam Kessler")
    assert [account["home_account_id"] for account in accounts] == [f"{claims['oid']}.{claims['tid']}"]
    assert {scope.lower() for scope in SCOPES} <= set(tokens["scope"].lower().split())


def test_refresh_tokens_rotate_and_the_old_one_goes_on_working(sign):
    tokens = sign.app.acquire_token_by_auth_code_flow(sign.flow, sign.answer())
    fresh = sign.app.acquire_token_by_refresh_token(tokens["refresh_token"], SCOPES)
    again = sign.app.acquire_token_by_refresh_token(tokens["refresh_token"], SCOPES[:1])
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert "access_token" in again


def test_a_revoked_grant_is_told_with_its_code(sign):
    sign.app.acquire_token_by_auth_code_flow(sign.flow, sign.answer())
    httpx.post(f"{sign.sandbox}/control/mailboxes/{KESSLER}/revoke")
    told = sign.app.acquire_token_silent_with_error(SCOPES, sign.app.get_accounts()[0], force_refresh=True)
    assert (told["error"], told["error_codes"]) == ("invalid_grant", [50173])


def test_who_says_no_comes_back_with_access_denied(sign):
    told = sign.app.acquire_token_by_auth_code_flow(sign.flow, sign.answer(decision="deny"))
    assert told["error"] == "access_denied"


def test_where_an_administrator_is_needed_the_person_is_sent_back_until_there_was_consent(sign):
    httpx.post(f"{sign.sandbox}/control/mailboxes/{KESSLER}", json={"provider": "microsoft", "needs_admin": True})
    told = sign.app.acquire_token_by_auth_code_flow(sign.flow, sign.answer())
    address = f"{sign.sandbox}/microsoft/common/v2.0/adminconsent"
    asked = {"client_id": "nachfass", "redirect_uri": "http://app.example/admin", "state": "s2"}
    consent = httpx.post(address, params=asked, data={"decision": "allow", "domain": KESSLER.partition("@")[2]})
    sign.flow = sign.app.initiate_auth_code_flow(SCOPES, redirect_uri="http://app.example/back", response_mode="form_post")
    tokens = sign.app.acquire_token_by_auth_code_flow(sign.flow, sign.answer())
    assert "AADSTS90094" in told["error_description"]
    assert httpx.URL(consent.headers["location"]).params["admin_consent"] == "True"
    assert "access_token" in tokens


def test_a_wrong_secret_is_the_operators_fault(sandbox):
    sign = Sign(sandbox)
    sign.app.client_credential = "wrong"
    answer = sign.client.post(
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        data={"grant_type": "refresh_token", "client_id": "nachfass", "client_secret": "wrong", "refresh_token": "x"},
    )
    sign.client.close()
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [7000215])


def test_the_form_that_posts_itself_carries_code_and_state(sign):
    address = sign.flow["auth_uri"].replace("https://login.microsoftonline.com", f"{sign.sandbox}/microsoft")
    answer = httpx.post(address, data={"address": KESSLER, "decision": "allow"})
    assert answer.status_code == 200
    assert 'action="http://app.example/back"' in answer.text
    assert all(f'name="{name}"' in answer.text for name in ("code", "state", "client_info"))


def test_nobody_waits_for_another(sandbox):
    """Eight sign-ins at once do not mix."""
    found: list[str] = []

    def run(number: int) -> None:
        sign = Sign(sandbox)
        tokens = sign.app.acquire_token_by_auth_code_flow(sign.flow, sign.answer(address=f"rep{number}@brueckner.example"))
        found.append(tokens["id_token_claims"]["preferred_username"])
        sign.client.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [f"rep{number}@brueckner.example" for number in range(8)]
