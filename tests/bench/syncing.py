"""What reading mailboxes costs and survives: `python -m tests.bench.syncing`.

Three parts for each provider, against the sandbox in a process of its own: an incremental sync of many changes within the provider's
limits and without any; three hours of lost notices on a simulated clock, with the worker away and with it at work; a storm of 429.
"""

import argparse
import asyncio
import base64
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from app.serving import free_port, running

ADDRESSES = {"gmail": "miriam@brueckner.example", "outlook": "m.kessler@brueckner-mess.example"}
THERE = {"gmail": "google", "outlook": "microsoft"}
NAMES = {"gmail": "Google", "outlook": "Microsoft"}
OUTAGE = timedelta(hours=3)
TICK = timedelta(seconds=10)
LATENCY = 0.05
"""Seconds that the provider takes for an answer, as a real one would."""


def main() -> int:
    options = arguments()
    logging.disable(logging.INFO)
    sandbox_port, port = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="nachfass-bench-") as folder:
        from app.pretending import pretend_settings, wait_until_up  # noqa: PLC0415 - after the environment is made

        os.environ.update(pretend_settings(Path(folder), port, sandbox_port) | {"NACHFASS_BASE_URL": f"http://127.0.0.1:{port}"})
        from app.embedded import database  # noqa: PLC0415

        with database(Path(folder)), running("app.sandbox", "--port", str(sandbox_port)) as process:
            wait_until_up(f"http://localhost:{sandbox_port}/health", process)
            return asyncio.run(measure(options, f"http://localhost:{sandbox_port}", port))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=1_000, help="Changes of the incremental sync.")
    parser.add_argument("--storm", type=int, default=300, help="Mails that are read in the storm.")
    parser.add_argument("--parts", default="unlimited,limited,away,lost,storm")
    parser.add_argument("--providers", default="gmail,outlook")
    return parser.parse_args()


async def measure(options: argparse.Namespace, sandbox: str, port: int) -> int:
    from app import reactions  # noqa: PLC0415
    from app.database import connected  # noqa: PLC0415
    from app.mailboxes.opening import hang_up  # noqa: PLC0415
    from app.migrating import migrate  # noqa: PLC0415

    reactions.wire()
    async with connected():
        await migrate()
        for provider in options.providers.split(","):
            for part in options.parts.split(","):
                async with staged(sandbox, provider, port) as stage:
                    await PARTS[part](stage, options)
        await hang_up()
    return 0


@dataclass
class Stage:
    """A mailbox at the sandbox, connected and read once, and how to pull the sandbox's strings."""

    provider: str
    client: Any
    mailbox: Any
    hook: Any
    seen: dict[str, datetime] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return ADDRESSES[self.provider]

    async def pull(self, path: str, /, **asked: Any) -> Any:
        answer = await self.client.post(f"/control/{path}", json=asked)
        answer.raise_for_status()
        return answer.json()

    async def arrives(self, number: int, start: int = 0) -> None:
        for count in range(start, start + number):
            head = f"From: Anna Weber <anna@alpenblick.example>\r\nTo: {self.address}\r\nSubject: Angebot {count}\r\n"
            raw = base64.b64encode(f"{head}Message-ID: <{count}@alpenblick.example>\r\n\r\nGuten Tag, das ist Mail {count}.".encode()).decode()
            await self.pull("receive", to=self.address, raw=raw)

    async def account(self, seconds: float) -> dict[str, Any]:
        found: dict[str, Any] = (await self.client.get(f"/control/mailboxes/{self.address}/account", params={"seconds": seconds})).json()
        return found

    async def receive(self, mailbox: Any, mail: Any, imported: bool) -> bool:
        """As the threads do, and noting when."""
        from app.clock import now  # noqa: PLC0415
        from app.threads.receiving import receive  # noqa: PLC0415

        new = mail.provider_id not in self.seen
        self.seen.setdefault(mail.provider_id, now())
        await receive(mailbox, mail, imported)
        return new

    async def sync(self) -> None:
        from app.mailboxes.syncing import sync_due  # noqa: PLC0415

        await sync_due(self.receive)

    async def until_read(self, number: int) -> float:
        """Rounds as the schedule makes them until so many mails are in; the seconds it took."""
        began = time.monotonic()
        while len(self.seen) < number:
            await self.sync()
            await asyncio.sleep(0.2)
        return time.monotonic() - began


@asynccontextmanager
async def staged(sandbox: str, provider: str, port: int) -> AsyncIterator[Stage]:
    """Everything anew: an empty world, a workspace of its own, her contact, her mailbox, and our hooks listening."""
    import httpx  # noqa: PLC0415
    from litestar import Litestar  # noqa: PLC0415

    from app.clock import new_id  # noqa: PLC0415
    from app.identity.guarding import Me  # noqa: PLC0415
    from app.identity.tables import OWNER  # noqa: PLC0415
    from app.mailboxes import connecting  # noqa: PLC0415
    from app.mailboxes.hooks import HOOKS  # noqa: PLC0415
    from app.mailboxes.tables import Mailbox  # noqa: PLC0415
    from tests import people  # noqa: PLC0415
    from tests.mailboxes.listening import listening  # noqa: PLC0415

    await Mailbox.update({Mailbox.tokens: None}, force=True)
    rep = await people.rep("Miriam Kessler", f"miriam-{new_id()}@brueckner.example", await people.workspace(), OWNER)
    await people.contact(rep.workspace)
    me = Me(rep.person, rep.workspace, await people.session(rep), OWNER)
    async with httpx.AsyncClient(base_url=sandbox, timeout=60) as client, listening(Litestar([*HOOKS], openapi_config=None), port) as hook:
        stage = Stage(provider, client, None, hook)
        await stage.pull("reset")
        await stage.pull("pubsub", endpoint=f"http://127.0.0.1:{port}/hooks/gmail")
        url = await connecting.start(me, provider, "full")
        back = await client.post(url, data={"address": stage.address, "decision": "all"})
        stage.mailbox = await connecting.finish(me, provider, dict(parse_qsl(urlsplit(back.headers["location"]).query)))
        await stage.sync()
        await stage.pull(f"mailboxes/{stage.address}", provider=THERE[provider], latency=LATENCY)
        yield stage


async def unlimited(stage: Stage, options: argparse.Namespace) -> None:
    """How fast it is by itself: what we and the database take, with the provider's limits away."""
    from app.mailboxes.providers import pacing  # noqa: PLC0415

    kept = pacing.LIMITS[NAMES[stage.provider]]
    pacing.LIMITS[NAMES[stage.provider]] = ()
    pacing._paces.clear()
    await incremental(stage, options.mails, "without limits")
    pacing.LIMITS[NAMES[stage.provider]] = kept
    pacing._paces.clear()


async def limited(stage: Stage, options: argparse.Namespace) -> None:
    await incremental(stage, options.mails, "within the provider's limits")


async def incremental(stage: Stage, mails: int, words: str) -> None:
    await stage.arrives(mails)
    seconds = await stage.until_read(mails)
    kept = await stage.account(60)
    told(stage, f"incremental sync of {mails:,} changes {words}: {seconds:.1f} s, {mails / seconds:.0f} mails/s, {kept['requests']} requests, "
                f"at most {kept['most_at_once']} at once, fullest minute {kept['peak']:,} {UNITS[stage.provider]}")  # fmt: skip


UNITS = {"gmail": "of 6,000 units", "outlook": "requests (10,000 in ten minutes)"}


async def away(stage: Stage, options: argparse.Namespace) -> None:
    """The worker is away for three hours, and every notice of that time is lost."""
    await prepare_outage(stage)
    for minute in range(0, 180, 3):
        await stage.pull("clock", seconds=minute * 60)
        await stage.arrives(1, minute)
    began = time.monotonic()
    from app.clock import later  # noqa: PLC0415

    await stage.pull("clock", seconds=OUTAGE.total_seconds())
    with later(OUTAGE):
        await stage.sync()
    told(stage, f"worker away for 3 h, 60 mails, all notices lost: {len(stage.seen)} of 60 found by the first round, "
                f"in {time.monotonic() - began:.1f} s; {await doubted(stage)}")  # fmt: skip


async def lost(stage: Stage, options: argparse.Namespace) -> None:
    """The worker is at work, and no notice arrives for three hours: how long until each mail is known, on a clock that is moved on."""
    from app.clock import later, now  # noqa: PLC0415

    await prepare_outage(stage)
    began, ticks = time.monotonic(), int(OUTAGE / TICK)
    arrived: list[datetime] = []
    for tick in range(ticks):
        await stage.pull("clock", seconds=tick * TICK.total_seconds())
        with later(TICK * tick):
            if tick % 17 == 0:  # now in step with the looking, now between two looks
                await stage.arrives(1, tick)
                arrived.append(now())
            await stage.sync()
    with later(OUTAGE + timedelta(minutes=6)):
        await stage.sync()
    delays = [(found - at).total_seconds() for found, at in zip(sorted(stage.seen.values()), arrived, strict=True)]
    told(stage, f"no notice for 3 h, worker at work, {len(arrived)} mails: {len(delays)} found, known after "
                f"{statistics.median(delays):.0f} s (median), {max(delays):.0f} s (longest); {await doubted(stage)}; "
                f"simulated in {time.monotonic() - began:.0f} s")  # fmt: skip


async def prepare_outage(stage: Stage) -> None:
    from app.mailboxes.watching import watch_due  # noqa: PLC0415

    await watch_due()
    await stage.sync()
    await stage.pull("faults", kind="lost-notice", provider=THERE[stage.provider], count=-1)


async def doubted(stage: Stage) -> str:
    from app.mailboxes.watching import promise_of  # noqa: PLC0415

    watch = await promise_of(stage.mailbox.id)
    return "the provider's promise is doubted, every 20 s from now on" if watch and watch.doubted_at else "the promise is believed"


async def storm(stage: Stage, options: argparse.Namespace) -> None:
    """Every third request is refused, by turns with a time and without, while a backlog is read within the provider's limits."""
    await stage.arrives(options.storm)
    there = {"kind": "429", "provider": THERE[stage.provider], "path": "/messages/|/history", "count": -1}
    await stage.pull("faults", **there, every=6, retry_after=1)
    await stage.pull("faults", **there, every=5)
    seconds = await stage.until_read(options.storm)
    window, limit = (60, 6_000) if stage.provider == "gmail" else (600, 10_000)
    kept = await stage.account(window)
    told(stage, f"storm of 429: {kept['requests']} requests, {kept['throttled']} refused by the storm, {options.storm} mails in {seconds:.0f} s, "
                f"{options.storm - len(stage.seen)} lost; fullest {window} s {kept['peak']:,} of {limit:,}, "
                f"at most {kept['most_at_once']} at once")  # fmt: skip


def told(stage: Stage, words: str) -> None:
    print(f"{stage.provider:>8}  {words}", flush=True)


PARTS = {"unlimited": unlimited, "limited": limited, "away": away, "lost": lost, "storm": storm}

if __name__ == "__main__":
    sys.exit(main())
