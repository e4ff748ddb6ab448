"""The feed as it happens."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar

from app.clock import new_id, now
from app.database import rows
from app.errors import Refused
from app.feed import streaming
from app.feed.hearing import MOST_WAITING, Ear
from app.feed.seeing import parse_seen, seen_at
from app.feed.streaming import close_streams, hearing, listening
from app.identity.tables import Session
from app.mailboxes.tables import Mailbox
from app.tracking.tables import CLICK, MACHINE, PERSON
from tests import people
from tests.feed.stage import ANNA, HENRIK, hit, judge_again, reply, send
from tests.feed.test_pages import words
from tests.feed.watching import watching
from tests.people import Rep
from tests.visitor import Visitor, visiting
from tests.waiting import until_holds


@pytest.fixture
async def ear() -> AsyncIterator[None]:
    """The process hears the database."""
    async with listening():
        yield


async def stream_of(browser: Visitor, query: str = "") -> str:
    """The stream that the page asks for."""
    found = re.search(r'hx-sse:connect="([^"]+)"', (await browser.get(f"/?{query}")).text)
    assert found is not None
    return unescape(found[1])


async def test_an_open_shows_up_on_the_open_page(ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    async with watching(house, browser, await stream_of(browser)) as page:
        await hit(sent)
        told = await page.next()
    today = f"{now().astimezone(ZoneInfo('Europe/Berlin')):%Y-%m-%d}"
    assert "Anna Weber opened Offer 2026" in words(told.data)
    assert f'hx-target="#events-{today}" hx-swap="afterbegin"' in told.data
    assert told.id


async def test_an_event_on_an_empty_page_makes_it_read_itself_anew(ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    async with watching(house, browser, await stream_of(browser)) as page:
        await send(miriam, gmail, ANNA)
        assert (await page.next()).name == "reload"


async def test_a_second_open_takes_the_place_of_the_first(ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    await hit(sent)
    async with watching(house, browser, await stream_of(browser)) as page:
        await hit(sent)
        told = await page.next()
    row = re.search(r'hx-target="#(event-[^"]+)" hx-swap="delete"', told.data)
    assert row is not None
    assert f'id="{row[1]}"' in told.data
    assert "2 times" in words(told.data)


async def test_a_machine_s_fetch_changes_the_row_where_it_stands(ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    await hit(sent)
    async with watching(house, browser, await stream_of(browser)) as page:
        await hit(sent, verdict=MACHINE)
        told = await page.next()
    assert 'hx-swap="outerHTML"' in told.data
    assert "and 1 machine not counted" in words(told.data)


async def test_hindsight_puts_the_machine_s_row_in_the_place_of_the_person_s(
    ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox
) -> None:
    sent = await send(miriam, gmail, ANNA)
    clicked = await hit(sent, kind=CLICK)
    async with watching(house, browser, await stream_of(browser)) as page:
        await judge_again(sent, clicked, PERSON, MACHINE)
        told = await page.next()
    assert re.search(r'hx-target="#event-[^"]+-click-0" hx-swap="outerHTML"><li class="event[^"]* pencil"', told.data.replace("\n", "")) is not None


async def test_events_that_come_together_are_sent_together(ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = [await send(miriam, gmail, ANNA, subject=f"Offer {number}") for number in range(12)]
    async with watching(house, browser, await stream_of(browser)) as page:
        for one in sent:
            await hit(one)
        told = [one for one in await page.all_within(1) if one.data.strip()]
    assert len(told) < 12
    assert all(f"Offer {number}" in "".join(one.data for one in told) for number in range(12))


async def test_a_browser_that_comes_back_is_given_what_it_missed_once(
    ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox
) -> None:
    sent = await send(miriam, gmail, ANNA)
    path = await stream_of(browser)
    async with watching(house, browser, path) as page:
        await hit(sent)
        last = (await page.next()).id
    await reply(sent)
    async with watching(house, browser, path, last) as page:
        told = await page.next()
        assert "Anna Weber replied to" in words(told.data)
        assert "opened" not in told.data
        rest = await page.all_within(0.6)
    assert not any(one.data.strip() for one in rest)
    async with watching(house, browser, path, told.id) as page:
        assert not any(one.data.strip() for one in await page.all_within(0.6))


async def test_what_happens_between_page_and_stream_is_not_lost(ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    path = await stream_of(browser)
    await hit(sent)
    async with watching(house, browser, path) as page:
        assert "Anna Weber opened" in words((await page.next()).data)


async def test_nothing_is_repeated_that_the_page_shows_already(ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    await hit(await send(miriam, gmail, ANNA))
    async with watching(house, browser, await stream_of(browser)) as page:
        assert await page.all_within(0.6) == []


async def test_filters_hold_for_the_stream_too(ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    await hit(sent)
    async with watching(house, browser, await stream_of(browser, "who=people")) as page:
        await hit(sent, verdict=MACHINE)
        assert not any(one.data.strip() for one in await page.all_within(0.6))


async def test_a_stream_tells_its_person_only(ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    robin = await people.rep("Robin", "robin@brueckner.example", miriam.workspace)
    async with visiting(house) as other:
        await other.signed_in_as(robin)
        async with watching(house, other, await stream_of(other)) as page:
            await send(miriam, gmail, HENRIK)
            assert await page.all_within(0.6) == []


async def test_a_rollback_is_told_to_nobody(ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    async with watching(house, browser, await stream_of(browser)) as page:
        await rows(f"DO $$ BEGIN PERFORM pg_notify('feed', '{miriam.person.id}:{new_id()}:{now().isoformat()}'); END $$")
        assert await page.all_within(0.6) == []
    assert sent.id


async def test_a_thread_s_page_hears_that_its_mail_was_opened(ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent, other = await send(miriam, gmail, ANNA), await send(miriam, gmail, HENRIK)
    async with watching(house, browser, f"/feed/stream?thread={sent.thread}") as page:
        await hit(other)
        await hit(sent)
        told = await page.next()
    assert told.name == f"message-{sent.id}"


async def test_streams_end_when_the_process_does(ear: None, house: Litestar, browser: Visitor, miriam: Rep) -> None:
    async with watching(house, browser, await stream_of(browser)) as page:
        await close_streams()
        async with asyncio.timeout(2):
            await page.ended.wait()


async def test_streams_end_with_the_session(
    ear: None, house: Litestar, browser: Visitor, miriam: Rep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "HEARTBEAT", 0.1)
    async with watching(house, browser, await stream_of(browser)) as page:
        await Session.update({Session.ended_at: now()}, force=True)
        async with asyncio.timeout(5):
            await page.ended.wait()


async def test_a_lost_connection_is_made_again_and_what_was_missed_is_sent(
    ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox
) -> None:
    sent = await send(miriam, gmail, ANNA)
    async with watching(house, browser, await stream_of(browser)) as page:
        await rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        await hit(sent)
        assert "Anna Weber opened" in words((await page.next(10)).data)


async def test_too_much_at_once_makes_the_page_read_itself_anew() -> None:
    ear = Ear()
    for _ in range(MOST_WAITING + 5):
        ear.hear(new_id(), now())
    heard = ear.take()
    assert heard.overflowed
    assert len(heard.rows) == MOST_WAITING
    assert not ear.take().rows


async def test_a_stream_that_closes_is_forgotten(ear: None, house: Litestar, browser: Visitor, miriam: Rep) -> None:
    async with watching(house, browser, await stream_of(browser)):
        await until_holds(lambda: len(hearing.ears[miriam.person.id]) == 1, "one tab listens")
    await until_holds(lambda: miriam.person.id not in hearing.ears, "no tab listens")


def test_what_a_page_has_seen_travels_as_text() -> None:
    shown = [(new_id(), now() - timedelta(seconds=number)) for number in range(5)]
    seen = seen_at(now(), shown)
    assert parse_seen(str(seen)) == seen
    assert all(seen.has(one) for one, _ in shown)
    assert not seen.has(new_id())


@given(st.text(max_size=80))
def test_a_damaged_place_is_refused_with_a_sentence(text: str) -> None:
    with suppress(Refused):
        assert parse_seen(text).at.tzinfo is not None
