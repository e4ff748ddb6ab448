"""How fast a mailbox of years comes in, and in how much memory: `python -m tests.bench.importing --messages 50000`.

A worker of its own imports from the sandbox, is killed with SIGKILL on the way and started again; then every message must be there exactly once.
The absolute figures belong to a machine; what is asserted is that nothing is lost, nothing doubled, and that memory does not grow with the mailbox.
"""

import argparse
import asyncio
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import httpx

ROOT = Path(__file__).parents[2]
ADDRESSES = {"gmail": "miriam@brueckner.example", "outlook": "m.kessler@brueckner-mess.example"}
AT_SANDBOX = {"gmail": "google", "outlook": "microsoft"}
KILLED_AT = 0.4
LOOKS_EVERY = 0.2


@dataclass(frozen=True)
class Measured:
    """One import: seconds by the clock and of the processor, the worker's peak memory in MB before and after the kill, and what came of it."""

    seconds: float
    busy: float
    peaks: tuple[float, ...]
    messages: int
    different: int


def main() -> int:
    options = arguments()
    if options.work:
        return asyncio.run(work(UUID(options.work), options.limited))
    with tempfile.TemporaryDirectory(prefix="nachfass-bench-") as folder, sandboxed(folder):
        from app.embedded import database  # noqa: PLC0415 - after the environment is made

        with database(Path(folder)):
            found = asyncio.run(measured(options.messages, options.providers.split(","), options.whole, options.limited))
    return report(options.messages, found)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--providers", default="gmail,outlook")
    parser.add_argument("--whole", action="store_true", help="do not kill the worker on the way")
    parser.add_argument("--limited", action="store_true", help="keep within the providers' quotas: 50,000 mails take Gmail 3.5 hours then")
    parser.add_argument("--work", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


@contextmanager
def sandboxed(folder: str) -> Iterator[None]:
    """The environment of the bench, and the sandbox in a process of its own."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    at = f"http://127.0.0.1:{port}"
    os.environ |= {
        "NACHFASS_BASE_URL": "http://localhost:8025", "NACHFASS_SECRET_KEYS": "bench" * 8, "NACHFASS_VAR": folder, "NACHFASS_SANDBOX_URL": at,
        "GOOGLE_CLIENT_ID": "bench.apps.example", "GOOGLE_CLIENT_SECRET": "google-secret", "GOOGLE_AUTH_URL": f"{at}/google/o/oauth2/v2/auth",
        "GOOGLE_TOKEN_URL": f"{at}/google/token", "GOOGLE_REVOKE_URL": f"{at}/google/revoke", "GOOGLE_API_URL": f"{at}/google",
        "MICROSOFT_CLIENT_ID": "6f0bd5f0-0000-4000-8000-000000000001", "MICROSOFT_CLIENT_SECRET": "microsoft-secret",
        "MICROSOFT_LOGIN_URL": f"{at}/microsoft", "MICROSOFT_GRAPH_URL": f"{at}/microsoft/graph/v1.0",
    }  # fmt: skip
    with subprocess.Popen([sys.executable, "-m", "app.sandbox", "--port", str(port)], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        try:
            wait(f"{at}/health")
            yield
        finally:
            process.terminate()


def wait(url: str) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            httpx.get(url, timeout=1)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("The sandbox did not start.")


async def measured(messages: int, providers: list[str], whole: bool, limited: bool) -> dict[str, Measured]:
    async with opened():
        return {provider: await one(provider, messages, whole, limited) for provider in providers}


@asynccontextmanager
async def opened() -> AsyncIterator[None]:
    from app.database import connected  # noqa: PLC0415
    from app.migrating import migrate  # noqa: PLC0415

    async with connected(4):
        await migrate()
        yield


async def one(provider: str, messages: int, whole: bool, limited: bool) -> Measured:
    """Seed, connect, import (with a death on the way), count."""
    from app.database import rows  # noqa: PLC0415

    mailbox = await connect(provider, messages)
    began, before, peaks = time.monotonic(), spent(), []
    if not whole:
        peaks.append(await worked(mailbox, limited, until=KILLED_AT))
    peaks.append(await worked(mailbox, limited))
    seconds = time.monotonic() - began
    counted = (await rows("SELECT count(*) AS n, count(DISTINCT provider_id) AS d FROM message WHERE mailbox = $1", mailbox))[0]
    return Measured(seconds, spent() - before, tuple(peaks), counted["n"], counted["d"])


async def connect(provider: str, messages: int) -> UUID:
    """Through the consent page, as a person does."""
    from app.identity.guarding import Me  # noqa: PLC0415
    from app.identity.tables import OWNER  # noqa: PLC0415
    from app.mailboxes import connecting  # noqa: PLC0415
    from app.mailboxes.opening import hang_up  # noqa: PLC0415
    from tests import people  # noqa: PLC0415

    place = await people.workspace(f"Bench {provider}")
    rep = await people.rep("Miriam Kessler", f"{provider}@brueckner.example", place, OWNER)
    me = Me(rep.person, rep.workspace, await people.session(rep), OWNER)
    address = ADDRESSES[provider]
    async with httpx.AsyncClient(base_url=os.environ["NACHFASS_SANDBOX_URL"], timeout=300) as client:
        await client.post(f"/control/mailboxes/{address}", json={"provider": AT_SANDBOX[provider], "name": "Miriam Kessler"})
        (await client.post(f"/control/mailboxes/{address}/past", json={"messages": messages, "days": 25})).raise_for_status()
        answer = await client.post(await connecting.start(me, provider, "full"), data={"address": address, "decision": "all"})
    mailbox = await connecting.finish(me, provider, dict(parse_qsl(urlsplit(answer.headers["location"]).query)))
    await hang_up()
    return UUID(str(mailbox.id))


async def worked(mailbox: UUID, limited: bool, until: float = 1.0) -> float:
    """Let a worker import until this part is in, then kill it; its peak memory in MB."""
    from app.mailboxes.tables import Mailbox  # noqa: PLC0415

    command = [sys.executable, "-m", "tests.bench.importing", "--work", str(mailbox), *(["--limited"] if limited else [])]
    with subprocess.Popen(command, cwd=ROOT) as process:  # noqa: ASYNC220 - nothing else runs here
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, memory_of(process.pid))
            row = await Mailbox.objects().get(Mailbox.id == mailbox)
            if row is not None and row.import_total and row.import_done >= until * row.import_total and until < 1:
                process.send_signal(signal.SIGKILL)
                break
            await asyncio.sleep(LOOKS_EVERY)
        process.wait()
    if until == 1 and process.returncode:
        raise SystemExit(f"The worker ended with {process.returncode}.")
    return peak


def spent() -> float:
    """Processor time of the workers that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def memory_of(pid: int) -> float:
    """The most it ever held, in MB (VmHWM of proc(5))."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


async def work(mailbox: UUID, limited: bool) -> int:
    """The worker: what the schedule does, until this import is finished."""
    from app.database import connected  # noqa: PLC0415
    from app.mailboxes.importing import import_due  # noqa: PLC0415
    from app.mailboxes.opening import hang_up  # noqa: PLC0415
    from app.mailboxes.providers import pacing  # noqa: PLC0415
    from app.mailboxes.tables import Mailbox  # noqa: PLC0415
    from app.threads.asking import filed  # noqa: PLC0415
    from app.threads.receiving import receive  # noqa: PLC0415

    if not limited:
        pacing.LIMITS.update(dict.fromkeys(pacing.LIMITS, ()))
    async with connected():
        while not await Mailbox.exists().where(Mailbox.id == mailbox, Mailbox.imported_at.is_not_null()):
            await import_due(receive, filed)
            await asyncio.sleep(LOOKS_EVERY)
        await hang_up()
    return 0


def report(messages: int, found: dict[str, Measured]) -> int:
    for provider, run in found.items():
        peaks = " and ".join(f"{peak:.0f} MB" for peak in run.peaks)
        print(f"{provider}: {run.messages:,} messages in {run.seconds:.0f} s, {run.messages / run.seconds:.0f}/s")
        print(f"  the worker was busy for {run.busy:.0f} s ({run.messages / run.busy:.0f}/s on a core of its own), its peak {peaks}")
    wrong = {provider: run for provider, run in found.items() if not run.messages == run.different == messages}
    print(f"WRONG: {wrong}" if wrong else "none lost, none twice, also where the worker was killed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
