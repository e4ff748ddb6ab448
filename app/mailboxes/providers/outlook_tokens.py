"""Microsoft's consent and tokens: msal does the talking, its cache is what we keep, its JSON is judged by the AADSTS code."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
from msal import ConfidentialClientApplication, SerializableTokenCache
from msal.exceptions import MsalError

from app.clock import now
from app.errors import AdminNeeded, MailboxGone, OperatorNeeded, ProviderError, ReconnectNeeded, Refused, RetryLater
from app.mailboxes.providers import wire
from app.mailboxes.providers.base import Account
from app.mailboxes.providers.granting import ADMIN_FIRST, CODE_SPENT, ENDED, SIGN_IN_AGAIN, UNSURE_WHO, WRONG_APP, Flow, Granted
from app.mailboxes.providers.keyring import Keyring
from app.mailboxes.providers.refusals import ACCOUNT_GONE
from app.mailboxes.providers.wire import Json
from app.mailboxes.tables import FULL_TIER, IMAP_TIER, READ, RESURFACE, SEND, SEND_TIER
from app.settings import Microsoft, settings
from app.web.locale import N_

NAME = "Microsoft"
LOGIN = "https://login.microsoftonline.com"
"""msal takes https only, so this is what it always hears; the line below it knows where Microsoft really is."""
GRAPH, MAIL = "https://graph.microsoft.com/", "https://outlook.office.com/"
"""A token is for one of them, never for both: their scopes are not asked for together."""
SCOPES = {
    SEND_TIER: [GRAPH + "Mail.Send", GRAPH + "User.Read"],
    FULL_TIER: [GRAPH + "Mail.ReadWrite", GRAPH + "Mail.Send", GRAPH + "User.Read"],
    IMAP_TIER: [MAIL + "IMAP.AccessAsUser.All", MAIL + "SMTP.Send"],
}
RIGHTS = {
    "mail.send": {SEND}, "mail.read": {READ}, "mail.readwrite": {READ, RESURFACE}, "imap.accessasuser.all": {READ, RESURFACE}, "smtp.send": {SEND},
}  # fmt: skip
SECONDS = 10
EARLY = timedelta(minutes=5)
NO_APP = N_("Nachfass has no Microsoft app yet: your operator has to set MICROSOFT_CLIENT_ID and MICROSOFT_CLIENT_SECRET.")

OURS = {7000215, 7000222, 700016, 700084, 50011, 7000112, 700027, 7000218, 90002}
ADMINS = {65001, 90094, 90095, 90093, 50105}
SPENT = {54005, 70008, 9002313}
ENDED_THERE = {50173, 700082, 70000, *SPENT}
NOBODY = {50034, 50057}
SIGNS_IN_AGAIN = {50076, 50079, 50158, 53003, 50074, 50072}
PASSES = {90033, 90006, 90007, 50198}
LOOPS, LOOP_RESTS = 50196, timedelta(minutes=5)
"""What AADSTS codes mean (learn.microsoft.com, “Microsoft Entra authentication & authorization error codes”): our registration (a refresh token
that ends after a day, 700084, comes from a redirect registered as SPA), the administrator, a code used up, a grant that ended, no such user,
another sign-in, wait. Who asks in a loop gets longer rests."""


def microsoft() -> Microsoft:
    found = settings().microsoft
    if found is None:
        raise OperatorNeeded(NO_APP, code="not-configured")
    return found


async def start(tier: str, state: str, redirect: str, hint: str, claims: str = "") -> Flow:
    """Microsoft's page for this tier; `claims` is what it wanted proven when it last refused."""
    return await asyncio.to_thread(started, tier, state, redirect, hint, claims)


def started(tier: str, state: str, redirect: str, hint: str, claims: str) -> Flow:
    """msal wants form_post said; it is taken out again, since our session cookie would not travel with a form from elsewhere."""
    with heard():
        flow = app(SerializableTokenCache()).initiate_auth_code_flow(
            SCOPES[tier], redirect_uri=redirect, state=state, login_hint=hint or None, prompt="select_account", response_mode="form_post",
            claims_challenge=claims or None,
        )
    asked = urlsplit(flow.pop("auth_uri"))
    query = [(name, value) for name, value in parse_qsl(asked.query) if name != "response_mode"]
    return Flow(f"{there(asked.path)}?{urlencode(query)}", json.dumps(flow).encode())


async def finish(tier: str, secret: bytes, answered: Mapping[str, str]) -> Granted:
    """Exchange the code for tokens and learn who it is."""
    return await asyncio.to_thread(finished, tier, json.loads(secret), dict(answered))


def finished(tier: str, flow: Json, answered: dict[str, str]) -> Granted:
    """In scratch caches: what fails half-way is not kept, and msal would answer everybody's next exchange with this one's failure for a minute."""
    cache = SerializableTokenCache()
    with heard():
        try:
            found = app(cache, {}).acquire_token_by_auth_code_flow(flow, answered)
        except RuntimeError:  # the nonce is another one's: msal has put the tokens into the cache by then, which is thrown away here
            raise Refused(UNSURE_WHO, provider=NAME) from None
    if "access_token" not in found:
        raise Refused(CODE_SPENT, provider=NAME) if codes_of(found) & SPENT else judged(found)
    claims: Json = found.get("id_token_claims") or {}
    if claims.get("aud") != microsoft().client_id or not claims.get("tid") or not claims.get("oid"):
        raise Refused(UNSURE_WHO, provider=NAME)
    address = str(claims.get("email") or claims.get("preferred_username") or "").lower()
    account = Account(f"{claims['tid']}.{claims['oid']}", address, str(claims.get("name") or ""))
    resource = MAIL if tier == IMAP_TIER else GRAPH
    scopes = [scope.removeprefix(resource) for scope in str(found.get("scope") or "").split()]
    rights = frozenset(right for scope in scopes for right in RIGHTS.get(scope.lower(), ()))
    return Granted(account, rights, packed(cache, account, scopes, resource))


def packed(cache: SerializableTokenCache, account: Account, scopes: list[str], resource: str) -> bytes:
    """`scopes` are asked for again later: more than was granted would be refused, and spelt otherwise msal would not find the token at hand."""
    kept = [resource + scope for scope in scopes if scope.lower() in RIGHTS or scope.lower() == "user.read"]
    return json.dumps({"cache": cache.serialize(), "account": vars(account), "scopes": kept}).encode()


def codes_of(found: Mapping[str, Any]) -> set[int]:
    """The AADSTS numbers of an error, from its list or out of its description."""
    listed = {code for code in found.get("error_codes") or [] if isinstance(code, int)}
    return listed or {int(number) for number in re.findall(r"AADSTS(\d{4,8})", str(found.get("error_description") or ""))}


def judged(found: Mapping[str, Any]) -> ProviderError:
    """What a refusal means: by its code first, by OAuth's word where the code is unknown."""
    codes, error = codes_of(found), str(found.get("error") or "")
    code = f"AADSTS{min(codes)}" if codes else error[:100] or "unknown"
    if codes & OURS or error in ("invalid_client", "unauthorized_client"):
        return OperatorNeeded(WRONG_APP, code=code, provider=NAME, word=code)
    if codes & ADMINS:
        return AdminNeeded(ADMIN_FIRST, code=code, provider=NAME)
    if codes & NOBODY:
        return MailboxGone(ACCOUNT_GONE, code=code, provider=NAME)
    if codes & SIGNS_IN_AGAIN or error == "interaction_required":
        return ReconnectNeeded(SIGN_IN_AGAIN, code=code, claims=str(found.get("claims") or ""), provider=NAME)
    if LOOPS in codes:
        return RetryLater(wire.BUSY, code=code, at=now() + LOOP_RESTS, provider=NAME)
    if codes & PASSES or error in ("temporarily_unavailable", "server_error"):
        return RetryLater(wire.FAILING, code=code, provider=NAME)
    if error == "invalid_grant" or codes & ENDED_THERE:
        return ReconnectNeeded(ENDED, code=code, provider=NAME)
    return RetryLater(wire.GARBLED, code=code, provider=NAME)


@contextmanager
def heard() -> Iterator[None]:
    """What msal raises, in our words."""
    try:
        yield
    except httpx.HTTPStatusError as error:
        raise RetryLater(wire.FAILING, code=str(error.response.status_code), provider=NAME) from None
    except httpx.HTTPError:
        raise RetryLater(wire.OUT_OF_REACH, code="unreachable", provider=NAME) from None
    except (MsalError, ValueError, KeyError, RuntimeError) as error:
        raise RetryLater(wire.GARBLED, code=type(error).__name__, provider=NAME) from None


class OutlookTokens:
    """The tokens of one mailbox: msal's cache, sealed."""

    def __init__(self, ring: Keyring) -> None:
        self.ring = ring
        self.kept: Json = json.loads(ring.tokens)
        self.token, self.until = "", now()

    @property
    def account(self) -> Account:
        return Account(**self.kept["account"])

    async def access(self, refused: str = "", claims: str = "") -> str:
        """The token at hand, or what the row has by now, or a new one: saved before it is used."""
        if self.token and self.token != refused and self.until - EARLY > now():
            return self.token
        async with self.ring.held() as held:
            self.kept = json.loads(held.tokens)
            telephone()  # made once, here: two threads would make two, and one would stay open
            self.token, self.until, changed = await asyncio.to_thread(fetched, self.kept, refused, claims)
            if changed:
                self.kept["cache"] = changed
                await held.save(json.dumps(self.kept).encode())
        return self.token


def fetched(kept: Json, refused: str, claims: str = "") -> tuple[str, datetime, str]:
    """A token out of msal's cache or through it, until when it is good, and the cache if it changed. Blocks."""
    cache = SerializableTokenCache()
    cache.deserialize(kept["cache"])
    with heard():
        client = app(cache)
        found = silently(client, kept["scopes"], force=False, claims=claims)
        if found.get("access_token") == refused and refused:
            found = silently(client, kept["scopes"], force=True)
    if "access_token" not in found:
        raise judged(found)
    until = now() + timedelta(seconds=float(found.get("expires_in") or 0))
    return found["access_token"], until, cache.serialize() if cache.has_state_changed else ""


def silently(client: ConfidentialClientApplication, scopes: list[str], *, force: bool, claims: str = "") -> Json:
    known = client.get_accounts()
    if not known:
        return {"error": "invalid_grant", "error_description": "The token cache names no account."}
    found: Json | None = client.acquire_token_silent_with_error(
        scopes, account=known[0], force_refresh=force, claims_challenge=claims or None, http_exceptions=(httpx.HTTPError,)
    )
    return found or {"error": "invalid_grant", "error_description": "The token cache has no refresh token."}


def app(cache: SerializableTokenCache, http_cache: dict[str, Any] | None = None) -> ConfidentialClientApplication:
    """Cheap: the line and what it knows of the authority are shared."""
    known = microsoft()
    return ConfidentialClientApplication(
        known.client_id, client_credential=known.client_secret, authority=f"{LOGIN}/{known.tenant}", token_cache=cache,
        http_client=telephone(), http_cache=remembered() if http_cache is None else http_cache, instance_discovery=False,
    )  # fmt: skip


@cache
def remembered() -> dict[str, Any]:
    """msal's HTTP cache: the authority's endpoints for a day, refusals for a minute."""
    return {}


@cache
def telephone() -> httpx.Client:
    """The blocking line to the sign-in service, wherever that is."""
    return httpx.Client(timeout=SECONDS, transport=Rerouted())


class Rerouted(httpx.HTTPTransport):
    """Requests to Microsoft's public address go to where the settings say it is."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(LOGIN):
            request.url = httpx.URL(there(request.url.raw_path.decode("ascii")))
            request.headers["Host"] = request.url.netloc.decode("ascii")
        return super().handle_request(request)


def there(path: str) -> str:
    return microsoft().login_url + path


def admin_consent_url(redirect: str, tier: str = FULL_TIER) -> str:
    """The page on which an administrator allows Nachfass for the whole organisation."""
    asked = {"client_id": microsoft().client_id, "redirect_uri": redirect, "scope": " ".join(SCOPES[tier])}
    tenant = microsoft().tenant if microsoft().tenant != "common" else "organizations"
    return there(f"/{tenant}/v2.0/adminconsent?{urlencode(asked)}")
