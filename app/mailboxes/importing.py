"""Taking in the past of a mailbox that was just connected: what was sent, newest first, and the threads around it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from uuid import UUID

import asyncpg
import structlog

from app.clock import new_id, now
from app.database import connection, rows, together
from app.errors import GiveUp, ProviderError, RetryLater
from app.mailboxes.crew import work_off
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers.base import INBOX, SENT, Mail, Page, Provider
from app.mailboxes.reaching_back import EVERYTHING, PLACE
from app.mailboxes.syncing import OUR_FAULT, pin, pinned
from app.mailboxes.tables import Cursor, Mailbox, ToImport
from app.mailboxes.taking import Receive, hand_on, set_aside, take

log = structlog.get_logger()

Known = Callable[[Mailbox, Sequence[str]], Awaitable[set[str]]]
"""Whoever files mails, a floor above: those of these provider ids that need not be fetched again."""

LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)
HANDS = 3
"""Mailboxes imported at the same time."""
FETCHERS = 4
"""Threads of one mailbox fetched at the same time: as many as there are requests in its lane (`wire.AT_ONCE`)."""
THREADS_AT_A_TIME = 100
MAILS_AT_A_TIME, BYTES_AT_A_TIME = 20, 8_000_000
"""What one fetcher holds in memory before it is filed; a single mail may be larger."""
PAUSE = timedelta(seconds=30)
BEFORE = timedelta(minutes=1)
"""Providers have clocks of their own."""
UNNAMED = "?"
"""Begins the name of a thread that the provider's list does not tell; behind it stands the sent mail's id."""
LISTED = "listed"
"""The cursor of an import says whether all its threads are listed. `moved_at` in the future means: not before."""

DUE = """
SELECT mailbox.id FROM mailbox LEFT JOIN cursor ON cursor.mailbox = mailbox.id AND cursor.folder = $2
WHERE imported_at IS NULL AND import_stopped_at IS NULL AND disconnected_at IS NULL AND tokens IS NOT NULL AND 'read' = ANY(rights)
AND problem IN ('', 'retry') AND (cursor.moved_at IS NULL OR cursor.moved_at <= $1) ORDER BY connected_at
"""
LIST = """
INSERT INTO to_import (id, workspace, mailbox, place, thread, provider_id, sent)
SELECT u.id, $1, $2, u.place, u.thread, u.provider_id, u.sent
FROM unnest($3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::int[]) AS u (id, place, thread, provider_id, sent)
ON CONFLICT (mailbox, thread) DO UPDATE SET sent = to_import.sent + excluded.sent
"""
NEXT = "SELECT id, thread, provider_id, sent FROM to_import WHERE mailbox = $1 ORDER BY place LIMIT $2"
DONE = """
WITH gone AS (DELETE FROM to_import WHERE id = $1 RETURNING sent)
UPDATE mailbox SET import_done = import_done + gone.sent FROM gone WHERE mailbox.id = $2
RETURNING (mailbox.disconnected_at IS NULL AND mailbox.import_stopped_at IS NULL) AS goes_on
"""


async def nothing_known(_mailbox: Mailbox, _ids: Sequence[str]) -> set[str]:
    return set()


@dataclass
class Trip:
    """One import while a worker is at it."""

    mailbox: Mailbox
    provider: Provider
    receive: Receive
    known: Known
    goes_on: bool = True
    filing: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True)
class Part:
    """A thread that waits to be brought in, and how many sent mails it has."""

    id: UUID
    thread: str
    provider_id: str
    sent: int


async def import_due(receive: Receive, known: Known = nothing_known) -> int:
    """Go on with every import that is not finished; how many were looked at."""
    tried: set[UUID] = set()

    async def next_one() -> UUID | None:
        due: list[UUID] = [row["id"] for row in await rows(DUE, now(), PLACE) if row["id"] not in tried]
        tried.update(due[:1])
        return due[0] if due else None

    return await work_off(next_one, lambda mailbox_id: go_on(mailbox_id, receive, known), HANDS)


@asynccontextmanager
async def alone(mailbox_id: UUID) -> AsyncIterator[bool]:
    """One worker an import. The lock lives in the connection, so it ends with the worker, however that ends."""
    async with connection() as held:
        key = f"import {mailbox_id}"
        ours: bool = await held.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", key)
        try:
            yield ours
        finally:
            if ours and not held.is_closed():
                await given_back(held, key)


async def given_back(held: asyncpg.Connection, key: str) -> None:
    """A lock that could not be given back ends with its connection: the pool resets nothing."""
    try:
        await held.execute("SELECT pg_advisory_unlock(hashtextextended($1, 0))", key)
    except BaseException:
        held.terminate()
        raise


async def go_on(mailbox_id: UUID, receive: Receive, known: Known) -> None:
    async with alone(mailbox_id) as ours:
        still = Mailbox.id == mailbox_id, Mailbox.imported_at.is_null(), Mailbox.import_stopped_at.is_null(), Mailbox.disconnected_at.is_null()
        mailbox = await Mailbox.objects().where(*still).first() if ours else None
        if mailbox is None:
            return
        try:
            await bring_in(Trip(mailbox, await open_mailbox(mailbox), receive, known))
        except ProviderError as error:
            log.warning("An import paused", mailbox=str(mailbox.id), kind=type(error).__name__, code=error.code)
            await wait(mailbox, error)
        except Exception as error:
            log.error("An import failed on our side", mailbox=str(mailbox.id), exc_info=error)
            await wait(mailbox, RetryLater(OUR_FAULT, code="internal"))


async def bring_in(trip: Trip) -> None:
    """From where it stopped to the end. A thread counts in the transaction that files its mails, so a killed worker leaves no half one."""
    await pinned(trip.mailbox, trip.provider)
    await listed_once(trip)
    await bring_in_threads(trip)
    if not trip.goes_on:
        return
    await bring_in_beginning(trip)
    await finish(trip.mailbox)


async def finish(mailbox: Mailbox) -> None:
    """All of it is here, unless the person stopped it or asked for another one at the last moment."""
    async with together():
        still = Mailbox.id == mailbox.id, Mailbox.import_stopped_at.is_null()
        ours = await Cursor.exists().where(Cursor.mailbox == mailbox.id, Cursor.folder == PLACE, Cursor.value == LISTED)
        left = await ToImport.exists().where(ToImport.mailbox == mailbox.id)
        if ours and not left and await Mailbox.update({Mailbox.imported_at: now()}).where(*still).returning(Mailbox.id):
            await Cursor.delete().where(Cursor.mailbox == mailbox.id, Cursor.folder == PLACE)


# What there is


async def listed_once(trip: Trip) -> None:
    """The threads to go through, listed once: what is sent meanwhile is read by cursor, and pages do not shift under us."""
    place = await pin(trip.mailbox, PLACE, "")
    if place.value == LISTED:
        return
    await ToImport.delete().where(ToImport.mailbox == trip.mailbox.id)
    total = 0
    async for page in pages(trip.provider, SENT, reaches_back(trip.mailbox)):
        await listed(trip.mailbox, page, total)
        total += len(page.ids)
        await Mailbox.update({Mailbox.import_total: total, Mailbox.import_done: 0}).where(Mailbox.id == trip.mailbox.id)
    await place.update_self({Cursor.value: LISTED, Cursor.moved_at: now()})


async def listed(mailbox: Mailbox, page: Page, before: int) -> None:
    """One page of sent mails; a thread stands where its newest does."""
    threads: dict[str, tuple[int, str]] = {}
    counted: Counter[str] = Counter()
    for place, (provider_id, told) in enumerate(zip_longest(page.ids, page.threads, fillvalue=""), start=before):
        name = told or UNNAMED + provider_id
        threads.setdefault(name, (place, provider_id))
        counted[name] += 1
    places, ids = [place for place, _ in threads.values()], [provider_id for _, provider_id in threads.values()]
    names, sent = list(threads), [counted[name] for name in threads]
    await rows(LIST, mailbox.workspace, mailbox.id, [new_id() for _ in names], places, names, ids, sent)


async def pages(provider: Provider, folder: str, since: datetime) -> AsyncIterator[Page]:
    page = await provider.listed(folder, since, "")
    yield page
    while page.next:
        page = await provider.listed(folder, since, page.next)
        yield page


def reaches_back(mailbox: Mailbox) -> datetime:
    return LONG_AGO if mailbox.import_days == EVERYTHING else now() - timedelta(days=mailbox.import_days)


# Bringing it in


async def bring_in_threads(trip: Trip) -> None:
    """Newest first, several at a time."""
    while trip.goes_on and (waiting := await rows(NEXT, trip.mailbox.id, THREADS_AT_A_TIME)):
        parts = iter([Part(**row) for row in waiting])
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(FETCHERS):
                    group.create_task(work_through(trip, parts))
        except ExceptionGroup as several:
            raise several.exceptions[0] from None


async def work_through(trip: Trip, parts: Iterator[Part]) -> None:
    """One fetcher: takes the next thread as long as there is one and nobody said stop."""
    for part in parts:
        if not trip.goes_on:
            return
        await bring_in_thread(trip, part)


async def bring_in_thread(trip: Trip, part: Part) -> None:
    """Oldest first, so that a mail is known before its answer; in pieces that fit into memory."""
    held: list[Mail] = []
    for provider_id in await ids_of(trip, part):
        mail = await fetched(trip, provider_id)
        held += [mail] if mail else []
        if len(held) >= MAILS_AT_A_TIME or sum(len(one.raw) for one in held) >= BYTES_AT_A_TIME:
            await file(trip, part, held)
            held = []
    await file(trip, part, held, last=True)


async def ids_of(trip: Trip, part: Part) -> list[str]:
    """The mails of the thread that are not here yet; the sent one too where its thread does not name it."""
    ids = list(await trip.provider.thread_ids(name)) if (name := await thread_of(trip, part)) else []
    ids += [] if part.provider_id in ids else [part.provider_id]
    known = await trip.known(trip.mailbox, ids)
    return [one for one in ids if one not in known]


async def thread_of(trip: Trip, part: Part) -> str:
    """By its name in the list; else the sent mail is asked."""
    if not part.thread.startswith(UNNAMED):
        return part.thread
    mail = await fetched(trip, part.provider_id)
    return mail.thread if mail else ""


async def fetched(trip: Trip, provider_id: str) -> Mail | None:
    try:
        return await trip.provider.fetch(provider_id)
    except GiveUp as error:
        await set_aside(trip.mailbox, provider_id, error)
        return None


async def file(trip: Trip, part: Part, mails: Sequence[Mail], *, last: bool = False) -> None:
    """All in one transaction. If one of them can't be taken in, each gets its own, so that it stands in nobody's way."""
    async with trip.filing:
        if not trip.goes_on:
            return
        try:
            async with together():
                if await still_wanted(part):
                    for mail in mails:
                        await trip.receive(trip.mailbox, mail, True)
                await count(trip, part, last)
        except Exception:  # whatever it was, it happens again below, to the one mail it belongs to
            for mail in mails:
                await hand_on(trip.mailbox, mail, trip.receive, imported=True)
            await count(trip, part, last)


async def still_wanted(part: Part) -> bool:
    """Nobody called the import off; whoever does that now waits until we are done."""
    return bool(await rows("SELECT 1 FROM to_import WHERE id = $1 FOR UPDATE", part.id))


async def count(trip: Trip, part: Part, last: bool) -> None:
    """The thread is done, and the person sees it; a stop or a disconnection is noticed here."""
    if last:
        done = await rows(DONE, part.id, trip.mailbox.id)
        trip.goes_on = bool(done and done[0]["goes_on"])


async def bring_in_beginning(trip: Trip) -> None:
    """What came in between connecting and the first cursor: a bounce or an automatic answer may lie in a thread of its own."""
    since = max(trip.mailbox.connected_at - BEFORE, reaches_back(trip.mailbox))
    async for page in pages(trip.provider, INBOX, since):
        known = await trip.known(trip.mailbox, page.ids)
        fresh = [one for one in reversed(page.ids) if one not in known]
        await take(trip.mailbox, trip.provider, fresh, trip.receive, imported=True)


async def wait(mailbox: Mailbox, error: ProviderError) -> None:
    """Come back later; whatever needs a person is said by whoever reads the mailbox."""
    at = max((error.at if isinstance(error, RetryLater) else None) or now(), now() + PAUSE)
    place = await pin(mailbox, PLACE, "")
    await place.update_self({Cursor.moved_at: at})
