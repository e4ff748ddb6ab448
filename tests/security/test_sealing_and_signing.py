"""Sealing and signing: keys rotate, purposes do not mix, and damage is noticed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.errors import OperatorNeeded
from app.security import origin as origins
from app.security import sealing, signing
from app.settings import settings

OLD, NEW = "old-key-" * 5, "new-key-" * 5


@contextmanager
def keys(*secrets: str) -> Iterator[None]:
    changed = replace(settings(), secret_keys=secrets)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing, "settings", lambda: changed)
        patch.setattr(signing, "settings", lambda: changed)
        yield


@given(some.binary(max_size=200), some.text(max_size=20))
def test_what_was_sealed_opens_and_shows_nothing_before(secret: bytes, purpose: str) -> None:
    sealed = sealing.seal(secret, purpose)

    assert sealing.unseal(sealed, purpose) == secret
    assert len(secret) < 8 or secret not in sealed


def test_what_an_old_key_sealed_still_opens_until_the_key_is_taken_away() -> None:
    with keys(OLD):
        sealed = sealing.seal(b"token", "oauth")
    with keys(NEW, OLD):
        assert sealing.unseal(sealed, "oauth") == b"token"
        renewed = sealing.resealed(sealed, "oauth")
    with keys(NEW):
        assert sealing.unseal(renewed, "oauth") == b"token"
        with pytest.raises(OperatorNeeded):
            sealing.unseal(sealed, "oauth")


def test_a_seal_for_one_purpose_does_not_open_for_another() -> None:
    with pytest.raises(OperatorNeeded):
        sealing.unseal(sealing.seal(b"token", "oauth"), "imap")


@given(some.binary(max_size=100))
def test_what_we_signed_is_known_again(body: bytes) -> None:
    assert signing.verified("state", signing.sign("state", body)) == body
    assert signing.verified("other", signing.sign("state", body)) is None


@given(some.text(max_size=80))
def test_nothing_else_is_taken_for_ours(signed: str) -> None:
    assert signing.verified("state", signed) is None


def test_every_changed_character_is_noticed() -> None:
    signed = signing.sign("state", b"to the feed!")
    damaged = [signed[:at] + ("A" if signed[at] != "A" else "B") + signed[at + 1 :] for at in range(len(signed))]

    assert [signing.verified("state", one) for one in damaged] == [None] * len(damaged)


def test_what_an_old_key_signed_is_known_while_the_key_is_kept() -> None:
    with keys(OLD):
        signed = signing.sign("state", b"x")
    with keys(NEW, OLD):
        assert signing.verified("state", signed) == b"x"
    with keys(NEW):
        assert signing.verified("state", signed) is None


def test_a_network_has_another_name_each_day_and_its_address_is_not_in_it() -> None:
    today, tomorrow = signing.network_key("203.0.113.9", date(2026, 3, 9)), signing.network_key("203.0.113.9", date(2026, 3, 10))

    assert today != tomorrow
    assert today == signing.network_key("::ffff:203.0.113.9", datetime(2026, 3, 9, 23, 59, tzinfo=UTC))
    assert today != signing.network_key("203.0.113.10", date(2026, 3, 9))


def test_devices_of_one_ipv6_site_are_one_network() -> None:
    day = date(2026, 3, 9)

    assert (
        signing.network_key("2001:db8:1:2::9", day) == signing.network_key("2001:db8:1:2:abcd::1", day) != signing.network_key("2001:db8:1:3::9", day)
    )


@pytest.mark.parametrize(
    ("peer", "said", "visitor"),
    [
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("10.0.0.2", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.2", "203.0.113.9, 10.0.0.3", "203.0.113.9"),
        ("10.0.0.2", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.2", "[2001:db8::9]:4711", "2001:db8::9"),
        ("10.0.0.2", "203.0.113.9, nonsense", "10.0.0.2"),
        ("10.0.0.2", "", "10.0.0.2"),
    ],
)
def test_only_a_trusted_proxy_is_believed(monkeypatch: pytest.MonkeyPatch, peer: str, said: str, visitor: str) -> None:
    behind = replace(settings(), trusted_proxies=(ip_network("10.0.0.0/8"),))
    monkeypatch.setattr(origins, "settings", lambda: behind)

    assert origins.origin(peer, [(b"x-forwarded-for", said.encode())]) == visitor
