"""Taking in the last 30 days of a mailbox that was just connected: what was sent, newest first, and the threads around it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from app.clock import now
from app.database import connection, rows
from app.errors import ProviderError, RetryLater
from app.mailboxes.crew import work_off
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers.base import INBOX, SENT, Page, Provider
from app.mailboxes.syncing import OUR_FAULT, pin, pinned
from app.mailboxes.tables import Cursor, Mailbox
from app.mailboxes.taking import Receive, take, take_one

log = structlog.get_logger()

REACHES_BACK = timedelta(days=30)
HANDS = 3
PAUSE = timedelta(seconds=30)
BEFORE = timedelta(minutes=1)
"""Providers have clocks of their own."""
PLACE = "import"
"""The cursor of an import: the ids to go through as JSON. `moved_at` in the future means: not before."""

DUE = """
SELECT mailbox.id FROM mailbox LEFT JOIN cursor ON cursor.mailbox = mailbox.id AND cursor.folder = $2
WHERE imported_at IS NULL AND disconnected_at IS NULL AND tokens IS NOT NULL AND 'read' = ANY(rights) AND problem IN ('', 'retry')
AND (cursor.moved_at IS NULL OR cursor.moved_at <= $1) ORDER BY connected_at
"""


async def import_due(receive: Receive) -> int:
    """Go on with every import that is not finished; how many were looked at."""
    tried: set[UUID] = set()

    async def next_one() -> UUID | None:
        due: list[UUID] = [row["id"] for row in await rows(DUE, now(), PLACE) if row["id"] not in tried]
        tried.update(due[:1])
        return due[0] if due else None

    return await work_off(next_one, lambda mailbox_id: go_on(mailbox_id, receive), HANDS)


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
                await held.execute("SELECT pg_advisory_unlock(hashtextextended($1, 0))", key)


async def go_on(mailbox_id: UUID, receive: Receive) -> None:
    async with alone(mailbox_id) as ours:
        still = Mailbox.id == mailbox_id, Mailbox.imported_at.is_null(), Mailbox.disconnected_at.is_null()
        mailbox = await Mailbox.objects().where(*still).first() if ours else None
        if mailbox is None:
            return
        try:
            await bring_in(mailbox, receive)
        except ProviderError as error:
            log.warning("An import paused", mailbox=str(mailbox.id), kind=type(error).__name__, code=error.code)
            await wait(mailbox, error)
        except Exception as error:
            log.error("An import failed on our side", mailbox=str(mailbox.id), exc_info=error)
            await wait(mailbox, RetryLater(OUR_FAULT, code="internal"))


async def bring_in(mailbox: Mailbox, receive: Receive) -> None:
    """From where it stopped to the end; every mail counts as soon as it is in."""
    provider = await open_mailbox(mailbox)
    await pinned(mailbox, provider)
    ids = await to_do(mailbox, provider)
    seen: set[str] = set()
    for place in range(mailbox.import_done, len(ids)):
        await bring_in_thread(mailbox, provider, ids[place], seen, receive)
        if not await progressed(mailbox, place + 1):
            return
    await bring_in_beginning(mailbox, provider, receive)
    await Mailbox.update({Mailbox.imported_at: now()}).where(Mailbox.id == mailbox.id)
    await Cursor.delete().where(Cursor.mailbox == mailbox.id, Cursor.folder == PLACE)


async def to_do(mailbox: Mailbox, provider: Provider) -> list[str]:
    """The ids to go through, listed once: what is sent meanwhile is read by cursor, and pages do not shift under us."""
    kept = await Cursor.objects().where(Cursor.mailbox == mailbox.id, Cursor.folder == PLACE).first()
    if kept and kept.value:
        return [str(one) for one in json.loads(kept.value)]
    ids = await listed(provider, now() - REACHES_BACK)
    place = kept or await pin(mailbox, PLACE, "")
    await place.update_self({Cursor.value: json.dumps(ids), Cursor.moved_at: now()})
    await mailbox.update_self({Mailbox.import_total: len(ids), Mailbox.import_done: 0})
    return ids


async def listed(provider: Provider, since: datetime) -> list[str]:
    """Everything sent since, newest first."""
    return list(dict.fromkeys([one async for page in pages(provider, SENT, since) for one in page.ids]))


async def pages(provider: Provider, folder: str, since: datetime) -> AsyncIterator[Page]:
    page = await provider.listed(folder, since, "")
    yield page
    while page.next:
        page = await provider.listed(folder, since, page.next)
        yield page


async def bring_in_beginning(mailbox: Mailbox, provider: Provider, receive: Receive) -> None:
    """What came in between connecting and the first cursor: a bounce or an automatic answer may lie in a thread of its own."""
    async for page in pages(provider, INBOX, mailbox.connected_at - BEFORE):
        await take(mailbox, provider, reversed(page.ids), receive, imported=True)


async def bring_in_thread(mailbox: Mailbox, provider: Provider, sent: str, seen: set[str], receive: Receive) -> None:
    """The thread of a sent mail, oldest first, so that a mail is known before its answer."""
    if sent in seen:
        return
    mail = await provider.fetch(sent)
    if mail is None:
        return
    around = [one for one in await provider.thread_ids(mail.thread) if one not in seen]
    await take(mailbox, provider, around, receive, imported=True)
    if sent not in around:
        await take_one(mailbox, provider, sent, receive, imported=True)
    seen |= {*around, sent}


async def progressed(mailbox: Mailbox, done: int) -> bool:
    """Write how far it is; false if the mailbox was disconnected meanwhile."""
    still = Mailbox.id == mailbox.id, Mailbox.disconnected_at.is_null()
    return bool(await Mailbox.update({Mailbox.import_done: done}).where(*still).returning(Mailbox.id))


async def wait(mailbox: Mailbox, error: ProviderError) -> None:
    """Come back later; whatever needs a person is said by whoever reads the mailbox."""
    at = max((error.at if isinstance(error, RetryLater) else None) or now(), now() + PAUSE)
    place = await pin(mailbox, PLACE, "")
    await place.update_self({Cursor.moved_at: at})
