"""How many hits a second are durably stored, against a bare answer of the same server, in one run: `python -m tests.bench.hits`.

The server has one core; PostgreSQL and the load (wrk, 64 connections) share the other. It prints ratios: absolute figures belong to a machine.
The bare answer is asked for twice: of the server as it comes, which is what the wanted ratio is about, and in a process that was calmed down
like ours (`edge.calm_down`), where it is a quarter quicker too: what storing itself costs shows only against that one.
"""

import argparse
import asyncio
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx

ROOT = Path(__file__).parents[2]
PORT = 8191
CONNECTIONS = 64
SERVER_CORE, LOAD_CORE = "0", "1"
WANTED_RATIO, WANTED_P99 = 0.55, 8.0
WEARING_IN = 10
"""Seconds. A database in service takes the files of its log again after each checkpoint; one just made writes each anew: 20 ms every 16 MB."""
BARE, CALM, DURABLE = KINDS = ("bare", "calm", "durable")
NAMES = {BARE: "bare answer, the server as it comes", CALM: "bare answer, calmed down", DURABLE: "durable hit"}
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
AGENT = "User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


@dataclass(frozen=True)
class Measured:
    """One run of wrk."""

    a_second: float
    p99: float
    answers: int
    errors: int


def main() -> int:
    options = arguments()
    if missing := [tool for tool in ("wrk", "taskset") if shutil.which(tool) is None]:
        print(f"Skipped: {' and '.join(missing)} not found. Install Debian's packages wrk and util-linux to run this bench.")
        return 0
    with tempfile.TemporaryDirectory(prefix="nachfass-bench-") as folder:
        os.environ |= {"NACHFASS_BASE_URL": f"http://127.0.0.1:{PORT}", "NACHFASS_SECRET_KEYS": "bench" * 8, "NACHFASS_VAR": folder}
        os.sched_setaffinity(0, {int(LOAD_CORE)})
        from app.embedded import database  # noqa: PLC0415 - after the environment is made

        with database(Path(folder)):
            return report(measured(options.rounds, options.seconds))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    return parser.parse_args()


def measured(rounds: int, seconds: int) -> dict[str, list[Measured]]:
    """The servers by turns, so that a busy neighbour hurts them all."""
    results: dict[str, list[Measured]] = {kind: [] for kind in KINDS}
    with serving(DURABLE):
        load(WEARING_IN)
    for _ in range(rounds):
        asyncio.run(told("CHECKPOINT"))
        for kind in KINDS:
            with serving(kind):
                load(1)
                before = stored() if kind == DURABLE else 0
                results[kind].append(load(seconds))
                if kind == DURABLE:
                    check(stored() - before, results[kind][-1])
    return results


@contextmanager
def serving(kind: str) -> Iterator[None]:
    """granian with one worker on one core."""
    command = ["taskset", "-c", SERVER_CORE, sys.executable, "-m", "granian", "--interface", "asgi", "--workers", "1", "--port", str(PORT)]
    command += ["--no-access-log", "--log-level", "error", "--workers-kill-timeout", "2", "tests.bench.served:app"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"BENCH": kind}) as server:
        try:
            wait()
            yield
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()


def wait() -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            httpx.get(f"http://127.0.0.1:{PORT}/o/x.gif", timeout=1)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("The server did not start.")


def load(seconds: int) -> Measured:
    from app.clock import new_id  # noqa: PLC0415 - after the environment is made
    from app.tracking.tokens import pixel_url  # noqa: PLC0415

    return loaded(pixel_url(new_id(), new_id()), seconds, "Accept-Language: de-DE")


def loaded(url: str, seconds: int, *headers: str) -> Measured:
    """One run of wrk on its core."""
    command = ["taskset", "-c", LOAD_CORE, "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    for header in (AGENT, *headers):
        command += ["-H", header]
    said = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    tail = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    rate, answers = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"(\d+) requests in", said)
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    if not (tail and rate and answers):
        raise RuntimeError(f"wrk said something unexpected:\n{said}")
    return Measured(float(rate[1]), float(tail[1]) * UNITS[tail[2]], int(answers[1]), int(bad[1]) if bad else 0)


def stored(table: str = "hit") -> int:
    return int(asyncio.run(told(f"SELECT count(*) FROM {table}")))


async def told(statement: str) -> Any:
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def check(rows: int, run: Measured) -> None:
    """wrk may hang up on its last answers, so there may be a few more rows than answers, never fewer."""
    if rows < run.answers or run.errors:
        raise SystemExit(f"FAILED: {run.answers} answers, {run.errors} of them errors, but {rows} rows.")


def report(results: dict[str, list[Measured]]) -> int:
    """Ratios are medians of the rounds' own, for each round had its own neighbours."""
    for kind, runs in results.items():
        print(f"{NAMES[kind]}: {', '.join(f'{run.a_second:,.0f}/s (p99 {run.p99:.1f} ms)' for run in runs)}")
    ratio, strict = (ratio_of(results[DURABLE], results[kind]) for kind in (BARE, CALM))
    p99 = statistics.median(run.p99 for run in results[DURABLE])
    print(f"ratio {ratio:.2f} (wanted: at least {WANTED_RATIO}), p99 {p99:.1f} ms (wanted: at most {WANTED_P99:.0f} ms), every answered hit stored")
    print(f"against the bare answer of a process as calm as ours: {strict:.2f}")
    return 0 if ratio >= WANTED_RATIO and p99 <= WANTED_P99 else 1


def ratio_of(ours: list[Measured], theirs: list[Measured]) -> float:
    return statistics.median(one.a_second / other.a_second for one, other in zip(ours, theirs, strict=True))


if __name__ == "__main__":
    sys.exit(main())
