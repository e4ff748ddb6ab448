"""What an address tells before it is dropped: the country, the owner of the network where that means something, its name for a day."""

from bisect import bisect_right
from csv import QUOTE_NONE, DictReader
from datetime import datetime
from functools import cache
from ipaddress import ip_network
from pathlib import Path
from socket import AF_INET, inet_pton
from typing import NamedTuple

import iptocc

from app.security.signing import network_key, network_named, parsed

MAIL_NETWORKS = Path(__file__).parent / "data" / "mail_networks.tsv"
CERTAIN, PROBABLE = "certain", "probable"


class Place(NamedTuple):
    """What is kept of an address."""

    network: str = ""
    role: str = ""
    country: str = ""


class Range(NamedTuple):
    """A stretch of addresses whose owner tells something about a hit."""

    first: int
    last: int
    role: str


class Role(NamedTuple):
    """How sure it is that a network holds only machines, and for which kind of hit that holds."""

    certainty: str
    judges: str


def place_of(address: str, at: datetime) -> Place:
    """Derived on arrival; the address itself goes no further."""
    try:
        return v4_place(address, int.from_bytes(inet_pton(AF_INET, address)), at)
    except OSError:
        return other_place(address, at)


def v4_place(address: str, number: int, at: datetime) -> Place:
    """The short way, as nearly every hit goes it: `ip_address()` alone would cost more than all of this."""
    return Place(network_named(address, at), role_of(4, number), iptocc.country_code(address) or "")


def other_place(address: str, at: datetime) -> Place:
    found = parsed(address)
    if found is None:
        return Place()
    plain = str(found)
    return Place(network_key(plain, at), role_of(found.version, int(found)), iptocc.country_code(plain) or "")


def role_of(version: int, number: int) -> str:
    """Who owns the network, if mail machines live there; else nothing."""
    starts, ranges = ranges_of(version)
    place = bisect_right(starts, number) - 1
    return ranges[place].role if place >= 0 and number <= ranges[place].last else ""


@cache
def ranges_of(version: int) -> tuple[list[int], list[Range]]:
    networks = [(ip_network(line["value"]), line["role"]) for line in lines() if line["kind"] == "cidr"]
    ranges = sorted(Range(int(net[0]), int(net[-1]), slug(role)) for net, role in networks if net.version == version)
    return [stretch.first for stretch in ranges], ranges


@cache
def roles() -> dict[str, Role]:
    """What each role in our list is good for. Ranges given by AS number wait for a table of them that we may ship."""
    return {slug(line["role"]): Role(line["certainty"], line["judges"]) for line in lines() if line["kind"] == "cidr"}


def lines() -> list[dict[str, str]]:
    with MAIL_NETWORKS.open(encoding="utf-8") as source:
        return list(DictReader(source, delimiter="\t", quoting=QUOTE_NONE))


def slug(role: str) -> str:
    return role.partition(" (")[0]
