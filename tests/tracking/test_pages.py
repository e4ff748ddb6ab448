"""The reasons as Miriam reads them, and the page where Anna ends it."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.template import TemplateConfig

from app import happenings
from app.contacts.tables import Contact
from app.happenings import ConsentRefused
from app.identity.guarding import signed_in
from app.settings import settings
from app.tracking.pages import PAGES
from app.tracking.silencing import silence
from app.tracking.tables import Silence, Verdict
from app.tracking.tokens import opt_out_url, opt_out_url_for_all
from app.tracking.verdicts import judge_new
from app.web.csrf import csrf
from app.web.errors import HANDLERS
from app.web.replies import towards
from app.web.templates import engine
from tests import people
from tests.tracking.offers import Offer
from tests.tracking.seen import APPLE_MAIL, OLD_CHROME, SAFARI
from tests.visitor import Visitor, visiting

HTMX = {"hx-request": "true"}


def house() -> Litestar:
    return Litestar(
        route_handlers=PAGES, dependencies={"me": Provide(signed_in)}, template_config=TemplateConfig(instance=engine()),
        exception_handlers=HANDLERS, csrf_config=csrf(settings()), before_send=[towards], openapi_config=None,
    )  # fmt: skip


@pytest.fixture
async def browser(database: None) -> AsyncIterator[Visitor]:
    async with visiting(house()) as visitor:
        yield visitor


async def opened(offer: Offer) -> str:
    arrival = await offer.touched(1800, APPLE_MAIL)
    await judge_new()
    return str(arrival.id)


async def test_why_names_the_rules_in_words_and_what_is_not_kept(offer: Offer, browser: Visitor) -> None:
    hit = await opened(offer)
    await browser.signed_in_as(offer.rep)
    fragment = await browser.get(f"/hits/{hit}/why", **HTMX)
    assert fragment.status_code == 200
    assert "Anna Weber opened it" in fragment.text
    assert "<code>B1</code>" in fragment.text
    assert "Apple Mail on the reader" in fragment.text
    assert "30 min after delivery" in fragment.text
    assert "is not kept" in fragment.text
    assert "<html" not in fragment.text
    assert "<html" in (await browser.get(f"/hits/{hit}/why")).text


async def test_every_hit_of_a_message_stands_in_its_thread(offer: Offer, browser: Visitor) -> None:
    await offer.touched(1, OLD_CHROME)
    await offer.touched(1800, SAFARI, "click", 1)
    await opened(offer)
    await browser.signed_in_as(offer.rep)
    shown = (await browser.get(f"/messages/{offer.message.id}/hits", **HTMX)).text
    assert "<b>Anna Weber clicked</b> <q>Link 1</q>" in shown
    assert "A machine loaded it" in shown
    assert shown.index("Anna Weber opened") < shown.index("A machine loaded it")


async def test_the_rep_overrules_and_the_reasons_say_so(offer: Offer, browser: Visitor) -> None:
    hit = await opened(offer)
    await browser.signed_in_as(offer.rep)
    await browser.get(f"/hits/{hit}/why")
    answered = await browser.post(f"/hits/{hit}/overrule", {"who": "me"}, **HTMX)
    assert "You said it was you" in answered.text
    assert (await offer.state()).opens == 0
    assert (await browser.post(f"/hits/{hit}/overrule", {"who": "them"})).headers["location"] == f"/hits/{hit}/why"
    assert (await offer.state()).opens == 1
    assert (await browser.post(f"/hits/{hit}/overrule", {"who": "nobody"})).status_code == 422


async def test_a_colleague_and_a_stranger_find_nothing(offer: Offer, browser: Visitor) -> None:
    hit = await opened(offer)
    assert (await browser.get(f"/hits/{hit}/why")).headers["location"].startswith("/sign-in")
    await browser.signed_in_as(await people.rep("Robin", "robin@brueckner.example", offer.rep.workspace))
    for path in (f"/hits/{hit}/why", f"/messages/{offer.message.id}/hits"):
        assert (await browser.get(path)).status_code == 404
    assert (await browser.post(f"/hits/{hit}/overrule", {"who": "me"})).status_code == 404
    assert {verdict.verdict for verdict in await Verdict.objects()} == {"person"}


async def anna() -> Contact:
    (found,) = await Contact.objects()
    return found


@pytest.fixture(autouse=True)
def wired(heard: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(happenings._reactions, ConsentRefused, [silence])


async def test_anna_sees_what_is_recorded_and_looking_changes_nothing(offer: Offer, browser: Visitor) -> None:
    await opened(offer)
    shown = await browser.get(opt_out_url(offer.rep.workspace.id, (await anna()).id))
    assert shown.status_code == 200
    assert "Brückner Messtechnik" in shown.text
    assert "opened 1 time" in shown.text
    assert "anna@" not in shown.text
    assert (await anna()).consent == "unknown"


async def test_anna_ends_it_with_one_button_for_mail_already_sent_too(offer: Offer, browser: Visitor) -> None:
    url = opt_out_url(offer.rep.workspace.id, (await anna()).id)
    await browser.get(url)
    answered = await browser.post(url)
    assert "Nothing is recorded any more" in answered.text
    assert ((await anna()).consent, await Silence.exists().where(Silence.id == offer.message.id)) == ("refused", True)
    assert "Nothing is recorded any more" in (await browser.get(url)).text
    assert (await browser.post(url)).status_code == 200


async def test_a_mail_to_several_asks_who_they_are_and_tells_nobody_who_else_got_it(offer: Offer, browser: Visitor) -> None:
    url = opt_out_url_for_all(offer.rep.workspace.id, offer.message.id)
    assert "anna@" not in (await browser.get(url)).text
    stranger = await browser.post(url, {"address": "henrik@nordlys.example"})
    assert (await anna()).consent == "unknown"
    hers = await browser.post(url, {"address": " Anna@Alpenblick.example"})
    assert (await anna()).consent == "refused"
    assert stranger.status_code == hers.status_code == 200
    assert "If this mail came to" in stranger.text
    nothing = await browser.post(url, {"address": "<anna>"})
    assert nothing.status_code == 422
    assert "Type the e-mail address" in nothing.text
    assert "&lt;anna&gt;" in nothing.text


async def test_a_damaged_way_out_says_what_to_do(browser: Visitor) -> None:
    for token in ("x", "A" * 64):
        shown = await browser.get(f"/t/{token}")
        assert shown.status_code == 404
        assert "use the link in it" in shown.text


GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


async def test_a_contacts_devices_are_told_exactly_and_no_more(offer: Offer, browser: Visitor) -> None:
    await opened(offer)
    await offer.touched(2400, GMAIL, role="google", network="google")
    await judge_new()
    anna = await Contact.objects().get(Contact.address == "anna@alpenblick.example")
    assert anna
    await browser.signed_in_as(offer.rep)
    shown = " ".join((await browser.get(f"/devices/of-contact/{anna.id}", **HTMX)).text.split())
    assert "<span>Gmail</span><span>device hidden by Google</span>" in shown
    assert "<span>iPhone</span><span>Apple Mail</span><span>Germany</span>" in shown
    assert "Countries by the registries’ data of 27 October" in shown


async def test_a_contact_whose_devices_nobody_knows_is_told_so(offer: Offer, browser: Visitor) -> None:
    anna = await Contact.objects().get(Contact.address == "anna@alpenblick.example")
    assert anna
    await browser.signed_in_as(offer.rep)
    assert "No device is known yet" in (await browser.get(f"/devices/of-contact/{anna.id}", **HTMX)).text


async def test_the_second_picture_of_a_showing_is_listed_as_what_it_is(offer: Offer, browser: Visitor) -> None:
    await opened(offer)
    await offer.touched(1800.3, APPLE_MAIL)
    await judge_new()
    await browser.signed_in_as(offer.rep)
    shown = (await browser.get(f"/messages/{offer.message.id}/hits", **HTMX)).text
    assert shown.count("The same showing of the mail loaded its second picture") == 1
    assert shown.count("<b>Anna Weber opened</b>") == 1
