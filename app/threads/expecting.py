"""Mail between being told to go and being filed: what seems to answer nothing of ours may answer that."""

from datetime import timedelta
from uuid import UUID

from app.clock import now
from app.database import rows
from app.mailboxes.tables import Mailbox
from app.threads.tables import Underway

LONGEST_UNSEEN = timedelta(minutes=15)
"""How long a mail under way, or its copy in Sent, from which we learn the Message-ID that its answers name, is waited for."""

TOLD = "INSERT INTO underway (id, workspace, mailbox, since) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET since = excluded.since"
UNSEEN = """
SELECT 1 FROM underway WHERE mailbox = $1 AND since > $2
UNION ALL
SELECT 1 FROM message WHERE mailbox = $1 AND direction = 'sent' AND send_id IS NOT NULL AND provider_id = '' AND created_at > $2
LIMIT 1
"""


async def told_to_go(message: UUID, mailbox: Mailbox) -> None:
    """From now on an answer may come, whatever becomes of us. Joins the caller's `together()`."""
    await rows(TOLD, message, mailbox.workspace, mailbox.id, now())


async def stayed(message: UUID) -> None:
    """It was filed, or it certainly did not go."""
    await Underway.delete().where(Underway.id == message)


async def unseen(mailbox: Mailbox) -> bool:
    """Is there a mail of which we do not know yet how its answers will name it?"""
    return bool(await rows(UNSEEN, mailbox.id, now() - LONGEST_UNSEEN))
