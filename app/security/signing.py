"""Things that leave the house and must come back unchanged, secrets that are handed out, and the day's name of a network."""

import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import blake2b, sha256
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from app.security.sealing import derived
from app.settings import settings

MAC_OCTETS = 16
TOKEN_OCTETS = 32
NETWORK_CHARACTERS = 32
SITE_BITS = 64


def sign(purpose: str, body: bytes) -> str:
    """The body and its seal of origin, fit for an address: readable by anyone, made by nobody else."""
    return urlsafe_b64encode(mac(settings().secret_keys[0], purpose, body) + body).decode().rstrip("=")


def verified(purpose: str, signed: str) -> bytes | None:
    """The body, if one of our keys signed it for this purpose; else nothing."""
    try:
        raw = urlsafe_b64decode(signed.encode("ascii") + b"=" * (-len(signed) % 4))
    except (NotBase64, UnicodeEncodeError):
        return None
    given, body = raw[:MAC_OCTETS], raw[MAC_OCTETS:]
    return body if any(hmac.compare_digest(given, mac(secret, purpose, body)) for secret in settings().secret_keys) else None


def secret_token() -> str:
    """A secret nobody can guess, fit for a cookie or an address."""
    return secrets.token_urlsafe(TOKEN_OCTETS)


def digest(token: str) -> bytes:
    """What we keep of a secret that was handed out: enough to know it again, useless to a thief."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def network_key(ip: str, day: date | datetime) -> str:
    """The name of a network for one day (UTC): tells whether two requests came from one place, never from where.

    An IPv6 site keeps its /64, as devices in it change the rest of their address by themselves (RFC 8981).
    """
    return network_named(place(ip), day)


def network_named(place_of_it: str, day: date | datetime) -> str:
    """The same for a place already known: `place(ip)`."""
    if isinstance(day, datetime):
        day = day.astimezone(UTC).date()
    state = day_state(settings().secret_keys[0], day).copy()
    state.update(place_of_it.encode("utf-8", "surrogatepass"))
    return state.hexdigest()[:NETWORK_CHARACTERS]


@lru_cache(8)
def day_state(secret: str, day: date) -> blake2b:
    """A keyed hash ready to be copied: pixels ask for it thousands of times a second."""
    return blake2b(key=derived(secret, f"network {day.isoformat()}"), digest_size=32)


def keyed(purpose: str, words: str) -> str:
    """A hash that only somebody with our key can make again, in hex."""
    return blake2b(words.encode("utf-8", "surrogatepass"), key=derived(settings().secret_keys[0], purpose), digest_size=32).hexdigest()


def place(ip: str) -> str:
    """An address as we count networks: IPv4 whole, IPv6 by its /64, IPv4 inside IPv6 as IPv4."""
    address = parsed(ip)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, SITE_BITS), strict=False))
    return str(address or "unknown")


def parsed(ip: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(ip.strip().partition("%")[0])
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def mac(secret: str, purpose: str, body: bytes) -> bytes:
    return blake2b(body, key=derived(secret, f"sign {purpose}"), digest_size=MAC_OCTETS).digest()
