"""Opening a mailbox: its provider, with tokens that are held under a lock while they change."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from app.database import rows, together
from app.errors import ReconnectNeeded, RetryLater
from app.mailboxes.providers import gmail_tokens, imap_pool, outlook_tokens, wire
from app.mailboxes.providers.base import Provider, Watcher
from app.mailboxes.providers.gmail import Gmail
from app.mailboxes.providers.gmail_tokens import GmailTokens
from app.mailboxes.providers.gmail_watching import GmailWatcher
from app.mailboxes.providers.imap import Imap
from app.mailboxes.providers.keyring import Held, Keyring
from app.mailboxes.providers.outlook import Outlook
from app.mailboxes.providers.outlook_tokens import OutlookTokens
from app.mailboxes.providers.outlook_watching import OutlookWatcher
from app.mailboxes.standing_still import look_out, stand_still
from app.mailboxes.tables import GMAIL, IMAP, Mailbox
from app.security.sealing import seal, unseal
from app.web.locale import N_

PURPOSE = "mailbox tokens"
NOT_CONNECTED = N_("This mailbox is not connected. What was logged is kept. Connect it again.")
LOCKED = N_("Somebody else is renewing the access to this mailbox. Nothing is lost: it is tried again by itself.")


async def open_mailbox(mailbox: Mailbox) -> Provider:
    """The mailbox as its provider speaks it. Raises UsedUp while that lets nobody of this installation ask."""
    await look_out(mailbox)
    return speaking(mailbox, Keyring(str(mailbox.id), opened(mailbox.tokens), lambda: held(mailbox)))


def opened_to_leave(mailbox: Mailbox) -> Provider:
    """The same, to end what was begun there and to give the grant back: with the tokens as they are here, since the row has none any more."""
    tokens = opened(mailbox.tokens)
    return speaking(mailbox, Keyring(str(mailbox.id), tokens, lambda: nullcontext(Held(tokens, unkept))))


async def unkept(_tokens: bytes) -> None:
    """Nobody needs them after this."""


def speaking(mailbox: Mailbox, ring: Keyring) -> Provider:
    if mailbox.provider == IMAP:
        return Imap(ring)
    return Gmail(GmailTokens(ring), stand_still) if mailbox.provider == GMAIL else Outlook(OutlookTokens(ring))


def watcher_of(provider: Provider) -> Watcher | None:
    """How this provider tells of changes; nothing if it can't."""
    if isinstance(provider, Gmail):
        return GmailWatcher(provider)
    return OutlookWatcher(provider) if isinstance(provider, Outlook) else None


async def hang_up() -> None:
    """Close every connection to the providers, when the process ends."""
    await wire.hang_up()
    imap_pool.hang_up()
    for module in (gmail_tokens, outlook_tokens):
        module.telephone().close()
        module.telephone.cache_clear()


def opened(sealed: bytes | None) -> bytes:
    if not sealed:
        raise ReconnectNeeded(NOT_CONNECTED, code="no-tokens")
    return unseal(bytes(sealed), PURPOSE)


def sealed(tokens: bytes) -> bytes:
    return seal(tokens, PURPOSE)


@asynccontextmanager
async def held(mailbox: Mailbox) -> AsyncIterator[Held]:
    """The tokens as they are now, for one process at a time: another may have renewed them meanwhile."""

    async def save(tokens: bytes) -> None:
        await Mailbox.update({Mailbox.tokens: sealed(tokens)}).where(Mailbox.id == mailbox.id)

    async with together():
        try:
            await rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"tokens {mailbox.id}")
        except TimeoutError:
            raise RetryLater(LOCKED, code="locked") from None
        found = await Mailbox.select(Mailbox.tokens).where(Mailbox.id == mailbox.id).first()
        yield Held(opened(found["tokens"] if found else None), save)
