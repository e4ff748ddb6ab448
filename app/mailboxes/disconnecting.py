"""Taking a mailbox away: its tokens go at once, its history stays."""

import structlog

from app.clock import now
from app.database import rows, together
from app.errors import ProviderError
from app.happenings import MailboxDisconnected, announce
from app.mailboxes.freshness import DISCONNECTED
from app.mailboxes.losing_sight import lose_sight
from app.mailboxes.opening import opened_to_leave
from app.mailboxes.providers.base import Provider
from app.mailboxes.tables import GMAIL, READ, Mailbox
from app.mailboxes.watching import end, promise_of

log = structlog.get_logger()


async def disconnect(mailbox: Mailbox) -> bool:
    """Forget the tokens, then give the grant back; true if the provider took it. Done twice, it is done once."""
    provider, watch = still_open(mailbox), await promise_of(mailbox.id)
    async with together():
        await rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"tokens {mailbox.id}")
        taken = await Mailbox.update({
            Mailbox.tokens: None, Mailbox.disconnected_at: now(), Mailbox.claimed_at: None, Mailbox.rights: [], Mailbox.broken_at: None,
            Mailbox.problem: "", Mailbox.problem_words: "", Mailbox.problem_code: "", Mailbox.failures: 0,
        }).where(Mailbox.id == mailbox.id, Mailbox.disconnected_at.is_null()).returning(Mailbox.id)  # fmt: skip
        if taken:
            if READ in mailbox.rights:
                await lose_sight(mailbox, DISCONNECTED)
            await announce(MailboxDisconnected(mailbox.id))
    if taken and provider is not None:
        await end(mailbox, provider, watch)
    return bool(taken) and provider is not None and await given_back(mailbox, provider)


def still_open(mailbox: Mailbox) -> Provider | None:
    """Opened while the tokens are there; a mailbox whose tokens are lost is taken away all the same."""
    try:
        return opened_to_leave(mailbox)
    except ProviderError:
        return None


async def given_back(mailbox: Mailbox, provider: Provider) -> bool:
    """Microsoft takes nothing back; where Google does not answer, the person is told where to do it.

    Google takes back what the account ever allowed this app: not while another workspace still uses it.
    """
    there = (Mailbox.provider == mailbox.keeper) | (Mailbox.consents == mailbox.keeper)
    if await Mailbox.exists().where(there, Mailbox.account == mailbox.account, Mailbox.disconnected_at.is_null()):
        return False
    try:
        await provider.revoke()
    except ProviderError as error:
        log.warning("A grant could not be given back", mailbox=str(mailbox.id), code=error.code)
        return False
    return mailbox.keeper == GMAIL
