"""What an address tells before it is dropped: the country, the owner of the network where that means something, its name for a day."""

from bisect import bisect_right
from csv import QUOTE_NONE, DictReader
from datetime import UTC, date, datetime
from functools import cache
from importlib.metadata import version as version_of
from ipaddress import ip_network
from pathlib import Path
from socket import AF_INET, inet_pton
from typing import NamedTuple

import iptocc

from app.security.signing import network_key, network_named, parsed, place

DATA = Path(__file__).parent / "data"
MAIL_NETWORKS, RANGES = DATA / "mail_networks.tsv", DATA / "network_ranges.tsv"
CERTAIN, PROBABLE, WEAK, MAILBOX, RELAY, DO_NOT_JUDGE = "certain", "probable", "weak", "mailbox", "relay", "do-not-judge"
NAMES = {
    "microsoft-365-protection": "Microsoft 365", "microsoft": "Microsoft", "barracuda-egd": "Barracuda", "barracuda": "Barracuda",
    "proofpoint": "Proofpoint", "mimecast": "Mimecast", "cisco": "Cisco", "symantec": "Symantec", "trend-micro": "Trend Micro",
    "trellix": "Trellix", "bitdefender": "Bitdefender", "hornetsecurity": "Hornetsecurity", "retarus": "Retarus", "fortinet": "Fortinet",
    "sophos": "Sophos", "cyren": "Cyren", "check-point": "Check Point", "zix": "Zix", "abnormal": "Abnormal", "zscaler": "Zscaler",
    "google": "Google", "google-cloud": "Google Cloud", "microsoft-cloud": "Microsoft Azure", "amazon": "Amazon", "hetzner": "Hetzner",
    "ovh": "OVH", "digitalocean": "DigitalOcean", "linode": "Linode", "oracle": "Oracle", "vultr": "Vultr", "yahoo": "Yahoo",
    "apple": "Apple", "apple-relay": "iCloud Private Relay", "proton": "Proton", "fastmail": "Fastmail", "seznam": "Seznam",
    "cloudflare": "Cloudflare", "forcepoint": "Forcepoint", "netskope": "Netskope", "menlo": "Menlo Security",
    "exchange-online": "Exchange Online", "kaspersky": "Kaspersky", "eset": "ESET", "withsecure": "WithSecure", "dr-web": "Dr.Web",
    "mcafee": "McAfee", "avast": "Avast", "norton": "Norton", "skyhigh": "Skyhigh Security", "cisco-umbrella": "Cisco Umbrella",
    "palo-alto": "Palo Alto Networks", "check-point-sse": "Check Point SSE", "alibaba": "Alibaba Cloud", "tencent": "Tencent Cloud",
    "scaleway": "Scaleway", "contabo": "Contabo", "leaseweb": "Leaseweb", "ionos": "IONOS", "ibm-cloud": "IBM Cloud",
    "rackspace": "Rackspace", "netcup": "netcup", "myloc": "myLoc", "host-europe": "Host Europe", "godaddy": "GoDaddy", "velia": "velia.net",
}  # fmt: skip


SECOND = 1_000_000
DAY = 24 * 60 * 60 * SECOND
COUNTRIES_AS_OF = {"3.3.170": date(2026, 10, 27)}
"""From which day the registries' data in a version of iptocc is: it is built anew every night, and does not say so itself."""


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


class Lately:
    """The places of one second's addresses, for hits come in bunches: a mail has two pixels, and a scanner follows all its links."""

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}
        self.since = self.until = 0

    def place_of(self, address: str, at: int) -> Place:
        if not self.since <= at < self.until:
            self.forget()
            self.since, self.until = at, min(at + SECOND, midnight_after(at))
        found = self.places.get(address)
        if found is None:
            found = self.places[address] = place_anew(address, datetime.fromtimestamp(at / SECOND, UTC))
        return found

    def forget(self) -> None:
        self.places.clear()


def midnight_after(at: int) -> int:
    """In UTC, when networks get new names."""
    return (at // DAY + 1) * DAY


LATELY = Lately()


def place_of(address: str, at: int) -> Place:
    """Derived on arrival (microseconds since 1970); the address itself goes no further, and is forgotten within a second (see `recording`)."""
    return LATELY.place_of(address, at)


def forget_addresses() -> None:
    LATELY.forget()


def place_anew(address: str, at: datetime) -> Place:
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


def place_in_file(address: str, at: datetime) -> Place:
    """The same for an address that somebody gave us in a file: its network keeps its name for a day, but needs no secret."""
    found = parsed(address)
    if found is None:
        return Place()
    return Place(name_in_file(address, at), role_of(found.version, int(found)), iptocc.country_code(str(found)) or "")


def name_in_file(address: str, at: datetime) -> str:
    return f"{place(address)} on {at.astimezone(UTC).date()}"


def role_of(version: int, number: int) -> str:
    """Who owns the network, if that tells something of a hit: first what a vendor named exactly, then what the routing tables say."""
    starts, roles_there = stretches(version)
    return roles_there[bisect_right(starts, number) - 1]


@cache
def stretches(version: int) -> tuple[list[int], list[str]]:
    """The whole of the addresses, cut where the owner changes: one look instead of four."""
    named, routed = named_ranges(version), routed_ranges(version)
    cuts = sorted({0, *(edge for _, ranges in (named, routed) for stretch in ranges for edge in (stretch.first, stretch.last + 1))})
    return cuts, [owner_in(*named, cut) or owner_in(*routed, cut) for cut in cuts]


def owner_in(starts: list[int], ranges: list[Range], number: int) -> str:
    behind = bisect_right(starts, number)
    around = ranges[max(0, behind - 2) : behind]  # a narrow stretch may lie within a wide one
    return next((stretch.role for stretch in reversed(around) if number <= stretch.last), "")


@cache
def named_ranges(version: int) -> tuple[list[int], list[Range]]:
    """The stretches that vendors or observers name, by their first address."""
    networks = [(ip_network(line["value"]), line["role"]) for line in lines() if line["kind"] == "cidr"]
    ranges = sorted(Range(int(net[0]), int(net[-1]), slug(role)) for net, role in networks if net.version == version)
    return [stretch.first for stretch in ranges], ranges


@cache
def routed_ranges(version: int) -> tuple[list[int], list[Range]]:
    """All networks of the AS numbers in our list, from a table that RouteViews and DB-IP let everybody use (CC BY 4.0)."""
    ranges = []
    with RANGES.open(encoding="utf-8") as source:
        for line in source:
            family, first, more, role = line.rstrip("\n").split("\t")
            if family == str(version):
                ranges.append(Range(int(first, 16), int(first, 16) + int(more, 16), role))
    return [stretch.first for stretch in ranges], ranges


@cache
def roles() -> dict[str, Role]:
    """What each role in our list is good for."""
    return {slug(line["role"]): Role(line["certainty"], line["judges"]) for line in lines()}


def countries_as_of() -> date | None:
    """The age of what we know of countries; nothing for a version nobody has looked up."""
    return COUNTRIES_AS_OF.get(version_of("iptocc"))


def load() -> None:
    """Read the tables before the first hit comes; that takes a tenth of a second."""
    for version in (4, 6):
        stretches(version)


def name_of(role: str) -> str:
    return NAMES.get(role, role)


def lines() -> list[dict[str, str]]:
    with MAIL_NETWORKS.open(encoding="utf-8") as source:
        return list(DictReader(source, delimiter="\t", quoting=QUOTE_NONE))


def slug(role: str) -> str:
    return role.partition(" (")[0]
