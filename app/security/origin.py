"""Where a request came from, past the proxies that the operator trusts."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address

from app.security.signing import parsed
from app.settings import Network, settings


def origin(peer: str, headers: Iterable[tuple[bytes, bytes]]) -> str:
    """The address of the visitor: nobody but a trusted proxy is believed about whom it speaks for.

    Proxies append, so the right-most address that is not one of ours is the last that somebody trusted has seen.
    """
    trusted = settings().trusted_proxies
    if not is_proxy(peer, trusted):
        return peer
    last = parsed(peer)
    for hop in hops(headers):
        address = parsed(hop)
        if address is None:
            break
        last = address
        if not is_in(last, trusted):
            break
    return str(last)


@lru_cache(64)
def is_proxy(peer: str, trusted: tuple[Network, ...]) -> bool:
    """Asked for every pixel, nearly always about the same few proxies."""
    address = parsed(peer) if trusted else None
    return address is not None and is_in(address, trusted)


def hops(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[str]:
    """What X-Forwarded-For says, nearest first; several headers count as one (RFC 9110, 5.3)."""
    said = ",".join(value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for")
    return (bare(hop) for hop in reversed(said.split(",")) if hop.strip())


def bare(hop: str) -> str:
    """An address without the port that some proxies add."""
    hop = hop.strip()
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def is_in(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
