"""One embedded PostgreSQL for the whole run, one sandbox, and a clean database for each test that asks for `database`."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from xdist.scheduler import LoadScopeScheduling

from tests import authority

ROOT = Path(__file__).parents[1]
PAGES = "tests/pages/"
VAR = Path(tempfile.mkdtemp(prefix="nachfass-tests-"))
VAR.chmod(0o755)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


SANDBOX = f"http://127.0.0.1:{free_port()}"

os.environ |= {
    "NACHFASS_BASE_URL": "http://localhost:8025",
    "NACHFASS_SECRET_KEYS": "tests-only-tests-only-tests-only-tests-only",
    "NACHFASS_VAR": str(VAR),
    "NACHFASS_TRUSTED_PROXIES": "127.0.0.1/32",
    "NACHFASS_PRIVATE_MAIL_HOSTS": "127.0.0.1/32,::1/128",
    "NACHFASS_PRIVATE_PUSH_HOSTS": "127.0.0.1/32",
    "NACHFASS_MAIL_CA": str(authority.made(VAR / "authority")),
    "GOOGLE_CLIENT_ID": "nachfass-google.apps.example",
    "GOOGLE_CLIENT_SECRET": "google-secret",
    "GOOGLE_AUTH_URL": f"{SANDBOX}/google/o/oauth2/v2/auth",
    "GOOGLE_TOKEN_URL": f"{SANDBOX}/google/token",
    "GOOGLE_REVOKE_URL": f"{SANDBOX}/google/revoke",
    "GOOGLE_API_URL": f"{SANDBOX}/google",
    "GOOGLE_CERTS_URL": f"{SANDBOX}/google/oauth2/v1/certs",
    "MICROSOFT_CLIENT_ID": "6f0bd5f0-0000-4000-8000-000000000001",
    "MICROSOFT_CLIENT_SECRET": "microsoft-secret",
    "MICROSOFT_LOGIN_URL": f"{SANDBOX}/microsoft",
    "MICROSOFT_GRAPH_URL": f"{SANDBOX}/microsoft/graph/v1.0",
}

from app import database as app_database  # noqa: E402
from app import embedded, migrating  # noqa: E402
from tests.post_office import post_office  # noqa: E402

__all__ = ["post_office"]


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop that granian takes too."""
    return "asyncio", {"use_uvloop": True}


class BrowserInOneProcess(LoadScopeScheduling):
    """Each test by itself to whoever is free; those of the browser, which take longest, first and to one process: it has the house they look at."""

    def _split_scope(self, nodeid: str) -> str:
        return PAGES if nodeid.startswith(PAGES) else nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return BrowserInOneProcess(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(PAGES))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    with embedded.postgresql(VAR / "postgresql") as uri:
        os.environ["DATABASE_URL"] = uri
        asyncio.run(without_fsync(uri))
        yield uri


async def without_fsync(uri: str) -> None:
    """Processes are killed here, machines are not: what a test writes need not outlive a power cut."""
    connection = await asyncpg.connect(uri)
    await connection.execute("ALTER SYSTEM SET fsync = off")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


@pytest.fixture(scope="session")
async def pool(anyio_backend: object, postgresql: str) -> AsyncIterator[None]:
    async with app_database.connected(8):
        await migrating.migrate()
        yield


EMPTY = """
DO $$
DECLARE name regclass; filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;  -- no foreign key is asked while everything goes
    FOR name IN SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'migration'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', name) INTO filled;
        IF filled THEN EXECUTE format('DELETE FROM %s', name); END IF;
    END LOOP;
END $$
"""
"""Deleting the few rows of a test is much quicker than truncating fifty tables, each of which gets a new file."""


@pytest.fixture
async def database(pool: None) -> None:
    """The migrated database, with nothing in it."""
    await app_database.rows(EMPTY)


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[str]:
    """The sandbox in a process of its own, as `nachfass demo` runs it."""
    port = SANDBOX.rpartition(":")[2]
    command = [sys.executable, "-m", "app.sandbox", "--port", port]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"NACHFASS_SANDBOX_URL": SANDBOX}) as process:
        try:
            wait_for(f"{SANDBOX}/health", process, 90)
            yield SANDBOX
        finally:
            process.terminate()


def wait_for(url: str, process: "subprocess.Popen[bytes]", seconds: float = 20) -> None:
    """Until a server that is starting answers; says so if it died instead."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"The server for {url} ended with {process.returncode}.")
        try:
            httpx.get(url, timeout=1)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError(f"Nothing answered at {url} for {seconds} s.")


@pytest.fixture
def sandbox(sandbox_server: str) -> str:
    """The sandbox's address, with nothing in it."""
    httpx.post(f"{sandbox_server}/control/reset", timeout=5).raise_for_status()
    return sandbox_server
