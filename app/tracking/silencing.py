"""Somebody refused: nothing more is recorded, for mail already sent too, while pixel and links keep answering."""

from app.clock import now
from app.database import rows
from app.happenings import ConsentRefused

SILENCE = """
    INSERT INTO silence (id, workspace, since)
    SELECT DISTINCT message.id, message.workspace, $2::timestamptz
    FROM recipient JOIN message ON message.id = recipient.message
    WHERE recipient.contact = $1 AND message.direction = 'sent'
    ON CONFLICT DO NOTHING
"""


async def silence(fact: ConsentRefused) -> None:
    """Every message that went to them falls silent, also where it went to others too: there is one pixel in a mail."""
    await rows(SILENCE, fact.contact, now())
