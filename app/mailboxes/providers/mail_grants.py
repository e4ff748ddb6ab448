"""Gmail and Outlook by IMAP and SMTP: their servers, and access tokens out of the grant that the sealed login carries."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from app.errors import RetryLater
from app.mailboxes.providers import wire
from app.mailboxes.providers.gmail_tokens import GmailTokens, google
from app.mailboxes.providers.granting import Granted
from app.mailboxes.providers.keyring import Held, Keyring
from app.mailboxes.providers.mail_login import IMPLICIT, STARTTLS, MailLogin, Place, unpacked
from app.mailboxes.providers.outlook_tokens import OutlookTokens, microsoft
from app.mailboxes.tables import GMAIL

MailTokens = GmailTokens | OutlookTokens


def consented(provider: str, granted: Granted) -> MailLogin:
    """The login that a consent makes. The user is the address that the id_token names (XOAUTH2 of Google and of Microsoft)."""
    app, account = google() if provider == GMAIL else microsoft(), granted.account
    imap, smtp = place(app.imap, IMPLICIT), place(app.smtp, STARTTLS)
    return MailLogin(account.address, account.name, account.address, "", imap, smtp, oauth=provider, grant=granted.tokens.decode())


def place(server: str, security: str) -> Place:
    host, _, port = server.rpartition(":")
    return Place(host, int(port), security)


def tokens_of(ring: Keyring, login: MailLogin) -> MailTokens | None:
    """Where the access tokens of a login come from; nothing if it has a password."""
    if not login.oauth:
        return None
    inner = Keyring(ring.mailbox, login.grant.encode(), lambda: held(ring, login.oauth))
    return GmailTokens(inner) if login.oauth == GMAIL else OutlookTokens(inner)


@asynccontextmanager
async def held(ring: Keyring, provider: str) -> AsyncIterator[Held]:
    """The grant inside the login: whoever saves it saves the login around it."""
    async with ring.held() as outer:
        login = unpacked(outer.tokens)
        if login.oauth != provider:
            raise RetryLater(wire.NO_ANSWER, code="connected-anew", provider=login.company)

        async def save(grant: bytes) -> None:
            await outer.save(replace(login, grant=grant.decode()).packed())

        yield Held(login.grant.encode(), save)
