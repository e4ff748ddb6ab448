"""Asking for a reminder from everywhere, and the page that tells the whole story of one, as a browser gets them."""

import re
from datetime import timedelta

import pytest

from app.clock import later, now
from app.contacts.tables import Contact
from app.database import rows
from app.happenings import CONDITIONS, NOT_CLICKED, NOT_OPENED, OPENED_NO_REPLY, REGARDLESS
from app.identity.tables import Person
from app.mailboxes.tables import Cursor, Mailbox
from app.reminders.ringing import ring_due
from app.reminders.tables import Reminder
from app.threads.receiving import receive
from app.threads.tables import Message
from tests import people
from tests.feed.stage import ANNA, break_down, hit, read_now, reply, send
from tests.people import Rep
from tests.reminders.asked import reminder_on, state_of
from tests.threads import mails
from tests.visitor import Visitor

SOON = timedelta(hours=1, minutes=1)
FRAGMENT = {"hx-request": "true"}


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def offered(html: str) -> list[str]:
    """The conditions that a form offers."""
    found = re.search(r'name="condition".*?</select>', html, re.S)
    return re.findall(r'value="(\w+)"', found.group()) if found else []


@pytest.fixture
async def anna(miriam: Rep) -> Contact:
    return await people.contact(miriam.workspace)


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (NOT_OPENED, "if nobody opens it."), (OPENED_NO_REPLY, "if it is opened and nobody answers."), (NOT_CLICKED, "if nobody clicks a link."),
        (REGARDLESS, "in any case."),
    ],
)  # fmt: skip
async def test_each_condition_is_asked_for_in_the_thread(browser: Visitor, miriam: Rep, gmail: Mailbox, condition: str, said: str) -> None:
    sent = await send(miriam, gmail, ANNA)
    assert offered((await browser.get(f"/reminders/of-thread/{sent.thread}")).text) == list(CONDITIONS)

    answer = await browser.post(f"/reminders/of-thread/{sent.thread}", {"condition": condition, "when": "3d"}, **FRAGMENT)

    assert words(answer.text).endswith(said) or said in words(answer.text)
    assert (await reminder_on(sent)).condition == condition


async def test_what_can_not_be_known_is_not_offered_and_refused_with_a_sentence(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, opens_tracked=False, links=[])
    page = (await browser.get(f"/reminders/of-thread/{sent.thread}")).text
    assert offered(page) == ["no_reply", "regardless"]
    assert "What is not tracked in this mail can’t be waited for." in page

    answer = await browser.post(f"/reminders/of-thread/{sent.thread}", {"condition": NOT_OPENED, "when": "3d"}, **FRAGMENT)

    assert answer.status_code == 422
    assert "Opens of this mail are not tracked" in words(answer.text)
    assert not await Reminder.exists()


async def test_one_mail_is_waited_on(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    assert f"/reminders/of-message/{sent.id}/new" in (await browser.get(f"/threads/{sent.thread}")).text
    assert "Remind me of “Offer 2026”" in words((await browser.get(f"/reminders/of-message/{sent.id}/new")).text)

    await browser.post(f"/reminders/of-message/{sent.id}", {"condition": NOT_OPENED, "words": "next Tuesday 9:00"}, **FRAGMENT)

    reminder = await reminder_on(sent)
    assert (reminder.scope, reminder.condition, reminder.message) == ("message", NOT_OPENED, sent.id)


async def test_of_what_came_in_nobody_waits_for_an_answer(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    answer = await reply(await send(miriam, gmail, ANNA))
    assert (await browser.get(f"/reminders/of-message/{answer.id}/new")).status_code == 404


async def test_the_feed_s_row_leads_to_the_form(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    await hit(sent)
    assert f'hx-get="/reminders/of-thread/{sent.thread}/new"' in (await browser.get("/")).text
    form = await browser.get(f"/reminders/of-thread/{sent.thread}/new", **FRAGMENT)
    assert "<html" not in form.text
    assert offered(form.text) == list(CONDITIONS)
    assert "<h1>" in (await browser.get(f"/reminders/of-thread/{sent.thread}/new")).text


async def test_without_script_the_form_leads_back_to_the_reminders(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    way = f"http://localhost:8025/reminders/of-thread/{sent.thread}/new"
    answer = await browser.post(f"/reminders/of-thread/{sent.thread}", {"condition": NOT_OPENED, "when": "3d"}, referer=way)
    assert answer.headers["location"] == "/reminders"
    assert "Rings if nobody opens it." in words((await browser.get("/reminders")).text)


async def test_the_person_s_own_condition_and_span_are_chosen_where_they_can_be(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    await Person.update({Person.reminds_if: NOT_OPENED, Person.reminds_after: "1w"}).where(Person.id == miriam.person.id)
    tracked, plain = await send(miriam, gmail, ANNA), await send(miriam, gmail, ANNA, opens_tracked=False)
    form = (await browser.get(f"/reminders/of-thread/{tracked.thread}")).text
    assert 'value="not_opened" selected' in form
    assert 'value="1w" selected' in form
    assert 'value="no_reply" selected' in (await browser.get(f"/reminders/of-thread/{plain.thread}")).text


async def test_a_contact_is_waited_for_until_they_write(browser: Visitor, miriam: Rep, gmail: Mailbox, anna: Contact) -> None:
    assert offered((await browser.get(f"/reminders/of-contact/{anna.id}")).text) == ["no_reply", "regardless"]
    answer = await browser.post(f"/reminders/of-contact/{anna.id}", {"when": "1h"}, **FRAGMENT)
    assert "if nothing is heard from them." in words(answer.text)
    for page in (f"/reminders/of-contact/{anna.id}", "/reminders", "/reminders?state=waiting"):
        assert "Rings if nothing is heard from them." in words((await browser.get(page)).text), page
    with later(SOON):
        await read_now(gmail)
        await ring_due()
        for page in ("/", "/reminders/waiting-for-you", "/reminders?state=rung"):
            assert f"/compose?to={ANNA.address}".replace("@", "%40") in (await browser.get(page)).text, page
        assert "Nothing heard from Anna Weber in 61 minutes" in words((await browser.get("/")).text)
        reminder = await Reminder.objects().first()
        assert reminder is not None
        assert "and Anna Weber had not written" in words((await browser.get(f"/reminders/{reminder.id}")).text)
        await receive(gmail, mails.reply("", now(), thread="t9", Subject="Hello"), imported=False)
        assert "Anna Weber wrote." in words((await browser.get(f"/reminders/{reminder.id}")).text)


async def test_the_story_says_what_was_asked_and_what_each_step_was_decided_by(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    await Cursor(workspace=gmail.workspace, mailbox=gmail.id, folder="all", value="48211 " + "page" * 20).save()
    sent = await send(miriam, gmail, ANNA, reminds="1h", reminds_if=OPENED_NO_REPLY)
    opened = await hit(sent)
    await rows("UPDATE message SET opened_at = $2 WHERE id = $1", sent.id, now())
    with later(SOON):
        await read_now(gmail)
        await ring_due()
    with later(timedelta(hours=2)):
        answer = await reply(sent, match="thread")
        page = (await browser.get(f"/reminders/{(await reminder_on(sent)).id}")).text
    said = words(page)
    for sentence in (
        "if it is opened, but not answered", "You wrote, and asked to be reminded.", "Settled. Anna Weber replied.",
        "It lies in the same conversation and came after your mail (rule M2).", "by a person", "48211",
    ):  # fmt: skip
        assert sentence in said, sentence
    assert f"/threads/{sent.thread}#message-{answer.id}" in page
    assert f"/hits/{opened}/why" in page
    assert "pagepage" not in page


async def test_the_story_holds_the_buttons_of_what_is_open(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(SOON):
        await break_down(gmail)
        await ring_due()
        reminder = await reminder_on(sent)
        assert f'action="/reminders/{reminder.id}/ringing"' in (await browser.get(f"/reminders/{reminder.id}")).text
        await read_now(gmail)
        await receive(gmail, mails.reply("", now(), thread="t9", Subject=sent.subject), imported=False)
        await ring_due()
        assert 'name="judgement" value="yes"' in (await browser.get(f"/reminders/{reminder.id}")).text
        fragment = await browser.get(f"/reminders/{reminder.id}", **FRAGMENT)
    assert "<html" not in fragment.text
    assert await state_of(sent) == "held"


async def test_a_mail_that_was_removed_is_counted_in_the_story(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    answer = await reply(sent)
    await Message.delete().where(Message.id == answer.id)
    assert "1 mail that was removed since." in words((await browser.get(f"/reminders/{(await reminder_on(sent)).id}")).text)


async def test_a_row_that_rang_leads_to_its_story(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h", reminds_if=NOT_OPENED)
    with later(SOON):
        await read_now(gmail)
        await ring_due()
        page = (await browser.get("/")).text
    assert "has not opened" in words(page)
    assert f'href="/reminders/{(await reminder_on(sent)).id}"' in page


async def test_a_story_that_is_gone_says_so(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    reminder = await reminder_on(sent)
    await Reminder.delete().where(Reminder.id == reminder.id)
    gone = await browser.get(f"/reminders/{reminder.id}")
    assert gone.status_code == 404
    assert "There is no such reminder here." in words(gone.text)
