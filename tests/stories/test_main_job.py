"""The main job from the first visit on, with Gmail and with Outlook: through pages, forms and the providers' own protocols only."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from app.clock import now
from app.database import rows
from app.mailboxes.providers.base import NOTE_HEADER
from app.mailboxes.tables import GMAIL
from tests.people import PROVIDERS
from tests.stories.at_work import Json, Miriam, People, at_work, said
from tests.stories.processes import served
from tests.waiting import until

pytestmark = pytest.mark.parametrize("provider", PROVIDERS)

ANNA = "anna.weber@alpenblick.example"
OFFER = '<div>Dear Anna, <a href="https://brueckner.example/offer?no=4711&amp;lang=de">our offer</a> is attached.</div>'
PDF = b"%PDF-1.7 twelve sensors"
Cast = tuple[Miriam, People]


@pytest.fixture
async def cast(database: None, sandbox: str, tmp_path: Path, provider: str) -> AsyncIterator[Cast]:
    """An empty house that Miriam has just moved into, her mailbox connected."""
    async with served("all", tmp_path) as house:
        async with at_work(house.base, sandbox) as (miriam, people):
            await miriam.begins()
            page = await miriam.connects(provider)
            assert f"{miriam.address} is connected." in said(page.html)
            yield miriam, people
        assert house.faults() == []


async def time_passes(minutes: int) -> None:
    """Everything sent so far was sent that much earlier, and every reminder is due that much sooner."""
    await rows("UPDATE message SET at = at - make_interval(mins => $1)", minutes)
    await rows("UPDATE reminder SET due_at = due_at - make_interval(mins => $1)", minutes)


def step(html: str, name: str) -> str:
    """What a thread's ladder says about a step: `Opened` was reached when."""
    found = re.search(rf"<b>{name}</b><span>(.*?)</span>", html, re.S)
    return said(found.group(1)) if found else ""


async def test_a_tracked_mail_is_seen_opened_clicked_and_answered(cast: Cast, provider: str) -> None:
    miriam, people = cast
    await miriam.sends(f"Anna Weber <{ANNA}>", "Offer 4711", OFFER, files=(("offer.pdf", PDF, "application/pdf"),), reminds="1h")

    mail = await people.got(ANNA, "Offer 4711")
    assert mail["attachments"] == ["offer.pdf"]
    assert len(set(mail["images"])) == 1  # the same above and below: Gmail cuts off long mail
    await miriam.sees("/", "You sent Offer 4711 to Anna Weber")
    thread = await miriam.thread_of("Offer 4711")

    await people.act(ANNA, mail, "scan")
    page = await miriam.sees("/", "A machine, not Anna Weber")
    assert "Anna Weber opened" not in said(page.html)
    assert step((await miriam.sees(thread, "Offer 4711")).html, "Opened") == "not yet"

    await time_passes(2)
    await people.act(ANNA, mail, "open", **{"as": "iphone"})
    await miriam.sees("/", "Anna Weber opened Offer 4711", "iPhone")
    assert step((await miriam.browser.open(thread)).html, "Opened") not in ("", "not yet")

    visited = (await people.act(ANNA, mail, "click", link=0, **{"as": "iphone"}))["visited"]
    assert (visited[0]["status"], visited[0]["location"]) == (302, "https://brueckner.example/offer?no=4711&lang=de")
    await miriam.sees("/", "Anna Weber clicked our offer in Offer 4711")

    await people.act(ANNA, mail, "reply", text="Thank you, we take all twelve.")
    await miriam.sees("/", "Anna Weber replied to Offer 4711", "we take all twelve", reading=True)
    page = await miriam.browser.open(thread)
    assert step(page.html, "Replied") not in ("", "not yet")
    assert "Thank you, we take all twelve." in said(page.html)
    await miriam.sees("/reminders?state=settled", "Anna Weber · Offer 4711", "replied")
    assert "Nothing waits for you." in said((await miriam.browser.open("/reminders?state=rung")).html)


async def test_a_quiet_thread_comes_back_on_top_and_an_out_of_office_settles_nothing(cast: Cast, provider: str) -> None:
    miriam, people = cast
    await miriam.sends(f"Anna Weber <{ANNA}>", "Offer 4712", OFFER, reminds="1h")
    mail = await people.got(ANNA, "Offer 4712")
    await miriam.sees("/reminders?state=waiting", "Anna Weber · Offer 4712")

    back_on = (now() + timedelta(days=9)).date()
    await people.act(ANNA, mail, "out-of-office", until=back_on.isoformat())
    await miriam.sees("/", "A machine answered Offer 4712 for Anna Weber", "Away, back on", reading=True)
    await miriam.sees("/reminders?state=waiting", "Anna Weber · Offer 4712", "It waits until one working day after that.")
    await miriam.sees(f"/compose?to={ANNA}", "Anna Weber is away and back on")

    await time_passes(120)
    await miriam.sees("/reminders?state=waiting", "Anna Weber · Offer 4712", reading=True)
    await rows("UPDATE reminder SET due_at = due_at - make_interval(days => 14)")
    await miriam.sees("/", "No reply from Anna Weber in 2 hours on Offer 4712", reading=True)
    await miriam.sees("/reminders?state=rung", "Anna Weber · Offer 4712", "Back on top of your inbox.")
    top = (await people.folder(miriam.address, "inbox"))[-1]
    assert NOTE_HEADER.lower() in {name.lower() for name, _ in top["headers"]}
    assert top["subject"] == "Offer 4712"
    assert not top["read"]
    if provider == GMAIL:
        assert top["thread"] == (await people.folder(miriam.address, "sent"))[-1]["thread"]
    else:
        assert 'href="https://' in top["html"]  # Exchange lets nobody join a conversation; the note leads there

    await people.act(ANNA, mail, "reply", text="Back again. Yes, please.")
    await miriam.sees("/reminders?state=settled", "Anna Weber · Offer 4712", reading=True)

    async def note_is_gone() -> bool:
        return not any(copy["id"] == top["id"] for copy in await people.folder(miriam.address, "inbox"))

    await until(note_is_gone, "the note has left the inbox")


async def test_a_new_mail_with_the_same_subject_is_asked_about(cast: Cast, provider: str) -> None:
    miriam, people = cast
    await miriam.sends(f"Anna Weber <{ANNA}>", "Offer 4717", OFFER, reminds="1h")
    mail = await people.got(ANNA, "Offer 4717")
    await miriam.sees("/", "You sent Offer 4717 to Anna Weber")
    await people.act(ANNA, mail, "write", text="We would take ten.")
    await miriam.sees("/", "Anna Weber wrote something that may answer Offer 4717", "We would take ten.", reading=True)

    await time_passes(120)
    page = await miriam.sees("/reminders?state=held", "Anna Weber · Offer 4717", "Is it?", reading=True)
    await miriam.presses(page, "/answer", judgement="yes")
    await miriam.sees("/reminders?state=settled", "Anna Weber · Offer 4717", "replied")
    assert step((await miriam.browser.open(await miriam.thread_of("Offer 4717"))).html, "Replied") not in ("", "not yet")


async def test_what_comes_back_is_said_and_what_shall_not_be_kept_is_not(cast: Cast, provider: str) -> None:
    miriam, people = cast
    await miriam.sends("Dieter Kurz <nobody@kurz.example>", "Offer 4713", OFFER)
    await miriam.sees("/", "Your mail Offer 4713 to Dieter Kurz came back", reading=True)
    page = await miriam.browser.open(await miriam.thread_of("Offer 4713"))
    assert "It did not arrive at nobody@kurz.example." in said(page.html)
    await miriam.sees("/compose?to=nobody@kurz.example", "Mail to nobody@kurz.example came back on", "The address does not exist.")

    await miriam.sends("Ute Full <full@kurz.example>", "Offer 4716", OFFER, reminds="1h")
    await miriam.sees("/", "Your mail Offer 4716 to Ute Full came back", "That need not last", reading=True)
    await miriam.sees("/reminders?state=waiting", "Ute Full · Offer 4716", "came back, but not for good")

    await miriam.sends("Tom Hartley <tom@hartley.example>", "Dinner on Friday", OFFER)
    await miriam.sees("/", "You sent Dinner on Friday to Tom Hartley")
    page = await miriam.browser.open("/never-log/preview?pattern=hartley.example")
    assert "This removes 1 message on 1 contact." in said(page.html)
    await miriam.presses(page, "/never-log")
    await miriam.sees("/", "Offer 4713", without=("Dinner on Friday", "Tom Hartley"))
    assert "Tom Hartley" not in said((await miriam.browser.open("/contacts")).html)

    await miriam.sends("Tom Hartley <tom@hartley.example>", "Dinner on Saturday", OFFER)
    mail = await people.got("tom@hartley.example", "Dinner on Saturday")
    assert (mail["images"], links_of_ours(mail)) == ([], [])
    assert "Dinner on Saturday" not in said((await miriam.browser.open("/")).html)


async def test_a_refusal_stops_recording_at_once_while_picture_and_link_still_answer(cast: Cast, provider: str) -> None:
    miriam, people = cast
    await miriam.sends(f"Anna Weber <{ANNA}>", "Offer 4714", OFFER)
    mail = await people.got(ANNA, "Offer 4714")
    await miriam.sees("/", "You sent Offer 4714")
    await time_passes(2)
    await people.act(ANNA, mail, "open", **{"as": "outlook"})
    await miriam.sees("/", "Anna Weber opened Offer 4714", "Windows")

    await stop_recording(next(link["url"] for link in mail["links"] if "/t/" in link["url"]))
    await miriam.sees("/", "Anna Weber does not want to be tracked")
    before = await rows("SELECT id FROM hit ORDER BY id")
    opened = (await people.act(ANNA, mail, "open", **{"as": "iphone"}))["visited"]
    clicked = (await people.act(ANNA, mail, "click", link=0, **{"as": "iphone"}))["visited"]

    assert [one["status"] for one in (*opened, *clicked)] == [200, 302]
    assert await rows("SELECT id FROM hit ORDER BY id") == before
    page = await miriam.browser.open("/contacts")
    contact = re.search(r'href="(/contacts/[0-9a-f-]{36})"', page.html)
    assert contact
    await miriam.sees(contact.group(1), "refused")

    await miriam.sends(f"Anna Weber <{ANNA}>", "Offer 4715", OFFER)
    mail = await people.got(ANNA, "Offer 4715")
    assert (mail["images"], links_of_ours(mail)) == ([], [])


def links_of_ours(mail: Json) -> list[str]:
    return [link["url"] for link in mail["links"] if "/c/" in link["url"]]


async def stop_recording(url: str) -> None:
    """Anna, on the page that the line in the mail leads to; she has no session."""
    async with httpx.AsyncClient() as client:
        page = await client.get(url)
        token = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
        assert page.status_code == 200
        assert token
        done = await client.post(url, data={"_csrf_token": token.group(1)}, headers={"Origin": url.partition("/t/")[0]})
        assert done.status_code in (200, 303)
