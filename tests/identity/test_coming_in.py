"""The way in, through the pages: first run, sign in and out, links, invitations."""

import re

import httpx
import pytest

from app.clock import later
from app.identity.guarding import KEPT_FOR
from app.identity.signing_in import make_link
from app.identity.tables import OWNER, REP, Membership, Person, Session, Workspace
from app.security import passwords
from app.security.passwords import hashed
from tests import people
from tests.people import Rep
from tests.visitor import Visitor

PASSWORD = "Kessel4-wandert-leise"
HASHED = passwords.HASHER.hash(PASSWORD)
FIRST = {
    "workspace": "Brückner Messtechnik",
    "name": "Miriam Kessler",
    "email": "Miriam@Brueckner.example",
    "password": PASSWORD,
    "unknown_consent": "clicks",
}


async def miriam() -> Rep:
    return await people.miriam(password=HASHED)


async def test_the_first_visit_founds_the_workspace_and_signs_its_owner_in(visitor: Visitor) -> None:
    assert (await visitor.get("/sign-in")).headers["location"] == "/first-run"
    assert "Nobody has signed in here yet" in (await visitor.get("/first-run")).text

    answer = await visitor.post("/first-run", FIRST)

    assert (answer.status_code, answer.headers["location"]) == (303, "/mailboxes")
    assert (await visitor.get("/")).text == "Miriam Kessler at Brückner Messtechnik"
    workspace, person, place = await Workspace.objects().first(), await Person.objects().first(), await Membership.objects().first()
    assert (workspace.unknown_consent, person.email, place.role) == ("clicks", "miriam@brueckner.example", OWNER)
    assert PASSWORD not in person.password


async def test_the_second_visit_is_no_first_one(visitor: Visitor, other: Visitor) -> None:
    await visitor.post("/first-run", FIRST)

    assert (await other.get("/first-run")).headers["location"] == "/sign-in"
    assert (await other.post("/first-run", FIRST | {"email": "sabotage@else.example"})).status_code == 404
    assert await Workspace.count() == 1


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("workspace", " ", "Type a name, such as that of your company."),
        ("name", "", "Type your name"),
        ("email", "miriam@", "not a complete e-mail address"),
        ("password", "zu kurz", "at least 12 characters"),
        ("password", "MiriamKessler1", "mostly your name"),
        ("unknown_consent", "everything", "Choose what happens"),
    ],
)
async def test_a_wrong_field_says_so_and_what_was_typed_stays_but_the_password(visitor: Visitor, field: str, typed: str, said: str) -> None:
    answer = await visitor.post("/first-run", FIRST | {field: typed})

    assert answer.status_code == 422
    assert said in answer.text
    assert f'id="{field}-error"' in answer.text
    assert "Miriam Kessler" in answer.text or field == "name"
    assert PASSWORD not in answer.text
    assert await Workspace.count() == 0


async def test_nothing_typed_at_all_is_answered_in_words(visitor: Visitor) -> None:
    assert "Type a name, such as that of your company." in (await visitor.post("/first-run")).text


async def test_the_browser_tells_the_time_zone_and_nonsense_is_ignored(visitor: Visitor) -> None:
    await visitor.post("/first-run", FIRST | {"time_zone": "Europe/Vienna\n"})

    assert (await Person.objects().first()).time_zone == "Europe/Berlin"


async def test_miriam_signs_in_and_lands_on_the_page_she_asked_for(visitor: Visitor) -> None:
    await miriam()
    asked = await visitor.get("/settings/people")
    assert asked.headers["location"] == "/sign-in?next=/settings/people"

    answer = await visitor.post("/sign-in", {"email": " MIRIAM@brueckner.example", "password": PASSWORD, "next": "/settings/people"})

    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/people")
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("nachfass="))
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Miriam Kessler" in (await visitor.get("/settings/people")).text


@pytest.mark.parametrize(
    "way", ["https://evil.example", "//evil.example", "/\\evil.example", "\\/evil.example", "javascript:alert(1)", "/\t/evil.example", "evil"]
)
async def test_the_way_back_never_leads_elsewhere(visitor: Visitor, way: str) -> None:
    await miriam()

    answer = await visitor.post("/sign-in", {"email": "miriam@brueckner.example", "password": PASSWORD, "next": way})

    assert answer.headers["location"] == "/"


async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(visitor: Visitor) -> None:
    await miriam()

    known = await visitor.post("/sign-in", {"email": "miriam@brueckner.example", "password": "falsch-geraten-1"})
    unknown = await visitor.post("/sign-in", {"email": "nobody@brueckner.example", "password": "falsch-geraten-1"})

    assert known.status_code == unknown.status_code == 422
    assert told(known).replace("miriam@", "nobody@") == told(unknown)
    assert "do not belong together" in known.text
    assert "falsch-geraten-1" not in known.text


def told(answer: httpx.Response) -> str:
    """A page without what is new in every answer."""
    return re.sub(r'csp-nonce" content="[^"]+"', "", answer.text)


async def test_an_unknown_address_takes_the_work_of_a_known_one(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    monkeypatch.setattr(passwords, "matches", lambda kept, password: verified.append(kept[:9]) or False)
    await miriam()

    for address in ("miriam@brueckner.example", "nobody@brueckner.example"):
        await visitor.post("/sign-in", {"email": address, "password": "falsch-geraten-1"})

    assert verified == ["$argon2id"] * 2


@pytest.mark.parametrize("address", ["miriam@brueckner.example", "nobody@brueckner.example"])
async def test_too_many_wrong_passwords_have_to_wait_whether_or_not_there_is_an_account(visitor: Visitor, address: str) -> None:
    await miriam()
    answers = [await visitor.post("/sign-in", {"email": address, "password": "falsch-geraten-1"}) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert re.search(r"You can try again in (1\d|20) seconds\.", answers[4].text)
    assert 1 <= int(answers[5].headers["retry-after"]) <= 20
    right = await visitor.post("/sign-in", {"email": address, "password": PASSWORD})
    assert right.status_code == 429


async def test_the_door_speaks_german_and_remembers_it(visitor: Visitor) -> None:
    await miriam()

    assert 'lang="de"' in (await visitor.get("/sign-in?lang=de")).text.split("<head>")[0]
    assert 'lang="de"' in (await visitor.get("/sign-in")).text.split("<head>")[0]


async def test_signing_out_ends_the_session_for_good(visitor: Visitor) -> None:
    await visitor.signed_in_as(await miriam())
    kept = visitor.cookie

    assert (await visitor.post("/sign-out")).headers["location"] == "/sign-in"
    visitor.client.cookies.set("nachfass", kept)

    assert (await visitor.get("/")).headers["location"].startswith("/sign-in")


async def test_a_form_from_another_site_is_refused(visitor: Visitor) -> None:
    await visitor.signed_in_as(await miriam())

    assert (await visitor.client.post("/sign-out", data={"_csrf_token": "guessed"})).status_code == 403
    assert (await visitor.get("/")).status_code == 200


async def test_signing_in_again_ends_the_session_this_browser_had(visitor: Visitor) -> None:
    await visitor.signed_in_as(await miriam())
    await visitor.post("/sign-in", {"email": "miriam@brueckner.example", "password": PASSWORD})

    assert await Session.count().where(Session.ended_at.is_null()) == 1


async def test_a_session_unused_for_thirty_days_is_over_and_use_prolongs_it(visitor: Visitor) -> None:
    await visitor.signed_in_as(await miriam())
    with later(KEPT_FOR * 0.9):
        assert (await visitor.get("/")).status_code == 200
    with later(KEPT_FOR * 1.8):
        assert (await visitor.get("/")).status_code == 200
    with later(KEPT_FOR * 2.9):
        assert (await visitor.get("/")).status_code == 303


async def test_a_sign_in_link_works_once_and_not_for_ever(visitor: Visitor, other: Visitor) -> None:
    owner = await miriam()
    link, late = await make_link(owner.person, owner.workspace), await make_link(owner.person, owner.workspace)

    assert (await visitor.get(link)).headers["location"] == "/"
    assert (await visitor.get(link)).headers["location"] == "/"
    assert (await other.get(link)).status_code == 404
    with later(KEPT_FOR):
        assert (await other.get(late)).status_code == 404


async def invitation(owner: Visitor, role: str = REP) -> str:
    page = (await owner.post("/settings/invitations", {"role": role})).text
    return "/invitation/" + page.split("/invitation/")[1].split('"')[0]


async def test_robin_comes_in_by_a_link_that_works_once(visitor: Visitor, other: Visitor) -> None:
    await visitor.signed_in_as(await miriam())
    link = await invitation(visitor)
    assert "Join Brückner Messtechnik" in (await other.get(link)).text

    joined = await other.post(link, {"name": "Robin Vogt", "email": "robin@brueckner.example", "password": "Regal-singt-im-Moor"})

    assert joined.headers["location"] == "/mailboxes"
    assert (await other.get("/")).text == "Robin Vogt at Brückner Messtechnik"
    assert "Robin Vogt" in (await visitor.get("/settings/people")).text
    assert (await other.get(link)).status_code == 404
    assert (await other.post(link, {"name": "R", "email": "r@x.example", "password": "Regal-singt-im-Moor"})).status_code == 404
    assert (await other.post("/settings/invitations", {"role": "owner"})).status_code == 404


async def test_a_withdrawn_or_old_invitation_leads_nowhere(visitor: Visitor, other: Visitor) -> None:
    await visitor.signed_in_as(await miriam())
    withdrawn, old = await invitation(visitor), await invitation(visitor, OWNER)
    page = (await visitor.get("/settings/people")).text
    assert withdrawn not in page
    latest_last = [part.split("/withdraw")[0] for part in page.split("/settings/invitations/")[1:]]

    await visitor.post(f"/settings/invitations/{latest_last[-1]}/withdraw")

    assert (await other.get(withdrawn)).status_code == 404
    assert (await other.get(old)).status_code == 200
    with later(KEPT_FOR):
        assert (await other.get(old)).status_code == 404


async def test_whoever_has_an_account_proves_it_and_keeps_it(visitor: Visitor, other: Visitor) -> None:
    await visitor.signed_in_as(await miriam())
    link = await invitation(visitor)
    elsewhere = await people.rep(
        "Tom Elsner", "tom@else.example", await people.workspace("Elsner"), OWNER, password=await hashed("Regal-singt-im-Moor")
    )

    wrong = await other.post(link, {"name": "X", "email": "tom@else.example", "password": "Something-else-9"})
    right = await other.post(link, {"name": "X", "email": "tom@else.example", "password": "Regal-singt-im-Moor"})

    assert (wrong.status_code, right.status_code) == (422, 303)
    assert (await other.get("/")).text == "Tom Elsner at Brückner Messtechnik"
    assert await Membership.count().where(Membership.person == elsewhere.person.id) == 2
