"""Trying a consent at the mail servers before anything is kept: a right that no server honours is worth nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from app.mailboxes.providers.granting import Granted
from app.mailboxes.providers.imap import Imap
from app.mailboxes.providers.imap_cursor import at_the_end
from app.mailboxes.providers.keyring import Held, Keyring
from app.mailboxes.providers.mail_grants import consented
from app.mailboxes.tables import READ, SEND


@dataclass
class Purse:
    """A login that is nobody's mailbox yet."""

    kept: bytes

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Held]:
        async def save(tokens: bytes) -> None:
            self.kept = tokens

        yield Held(self.kept, save)


async def let_in(provider: str, granted: Granted) -> Granted:
    """Log in at the servers of what was allowed; the grant as a login by IMAP and SMTP. Raises ProviderError where one says no."""
    purse = Purse(consented(provider, granted).packed())
    mailbox = Imap(Keyring(f"{provider} {granted.account.key}", purse.kept, purse.held))
    if READ in granted.rights:
        line = await mailbox.opened()
        try:
            await at_the_end(line, "INBOX")
        finally:
            line.close()
    if SEND in granted.rights:
        async with mailbox.submission():
            pass
    return replace(granted, tokens=purse.kept)
