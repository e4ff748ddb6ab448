"""Hosts that a person can name: Nachfass must not become their way into the network it runs in."""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_network

from app.errors import Refused
from app.security.signing import parsed
from app.settings import Network


class PrivateHost(Refused):
    """The name leads into a private network."""


NAT64 = ip_network("64:ff9b::/96")


async def public_host(host: str, field: str = "host", allowed: Sequence[Network] = ()) -> list[str]:
    """The public addresses of a host. Connect to one of these, not to the name: a second look-up may answer differently.

    `allowed`: private networks that the operator opens.
    """
    found = await addresses(host.strip().rstrip("."))
    if not found:
        raise Refused("There is no server with the name %(host)s. Check how it is written.", field=field, host=host)
    if not all(is_public(address) or any(address in network for network in allowed) for address in found):
        raise PrivateHost(
            "%(host)s is in a private network, which this Nachfass does not allow. Use its public name, such as imap.example.com.",
            field=field,
            host=host,
        )
    return [str(address) for address in found]


async def addresses(host: str) -> list[IPv4Address | IPv6Address]:
    """Everything the name stands for, through the system's own resolver."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    known = (parsed(str(entry[4][0])) for entry in found)
    return list(dict.fromkeys(address for address in known if address))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Reachable in the open internet; an IPv4 address wrapped into an IPv6 one is judged by what is inside."""
    if isinstance(address, IPv6Address):
        inner = address.sixtofour or (address.teredo and address.teredo[1]) or (IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None)
        if inner:
            return is_public(inner)
    return address.is_global and not address.is_multicast and not address.is_reserved
