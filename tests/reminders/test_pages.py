"""The reminders page, its fragments and its acts, as a browser gets them."""

import re
from datetime import timedelta

import pytest

from app.clock import later
from app.contacts.tables import Contact
from app.mailboxes.tables import Mailbox
from app.reminders.letting_go import let_go
from app.reminders.ringing import ring_due
from app.reminders.snoozing import snooze
from app.threads.tables import Message
from tests.feed.stage import ANNA, HENRIK, SABINE, break_down, read_now, reply, send
from tests.people import Rep
from tests.reminders.asked import reminder_on, state_of
from tests.visitor import Visitor

SOON = timedelta(hours=1, minutes=1)
FRAGMENT = {"hx-request": "true"}


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
async def rung(miriam: Rep, gmail: Mailbox) -> Message:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(SOON):
        await read_now(gmail)
        await ring_due()
    return sent


async def test_an_empty_page_says_how_to_get_one(browser: Visitor) -> None:
    assert "No reminders yet" in (await browser.get("/reminders")).text
    for state in ("rung", "held", "waiting", "snoozed", "settled", "nonsense"):
        assert (await browser.get(f"/reminders?state={state}")).status_code == 200


async def test_every_state_has_its_group_and_each_its_story(browser: Visitor, miriam: Rep, gmail: Mailbox, rung: Message) -> None:
    await send(miriam, gmail, HENRIK, subject="Waits", reminds="3d")
    answered = await send(miriam, gmail, SABINE, subject="Answered", reminds="3d")
    snoozed = await send(miriam, gmail, SABINE, subject="Snoozed", reminds="3d")
    held = await send(miriam, gmail, SABINE, subject="Held", reminds="1h")
    let = await send(miriam, gmail, SABINE, subject="Let go", reminds="1h")
    await let_go(await reminder_on(let))
    await snooze(await reminder_on(snoozed), miriam.person, "tomorrow")
    with later(SOON):
        await reply(answered, SABINE)
        await break_down(gmail)
        await ring_due()
        said = words((await browser.get("/reminders")).text)
    assert held.id
    for sentence in (
        "No reply in 61 minutes.", "Rings if there is no reply.", "You snoozed it.", "Sabine Vogt replied.", "You let it go.",
        "Held, because miriam@brueckner.example is not connected.", "1 message looked at.", "You wrote, and asked to be reminded if nobody answers.",
    ):  # fmt: skip
        assert sentence in said


async def test_a_state_can_be_looked_at_alone(browser: Visitor, miriam: Rep, gmail: Mailbox, rung: Message) -> None:
    await send(miriam, gmail, HENRIK, subject="Waits", reminds="3d")
    said = words((await browser.get("/reminders?state=waiting")).text)
    assert "Henrik Larsen · Waits" in said
    assert "Anna Weber · Offer" not in said


async def test_done_by_htmx_shows_a_toast_and_lets_every_part_read_itself_anew(browser: Visitor, rung: Message) -> None:
    reminder = await reminder_on(rung)
    answer = await browser.post(f"/reminders/{reminder.id}/done", **FRAGMENT)
    assert (answer.status_code, answer.headers["hx-trigger"]) == (200, '{"reminders": {"target": "body"}}')
    assert f"/reminders/{reminder.id}/undone" in answer.text
    assert await state_of(rung) == "settled"


async def test_done_without_script_goes_back_to_the_page_and_can_be_undone(browser: Visitor, rung: Message) -> None:
    reminder = await reminder_on(rung)
    answer = await browser.post(f"/reminders/{reminder.id}/done", referer="http://localhost:8025/?who=people")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?who=people")
    assert "Let go." in (await browser.get("/reminders")).text
    await browser.post(f"/reminders/{reminder.id}/undone")
    assert await state_of(rung) == "rung"


async def test_nobody_is_led_to_another_site(browser: Visitor, rung: Message) -> None:
    reminder = await reminder_on(rung)
    for origin in ("https://evil.example/reminders", "http://localhost:8025//evil.example"):
        answer = await browser.post(f"/reminders/{reminder.id}/done", referer=origin)
        assert answer.headers["location"] == "/reminders"


async def test_a_reminder_is_snoozed_from_its_row(browser: Visitor, rung: Message) -> None:
    reminder = await reminder_on(rung)
    answer = await browser.post(f"/reminders/{reminder.id}/snooze", {"until": "next_week"}, **FRAGMENT)
    assert "Snoozed until" in words(answer.text)
    assert await state_of(rung) == "snoozed"
    refused = await browser.post(f"/reminders/{reminder.id}/snooze", {}, **FRAGMENT)
    assert refused.status_code == 422


async def test_a_reminder_is_asked_for_in_the_thread(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    assert "Remind me" in (await browser.get(f"/reminders/of-thread/{sent.thread}")).text
    answer = await browser.post(f"/reminders/of-thread/{sent.thread}", {"when": "3d", "date": ""}, **FRAGMENT)
    assert "It rings on" in words(answer.text)
    assert "Another date" in (await browser.get(f"/reminders/of-thread/{sent.thread}")).text
    refused = await browser.post(f"/reminders/of-thread/{sent.thread}", {"when": "3d", "date": "2001-01-01T10:00"}, **FRAGMENT)
    assert "Choose a later day" in refused.text


async def test_the_badge_counts_what_waits_for_the_rep(browser: Visitor, rung: Message) -> None:
    assert ">1<" in (await browser.get("/reminders/badge")).text
    beside = (await browser.get("/reminders/waiting-for-you")).text
    assert "Anna Weber" in beside
    await let_go(await reminder_on(rung))
    assert (await browser.get("/reminders/badge")).text.strip() == ""


async def test_a_contact_s_reminders_are_a_part_of_their_page(browser: Visitor, rung: Message) -> None:
    anna = await Contact.objects().where(Contact.address == ANNA.address).first()
    assert anna is not None
    assert "Offer 2026" in (await browser.get(f"/reminders/of-contact/{anna.id}")).text


async def test_a_date_in_words_is_shown_before_it_is_saved(browser: Visitor) -> None:
    said = words((await browser.get("/moment?words=2+weeks+before+1+March+2031&into=reminds_at")).text)
    assert said == "Saturday, 15 February 2031, 09:00"
    assert "We can’t read this as one moment." in (await browser.get("/moment?words=3/4")).text
    assert "is over. Name a time to come." in (await browser.get("/moment?words=2+May+2020")).text
    assert words((await browser.get("/moment")).text) == ""


async def test_a_thread_is_to_come_back_when_words_say(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)

    answer = await browser.post(f"/reminders/of-thread/{sent.thread}", {"when": "3d", "words": "1 March 2028 at 8:15"}, **FRAGMENT)

    assert "It rings on Wednesday, 1 March 2028, 08:15, if nobody answers." in words(answer.text)
    assert (await reminder_on(sent)).due_at.isoformat() == "2028-03-01T07:15:00+00:00"


async def test_words_that_name_no_moment_change_nothing(browser: Visitor, rung: Message) -> None:
    reminder = await reminder_on(rung)

    answer = await browser.post(f"/reminders/{reminder.id}/snooze", {"words": "when pigs fly"}, **FRAGMENT)

    assert answer.status_code == 422
    assert "when pigs fly" in answer.text
    assert (await reminder_on(rung)).due_at == reminder.due_at


async def test_a_reminder_is_snoozed_until_words_say(browser: Visitor, rung: Message) -> None:
    reminder = await reminder_on(rung)

    await browser.post(f"/reminders/{reminder.id}/snooze", {"words": "1. März 2028 mittags"}, **FRAGMENT)

    assert (await reminder_on(rung)).due_at.isoformat() == "2028-03-01T11:00:00+00:00"
