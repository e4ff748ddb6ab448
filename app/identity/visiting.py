"""What we know of a visitor: their browser in words, the country, and the day's name of their network. Not their address."""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

import iptocc
from litestar.connection import ASGIConnection
from ua_parser import parse

from app.clock import now
from app.security.origin import origin
from app.security.signing import network_key

LONGEST_USER_AGENT = 512
COMPUTERS = ("Windows", "Mac OS X", "Linux", "Ubuntu", "Chrome OS", "Fedora", "Debian")
SYSTEMS = {"Mac OS X": "Mac", "iOS": "iPhone"}
UNKNOWN = "Other"


@dataclass(frozen=True)
class Visit:
    """Where somebody is calling from."""

    user_agent: str = ""
    network: str = ""
    country: str = ""
    tomorrows_network: str = ""


def visit_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Visit:
    """The address is used here and then dropped."""
    client = connection.scope.get("client")
    address = origin(client[0] if client else "", connection.scope["headers"])
    return Visit(
        user_agent=connection.headers.get("user-agent", "").replace("\0", "")[:LONGEST_USER_AGENT],
        network=network_key(address, now()),
        country=iptocc.country_code(address) or "",
        tomorrows_network=network_key(address, now() + timedelta(days=1)),
    )


@lru_cache(512)
def device_of(user_agent: str) -> dict[str, str]:
    """{kind, system, client} for the device line; what can't be told is left out."""
    known = parse(user_agent).with_defaults()
    family, system, device = known.user_agent.family, known.os.family, known.device.family
    tablet = "iPad" in device or ("Android" in system and "Mobile" not in user_agent)
    kind = "tablet" if tablet else "computer" if system in COMPUTERS else "phone" if system in ("iOS", "Android") else ""
    named = {
        "kind": kind,
        "system": "iPad" if device == "iPad" else SYSTEMS.get(system, system),
        "client": family.removeprefix("Mobile ").removesuffix(" Mobile"),
    }
    return {name: value for name, value in named.items() if value and value != UNKNOWN}
