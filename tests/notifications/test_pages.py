"""The settings of notifications: what is told by which way, quiet hours, how a thread comes back, and the browsers."""

import json

import pytest
from litestar import Litestar

from app.attention.choosing import choice_of
from app.attention.kinds import DESKTOP, MAIL, OPENS, PUSH, REMINDERS, REPLIES
from app.attention.muting import choose, chosen_among
from app.clock import now
from app.database import rows
from app.identity.guarding import Me
from app.identity.tables import Person
from app.mailboxes.tables import SEND, Mailbox
from app.notifications.delivering import deliver_due
from app.notifications.tables import Delivery, Device
from app.threads.tables import Thread
from tests import people
from tests.feed.stage import ANNA, hit, reply, send
from tests.notifications.push_service import Browser, PushService
from tests.people import Rep, mailbox
from tests.visitor import Visitor, visiting

PAGE = "/settings/notifications"
AJAX = {"hx-request": "true"}


async def test_what_is_chosen_is_kept_and_shown(browser: Visitor, miriam: Rep) -> None:
    fields = {
        "push": [REPLIES, REMINDERS], "desktop": OPENS, "mail": [], "quiet": "on", "quiet_from": "20:00", "quiet_until": "07:15",
        "urgent": REMINDERS, "returns": ["inbox", "digest"],
    }  # fmt: skip
    answer = await browser.post(PAGE, fields)
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)

    choice = await choice_of(miriam.person.id)
    assert choice.kinds == {PUSH: {REMINDERS, REPLIES}, DESKTOP: {OPENS}, MAIL: frozenset()}
    assert (str(choice.quiet.start), str(choice.quiet.end), choice.urgent) == ("20:00:00", "07:15:00", {REMINDERS})  # type: ignore[union-attr]
    kept = await Person.objects().first()
    assert (kept.returns_in_inbox, kept.returns_as_notification, kept.returns_in_digest) == (True, False, True)
    shown = (await browser.get(PAGE)).text
    assert 'value="07:15"' in shown
    assert shown.count(" checked") == 3 + 1 + 1 + 2


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"quiet": "on", "quiet_from": "20:00", "quiet_until": "20:00", "returns": "inbox"}, "quiet_until"),
        ({"quiet": "on", "quiet_from": "late", "quiet_until": "", "returns": "inbox"}, "quiet_until"),
        ({"push": REPLIES}, "returns"),
    ],
)
async def test_what_makes_no_sense_is_refused_at_its_field_and_nothing_is_kept(
    browser: Visitor, miriam: Rep, fields: dict[str, str], field: str
) -> None:
    answer = await browser.post(PAGE, fields)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert await rows("SELECT FROM attention") == []
    assert (await Person.objects().first()).returns_in_inbox


async def test_the_page_says_where_mail_goes_or_that_it_can_go_nowhere(browser: Visitor, miriam: Rep) -> None:
    await mailbox(miriam, rights=[SEND], tokens=b"sealed")
    assert "So far none is." in (await browser.get(PAGE)).text
    await mailbox(miriam, tokens=b"sealed", address="miriam@home.example")
    assert "Mail is put into miriam@home.example" in (await browser.get(PAGE)).text


async def test_a_browser_is_let_in_tried_and_removed(pushes: PushService, browser: Visitor, miriam: Rep) -> None:
    assert "No browser tells you anything yet." in (await browser.get(PAGE)).text
    said = pushes.browser().said()
    assert (await browser.post(f"{PAGE}/devices", said)).status_code == 303
    device = await Device.objects().first()
    page = (await browser.get(PAGE)).text
    assert "127.0.0.1" in page
    assert "data-subscribe" not in page

    under_way = await browser.post(f"{PAGE}/devices/{device.id}/try", **AJAX)
    assert "It is on its way." in under_way.text
    await deliver_due()
    assert "last told" in (await browser.get(f"{PAGE}/devices", **AJAX)).text

    assert (await browser.post(f"{PAGE}/devices/{device.id}/remove")).status_code == 303
    assert await Device.count() == 0
    assert (await browser.post(f"{PAGE}/devices/{device.id}/try")).status_code == 404


async def test_the_same_browser_twice_is_one_and_goes_over_to_whoever_signs_in_there(
    pushes: PushService, phone: Browser, me: Me, browser: Visitor, miriam: Rep
) -> None:
    await browser.post(f"{PAGE}/devices", phone.said())
    (device,) = await Device.objects()
    assert device.session != me.session.id


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "ftp://push.example/1"}, {"endpoint": ""}, {"endpoint": "https://[broken"}, {"p256dh": "AAAA"}, {"auth": "c2hvcnQ"},
        {"p256dh": "ä"}, {"endpoint": "https://push.example/" + "x" * 2000},
    ],
)  # fmt: skip
async def test_what_no_browser_would_say_is_refused(pushes: PushService, browser: Visitor, miriam: Rep, wrong: dict[str, str]) -> None:
    answer = await browser.post(f"{PAGE}/devices", pushes.browser().said() | wrong)
    assert answer.status_code == 422
    assert await Device.count() == 0


@pytest.mark.parametrize("endpoint", ["https://10.0.0.7/push", "https://169.254.169.254/latest", "https://[::1]/push", "http://93.184.215.14/push"])
async def test_no_browser_leads_us_into_the_network(pushes: PushService, browser: Visitor, miriam: Rep, endpoint: str) -> None:
    answer = await browser.post(f"{PAGE}/devices", pushes.browser().said() | {"endpoint": endpoint})
    assert answer.status_code == 422
    assert "private network" in answer.text
    assert await Device.count() == 0


async def test_a_colleague_can_neither_try_nor_remove_it(phone: Browser, house: Litestar, miriam: Rep) -> None:
    robin = await people.rep("Robin Vogel", "robin@brueckner.example", miriam.workspace)
    device = await Device.objects().first()
    async with visiting(house) as somebody:
        hers = await somebody.signed_in_as(robin)
        assert (await hers.post(f"{PAGE}/devices/{device.id}/try")).status_code == 404
        assert (await hers.post(f"{PAGE}/devices/{device.id}/remove")).status_code == 404
    assert (await Device.count(), await Delivery.count()) == (1, 0)


async def test_a_browser_that_moved_is_known_by_its_old_address_and_by_nothing_else(
    pushes: PushService, phone: Browser, house: Litestar, miriam: Rep, gmail: Mailbox
) -> None:
    new = pushes.browser("b2")
    async with visiting(house) as nobody:
        headers = {"content-type": "application/json"}
        strange = await nobody.client.post("/push/renewed", content=json.dumps({"old": "https://guessed.example/1", **new.said()}), headers=headers)
        moved = await nobody.client.post("/push/renewed", content=json.dumps({"old": phone.endpoint, **new.said()}), headers=headers)
    assert (strange.status_code, moved.status_code) == (404, 204)
    await hit(await send(miriam, gmail, ANNA))
    await deliver_due()
    assert [push.path for push in pushes.taken] == ["/push/b2"]


async def test_the_worker_is_served_at_the_root_and_never_kept_for_long(house: Litestar) -> None:
    async with visiting(house) as nobody:
        answer = await nobody.get("/sw.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(("hears", "told"), [("nothing", []), ("replies", ["replied"]), ("everything", ["opened", "replied"])])
async def test_a_thread_has_a_choice_of_its_own(phone: Browser, me: Me, miriam: Rep, gmail: Mailbox, hears: str, told: list[str]) -> None:
    await rows("INSERT INTO attention (id, person, push, desktop, mail, urgent, changed_at) VALUES ($1, $1, '{replies}', '{}', '{}', '{}', $2)",
               miriam.person.id, now())  # fmt: skip
    sent = await send(miriam, gmail, ANNA)
    thread = await Thread.objects().get(Thread.id == sent.thread)
    assert thread is not None
    await choose(me, thread, hears)
    await hit(sent)
    await reply(sent)
    assert sorted(one.kind for one in await Delivery.objects()) == told


async def test_the_choice_of_a_thread_is_made_on_its_page_and_listed(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    answer = await browser.post(f"/threads/{sent.thread}/hearing", {"hears": "replies"}, **AJAX)
    assert answer.headers["hx-trigger"] == '{"muted": {"target": "body"}}'
    assert await chosen_among([miriam.person.id], [sent.thread]) == {(miriam.person.id, sent.thread): "replies"}
    assert "replies only" in (await browser.get("/settings/muted")).text
    assert "Offer 2026" in (await browser.get(PAGE)).text
    assert (await browser.post(f"/threads/{sent.thread}/hearing", {"hears": "shouting"}, **AJAX)).status_code == 422
    await browser.post(f"/threads/{sent.thread}/hearing", {"hears": ""})
    assert await chosen_among([miriam.person.id], [sent.thread]) == {}


async def test_without_a_key_the_page_says_whom_to_ask(browser: Visitor, miriam: Rep) -> None:
    shown = (await browser.get(PAGE)).text
    assert "nachfass doctor --fix" in shown
    assert "data-subscribe" not in shown
