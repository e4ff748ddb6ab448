"""Nachfass in processes of its own, as an operator runs it: started, asked, killed without a word, started again."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

import httpx

from app.database import rows
from tests.conftest import ROOT, SANDBOX, free_port
from tests.waiting import Lost, until

OUR_FAULTS = ("Something nobody thought of", "A scheduled verb failed")


class Server:
    """One role of Nachfass: granian's supervisor and its worker, in a process group of their own."""

    def __init__(self, role: str, var: Path, port: int, base: str) -> None:
        self.role, self.var, self.port, self.base = role, var, port, base
        self.log = var / f"{role}-{port}.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """How its connections are called in the database."""
        return f"stories-{self.role}-{self.port}"

    def start(self) -> None:
        own = {
            "DATABASE_URL": f"{os.environ['DATABASE_URL']}&application_name={self.name}",
            "NACHFASS_BASE_URL": self.base,
            "NACHFASS_TRACKING_URL": self.base,
            "NACHFASS_VAR": str(self.var),
            "NACHFASS_SANDBOX_URL": SANDBOX,
        }
        command = [sys.executable, "-m", "app.cli", "serve", "--role", self.role, "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | own, stdout=log, stderr=log, start_new_session=True)

    async def ready(self) -> None:
        """Until it answers that it may be given work."""
        async with httpx.AsyncClient() as client:
            await until(lambda: self.is_ready(client), f"{self.role} is ready: {self.said()[-2000:]}")

    async def is_ready(self, client: httpx.AsyncClient) -> bool:
        if self.process is None or self.process.poll() is not None:
            raise Lost(f"{self.role} ended by itself: {self.said()[-2000:]}")
        try:
            answer = await client.get(f"http://127.0.0.1:{self.port}/health/", timeout=5)
        except httpx.TransportError:
            return False
        return answer.status_code == 200

    def kill(self) -> None:
        """`kill -9` of the whole group: no handler runs, nothing is written any more."""
        self.end(signal.SIGKILL)

    def stop(self) -> None:
        """As an operator stops it."""
        self.end(signal.SIGTERM)

    def end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        with suppress(ProcessLookupError):  # it ended by itself, and everybody of its group with it
            os.killpg(self.process.pid, how)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    async def gone(self) -> None:
        """Until the database too has noticed that it died: what it was committing is decided then."""
        left = "SELECT count(*) AS left FROM pg_stat_activity WHERE application_name = $1"

        async def nobody() -> bool:
            return bool((await rows(left, self.name))[0]["left"] == 0)

        await until(nobody, f"the connections of {self.name} are closed", every=0.02)

    def said(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def faults(self) -> list[str]:
        """What it logged that must never happen."""
        return [line for line in self.said().splitlines() if any(fault in line for fault in OUR_FAULTS)]


@contextmanager
def ended_at_last(*servers: Server) -> Iterator[None]:
    """Whatever happens, none of them outlives the block."""
    try:
        yield
    finally:
        for server in servers:
            server.kill()


@asynccontextmanager
async def served(role: str, var: Path) -> AsyncIterator[Server]:
    """One role on a free port for as long as the block runs."""
    port = free_port()
    server = Server(role, var, port, f"http://localhost:{port}")
    with ended_at_last(server):
        server.start()
        await server.ready()
        yield server
        server.stop()
