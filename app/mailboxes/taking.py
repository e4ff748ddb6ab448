"""Taking mails out of a mailbox one by one, so that one that can't be understood stands in nobody's way."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from itertools import islice

import structlog

from app.clock import new_id, now
from app.database import rows, together
from app.errors import GiveUp, ProviderError, Told, TooEarly, Unreadable
from app.mailboxes.losing_sight import count_found, window_at
from app.mailboxes.providers.base import Mail, Provider
from app.mailboxes.providers.wire import AT_ONCE
from app.mailboxes.tables import Mailbox, SetAside
from app.web.locale import N_

log = structlog.get_logger()

Receive = Callable[[Mailbox, Mail, bool], Awaitable[bool]]
"""Whoever files mails, a floor above: (mailbox, mail, imported) → was it new?"""

Coming = asyncio.Task[Mail | None]

MOST_TRIES = 3
OUR_FAULT = N_("Nachfass could not read it. It is left as it is in the mailbox.")

COUNT = """
INSERT INTO set_aside (id, workspace, mailbox, provider_id, tries, why, at) VALUES ($1, $2, $3, $4, 1, $5, $6)
ON CONFLICT (mailbox, provider_id) DO UPDATE SET tries = set_aside.tries + 1, why = excluded.why, at = excluded.at
RETURNING tries
"""
WAIT = """
INSERT INTO set_aside (id, workspace, mailbox, provider_id, tries, why, at) VALUES ($1, $2, $3, $4, 0, '', $5)
ON CONFLICT (mailbox, provider_id) DO UPDATE SET at = excluded.at
"""


async def take(mailbox: Mailbox, provider: Provider, ids: Iterable[str], receive: Receive, *, imported: bool = False) -> int:
    """Fetch these mails, several at once, and hand them on in their order, so that a mail is known before its answer; how many were new."""
    found = 0
    async with aclosing(ahead(provider, ids)) as mails:
        async for provider_id, coming in mails:
            found += await take_one(mailbox, provider, provider_id, receive, imported, coming)
    return found


async def ahead(provider: Provider, ids: Iterable[str]) -> AsyncGenerator[tuple[str, Coming], None]:
    """Each id with its mail on the way. As many are on the way as the provider serves at once, so no more lie in memory."""
    left, coming = iter(ids), deque[tuple[str, Coming]]()
    try:
        while True:
            coming.extend((one, asyncio.create_task(provider.fetch(one))) for one in islice(left, AT_ONCE - len(coming)))
            if not coming:
                return
            yield coming[0]
            coming.popleft()
    finally:
        for _, fetched in coming:
            fetched.cancel()
        await asyncio.gather(*(fetched for _, fetched in coming), return_exceptions=True)


async def take_one(
    mailbox: Mailbox, provider: Provider, provider_id: str, receive: Receive, imported: bool, coming: Awaitable[Mail | None] | None = None
) -> bool:
    """One mail, fetched unless it is on the way, and handed on; was it new?"""
    async with in_nobodys_way(mailbox, provider_id):
        mail = await (coming or provider.fetch(provider_id))
        return mail is not None and await counted(mailbox, mail, receive, imported)
    return False


async def hand_on(mailbox: Mailbox, mail: Mail, receive: Receive, imported: bool) -> bool:
    """One mail that is here already to whoever files it; was it new?"""
    async with in_nobodys_way(mailbox, mail.provider_id):
        return await counted(mailbox, mail, receive, imported)
    return False


async def counted(mailbox: Mailbox, mail: Mail, receive: Receive, imported: bool) -> bool:
    """To whoever files it; what came while we were blind is counted in the same breath."""
    imported = imported or mailbox.was_unread(mail.at)
    window = await window_at(mailbox, mail.at)
    if window is None:
        return await receive(mailbox, mail, imported)
    async with together():
        new = await receive(mailbox, mail, imported)
        if new:
            await count_found(mailbox, window)
    return new


@asynccontextmanager
async def in_nobodys_way(mailbox: Mailbox, provider_id: str) -> AsyncIterator[None]:
    """Whatever is wrong with one mail is counted against that mail; what is wrong with the provider is not its fault and is passed on."""
    try:
        yield
    except TooEarly:
        await rows(WAIT, new_id(), mailbox.workspace, mailbox.id, provider_id, now())
    except (Unreadable, GiveUp) as error:
        await set_aside(mailbox, provider_id, error)
    except ProviderError:
        raise
    except Exception as error:
        log.error("A mail could not be taken in", mailbox=str(mailbox.id), mail=provider_id, exc_info=error)
        await set_aside(mailbox, provider_id, error)


async def set_aside(mailbox: Mailbox, provider_id: str, error: Exception) -> None:
    """Count the try. If the database is what failed, this fails too, and the whole round is tried again."""
    why = OUR_FAULT if not isinstance(error, Told) else str(error).replace("%", "%%") if error.values else error.sentence
    counted = await rows(COUNT, new_id(), mailbox.workspace, mailbox.id, provider_id, why, now())
    log.warning("A mail was set aside", mailbox=str(mailbox.id), mail=provider_id, tries=counted[0]["tries"], kind=type(error).__name__)


async def try_again(mailbox: Mailbox, provider: Provider, receive: Receive) -> int:
    """What was set aside gets three tries in all; then it is only shown. What came too early is tried until it is understood."""
    waiting = SetAside.mailbox == mailbox.id, SetAside.tries < MOST_TRIES
    found = 0
    for row in await SetAside.objects().where(*waiting).order_by(SetAside.at):
        found += await take_one(mailbox, provider, row.provider_id, receive, imported=False)
        await SetAside.delete().where(SetAside.id == row.id, SetAside.tries == row.tries, SetAside.at == row.at)
    return found


async def shown(mailbox: Mailbox) -> list[SetAside]:
    """Those that were given up."""
    return await SetAside.objects().where(SetAside.mailbox == mailbox.id, SetAside.tries >= MOST_TRIES).order_by(SetAside.at)
