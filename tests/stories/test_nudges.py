"""What moves a quiet thread on, with Gmail and with Outlook, over HTTP only."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from app.clock import later, now
from app.database import rows
from app.mailboxes.providers.base import NOTE_HEADER
from app.reminders.digesting import digest_due
from tests.people import PROVIDERS
from tests.stories.at_work import Miriam, People, at_work, said
from tests.stories.processes import served
from tests.waiting import until

pytestmark = pytest.mark.parametrize("provider", PROVIDERS)

ANNA = "anna.weber@alpenblick.example"
OFFER = '<div>Dear Anna, <a href="https://brueckner.example/offer">our offer</a> is attached.</div>'
Cast = tuple[Miriam, People]


@pytest.fixture
async def cast(database: None, sandbox: str, tmp_path: Path, provider: str) -> AsyncIterator[Cast]:
    """An empty house that Miriam has just moved into, her mailbox connected, and a mail to Anna that nobody answered."""
    async with served("all", tmp_path) as house:
        async with at_work(house.base, sandbox) as (miriam, people):
            await miriam.begins()
            await miriam.connects(provider)
            await miriam.sends(f"Anna Weber <{ANNA}>", "Offer 4711", OFFER, reminds="1h")
            await people.got(ANNA, "Offer 4711")
            await miriam.sees("/reminders?state=waiting", "Anna Weber · Offer 4711")
            await rows("UPDATE message SET at = at - interval '3 days'")
            await rows("UPDATE reminder SET due_at = due_at - interval '3 days'")
            await miriam.sees("/reminders?state=rung", "Anna Weber · Offer 4711", reading=True)
            yield miriam, people
        assert house.faults() == []


async def test_a_quiet_thread_is_moved_on(cast: Cast, provider: str) -> None:
    """Not asked for any more, and asked for again; at rest until Anna opens it; followed up in the same thread."""
    await nobody_is_asked_for_until_it_is_taken_back(*cast)
    await it_rests_until_anna_opens_it(*cast)
    await a_follow_up_is_drafted_read_and_sent(*cast)


async def nobody_is_asked_for_until_it_is_taken_back(miriam: Miriam, people: People) -> None:
    page = await miriam.browser.open("/reminders?state=rung")
    await miriam.presses(page, "/stop-asking")
    await miriam.sees("/reminders?state=settled", "Anna Weber · Offer 4711", "You stopped asking for Anna Weber.")
    assert "No reminder starts by itself: you stopped asking for Anna Weber." in said((await miriam.browser.open(f"/compose?to={ANNA}")).html)
    await miriam.sends(f"Anna Weber <{ANNA}>", "Offer 4712", OFFER, reminds="1h")
    await people.got(ANNA, "Offer 4712")
    await miriam.sees("/", "You sent Offer 4712 to Anna Weber")
    assert "Offer 4712" not in said((await miriam.browser.open("/reminders")).html)

    page = await miriam.browser.open("/reminders?state=settled")
    await miriam.presses(page, "/reminders/asking/again")
    await miriam.sees("/reminders?state=rung", "Anna Weber · Offer 4711")


async def it_rests_until_anna_opens_it(miriam: Miriam, people: People) -> None:
    page = await miriam.browser.open("/reminders?state=rung")
    await miriam.presses(page, "/snooze", until="opened")
    await miriam.sees("/reminders?state=snoozed", "Anna Weber · Offer 4711", "Snoozed until they open it, or until")

    mail = await people.got(ANNA, "Offer 4711")
    await people.act(ANNA, mail, "scan")
    await miriam.sees("/", "A machine, not Anna Weber")
    await miriam.sees("/reminders?state=snoozed", "Anna Weber · Offer 4711", reading=True)

    await people.act(ANNA, mail, "open", **{"as": "iphone"})
    await miriam.sees("/reminders?state=rung", "Anna Weber · Offer 4711", "Somebody opened it, so it is back.", reading=True)


async def a_follow_up_is_drafted_read_and_sent(miriam: Miriam, people: People) -> None:
    page = await miriam.browser.open("/reminders?state=rung")
    draft = await miriam.presses(page, "/follow-up", text="friendly-en")
    assert "Read it before you send it." in said(draft.html)
    assert "I wrote to you 3 days ago about “Offer 4711”." in unescape(draft.html)
    assert (await miriam.presses(await miriam.browser.open("/reminders?state=rung"), "/follow-up", text="short-en")).url == draft.url

    form = draft.form(lambda form: form.id == "compose", "to compose")
    letter = miriam.letter(draft, form, reminds="1h")
    sent = await miriam.browser.client.post(
        letter.action, files=[(name, (None, value)) for name, value in letter.fields], headers=miriam.from_page(draft)
    )
    assert sent.status_code == 200

    mail = await people.got(ANNA, "Re: Offer 4711")
    assert "Hi Anna," in mail["text"]
    copies = [one for one in await people.folder(miriam.address, "sent") if one["subject"].endswith("4711")]
    assert len({one["thread"] for one in copies}) == 1
    await miriam.sees("/reminders?state=waiting", "Anna Weber · Offer 4711", "You wrote again.")


async def test_the_digest_is_put_into_the_mailbox_once_and_its_links_only_show(cast: Cast, provider: str, tmp_path: Path) -> None:
    miriam, people = cast
    monday = datetime.combine(now().date() + timedelta(days=7 - now().weekday()), datetime.min.time(), UTC) + timedelta(hours=9)
    page = await miriam.browser.open("/settings/following-up")
    await miriam.presses(page, "/settings/following-up/digest", wanted="on", at="08:00")
    async with served("worker", tmp_path), served("worker", tmp_path):
        with later(monday - now()):
            await asyncio.gather(*(digest_due() for _ in range(3)))
        assert await rows("SELECT count(*) AS n FROM letter") == [{"n": 1}]
        await rows("UPDATE letter SET due_at = now()")  # that Monday has come, for the three that put it there

        async def put() -> bool:
            return bool((await rows("SELECT put_at FROM letter"))[0]["put_at"])

        await until(put, "the letter is in the inbox")
    mails = [one for one in await people.folder(miriam.address, "inbox") if one["subject"].startswith("Your morning")]
    assert len(mails) == 1
    assert NOTE_HEADER.lower() in {name.lower() for name, _ in mails[0]["headers"]}
    link = re.findall(r'href="([^"]+/look/[^"]+)"', mails[0]["html"])[0]

    async with httpx.AsyncClient(base_url=miriam.browser.base) as stranger:
        shown = await stranger.get(urlsplit(link).path)
        assert shown.status_code == 200
        assert "Anna Weber · Offer 4711" in said(shown.text)
        assert "our offer" not in shown.text
        way = unescape(re.findall(r'href="(/digest/[^"]+act=done)"', shown.text)[0])
        assert (await stranger.get(way)).headers["location"].startswith("/sign-in?next=/digest/")
    await miriam.sees("/reminders?state=rung", "Anna Weber · Offer 4711", reading=True)
    page = await miriam.browser.open(way)
    await miriam.presses(page, "/done")
    await miriam.sees("/reminders?state=settled", "Anna Weber · Offer 4711")
    assert await rows("SELECT count(*) AS n FROM hit") == [{"n": 0}]
    assert await rows("SELECT count(*) AS n FROM message WHERE subject LIKE 'Your morning%'") == [{"n": 0}]
