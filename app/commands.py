"""The commands beside serving: trying it out, examining it, and explaining what it decides."""

import asyncio
import os
import shutil
import socket
import sys
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from json import dumps
from pathlib import Path
from typing import TextIO

import click

from app import canary as canaries
from app import demo as demos
from app import doctor as doctors
from app.console import APP, checked, ready_database, say, with_pool
from app.embedded import database
from app.migrating import migrate as migrate_database
from app.pretending import pretend_settings, wait_until_up
from app.reactions import wire
from app.serving import running, serve
from app.settings import settings
from app.threads.explaining import explained
from app.tracking.checking import reported
from app.tracking.explaining import Garbled, explained_agent, explained_hits
from app.tracking.rejudging import rejudge as rejudged
from app.tracking.rules import RULES


@click.command()
@click.option("--fix", is_flag=True, help="Make what only has to be made once: the key for push services.")
def doctor(fix: bool) -> None:
    """Examine configuration, database, keys and provider credentials, and say what to do about each."""
    sys.exit(doctors.report(say, fix=fix))


@click.command()
@click.option("--rounds", default=1, show_default=True, help="How often to run the main job.")
@click.option("--url", default=None, help="A running Nachfass; default: one of its own, on a database that is thrown away.")
@click.option("--sandbox-url", default=None, help="The sandbox that the running Nachfass is connected to.")
def canary(rounds: int, url: str | None, sandbox_url: str | None) -> None:
    """Run the main job without a browser and print each step's time. Exit 1 if a step fails."""
    sys.exit(canaries.main(say, rounds, url, sandbox_url))


@click.command()
@click.option("--port", default=8025, show_default=True, help="Port of the app.")
@click.option("--sandbox-port", default=8026, show_default=True, help="Port of the pretend Google, Microsoft and inboxes.")
@click.option("--empty", is_flag=True, help="Without the fortnight of history.")
def demo(port: int, sandbox_port: int, empty: bool) -> None:
    """Start everything on the sandbox, with a fortnight of history, and print a sign-in link. It starts afresh each time."""
    for taken in (port, sandbox_port):
        refuse_taken(taken)
    var = Path("var") / f"demo-{port}"
    shutil.rmtree(var, ignore_errors=True)
    os.environ.update(pretend_settings(var, port, sandbox_port))
    os.environ.pop("DATABASE_URL", None)
    sandbox = f"http://localhost:{sandbox_port}"
    step("Starting the embedded PostgreSQL")
    with database(var):
        step("Making the tables")
        asyncio.run(with_pool(migrate_database()))
        step("Starting the sandbox: a pretend Google, Microsoft, and inboxes")
        with running("app.sandbox", "--port", str(sandbox_port)):
            wait_until_up(f"{sandbox}/health")
            step("Opening the door" if empty else "Furnishing a fortnight of history")
            way_in = asyncio.run(with_pool(demos.furnish(sandbox, empty=empty)))
            step("Starting the app")
            threading.Thread(target=announce_when_up, args=(f"http://localhost:{port}", sandbox, way_in), daemon=True).start()
            serve(APP, "127.0.0.1", port)


@click.command("explain-mail")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
def explain_mail(files: tuple[str, ...]) -> None:
    """Say of each mail (a file as the mailbox keeps it) what it is and why: one JSON line each. Exit 1 if a file can't be read."""
    missed = 0
    for file in files:
        try:
            click.echo(dumps(explained(file, Path(file).read_bytes()), ensure_ascii=False))
        except OSError as error:
            missed += 1
            click.echo(f"{file}: {error.strerror or error}. It was left out.", err=True)
    sys.exit(1 if missed else 0)


@click.command()
@click.option("--since", required=True, type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="Hits from this day on (UTC).")
@click.option("--apply", "write", is_flag=True, help="Write what came out differently; without it, it is only shown.")
def rejudge(since: datetime, write: bool) -> None:
    """Judge stored hits again with today's rules, and show what changes. What a person decided stays."""
    wire()
    with database(checked(settings).var):
        ready_database()
        difference = asyncio.run(with_pool(rejudged(since.replace(tzinfo=UTC), write=write)))
    for (before, after), times in sorted(difference.kinds.items()):
        say.print(f"{before} → {after}: {times}")
    for rule, times in sorted(difference.rules.items()):
        say.print(f"  {rule} ({RULES.get(rule, '')}): {times}")
    say.print(f"{difference.hits} hits judged again, {difference.changed} {'changed' if write else 'would change'}.")
    if difference.changed and not write:
        say.print("Nothing was written. Run it with --apply to write these verdicts.")


@click.command()
@click.option("--scenarios", type=click.File(encoding="utf-8"), default=None, help="Labelled scenarios as for explain-hits; default: ours.")
def accuracy(scenarios: TextIO | None) -> None:
    """Judge labelled hits and user agents, and print how often we are right."""
    for line in reported(scenarios):
        click.echo(line)


@click.command("explain-agents")
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"))
def explain_agents(file: TextIO) -> None:
    """Print what each user agent in FILE is, one a line; - reads what is piped in."""
    for line in file:
        click.echo(dumps(explained_agent(line.rstrip("\r\n")), ensure_ascii=False))


@click.command("explain-hits")
@click.argument("file", type=click.File(encoding="utf-8", errors="replace"))
def explain_hits(file: TextIO) -> None:
    """Print the verdict on each hit of the scenarios in FILE (JSON lines), with its reasons. Exit 1 if a line can't be read."""
    sys.exit(explain_lines(file))


def explain_lines(lines: Iterable[str]) -> int:
    failed = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found = explained_hits(line)
        except Garbled as garbled:
            failed = 1
            click.echo(f"Line {number} was left out: {garbled}. The other lines were judged.", err=True)
            continue
        for one in found:
            click.echo(dumps(one, ensure_ascii=False))
    return failed


def refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise click.ClickException(
                f"Port {port} is in use, perhaps by another demo. Nothing was changed. End that one, or choose --port and --sandbox-port."
            )


def step(words: str) -> None:
    say.print(f"[dim]…[/dim] {words}")


def announce_when_up(app: str, sandbox: str, way_in: str) -> None:
    wait_until_up(f"{app}/health/")
    say.print(f"\n[bold]Sign in:[/bold] {app}{way_in}   (works once)")
    say.print(f"[dim]The people who get your mail: {sandbox}/ · Ctrl+C stops everything.[/dim]\n")
