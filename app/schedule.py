"""What time does: one list of verbs and how often. The truth is in their due times; the clock here only ticks.

Every verb may run on any number of nodes at once: each claims its rows with SKIP LOCKED.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from prometheus_client import Counter

from app.database import reachable
from app.feed.forgetting import forget_touches
from app.mailboxes.aliasing import refresh_aliases
from app.mailboxes.checking import check_due
from app.mailboxes.importing import import_due
from app.mailboxes.letters import forget_letters, put_letters_due
from app.mailboxes.listening import listen, stop_listening
from app.mailboxes.losing_sight import notice_silence
from app.mailboxes.syncing import sync_due
from app.mailboxes.watching import watch_due
from app.notifications.delivering import deliver_due
from app.notifications.forgetting import forget_deliveries
from app.notifications.mailing import write_letters_due
from app.notifications.subscribing import sweep_devices
from app.outbox.dispatching import dispatch_due
from app.outbox.following_zones import follow_zones
from app.outbox.setting_off import set_off_due
from app.reminders.digesting import digest_due
from app.reminders.obeying import reckon_anew
from app.reminders.ringing import ring_due
from app.reminders.surfacing import surface_due
from app.security.throttling import forget_attempts
from app.threads.asking import filed
from app.threads.receiving import receive
from app.threads.reconciling import compare_due
from app.tracking.ledger import make_partitions
from app.tracking.looking_up import look_up_due
from app.tracking.recording import drain_spool
from app.tracking.retaining import retain_due
from app.tracking.verdicts import judge_new

log = structlog.get_logger()
FAILURES = Counter("nachfass_chore_failures", "Times a scheduled verb raised", ["verb"])


@dataclass(frozen=True)
class Chore:
    """A verb, and how long to rest between two runs of it."""

    verb: Callable[[], Awaitable[object]]
    every: timedelta

    @property
    def name(self) -> str:
        return f"{self.verb.__module__.removeprefix('app.')}.{self.verb.__name__}"

    async def run(self) -> None:
        """Once. What goes wrong is logged and counted; the next tick tries again."""
        try:
            await self.verb()
        except Exception as error:
            FAILURES.labels(self.name).inc()
            if await reachable():
                log.error("A scheduled verb failed and will run again", verb=self.name, exc_info=error)
            else:
                log.warning("A scheduled verb waits for the database", verb=self.name)


def chores() -> list[Chore]:
    """Everything that happens by itself."""
    return [
        Chore(judge_new, timedelta(milliseconds=100)),
        Chore(dispatch_due, timedelta(milliseconds=500)),
        Chore(set_off_due, timedelta(seconds=1)),
        Chore(sync_mailboxes, timedelta(seconds=1)),
        Chore(check_due, timedelta(seconds=30)),
        Chore(import_mailboxes, timedelta(seconds=1)),
        Chore(watch_due, timedelta(seconds=5)),
        Chore(compare_sent, timedelta(seconds=5)),
        Chore(notice_silence, timedelta(seconds=15)),
        Chore(refresh_aliases, timedelta(seconds=5)),
        Chore(listen, timedelta(seconds=5)),
        Chore(ring_due, timedelta(seconds=2)),
        Chore(surface_due, timedelta(seconds=2)),
        Chore(reckon_anew, timedelta(minutes=10)),
        Chore(follow_zones, timedelta(minutes=10)),
        Chore(digest_due, timedelta(seconds=20)),
        Chore(put_letters_due, timedelta(seconds=2)),
        Chore(deliver_due, timedelta(seconds=1)),
        Chore(write_letters_due, timedelta(seconds=15)),
        Chore(drain_spool, timedelta(seconds=5)),
        Chore(look_up_due, timedelta(seconds=10)),
        Chore(make_partitions, timedelta(hours=12)),
        Chore(retain_due, timedelta(hours=6)),
        Chore(forget_touches, timedelta(hours=6)),
        Chore(forget_letters, timedelta(hours=6)),
        Chore(forget_deliveries, timedelta(hours=6)),
        Chore(sweep_devices, timedelta(hours=1)),
        Chore(forget_attempts, timedelta(hours=1)),
    ]


async def sync_mailboxes() -> int:
    return await sync_due(receive)


async def import_mailboxes() -> int:
    return await import_due(receive, filed)


async def compare_sent() -> int:
    return await compare_due(receive)


STOP_SECONDS = 3
"""How long a chore may take to end when the process is told to stop; what it had claimed is taken again by others."""


@asynccontextmanager
async def ticking() -> AsyncIterator[None]:
    """Run the chores for as long as the block runs. A chore that is still running is not started twice."""
    under_way: set[asyncio.Task[None]] = set()
    scheduler = AsyncIOScheduler(timezone="UTC")
    for chore in chores():
        trigger = IntervalTrigger(seconds=chore.every.total_seconds())
        at_once = {"next_run_time": datetime.now(UTC), "misfire_grace_time": None}
        scheduler.add_job(noted(chore, under_way), trigger, id=chore.name, max_instances=1, coalesce=True, **at_once)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.pause()
        await stop_listening()
        if under_way:
            await asyncio.wait(under_way, timeout=STOP_SECONDS)
        scheduler.shutdown(wait=False)


def noted(chore: Chore, under_way: set[asyncio.Task[None]]) -> Callable[[], Awaitable[None]]:
    """The chore as a task of its own, so that stopping can wait for it."""

    async def run() -> None:
        task = asyncio.create_task(chore.run(), name=chore.name)
        under_way.add(task)
        task.add_done_callback(under_way.discard)
        await asyncio.shield(task)

    return run
