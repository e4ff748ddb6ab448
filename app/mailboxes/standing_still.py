"""A provider that lets this whole installation ask no more for now: written down once, and nobody asks before the time is over."""

from datetime import datetime, timedelta

import structlog

from app.clock import new_id, now
from app.database import rows
from app.errors import RetryLater
from app.mailboxes.providers.wire import USED_UP, UsedUp
from app.mailboxes.tables import GMAIL, IMAP, Mailbox, Standstill

log = structlog.get_logger()

A_WHILE = timedelta(hours=1)
STAND = """
INSERT INTO standstill (id, provider, since, until, code) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (provider) DO UPDATE SET until = greatest(standstill.until, excluded.until), code = excluded.code,
since = CASE WHEN standstill.until > excluded.since THEN standstill.since ELSE excluded.since END
"""


async def stand_still(error: RetryLater) -> None:
    """Google said that the project has used up its day: until when is in the error."""
    log.error("A provider lets this installation ask no more for now", provider=GMAIL, code=error.code, until=str(error.at))
    await rows(STAND, new_id(), GMAIL, now(), error.at or now() + A_WHILE, error.code[:100])


async def stands_until(provider: str) -> datetime | None:
    """Until when nobody asks there; nothing if all is well."""
    found = await Standstill.select(Standstill.until).where(Standstill.provider == provider, Standstill.until > now()).first()
    return found["until"] if found else None


async def look_out(mailbox: Mailbox) -> None:
    """Raises UsedUp while the provider of this mailbox is not to be asked. By IMAP nobody counts the project's requests."""
    if mailbox.provider != IMAP and (until := await stands_until(mailbox.provider)):
        raise UsedUp(USED_UP, code="dailyLimitExceeded", at=until, provider="Google")
