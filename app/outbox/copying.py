"""The same words once more: for an occurrence of a recurring mail, or to be changed while the first go out as they are."""

from uuid import UUID

from app.clock import new_id, now
from app.database import rows
from app.outbox.tables import Attachment, Draft

ITS_OWN = {"id", "scheduled", "revises", "page", "sending", "created_at", "saved_at", "queued_at", "discarded_at"}
"""What a copy does not take over; everything else that is written is."""
WRITTEN = ", ".join(f'"{column._meta.name}"' for column in Draft._meta.columns if column._meta.name not in ITS_OWN)
COPY = f"""
INSERT INTO draft (id, scheduled, revises, created_at, saved_at, {WRITTEN}) SELECT $1, $3, $4, $5, $5, {WRITTEN} FROM draft WHERE id = $2
"""  # noqa: S608 - names of our own columns
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
