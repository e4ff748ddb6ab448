"""A believable fortnight for `nachfass demo`, lived through again: the verbs of the app and the wire of the sandbox, at the times it happened."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import singledispatch
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import httpx
import structlog

from app import clock, reactions
from app.browsing import AGENT, consent
from app.clock import later, new_id
from app.contacts import consent as consents
from app.contacts.editing import Details, add
from app.contacts.tables import Contact
from app.database import rows
from app.fortnight import (
    AHEAD,
    PEOPLE,
    STORY,
    ZONE,
    Ahead,
    Answer,
    Away,
    Broken,
    Click,
    Consents,
    Event,
    LetGo,
    Mail,
    Open,
    Reconnected,
    Scan,
    Snooze,
    before,
    in_gmail,
)
from app.identity.first_run import begin
from app.identity.guarding import Me, by_token
from app.identity.signing_in import make_link, sign_out
from app.identity.visiting import Visit
from app.mailboxes.connecting import finish, start
from app.mailboxes.freshness import POLLED_EVERY
from app.mailboxes.importing import import_due
from app.mailboxes.providers.base import SEND_ID_HEADER
from app.mailboxes.providers.wire import hang_up
from app.mailboxes.syncing import sync_due
from app.mailboxes.tables import FULL_TIER, OUTLOOK, Mailbox
from app.notifications.vouching import make_key
from app.outbox import answering, drafting
from app.outbox.addressing import parse
from app.outbox.composing import queue
from app.outbox.dispatching import dispatch_due
from app.outbox.drafting import Written
from app.outbox.later_form import offered
from app.outbox.offering import THEIRS
from app.outbox.scheduling import repeat, schedule
from app.outbox.tables import Dispatch
from app.reminders.awaiting_opens import UNTIL_OPENED, snooze_until_opened
from app.reminders.choosing_mornings import choose
from app.reminders.keeping_texts import take_over
from app.reminders.letting_go import let_go
from app.reminders.ringing import ring_due
from app.reminders.snoozing import snooze
from app.reminders.surfacing import surface_due
from app.reminders.tables import Reminder
from app.sandbox import visiting
from app.sandbox.devices import DEVICES, SCANNER, Look
from app.security.signing import secret_token
from app.threads.asking import thread_of
from app.threads.receiving import receive
from app.threads.tables import Message
from app.tracking.edge import fronted
from app.tracking.recording import Recorder, recording
from app.tracking.verdicts import judge_new
from app.web.walls import Wall

WORKSPACE, NAME, EMAIL = "Brückner Messtechnik", "Miriam Kessler", "miriam@brueckner.example"
OUTLOOK_ADDRESS, GMAIL_ADDRESS = "m.kessler@brueckner-mess.example", "miriam@brueckner.example"
FORTNIGHT = timedelta(days=15)
NEXT_SYNC = timedelta(seconds=25)
LINK_WORKS_FOR = timedelta(days=1)


@dataclass
class Stage:
    """Everybody and everything that history is made with."""

    me: Me
    sandbox: httpx.AsyncClient
    public: httpx.AsyncClient
    at: datetime
    sent: dict[str, Dispatch] = field(default_factory=dict)

    @asynccontextmanager
    async def time(self, at: datetime) -> AsyncIterator[None]:
        """Be there: this process and the sandbox alike."""
        self.at = at
        shift = at - datetime.now(UTC)
        (await self.sandbox.post("/control/clock", json={"seconds": shift.total_seconds()})).raise_for_status()
        with later(at - clock.now()):
            yield


async def furnish(sandbox_url: str, *, empty: bool = False) -> str:
    """Make the workspace and, unless it shall be empty, its fortnight; answers the path of the sign-in link."""
    reactions.wire()
    await make_key()
    with quiet():
        try:
            return await furnished(sandbox_url, empty)
        finally:
            await hang_up()


@contextmanager
def quiet() -> Iterator[None]:
    """Part of the story is a mailbox that breaks: nobody has to be warned of it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield
    finally:
        structlog.reset_defaults()


async def furnished(sandbox_url: str, empty: bool) -> str:
    async with httpx.AsyncClient(base_url=sandbox_url, timeout=30) as sandbox:
        await open_inboxes(sandbox)
        now = clock.now()
        with later(-FORTNIGHT):
            me, token = await found_workspace()
        if not empty:
            await live_through(me, sandbox, now)
            (await sandbox.post("/control/clock", json={"seconds": 0})).raise_for_status()
        await sign_out(token)
    return await make_link(me.person, me.workspace, LINK_WORKS_FOR)


async def open_inboxes(sandbox: httpx.AsyncClient) -> None:
    """Miriam has two mailboxes, and Dieter Kurz's address has a typing error in it."""
    for address, provider in ((OUTLOOK_ADDRESS, "microsoft"), (GMAIL_ADDRESS, "google")):
        (await sandbox.post(f"/control/mailboxes/{address}", json={"provider": provider, "name": NAME})).raise_for_status()
    for person in PEOPLE:
        refuses = {"unknown": True} if person.address.startswith("d.kurz@") else {}
        made = await sandbox.post(f"/control/mailboxes/{person.address}", json={"provider": "person", "name": person.name, **refuses})
        made.raise_for_status()


async def found_workspace() -> tuple[Me, str]:
    visit = Visit(user_agent=AGENT, country="DE")
    entry = await begin(visit, workspace=WORKSPACE, name=NAME, email=EMAIL, password=secret_token(), time_zone=str(ZONE))
    me = await by_token(entry.token)
    assert me is not None  # it was made just now
    return me, entry.token


async def live_through(me: Me, sandbox: httpx.AsyncClient, now: datetime) -> None:
    """Connect, meet everybody, and let one thing happen after the other, with what falls due in between."""
    await seed_mailboxes(sandbox, now)
    async with recording() as recorder, public_client(recorder) as public:
        stage = Stage(me, sandbox, public, now - FORTNIGHT)
        async with stage.time(stage.at):
            await meet_everybody(me)
            await connect_outlook(stage)
            await choose_to_follow_up(me)
        for event in sorted(STORY, key=lambda one: one.when.moment(now)):
            at = event.when.moment(now)
            await let_fall_due(stage, at)
            async with stage.time(at):
                await happen(event, stage)
                await judge_new()
        await let_fall_due(stage, now)
        async with stage.time(now):
            await keep_up()
            for ahead in AHEAD:
                await put_on_schedule(ahead, stage)


async def put_on_schedule(ahead: Ahead, stage: Stage) -> None:
    """Written as any mail, and set to go out later."""
    draft = await drafting.save(stage.me, new_id(), Written(to=parse(ahead.to), subject=ahead.subject, html=ahead.html, mailbox=(await outlook()).id))
    if ahead.rule:
        today = stage.at.astimezone(ZONE).date()
        day = today + timedelta(days=(ahead.weekday - today.weekday() - 1) % 7 + 1)
        await repeat(stage.me, draft, Wall(datetime.combine(day, ahead.at), str(ZONE)), ahead.rule)
        return
    offer = await offered(stage.me, draft, THEIRS)
    await schedule(stage.me, draft, offer.wall, chosen=offer.why, values=offer.values)


def public_client(recorder: Recorder) -> httpx.AsyncClient:
    """How the devices reach our pixels and links while no server runs yet: the same edge, without the wire."""
    edge: Any = fronted(nowhere, lambda: recorder)
    return httpx.AsyncClient(transport=httpx.ASGITransport(edge))


async def nowhere(scope: Any, _: Any, send: Any) -> None:
    """Behind the public endpoints there is no app yet."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})


# Before it begins


async def seed_mailboxes(sandbox: httpx.AsyncClient, now: datetime) -> None:
    """Both mailboxes had a life before Nachfass."""
    for days, to, subject, text in before():
        await seed(sandbox, OUTLOOK_ADDRESS, "sent", now - timedelta(days=days), **{"to": to, "subject": subject, "text": text})
    for days, folder, other, subject, text in in_gmail():
        ends = {"to": other} if folder == "sent" else {"from": other}
        await seed(sandbox, GMAIL_ADDRESS, folder, now - timedelta(days=days), **ends, subject=subject, text=text)


async def seed(sandbox: httpx.AsyncClient, address: str, folder: str, at: datetime, **mail: str) -> None:
    made = await sandbox.post(f"/control/mailboxes/{address}/messages", json={"folder": folder, "date": at.isoformat(), **mail})
    made.raise_for_status()


async def connect_outlook(stage: Stage, again: UUID | None = None) -> None:
    """Through Microsoft's own consent, as everybody does it; then its last 30 days are taken in."""
    away = await start(stage.me, OUTLOOK, FULL_TIER, again)
    back = await consent(stage.sandbox, away, OUTLOOK_ADDRESS, NAME)
    await finish(stage.me, OUTLOOK, dict(parse_qsl(urlsplit(back).query)))
    await import_due(receive)
    await keep_up()


async def meet_everybody(me: Me) -> None:
    for person in PEOPLE:
        await add(me, Details(person.name, person.company, person.notes, person.time_zone, person.address))


async def choose_to_follow_up(me: Me) -> None:
    """A morning digest at eight, and a text in each language."""
    await choose(me, True, "08:00")
    for key in ("friendly-de", "friendly-en", "short-de"):
        await take_over(me, key)


# What falls due by itself


async def let_fall_due(stage: Stage, until: datetime) -> None:
    """Reminders ring at their time, after the mailbox was read once more."""
    while due_at := await next_due(until):
        async with stage.time(max(due_at, stage.at) + NEXT_SYNC):
            await keep_up()
        if await next_due(until) == due_at:
            raise RuntimeError(f"A reminder that was due at {due_at} did not ring.")


async def next_due(until: datetime) -> datetime | None:
    waiting = "SELECT min(due_at) AS at FROM reminder WHERE settled_at IS NULL AND rang_at IS NULL AND held_at IS NULL AND due_at <= $1"
    found = await rows(waiting, until - NEXT_SYNC)
    at: datetime | None = found[0]["at"]
    return at


async def keep_up() -> None:
    """What the worker does all the time."""
    await be_read_all_along()
    await dispatch_due()
    await sync_due(receive)
    await ring_due()
    await surface_due()


async def be_read_all_along() -> None:
    """Between two events of the story the mailbox was read every 20 seconds, as in life."""
    readable = Mailbox.synced_at.is_not_null(), Mailbox.broken_at.is_null(), Mailbox.disconnected_at.is_null()
    await Mailbox.update({Mailbox.synced_at: clock.now() - POLLED_EVERY}).where(*readable)


# What happens


@singledispatch
async def happen(event: Event, _: Stage) -> None:
    """One thing of the story, through the same verbs as always."""
    raise TypeError(f"Nobody knows how {type(event).__name__} happens.")


@happen.register
async def send(event: Mail, stage: Stage) -> None:
    """Written, queued and carried out."""
    written = await answering_mail(stage, event) if event.answers else new_mail(event)
    written = replace(written, html=event.html, mailbox=(await outlook()).id, reminds=event.reminds, reminds_if=event.reminds_if)
    draft = await drafting.save(stage.me, new_id(), written)
    stage.sent[event.key] = await queue(stage.me, draft)
    await dispatch_due()
    async with stage.time(stage.at + NEXT_SYNC):
        await keep_up()


async def outlook() -> Mailbox:
    found = await Mailbox.objects().where(Mailbox.address == OUTLOOK_ADDRESS).first()
    assert found is not None  # connected before anything else happens
    return found


def new_mail(event: Mail) -> Written:
    return Written(to=parse(event.to), subject=event.subject)


async def answering_mail(stage: Stage, event: Mail) -> Written:
    """In the thread of an earlier one, with its quote."""
    message = await message_of(stage, event.answers)
    begun = await answering.draft_in(stage.me, await thread_of(stage.me, message.thread))
    people: Any = begun.to
    return Written(to=people, subject=begun.subject, thread=begun.thread, answers=begun.answers, quote=begun.quote)


@happen.register
async def open_it(event: Open, stage: Stage) -> None:
    device = DEVICES[event.device]
    mail = await received(stage, event.key, event.who)
    for url in mail["images"]:
        await visit(stage, url, device.opens, event.who)


@happen.register
async def click_it(event: Click, stage: Stage) -> None:
    mail = await received(stage, event.key, event.who)
    await visit(stage, tracked(mail)[event.link], DEVICES[event.device].clicks, event.who)


@happen.register
async def scan_it(event: Scan, stage: Stage) -> None:
    """As gateways do: everything within a second."""
    mail = await received(stage, event.key, event.who)
    asked = [(url, SCANNER.opens) for url in mail["images"]] + [(url, SCANNER.clicks) for url in tracked(mail)]
    await asyncio.gather(*(visit(stage, url, look, event.who) for url, look in asked))


def tracked(mail: dict[str, Any]) -> list[str]:
    """The links that lead through us; the opt-out is nobody's click."""
    return [link["url"] for link in mail["links"] if urlsplit(link["url"]).path.startswith("/c/")]


async def visit(stage: Stage, url: str, look: Look, who: str) -> None:
    told = await visiting.fetch(stage.public, url, look, who)
    if told["status"] not in (200, 302):
        raise RuntimeError(f"{who} got {told['status'] or told['error']} for a picture or a link.")


@happen.register
async def answer_it(event: Answer, stage: Stage) -> None:
    await act(stage, event.key, event.who, "reply", text=event.text)


@happen.register
async def be_away(event: Away, stage: Stage) -> None:
    await act(stage, event.key, event.who, "out-of-office", until=event.until)


async def act(stage: Stage, key: str, who: str, what: str, **asked: str) -> None:
    """They write, and we read it with the next sync."""
    mail = await received(stage, key, who)
    (await stage.sandbox.post(f"/control/people/{who}/messages/{mail['id']}/{what}", json=asked)).raise_for_status()
    async with stage.time(stage.at + NEXT_SYNC):
        await keep_up()


async def received(stage: Stage, key: str, who: str) -> dict[str, Any]:
    """That mail in their inbox."""
    answer = await stage.sandbox.get(f"/control/people/{who}/messages")
    answer.raise_for_status()
    send_id = str(stage.sent[key].id)
    return next(mail for mail in answer.json()["messages"] if [SEND_ID_HEADER, send_id] in mail["headers"])


@happen.register
async def consent_or_refuse(event: Consents, stage: Stage) -> None:
    contact = await Contact.objects().where(Contact.workspace == stage.me.workspace.id, Contact.address == event.who).first()
    assert contact is not None  # everybody was met at the beginning
    noted_by = None if event.by_themselves else stage.me.person.id
    await (consents.give if event.gives else consents.refuse)(contact, event.source, noted_by)


@happen.register
async def break_off(_: Broken, stage: Stage) -> None:
    """Read a last time; with the next sync it turns out that nobody may any more."""
    await keep_up()
    for what in ("revoke", "expire"):
        (await stage.sandbox.post(f"/control/mailboxes/{OUTLOOK_ADDRESS}/{what}")).raise_for_status()
    async with stage.time(stage.at + NEXT_SYNC):
        await keep_up()


@happen.register
async def connect_again(_: Reconnected, stage: Stage) -> None:
    await connect_outlook(stage, (await outlook()).id)


@happen.register
async def push_back(event: Snooze, stage: Stage) -> None:
    reminder, person = await reminder_of(stage, event.key), stage.me.person
    if event.until == UNTIL_OPENED:
        await snooze_until_opened(reminder, person)
    else:
        await snooze(reminder, person, event.until)


@happen.register
async def be_done(event: LetGo, stage: Stage) -> None:
    await let_go(await reminder_of(stage, event.key))


async def reminder_of(stage: Stage, key: str) -> Reminder:
    message = await message_of(stage, key)
    found = await Reminder.objects().where(Reminder.thread == message.thread).first()
    assert found is not None  # the story asked for one
    return found


async def message_of(stage: Stage, key: str) -> Message:
    found = await Message.objects().where(Message.id == stage.sent[key].message).first()
    assert found is not None  # filed when it went out
    return found
