"""How many due reminders are decided a second, and does anything ring twice when workers die?

    python -m tests.bench.reminding                 # 1, 2 and 3 workers, 10 thousand and 1 million waiting rows
    python -m tests.bench.reminding --crowd 10000   # all due in one minute, three workers, one of them killed every 5 s

The workers are processes that do nothing but ring; the mailbox counts as read every half second. Figures of several workers on one machine
share its cores: read the ratio of many waiting rows to few.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from random import choice

import click

from tests.bench import stage  # sets the environment first

from app.clock import now  # isort: skip
from app.database import connected, rows
from app.reactions import wire
from app.reminders.ringing import ring_due
from app.threads.tables import Message
from tests import people

WANTED_RATIO = 1.2
KILLED_EVERY = 5.0
READ_EVERY = 0.5
WORKERS = 3
PATIENCE = 600
MOST_AT_ONCE = 50_000
"""Rows of one statement: it has thirty seconds, as all have."""
DUE_SINCE = timedelta(minutes=1)

# A copy of a row with other values in some of its columns: `$1` says which row, `$2` how many copies.
COPY_THREADS = """
WITH ids AS MATERIALIZED (
    SELECT gen_random_uuid() AS thread, gen_random_uuid() AS message, gen_random_uuid() AS reminder FROM generate_series(1, $2)
), threads AS (
    INSERT INTO thread SELECT (jsonb_populate_record(t, jsonb_build_object('id', ids.thread))).*
    FROM ids, message m, thread t WHERE m.id = $1 AND t.id = m.thread
), messages AS (
    INSERT INTO message SELECT (jsonb_populate_record(m, jsonb_build_object('id', ids.message, 'thread', ids.thread,
        'message_id', ids.message::text, 'provider_message_id', ids.message::text, 'send_id', ids.message, 'provider_id', ids.message::text))).*
    FROM ids, message m WHERE m.id = $1 AND $3
)
INSERT INTO reminder SELECT (jsonb_populate_record(r, jsonb_build_object('id', ids.reminder, 'thread', ids.thread,
    'message', CASE WHEN $3 THEN ids.message END, 'due_at', $4::timestamptz))).*
FROM ids, reminder r, message m WHERE m.id = $1 AND r.thread = m.thread
"""
OPEN_AND_DUE = "SELECT count(*) FROM reminder WHERE settled_at IS NULL AND rang_at IS NULL AND due_at <= now()"
TOLD = """
SELECT (SELECT count(*) FROM reminder WHERE rang_at IS NOT NULL) AS rang,
    (SELECT count(*) FROM reminder_step WHERE what = 'rung') AS steps,
    (SELECT count(DISTINCT reminder) FROM reminder_step WHERE what = 'rung') AS once,
    (SELECT count(*) FROM activity WHERE kind = 'rang') AS told, (SELECT count(DISTINCT reminder) FROM activity WHERE kind = 'rang') AS told_once
"""


@click.command()
@click.option("--crowd", default=0, help="So many reminders due in the same minute; workers are killed.")
@click.option("--due", default=1000, help="Reminders that are due in each run without --crowd.")
@click.option("--few", default=10_000)
@click.option("--many", default=1_000_000)
@click.option("--work", is_flag=True, hidden=True)
def main(crowd: int, due: int, few: int, many: int, work: bool) -> None:
    if work:
        asyncio.run(ringing())
    else:
        with stage.house():
            sys.exit(asyncio.run(crowded(crowd) if crowd else compared(due, few, many)))


async def ringing() -> None:
    """A worker that does nothing else."""
    async with connected(4):
        wire()
        while True:
            if not await ring_due():
                await asyncio.sleep(0.05)


@contextmanager
def workers(number: int) -> Iterator[list["subprocess.Popen[bytes]"]]:
    hired = [worker() for _ in range(number)]
    try:
        yield hired
    finally:
        for one in hired:
            one.kill()
            one.wait()


def worker() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "tests.bench.reminding", "--work"], cwd=stage.ROOT, env=dict(os.environ))


async def crowded(number: int) -> int:
    """Exactly once, whoever dies."""
    async with stage.opened(4):
        await waiting(await pattern(), number, due=True)
        started = time.monotonic()
        with workers(WORKERS) as hired:
            killed = await until_done(hired)
        found = (await rows(TOLD))[0]
    seconds = time.monotonic() - started
    print(f"{number:,} due at once, {WORKERS} workers, {killed} killed: all decided after {seconds:.0f} s")
    print(f"{found['rang']:,} rang; {found['steps']:,} steps, of {found['once']:,} reminders")
    print(f"{found['told']:,} rows in the feed, of {found['told_once']:,} reminders")
    return 0 if {*found.values()} == {number} else 1


async def until_done(hired: list["subprocess.Popen[bytes]"]) -> int:
    """Kill one and hire another every few seconds, as long as there is work; says how many died."""
    killed, last = 0, time.monotonic()
    while await left():
        await asyncio.sleep(READ_EVERY)
        if time.monotonic() - last >= KILLED_EVERY:
            victim = choice(range(len(hired)))
            hired[victim].send_signal(signal.SIGKILL)
            hired[victim].wait()
            hired[victim], last, killed = worker(), time.monotonic(), killed + 1
    return killed


async def compared(due: int, few: int, many: int) -> int:
    """Decided a second, by workers and by waiting rows."""
    async with stage.opened(4):
        message = await pattern()
        speeds: dict[tuple[int, int], float] = {}
        there = 0
        for size in (few, many):
            await waiting(message, size - there, due=False)
            there = size
            for number in (1, 2, WORKERS):
                speeds[size, number] = await speed(message, due, number)
                print(f"{size:>9,} waiting, {number} workers: {speeds[size, number]:,.0f} decided a second", flush=True)
    ratios = [speeds[few, number] / speeds[many, number] for number in (1, 2, WORKERS)]
    print(f"few against many waiting rows: {', '.join(f'{ratio:.2f}' for ratio in ratios)} (wanted: at most {WANTED_RATIO})")
    return 0 if max(ratios) <= WANTED_RATIO else 1


async def speed(message: Message, due: int, number: int) -> float:
    """From the first decision to the last, so that starting a process does not count."""
    await waiting(message, due, due=True)
    with workers(number):
        await less_than(due)
        started, behind = time.monotonic(), await left()
        await less_than(1)
        return behind / (time.monotonic() - started)


async def pattern() -> Message:
    """One mail with a reminder, of which all others are copies."""
    rep = await people.miriam()
    message = (await stage.mails_of(rep, 1, reminds="1h"))[0]
    await rows("UPDATE reminder SET due_at = now() + interval '1 year'")
    return message


async def waiting(message: Message, number: int, *, due: bool) -> None:
    """So many more reminders; those that are due have a mail to be examined."""
    at = now() - DUE_SINCE if due else now() + timedelta(days=365)
    for piece in range(0, number, MOST_AT_ONCE):
        await rows(COPY_THREADS, message.id, min(MOST_AT_ONCE, number - piece), due, at)
    await rows("ANALYZE")


async def less_than(number: int) -> None:
    """Until fewer are undecided."""
    async with asyncio.timeout(PATIENCE):
        while await left() >= number:  # noqa: ASYNC110 - other processes do it
            await asyncio.sleep(0.1)


async def left() -> int:
    """Those nobody has decided about; and the mailbox was read just now."""
    await rows("UPDATE mailbox SET synced_at = now(), broken_at = NULL")
    return int((await rows(OPEN_AND_DUE))[0]["count"])


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
