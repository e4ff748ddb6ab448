"""Is it Pub/Sub that pushes? The signed token of a push request, held against Google's keys (Cloud Pub/Sub: authenticate push subscriptions)."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
import structlog
from google.auth import jwt
from google.auth.exceptions import GoogleAuthError

from app.clock import now
from app.mailboxes.providers import wire
from app.mailboxes.providers.gmail_tokens import ISSUERS, google

log = structlog.get_logger()

SKEW = 60
"""Seconds that a clock may be wrong."""
PATIENCE = 3.0
KEPT_FOR, LONGEST_KEPT = timedelta(hours=1), timedelta(days=1)
ASKED_AT_MOST_EVERY = timedelta(minutes=1)
"""A token that names a key we do not know makes us ask for the keys anew, but nobody can make us ask all the time."""
LARGEST_TOKEN, LARGEST_KEYS = 8_000, 100_000
UNKNOWN_KEY = "not found"


class NotGoogle(Exception):
    """The token was not made by Google for our subscription; says why, for the log."""


@dataclass
class Keys:
    """Google's public keys as they were when last fetched."""

    found: Mapping[str, str] = field(default_factory=dict)
    good_until: datetime | None = None
    asked_at: datetime | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


_keys: dict[str, Keys] = {}


async def prove(token: str) -> None:
    """Signature, audience, times (both by google-auth), issuer, and the account that signs for our subscription; raises NotGoogle."""
    if not token or len(token) > LARGEST_TOKEN:
        raise NotGoogle("no token")
    claims = await opened(token)
    if claims.get("iss") not in ISSUERS:
        raise NotGoogle("issuer")
    if claims.get("email") != google().pubsub_account or claims.get("email_verified") is not True:
        raise NotGoogle("account")


async def opened(token: str) -> Mapping[str, Any]:
    """The claims; the keys are fetched anew once if the token names one that we do not have yet (Google rotates them)."""
    try:
        return read(token, await keys())
    except NotGoogle as error:
        if UNKNOWN_KEY not in str(error):
            raise
    return read(token, await keys(anew=True))


def read(token: str, found: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        claims = jwt.decode(token, certs=found, audience=google().pubsub_audience, clock_skew_in_seconds=SKEW)  # type: ignore[no-untyped-call]
    except (GoogleAuthError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotGoogle(str(error)[:100]) from None
    if not isinstance(claims, dict):
        raise NotGoogle("claims")
    return claims


async def keys(*, anew: bool = False) -> Mapping[str, str]:
    """From memory as long as Google said they are good; old ones serve while Google does not answer."""
    kept = _keys.setdefault(google().certs_url, Keys())
    async with kept.lock:
        stale = kept.good_until is None or now() >= kept.good_until
        lately = kept.asked_at is not None and now() - kept.asked_at < ASKED_AT_MOST_EVERY
        if (stale or anew) and not lately:
            kept.asked_at = now()
            await fetch(kept, google().certs_url)
    if not kept.found:
        raise NotGoogle("no keys")
    return kept.found


async def fetch(kept: Keys, url: str) -> None:
    try:
        answer = await wire.line().get(url, timeout=PATIENCE)
    except httpx.HTTPError as error:
        log.warning("Google's keys could not be fetched", kind=type(error).__name__)
        return
    found = wire.parsed(answer.content) if answer.status_code == 200 and len(answer.content) <= LARGEST_KEYS else None
    if not found:
        log.warning("Google's keys could not be read", status=answer.status_code)
        return
    kept.found = {name: key for name, key in found.items() if isinstance(key, str)}
    kept.good_until = now() + lifetime(answer.headers.get("cache-control", ""))


def lifetime(told: str) -> timedelta:
    """How long the answer may be kept (RFC 9111, max-age)."""
    found = re.search(r"max-age=(\d{1,7})", told)
    return min(timedelta(seconds=int(found[1])), LONGEST_KEPT) if found else KEPT_FOR
