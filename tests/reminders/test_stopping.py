"""Stop asking for a contact: what is open is settled, nothing new begins by itself, and all of it can be taken back."""

from datetime import timedelta

import pytest

from app.clock import later
from app.contacts.tables import Contact
from app.mailboxes.tables import Mailbox
from app.reminders.letting_go import let_go
from app.reminders.ringing import ring_due
from app.threads.tables import Message
from tests import people
from tests.feed.stage import ANNA, HENRIK, read_now, reply, send
from tests.people import Rep
from tests.reminders.asked import reminder_on, state_of
from tests.visitor import Visitor

FRAGMENT = {"hx-request": "true"}
SOON = timedelta(hours=1, minutes=1)


async def anna() -> Contact:
    found = await Contact.objects().where(Contact.address == ANNA.address).first()
    assert found is not None
    return found


@pytest.fixture
async def rung(miriam: Rep, gmail: Mailbox) -> Message:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(SOON):
        await read_now(gmail)
        await ring_due()
    return sent


async def stop(browser: Visitor, sent: Message) -> str:
    with later(SOON):
        answer = await browser.post(f"/reminders/{(await reminder_on(sent)).id}/stop-asking", **FRAGMENT)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_one_click_settles_all_that_is_open_for_them(browser: Visitor, miriam: Rep, gmail: Mailbox, rung: Message) -> None:
    waiting = await send(miriam, gmail, ANNA, subject="Another", reminds="3d")
    henriks = await send(miriam, gmail, HENRIK, subject="His", reminds="3d")

    said = await stop(browser, rung)

    assert "You are not reminded of Anna Weber any more. That settled 2 reminders." in said
    assert [await state_of(one) for one in (rung, waiting, henriks)] == ["settled", "settled", "waiting"]


async def test_mail_to_them_starts_no_reminder_and_compose_says_so(browser: Visitor, miriam: Rep, gmail: Mailbox, rung: Message) -> None:
    assert "you stopped asking" not in (await browser.get(f"/compose?to={ANNA.address}")).text
    await stop(browser, rung)

    await send(miriam, gmail, ANNA, subject="New", reminds="3d")

    assert "Rings if there is no reply." not in (await browser.get("/reminders")).text
    said = (await browser.get(f"/compose?to={ANNA.address}")).text
    assert "No reminder starts by itself: you stopped asking for Anna Weber." in said
    assert f"/contacts/{(await anna()).id}?view=reminders" in said


async def test_by_hand_it_still_can_be_asked_for(browser: Visitor, miriam: Rep, gmail: Mailbox, rung: Message) -> None:
    await stop(browser, rung)
    sent = await send(miriam, gmail, ANNA, subject="New")
    assert "starts no reminder by itself" in (await browser.get(f"/reminders/of-thread/{sent.thread}")).text

    await browser.post(f"/reminders/of-thread/{sent.thread}", {"when": "3d"}, **FRAGMENT)

    assert await state_of(sent) == "waiting"


async def test_undo_restores_what_it_settled_as_it_stood(browser: Visitor, miriam: Rep, gmail: Mailbox, rung: Message) -> None:
    waiting = await send(miriam, gmail, ANNA, subject="Another", reminds="3d")
    let = await send(miriam, gmail, ANNA, subject="Let go", reminds="3d")
    await let_go(await reminder_on(let))
    await stop(browser, rung)

    answer = await browser.post(f"/reminders/asking/again?contact={(await anna()).id}", **FRAGMENT)

    assert "You are reminded of Anna Weber again" in answer.text
    assert [await state_of(one) for one in (rung, waiting, let)] == ["rung", "waiting", "settled"]
    fresh = await send(miriam, gmail, ANNA, subject="Fresh", reminds="3d")
    assert await state_of(fresh) == "waiting"


async def test_a_reply_meanwhile_keeps_it_settled(browser: Visitor, gmail: Mailbox, rung: Message) -> None:
    await stop(browser, rung)
    with later(2 * SOON):
        await reply(rung)
        await browser.post(f"/reminders/asking/again?contact={(await anna()).id}", **FRAGMENT)
        await read_now(gmail)
        await ring_due()
    assert await state_of(rung) == "settled"


async def test_twice_is_once(browser: Visitor, rung: Message) -> None:
    way = f"/reminders/asking/{(await reminder_on(rung)).id}/stop"
    assert (await browser.post(way, **FRAGMENT)).status_code == 404
    way = f"/reminders/asking/{(await anna()).id}/stop"
    assert "That settled 1 reminder." in (await browser.post(way, **FRAGMENT)).text
    assert "That settled 0 reminders." in (await browser.post(way, **FRAGMENT)).text


async def test_where_others_may_answer_it_goes_on(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, HENRIK, reminds="3d")
    page = (await browser.get("/reminders")).text
    assert "For all of them" in page

    answer = await browser.post(f"/reminders/{(await reminder_on(sent)).id}/stop-asking", {"contact": str((await anna()).id)}, **FRAGMENT)
    assert "You are not reminded of Anna Weber any more." in answer.text

    assert await state_of(sent) == "waiting"
    assert "Others got the mail too, so it goes on." in (await browser.get("/reminders")).text
    await stop(browser, sent)
    assert await state_of(sent) == "settled"


async def test_it_is_on_the_contact_s_page_and_in_settings_with_the_way_back(browser: Visitor, rung: Message) -> None:
    await stop(browser, rung)
    contact = await anna()
    for path in (f"/reminders/of-contact/{contact.id}", f"/reminders/asking/{contact.id}", "/settings/following-up"):
        assert f"/reminders/asking/again?contact={contact.id}" in (await browser.get(path)).text


async def test_a_colleague_is_asked_all_the_same(browser: Visitor, miriam: Rep, rung: Message) -> None:
    robin = await people.rep("Robin Vogt", "robin@brueckner.example", miriam.workspace)
    theirs = await people.mailbox(robin, address="robin@brueckner.example")
    robins = await send(robin, theirs, ANNA, reminds="3d")

    await stop(browser, rung)

    assert await state_of(robins) == "waiting"
    later_on = await send(robin, theirs, ANNA, subject="Later", reminds="3d")
    assert await state_of(later_on) == "waiting"
