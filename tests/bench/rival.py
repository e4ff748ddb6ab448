"""Opens by pytracking + Django, served as its documentation says, against ours in the same run: `python -m tests.bench.rival`.

The rival: pytracking 0.2.2 with its Fernet token, its own Django view, one ORM insert in autocommit into PostgreSQL, gunicorn
with 16 threads; pip installs it into an environment that is thrown away afterwards. Ours: the front of `tests.bench.hits`.
Both have one core, the same durable database and the same load (wrk) on the other core, by turns.
"""

import argparse
import base64
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.bench import hits
from tests.bench.hits import LOAD_CORE, ROOT, SERVER_CORE, Measured, loaded, stored

PORT = 8192
NEEDS = ("pytracking[django,crypto]==0.2.2", "django>=5,<6", "psycopg[binary]>=3", "gunicorn")
WANTED = 15


def main() -> int:
    options = arguments()
    if missing := [tool for tool in ("wrk", "taskset") if shutil.which(tool) is None]:
        print(f"Skipped: {' and '.join(missing)} not found. Install Debian's packages wrk and util-linux to run this bench.")
        return 0
    with tempfile.TemporaryDirectory(prefix="nachfass-bench-", ignore_cleanup_errors=True) as folder:
        python = installed(Path(folder) / "rival")
        if python is None:
            return 0
        os.environ |= {"NACHFASS_BASE_URL": f"http://127.0.0.1:{hits.PORT}", "NACHFASS_SECRET_KEYS": "bench" * 8, "NACHFASS_VAR": folder}
        os.environ |= {"RIVAL_URL": f"http://127.0.0.1:{PORT}", "RIVAL_KEY": base64.urlsafe_b64encode(os.urandom(32)).decode()}
        os.sched_setaffinity(0, {int(LOAD_CORE)})
        from app.embedded import database  # noqa: PLC0415 - after the environment is made

        with database(Path(folder)):
            return report(*measured(python, options.rounds, options.seconds))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    return parser.parse_args()


def installed(folder: Path) -> Path | None:
    """An interpreter that has the rival; nothing, and a sentence, where pip can't get it."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    tried = subprocess.run([python, "-m", "pip", "install", "--quiet", *NEEDS], capture_output=True, text=True, check=False)
    if tried.returncode:
        print(f"Skipped: the rival can't be installed ({tried.stderr.strip().splitlines()[-1]}).")
        return None
    return python


def measured(python: Path, rounds: int, seconds: int) -> tuple[list[Measured], list[Measured]]:
    """Both by turns, so that a busy neighbour hurts both; each run's rows are counted."""
    made = subprocess.run([python, "-m", "tests.bench.rival_site"], cwd=ROOT, capture_output=True, text=True, check=True)
    url = made.stdout.strip()
    theirs, ours = [], []
    for _ in range(rounds):
        with serving(python, url):
            loaded(url, 1)
            before = stored("rival_hit")
            theirs.append(loaded(url, seconds))
            hits.check(stored("rival_hit") - before, theirs[-1])
        with hits.serving("durable"):
            hits.load(1)
            before = hits.stored()
            ours.append(hits.load(seconds))
            hits.check(hits.stored() - before, ours[-1])
    return theirs, ours


@contextmanager
def serving(python: Path, url: str) -> Iterator[None]:
    command = ["taskset", "-c", SERVER_CORE, python, "-m", "gunicorn", "--worker-class", "gthread", "--threads", "16", "--keep-alive", "60"]
    command += ["--log-level", "error", "--bind", f"127.0.0.1:{PORT}", "tests.bench.rival_site:application"]
    with subprocess.Popen(command, cwd=ROOT) as server:
        try:
            wait(url)
            yield
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()


def wait(url: str) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            httpx.get(url, timeout=2).raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("The rival did not start.")


def report(theirs: list[Measured], ours: list[Measured]) -> int:
    ratio = statistics.median(run.a_second for run in ours) / statistics.median(run.a_second for run in theirs)
    for name, runs in (("pytracking + Django", theirs), ("ours", ours)):
        print(f"{name}: {', '.join(f'{run.a_second:,.0f}/s (p99 {run.p99:.1f} ms)' for run in runs)}")
    print(f"{ratio:.1f} × (wanted: at least {WANTED}), every answered hit stored by both")
    return 0 if ratio >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
