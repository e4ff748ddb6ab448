"""A mailbox that may only send is never read, so nobody would notice that its grant has ended: it is asked every hour."""

from datetime import timedelta
from typing import Any

import structlog
from piccolo.columns import Column

from app.clock import now
from app.database import rows, together
from app.errors import ProviderError
from app.happenings import MailboxRestored, announce
from app.mailboxes.claiming import CLAIM_LASTS
from app.mailboxes.crew import work_off
from app.mailboxes.opening import open_mailbox
from app.mailboxes.syncing import current, settle, went_wrong
from app.mailboxes.tables import Mailbox

log = structlog.get_logger()

HANDS = 2
ASKED_EVERY = timedelta(hours=1)

CLAIM = """
WITH due AS MATERIALIZED (
  SELECT id FROM mailbox WHERE due_at <= $1 AND disconnected_at IS NULL AND tokens IS NOT NULL AND NOT 'read' = ANY(rights)
  AND (claimed_at IS NULL OR claimed_at < $2) ORDER BY due_at LIMIT 1 FOR UPDATE OF mailbox SKIP LOCKED)
UPDATE mailbox SET claimed_at = $1 FROM due WHERE mailbox.id = due.id RETURNING mailbox.id
"""


async def check_due() -> int:
    """Ask every mailbox that may only send and is due; how many were."""
    return await work_off(claim, check, HANDS)


async def claim() -> Mailbox | None:
    taken = await rows(CLAIM, now(), now() - CLAIM_LASTS)
    return await Mailbox.objects().where(Mailbox.id == taken[0]["id"]).first() if taken else None


async def check(mailbox: Mailbox) -> None:
    """Who it is: that needs a token that is good now."""
    try:
        await (await open_mailbox(mailbox)).account()
    except ProviderError as error:
        log.warning("A mailbox that may only send can't be used", mailbox=str(mailbox.id), kind=type(error).__name__, code=error.code)
        mailbox.synced_at = mailbox.identified_at or now()  # it was well when it was last asked; never written, as nothing was read
        await went_wrong(mailbox, error)
        return
    await is_well(mailbox)


async def is_well(mailbox: Mailbox) -> None:
    """Asked again in an hour; if it had been broken, that is over."""
    well: dict[Column | str, Any] = {
        Mailbox.due_at: now() + ASKED_EVERY, Mailbox.identified_at: now(), Mailbox.claimed_at: None, Mailbox.failures: 0, Mailbox.broken_at: None,
        Mailbox.problem: "", Mailbox.problem_words: "", Mailbox.problem_code: "",
    }  # fmt: skip
    async with together():
        before = await current(mailbox)
        if await settle(mailbox, well) and before.broken_at:
            await announce(MailboxRestored(mailbox.id, before.broken_at, 0))
