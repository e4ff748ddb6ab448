"""What is news and what is noise: one notice for what people do within minutes, none of what is muted, for every channel alike."""

from datetime import timedelta
from uuid import UUID

import pytest
from litestar import Litestar

from app.attention.deciding import ONE_NEWS, News, is_news
from app.attention.kinds import KINDS
from app.attention.tables import NOTHING, REPLIES_ONLY, Attention, Mute
from app.clock import new_id, now
from app.database import rows
from app.feed.folding import Event, Said
from app.mailboxes.tables import Mailbox
from app.threads.tables import Message
from app.tracking.tables import CLICK
from tests import people
from tests.feed.stage import ANNA, HENRIK, SABINE, hit, judge_again, reply, send
from tests.feed.test_streaming import ear, stream_of  # noqa: F401 - a fixture
from tests.feed.watching import watching
from tests.people import Rep
from tests.visitor import Visitor, visiting

MAIL, THREAD = new_id(), new_id()
AJAX = {"hx-request": "true"}


def happened(kind: str = "opened", minutes: float = 0, message: UUID = MAIL) -> Event:
    return Event(new_id(), now() + timedelta(minutes=minutes), kind, None, None, THREAD, message, new_id(), None, Said())


def test_the_first_open_is_news_and_the_fifth_in_ten_minutes_is_not() -> None:
    opens = [happened(minutes=number) for number in range(5)]
    told = [is_news(one, opens[: place + 1]) for place, one in enumerate(opens)]
    assert told == [News.TOLD, *[News.ADDED] * 4]


def test_an_open_after_ten_quiet_minutes_is_news_again() -> None:
    first, later = happened(), happened(minutes=ONE_NEWS / timedelta(minutes=1))
    assert is_news(later, [first, later]) is News.TOLD


def test_a_click_after_an_open_and_another_mail_are_news() -> None:
    first = happened()
    assert is_news(happened("clicked", 1), [first]) is News.TOLD
    assert is_news(happened(minutes=1, message=new_id()), [first]) is News.TOLD


@pytest.mark.parametrize("kind", ["machine", "unknown", "self", "sent", "delivered"])
def test_machines_and_ones_own_doings_are_never_news(kind: str) -> None:
    assert is_news(happened(kind), []) is News.NOT_TOLD


@pytest.mark.parametrize(("kind", "news"), [("opened", News.NOT_TOLD), ("replied", News.NOT_TOLD), ("rang", News.TOLD), ("bounced", News.TOLD)])
def test_of_a_muted_thread_only_a_due_reminder_and_what_failed_is_told(kind: str, news: News) -> None:
    assert is_news(happened(kind), [], NOTHING) is news


@pytest.mark.parametrize(("kind", "news"), [("opened", News.NOT_TOLD), ("replied", News.TOLD), ("may_answer", News.TOLD), ("rang", News.TOLD)])
def test_of_a_thread_with_replies_only_nothing_else_is_told_but_what_waits(kind: str, news: News) -> None:
    assert is_news(happened(kind), [], REPLIES_ONLY) is news


async def all_by_open_tabs(rep: Rep) -> None:
    await Attention(person=rep.person.id, desktop=list(KINDS)).save()


async def test_one_notification_tells_of_the_first_open_and_counts_on(
    ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox  # noqa: F811
) -> None:
    await all_by_open_tabs(miriam)
    sent = await send(miriam, gmail, ANNA)
    async with watching(house, browser, await stream_of(browser)) as page:
        await hit(sent)
        first = (await page.next()).data
        await hit(sent)
        second = ""
        while "Offer 2026" not in second:
            second = (await page.next()).data
    assert 'data-notify="Anna Weber opened Offer 2026"' in first
    assert "data-quietly" not in first
    assert 'data-notify="Anna Weber opened Offer 2026 2 times"' in second
    assert "data-quietly" in second
    assert f'data-tag="opened-{sent.id}"' in first
    assert f'data-tag="opened-{sent.id}"' in second


async def test_a_muted_thread_is_shown_and_not_announced(
    ear: None, house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox  # noqa: F811
) -> None:
    await all_by_open_tabs(miriam)
    sent = await send(miriam, gmail, ANNA)
    await browser.post(f"/threads/{sent.thread}/mute")
    async with watching(house, browser, await stream_of(browser)) as page:
        await hit(sent, kind=CLICK)
        told = (await page.next()).data
    assert "clicked" in told
    assert "data-notify" not in told


async def test_muting_can_be_undone_and_is_listed_in_the_settings(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    assert "when you have heard enough of it" in (await browser.get("/settings/muted")).text
    muted = await browser.post(f"/threads/{sent.thread}/mute", **AJAX)
    assert f'hx-post="/threads/{sent.thread}/unmute"' in muted.text
    assert muted.headers["hx-trigger"] == '{"muted": {"target": "body"}}'
    assert '<option value="nothing" selected>' in (await browser.get(f"/threads/{sent.thread}/muting", **AJAX)).text
    assert "Offer 2026" in (await browser.get("/settings/muted")).text
    await browser.post(f"/threads/{sent.thread}/mute")
    assert await Mute.count() == 1
    await browser.post(f"/threads/{sent.thread}/unmute")
    assert await Mute.count() == 0


async def test_every_row_of_a_thread_can_mute_it(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    await hit(sent)
    await reply(sent)
    assert (await browser.get("/")).text.count(f'hx-post="/threads/{sent.thread}/mute"') == 2


async def test_nobody_mutes_for_a_colleague(house: Litestar, browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    robin = await people.rep("Robin Vogel", "robin@brueckner.example", miriam.workspace)
    async with visiting(house) as somebody:
        answer = await (await somebody.signed_in_as(robin)).post(f"/threads/{sent.thread}/mute")
    assert answer.status_code == 404
    assert await Mute.count() == 0


async def test_of_several_the_feed_names_the_probable_one_and_says_what_speaks_for_a_forward(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, HENRIK, SABINE)
    opened = await hit(sent)
    await rows("""UPDATE verdict SET likely = '{"name": "Anna Weber", "contact": "x", "rule": "W1", "values": {}}' WHERE id = $1""", opened)
    alone = await send(miriam, gmail, ANNA, subject="Prices")
    why = '[["It was opened in one country (%(from_country)s), then on another device in another (%(country)s); neither is known from them",'
    await Message.update({Message.forwarded_why: f'{why} {{"from_country": "DE", "country": "BR"}}]]'}).where(Message.id == alone.id)
    await hit(alone)
    await judge_again(sent, opened, "person", "person")
    said = " ".join((await browser.get("/")).text.split())
    assert "Someone of 3, probably Anna Weber," in said
    assert "Perhaps forwarded: It was opened in one country (Germany), then on another device in another (Brazil)" in said
