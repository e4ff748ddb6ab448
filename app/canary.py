"""The main job without a screen, again and again: connect, send, open, click, reply, be reminded. Every step goes over HTTP, as a browser's would."""

import asyncio
import os
import re
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import quantiles
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console
from rich.table import Table

from app.browsing import Astray, Browser, Ear, Form, Page, consent, listening
from app.clock import now
from app.correspondents import LOOKS_EVERY, Correspondent, InSandbox, OverImap, Received
from app.database import connected
from app.embedded import postgresql
from app.mailboxes.providers.base import NOTE_HEADER
from app.migrating import migrate
from app.pretending import pretend_settings, wait_until_up
from app.serving import free_port, running
from app.settings import settings

STEPS = ("connect", "send", "open", "click", "reply", "reminder")
GMAIL, OUTLOOK = "gmail", "outlook"
PROVIDERS = {GMAIL: "google", OUTLOOK: "microsoft"}
ABREAST = 4
"""Rounds under way at the same time: replies and reminders wait for the next sync, which a round alone would sit out."""
READING_TAKES = 3.5
"""Seconds before a person opens a mail: what comes quicker is taken for a machine, and rightly so."""
THINKING_TAKES = 2.5
"""Seconds before they follow a link: picture and link within one second are a machine's."""
RINGS_IN = timedelta(seconds=8)
PATIENCE = 90.0
ZONE = "Europe/Berlin"
MARKS = {"sent": "ticks sent", "opened": "ticks opened", "clicked": "ticks clicked", "replied": "ticks replied", "rang": "#bell-ringing"}
"""What tells a row of the feed by its kind: its tick, or the bell."""
OUT_OF_ORDER = (Astray, httpx.HTTPError, OSError, ValueError)


@dataclass
class Report:
    """How long each step took, by provider, and what failed."""

    times: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def took(self, step: str, provider: str, seconds: float) -> None:
        self.times.setdefault((step, provider), []).append(seconds)


@dataclass(frozen=True)
class Job:
    """One run of the main job on one mailbox."""

    number: int
    provider: str
    mark: str

    @property
    def address(self) -> str:
        return f"{self.mark}@canary.example"

    @property
    def subject(self) -> str:
        return f"Canary {self.mark}"

    @property
    def quiet_subject(self) -> str:
        return f"Quiet {self.mark}"


@dataclass
class Errand:
    """What a job works with."""

    job: Job
    browser: Browser
    ear: Ear
    report: Report
    them: Correspondent
    mailbox: str
    step: str = ""

    @asynccontextmanager
    async def timed(self, step: str) -> AsyncIterator[None]:
        self.step = step
        began = time.monotonic()
        yield
        self.report.took(step, self.job.provider, time.monotonic() - began)


def main(say: Console, rounds: int, url: str | None, sandbox_url: str | None) -> int:
    """Run it and print how long each step took; the exit code is 1 if a step failed."""
    with house(say, url, sandbox_url) as (base, sandbox):
        report = asyncio.run(run(rounds, base, sandbox, say))
    show(say, report, rounds)
    return 1 if report.failures else 0


@contextmanager
def house(say: Console, url: str | None, sandbox_url: str | None) -> Iterator[tuple[str, str | None]]:
    """The running one that was named, or one of its own on free ports and a database that is thrown away."""
    if url is not None:
        yield url.rstrip("/"), sandbox_url and sandbox_url.rstrip("/")
        return
    port, sandbox_port = free_port(), free_port()
    base, sandbox = f"http://localhost:{port}", f"http://localhost:{sandbox_port}"
    with tempfile.TemporaryDirectory(prefix="nachfass-canary-", ignore_cleanup_errors=True) as folder:
        say.print("[dim]…[/dim] Starting an app and a sandbox of its own")
        os.environ.update(pretend_settings(Path(folder), port, sandbox_port))
        with postgresql(Path(folder) / "postgresql") as database:
            os.environ["DATABASE_URL"] = database
            settings.cache_clear()
            asyncio.run(migrated())
            with running("app.sandbox", "--port", str(sandbox_port)) as pretend, running("app.cli", "serve", "--port", str(port)) as app:
                wait_until_up(f"{sandbox}/health", pretend)
                wait_until_up(f"{base}/health/", app)
                yield base, sandbox


async def migrated() -> None:
    async with connected(2):
        await migrate()


async def run(rounds: int, base: str, sandbox: str | None, say: Console | None = None) -> Report:
    """All rounds, a few abreast, with one ear on the feed."""
    report = Report()
    jobs = [Job(number, provider, f"{provider}-{number}-{secrets.token_hex(3)}") for number in range(1, rounds + 1) for provider in PROVIDERS]
    async with Browser(base) as browser:
        try:
            await come_in(browser)
            async with listening(browser, "/") as ear:
                if sandbox is None:
                    await real_rounds(rounds, browser, ear, report, say)
                else:
                    gate = asyncio.Semaphore(ABREAST)
                    await asyncio.gather(*(behind(gate, job, browser, ear, report, sandbox, say) for job in jobs))
        except OUT_OF_ORDER as error:
            report.failures.append(f"before the first step: {told(error)}")
    return report


def told(error: Exception) -> str:
    return str(error) or type(error).__name__


async def come_in(browser: Browser) -> None:
    """Found the workspace of an empty house, or sign in as whom the environment names."""
    page = await browser.open("/")
    if page.url.partition("?")[0].endswith("/first-run"):
        form = page.form_to("")
        password = secrets.token_urlsafe(18)
        page = await browser.submit(
            page, form, workspace="Canary", name="Miriam Kessler", email="miriam@canary.example", password=password, time_zone=ZONE
        )
    elif "/sign-in" in page.url:
        email, password = os.environ.get("NACHFASS_CANARY_EMAIL", ""), os.environ.get("NACHFASS_CANARY_PASSWORD", "")
        if not email or not password:
            raise Astray("It needs somebody to sign in as. Set NACHFASS_CANARY_EMAIL and NACHFASS_CANARY_PASSWORD.")
        page = await browser.submit(page, page.form_to("/sign-in"), email=email, password=password)
    if "/sign-in" in page.url or "/first-run" in page.url:
        raise Astray("It could not sign in: " + page.words())


async def behind(
    gate: asyncio.Semaphore, job: Job, browser: Browser, ear: Ear, report: Report, sandbox: str, say: Console | None
) -> None:
    async with gate, httpx.AsyncClient(base_url=sandbox, timeout=PATIENCE) as client:
        them = InSandbox(client, f"anna@{job.mark}.example")
        await attempt(Errand(job, browser, ear, report, them, job.address), say, client)


async def attempt(errand: Errand, say: Console | None, sandbox: httpx.AsyncClient | None) -> None:
    """One job; a step that fails ends it and is written down."""
    began = time.monotonic()
    try:
        await whole(errand, sandbox)
    except OUT_OF_ORDER as error:
        errand.report.failures.append(f"{errand.job.mark}, {errand.step}: {told(error)}")
    if say is not None:
        mark = "[red]✗[/red]" if any(failure.startswith(errand.job.mark) for failure in errand.report.failures) else "[green]✓[/green]"
        say.print(f"{mark} round {errand.job.number}, {errand.job.provider}: {time.monotonic() - began:.1f} s")


async def whole(errand: Errand, sandbox: httpx.AsyncClient | None) -> None:
    """The main job, in the order a rep would live it. The quiet mail goes out first, so that its reminder has come due at the end."""
    if sandbox is not None:
        await connect(errand, sandbox)
    errand.step = "reminder"
    due_at = await send_quietly(errand)
    received = await send(errand)
    await asyncio.sleep(READING_TAKES)
    await watched(errand, "open", errand.them.open(received))
    await asyncio.sleep(THINKING_TAKES)
    await watched(errand, "click", errand.them.click(received))
    await watched(errand, "reply", errand.them.reply(received))
    await be_reminded(errand, due_at, sandbox)
    if sandbox is not None:
        await disconnect(errand)


async def connect(errand: Errand, sandbox: httpx.AsyncClient) -> None:
    """Make a mailbox at the provider, and connect it as a person does: button, consent, and back."""
    job = errand.job
    errand.step = "connect"
    made = await sandbox.post(f"/control/mailboxes/{job.address}", json={"provider": PROVIDERS[job.provider], "name": "Miriam Kessler"})
    made.raise_for_status()
    async with errand.timed("connect"):
        page = await errand.browser.open("/mailboxes")
        away = await errand.browser.submit_to_leave(page, connect_form(page, job.provider), tier="full")
        back = await consent(sandbox, away, job.address, "Miriam Kessler")
        page = await errand.browser.open(back)
        if job.address not in page.html:
            raise Astray(f"{job.address} is not among the mailboxes: {page.words()}")


async def disconnect(errand: Errand) -> None:
    page = await errand.browser.open("/mailboxes")
    errand.step = "disconnect"
    await errand.browser.submit(page, disconnect_form(page, errand.mailbox))


def connect_form(page: Page, provider: str) -> Form:
    """The button for a new mailbox of this provider, with all rights."""
    return page.form(
        lambda form: form.action.endswith(f"/connect/{provider}") and ("tier", "full") in form.buttons and not dict(form.fields).get("mailbox"),
        f"to connect {provider}",
    )


def disconnect_form(page: Page, address: str) -> Form:
    found = re.search(rf'id="box-([0-9a-f-]+)">{re.escape(address)}<', page.html)
    if found is None:
        raise Astray(f"{address} is not among the mailboxes: {page.words()}")
    return page.form_to(f"/{found.group(1)}/disconnection")


async def send_quietly(errand: Errand) -> datetime:
    """A mail that nobody answers; answers when its reminder is due."""
    due_at = now() + RINGS_IN
    moment = due_at.astimezone(ZoneInfo(await zone_of(errand.browser))).replace(tzinfo=None)
    await compose(errand, errand.job.quiet_subject, reminds="date", reminds_at=moment.isoformat(timespec="seconds"))
    return due_at


async def zone_of(browser: Browser) -> str:
    """The time zone of whoever is signed in: a date in the form is on their clock."""
    page = await browser.open("/settings")
    zone = next((value for form in page.forms() for name, value in form.fields if name == "time_zone"), "")
    return zone or ZONE


async def send(errand: Errand) -> Received:
    """From pressing Send to the mail in the other inbox."""
    async with errand.timed("send"):
        await compose(errand, errand.job.subject, reminds="")
        received = await errand.them.received(errand.job.subject)
    await errand.ear.wait_for(lambda event: says(event, "sent", errand.job.subject), PATIENCE)
    return received


async def compose(errand: Errand, subject: str, **reminds: str) -> None:
    page = await errand.browser.open("/compose")
    form = page.form(lambda form: form.id == "compose", "to compose")
    words = '<div>Please see <a href="https://canary.example/offer">our offer</a>.</div>'
    answer = await errand.browser.submit(
        page,
        replace(form, action=f"{form.action}/dispatch"),
        mailbox=mailbox_named(page, errand.mailbox),
        to=errand.them.address,
        subject=subject,
        html=words,
        text=None,
        logs="on",
        tracks_opens="on",
        tracks_clicks="on",
        **reminds,
    )
    if "/dispatch" in answer.url:
        raise Astray(f"“{subject}” was not sent: {answer.words()}")


def mailbox_named(page: Page, address: str) -> str:
    """The choice in From whose words name the address."""
    found = next((value for value, words in page.options() if address in words), None)
    if found is None:
        raise Astray(f"{address} can't be chosen in From: connect it first.")
    return found


async def watched(errand: Errand, step: str, act: Awaitable[None]) -> None:
    """From the act of the other side to its row on the open feed."""
    kind = {"open": "opened", "click": "clicked", "reply": "replied"}[step]
    errand.step = step
    began = time.monotonic()
    await act
    shown_at = await errand.ear.wait_for(lambda event: says(event, kind, errand.job.subject), PATIENCE)
    errand.report.took(step, errand.job.provider, shown_at - began)


async def be_reminded(errand: Errand, due_at: datetime, sandbox: httpx.AsyncClient | None) -> None:
    """From the moment it is due until the feed says so and the thread is back on top; the mailbox is read once more before, lest it be a lie."""
    errand.step = "reminder"
    done_at = await errand.ear.wait_for(lambda event: says(event, "rang", errand.job.quiet_subject), PATIENCE)
    if sandbox is not None:
        await back_on_top(errand, due_at, sandbox)
        done_at = time.monotonic()
    since_due = (now() - due_at).total_seconds() - (time.monotonic() - done_at)
    errand.report.took("reminder", errand.job.provider, since_due)


async def back_on_top(errand: Errand, due_at: datetime, sandbox: httpx.AsyncClient) -> None:
    """Above every mail that had come when it was due lies ours, about the thread that nobody answered. What came after it may lie above."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        answer = await sandbox.get(f"/control/mailboxes/{errand.mailbox}/messages", params={"folder": "inbox"})
        answer.raise_for_status()
        since = [mail for mail in answer.json()["messages"] if datetime.fromisoformat(mail["at"]) >= due_at]
        if any(errand.job.quiet_subject in mail["subject"] and NOTE_HEADER in dict(mail["headers"]) for mail in since):
            return
        await asyncio.sleep(LOOKS_EVERY)
    raise Astray(f"“{errand.job.quiet_subject}” was not brought back on top of {errand.mailbox} within {PATIENCE:.0f} s.")


def says(event: str, kind: str, subject: str) -> bool:
    """Is there a row of this kind about this mail?"""
    heads = (row.partition('class="side-info"')[0] for row in event.split('<li class="event')[1:])
    return any(subject in head and MARKS[kind] in head for head in heads)


async def real_rounds(rounds: int, browser: Browser, ear: Ear, report: Report, say: Console | None) -> None:
    """Between a mailbox that is connected and one that is read by IMAP, one round after the other."""
    mailbox, to = os.environ.get("NACHFASS_CANARY_FROM", ""), os.environ.get("NACHFASS_CANARY_TO", "")
    imap, smtp = os.environ.get("NACHFASS_CANARY_IMAP", ""), os.environ.get("NACHFASS_CANARY_SMTP", "")
    if not all((mailbox, to, imap, smtp)):
        raise Astray("Name the sandbox with --sandbox-url, or set NACHFASS_CANARY_FROM, _TO, _IMAP and _SMTP (README, Is it working?).")
    for number in range(1, rounds + 1):
        job = Job(number, "real", f"real-{number}-{secrets.token_hex(3)}")
        await attempt(Errand(job, browser, ear, report, OverImap(to, imap, smtp), mailbox), say, None)


def show(say: Console, report: Report, rounds: int) -> None:
    """Each step's median and 95th percentile, and what failed."""
    providers = list(dict.fromkeys(provider for _, provider in report.times))
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column(f"{rounds} {'round' if rounds == 1 else 'rounds'}")
    for provider in providers:
        table.add_column(f"{provider} p50", justify="right")
        table.add_column("p95", justify="right")
    for step in STEPS:
        table.add_row(step, *(cell for provider in providers for cell in cells(report.times.get((step, provider), []))))
    say.print(table)
    say.print("[dim]send: until it is in their inbox · open, click, reply: until it is on the open feed · reminder: from due until back on top[/dim]")
    for failure in report.failures:
        say.print(f"[red]Failed[/red] {failure}", markup=True)
    if not report.failures:
        say.print("Every step passed.")


def cells(seconds: list[float]) -> tuple[str, str]:
    if not seconds:
        return "–", "–"
    return spoken(percentile(seconds, 50)), spoken(percentile(seconds, 95))


def percentile(seconds: list[float], percent: int) -> float:
    return quantiles(seconds, n=100, method="inclusive")[percent - 1] if len(seconds) > 1 else seconds[0]


def spoken(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
