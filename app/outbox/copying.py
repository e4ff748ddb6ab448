"""The same words once more: for an occurrence of a recurring mail, or to be changed while the first go out as they are."""

from uuid import UUID

from app.clock import new_id, now
from app.database import rows
from app.outbox.tables import Attachment

COPY = """
INSERT INTO draft (id, workspace, person, mailbox, alias, thread, answers, "to", cc, bcc, subject, html, quote, signs, logs, tracks_opens,
  tracks_clicks, asks_read, asks_delivery, separately, reminds, scheduled, revises, created_at, saved_at)
SELECT $1, workspace, person, mailbox, alias, thread, answers, "to", cc, bcc, subject, html, quote, signs, logs, tracks_opens,
  tracks_clicks, asks_read, asks_delivery, separately, reminds, $3, $4, $5, $5 FROM draft WHERE id = $2
"""
FILE = """
INSERT INTO attachment (id, workspace, draft, name, type, size, content)
SELECT $1, workspace, $2, name, type, size, content FROM attachment WHERE id = $3
"""


async def copied(draft: UUID, *, scheduled: UUID | None = None, revises: UUID | None = None) -> UUID:
    """A draft with the same words, people, choices and files; says which."""
    made = new_id()
    await rows(COPY, made, draft, scheduled, revises, now())
    for file in await Attachment.select(Attachment.id).where(Attachment.draft == draft).order_by(Attachment.id):
        await rows(FILE, new_id(), made, file["id"])
    return made
