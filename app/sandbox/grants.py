"""Who was allowed what: codes, access tokens and refresh tokens of both providers."""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from app.clock import now

CODE_LIVES = timedelta(minutes=10)
ACCESS_LIVES = timedelta(seconds=3600)


@dataclass
class Code:
    """What a person just allowed, to be fetched once by whoever holds the verifier."""

    provider: Literal["google", "microsoft"]
    mailbox: str
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    challenge: str | None
    nonce: str | None
    offline: bool
    tenant: str = ""
    given_at: datetime = field(default_factory=now)


@dataclass
class Grant:
    """A lasting permission: these scopes for this client on this mailbox, until revoked."""

    provider: Literal["google", "microsoft"]
    mailbox: str
    client_id: str
    scopes: tuple[str, ...]
    revoked_at: datetime | None = None


@dataclass
class Access:
    """A short-lived token and what it may do."""

    grant: Grant
    scopes: tuple[str, ...]
    expires_at: datetime


class Grants:
    """All codes and tokens given out."""

    def __init__(self) -> None:
        self.codes: dict[str, Code] = {}
        self.spent: dict[str, Grant] = {}
        self.access: dict[str, Access] = {}
        self.refresh: dict[str, Grant] = {}

    def promise(self, code: Code, prefix: str) -> str:
        token = prefix + secrets.token_urlsafe(32)
        self.codes[token] = code
        return token

    def redeem(self, token: str, client_id: str, redirect_uri: str, verifier: str) -> Code | None:
        """The code behind a token if everything fits; a code is spent by the first attempt."""
        code = self.codes.pop(token, None)
        fits = (
            code is not None
            and code.client_id == client_id
            and code.redirect_uri == redirect_uri
            and now() - code.given_at <= CODE_LIVES
            and (code.challenge is None or hmac.compare_digest(challenge(verifier), code.challenge))
        )
        return code if fits else None

    def earlier(self, provider: str, mailbox: str, client_id: str) -> list[Grant]:
        """What this client was allowed on this mailbox and still is."""
        live = {id(grant): grant for grant in self.refresh.values() if grant.revoked_at is None}
        return [g for g in live.values() if (g.provider, g.mailbox, g.client_id) == (provider, mailbox, client_id)]

    def admit(self, grant: Grant, scopes: tuple[str, ...], prefix: str) -> str:
        token = prefix + secrets.token_urlsafe(60)
        self.access[token] = Access(grant, scopes, now() + ACCESS_LIVES)
        return token

    def keep(self, grant: Grant, prefix: str) -> str:
        token = prefix + secrets.token_urlsafe(48)
        self.refresh[token] = grant
        return token

    def expire(self, mailbox: str) -> None:
        """Every access token of the mailbox is too old from now on."""
        for access in self.access.values():
            if access.grant.mailbox == mailbox:
                access.expires_at = now()

    def revoke(self, mailbox: str) -> None:
        """The person (or their administrator) took the permission back."""
        for grant in [*self.refresh.values(), *(access.grant for access in self.access.values())]:
            if grant.mailbox == mailbox and grant.revoked_at is None:
                grant.revoked_at = now()


def challenge(verifier: str) -> str:
    """PKCE's S256."""
    return unpadded(hashlib.sha256(verifier.encode()).digest())


def unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(claims: dict[str, Any], key: str) -> str:
    """A JWT under HS256: its claims are the real ones, its signature only the sandbox's."""
    head = unpadded(json.dumps({"alg": "HS256", "typ": "JWT"}).encode())
    body = unpadded(json.dumps(claims).encode())
    return f"{head}.{body}.{unpadded(hmac.digest(key.encode(), f'{head}.{body}'.encode(), 'sha256'))}"
