"""The ground: what is written together stands or falls together."""

import pytest

from app.database import together
from app.identity.tables import Workspace
from tests import people


async def test_rows_written_together_are_all_written_or_none(database: None) -> None:
    with pytest.raises(Interrupted):
        await fail_half_way()

    assert await Workspace.count() == 0


class Interrupted(Exception):
    """Something went wrong in the middle."""


async def fail_half_way() -> None:
    async with together():
        await people.workspace("Halb fertig")
        raise Interrupted


async def test_a_person_of_the_tests_has_a_place(database: None) -> None:
    miriam = await people.miriam()

    assert miriam.person.email == "miriam@brueckner.example"
