"""Miriam, her Gmail, and the house's own wiring."""

import pytest

from app import reactions
from app.mailboxes.tables import Mailbox
from tests import people
from tests.people import Rep


@pytest.fixture
async def miriam(database: None) -> Rep:
    reactions.wire()
    return await people.miriam(time_zone="Europe/Berlin")


@pytest.fixture
async def gmail(miriam: Rep) -> Mailbox:
    return await people.mailbox(miriam)
