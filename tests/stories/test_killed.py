"""`kill -9` of worker and web, again and again, while mail goes out and pixels come in: nothing is lost, nothing happens twice.

NACHFASS_KILL_SENDS and NACHFASS_KILL_HITS make it larger (200 and 5,000 for the whole proof).
"""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from app.browsing import Form
from app.database import rows
from app.mailboxes.tables import GMAIL, OUTLOOK
from tests.conftest import free_port
from tests.stories.at_work import SENDING_FROM, Miriam, People, as_parts, at_work, send_id
from tests.stories.processes import Server, ended_at_last
from tests.waiting import until

SENDS = int(os.environ.get("NACHFASS_KILL_SENDS", "40"))
HITS = int(os.environ.get("NACHFASS_KILL_HITS", "1000"))
SEED = int(os.environ.get("NACHFASS_KILL_SEED", "20261123"))
KILLS = max(3, SENDS // 10)
"""Of each role."""
TRACKED_MAILS = 8
HANDS, READERS = 3, 16
MOST_STEPS = 8
MOST_HESITATION = 0.04
LONG = 600.0
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Hit/{number}"
WORDS = '<div>Hello, here is <a href="https://brueckner.example/offer?no={number}">our offer</a>.</div>'

TIME_PASSES = """
WITH d AS (UPDATE dispatch SET claimed_at = claimed_at - interval '11 minutes', sending_at = sending_at - interval '11 minutes'
           WHERE claimed_at IS NOT NULL),
     m AS (UPDATE mailbox SET claimed_at = claimed_at - interval '11 minutes' WHERE claimed_at IS NOT NULL)
SELECT 1
"""
"""What a claim waits for after its worker died. It is only let pass while no worker lives, and once the sandbox has come to rest."""
STEPS = """
SELECT coalesce(sum(tries), 0) + count(drafted_at) + count(sending_at) + count(sent_at) AS steps,
       count(*) FILTER (WHERE due_at IS NOT NULL) AS under_way, count(*) AS queued FROM dispatch
"""


@dataclass
class Told:
    """What the test did and what it was answered."""

    hits_begun: int = 0
    answered: set[int] = field(default_factory=set)
    unanswered: set[int] = field(default_factory=set)
    pressed_again: int = 0
    web_kills: int = 0
    worker_kills: int = 0

    @property
    def hits_over(self) -> int:
        return len(self.answered) + len(self.unanswered)


@dataclass
class Siege:
    """Two processes that are killed while they work."""

    web: Server
    worker: Server
    miriam: Miriam
    people: People
    random: random.Random
    told: Told = field(default_factory=Told)
    web_up: asyncio.Event = field(default_factory=asyncio.Event)
    may_send: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    may_hit: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    hits_changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    # Mail

    async def press_send(self, number: int) -> None:
        """Write to somebody new; without an answer, press again on the same page, as people do."""
        await self.may_send.acquire()
        provider = GMAIL if number % 2 else OUTLOOK
        form, headers = await self.written(number, provider)
        while True:
            await self.web_up.wait()
            try:
                answer = await self.miriam.browser.client.post(form.action, files=as_parts(form), headers=headers, follow_redirects=False)
            except httpx.TransportError:
                self.told.pressed_again += 1
                await asyncio.sleep(0.05)
                continue
            assert answer.status_code == 303, answer.text
            return

    async def written(self, number: int, provider: str) -> tuple[Form, dict[str, str]]:
        """The page to write on, filled in."""
        miriam = Miriam(self.miriam.browser, self.miriam.sandbox)
        miriam.provider = provider
        while True:
            await self.web_up.wait()
            try:
                page, form = await miriam.starts_mail()
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            typed = {"to": recipient(number), "subject": f"Offer {number}", "html": WORDS.format(number=number), "reminds": "1w"}
            return miriam.letter(page, form, **typed), miriam.from_page(page)

    # Hits

    async def touch_all(self, client: httpx.AsyncClient, hits: Iterator[tuple[int, str]]) -> None:
        """One of many readers: takes the next hit as soon as it has an answer to the last."""
        for number, url in hits:
            await self.may_hit.acquire()
            await self.touch(client, number, url)

    async def touch(self, client: httpx.AsyncClient, number: int, url: str) -> None:
        """One request, sent once. Only where no connection came about, so that nobody can have received it, is it tried again."""
        headers = {"User-Agent": AGENT.format(number=number), "X-Forwarded-For": f"80.187.{number // 250 % 250}.{number % 250 + 1}"}
        while True:
            await self.web_up.wait()
            try:
                answer = await client.get(url, headers=headers, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                await asyncio.sleep(0.02)
                continue
            except httpx.TransportError:
                self.told.unanswered.add(number)
                break
            assert answer.status_code in (200, 302), answer.status_code
            self.told.answered.add(number)
            break
        async with self.hits_changed:
            self.hits_changed.notify_all()

    # Kills

    async def besiege_web(self) -> None:
        """Each life gets its share of hits and mail, and ends somewhere among them."""
        hits, sends = HITS // (KILLS + 1), (SENDS - TRACKED_MAILS) // (KILLS + 1)
        for _ in range(KILLS):
            let_go(self.may_hit, hits)
            let_go(self.may_send, sends)
            last = self.told.hits_over + self.random.randrange(1, hits)
            async with self.hits_changed:
                await asyncio.wait_for(self.hits_changed.wait_for(lambda last=last: self.told.hits_over >= last), LONG)  # type: ignore[misc]
            self.web_up.clear()
            self.web.kill()
            self.told.web_kills += 1
            self.web.start()
            await self.web.ready()
            self.web_up.set()
        let_go(self.may_hit, HITS)
        let_go(self.may_send, SENDS)

    async def besiege_worker(self) -> None:
        """Each life ends after a few steps of a few mails, wherever that is."""
        for _ in range(KILLS):
            await self.some_steps(self.random.randrange(1, MOST_STEPS))
            await asyncio.sleep(self.random.uniform(0, MOST_HESITATION))
            self.worker.kill()
            self.told.worker_kills += 1
            await self.worker.gone()
            await self.in_transport_no_more()
            await rows(TIME_PASSES)
            self.worker.start()
        await self.worker.ready()

    async def some_steps(self, count: int) -> None:
        before = (await rows(STEPS))[0]["steps"]

        async def went_on() -> bool:
            return bool((await rows(STEPS))[0]["steps"] >= before + count)

        await until(went_on, f"{count} more steps of mail are done: {self.worker.said()[-2000:]}", LONG, every=0.005)

    async def in_transport_no_more(self) -> None:
        async def nothing() -> bool:
            return not await self.people.folder(SENDING_FROM[OUTLOOK], "outbox")

        await until(nothing, "nothing is in transport")

    # Peace

    async def settled(self) -> None:
        """Until nothing is left to do: every mail is on its way or over, every hit judged, the spool empty."""

        async def quiet() -> bool:
            await self.people.folder(SENDING_FROM[OUTLOOK], "outbox")  # copies that are late appear when somebody looks
            mail, hits = (await rows(STEPS))[0], (await rows("SELECT count(*) AS left FROM unjudged"))[0]
            return not mail["under_way"] and mail["queued"] == SENDS and not hits["left"] and not list((self.web.var / "spool").glob("*.hits"))

        await until(quiet, f"everything is settled: {self.worker.said()[-3000:]}", LONG)


def let_go(semaphore: asyncio.Semaphore, count: int) -> None:
    for _ in range(count):
        semaphore.release()


def recipient(number: int) -> str:
    return f"anna.{number}@kunden.example"


@asynccontextmanager
async def siege(var: Path, sandbox: str) -> AsyncIterator[Siege]:
    """Web and worker side by side, both mailboxes connected, and a few tracked mails that have arrived."""
    port = free_port()
    base = f"http://localhost:{port}"
    web, worker = Server("web", var, port, base), Server("worker", var, free_port(), base)
    with ended_at_last(web, worker):
        web.start()
        worker.start()
        await web.ready()
        async with at_work(base, sandbox) as (miriam, people):
            await miriam.begins()
            for provider in (GMAIL, OUTLOOK):
                await miriam.connects(provider)
            made = Siege(web, worker, miriam, people, random.Random(SEED))
            made.web_up.set()
            let_go(made.may_send, TRACKED_MAILS)
            await asyncio.gather(*(made.press_send(number) for number in range(TRACKED_MAILS)))
            yield made


async def tracked_urls(people: People) -> list[str]:
    """The pixels and links in the mails that have arrived."""
    urls = []
    for number in range(TRACKED_MAILS):
        mail = await people.got(recipient(number), f"Offer {number}")
        urls += [*set(mail["images"]), *(link["url"] for link in mail["links"] if "/c/" in link["url"])]
    assert len(urls) == 2 * TRACKED_MAILS
    return urls


@pytest.mark.timeout(3 * LONG)
async def test_killed_at_random_moments_nothing_is_lost_and_nothing_happens_twice(
    database: None, sandbox: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    async with siege(tmp_path, sandbox) as war, httpx.AsyncClient(timeout=30) as client:
        urls = await tracked_urls(war.people)
        async with asyncio.TaskGroup() as work:
            for number in range(TRACKED_MAILS, SENDS):
                work.create_task(war.press_send(number))
            hits = iter([(number, urls[number % len(urls)]) for number in range(HITS)])
            for _ in range(READERS):
                work.create_task(war.touch_all(client, hits))
            work.create_task(war.besiege_web())
            work.create_task(war.besiege_worker())
        await war.settled()

        await check_mail(war.people)
        broken_off = await check_hits(war.told)
        faults = war.web.faults() + war.worker.faults()
    told = war.told
    with capsys.disabled():
        print(
            f"\nkilled: {told.web_kills} × web, {told.worker_kills} × worker, in {time.monotonic() - began:.0f} s, seed {SEED}\n"
            f"  {SENDS} sends, pressed again {told.pressed_again} times: each once in Sent, once in the inbox, once in the feed\n"
            f"  {HITS} hits: {len(told.answered)} answered, all stored once; {len(told.unanswered)} broken off, {broken_off} stored, none twice"
        )
    assert faults == []


async def check_mail(people: People) -> None:
    """Each mail once in Sent, once with whom it was for, once among our messages and once in the feed."""
    dispatches = {str(row["id"]) for row in await rows("SELECT id FROM dispatch WHERE sent_at IS NOT NULL AND failed_at IS NULL")}
    assert len(dispatches) == SENDS
    once = dict.fromkeys(dispatches, 1)
    sent = [copy for address in SENDING_FROM.values() for copy in await people.folder(address, "sent")]
    assert Counter(map(send_id, sent)) == once
    got = [mail for number in range(SENDS) for mail in await people.inbox(recipient(number))]
    assert Counter(map(send_id, got)) == once
    for address in SENDING_FROM.values():
        assert await people.folder(address, "drafts") == []
        assert await people.folder(address, "outbox") == []
    messages = await rows("SELECT id, send_id FROM message WHERE direction = 'sent'")
    assert Counter(str(row["send_id"]) for row in messages) == once
    feed = await rows("SELECT message FROM activity WHERE kind = 'sent'")
    assert Counter(row["message"] for row in feed) == Counter(row["id"] for row in messages)
    reminders = await rows("SELECT message FROM reminder")
    assert Counter(row["message"] for row in reminders) == Counter(row["id"] for row in messages)


async def check_hits(told: Told) -> int:
    """Every answered hit once in the ledger, none twice, each judged once; how many were stored without an answer."""
    stored = Counter(int(row["user_agent"].rpartition("/")[2]) for row in await rows("SELECT user_agent FROM hit"))
    assert told.answered | told.unanswered == set(range(HITS))
    assert told.answered - set(stored) == set()
    assert [number for number, count in stored.items() if count > 1] == []
    counts = (await rows("SELECT (SELECT count(*) FROM hit) AS hits, (SELECT count(*) FROM verdict) AS verdicts"))[0]
    assert counts["hits"] == counts["verdicts"]
    twice = await rows("SELECT hit FROM activity WHERE hit IS NOT NULL GROUP BY hit HAVING count(*) > 1")
    assert twice == []
    return len(set(stored) & told.unanswered)
