"""Taking mails out of a mailbox one by one, so that one that can't be understood stands in nobody's way."""

from collections.abc import Awaitable, Callable, Iterable

import structlog

from app.clock import new_id, now
from app.database import rows, together
from app.errors import GiveUp, ProviderError, Told, TooEarly, Unreadable
from app.mailboxes.losing_sight import count_found, window_at
from app.mailboxes.providers.base import Mail, Provider
from app.mailboxes.tables import Mailbox, SetAside
from app.web.locale import N_

log = structlog.get_logger()

Receive = Callable[[Mailbox, Mail, bool], Awaitable[bool]]
"""Whoever files mails, a floor above: (mailbox, mail, imported) → was it new?"""

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
    """Fetch these mails and hand them on; how many were new."""
    return sum([await take_one(mailbox, provider, provider_id, receive, imported) for provider_id in ids])


async def take_one(mailbox: Mailbox, provider: Provider, provider_id: str, receive: Receive, imported: bool) -> bool:
    """One mail. What is wrong with the provider is not the mail's fault and is passed on."""
    try:
        mail = await provider.fetch(provider_id)
        return mail is not None and await hand_on(mailbox, mail, receive, imported or mailbox.is_history(mail.at))
    except TooEarly:
        await rows(WAIT, new_id(), mailbox.workspace, mailbox.id, provider_id, now())
    except (Unreadable, GiveUp) as error:
        await set_aside(mailbox, provider_id, error)
    except ProviderError:
        raise
    except Exception as error:
        log.error("A mail could not be taken in", mailbox=str(mailbox.id), mail=provider_id, exc_info=error)
        await set_aside(mailbox, provider_id, error)
    return False


async def hand_on(mailbox: Mailbox, mail: Mail, receive: Receive, imported: bool) -> bool:
    """To whoever files it; what came while we were blind is counted in the same breath."""
    window = await window_at(mailbox, mail.at)
    if window is None:
        return await receive(mailbox, mail, imported)
    async with together():
        new = await receive(mailbox, mail, imported)
        if new:
            await count_found(mailbox, window)
    return new


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
