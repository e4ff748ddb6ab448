"""`kill -9` of a worker at every step of a send, over real HTTP against the sandbox: what is lost, doubled, or unknown afterwards?

    python -m tests.bench.killed --times 50 [--only imap]

IMAP is a real Dovecot with a real Postfix: once one that files nothing in Sent, so that nobody can be asked, and once one that does, like
Gmail's and Outlook's.

Each mail is queued and carried by a process of its own that kills itself with SIGKILL at the named step; a few of them live side by side. When
all of a step are dead a fresh process finishes their work, living eleven minutes later, when the claims of the dead have ended. At the end every
Sent folder and every inbox is counted.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from email.parser import BytesHeaderParser
from typing import Any

import click
import httpx

from tests import conftest as stage  # sets the environment first

from app import embedded, migrating, reactions  # isort: skip
from app.clock import later, new_id, now
from app.database import connected, rows
from app.identity.guarding import Me
from app.identity.tables import OWNER, Person, Session, Workspace
from app.mailboxes import connecting
from app.mailboxes.opening import hang_up, sealed
from app.mailboxes.providers import imap as imap_provider
from app.mailboxes.providers.gmail import Gmail
from app.mailboxes.providers.imap import Imap
from app.mailboxes.providers.outlook import Outlook
from app.mailboxes.tables import FULL_TIER, GMAIL, IMAP, OUTLOOK, READ, SEND_TIER, Mailbox
from app.outbox import dispatching, rationing
from app.outbox.addressing import parse
from app.outbox.composing import queue
from app.outbox.drafting import Written, save
from app.outbox.tables import Dispatch
from tests import people
from tests.mailboxes.conftest import Strings, signed_in
from tests.post_office import FILED as FILED_NAME
from tests.post_office import PostOffice, running
from tests.stories.at_work import send_id

BEFORE_DRAFT, AFTER_DRAFT, NOTED, BEFORE_SEND, AFTER_SEND, BEFORE_FILING, FILED = (
    "before draft", "after draft", "draft noted", "before send", "after send", "before filing", "after filing",
)  # fmt: skip
BEFORE_COPY, AFTER_COPY = "before Sent copy", "after Sent copy"
NAMED = (BEFORE_DRAFT, AFTER_DRAFT, AFTER_SEND, BEFORE_FILING)
EVERY = (BEFORE_DRAFT, AFTER_DRAFT, NOTED, BEFORE_SEND, AFTER_SEND, BEFORE_FILING, FILED)
BLIND = (BEFORE_SEND, AFTER_SEND, BEFORE_FILING)
HANDS = 3
"""Workers at a time: Exchange takes four requests at once for a mailbox."""
CLAIM = "UPDATE dispatch SET claimed_at = $1, tries = tries + 1 WHERE draft = $2 AND claimed_at IS NULL AND due_at <= $1 RETURNING id"
BOOKS = "SELECT d.*, (SELECT count(*) FROM message m WHERE m.send_id = d.id) AS filed FROM dispatch d"
CLAIM_ENDED = timedelta(minutes=11)
FILES_ITSELF = "imap, files Sent"
PROVIDERS = {GMAIL: Gmail, OUTLOOK: Outlook}
BY_IMAP = (BEFORE_DRAFT, AFTER_DRAFT, AFTER_SEND, BEFORE_FILING, BEFORE_COPY, AFTER_COPY)
"""SMTP has no drafts: the draft is our own letter, before and after it was noted as told to go. Where Nachfass puts the copy into Sent, that too."""
SENT_FOLDER, ANNA = ".Gesendete Objekte", "anna@alpenblick.example"
Verb = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Round:
    """One mail and where its worker dies."""

    provider: str
    tier: str
    step: str
    mailbox: Any
    send_id: Any

    @property
    def by_imap(self) -> bool:
        return self.provider in (IMAP, FILES_ITSELF)

    @property
    def label(self) -> str:
        return self.provider + ("" if self.tier == FULL_TIER else ", send only")

    @property
    def to(self) -> str:
        return ANNA if self.by_imap else f"anna.{self.send_id.hex}@kunden.example"


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying_before(verb: Verb) -> Verb:
    async def dies(*_: Any, **__: Any) -> None:
        die()

    return dies


def dying_after(verb: Verb, only: Any = None) -> Verb:
    async def dies(*given: Any, **named: Any) -> Any:
        outcome = await verb(*given, **named)
        if only is None or only in given[1]:
            die()
        return outcome

    return dies


def doomed(one: Round) -> None:
    """Arrange for this process to die."""
    if one.by_imap:
        doomed_by_imap(one)
        return
    provider: Any = PROVIDERS[one.provider]
    sending = "send_draft" if one.tier == FULL_TIER else "send"
    match one.step:
        case "before draft":
            provider.draft = dying_before(provider.draft)
        case "after draft":
            provider.draft = dying_after(provider.draft)
        case "draft noted":
            dispatching.mark = dying_after(dispatching.mark, Dispatch.drafted_at)
        case "before send":
            setattr(provider, sending, dying_before(getattr(provider, sending)))
        case "after send":
            setattr(provider, sending, dying_after(getattr(provider, sending)))
        case "before filing":
            dispatching.file_away = dying_before(dispatching.file_away)
        case "after filing":
            dispatching.went_out = dying_after(dispatching.went_out)


def doomed_by_imap(one: Round) -> None:
    if one.provider == FILES_ITSELF:
        imap_provider.FILES_SENT = ("localhost",)  # type: ignore[assignment]
    box: Any = Imap
    match one.step:
        case "before draft":
            dispatching.tell_to_go = dying_before(dispatching.tell_to_go)
        case "after draft":
            dispatching.tell_to_go = dying_after(dispatching.tell_to_go)
        case "after send":
            box.send = dying_after(box.send)
        case "before filing":
            dispatching.file_away = dying_before(dispatching.file_away)
        case "before Sent copy":
            box.file_copy = dying_before(box.file_copy)
        case "after Sent copy":
            box.file_copy = dying_after(box.file_copy)


async def me_again() -> Me:
    found = [await table.objects().first() for table in (Person, Workspace, Session)]
    assert all(found)
    return Me(found[0], found[1], found[2], OWNER)  # type: ignore[arg-type]


async def begin(one: Round) -> None:
    """Queue the mail and carry it out, as far as this process lives."""
    rationing.EXCHANGE_A_MINUTE = 10_000
    async with connected(3):
        me = await me_again()
        dispatching.claim = claim_of(one)  # type: ignore[assignment]
        draft = await save(me, one.send_id, Written(to=parse(one.to), subject="Offer", html="<div>Hello</div>", mailbox=one.mailbox))
        await queue(me, draft)
        doomed(one)
        await dispatching.dispatch_due()
        with later(timedelta(minutes=1)):
            await rows("UPDATE dispatch SET claimed_at = NULL WHERE draft = $1", one.send_id)
            await dispatching.dispatch_due()
        raise AssertionError(f"The worker outlived “{one.step}”.")


def claim_of(one: Round) -> Verb:
    """This worker takes its own mail only: the others are being killed over theirs."""

    async def claim(_: int) -> list[Dispatch]:
        taken = await rows(CLAIM, now(), one.send_id)
        return await Dispatch.objects().where(Dispatch.id.is_in([row["id"] for row in taken])) if taken else []

    return claim


async def finish(provider: str) -> None:
    """A fresh worker, once the claims have ended, until nothing is left to do."""
    if provider == FILES_ITSELF:
        imap_provider.FILES_SENT = ("localhost",)  # type: ignore[assignment]
    rationing.EXCHANGE_A_MINUTE = 10_000  # what took minutes in truth is dated into one here
    async with connected(3):
        for more in range(40):
            with later(CLAIM_ENDED + timedelta(minutes=more)):
                await dispatching.dispatch_due()
            if not await rows("SELECT 1 FROM dispatch WHERE due_at IS NOT NULL"):
                break
            await asyncio.sleep(0.3)
        await hang_up()


def forked(work: Callable[[], Any]) -> int:
    """A process of its own for one piece of work."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            reactions.wire()
            asyncio.run(work())
            status = 0
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        finally:
            os._exit(status)
    return child


def ended_by() -> int:
    """The signal that ended whichever process ends next, or 0."""
    _, ended = os.wait()
    if os.WIFSIGNALED(ended):
        return os.WTERMSIG(ended)
    if os.WEXITSTATUS(ended):
        raise SystemExit("A worker failed by itself.")
    return 0


async def settled(url: str) -> dict[tuple[str, str], Any]:
    """Miriam with a mailbox of each kind at the sandbox, connected through consent."""
    made: dict[tuple[str, str], Any] = {}
    async with connected(3), httpx.AsyncClient(base_url=url, timeout=60) as client:
        await migrating.migrate()
        strings, me = Strings(client), await signed_in(await people.miriam())
        for provider in PROVIDERS:
            for tier in (FULL_TIER, SEND_TIER):
                address = f"miriam.{tier}@{provider}.example"
                away = await connecting.start(me, provider, tier)
                box: Mailbox = await connecting.finish(me, provider, await strings.consent(away, address))
                assert (READ in box.rights) == (tier == FULL_TIER)
                made[provider, tier] = box.id
        await hang_up()
    return made


async def with_passwords(office: PostOffice) -> dict[tuple[str, str], Any]:
    """The same with two mailboxes at real servers, of which one files sent mail by itself."""
    made: dict[tuple[str, str], Any] = {}
    async with connected(3):
        await migrating.migrate()
        found = [await table.objects().first() for table in (Person, Workspace)]
        rep = people.Rep(*found) if all(found) else await people.miriam()  # type: ignore[arg-type]
        if not all(found):
            await people.session(rep)
        for kind, name in ((IMAP, "miriam1"), (FILES_ITSELF, FILED_NAME)):
            login = office.login(name)
            box = await people.mailbox(rep, IMAP, login.address, account=login.address, tokens=sealed(login.packed()), daily_limit=100_000)
            made[kind, FULL_TIER] = box.id
    return made


async def counted_by_imap(office: PostOffice, rounds: list[Round]) -> dict[tuple[str, str], Counter[str]]:
    """From the servers' own folders, once Postfix has nothing left to deliver."""
    waiting = [office.folder / "queue" / part for part in ("incoming", "active", "deferred")]
    while any(path.is_file() for part in waiting for path in part.rglob("*")):  # noqa: ASYNC110 - Postfix sets no event
        await asyncio.sleep(0.1)
    name = FILED_NAME if rounds[0].provider == FILES_ITSELF else "miriam1"
    sent, got = (Counter(map(send_id_in, office.mails(*place))) for place in ((name, SENT_FOLDER), ("anna",)))
    async with connected(3):
        books = {row["draft"]: row for row in await rows(BOOKS)}
    found: dict[tuple[str, str], Counter[str]] = {}
    for one in rounds:
        book = books[one.send_id]
        key = str(book["id"])
        found.setdefault((one.label, one.step), Counter()).update(judged(one, book, sent[key], got[key]))
        found[one.label, one.step]["drafts"] = 0
    return found


def send_id_in(mime: bytes) -> str:
    return str(BytesHeaderParser().parsebytes(mime).get("X-Nachfass-Send-Id", "")).strip()


async def counted(url: str, rounds: list[Round]) -> dict[tuple[str, str], Counter[str]]:
    """What became of each mail: in Sent, in the recipient's inbox, and in our own books."""
    async with connected(3), httpx.AsyncClient(base_url=url, timeout=120) as client:
        strings = Strings(client)
        boxes = {row["id"]: row["address"] for row in await rows("SELECT id, address FROM mailbox")}
        sent = {box: Counter(map(send_id, await strings.copies(address, "sent"))) for box, address in boxes.items()}
        drafts = len(await strings.copies(boxes[rounds[0].mailbox], "drafts"))
        books = {row["draft"]: row for row in await rows(BOOKS)}
        found: dict[tuple[str, str], Counter[str]] = {}
        for one in rounds:
            book = books[one.send_id]
            copies = sent[one.mailbox][str(book["id"])]
            got = len((await strings.see(f"people/{one.to}/messages"))["messages"])
            found.setdefault((one.label, one.step), Counter()).update(judged(one, book, copies, got))
            found[one.label, one.step]["drafts"] = drafts
    return found


def judged(one: Round, book: dict[str, Any], copies: int, got: int) -> Counter[str]:
    told = Counter(mails=1)
    told["unknown"] += book["unknown_at"] is not None
    told["doubled"] += copies > 1 or got > 1 or book["filed"] > 1
    told["lost"] += book["unknown_at"] is None and (copies != 1 or got != 1 or book["filed"] != 1 or book["sent_at"] is None)
    told["left"] += book["due_at"] is not None
    return told


Count = Callable[[list[Round]], Any]


def besieged(kinds: dict[tuple[str, str], Any], times: int, steps: tuple[str, ...], count: Count) -> None:
    """Step after step, each counted as soon as its work is finished: whoever breaks off has figures."""
    print(f"{'mailbox':<20}{'killed':<16}{'mails':>7}{'lost':>7}{'doubled':>9}{'unknown':>9}{'unfinished':>12}{'drafts left':>13}{'seconds':>9}")
    for (provider, tier), mailbox in sorted(kinds.items(), key=lambda kind: kind[0][1]):
        for step in steps_of(provider, tier, steps):
            began = time.monotonic()
            made = [Round(provider, tier, step, mailbox, new_id()) for _ in range(times)]
            kill_all(made)
            forked(lambda provider=provider: finish(provider))  # type: ignore[misc]
            ended_by()
            report(asyncio.run(count(made)), time.monotonic() - began)


def steps_of(provider: str, tier: str, steps: tuple[str, ...]) -> tuple[str, ...]:
    if provider == IMAP:
        return BY_IMAP
    return BY_IMAP[:4] if provider == FILES_ITSELF else steps if tier == FULL_TIER else BLIND


def kill_all(made: list[Round]) -> None:
    """Everybody dies at the step, a few at a time."""
    alive = 0
    for number, one in enumerate(made):
        forked(lambda one=one: begin(one))  # type: ignore[misc]
        alive += 1
        while alive == HANDS or (alive and number == len(made) - 1):
            ended = ended_by()
            assert ended == signal.SIGKILL, f"ended by {ended}, not by SIGKILL"
            alive -= 1


@click.command()
@click.option("--times", default=50, help="Kills at each step of each kind of mailbox.")
@click.option("--every", is_flag=True, help="Three steps more than the four that count.")
@click.option("--only", type=click.Choice(["api", "imap"]), help="Only the sandbox's mailboxes, or only those at Dovecot and Postfix.")
def main(times: int, every: bool, only: str | None) -> None:
    """Kill, finish, count."""
    os.environ["NACHFASS_SANDBOX_URL"] = stage.SANDBOX
    with embedded.postgresql(stage.VAR / "postgresql") as uri:
        os.environ["DATABASE_URL"] = uri
        if only != "imap":
            at_the_sandbox(times, EVERY if every else NAMED)
        if only != "api":
            with running() as office:
                besieged(asyncio.run(with_passwords(office)), times, NAMED, lambda made: counted_by_imap(office, made))


def at_the_sandbox(times: int, steps: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "app.sandbox", "--port", stage.SANDBOX.rpartition(":")[2]]
    with subprocess.Popen(command, cwd=stage.ROOT, stdout=subprocess.DEVNULL) as sandbox:
        try:
            stage.wait_for(f"{stage.SANDBOX}/health", sandbox)
            besieged(asyncio.run(settled(stage.SANDBOX)), times, steps, lambda made: counted(stage.SANDBOX, made))
        finally:
            sandbox.terminate()


def report(found: dict[tuple[str, str], Counter[str]], seconds: float) -> None:
    for (label, step), told in found.items():
        counts = f"{told['mails']:>7}{told['lost']:>7}{told['doubled']:>9}{told['unknown']:>9}{told['left']:>12}{told['drafts']:>13}"
        print(f"{label:<20}{step:<16}{counts}{seconds:>9.0f}", flush=True)


if __name__ == "__main__":
    main()
