"""What is kept of an address, for how long the address itself is known, and how old the data is that places come from."""

import re
from datetime import UTC, date, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from app.tracking import networks
from app.tracking.networks import NAMES, SECOND, Lately, Role, countries_as_of, forget_addresses, lines, place_of, role_of, roles, slug

LOCK = (Path(__file__).parents[2] / "uv.lock").read_text("utf-8")

GATEWAYS = [
    ("mimecast", "91.220.42.7 207.211.31.20 146.101.78.5 124.47.150.9 124.47.189.9 216.145.217.4 170.10.145.3"),
    ("proofpoint", "67.231.149.4 62.209.51.173 148.163.131.8 205.220.189.3 66.159.224.9 185.132.181.2"),
    ("trend-micro", "150.70.97.118 150.70.173.43 216.104.15.9"),
    ("hornetsecurity", "94.100.132.7 173.45.18.20 209.172.38.70 216.46.2.50 108.163.133.230 199.27.221.70"),
    ("symantec", "85.158.136.3 95.131.104.9 67.219.240.1"),
    ("sophos", "198.154.180.225 94.140.18.66 103.246.251.4"),
    ("cisco", "68.232.130.5 216.71.130.5"),
    ("barracuda", "64.235.154.9 209.222.81.1"),
]
ANTIVIRUS = [
    ("kaspersky", "93.159.230.88 77.74.177.119 91.103.64.1 2a03:2480:8030::1"),
    ("eset", "91.228.165.148 38.90.226.9 192.94.206.1"),
    ("withsecure", "162.246.164.9"),
    ("dr-web", "195.88.252.4 194.85.20.7"),
    ("mcafee", "216.49.80.9"),
]
PEOPLE_BEHIND = [
    ("forcepoint", "208.87.232.9 86.111.216.4 85.115.40.1 2001:4010::1"),
    ("skyhigh", "161.69.50.1 208.65.144.9 185.125.225.3"),
    ("avast", "77.234.44.180 5.62.40.9"),
    ("norton", "155.64.16.9"),
    ("cisco-umbrella", "146.112.0.9"),
    ("palo-alto", "165.85.144.9"),
    ("check-point-sse", "209.35.224.9"),
]
HOSTERS = [
    ("alibaba", "47.74.0.9"),
    ("tencent", "43.128.0.9"),
    ("scaleway", "51.15.0.9"),
    ("contabo", "144.91.64.9"),
    ("leaseweb", "5.79.64.9"),
    ("ionos", "82.165.0.9"),
    ("ibm-cloud", "169.44.0.9"),
    ("rackspace", "72.32.0.9"),
    ("netcup", "37.120.160.9"),
]
MICROSOFT = [
    (
        "exchange-online",
        "40.96.0.1 40.99.12.8 40.103.255.254 40.105.0.1 52.97.1.9 52.98.1.9 52.99.255.254 13.107.6.153 132.245.3.1 2603:1026:201::1 2620:1ec:8f0::1",
    ),
    ("microsoft-365-protection", "40.93.1.1 40.107.218.12 52.100.0.1 104.47.11.8 2a01:111:f403::1"),
    ("microsoft", "40.94.16.7"),
    ("microsoft-cloud", "40.95.1.1 40.106.0.1 13.107.6.154 20.140.0.1 2603:1026:f000::1"),
]
RELAYS = [
    ("apple-relay", "172.224.226.1 172.225.90.14 172.226.222.9 104.28.28.1 146.75.128.1 140.248.0.1"),
    ("apple-relay", "2a02:26f7:b000:4000::1 2606:54c0:4000::1 2606:54c3:0:200::1 2a04:4e41:1400::1 2a09:bac2::1"),
]


def microseconds(at: datetime) -> int:
    return int(at.timestamp()) * SECOND


def test_the_age_we_tell_is_that_of_the_package_that_is_locked() -> None:
    locked = LOCK[LOCK.index('name = "iptocc"') :]
    built = re.search(r'sdist = .*upload-time = "(\d{4}-\d\d-\d\d)', locked)
    assert built
    assert countries_as_of() == date.fromisoformat(built[1])


def test_an_address_is_remembered_for_a_second_at_most() -> None:
    lately, at = Lately(), microseconds(datetime(2026, 11, 26, 9, tzinfo=UTC))
    first = lately.place_of("80.187.84.7", at)
    assert lately.place_of("80.187.84.7", at + 900_000) is first

    lately.place_of("80.187.84.8", at + SECOND)

    assert set(lately.places) == {"80.187.84.8"}


def test_an_address_is_forgotten_though_nobody_comes_after_it() -> None:
    place_of("80.187.84.7", microseconds(datetime(2026, 11, 26, 9, tzinfo=UTC)))
    forget_addresses()

    assert networks.LATELY.places == {}


def test_a_network_has_its_new_name_from_the_first_moment_of_a_day() -> None:
    lately, midnight = Lately(), microseconds(datetime(2026, 11, 27, tzinfo=UTC))
    before = lately.place_of("80.187.84.7", midnight - 1)
    after = lately.place_of("80.187.84.7", midnight)

    assert before.network != after.network
    assert before.country == after.country == "DE"


def owner(address: str) -> str:
    found = ip_address(address)
    return role_of(found.version, int(found))


@pytest.mark.parametrize(("role", "addresses"), [*GATEWAYS, *ANTIVIRUS, *PEOPLE_BEHIND, *HOSTERS, *MICROSOFT, *RELAYS])
def test_an_address_belongs_to(role: str, addresses: str) -> None:
    assert {address: owner(address) for address in addresses.split()} == dict.fromkeys(addresses.split(), role)


@pytest.mark.parametrize(
    ("whose", "role"),
    [
        (GATEWAYS, Role("probable", "open+click")),
        (ANTIVIRUS, Role("probable", "open+click")),
        (PEOPLE_BEHIND, Role("do-not-judge", "none")),
        (HOSTERS, Role("weak", "click")),
        (RELAYS, Role("relay", "none")),
        (MICROSOFT[:1], Role("mailbox", "none")),
    ],
)
def test_networks_of_one_kind_are_judged_alike(whose: list[tuple[str, str]], role: Role) -> None:
    assert {roles()[name] for name, _ in whose} == {role}


def test_of_two_networks_that_a_vendor_names_the_narrower_owns_the_address() -> None:
    assert (owner("209.222.81.255"), owner("209.222.82.9"), owner("209.222.83.0")) == ("barracuda", "barracuda-egd", "barracuda")

    named = [(ip_network(line["value"]), slug(line["role"])) for line in lines() if line["kind"] == "cidr"]
    for edge in {address for network, _ in named for address in (network[0], network[-1], network[-1] + 1)}:
        around = [(network.prefixlen, role) for network, role in named if network.version == edge.version and edge in network]
        if around:
            assert owner(str(edge)) == max(around)[1]


def test_the_neighbours_of_a_named_network_are_nobodys() -> None:
    assert [owner(address) for address in ("209.172.38.96", "216.46.2.56", "124.47.151.1", "2603:10a6::1")] == [""] * 4


def test_every_role_is_told_in_one_way_and_has_a_name() -> None:
    told = {(slug(line["role"]), line["judges"], line["certainty"]) for line in lines()}

    assert len(told) == len(roles())
    assert set(roles()) <= set(NAMES)
    assert all(line["source"] for line in lines())
