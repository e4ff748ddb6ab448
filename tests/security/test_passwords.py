"""Passwords: weak ones are refused with a reason, strong ones are kept as argon2id."""

import pytest
from argon2 import PasswordHasher

from app.errors import Refused
from app.security.passwords import belongs, check_strength, hashed, is_outdated

MIRIAM = {"email": "miriam@brueckner.example", "name": "Miriam Kessler", "workspace": "Brückner Messtechnik"}


@pytest.mark.parametrize(
    "password",
    [
        "Kessel4-wandert-leise",
        "correct pony staple tango",
        "zwölf Äpfel rollen bergab",
        "monkey dragon sunshine football",
        "g7#Kp2!xVw9q",
        "ein-Kabel-im-Nebel",
        "miriam isst gern Rhabarber",
        "8392 0174 8391 5566 2",
    ],
)
def test_a_password_nobody_guesses_is_taken(password: str) -> None:
    check_strength(password, **MIRIAM)


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "elf-zeichen",
        "password1234",
        "P@ssw0rd2026!",
        "Passwort123456",
        "passwordpassword",
        "iloveyou12345",
        "Sommer2026!!",
        "willkommen-2026",
        "qwertzuiop123",
        "1q2w3e4r5t6z7u",
        "abcdefghijklm",
        "123456789012",
        "987654321098",
        "aaaaaaaaaaaaaa",
        "121212121212",
        "abc123abc123",
        "147258369147",
        "MiriamKessler1",
        "miriam@brueckner.example",
        "Brückner2026!",
        "BruecknerMesstechnik",
        "Miriam-Passwort-1",
        "letmein letmein",
        "trustno1trustno1",
        "839283928392",
        "x" * 300,
    ],
)
def test_a_password_that_is_tried_first_is_refused_with_a_reason(password: str) -> None:
    with pytest.raises(Refused) as refused:
        check_strength(password, **MIRIAM)

    assert refused.value.field == "password"
    assert password not in str(refused.value)


async def test_only_the_right_password_belongs_to_what_was_kept() -> None:
    kept = await hashed("Kessel4-wandert-leise")

    assert kept.startswith("$argon2id$")
    assert await belongs("Kessel4-wandert-leise", kept)
    assert not await belongs("kessel4-wandert-leise", kept)


async def test_nothing_belongs_to_nobody() -> None:
    assert not await belongs("Kessel4-wandert-leise", "")
    assert not await belongs("Kessel4-wandert-leise", "no hash at all")


async def test_the_same_password_from_another_keyboard_belongs() -> None:
    assert await belongs("zwo\u0308lf Äpfel rollen", await hashed("zw\u00f6lf A\u0308pfel rollen"))


async def test_a_hash_with_weaker_parameters_is_outdated() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=64).hash("Kessel4-wandert-leise")

    assert is_outdated(weak)
    assert not is_outdated(await hashed("Kessel4-wandert-leise"))
