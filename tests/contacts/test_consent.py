"""What may be recorded follows from what a contact said, and from what the workspace decided where they said nothing."""

from typing import Any

import pytest

from app import happenings
from app.clock import new_id
from app.contacts.consent import allowed, give, refuse, story
from app.contacts.finding import complete, meet
from app.contacts.refusing import covers, pattern_of, refuses
from app.contacts.tables import GIVEN, REFUSED, DoNotLog
from app.errors import Refused
from app.happenings import ConsentGiven, ConsentRefused
from app.identity.tables import CLICKS_ONLY, NOTHING, TRACK
from tests import people
from tests.contacts.conftest import Browser


@pytest.mark.parametrize(
    ("choice", "opens", "clicks", "discloses"), [(TRACK, True, True, True), (CLICKS_ONLY, False, True, True), (NOTHING, False, False, False)]
)
async def test_who_was_not_asked_is_treated_as_the_workspace_decided(
    database: None, choice: str, opens: bool, clicks: bool, discloses: bool
) -> None:
    place = await people.workspace(unknown_consent=choice)
    for contact in (None, await people.contact(place)):
        allowance = allowed(place, contact, "tom@hartley.example")
        assert (allowance.opens, allowance.clicks, allowance.discloses) == (opens, clicks, discloses)
        assert allowance.words("de")


async def test_a_refusal_holds_whatever_the_workspace_decided(database: None) -> None:
    said: list[Any] = []

    async def note(fact: object) -> None:
        said.append(fact)

    before = dict(happenings._reactions)
    happenings.when(ConsentRefused, note)
    happenings.when(ConsentGiven, note)
    anna = await people.contact(place := await people.workspace())
    await give(anna, "by the form")
    await refuse(anna, "opt-out link")
    happenings._reactions.update(before)

    allowance = allowed(place, anna)
    assert (allowance.opens, allowance.clicks, allowance.discloses) == (False, False, False)
    assert "refused on" in allowance.words("en")
    assert [change.state for change in await story(anna)] == [REFUSED, GIVEN]
    assert said == [ConsentGiven(anna.id), ConsentRefused(anna.id)]


async def test_completion_finds_by_the_start_of_any_name(miriam: Browser) -> None:
    await people.contact(miriam.me.workspace)
    for typed in ("ann", "web", "anna@alp"):
        assert [contact.name for contact in await complete(miriam.me, typed)] == ["Anna Weber"]
    assert await complete(miriam.me, "%") == []
    assert await complete(miriam.me, " ") == []


async def test_meeting_twice_is_one_contact(database: None) -> None:
    place = await people.workspace()
    first = await meet(place.id, " Anna@Alpenblick.example ")
    again = await meet(place.id, "anna@alpenblick.example", "Anna Weber")
    assert (first.id, again.name) == (again.id, "Anna Weber")
    with pytest.raises(Refused):
        await meet(place.id, "anna")


@pytest.mark.parametrize(
    ("typed", "pattern"),
    [
        ("Anna@Acme.com", "anna@acme.com"),
        ("@acme.com", "acme.com"),
        ("*.acme.com", "acme.com"),
        ("https://www.acme.com/x", "acme.com"),
        ("müller.de", "müller.de"),
    ],
)
def test_a_pattern_is_read_as_people_write_it(typed: str, pattern: str) -> None:
    assert pattern_of(typed) == pattern


def test_a_domain_means_everybody_there_and_below() -> None:
    assert covers("acme.com", "anna@acme.com")
    assert covers("acme.com", "anna@mail.acme.com")
    assert not covers("acme.com", "anna@notacme.com")
    assert not covers("anna@acme.com", "hanna@acme.com")


async def test_the_list_is_each_reps_own(database: None) -> None:
    rep = await people.miriam()
    await DoNotLog(workspace=rep.workspace.id, person=rep.person.id, pattern="acme.com").save()
    assert await refuses(rep.person.id, "anna@mail.acme.com") is not None
    assert await refuses(new_id(), "anna@mail.acme.com") is None
