"""The never-log list reaches back: what was logged with these people is removed, for good.

Order in `reactions.py`: first who has to ask `doomed()` whose rows to remove (tracking), then `forget` here, then who looks for rows about
messages that are gone (feed). Reminders go with their thread.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from app.database import rows
from app.happenings import LoggingStopped
from app.identity.guarding import Me
from app.threads.accounting import NEVER_LOG

DOOMED = """
WITH meant AS (
    SELECT m.id FROM message m WHERE m.person = $1 AND (
        (m.direction = 'received' AND m.sender ~ $2)
        OR (m.direction = 'sent' AND EXISTS (SELECT FROM recipient r WHERE r.message = m.id AND r.address ~ $2)
            AND NOT EXISTS (SELECT FROM recipient r WHERE r.message = m.id AND r.address !~ $2)))
)
SELECT id FROM meant UNION SELECT m.id FROM message m JOIN meant ON m.answers = meant.id WHERE m.person = $1
"""

WORKSPACE = "SELECT workspace AS id FROM membership WHERE person = $1 AND ended_at IS NULL LIMIT 1"

TOUCHED_CONTACTS = """
SELECT c.id, c.name, c.address FROM contact c WHERE c.workspace = $3 AND c.address ~ $2
AND (EXISTS (SELECT FROM recipient r JOIN message m ON m.id = r.message WHERE r.contact = c.id AND m.person = $1)
     OR EXISTS (SELECT FROM message m WHERE m.person = $1 AND m.sender = c.address))
ORDER BY c.name, c.address
"""

TAKE_OUT = "DELETE FROM recipient r USING message m WHERE m.id = r.message AND m.person = $1 AND r.address ~ $2"
EMPTY_THREADS = "DELETE FROM thread t WHERE t.id = ANY($1) AND NOT EXISTS (SELECT FROM message m WHERE m.thread = t.id)"

EMPTY_CONTACTS = """
DELETE FROM contact c WHERE c.workspace = $1 AND c.address ~ $2 AND c.edited_at IS NULL AND c.consent = 'unknown'
AND NOT EXISTS (SELECT FROM recipient r WHERE r.contact = c.id)
AND NOT EXISTS (SELECT FROM message m WHERE m.workspace = $1 AND m.sender = c.address)
"""


@dataclass(frozen=True)
class Removal:
    """What putting a pattern on the never-log list would remove."""

    messages: int
    contacts: list[str]


def meant(pattern: str) -> str:
    """The addresses a pattern means, as a regular expression: one address, or a domain and everything below it."""
    return f"^{re.escape(pattern)}$" if "@" in pattern else f"[@.]{re.escape(pattern)}$"


async def preview(me: Me, pattern: str) -> Removal:
    """How much would go, before anything goes."""
    messages = await doomed(me.person.id, pattern)
    contacts = await rows(TOUCHED_CONTACTS, me.person.id, meant(pattern), me.workspace.id)
    return Removal(len(messages), [row["name"] or row["address"] for row in contacts])


async def doomed(person: UUID, pattern: str) -> list[UUID]:
    """The person's messages that went only to, or came from, whom the pattern means, and what came back to those: it quotes them."""
    return [row["id"] for row in await rows(DOOMED, person, meant(pattern))]


async def forget(fact: LoggingStopped) -> None:
    """Remove the messages, these people from what went to others too, and contacts that nobody has anything else of."""
    messages = await doomed(fact.person, fact.pattern)
    threads = await rows("SELECT DISTINCT thread AS id FROM message WHERE id = ANY($1)", messages)
    await rows("UPDATE sent_mail SET message = NULL, why = $2 WHERE message = ANY($1)", messages, NEVER_LOG)
    await rows("DELETE FROM message WHERE id = ANY($1)", messages)
    await rows(TAKE_OUT, fact.person, meant(fact.pattern))
    await rows(EMPTY_THREADS, [row["id"] for row in threads])
    for workspace in await rows(WORKSPACE, fact.person):
        await rows(EMPTY_CONTACTS, workspace["id"], meant(fact.pattern))
