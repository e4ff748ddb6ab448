"""The house stands as it was drawn: floors, catalogues, licences of what came from elsewhere."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import catalogues

ROOT = Path(__file__).parents[1]


def test_imports_only_point_down() -> None:
    checked = subprocess.run([sys.executable, "-m", "importlinter.cli", "lint"], cwd=ROOT, capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_translations_keep_the_places_of_the_sentence(language: str) -> None:
    messages = [message for message in catalogues.held(language) if message.id]

    assert [message.id for message in messages if places(message.id) != places(message.string)] == []


def test_the_catalogues_hold_exactly_the_sentences_of_the_code() -> None:
    assert catalogues.differences() == []


def test_vendored_files_are_what_their_packages_hold() -> None:
    table = (ROOT / "static" / "vendor" / "README.md").read_text("utf-8")
    told = dict(re.findall(r"\| `([^`]+)` .*\| `([0-9a-f]{64})` \|", table))
    vendor = ROOT / "static" / "vendor"
    files = [path for path in vendor.rglob("*") if path.is_file() and path.name != "README.md"]
    found = {str(path.relative_to(vendor)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    assert found == told


def texts(string: object) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, list | tuple) else (str(string),)


def places(string: object) -> set[str]:
    return {place for text in texts(string) for place in re.findall(r"%\((\w+)\)", text)}
