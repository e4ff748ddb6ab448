"""Google's consent and tokens: asked for with PKCE, refreshed by google-auth, judged by their JSON."""

import asyncio
import hashlib
import json
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode

import httpx
from google.auth import transport
from google.auth.exceptions import RefreshError, TransportError
from google.oauth2.credentials import Credentials

from app.clock import now
from app.errors import AdminNeeded, MailboxGone, OperatorNeeded, ProviderError, ReconnectNeeded, Refused, RetryLater
from app.mailboxes.providers import wire
from app.mailboxes.providers.base import Account
from app.mailboxes.providers.granting import ADMIN_FIRST, CODE_SPENT, ENDED, SIGN_IN_AGAIN, UNSURE_WHO, WRONG_APP, Flow, Granted, claims_of
from app.mailboxes.providers.keyring import Keyring
from app.mailboxes.providers.refusals import ACCOUNT_GONE
from app.mailboxes.providers.wire import Json
from app.mailboxes.tables import FULL_TIER, IMAP_TIER, READ, RESURFACE, SEND, SEND_TIER
from app.settings import Google, settings
from app.web.locale import N_

NAME = "Google"
IDENTITY = "openid email profile"
PREFIX = "https://www.googleapis.com/auth/"
MAIL = "https://mail.google.com/"
"""IMAP and SMTP take this scope and no smaller one."""
SCOPES = {SEND_TIER: (PREFIX + "gmail.send",), FULL_TIER: (PREFIX + "gmail.send", PREFIX + "gmail.modify"), IMAP_TIER: (MAIL,)}
RIGHTS = {PREFIX + "gmail.send": {SEND}, PREFIX + "gmail.readonly": {READ}, PREFIX + "gmail.modify": {SEND, READ, RESURFACE}}
MAIL_RIGHTS = {MAIL: {SEND, READ, RESURFACE}}
"""What was allowed to the API before comes back with every consent, and opens no IMAP server."""
ISSUERS = ("https://accounts.google.com", "accounts.google.com")
EARLY = timedelta(minutes=4)
"""A token is renewed this long before it ends (google-auth's own margin is 3:45)."""
SECONDS = 10
OURS = {"invalid_client", "unauthorized_client", "deleted_client", "disabled_client", "org_internal", "redirect_uri_mismatch"}
THEIRS = {"admin_policy_enforced", "access_not_configured"}
ACCOUNT_ENDED = re.compile(r"account (has been|was|is) (deleted|disabled)", re.IGNORECASE)
A_WEEK, SPREAD = timedelta(days=7), timedelta(hours=12)
TESTING = "in-testing"
IN_TESTING = N_(
    "%(provider)s ended the connection after seven days, as it does while an app is being tested. Nothing is lost. Connect the mailbox again, "
    "and tell your operator that the app has to be put into production."
)
NO_APP = N_("Nachfass has no Google app yet: your operator has to set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET.")


def google() -> Google:
    found = settings().google
    if found is None:
        raise OperatorNeeded(NO_APP, code="not-configured")
    return found


async def start(tier: str, state: str, redirect: str, hint: str, _claims: str = "") -> Flow:
    """Google's page for this tier. `prompt=consent` because a refresh token comes with a consent only; Google challenges nobody for claims."""
    verifier, nonce = secrets.token_urlsafe(64), secrets.token_urlsafe(24)
    asked = {
        "client_id": google().client_id, "redirect_uri": redirect, "response_type": "code", "state": state, "nonce": nonce,
        "scope": " ".join([IDENTITY, *SCOPES[tier]]), "access_type": "offline", "prompt": "consent", "include_granted_scopes": "true",
        "code_challenge": urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode(), "code_challenge_method": "S256",
        **({"login_hint": hint} if hint else {}),
    }  # fmt: skip
    return Flow(f"{google().auth_url}?{urlencode(asked)}", json.dumps({"verifier": verifier, "nonce": nonce, "redirect": redirect}).encode())


async def finish(tier: str, secret: bytes, answered: Mapping[str, str]) -> Granted:
    """Exchange the code for tokens and learn who it is."""
    flow = json.loads(secret)
    found = await redeemed(answered.get("code", ""), flow)
    claims = claims_of(found.get("id_token"))
    if claims.get("aud") != google().client_id or claims.get("iss") not in ISSUERS or claims.get("nonce") != flow["nonce"]:
        raise Refused(UNSURE_WHO, provider=NAME)
    account = Account(str(claims.get("sub") or ""), str(claims.get("email") or "").lower(), str(claims.get("name") or ""))
    if not account.key or not account.address:
        raise Refused(UNSURE_WHO, provider=NAME)
    if not found.get("refresh_token"):
        raise ReconnectNeeded(SIGN_IN_AGAIN, code="no-refresh-token", provider=NAME)
    known = MAIL_RIGHTS if tier == IMAP_TIER else RIGHTS
    rights = frozenset(right for scope in str(found.get("scope") or "").split() for right in known.get(scope, ()))
    return Granted(account, rights, packed(found, account))


async def redeemed(code: str, flow: Json) -> Json:
    form = {
        "grant_type": "authorization_code", "code": code, "code_verifier": flow["verifier"], "redirect_uri": flow["redirect"],
        "client_id": google().client_id, "client_secret": google().client_secret,
    }  # fmt: skip
    try:
        response = await wire.line().post(google().token_url, data=form)
    except httpx.HTTPError:
        raise RetryLater(wire.OUT_OF_REACH, code="unreachable", provider=NAME) from None
    found = wire.parsed(response.content) or {}
    if found.get("error") == "invalid_grant":
        raise Refused(CODE_SPENT, provider=NAME)
    if response.status_code != 200 or not found.get("access_token"):
        raise judged(found, response.status_code)
    return found


def packed(found: Json, account: Account) -> bytes:
    lives = timedelta(seconds=float(found.get("expires_in") or 0))
    kept = {"refresh": found["refresh_token"], "access": found["access_token"], "until": (now() + lives).isoformat(), "account": vars(account)}
    return json.dumps({**kept, "since": now().isoformat()}).encode()


def judged(found: object, status: int = 400) -> ProviderError:
    """What a refusal of the token endpoint means: by its JSON, never by its status or exception type."""
    said = found if isinstance(found, dict) else {}
    error, subtype = str(said.get("error") or ""), str(said.get("error_subtype") or "")
    if error == "invalid_grant" and ACCOUNT_ENDED.search(str(said.get("error_description") or "")):
        return MailboxGone(ACCOUNT_GONE, code="account-gone", provider=NAME)
    if error == "invalid_grant":
        return ReconnectNeeded(SIGN_IN_AGAIN if subtype == "invalid_rapt" else ENDED, code=subtype or error, provider=NAME)
    if error in OURS:
        return OperatorNeeded(WRONG_APP, code=error, provider=NAME, word=error)
    if error in THEIRS:
        return AdminNeeded(ADMIN_FIRST, code=error, provider=NAME)
    return RetryLater(wire.FAILING if status >= 500 else wire.GARBLED, code=error[:100] or str(status), provider=NAME)


class GmailTokens:
    """The tokens of one mailbox."""

    def __init__(self, ring: Keyring) -> None:
        self.ring = ring
        self.kept: Json = json.loads(ring.tokens)

    @property
    def account(self) -> Account:
        return Account(**self.kept["account"])

    async def access(self, refused: str = "", claims: str = "") -> str:
        """The token at hand, or one that somebody else fetched meanwhile, or a new one: saved before it is used."""
        if fits(self.kept, refused):
            return str(self.kept["access"])
        async with self.ring.held() as held:
            self.kept = json.loads(held.tokens)
            if not fits(self.kept, refused):
                telephone()  # made once, here: two threads would make two, and one would stay open
                self.kept = await asyncio.to_thread(refreshed, self.kept)
                await held.save(json.dumps(self.kept).encode())
        return str(self.kept["access"])

    async def revoke(self) -> None:
        """Take the grant back; one that is gone already is fine."""
        try:
            response = await wire.line().post(google().revoke_url, data={"token": self.kept["refresh"]})
        except httpx.HTTPError:
            raise RetryLater(wire.OUT_OF_REACH, code="unreachable", provider=NAME) from None
        if response.status_code != 200 and (wire.parsed(response.content) or {}).get("error") != "invalid_token":
            raise judged(wire.parsed(response.content), response.status_code)


def fits(kept: Json, refused: str) -> bool:
    return bool(kept["access"]) and kept["access"] != refused and datetime.fromisoformat(kept["until"]) - EARLY > now()


def refreshed(kept: Json) -> Json:
    """Blocks: google-auth waits between its tries."""
    app = google()
    credentials = Credentials(  # type: ignore[no-untyped-call]
        None, refresh_token=kept["refresh"], token_uri=app.token_url, client_id=app.client_id, client_secret=app.client_secret
    )
    try:
        credentials.refresh(Transport())  # type: ignore[no-untyped-call]
    except RefreshError as error:
        raise dated(judged(error.args[1] if len(error.args) > 1 else None), kept) from None
    except TransportError:
        raise RetryLater(wire.OUT_OF_REACH, code="unreachable", provider=NAME) from None
    until = credentials.expiry.replace(tzinfo=UTC) if credentials.expiry else now()
    return {**kept, "refresh": credentials.refresh_token, "access": credentials.token, "until": until.isoformat()}


def dated(error: ProviderError, kept: Json) -> ProviderError:
    """A consent that ended a week after it was given ended because the app is in testing: its person can't mend that for longer than a week."""
    lived = now() - datetime.fromisoformat(kept["since"]) if kept.get("since") else timedelta(0)
    if isinstance(error, ReconnectNeeded) and error.code == "invalid_grant" and A_WEEK - SPREAD < lived < A_WEEK + SPREAD:
        return ReconnectNeeded(IN_TESTING, code=TESTING, provider=NAME)
    return error


class Transport(transport.Request):
    """google-auth over httpx."""

    def __call__(self, url: str, method: str = "GET", body: bytes | None = None, headers: Any = None, timeout: Any = None, **kwargs: Any) -> "Told":
        try:
            return Told(telephone().request(method, url, content=body, headers=headers))
        except httpx.HTTPError as error:
            raise TransportError(type(error).__name__) from None  # type: ignore[no-untyped-call]


class Told(transport.Response):
    """An httpx answer as google-auth reads it."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def headers(self) -> httpx.Headers:
        return self.response.headers

    @property
    def data(self) -> bytes:
        return self.response.content


@cache
def telephone() -> httpx.Client:
    """The blocking line to the token endpoint."""
    return httpx.Client(timeout=SECONDS)
