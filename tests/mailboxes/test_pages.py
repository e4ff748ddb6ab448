"""The mailboxes page says what each may do, how fresh it is, and what to do about trouble."""

from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from litestar import Litestar, get
from litestar.di import Provide
from litestar.template import TemplateConfig

from app.clock import now
from app.identity.guarding import signed_in
from app.mailboxes import connecting
from app.mailboxes.imap_pages import PAGES as IMAP_PAGES
from app.mailboxes.pages import PAGES
from app.mailboxes.providers.granting import ENDED
from app.mailboxes.tables import GMAIL, OUTLOOK, SEND, Mailbox, SetAside
from app.settings import settings
from app.web.csrf import csrf
from app.web.errors import HANDLERS
from app.web.replies import towards
from app.web.templates import engine
from tests import people
from tests.mailboxes.conftest import ADDRESSES, Strings
from tests.people import Rep
from tests.visitor import Visitor, visiting


@get("/health")
async def health() -> str:
    return "up"


@pytest.fixture(scope="module")
def house() -> Litestar:
    return Litestar(
        route_handlers=[health, *PAGES, *IMAP_PAGES],
        dependencies={"me": Provide(signed_in)},
        template_config=TemplateConfig(instance=engine()),
        exception_handlers=HANDLERS,
        csrf_config=csrf(settings()),
        before_send=[towards],
        openapi_config=None,
    )


@pytest.fixture
async def rep(database: None) -> Rep:
    return await people.miriam()


@pytest.fixture
async def visitor(house: Litestar, rep: Rep) -> AsyncIterator[Visitor]:
    async with visiting(house) as somebody:
        yield await somebody.signed_in_as(rep)


async def test_whoever_has_no_mailbox_is_shown_the_way(visitor: Visitor) -> None:
    page = await visitor.get("/mailboxes")

    assert page.status_code == 200
    assert "No mailbox is connected" in page.text
    assert 'action="/mailboxes/connect/gmail"' in page.text
    assert 'action="/mailboxes/connect/outlook"' in page.text


async def test_without_an_app_the_operator_is_told(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.mailboxes.pages.configured", list)

    page = await visitor.get("/mailboxes")

    assert "GOOGLE_CLIENT_ID" in page.text
    assert "/mailboxes/connect/" not in page.text


@pytest.mark.parametrize("provider", [GMAIL, OUTLOOK])
async def test_miriam_connects_in_the_browser(visitor: Visitor, strings: Strings, provider: str) -> None:
    away = await visitor.post(f"/mailboxes/connect/{provider}", {"tier": "full", "mailbox": ""})
    answered = await strings.consent(away.headers["location"], ADDRESSES[provider])
    back = await visitor.client.get(f"/mailboxes/connected/{provider}", params=answered)
    page = await visitor.get(back.headers["location"])

    assert (away.status_code, back.status_code) == (303, 303)
    assert f"{ADDRESSES[provider]} is connected." in page.text
    assert "first look" in page.text


@pytest.mark.parametrize("provider", [GMAIL, OUTLOOK])
async def test_a_refused_consent_says_so_and_offers_another_try(visitor: Visitor, strings: Strings, provider: str) -> None:
    away = await visitor.post(f"/mailboxes/connect/{provider}", {"tier": "full"})
    answered = await strings.consent(away.headers["location"], ADDRESSES[provider], decision="deny")

    page = await visitor.client.get(f"/mailboxes/connected/{provider}", params=answered)

    assert page.status_code == 422
    assert "You did not allow it" in page.text
    assert f'action="/mailboxes/connect/{provider}"' in page.text


async def test_an_answer_used_twice_gets_a_clear_page(visitor: Visitor, strings: Strings) -> None:
    away = await visitor.post("/mailboxes/connect/gmail", {"tier": "full"})
    answered = await strings.consent(away.headers["location"], ADDRESSES[GMAIL])
    await visitor.client.get("/mailboxes/connected/gmail", params=answered)

    page = await visitor.client.get("/mailboxes/connected/gmail", params=answered)

    assert (page.status_code, "it counts once" in page.text) == (422, True)


async def test_an_organisation_that_forbids_it_gets_the_administrators_page(visitor: Visitor, strings: Strings) -> None:
    await strings.pull(f"mailboxes/{ADDRESSES[OUTLOOK]}", provider="microsoft", needs_admin=True)
    away = await visitor.post("/mailboxes/connect/outlook", {"tier": "full"})
    answered = await strings.consent(away.headers["location"], ADDRESSES[OUTLOOK])

    page = await visitor.client.get("/mailboxes/connected/outlook", params=answered)

    assert "/v2.0/adminconsent?" in page.text
    assert 'value="send"' in page.text


async def test_an_administrator_needs_no_place_here(house: Litestar, database: None) -> None:
    async with visiting(house) as somebody:
        yes = await somebody.get("/mailboxes/allowed?admin_consent=True&tenant=t")
        no = await somebody.get("/mailboxes/allowed?error=access_denied")

    assert "Thank you, it is allowed" in yes.text
    assert "It is not allowed" in no.text


async def test_missing_rights_come_with_a_button(visitor: Visitor, rep: Rep) -> None:
    mailbox = await people.mailbox(rep, rights=[SEND], imported_at=None)

    page = await visitor.get("/mailboxes")

    assert "Allow the rest" in page.text
    assert f'value="{mailbox.id}"' in page.text
    assert "sends only" in page.text


async def test_a_broken_mailbox_says_what_happened_and_what_to_do(visitor: Visitor, rep: Rep) -> None:
    told = {"problem": "reconnect", "problem_words": ENDED, "problem_code": "invalid_grant", "broken_at": now(), "synced_at": now()}
    await people.mailbox(rep, **told)

    page, foot = await visitor.get("/mailboxes"), await visitor.get("/mailboxes/state")

    assert "Google ended the connection" in page.text
    assert "Connect again" in page.text
    assert "1 of 1 not connected" in foot.text


async def test_what_was_set_aside_stays_in_view(visitor: Visitor, rep: Rep) -> None:
    mailbox = await people.mailbox(rep, import_done=12, import_total=12)
    await SetAside(workspace=rep.workspace.id, mailbox=mailbox.id, provider_id="m1", tries=3, why="This mail has no headers.").save()

    page = await visitor.get("/mailboxes")

    assert "Imported 12 sent mails" in page.text
    assert "This mail has no headers." in page.text


async def test_the_import_moves_by_itself_until_it_is_done(visitor: Visitor, rep: Rep) -> None:
    mailbox = await people.mailbox(rep, imported_at=None, import_total=200, import_done=50)

    moving = await visitor.get(f"/mailboxes/{mailbox.id}/import")
    await Mailbox.update({Mailbox.imported_at: now(), Mailbox.import_done: 200}).where(Mailbox.id == mailbox.id)
    done = await visitor.get(f"/mailboxes/{mailbox.id}/import")

    assert ("every 1s" in moving.text, "50 of 200" in moving.text, "25%" in moving.text) == (True, True, True)
    assert ("every 1s" in done.text, "Imported 200" in done.text) == (False, True)


async def test_a_card_that_changed_as_a_whole_is_drawn_anew(visitor: Visitor, rep: Rep) -> None:
    mailbox = await people.mailbox(rep)

    same = await visitor.get(f"/mailboxes/{mailbox.id}/freshness?was=well")
    other = await visitor.get(f"/mailboxes/{mailbox.id}/freshness?was=broken")

    assert (same.headers.get("hx-refresh"), other.headers.get("hx-refresh")) == (None, "true")
    assert "last synced 0 s ago" in same.text


async def test_the_foot_names_the_mailbox_that_is_behind(visitor: Visitor, rep: Rep) -> None:
    await people.mailbox(rep)
    await people.mailbox(rep, OUTLOOK, synced_at=now() - timedelta(minutes=8))

    foot = await visitor.get("/mailboxes/state")

    assert "1 of 2 not connected" in foot.text
    assert "Outlook · m.kessler" in foot.text


async def test_disconnecting_says_what_is_kept(visitor: Visitor, strings: Strings) -> None:
    away = await visitor.post("/mailboxes/connect/gmail", {"tier": "full"})
    await visitor.client.get("/mailboxes/connected/gmail", params=await strings.consent(away.headers["location"], ADDRESSES[GMAIL]))
    mailbox = await Mailbox.objects().first()
    assert mailbox is not None

    dialog = await visitor.get("/mailboxes")
    gone = await visitor.post(f"/mailboxes/{mailbox.id}/disconnection")
    page = await visitor.get(gone.headers["location"])

    assert "What was logged stays" in dialog.text
    assert "is disconnected. Google took the permission back." in page.text
    assert "Connect again" in page.text


async def test_somebody_elses_mailbox_is_not_there(visitor: Visitor, rep: Rep) -> None:
    robin = await people.rep("Robin Vogt", "robin@brueckner.example", rep.workspace)
    hers = await people.mailbox(robin, address="robin@brueckner.example")

    for path in ("freshness", "import"):
        assert (await visitor.get(f"/mailboxes/{hers.id}/{path}")).status_code == 404
    for path in ("reading", "disconnection"):
        assert (await visitor.post(f"/mailboxes/{hers.id}/{path}")).status_code == 404
    assert (await visitor.post("/mailboxes/connect/gmail", {"tier": "full", "mailbox": str(hers.id)})).status_code == 404
    assert "robin@" not in (await visitor.get("/mailboxes")).text


@pytest.mark.parametrize("data", [{"tier": "everything"}, {"tier": "full", "mailbox": "not-a-mailbox"}])
async def test_a_form_that_was_tampered_with_is_refused(visitor: Visitor, data: dict[str, str]) -> None:
    page = await visitor.post("/mailboxes/connect/gmail", data)

    assert page.status_code == 422


async def test_german_pages_render(visitor: Visitor, rep: Rep) -> None:
    await people.mailbox(rep)
    await rep.person.update_self({"locale": "de"})

    assert (await visitor.get("/mailboxes")).status_code == 200


async def test_the_redirect_url_is_the_one_to_register() -> None:
    assert urlsplit(connecting.redirect_url(OUTLOOK)).path == "/mailboxes/connected/outlook"
