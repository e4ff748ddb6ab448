"""Settings, through the pages: what is changed holds, what is wrong says so, and nobody reaches what is not theirs."""

import re
from datetime import timedelta

import pytest

from app.clock import later, now
from app.identity.guarding import NOTED_EVERY
from app.identity.tables import OWNER, Invitation, Membership, Person, Session, Workspace
from app.security import passwords
from app.security.passwords import belongs
from app.security.signing import network_key
from tests import people
from tests.people import Rep
from tests.visitor import Visitor

PASSWORD = "Kessel4-wandert-leise"
HASHED = passwords.HASHER.hash(PASSWORD)
NEW = "Regal-singt-im-Moor"


@pytest.fixture
async def miriam(database: None) -> Rep:
    return await people.miriam(password=HASHED)


@pytest.fixture
async def robin(miriam: Rep) -> Rep:
    return await people.rep("Robin Vogt", "robin@brueckner.example", miriam.workspace)


@pytest.mark.parametrize("path", ["", "/writing", "/password", "/sessions", "/people", "/workspace"])
async def test_every_page_of_the_settings_is_whole_in_both_languages(visitor: Visitor, miriam: Rep, path: str) -> None:
    await visitor.signed_in_as(miriam)
    english = await visitor.get(f"/settings{path}")
    await Person.update({Person.locale: "de"}, force=True)
    german = await visitor.get(f"/settings{path}")

    assert (english.status_code, german.status_code) == (200, 200)
    assert '<html lang="en"' in english.text
    assert '<html lang="de"' in german.text
    assert english.text.count("<h1>") == 1
    assert " style=" not in english.text
    assert "<script>" not in english.text


async def test_the_profile_is_changed_and_the_page_says_so_once(visitor: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)

    answer = await visitor.post("/settings", {"name": "Miriam  K.", "locale": "de", "time_zone": "Europe/Vienna", "theme": "dark"})

    assert answer.headers["location"] == "/settings"
    page = (await visitor.get("/settings")).text
    assert 'data-theme="dark"' in page
    assert 'value="Miriam K."' in page
    assert 'role="status" data-toast' in page
    assert "data-toast" not in (await visitor.get("/settings")).text


@pytest.mark.parametrize(
    ("field", "typed"), [("name", " "), ("locale", "xx"), ("time_zone", "Mars/Base"), ("time_zone", "../../etc/passwd"), ("theme", "pink")]
)
async def test_a_wrong_choice_is_refused_at_its_field_and_the_rest_kept_as_typed(visitor: Visitor, miriam: Rep, field: str, typed: str) -> None:
    await visitor.signed_in_as(miriam)

    answer = await visitor.post("/settings", {"name": "Miri", "locale": "en", "time_zone": "Europe/Vienna", "theme": ""} | {field: typed})

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert field == "name" or 'value="Miri"' in answer.text
    assert (await Person.objects().first()).name == "Miriam Kessler"


async def test_the_defaults_of_compose_are_kept_switches_off_too(visitor: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)

    asked = {"logs": "on", "tracks_clicks": "on", "asks_read": "on", "reminds_after": "1w", "reminds_if": "not_opened"}
    asked["disclosure"] = " Ich sehe,\nob Sie lesen. "
    await visitor.post("/settings/writing", asked)

    kept = await Person.objects().first()
    assert (kept.logs, kept.tracks_opens, kept.tracks_clicks, kept.reminds_after, kept.reminds_if) == (True, False, True, "1w", "not_opened")
    assert (kept.asks_read, kept.asks_delivery) == (True, False)
    assert kept.disclosure == "Ich sehe, ob Sie lesen."
    refused = await visitor.post("/settings/writing", {"reminds_after": "9y", "disclosure": "x" * 501})
    assert refused.status_code == 422
    assert "x" * 501 in refused.text
    assert (await visitor.post("/settings/writing", {"reminds_if": "moonshine"})).status_code == 422


async def test_a_new_password_signs_out_everywhere_else(visitor: Visitor, other: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)
    await other.signed_in_as(miriam)

    answer = await visitor.post("/settings/password", {"current": PASSWORD, "password": NEW})

    assert answer.status_code == 303
    assert await belongs(NEW, (await Person.objects().first()).password)
    assert (await visitor.get("/")).status_code == 200
    assert (await other.get("/")).status_code == 303


@pytest.mark.parametrize(
    ("current", "password", "field"), [("falsch", NEW, "current"), (PASSWORD, "zu kurz", "password"), (PASSWORD, "Miriam-Kessler-1", "password")]
)
async def test_a_password_is_not_changed_by_somebody_else_nor_to_a_weak_one(
    visitor: Visitor, miriam: Rep, current: str, password: str, field: str
) -> None:
    await visitor.signed_in_as(miriam)

    answer = await visitor.post("/settings/password", {"current": current, "password": password})

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert password not in answer.text
    assert await belongs(PASSWORD, (await Person.objects().first()).password)


async def test_guessing_the_current_password_has_to_wait_too(visitor: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)

    answers = [await visitor.post("/settings/password", {"current": f"falsch{number}", "password": NEW}) for number in range(6)]

    assert [answer.status_code for answer in answers] == [422] * 5 + [429]


async def test_miriam_sees_where_she_is_signed_in_and_ends_one_place(visitor: Visitor, other: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)
    await other.signed_in_as(miriam)
    await other.get("/")

    page = (await visitor.get("/settings/sessions")).text
    assert "iPhone" in page
    assert "Firefox" in page
    there = page.split("/settings/sessions/")[1].split("/end")[0]
    await visitor.post(f"/settings/sessions/{there}/end")

    assert (await other.get("/")).status_code == 303
    assert (await visitor.get("/")).status_code == 200


async def test_all_other_places_end_at_once(visitor: Visitor, other: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)
    await other.signed_in_as(miriam)

    await visitor.post("/settings/sessions/end-others")

    assert [(await somebody.get("/")).status_code for somebody in (visitor, other)] == [200, 303]


async def test_robin_cannot_end_miriams_session(visitor: Visitor, other: Visitor, miriam: Rep, robin: Rep) -> None:
    await visitor.signed_in_as(miriam)
    await other.signed_in_as(robin)
    hers = await Session.objects().where(Session.person == miriam.person.id).first()

    assert (await other.post(f"/settings/sessions/{hers.id}/end")).status_code == 404
    assert (await visitor.get("/")).status_code == 200


async def test_a_visit_is_noted_at_most_once_a_minute_and_without_the_address(visitor: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)
    await visitor.get("/")
    first = await Session.objects().first()
    await visitor.get("/")
    assert (await Session.objects().first()).seen_at == first.seen_at

    with later(NOTED_EVERY + timedelta(seconds=1)):
        await visitor.get("/")

    last = await Session.objects().first()
    assert last.seen_at > first.seen_at
    assert first.network == network_key("203.0.113.9", now())
    assert "203.0.113.9" not in str(await Session.select())


async def test_a_session_follows_its_browser_to_another_network_at_once(visitor: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)
    await visitor.get("/")

    await visitor.get("/", **{"x-forwarded-for": "8.8.8.8"})

    kept = await Session.objects().first()
    assert (kept.network, kept.country) == (network_key("8.8.8.8", now()), "US")


async def test_an_owner_ends_a_place_and_its_sessions_are_over(visitor: Visitor, other: Visitor, miriam: Rep, robin: Rep) -> None:
    await visitor.signed_in_as(miriam)
    await other.signed_in_as(robin)
    place = await Membership.objects().where(Membership.person == robin.person.id).first()

    await visitor.post(f"/settings/people/{place.id}/end")

    assert (await other.get("/")).status_code == 303
    assert "Robin Vogt" not in (await visitor.get("/settings/people")).text.split("data-toast")[0]


async def test_who_lost_their_place_can_not_sign_in_and_is_told_what_to_do(visitor: Visitor, miriam: Rep) -> None:
    await Membership.update({Membership.ended_at: now()}, force=True)

    answer = await visitor.post("/sign-in", {"email": "miriam@brueckner.example", "password": PASSWORD})

    assert answer.status_code == 422
    assert "Ask the owner of yours for a new invitation." in answer.text


async def test_the_last_owner_stays(visitor: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)
    place = await Membership.objects().first()

    answer = await visitor.post(f"/settings/people/{place.id}/end")

    assert answer.status_code == 422
    assert "A workspace needs an owner." in answer.text


async def test_a_rep_sees_colleagues_and_decides_nothing(visitor: Visitor, miriam: Rep, robin: Rep) -> None:
    await visitor.signed_in_as(robin)
    place = await Membership.objects().where(Membership.person == miriam.person.id).first()

    page = (await visitor.get("/settings/people")).text
    assert "Miriam Kessler" in page
    assert "/settings/invitations" not in page
    for path in ("/settings/invitations", f"/settings/people/{place.id}/end", "/settings/workspace"):
        assert (await visitor.post(path, {"role": OWNER})).status_code == 404
    assert await Invitation.count() == 0


async def test_the_workspace_changes_what_unknown_consent_means(visitor: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)

    await visitor.post("/settings/workspace", {"workspace": "Brückner GmbH", "unknown_consent": "nothing"})

    kept = await Workspace.objects().first()
    assert (kept.name, kept.unknown_consent) == ("Brückner GmbH", "nothing")
    assert (await visitor.post("/settings/workspace", {"workspace": "", "unknown_consent": "nothing"})).status_code == 422


async def test_decoys_are_the_owners_choice_and_off_until_then(visitor: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)
    form = {"workspace": "Brückner", "unknown_consent": "track"}

    assert not checked((await visitor.get("/settings/workspace")).text)
    await visitor.post("/settings/workspace", {**form, "decoys": "on"})
    assert checked((await visitor.get("/settings/workspace")).text)
    assert checked((await visitor.post("/settings/workspace", {**form, "workspace": "", "decoys": "on"})).text)
    await visitor.post("/settings/workspace", form)
    assert not checked((await visitor.get("/settings/workspace")).text)


def checked(page: str) -> bool:
    """Does the switch for decoys stand at on?"""
    (switch,) = re.findall(r'<input type="checkbox" role="switch" name="decoys"[^>]*>', page)
    return " checked" in switch


async def test_a_rep_does_not_decide_about_decoys(visitor: Visitor, robin: Rep) -> None:
    await visitor.signed_in_as(robin)

    assert (await visitor.post("/settings/workspace", {"workspace": "Mine", "unknown_consent": "track", "decoys": "on"})).status_code == 404
    assert not await Workspace.exists().where(Workspace.decoys.eq(True))


@pytest.mark.parametrize("role", ["", "god", "owner\0"])
async def test_no_other_role_can_be_invited(visitor: Visitor, miriam: Rep, role: str) -> None:
    await visitor.signed_in_as(miriam)

    assert (await visitor.post("/settings/invitations", {"role": role})).status_code == 422


async def test_the_owner_says_how_long_opens_and_clicks_are_kept(visitor: Visitor, miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)
    form = {"workspace": "Brückner", "unknown_consent": "track"}

    await visitor.post("/settings/workspace", {**form, "forgets_after": "12"})
    assert '<option value="12" selected>12 months' in (await visitor.get("/settings/workspace")).text
    refused = await visitor.post("/settings/workspace", {**form, "forgets_after": "1"})

    assert (refused.status_code, (await Workspace.objects().first()).forgets_after) == (422, 12)
    assert "Choose from the list how long" in refused.text
