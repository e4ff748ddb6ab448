"""The whole product in processes of its own, and a real browser in front of it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from tests.conftest import ROOT, free_port, wait_for

CHROMIUM = shutil.which("chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}


@dataclass(frozen=True)
class House:
    """A running Nachfass on its sandbox, the folder it keeps everything in, and the link that lets Miriam in."""

    folder: Path
    app: str
    sandbox: str
    way_in: str


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """`nachfass demo`, as the README starts it, with its fortnight of history."""
    folder = tmp_path_factory.mktemp("demo")
    app, sandbox = free_port(), free_port()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("NACHFASS", "GOOGLE", "MICROSOFT", "DATABASE"))}
    command = [sys.executable, "-m", "app.cli", "demo", "--port", str(app), "--sandbox-port", str(sandbox)]
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    with (folder / "log").open("wb") as log, subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log) as process:
        try:
            wait_for(f"http://localhost:{app}/health/", process, 90)
            yield House(folder / "var" / f"demo-{app}", f"http://localhost:{app}", f"http://localhost:{sandbox}", way_in(folder / "log", process))
        finally:
            process.terminate()


def way_in(log: Path, process: "subprocess.Popen[bytes]") -> str:
    """The one line that the command prints for the person."""
    while process.poll() is None:
        for line in log.read_text("utf-8").splitlines():
            if line.startswith("Sign in:"):
                return line.removeprefix("Sign in:").split()[0]
    raise RuntimeError(log.read_text("utf-8"))


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("NACHFASS_NO_SKIPS"):
            pytest.fail("Debian's package chromium is not installed.")
        pytest.skip("Debian's package chromium is not installed.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="package")
def signed_in(browser: Browser, house: House) -> str:
    """Miriam's cookies, for as many browsers as a test wants."""
    context = browser.new_context()
    context.new_page().goto(house.way_in)
    state = context.storage_state()
    context.close()
    path = Path(os.environ["NACHFASS_VAR"]) / "miriam.json"
    path.write_text(json.dumps(state))
    return str(path)


@pytest.fixture
def context(browser: Browser, signed_in: str, house: House) -> Iterator[BrowserContext]:
    made = browser.new_context(storage_state=signed_in, base_url=house.app, viewport=SIZES["wide"], locale="en")
    made.set_default_timeout(10_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails the test if the console says an error or a request fails."""
    complaints: list[str] = []
    opened = context.new_page()
    opened.on("console", lambda message: complaints.append(message.text) if is_error(message) else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("requestfailed", lambda request: complaints.append(f"{request.url}: {request.failure}") if not is_given_up(request) else None)
    yield opened
    assert complaints == []


def is_error(message: ConsoleMessage) -> bool:
    return message.type == "error"


def is_given_up(request: Request) -> bool:
    """Streams and polls that the browser itself ends when one leaves the page."""
    return "ERR_ABORTED" in (request.failure or "")
