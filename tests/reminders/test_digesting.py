"""The morning digest: once a working day, at the time on the rep's wall, and only when there is something to say."""

import asyncio
import re
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.clock import later, new_id, now
from app.database import rows
from app.identity.guarding import Me
from app.identity.tables import Membership, Person
from app.mailboxes.tables import Letter, Mailbox
from app.outbox.setting_off import LATE
from app.outbox.tables import Dispatch, Draft, Scheduled
from app.reminders.asking import listed
from app.reminders.choosing_mornings import choose
from app.reminders.digesting import digest_due, is_time
from app.reminders.hearing import remind_of_contact
from app.reminders.letting_go import let_go
from app.reminders.ringing import ring_due
from app.reminders.tables import Digest, DigestChoice, Reminder
from app.threads.tables import Message
from app.web.calendars import calendar_in
from tests import people
from tests.feed.stage import ANNA, HENRIK, SABINE, break_down, read_now, send
from tests.people import Rep
from tests.reminders.asked import reminder_on, state_of
from tests.visitor import Visitor

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2031, 3, 10, 7, 59, tzinfo=BERLIN)


def there(at: datetime) -> timedelta:
    return at - datetime.now(UTC)


async def as_me(rep: Rep) -> Me:
    return Me(rep.person, rep.workspace, await people.session(rep), "owner")


@pytest.fixture
async def wanted(miriam: Rep, gmail: Mailbox) -> None:
    """Miriam wants it at eight, since the week before."""
    with later(there(MONDAY - timedelta(days=7))):
        await choose(await as_me(miriam), True, "08:00")


@pytest.fixture
async def rung(miriam: Rep, gmail: Mailbox, wanted: None) -> Message:
    """Anna has not answered since Friday."""
    with later(there(MONDAY - timedelta(days=3))):
        sent = await send(miriam, gmail, ANNA, reminds="1d")
    with later(there(MONDAY)):
        await read_now(gmail)
        await ring_due()
    assert await state_of(sent) == "rung"
    return sent


async def at(moment: datetime, *, hours: float = 0) -> list[Letter]:
    """The worker ticks at this moment; all letters so far."""
    with later(there(moment + timedelta(hours=hours))):
        await digest_due()
    found: list[Letter] = await Letter.objects().order_by(Letter.written_at)
    return found


async def test_it_comes_at_the_time_and_not_before(rung: Message) -> None:
    assert await at(MONDAY) == []

    (letter,) = await at(MONDAY + timedelta(minutes=2))

    assert letter.subject == "Your morning: 1 thread waits for you"
    assert "Anna Weber · Offer 2026" in letter.text
    assert "No reply in 3 days." in letter.text
    assert "Anna Weber" in letter.html
    assert timedelta(0) <= letter.good_until - datetime(2031, 3, 11, tzinfo=BERLIN) < timedelta(minutes=1)


async def test_it_never_comes_twice_a_day_however_many_workers_tick(rung: Message) -> None:
    with later(there(MONDAY + timedelta(minutes=2))):
        await asyncio.gather(*(digest_due() for _ in range(5)))
        await DigestChoice.update({DigestChoice.due_at: now()}, force=True)
        await asyncio.gather(*(digest_due() for _ in range(5)))
    for hours in range(1, 20):
        await at(MONDAY, hours=hours)

    assert len(await Letter.objects()) == 1
    assert len(await at(MONDAY + timedelta(days=1, minutes=5))) == 2


async def test_killed_in_the_middle_nothing_was_written_and_it_comes_all_the_same(rung: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        """kill -9."""

    async def dies(*_: object, **__: object) -> bool:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("app.reminders.digesting.write_home", dies)
        with pytest.raises(Killed):
            await at(MONDAY + timedelta(minutes=2))
    assert await Digest.count() == 0

    assert len(await at(MONDAY + timedelta(minutes=3))) == 1


async def test_a_worker_that_was_down_sends_it_the_same_day_but_not_the_next(rung: Message) -> None:
    assert len(await at(MONDAY + timedelta(hours=3))) == 1
    assert len(await at(MONDAY + timedelta(days=1, hours=14))) == 1
    assert len(await at(MONDAY + timedelta(days=2, hours=-5))) == 1
    assert len(await at(MONDAY + timedelta(days=2, minutes=1))) == 2


async def test_on_a_free_day_nothing_comes(rung: Message) -> None:
    saturday, good_friday = datetime(2031, 3, 15, 9, tzinfo=BERLIN), datetime(2031, 4, 11, 9, tzinfo=BERLIN)
    assert await at(saturday) == []
    assert await at(good_friday) == []


async def test_the_rep_s_own_working_days_count(miriam: Rep, rung: Message) -> None:
    await miriam.person.update_self({Person.works_on: "23456", Person.country: "DE", Person.region: "BY"})
    assert await at(MONDAY + timedelta(minutes=2)) == []
    assert len(await at(datetime(2031, 3, 15, 8, 1, tzinfo=BERLIN))) == 1  # a Saturday
    assert len(await at(datetime(2032, 1, 6, 8, 1, tzinfo=BERLIN))) == 1  # Epiphany is free in Bavaria


async def test_with_nothing_to_say_nothing_is_sent_and_the_page_says_so(browser: Visitor, miriam: Rep, gmail: Mailbox, wanted: None) -> None:
    await Mailbox.update({Mailbox.synced_at: MONDAY + timedelta(minutes=2)}, force=True)
    assert await at(MONDAY + timedelta(minutes=2)) == []
    with later(there(MONDAY + timedelta(minutes=2))):
        sent = await send(miriam, gmail, ANNA, reminds="1h")
        assert await reminder_on(sent)
    assert await at(MONDAY + timedelta(hours=2)) == []
    with later(there(MONDAY + timedelta(hours=2))):
        await browser.signed_in_as(miriam)
        said = unescape((await browser.get("/digest")).text)
    assert "At 08:01 there was nothing to say, so no mail was sent today." in said


async def test_what_is_held_due_and_broken_is_told_with_its_reason(miriam: Rep, gmail: Mailbox, rung: Message) -> None:
    with later(there(MONDAY)):
        await send(miriam, gmail, HENRIK, subject="Today", reminds="4h")
        await send(miriam, gmail, SABINE, subject="Next week", reminds="1w")
        await send(miriam, gmail, SABINE, subject="Held", reminds="1h")
    with later(there(MONDAY + timedelta(hours=1, minutes=10))):
        await break_down(gmail)
        await ring_due()

    (letter,) = await at(MONDAY + timedelta(hours=1, minutes=11))

    assert letter.subject == "Your morning: 1 thread waits for you, 1 is held, 1 is due today, a mailbox needs you"
    assert "Held, because miriam@brueckner.example is not connected." in letter.text
    assert "Henrik Larsen · Today\n  Monday, 10 March, 11:59: Rings if there is no reply." in letter.text
    assert "miriam@brueckner.example is not connected since Monday, 10 March, 09:09" in letter.text
    assert "Next week" not in letter.text
    assert "Hello" not in letter.text  # no word of any mail


async def test_more_than_can_be_shown_are_counted(miriam: Rep, gmail: Mailbox, rung: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    with later(there(MONDAY - timedelta(days=2))):
        for number in range(3):
            await send(miriam, gmail, HENRIK, subject=f"Offer {number}", reminds="1d")
        await hearing_nothing_from(miriam, gmail)
    with later(there(MONDAY + timedelta(minutes=1))):
        await read_now(gmail)
        await ring_due()
    monkeypatch.setattr("app.reminders.digesting.listed", partial(listed, size=2))

    (letter,) = await at(MONDAY + timedelta(minutes=2))

    assert letter.subject == "Your morning: 5 threads wait for you"
    assert "and 3 more" in letter.text
    assert "and 3 more" in letter.html


async def hearing_nothing_from(miriam: Rep, gmail: Mailbox) -> None:
    """Sabine is to be heard of within a day."""
    sabine = await people.contact(miriam.workspace, "Sabine Vogt", SABINE.address)
    await remind_of_contact(await as_me(miriam), sabine, "1d", "no_reply")


async def test_mail_that_needs_a_decision_is_told(miriam: Rep, gmail: Mailbox, wanted: None) -> None:
    await read_now(gmail)
    both: dict[str, Any] = {"workspace": miriam.workspace.id, "person": miriam.person.id}
    with later(there(MONDAY)):
        await read_now(gmail)
        draft = Draft(**both, mailbox=gmail.id, subject="Spring offer", queued_at=now())
        await draft.save()
        wall = MONDAY.replace(tzinfo=None)
        await Scheduled(
            **both, draft=draft.id, wall=wall, zone="Europe/Berlin", due_at=now() - timedelta(hours=3), asked_at=now(), why=LATE
        ).save()
        await Dispatch(**both, mailbox=gmail.id, draft=draft.id, message_id="<1@brueckner.example>", unknown_at=now(), due_at=None).save()

    (letter,) = await at(MONDAY + timedelta(minutes=1, seconds=1))

    assert letter.subject == "Your morning: 2 mails need a decision"
    assert "Spring offer: Nobody can say whether it went out.\n  http://localhost:8025/drafts" in letter.text
    assert f"Spring offer: {LATE}\n  http://localhost:8025/later" in letter.text


async def test_who_hears_of_what_rang_in_other_ways_does_not_find_it_in_the_mail(miriam: Rep, rung: Message) -> None:
    await miriam.person.update_self({Person.returns_in_digest: False})
    assert await at(MONDAY + timedelta(minutes=2)) == []


async def test_it_speaks_the_rep_s_language(miriam: Rep, rung: Message) -> None:
    await miriam.person.update_self({Person.locale: "de"})
    (letter,) = await at(MONDAY + timedelta(minutes=2))
    assert letter.subject == "Ihr Morgen: 1 Unterhaltung wartet auf Sie"
    assert '<html lang="de">' in letter.html
    assert "Guten Morgen, Miriam" in letter.text


async def test_what_was_due_before_it_was_wanted_is_not_made_up_for(miriam: Rep, rung: Message) -> None:
    with later(there(MONDAY + timedelta(hours=2))):
        await choose(await as_me(miriam), True, "08:30")
    assert await at(MONDAY + timedelta(hours=2, minutes=1)) == []
    assert len(await at(MONDAY + timedelta(days=1, minutes=40))) == 1


async def test_switched_off_or_gone_from_the_workspace_nobody_gets_it(miriam: Rep, rung: Message) -> None:
    await Membership.update({Membership.ended_at: now()}).where(Membership.person == miriam.person.id)
    assert await at(MONDAY + timedelta(minutes=2)) == []
    await Membership.update({Membership.ended_at: None}).where(Membership.person == miriam.person.id)
    await choose(await as_me(miriam), False, "08:00")
    assert await at(MONDAY + timedelta(minutes=3)) == []


async def test_who_moves_to_another_zone_gets_it_at_eight_there(miriam: Rep, rung: Message) -> None:
    await miriam.person.update_self({Person.time_zone: "America/New_York"})
    assert await at(MONDAY + timedelta(minutes=2)) == []
    with later(there(MONDAY)):
        await DigestChoice.update({DigestChoice.due_at: now()}, force=True)
    for hours in (1, 2, 3, 4, 4.9):
        assert await at(MONDAY, hours=hours) == []
    assert len(await at(MONDAY, hours=5.1)) == 1


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", date(2026, 3, 30)), ("Europe/Berlin", date(2026, 10, 26)), ("America/New_York", date(2026, 3, 9)),
        ("Australia/Lord_Howe", date(2026, 10, 5)), ("Asia/Kathmandu", date(2026, 11, 25)),
    ],
)  # fmt: skip
def test_it_is_eight_on_the_wall_whatever_the_clocks_did(zone: str, day: date) -> None:
    wall, calendar = ZoneInfo(zone), calendar_in(zone)
    choice = DigestChoice(workspace=new_id(), person=new_id(), at=time(8), chosen_at=datetime(2026, 1, 1, tzinfo=UTC))
    minutes = [datetime.combine(day, time(), wall).astimezone(UTC) + timedelta(minutes=number) for number in range(24 * 60)]

    first = next(one for one in minutes if is_time(choice, one, calendar))

    assert first.astimezone(wall).time() == time(8)
    assert not any(is_time(choice, one, calendar) for one in minutes if one.astimezone(wall).time() < time(8))
    assert not any(is_time(choice, one, calendar) for one in minutes if one.astimezone(wall).time() >= time(18))


async def test_a_time_at_night_is_refused_with_a_sentence(browser: Visitor) -> None:
    for typed in ("03:00", "23:30", "morning", ""):
        answer = await browser.post("/settings/following-up/digest", {"wanted": "on", "at": typed})
        assert answer.status_code == 422, typed
    assert "Choose a time between 05:00 and 20:00." in (await browser.post("/settings/following-up/digest", {"wanted": "on", "at": "03:00"})).text


# The links in it


async def links(rung: Message) -> list[str]:
    (letter,) = await at(MONDAY + timedelta(minutes=2))
    found = re.findall(r"http://localhost:8025(/look/[\w-]+)", letter.text)
    assert len(found) == 2
    return found


async def test_a_link_shows_without_a_sign_in_and_never_acts(browser: Visitor, rung: Message) -> None:
    one, whole = await links(rung)
    browser.client.cookies.clear()
    before = await rows("SELECT * FROM reminder ORDER BY id")

    with later(there(MONDAY + timedelta(hours=1))):
        for link in (one, whole, one, whole):
            answer = await browser.get(link)
            assert answer.status_code == 200
            assert "Anna Weber · Offer 2026" in answer.text
            assert "Hello" not in answer.text
            assert "<form" not in answer.text
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cache-control"] == "no-store"
            assert "noindex" in answer.headers["x-robots-tag"]

    assert await rows("SELECT * FROM reminder ORDER BY id") == before
    assert await rows("SELECT count(*) AS hits FROM hit") == [{"hits": 0}]


async def test_to_act_one_signs_in_and_comes_back_to_the_act_s_page(browser: Visitor, miriam: Rep, rung: Message) -> None:
    one, _ = await links(rung)
    browser.client.cookies.clear()
    with later(there(MONDAY + timedelta(hours=1))):
        page = (await browser.get(one)).text
        way = unescape(re.findall(r'href="(/digest/[^"]+act=done)"', page)[0])

        answer = await browser.get(way)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=/digest/")
        assert await state_of(rung) == "rung"

        await browser.signed_in_as(miriam)
        page = (await browser.get(way)).text
        assert await state_of(rung) == "rung"
        assert "Let this reminder go?" in page
        await browser.post(f"/reminders/{(await reminder_on(rung)).id}/done")
    assert await state_of(rung) == "settled"


async def test_a_link_shows_what_it_was_made_for_and_nothing_newer(browser: Visitor, miriam: Rep, gmail: Mailbox, rung: Message) -> None:
    one, whole = await links(rung)
    with later(there(MONDAY + timedelta(hours=2))):
        await send(miriam, gmail, HENRIK, subject="Secret", reminds="1h")
        await let_go(await reminder_on(rung))
        browser.client.cookies.clear()
        for link in (one, whole):
            said = (await browser.get(link)).text
            assert "Secret" not in said
            assert "You let it go." in said
            assert "act=" not in said


async def test_a_link_ends_with_its_week_with_the_rep_s_word_and_with_their_place(browser: Visitor, miriam: Rep, rung: Message) -> None:
    one, whole = await links(rung)
    for link in (one[:-2], one + "A", "/look/abc", "/look/" + "A" * 60):
        assert (await browser.get(link)).status_code == 404
    with later(there(MONDAY + timedelta(days=7, hours=1))):
        assert "links in a digest are good for a week" in (await browser.get(one)).text
    with later(there(MONDAY + timedelta(hours=1))):
        await Membership.update({Membership.ended_at: now()}).where(Membership.person == miriam.person.id)
        assert (await browser.get(whole)).status_code == 404
        await Membership.update({Membership.ended_at: None}).where(Membership.person == miriam.person.id)
        assert (await browser.get(whole)).status_code == 200
        await browser.signed_in_as(miriam)
        await browser.post("/settings/following-up/links/end")
        for link in (one, whole):
            assert (await browser.get(link)).status_code == 404


async def test_a_link_ends_with_the_key_that_signed_it(browser: Visitor, rung: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    one, _ = await links(rung)
    with later(there(MONDAY + timedelta(hours=1))):
        assert (await browser.get(one)).status_code == 200
        monkeypatch.setattr("app.security.signing.mac", lambda secret, purpose, body: b"0" * 16)
        assert (await browser.get(one)).status_code == 404


async def test_another_s_session_reaches_nothing_through_the_act_s_page(browser: Visitor, miriam: Rep, rung: Message) -> None:
    robin = await people.rep("Robin Vogt", "robin@brueckner.example", miriam.workspace)
    await browser.signed_in_as(robin)
    assert (await browser.get(f"/digest/{(await Reminder.objects().first()).id}?act=done")).status_code == 404  # type: ignore[union-attr]


async def test_the_page_shows_what_waits_now_and_offers_the_mail(browser: Visitor, miriam: Rep, rung: Message) -> None:
    await DigestChoice.delete(force=True)
    with later(there(MONDAY + timedelta(hours=1))):
        await browser.signed_in_as(miriam)
        said = unescape((await browser.get("/digest")).text)
        assert "Anna Weber · Offer 2026" in said
        assert "Get it by mail" in said
        await browser.post("/settings/following-up/digest", {"wanted": "on", "at": "08:00"})
        assert "It comes each working day at 08:00" in (await browser.get("/digest")).text
