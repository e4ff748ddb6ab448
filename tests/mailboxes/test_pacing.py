"""No request above what a provider gives, counted by the sandbox itself; and nothing is lost for it."""

import asyncio
from datetime import timedelta

import pytest

from app.clock import later, now
from app.errors import RetryLater
from app.identity.guarding import Me
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers import pacing, wire
from app.mailboxes.providers.base import SENT
from app.mailboxes.providers.pacing import GMAIL_UNITS, Limit, Pace, one, units
from app.mailboxes.providers.wire import Answer, Question, Throttled
from app.mailboxes.syncing import sync_due
from app.mailboxes.tables import GMAIL, OUTLOOK, Cursor, Mailbox
from tests.contracts import methods
from tests.mailboxes.conftest import ADDRESSES, AT_SANDBOX, Connect, Strings
from tests.mailboxes.test_providers import answer, offer
from tests.mailboxes.test_syncing import Desk, arrives, row

BOTH = pytest.mark.parametrize("provider", [GMAIL, OUTLOOK])
ROUND = timedelta(seconds=25)
NAMES = {GMAIL: "Google", OUTLOOK: "Microsoft"}
WINDOW = 1.5


@pytest.fixture
def desk() -> Desk:
    return Desk()


def read(path: str = "messages/1") -> Question:
    return Question("GET", f"https://gmail.googleapis.com/gmail/v1/users/me/{path}", reads=True)


def write(path: str = "drafts/send") -> Question:
    return Question("POST", f"https://gmail.googleapis.com/gmail/v1/users/me/{path}", reads=False)


async def mails(strings: Strings, provider: str, number: int) -> None:
    for count in range(number):
        await arrives(strings, ADDRESSES[provider], f"Sturm-{count}")


@BOTH
@pytest.mark.parametrize("retry_after", [None, 0.1])
async def test_in_a_storm_of_429_nothing_is_lost_and_nothing_is_above_the_limit(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str, retry_after: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit and its window are made small, so that they bind; every third request is refused besides."""
    mailbox = await connect(miriam, provider)
    await sync_due(desk.receive)
    await mails(strings, provider, 30)
    limit = 300 if provider == GMAIL else 15
    monkeypatch.setitem(pacing.LIMITS, NAMES[provider], (Limit(limit, WINDOW * 1.1, units if provider == GMAIL else one),))
    pacing._paces.clear()
    await strings.fault("429", provider=AT_SANDBOX[provider], path="/messages/|/history|/delta", count=-1, every=3, retry_after=retry_after)
    before = (await strings.see(f"mailboxes/{ADDRESSES[provider]}/account"))["requests"]

    for rounds in range(1, 9):
        with later(ROUND * 12 * rounds):
            await sync_due(desk.receive)
        if len(desk.mails) == 30:
            break

    kept = await strings.see(f"mailboxes/{ADDRESSES[provider]}/account", seconds=WINDOW)
    assert sorted(mail.raw.count(b"Sturm-") > 0 for mail in desk.mails.values()) == [True] * 30
    assert kept["throttled"] > 0
    assert (kept["peak"] <= limit, kept["above"], kept["most_at_once"] <= 4) == (True, 0, True), kept
    assert kept["requests"] - before < 200
    assert (await row(mailbox)).broken_at is None


@BOTH
async def test_the_sandbox_refuses_what_is_above_the_limit_of_a_mailbox(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever shares the account takes from the same limit: then the provider's own refusals keep us apart, and nothing is lost."""
    await connect(miriam, provider)
    await sync_due(desk.receive)
    await mails(strings, provider, 12)
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}", provider=AT_SANDBOX[provider], limit=100 if provider == GMAIL else 5, window=0.5)
    monkeypatch.setitem(pacing.LIMITS, NAMES[provider], ())
    pacing._paces.clear()

    for rounds in range(1, 9):
        with later(ROUND * 12 * rounds):
            await sync_due(desk.receive)

    kept = await strings.see(f"mailboxes/{ADDRESSES[provider]}/account")
    assert (len(desk.mails), kept["above"] > 0) == (12, True)


async def test_outlook_never_gets_a_fifth_request_at_once(miriam: Me, connect: Connect, strings: Strings, desk: Desk) -> None:
    mailbox = await connect(miriam, OUTLOOK)
    provider = await open_mailbox(mailbox)
    await strings.pull(f"mailboxes/{ADDRESSES[OUTLOOK]}", provider="microsoft", latency=0.03)

    await asyncio.gather(*(provider.listed(SENT, now(), "") for _ in range(20)), *(provider.folders() for _ in range(5)))

    kept = await strings.see(f"mailboxes/{ADDRESSES[OUTLOOK]}/account")
    assert (kept["most_at_once"], kept["throttled"]) == (wire.AT_ONCE, 0)


async def test_a_fifth_request_by_somebody_else_is_asked_again(miriam: Me, connect: Connect, strings: Strings) -> None:
    """Two processes of ours, each with its own lane: Graph refuses the fifth, and it is asked again after the pause."""
    mailbox = await connect(miriam, OUTLOOK)
    await strings.fault("429", provider="microsoft", path="/messages$", retry_after=0.1)

    page = await (await open_mailbox(mailbox)).listed(SENT, now(), "")

    assert page.ids == []
    assert (await strings.see(f"mailboxes/{ADDRESSES[OUTLOOK]}/account"))["throttled"] == 1


@pytest.mark.parametrize("dated", [False, True])
async def test_a_pause_holds_for_the_whole_mailbox_and_not_only_for_the_one_request(
    miriam: Me, connect: Connect, strings: Strings, dated: bool
) -> None:
    mailbox = await connect(miriam, GMAIL)
    provider = await open_mailbox(mailbox)
    await strings.fault("429", provider="google", path="/messages$", retry_after=120, dated=dated)
    with pytest.raises(RetryLater) as first:
        await provider.listed(SENT, now(), "")
    before = (await strings.see(f"mailboxes/{ADDRESSES[GMAIL]}/account"))["requests"]

    with pytest.raises(RetryLater) as second:
        await provider.start("mail")
    with pytest.raises(RetryLater) as third:
        await provider.draft(offer("1", ADDRESSES[GMAIL]), "1", "")

    assert [type(error.value) for error in (first, second, third)] == [Throttled, RetryLater, RetryLater]
    for error in (first, second, third):
        assert error.value.at is not None
        assert timedelta(seconds=100) < error.value.at - now() <= timedelta(seconds=121)
    assert (await strings.see(f"mailboxes/{ADDRESSES[GMAIL]}/account"))["requests"] == before
    with later(timedelta(seconds=121)):
        assert await provider.start("mail")


async def test_a_pause_of_sending_lets_reading_go_on(miriam: Me, connect: Connect, strings: Strings, desk: Desk) -> None:
    mailbox = await connect(miriam, GMAIL)
    provider = await open_mailbox(mailbox)
    draft = await provider.draft(offer("1", ADDRESSES[GMAIL]), "1", "")
    await strings.fault("429-sending", provider="google", seconds=3600)
    with pytest.raises(Throttled) as paused:
        await provider.send_draft(draft)
    before = (await strings.see(f"mailboxes/{ADDRESSES[GMAIL]}/account"))["requests"]

    with pytest.raises(RetryLater):
        await provider.send_draft(draft)
    after = (await strings.see(f"mailboxes/{ADDRESSES[GMAIL]}/account"))["requests"]
    await arrives(strings, ADDRESSES[GMAIL], "Weiter")
    await provider.start("mail")
    await sync_due(desk.receive)

    assert (paused.value.sending, after) == (True, before)
    assert paused.value.at is not None
    assert paused.value.at - now() > timedelta(minutes=59)
    assert (await row(mailbox)).problem == ""
    with later(timedelta(seconds=3_601)):
        assert await provider.send_draft(draft) is not None


async def test_a_backlog_leaves_room_for_whoever_sends() -> None:
    pace = Pace("Google", (Limit(1_000, 60, units),))
    while pace.pause(read()) <= timedelta(0):
        pace.spend(read())

    assert pace.pause(write()) <= timedelta(0)
    assert pace.pause(read()) > timedelta(seconds=50)


async def test_no_window_of_a_minute_ever_holds_more_than_the_limit() -> None:
    """A day of greedy reading and sending on a simulated clock; every window between two requests is added up."""
    pace, spent = Pace("Google", (Limit(6_000, 61, units),)), []
    begin, at = now(), timedelta(0)
    for count in range(3_000):
        question = write() if count % 7 == 0 else read()
        with later(at):
            wait = pace.pause(question)
        at += max(wait, timedelta(0))
        with later(at):
            pace.spend(question)
            spent.append((now() - begin, units(question)))

    fullest, first = 0.0, 0
    total = 0.0
    for when, cost in spent:
        total += cost
        while spent[first][0] <= when - timedelta(seconds=60):
            total -= spent[first][1]
            first += 1
        fullest = max(fullest, total)
    assert 4_500 < fullest <= 6_000


async def test_without_a_time_the_pauses_grow_with_jitter_and_end_with_the_first_yes() -> None:
    pace, pauses = Pace("Microsoft", ()), []
    for _ in range(12):
        pace.until = None
        pace.refused(Throttled(wire.BUSY, provider="Microsoft"))
        assert pace.until is not None
        pauses.append((pace.until - now()).total_seconds())
    assert 0.3 < pauses[0] < 0.7
    assert 40 < pauses[-1] < 80
    assert len({round(pause, 4) for pause in pauses}) == 12

    pace.went_through()
    pace.until = None
    pace.refused(Throttled(wire.BUSY, provider="Microsoft"))
    assert (pace.until or now()) - now() < timedelta(seconds=1)


async def test_what_is_no_refusal_for_asking_too_much_is_no_pause() -> None:
    pace = Pace("Google", ())
    pace.refused(RetryLater(wire.FAILING, provider="Google"))
    assert pace.until is None
    pace.refused(RetryLater(wire.FAILING, at=now() + timedelta(seconds=9), provider="Google"))
    assert pace.until is not None


async def test_a_clock_that_is_set_back_blocks_nobody() -> None:
    pace = Pace("Google", (Limit(100, 60, units),))
    with later(timedelta(days=1)):
        for _ in range(10):
            pace.spend(read())

    assert pace.pause(read()) <= timedelta(0)


@pytest.mark.parametrize(
    ("method", "path", "cost"),
    [
        ("POST", "messages/send", 100), ("POST", "drafts/send", 100), ("POST", "watch", 100), ("GET", "threads/18c", 40), ("POST", "messages", 25),
        ("GET", "messages/18c", 20), ("GET", "messages/18c/attachments/a", 20), ("GET", "drafts/r-1", 20), ("POST", "drafts", 10),
        ("GET", "threads", 10), ("GET", "messages", 5), ("POST", "messages/18c/trash", 5), ("POST", "messages/18c/modify", 5), ("GET", "history", 2),
        ("GET", "profile", 1), ("GET", "labels", 1), ("GET", "settings/sendAs", 1),
    ],
)  # fmt: skip
async def test_gmail_counts_in_units(method: str, path: str, cost: float) -> None:
    assert units(Question(method, f"https://gmail.googleapis.com/gmail/v1/users/me/{path}", reads=True, params={"q": "x"})) == cost


async def test_an_upload_costs_what_a_send_costs() -> None:
    assert units(Question("POST", "https://gmail.googleapis.com/upload/gmail/v1/users/me/messages/send", reads=False)) == 100
    assert len(GMAIL_UNITS) > 10
    assert "gmail.users.watch" in methods()


async def test_only_what_says_so_pauses_sending_alone() -> None:
    sentence = b'{"error": {"code": 429, "message": "User-rate limit exceeded.  Retry after 2026-12-01T10:00:00.000Z (Mail sending)"}}'
    trouble = wire.trouble(write(), Answer("Google", 429, answer(429, {}).headers, sentence))
    other = wire.trouble(write(), answer(429, {}))

    assert isinstance(trouble, Throttled)
    assert isinstance(other, Throttled)
    assert (trouble.sending, other.sending) == (True, False)


@BOTH
async def test_a_page_that_breaks_off_again_and_again_comes_to_its_end(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str
) -> None:
    """Each round gets so far and no further; what is in is not asked for again."""
    mailbox = await connect(miriam, provider)
    await sync_due(desk.receive)
    await mails(strings, provider, 50)
    fetched = 0
    for rounds in range(1, 4):
        before = (await strings.see(f"mailboxes/{ADDRESSES[provider]}/account"))["requests"]
        await strings.fault("429", provider=AT_SANDBOX[provider], path="/messages/[^/]+(/.value)?$", skip=25, retry_after=60)
        with later(ROUND * 12 * rounds):
            await sync_due(desk.receive)
        fetched += (await strings.see(f"mailboxes/{ADDRESSES[provider]}/account"))["requests"] - before
        await strings.client.delete("/control/faults")

    cursor = await Cursor.objects().where(Cursor.mailbox == mailbox.id, Cursor.folder.is_in(["mail", "inbox"])).first()
    assert len(desk.mails) == 50
    assert cursor is not None
    assert cursor.taken == ""
    assert fetched < 50 + 50


@BOTH
async def test_mails_are_fetched_side_by_side_and_handed_on_in_their_order(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str
) -> None:
    await connect(miriam, provider)
    await sync_due(desk.receive)
    await mails(strings, provider, 30)
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}", provider=AT_SANDBOX[provider], latency=0.03)
    order: list[str] = []

    async def noted(box: Mailbox, mail: object, imported: bool) -> bool:
        order.append(mail.raw.split(b"Subject: ")[1].split(b"\r\n")[0].decode())  # type: ignore[attr-defined]
        return True

    with later(ROUND):
        await sync_due(noted)

    assert order == [f"Sturm-{count}" for count in range(30)]
    assert 2 <= (await strings.see(f"mailboxes/{ADDRESSES[provider]}/account"))["most_at_once"] <= wire.AT_ONCE


async def test_a_history_without_records_but_with_another_page_is_read_to_its_end(miriam: Me, connect: Connect, strings: Strings, desk: Desk) -> None:
    await connect(miriam, GMAIL)
    await sync_due(desk.receive)
    await arrives(strings, ADDRESSES[GMAIL], "Dahinter")
    await strings.fault("hollow-history", provider="google", count=2)

    with later(ROUND):
        await sync_due(desk.receive)

    assert len(desk.about("Dahinter")) == 1
