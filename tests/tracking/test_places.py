"""What is kept of an address, for how long the address itself is known, and how old the data is that places come from."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

from app.tracking import networks
from app.tracking.networks import SECOND, Lately, countries_as_of, forget_addresses, place_of

LOCK = (Path(__file__).parents[2] / "uv.lock").read_text("utf-8")


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
