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
from app.mailboxes.alarming import BROKEN, alarms, measure
from app.mailboxes.imap_pages import PAGES as IMAP_PAGES
from app.mailboxes.pages import PAGES
from app.mailboxes.providers.granting import ENDED, WRONG_APP
from app.mailboxes.tables import GMAIL, OUTLOOK, SEND, Mailbox, SetAside
from app.settings import settings
from app.threads.pages import RemovalPages
from app.threads.receiving import receive
from app.web.csrf import csrf
from app.web.errors import HANDLERS
from app.web.replies import towards
from app.web.templates import engine
from tests import people
from tests.mailboxes.conftest import ADDRESSES, Strings
from tests.people import Rep
from tests.threads.mails import sent_copy
from tests.visitor import Visitor, visiting


@get("/health")
async def health() -> str:
    return "up"


@pytest.fixture(scope="module")
def house() -> Litestar:
    return Litestar(
        route_handlers=[health, *PAGES, *IMAP_PAGES, RemovalPages],
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


async def test_a_card_says_how_changes_come(visitor: Visitor, rep: Rep) -> None:
    mailbox = await people.mailbox(rep)
    looked_at = (await visitor.get("/mailboxes")).text
    await mailbox.update_self({Mailbox.pushed_until: now() + timedelta(days=1)})
    told = (await visitor.get("/mailboxes")).text
    await mailbox.update_self({Mailbox.problem: "retry"})
    in_trouble = (await visitor.get("/mailboxes")).text

    words = "Google tells Nachfass at once what is new; besides, it looks every 5 minutes."
    assert ["looks for what is new every 20 seconds" in page for page in (looked_at, told, in_trouble)] == [True, False, True]
    assert [words in page for page in (looked_at, told, in_trouble)] == [False, True, False]


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


async def test_an_import_is_stopped_taken_up_and_begun_anew_in_the_browser(visitor: Visitor, rep: Rep) -> None:
    mailbox = await people.mailbox(rep, imported_at=None, import_total=200, import_done=50)

    stopped = await visitor.get((await visitor.post(f"/mailboxes/{mailbox.id}/import/stop")).headers["location"])
    going = await visitor.get((await visitor.post(f"/mailboxes/{mailbox.id}/import/resumption")).headers["location"])
    too_early = await visitor.post(f"/mailboxes/{mailbox.id}/import", {"days": "365"})
    await visitor.post(f"/mailboxes/{mailbox.id}/import/stop")
    anew = await visitor.get((await visitor.post(f"/mailboxes/{mailbox.id}/import", {"days": "365"})).headers["location"])

    assert "Stopped after 50 of 200" in stopped.text
    assert "Go on importing" in stopped.text
    assert "Stop the import" in going.text
    assert (too_early.status_code, "Stop it first" in too_early.text) == (422, True)
    assert "Looking for what was sent (a year)" in anew.text


async def test_what_was_imported_is_counted_before_it_goes(visitor: Visitor, rep: Rep) -> None:
    mailbox = await people.mailbox(rep)
    await receive(mailbox, sent_copy(now()), True)

    page = await visitor.get(f"/mailboxes/{mailbox.id}/history/removal")
    nothing = await visitor.get(f"/mailboxes/{(await people.mailbox(rep, OUTLOOK)).id}/history/removal?everything=true")

    assert "This removes 1 message and 1 contact" in page.text
    assert "Anna Weber" in page.text
    assert "this removes nothing" in nothing.text


async def test_a_mailbox_that_only_sends_says_what_is_not_possible(visitor: Visitor, rep: Rep) -> None:
    await people.mailbox(rep, rights=[SEND], imported_at=None, synced_at=None)

    page = await visitor.get("/mailboxes")

    assert "opens and clicks are recorded" in page.text
    assert "a reminder rings even if somebody answered, and says so" in page.text
    assert "Nothing of the past" not in page.text


async def test_the_operators_errors_are_shown_to_owners_and_ask_nobody_to_connect_again(visitor: Visitor, house: Litestar, rep: Rep) -> None:
    wrong = {"problem": "operator", "problem_words": WRONG_APP, "problem_code": "AADSTS7000222", "broken_at": now(), "synced_at": now()}
    robin = await people.rep("Robin Vogt", "robin@brueckner.example", rep.workspace)
    await people.mailbox(robin, OUTLOOK, **wrong)

    owners = await visitor.get("/mailboxes")
    async with visiting(house) as somebody:
        robins = await (await somebody.signed_in_as(robin)).get("/mailboxes")

    assert "1 mailbox of this workspace stands still" in owners.text
    assert "The client secret has expired." in owners.text
    assert ("stands still" in robins.text, "Connect again" in robins.text) == (False, False)
    assert "Your operator has to correct it" in robins.text


async def test_prometheus_counts_what_stands_still(rep: Rep) -> None:
    await people.mailbox(rep, OUTLOOK, problem="operator", problem_code="AADSTS7000222")

    await measure()

    assert BROKEN.labels(OUTLOOK, "operator")._value.get() == 1
    assert [(alarm.code, alarm.mailboxes) for alarm in await alarms()] == [("AADSTS7000222", 1)]


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
    assert (await visitor.get(f"/mailboxes/{hers.id}/history/removal")).status_code == 404
    for path in ("reading", "disconnection", "import", "import/stop", "import/resumption", "history/removal"):
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
