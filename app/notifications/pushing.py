"""One push: encrypted for one browser (RFC 8291), vouched for, and handed to its push service over the line (RFC 8030).

The push service is a host that somebody's browser named, so it is asked only at a public address, and only at the one that was looked at.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import http_ece
import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from app.clock import now
from app.errors import GiveUp, GoneThere, ProviderError, Refused, RetryLater, Unanswered
from app.mailboxes.providers import wire
from app.notifications.vouching import proof
from app.security.outbound import PrivateHost, public_host
from app.security.sealing import seal, unseal
from app.settings import settings
from app.web.locale import N_

PURPOSE = "push device"
RECORD = 4096
"""Octets of the one record; push services take no more than 4096 (RFC 8030, 7.2)."""
LONGEST_WAIT = timedelta(hours=12)
TOO_LARGE_CODE = "413"

GONE = N_("The browser takes no pushes any more.")
BUSY = N_("Its push service is busy or has a fault. It is tried again by itself.")
OUT_OF_REACH = N_("Its push service can’t be reached. It is tried again by itself.")
TOO_LARGE = N_("Its push service found the notification too large. A shorter one is sent.")
NOT_OURS = N_("Its push service does not accept our key. Switch notifications off in that browser, and on again.")
REFUSED = N_("Its push service refused the notification (%(code)s).")
PRIVATE = N_("Its push service is in a private network, which this Nachfass does not allow.")


@dataclass(frozen=True)
class Address:
    """Where a browser takes pushes, and what they are encrypted for: the point of its key (65 octets) and its secret (16)."""

    endpoint: str
    p256dh: bytes
    auth: bytes

    def sealed(self) -> bytes:
        kept = {"endpoint": self.endpoint, "p256dh": self.p256dh.hex(), "auth": self.auth.hex()}
        return seal(json.dumps(kept).encode(), PURPOSE)


def unsealed(sealed: bytes) -> Address:
    kept = json.loads(unseal(sealed, PURPOSE))
    return Address(kept["endpoint"], bytes.fromhex(kept["p256dh"]), bytes.fromhex(kept["auth"]))


@dataclass(frozen=True)
class Parcel:
    """What is pushed, and what its push service is told of it: how long to keep it, how much it matters, what it takes the place of."""

    words: dict[str, Any]
    ttl: timedelta
    urgency: str
    topic: str


async def push(address: Address, parcel: Parcel, key: Vapid02) -> None:
    """Hand it over. Raises RetryLater (with a time, if the service names one), GoneThere, or GiveUp."""
    headers = {
        **proof(key, address.endpoint), "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream",
        "TTL": str(max(0, int(parcel.ttl.total_seconds()))), "Urgency": parcel.urgency, "Topic": parcel.topic,
    }  # fmt: skip
    status, retry_after = await posted(address.endpoint, encrypted(address, parcel.words), headers)
    if error := trouble(status, retry_after):
        raise error


def encrypted(address: Address, words: dict[str, Any]) -> bytes:
    """One record of aes128gcm with a key of its own (RFC 8188, RFC 8291)."""
    plain = json.dumps(words, ensure_ascii=False).encode()
    own = ec.generate_private_key(ec.SECP256R1())
    sealed: bytes = http_ece.encrypt(plain, private_key=own, dh=address.p256dh, auth_secret=address.auth, rs=RECORD, version="aes128gcm")
    return sealed


async def posted(endpoint: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    """Status and Retry-After. The connection goes to the address that was looked at and is closed after it; the name is in Host and in TLS."""
    url = httpx.URL(endpoint)
    pinned = url.copy_with(host=(await reachable(endpoint))[0])
    told = {**headers, "Host": url.netloc.decode(), "Connection": "close"}
    request = wire.line().build_request("POST", pinned, content=body, headers=told, extensions={"sni_hostname": url.host})
    try:
        answer = await wire.line().send(request, stream=True)
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise RetryLater(OUT_OF_REACH, code=type(error).__name__) from None
    except httpx.TransportError as error:
        raise Unanswered(OUT_OF_REACH, code=type(error).__name__) from None
    await answer.aclose()
    return answer.status_code, answer.headers.get("retry-after", "")


async def reachable(endpoint: str) -> list[str]:
    """The addresses of the push service; only in networks that the operator opened it may do without TLS."""
    parts, opened = urlsplit(endpoint), settings().private_push_hosts
    try:
        found = await public_host(parts.hostname or "", allowed=opened)
    except PrivateHost as error:
        raise GiveUp(PRIVATE, code="private-host") from error
    except Refused as error:
        raise RetryLater(OUT_OF_REACH, code="no-such-host") from error
    if parts.scheme != "https" and not all(any(ip_address(one) in network for network in opened) for one in found):
        raise GiveUp(PRIVATE, code="no-tls")
    return found


def trouble(status: int, retry_after: str) -> ProviderError | None:
    """What an answer means (RFC 8030, 5 and 7.3)."""
    if 200 <= status < 300:
        return None
    code = str(status)
    if status in (404, 410):
        return GoneThere(GONE, code=code)
    if status == 429 or status >= 500:
        at = wire.moment(retry_after.strip()) if retry_after else None
        return RetryLater(BUSY, code=code, at=min(max(at, now()), now() + LONGEST_WAIT) if at else None)
    if status == 413:
        return RetryLater(TOO_LARGE, code=TOO_LARGE_CODE)
    return GiveUp(NOT_OURS if status in (401, 403) else REFUSED, code=code)
