"""What an operator asks when something is wrong, or before anything can be: what is set up, what is missing, what to do about it."""

import asyncio
import os
import ssl
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.clock import now
from app.database import address
from app.embedded import database
from app.finding import Finding
from app.ledgers import examine_ledgers
from app.mailboxes.alarming import ALARMS, Alarm
from app.mailboxes.asking import COMPANIES
from app.migrating import modules
from app.notices import examine_promises, examine_telling
from app.piccolo_app import APP_CONFIG
from app.pushes import examine_push, mended
from app.settings import Google, Microsoft, Settings, WrongSetting, is_private, settings
from app.wall_clocks import examine_wall_clocks

PATIENCE = 5.0
OLDEST_POSTGRESQL = 15
MOST_SKEW = 5.0
FEWEST_DIFFERENT = 10
REFUSED = "refused.jsonl"
OUT_OF_REACH = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
MARKS = {True: "[green]✓[/green]", None: "[yellow]![/yellow]", False: "[red]✗[/red]"}
MICROSOFT_SAYS = {
    "7000215": ("the secret is wrong", "Set MICROSOFT_CLIENT_SECRET to the secret's Value (not its Secret ID) from “Certificates & secrets”."),
    "7000222": ("the secret has expired", "Make a new one under “Certificates & secrets”, set MICROSOFT_CLIENT_SECRET to its Value and start again."),
    "700016": ("no such app", "Set MICROSOFT_CLIENT_ID to the “Application (client) ID”, and check MICROSOFT_TENANT."),
    "90002": ("no such tenant", "Set MICROSOFT_TENANT to common, organizations, consumers, or the directory's id."),
}


def report(say: Console, *, fix: bool = False) -> int:
    """Examine everything, print it, and answer the exit code: 1 if something is not well. `fix` first makes what only has to be made."""
    try:
        chosen = settings()
    except WrongSetting as wrong:
        return printed(say, [Finding("Settings", False, str(wrong), "Set it in the environment or in .env, then run the doctor again.")])
    with database(chosen.var):
        for sentence in asyncio.run(mended()) if fix else []:
            say.print(sentence)
        return printed(say, asyncio.run(examine()))


def printed(say: Console, findings: list[Finding]) -> int:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for finding in findings:
        todo = f"\n[dim]→[/dim] {escape(finding.todo)}" if finding.todo else ""
        table.add_row(MARKS[finding.good], f"[bold]{escape(finding.what)}[/bold]", escape(finding.said) + todo)
    say.print(table, soft_wrap=False)
    bad = sum(finding.good is False for finding in findings)
    say.print("\nEverything needed is there." if not bad else f"\n{bad} {'thing needs' if bad == 1 else 'things need'} your hand.")
    return 1 if bad else 0


async def examine() -> list[Finding]:
    """Everything there is to know, in the order one would set it up."""
    chosen = settings()
    async with httpx.AsyncClient(timeout=PATIENCE) as client:
        groups = await asyncio.gather(
            examine_database(),
            examine_addresses(client, chosen),
            examine_google(client, chosen),
            examine_microsoft(client, chosen),
        )
    in_database, addresses, google, microsoft = groups
    return [
        Finding("Settings", True, "All of them can be read."),
        examine_keys(chosen),
        *addresses,
        examine_proxies(chosen),
        *in_database,
        examine_folder(chosen.var),
        examine_spool(chosen.var / "spool"),
        google,
        microsoft,
        examine_mail_servers(chosen),
        *nobody(chosen),
        *examine_telling(chosen),
        *await examine_promises(),
        *await examine_push(),
        *await examine_ledgers(),
        *await examine_wall_clocks(),
    ]


def examine_keys(chosen: Settings) -> Finding:
    keys = chosen.secret_keys
    what = "Secret keys"
    if len(set(keys)) < len(keys):
        return Finding(what, False, "The same key is there twice.", "Name each key once in NACHFASS_SECRET_KEYS, the newest first.")
    if any(len(set(key)) < FEWEST_DIFFERENT for key in keys):
        todo = "Put a random one in front (openssl rand -hex 32) and keep the old one behind it."
        return Finding(what, False, "A key has so few different characters that it can be guessed.", todo)
    older = f", and {len(keys) - 1} older that still open what they sealed" if len(keys) > 1 else ""
    return Finding(what, True, f"One that seals, of {len(keys[0])} characters{older}. Keep them with your backups: without them no mailbox opens.")


async def examine_addresses(client: httpx.AsyncClient, chosen: Settings) -> list[Finding]:
    base = await examine_address(client, "Base URL", "NACHFASS_BASE_URL", chosen.base_url, is_private(chosen.base_url))
    if chosen.tracking_url == chosen.base_url:
        words = f"The same as the base URL: {chosen.base_url}."
        return [base, Finding("Tracking URL", None, words, "Give pixels and links a domain of their own: NACHFASS_TRACKING_URL (README, Deploying).")]
    tracking = await examine_address(client, "Tracking URL", "NACHFASS_TRACKING_URL", chosen.tracking_url, is_private(chosen.base_url))
    return [base, tracking]


async def examine_address(client: httpx.AsyncClient, what: str, variable: str, url: str, trying: bool) -> Finding:
    """Is it one that others can open, over https, and does Nachfass answer there?"""
    if trying:
        words = f"{url} can be opened on this machine only."
        return Finding(what, None, words, f"Fine for trying out. For real use set {variable} to a public https address.")
    if is_private(url):
        return Finding(what, False, f"{url} can't be opened from outside.", f"Set {variable} to a public https address.")
    if not url.startswith("https://"):
        words = f"{url} is not https: cookies and mail would travel in the clear, and Google and Microsoft refuse it."
        return Finding(what, False, words, f"Put a proxy with a certificate in front (README, Deploying) and set {variable} to its https address.")
    return await who_answers(client, what, url)


async def who_answers(client: httpx.AsyncClient, what: str, url: str) -> Finding:
    try:
        answer = await client.get(f"{url}/health/live")
        ours = answer.status_code == 200 and answer.json() == {"live": True}
    except httpx.HTTPError as error:
        todo = "Start `nachfass serve`, and check DNS, certificate and proxy. Some networks can't reach their own public address: try from outside."
        return Finding(what, None, f"{url} does not answer from here: {type(error).__name__}.", todo)
    except ValueError:
        ours = False
    if not ours:
        words = f"Something else answers at {url} (status {answer.status_code})."
        return Finding(what, False, words, "Point the proxy at this Nachfass, with all paths.")
    return Finding(what, True, f"{url} answers, over https.")


def examine_proxies(chosen: Settings) -> Finding:
    if chosen.trusted_proxies:
        names = ", ".join(str(network) for network in chosen.trusted_proxies)
        return Finding("Proxies", True, f"X-Forwarded-For is believed from {names}.")
    todo = "Behind a proxy, set NACHFASS_TRUSTED_PROXIES to its address (127.0.0.1/32 on the same machine)."
    return Finding("Proxies", None, "None is trusted: behind one, every open would seem to come from the proxy itself.", todo)


async def examine_database() -> list[Finding]:
    try:
        held = await asyncpg.connect(address(), timeout=PATIENCE, server_settings={"synchronous_commit": "on"})
    except (*OUT_OF_REACH, ValueError) as error:
        todo = "Check that PostgreSQL runs and that DATABASE_URL has the right host, name and password; or leave it out to use the embedded one."
        return [Finding("Database", False, f"It can't be reached: {type(error).__name__}.", todo)]
    try:
        found = [examine_version(held), await examine_shape(held), await examine_durability(held), await examine_clocks(held)]
        return [*found, *await examine_alarms(held)]
    finally:
        await held.close(timeout=PATIENCE)


def examine_version(held: "asyncpg.Connection[Any]") -> Finding:
    version = held.get_server_version()
    if version.major < OLDEST_POSTGRESQL:
        return Finding("Database", False, f"PostgreSQL {version.major} is too old.", f"Nachfass needs PostgreSQL {OLDEST_POSTGRESQL} or newer.")
    return Finding("Database", True, f"PostgreSQL {version.major}.{version.minor} answers.")


async def examine_shape(held: "asyncpg.Connection[Any]") -> Finding:
    """Read only: the doctor changes nothing, not even the table that remembers migrations."""
    had: set[str] = set()
    if await held.fetchval("SELECT to_regclass('migration')"):
        had = {row["name"] for row in await held.fetch("SELECT name FROM migration WHERE app_name = $1", APP_CONFIG.app_name)}
    left = [name for name in modules(APP_CONFIG) if name not in had]
    if left and settings().database_url is None:
        return Finding("Migrations", None, f"{len(left)} of them are missing.", "Nothing to do: the embedded database gets them at the next start.")
    if left:
        return Finding("Migrations", False, f"{len(left)} of them are missing, {left[0]} first.", "Make a backup, then run: nachfass migrate")
    return Finding("Migrations", True, "The tables are as this version needs them.")


async def examine_durability(held: "asyncpg.Connection[Any]") -> Finding:
    """A hit is answered once it is on disk: these two make that true."""
    what = "Durability"
    if await held.fetchval("SHOW synchronous_commit") == "off":
        todo = "Let the pooler between (PgBouncer?) pass the startup parameter synchronous_commit on, or switch it on in the server."
        return Finding(what, False, "synchronous_commit is off: an open that was answered could be lost.", todo)
    if await held.fetchval("SHOW fsync") == "off":
        return Finding(what, False, "fsync is off: a power cut could cost the whole database.", "Set fsync = on in postgresql.conf.")
    return Finding(what, True, "What is answered is on disk (synchronous_commit and fsync are on).")


async def examine_clocks(held: "asyncpg.Connection[Any]") -> Finding:
    before = now()
    theirs = await held.fetchval("SELECT clock_timestamp()")
    ours = before + (now() - before) / 2
    apart = abs((theirs - ours).total_seconds())
    if apart > MOST_SKEW:
        words = f"This machine and the database are {apart:.0f} s apart: reminders would ring at the wrong time."
        return Finding("Clocks", False, words, "Let both keep time by NTP (timedatectl set-ntp true).")
    return Finding("Clocks", True, f"This machine and the database agree within {max(apart, 0.1):.1f} s.")


async def examine_alarms(held: "asyncpg.Connection[Any]") -> list[Finding]:
    """Mailboxes that stand still because of our registration; none are asked about before the tables are there."""
    there = "SELECT EXISTS (SELECT FROM information_schema.columns WHERE table_name = 'standstill' AND column_name = 'until')"
    if not await held.fetchval(there):
        return []
    found = [Alarm(**dict(row)) for row in await held.fetch(ALARMS, None, now())]
    return [Finding("Mailboxes", False, stands_still(alarm), alarm.todo) for alarm in found]


def stands_still(alarm: Alarm) -> str:
    ends = f" It goes on by itself at {alarm.until:%Y-%m-%d %H:%M} UTC." if alarm.until else ""
    boxes = "1 mailbox stands" if alarm.mailboxes == 1 else f"{alarm.mailboxes} mailboxes stand"
    return f"{boxes} still since {alarm.since:%Y-%m-%d %H:%M} UTC: {COMPANIES.get(alarm.provider, alarm.provider)} says {alarm.code}.{ends}"


def examine_folder(var: Path) -> Finding:
    """Where hits wait while the database does not answer, so it must take a file that lasts."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=var) as file:
            file.write(b"nachfass")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        todo = f"Let the user that runs Nachfass write there, or set NACHFASS_VAR to a folder on a local disk: {var.absolute()}"
        return Finding("Folder", False, f"{var.absolute()} can't be written: {error.strerror}.", todo)
    return Finding("Folder", True, f"{var.absolute()} can be written.")


def examine_spool(spool: Path) -> Finding:
    waiting = [path for path in spool.glob("*") if path.is_file() and path.stat().st_size]
    if (refused := spool / REFUSED) in waiting:
        words = f"The database refused some opens and clicks for what is in them; they are kept in {refused}."
        return Finding("Spool", False, words, "This is a fault of Nachfass. Report it, with the log of that time, and move the file away.")
    if not waiting:
        return Finding("Spool", True, "Empty: every open and click is in the database.")
    size = sum(path.stat().st_size for path in waiting)
    words = f"{size:,} bytes of opens and clicks wait in {len(waiting)} {'file' if len(waiting) == 1 else 'files'} since the database did not answer."
    todo = "Nothing to do while Nachfass runs: it brings them in within seconds. Never delete them."
    return Finding("Spool", None, words, todo)


async def examine_google(client: httpx.AsyncClient, chosen: Settings) -> Finding:
    """A made-up code: whoever knows the app complains about the code, who does not about the app."""
    app = chosen.google
    if app is None:
        todo = "To offer Gmail, set GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET (README, Connecting Google)."
        return Finding("Google", None, "Not set up.", todo)
    back = f"{chosen.base_url}/mailboxes/connected/gmail"
    answer = await ask_token(client, app.token_url, app, back)
    if isinstance(answer, str):
        return unheard("Google", app.token_url, answer)
    error = str(answer.get("error", ""))
    if error == "invalid_grant":
        return Finding("Google", True, "It knows the app and its secret.")
    if error == "invalid_client":
        todo = "Compare GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET with the client in the console under “Google Auth Platform › Clients”."
        return Finding("Google", False, f"It does not know this client: {answer.get('error_description', error)}.", todo)
    if error == "redirect_uri_mismatch":
        todo = f"Add it to the client's “Authorized redirect URIs”: {back}"
        return Finding("Google", False, "It does not expect the redirect address of this server.", todo)
    return Finding("Google", None, f"It answered something unexpected: {error or 'no error at all'}.", "Connect a mailbox to see whether it works.")


async def examine_microsoft(client: httpx.AsyncClient, chosen: Settings) -> Finding:
    app = chosen.microsoft
    if app is None:
        todo = "To offer Outlook, set MICROSOFT_CLIENT_ID and MICROSOFT_CLIENT_SECRET (README, Connecting Microsoft)."
        return Finding("Microsoft", None, "Not set up.", todo)
    url = f"{app.login_url}/{app.tenant}/oauth2/v2.0/token"
    answer = await ask_token(client, url, app, f"{chosen.base_url}/mailboxes/connected/outlook")
    if isinstance(answer, str):
        return unheard("Microsoft", url, answer)
    codes = [str(code) for code in answer.get("error_codes") or []]
    for code in codes:
        if code in MICROSOFT_SAYS:
            said, todo = MICROSOFT_SAYS[code]
            return Finding("Microsoft", False, f"It refuses the app: {said} (AADSTS{code}).", todo)
    error = str(answer.get("error", ""))
    if error == "invalid_grant":
        return Finding("Microsoft", True, "It answers for the app. Remember when its secret expires (24 months at most).")
    if error in ("invalid_client", "unauthorized_client"):
        todo = "Compare MICROSOFT_CLIENT_ID and MICROSOFT_CLIENT_SECRET with the app registration in Microsoft Entra."
        return Finding("Microsoft", False, f"It refuses the app: {error} {' '.join(codes)}".rstrip() + ".", todo)
    words = f"It answered something unexpected: {error or 'no error at all'} {' '.join(codes)}".rstrip() + "."
    return Finding("Microsoft", None, words, "Connect a mailbox to see whether it works.")


async def ask_token(client: httpx.AsyncClient, url: str, app: Google | Microsoft, back: str) -> dict[str, Any] | str:
    """What the token endpoint says to a code that nobody gave out; a word about why, if it says nothing usable."""
    form = {
        "grant_type": "authorization_code",
        "code": "nachfass-doctor",
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "redirect_uri": back,
    }
    try:
        answer = await client.post(url, data=form)
        said = answer.json()
    except httpx.HTTPError as error:
        return type(error).__name__
    except ValueError:
        return f"status {answer.status_code} without JSON"
    return said if isinstance(said, dict) else "JSON that is not an object"


def unheard(what: str, url: str, why: str) -> Finding:
    todo = "Check this machine's way out: DNS, firewall, and HTTPS_PROXY if you need one."
    return Finding(what, False, f"{urlsplit(url).hostname} does not answer from here: {why}.", todo)


def nobody(chosen: Settings) -> list[Finding]:
    """Without any provider the app runs, but has nothing to do."""
    if chosen.google or chosen.microsoft:
        return []
    words = "Neither Google nor Microsoft is set up: people can connect mailboxes by IMAP and password only."
    return [Finding("Mailboxes", None, words, "To offer Gmail and Outlook, set up one of them (README, Connecting).")]


def examine_mail_servers(chosen: Settings) -> Finding:
    """How far people may point Nachfass at mail servers, and whose certificates are believed there."""
    if chosen.mail_ca:
        try:
            ssl.create_default_context(cafile=str(chosen.mail_ca))
        except (ssl.SSLError, OSError) as error:
            todo = "NACHFASS_MAIL_CA has to name a file with certificates in PEM."
            return Finding("Mail servers", False, f"{chosen.mail_ca} can't be used: {error.strerror or type(error).__name__}.", todo)
    if chosen.private_mail_hosts:
        names = ", ".join(str(network) for network in chosen.private_mail_hosts)
        return Finding("Mail servers", True, f"People may name public ones, and those in {names}.")
    return Finding("Mail servers", True, "People may name public ones only (IMAP, SMTP).")
