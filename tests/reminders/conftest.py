"""Miriam, her Gmail, and the house's own wiring."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from litestar import Litestar

from app import reactions
from app.mailboxes.tables import Mailbox
from app.main import behind
from tests import people
from tests.people import Rep
from tests.visitor import Visitor, visiting


@pytest.fixture
async def miriam(database: None) -> Rep:
    reactions.wire()
    return await people.miriam(time_zone="Europe/Berlin")


@pytest.fixture
async def gmail(miriam: Rep) -> Mailbox:
    return await people.mailbox(miriam)


@asynccontextmanager
async def nothing(_: Litestar) -> AsyncIterator[None]:
    """The tests keep the pool open themselves."""
    yield


@pytest.fixture(scope="session")
def house() -> Litestar:
    return behind("web", nothing)


@pytest.fixture
async def browser(house: Litestar, miriam: Rep) -> AsyncIterator[Visitor]:
    """Miriam's browser, signed in."""
    async with visiting(house) as somebody:
        yield await somebody.signed_in_as(miriam)
