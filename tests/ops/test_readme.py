"""The README tells all settings and commands there are, and sends nobody to a package registry."""

import re
from pathlib import Path

import pytest

from app.cli import ROLES, nachfass

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
REGISTRIES = ("pypi", "pythonhosted", "npmjs", "registry.")


def test_every_setting_is_in_the_table() -> None:
    named = set(re.findall(r'"((?:NACHFASS|GOOGLE|MICROSOFT|DATABASE)_[A-Z_]+)"', (ROOT / "app" / "settings.py").read_text("utf-8")))

    assert named - set(re.findall(r"`([A-Z_]+)`", README)) == set()


@pytest.mark.parametrize("command", [name for name in nachfass.commands if name != "demo"])
def test_every_command_is_told(command: str) -> None:
    assert f"nachfass {command}" in README


def test_every_role_is_told() -> None:
    assert [role for role in ROLES if f"--role {role}" not in README] == []


def test_no_package_registry_is_named() -> None:
    assert [name for name in REGISTRIES if name in README.lower()] == []


def test_the_order_is_the_order_in_which_a_newcomer_asks() -> None:
    headings = re.findall(r"^## (.+)$", README, re.MULTILINE)

    assert headings == ["Two commands", "Connecting real mailboxes", "Deploying", "All settings", "The map of the house", "Decisions"]


def test_every_room_is_on_the_map() -> None:
    rooms = {path.parent.name for path in (ROOT / "app").glob("*/__init__.py")} - {"migrations", "locales"}

    assert [room for room in sorted(rooms) if f"`{room}`" not in README] == []


def test_every_path_that_is_named_exists() -> None:
    paths = set(re.findall(r"`((?:app|tests|static|templates)/[\w./]+)`", README))

    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []
