"""A mailbox that moved to another address is still the same: its account tells."""

from datetime import timedelta

import structlog

from app.clock import now
from app.database import rows
from app.errors import GiveUp, GoneThere, ReconnectNeeded
from app.mailboxes.providers.base import Provider
from app.mailboxes.tables import Mailbox

log = structlog.get_logger()

ASKED_EVERY = timedelta(hours=6)

MOVED = """
UPDATE mailbox SET address = $2, former = array_append(array_remove(former, $2), address) WHERE id = $1 AND address <> $2 RETURNING former
"""


async def follow(mailbox: Mailbox, provider: Provider) -> None:
    """Ask now and then which address it has. The old one stays ours: mail from it is no stranger's."""
    if mailbox.identified_at and now() - mailbox.identified_at < ASKED_EVERY:
        return
    try:
        found = await provider.account()
        if found.key == mailbox.account and found.address:
            await move(mailbox, found.address)
    except (ReconnectNeeded, GiveUp, GoneThere) as error:  # a right that is missing here may not be needed for reading
        log.info("A mailbox did not say which address it has", mailbox=str(mailbox.id), code=error.code)
    mailbox.identified_at = now()
    await Mailbox.update({Mailbox.identified_at: mailbox.identified_at}).where(Mailbox.id == mailbox.id)


async def move(mailbox: Mailbox, address: str) -> None:
    """To another address, or back to one it had."""
    if moved := await rows(MOVED, mailbox.id, address):
        log.info("A mailbox moved to another address", mailbox=str(mailbox.id))
        mailbox.address, mailbox.former = address, moved[0]["former"]
