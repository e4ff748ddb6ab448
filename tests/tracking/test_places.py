"""How old the data is that places come from."""

import re
from datetime import date
from pathlib import Path

from app.tracking.networks import countries_as_of

LOCK = (Path(__file__).parents[2] / "uv.lock").read_text("utf-8")


def test_the_age_we_tell_is_that_of_the_package_that_is_locked() -> None:
    locked = LOCK[LOCK.index('name = "iptocc"') :]
    built = re.search(r'sdist = .*upload-time = "(\d{4}-\d\d-\d\d)', locked)
    assert built
    assert countries_as_of() == date.fromisoformat(built[1])
