"""One worker for a mailbox at a time: a claim with a date on it, renewed while the work goes on."""

from datetime import timedelta

from app.clock import now
from app.database import rows
from app.mailboxes.tables import Mailbox

CLAIM_LASTS = timedelta(minutes=2)
"""Shorter than elsewhere, as it is renewed: a mailbox whose worker was killed must not look silent for long."""
RENEWED_EVERY = timedelta(seconds=30)

CLAIM = """
WITH due AS MATERIALIZED (
  SELECT id FROM mailbox WHERE due_at <= $1 AND disconnected_at IS NULL AND tokens IS NOT NULL AND 'read' = ANY(rights)
  AND EXISTS (SELECT FROM membership m WHERE m.person = mailbox.person AND m.workspace = mailbox.workspace AND m.ended_at IS NULL)
  AND (claimed_at IS NULL OR claimed_at < $2) ORDER BY due_at LIMIT 1 FOR UPDATE OF mailbox SKIP LOCKED)
UPDATE mailbox SET claimed_at = $1 FROM due WHERE mailbox.id = due.id RETURNING mailbox.id
"""


class TakenOver(Exception):
    """Another worker has this mailbox now: ours was thought dead."""


async def claim() -> Mailbox | None:
    """The mailbox that has waited longest to be read, for this worker alone. Those of people who left the workspace are let be."""
    taken = await rows(CLAIM, now(), now() - CLAIM_LASTS)
    return await Mailbox.objects().where(Mailbox.id == taken[0]["id"]).first() if taken else None


async def keep_claim(mailbox: Mailbox) -> None:
    """Say that the work goes on; raises TakenOver if it was given to another worker."""
    if now() - mailbox.claimed_at < RENEWED_EVERY:
        return
    claimed_at = now()
    mine = Mailbox.id == mailbox.id, Mailbox.claimed_at == mailbox.claimed_at
    if not await Mailbox.update({Mailbox.claimed_at: claimed_at}).where(*mine).returning(Mailbox.id):
        raise TakenOver
    mailbox.claimed_at = claimed_at


async def release(mailbox: Mailbox) -> None:
    """Let the next worker have it at once, when this one is told to stop."""
    await Mailbox.update({Mailbox.claimed_at: None}).where(Mailbox.id == mailbox.id, Mailbox.claimed_at == mailbox.claimed_at)
