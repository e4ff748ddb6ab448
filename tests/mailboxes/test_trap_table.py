"""The table of traps names tests that exist, for every section of the facts."""

import re
from pathlib import Path

import pytest

from tests.mailboxes.traps import PILOT, TRAPS

TESTS = Path(__file__).parents[1]
SECTIONS = {"1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "3.1", "3.2", "3.3", "4", "5.1", "5.2", "5.3"}


@pytest.fixture(autouse=True)
def wires() -> None:
    """Nothing is said on any wire here."""


def exists(name: str) -> bool:
    place, _, test = name.partition("::")
    folder, _, module = place.partition("/")
    path = TESTS / folder / f"test_{module}.py"
    return path.is_file() and re.search(rf"^(async )?def {test}\(", path.read_text("utf-8"), re.MULTILINE) is not None


def test_every_test_that_is_named_exists() -> None:
    named = {name for trap in TRAPS for name in trap.covered if name != PILOT}

    assert [name for name in sorted(named) if not exists(name)] == []


def test_every_trap_has_a_test_or_says_why_not() -> None:
    assert [trap.what for trap in TRAPS if not trap.covered] == []


def test_every_section_is_there() -> None:
    assert {trap.number for trap in TRAPS} >= SECTIONS
