"""A rep who travels: what waits stays on its wall, and comes along when asked; both clocks are shown."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.contacts.tables import Contact
from app.errors import Refused
from app.identity.tables import Person
from app.mailboxes.tables import Mailbox
from app.reminders.snoozing import snooze
from app.reminders.travelling import stays, take_along
from app.threads.tables import Message
from tests import people
from tests.feed.stage import ANNA, HENRIK, SABINE, send
from tests.people import Rep
from tests.reminders.asked import last_step, reminder_on, story_of
from tests.reminders.test_reckoning import THURSDAY, on
from tests.visitor import Visitor

PROFILE = {"name": "Miriam Kessler", "locale": "en", "time_zone": "Asia/Tokyo", "theme": ""}
FRAGMENT = {"hx-request": "true"}
SINCE = THURSDAY + timedelta(minutes=1)
"""When everything that waits has been asked for, however long that took."""


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def undo_in(html: str) -> str:
    found = re.search(r"/reminders/elsewhere/[0-9a-f-]+/undone", html)
    assert found
    return found[0]


@pytest.fixture
async def browser(browser: Visitor, miriam: Rep) -> Visitor:
    """Signed in that Thursday."""
    with on(THURSDAY):
        return await browser.signed_in_as(miriam)


@pytest.fixture
async def waiting(miriam: Rep, gmail: Mailbox) -> list[Message]:
    """Two on the wall in Berlin, and one asked for in hours."""
    with on(THURSDAY):
        return [await send(miriam, gmail, to, reminds=asked) for to, asked in ((ANNA, "3d"), (HENRIK, "1w"), (SABINE, "4h"))]


async def due(sent: Message, zone: str) -> str:
    return f"{(await reminder_on(sent)).due_at.astimezone(ZoneInfo(zone)):%d %b %H:%M}"


async def test_changing_the_time_zone_moves_nothing_and_offers_to(browser: Visitor, waiting: list[Message]) -> None:
    with on(SINCE):
        await browser.post("/settings", PROFILE)
        page = (await browser.get("/settings")).text
        offer = words((await browser.get("/reminders/elsewhere")).text)
        row = words((await browser.get("/reminders?state=waiting")).text)

    assert [await due(sent, "Europe/Berlin") for sent in waiting] == ["14 Mar 14:30", "18 Mar 14:30", "11 Mar 18:30"]
    assert "/reminders/elsewhere" in page
    assert "2 reminders stay at Berlin time. Move them to Tokyo time?" in offer
    assert "Sunday, 14 March, 22:30 14:30 in Berlin" in row


async def test_they_come_along_at_the_same_time_of_day_and_go_back_again(browser: Visitor, waiting: list[Message]) -> None:
    with on(SINCE):
        await browser.post("/settings", PROFILE)
        answer = (await browser.post("/reminders/elsewhere", {"zone": "Europe/Berlin"}, **FRAGMENT)).text
        along = [await due(sent, "Asia/Tokyo") for sent in waiting]
        nothing_left = words((await browser.get("/reminders/elsewhere")).text)
        step = await last_step(await reminder_on(waiting[0]))
        back = words((await browser.post(undo_in(answer), **FRAGMENT)).text)

    assert "2 reminders are on the clock in Tokyo now." in words(answer)
    assert along == ["14 Mar 14:30", "18 Mar 14:30", "12 Mar 02:30"]
    assert nothing_left == ""
    assert (step.values["from_city"], step.values["to_city"]) == ("Europe/Berlin", "Asia/Tokyo")
    assert "2 reminders are back on their old clock." in back
    assert [await due(sent, "Europe/Berlin") for sent in waiting] == ["14 Mar 14:30", "18 Mar 14:30", "11 Mar 18:30"]
    assert await story_of(await reminder_on(waiting[0])) == ["waiting", "waiting", "waiting"]


async def test_what_happened_since_is_not_taken_back(browser: Visitor, miriam: Rep, waiting: list[Message]) -> None:
    with on(SINCE):
        await browser.post("/settings", PROFILE)
        answer = (await browser.post("/reminders/elsewhere", {"zone": "Europe/Berlin"}, **FRAGMENT)).text
        await miriam.person.refresh()
        await snooze(await reminder_on(waiting[1]), miriam.person, "tomorrow")
        back = words((await browser.post(undo_in(answer), **FRAGMENT)).text)

    assert "1 reminder is back on its old clock." in back
    assert await due(waiting[0], "Europe/Berlin") == "14 Mar 14:30"
    assert await due(waiting[1], "Asia/Tokyo") == "12 Mar 09:00"


async def test_where_both_clocks_show_the_same_nothing_is_offered(miriam: Rep, waiting: list[Message]) -> None:
    await miriam.person.update_self({Person.time_zone: "Europe/Vienna"})

    assert await stays(miriam.person) == []
    with pytest.raises(Refused, match="No reminder stays there any more"):
        await take_along(miriam.person, "Europe/Berlin")


async def test_what_goes_by_the_recipients_clock_stays_there(miriam: Rep, gmail: Mailbox) -> None:
    await people.contact(miriam.workspace, time_zone="America/New_York")
    with on(THURSDAY):
        await send(miriam, gmail, ANNA, reminds="1d[them]")
    await miriam.person.update_self({Person.time_zone: "Asia/Tokyo"})

    assert await stays(miriam.person) == []


async def test_reminders_of_a_colleague_stay_where_they_are(browser: Visitor, miriam: Rep, waiting: list[Message]) -> None:
    robin = await people.rep("Robin Vogt", "robin@brueckner.example", miriam.workspace, time_zone="Asia/Tokyo")

    assert await stays(robin.person) == []


async def test_both_clocks_are_shown_where_they_differ(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    anna = await people.contact(miriam.workspace, time_zone="Asia/Tokyo")
    with on(THURSDAY):
        sent = await send(miriam, gmail, ANNA, reminds="2027-03-16T09:00")
        reminder = await reminder_on(sent)
        pages = [f"/reminders/of-thread/{sent.thread}", f"/reminders/of-contact/{anna.id}", f"/reminders/{reminder.id}", "/reminders"]
        shown = [words((await browser.get(page)).text) for page in pages]
        await Contact.update({Contact.time_zone: "Europe/Vienna"}).where(Contact.id == anna.id)
        alike = words((await browser.get("/reminders")).text)

    assert all("17:00 for Anna in Tokyo" in text for text in shown)
    assert "16 March, 09:00 by the clock in Berlin" in shown[2]
    assert "for Anna" not in alike


async def test_what_is_chosen_is_shown_on_both_clocks_before_it_is_saved(browser: Visitor, miriam: Rep) -> None:
    anna = await people.contact(miriam.workspace, time_zone="Asia/Tokyo")
    await miriam.person.update_self({Person.rings_at_work: True})
    about = f"/moment?rings=1&contact={anna.id}"
    with on(THURSDAY):
        mine = words((await browser.get(f"{about}&when=1d")).text)
        moved = words((await browser.get(f"{about}&words=saturday+12:00")).text)
        theirs = words((await browser.get(f"{about}&when=1d&by=on")).text)
        date_first = words((await browser.get(f"{about}&when=1d&date=2027-03-16T09:00")).text)
        compose = await browser.get("/moment?rings=1&field=reminds_words&reminds=date&reminds_words=tuesday+10:00&reminds_by=on"
                                    "&to=Anna+%3Canna@alpenblick.example%3E&into=reminds_at")  # fmt: skip
        never = words((await browser.get("/moment?rings=1&field=reminds_words&reminds=&reminds_words=tuesday")).text)

    assert mine == "Friday, 12 March 2027, 14:30 · 22:30 for Anna in Tokyo"
    assert moved.startswith("Monday, 15 March 2027, 09:00 · 17:00 for Anna in Tokyo")
    assert "Saturday, 13 March, 12:00 is no working day of yours, so it waits for the next one." in moved
    assert theirs == "Friday, 12 March 2027, 01:00 · 09:00 for Anna in Tokyo"
    assert date_first.startswith("Tuesday, 16 March 2027, 09:00")
    assert "Tuesday, 16 March 2027, 02:00 · 10:00 for Anna in Tokyo" in words(compose.text)
    assert 'value="2027-03-16T10:00"' in compose.text
    assert never == ""


async def test_whose_clock_nobody_knows_is_said(browser: Visitor, miriam: Rep) -> None:
    anna = await people.contact(miriam.workspace)
    with on(THURSDAY):
        known = (await browser.get(f"/moment?rings=1&contact={anna.id}&when=1d&by=on")).text
        nobody = words((await browser.get("/moment?rings=1&field=reminds_words&reminds=1d&reminds_by=on")).text)

    assert "Nobody noted Anna’s time zone, so this goes by your clock." in words(known)
    assert f"/contacts/{anna.id}?view=details" in known
    assert "Nobody knows whose clock that is yet, so this goes by yours." in nobody


async def test_a_reminder_by_annas_clock_is_asked_for_on_her_page(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    anna = await people.contact(miriam.workspace, time_zone="America/New_York")
    with on(THURSDAY):
        sent = await send(miriam, gmail, ANNA)
        form = words((await browser.get(f"/reminders/of-thread/{sent.thread}")).text)
        await browser.post(f"/reminders/of-thread/{sent.thread}", {"condition": "no_reply", "when": "1d", "by": "on"})
        await browser.post(f"/reminders/of-contact/{anna.id}", {"condition": "no_reply", "words": "next monday", "by": "on"})

    assert "By Anna’s clock" in form
    assert (await reminder_on(sent)).wall_at == datetime(2027, 3, 12, 9, 0)
    assert (await reminder_on(sent)).zone == "America/New_York"


async def test_someone_elses_contact_is_not_looked_at(browser: Visitor) -> None:
    stranger = await people.contact(await people.workspace("Elsewhere"), time_zone="Asia/Tokyo")

    assert (await browser.get(f"/moment?rings=1&contact={stranger.id}&when=1d&by=on")).status_code == 404


async def test_a_time_that_the_clock_skips_or_shows_twice_is_told(browser: Visitor) -> None:
    with on(THURSDAY):
        skipped = words((await browser.get("/moment?rings=1&words=28+march+2:30")).text)
        twice = words((await browser.get("/moment?rings=1&words=31+october+2:30")).text)
        once = words((await browser.get("/moment?rings=1&words=28+march+3:30")).text)

    assert skipped == "Sunday, 28 March 2027, 03:30 The clock is put forward then and never shows 02:30."
    assert twice == "Sunday, 31 October 2027, 02:30 The clock is put back then and shows 02:30 twice; the first counts."
    assert once == "Sunday, 28 March 2027, 03:30"
