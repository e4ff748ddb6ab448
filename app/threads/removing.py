"""Removing what was taken out of a mailbox: counted first, for good, and only what nobody wrote here unless that is wanted too.

Order in `reactions.py`: as for the never-log list (`forgetting.py`), who has to ask `taken_out()` comes before `remove` here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.database import rows, together
from app.happenings import HistoryRemoved, announce
from app.mailboxes import reaching_back
from app.mailboxes.tables import Mailbox, SetAside
from app.threads.forgetting import EMPTY_THREADS

TAKEN_OUT = """
SELECT m.id FROM message m LEFT JOIN message asked ON asked.id = m.answers
WHERE m.mailbox = $1 AND ($2 OR (m.imported AND (asked.id IS NULL OR asked.imported)))
"""
"""What answers a mail that was sent from here belongs to that mail, and stays with it."""

LEFT_OVER = """
WITH touched AS (
    SELECT r.contact AS id FROM recipient r WHERE r.message = ANY($2) AND r.contact IS NOT NULL
    UNION SELECT c.id FROM message m JOIN contact c ON c.workspace = $1 AND c.address = m.sender WHERE m.id = ANY($2)
)
SELECT c.id, c.name, c.address FROM contact c JOIN touched ON touched.id = c.id
WHERE c.edited_at IS NULL AND c.consent = 'unknown'
AND NOT EXISTS (SELECT FROM recipient r WHERE r.contact = c.id AND r.message <> ALL($2))
AND NOT EXISTS (SELECT FROM message m WHERE m.workspace = $1 AND m.sender = c.address AND m.id <> ALL($2))
ORDER BY c.name, c.address
"""
"""Contacts that nobody has anything else of: no other mail, no word by hand, no consent either way."""

THREADS = "SELECT DISTINCT thread AS id FROM message WHERE id = ANY($1)"
STAY = "SELECT count(*) FILTER (WHERE NOT imported) AS sent, count(*) AS all FROM message WHERE mailbox = $1"


@dataclass(frozen=True)
class Count:
    """How much would go, and what would stay: mails sent from here, and what answers them."""

    messages: int
    contacts: Sequence[str]
    stay: int
    sent_here: int


async def preview(mailbox: Mailbox, *, everything: bool) -> Count:
    """Counted before anything goes."""
    messages = await taken_out(mailbox.id, everything)
    contacts = await rows(LEFT_OVER, mailbox.workspace, messages)
    there = (await rows(STAY, mailbox.id))[0]
    return Count(len(messages), [row["name"] or row["address"] for row in contacts], there["all"] - len(messages), there["sent"])


async def taken_out(mailbox: UUID, everything: bool) -> list[UUID]:
    """The messages that go."""
    return [row["id"] for row in await rows(TAKEN_OUT, mailbox, everything)]


async def remove_history(mailbox: Mailbox, *, everything: bool) -> int:
    """Stop an import first (what it is filing at this moment is waited for), then remove; how many messages went."""
    async with together():
        await reaching_back.call_off(mailbox)
        number = len(await taken_out(mailbox.id, everything))
        await announce(HistoryRemoved(mailbox.id, mailbox.person, mailbox.workspace, everything))
    return number


async def remove(fact: HistoryRemoved) -> None:
    """The messages, threads that are empty then, and contacts that nobody has anything else of."""
    messages = await taken_out(fact.mailbox, fact.everything)
    threads, contacts = await rows(THREADS, messages), await rows(LEFT_OVER, fact.workspace, messages)
    await rows("DELETE FROM message WHERE id = ANY($1)", messages)
    await rows(EMPTY_THREADS, [row["id"] for row in threads])
    await rows("DELETE FROM contact WHERE id = ANY($1)", [row["id"] for row in contacts])
    await SetAside.delete().where(SetAside.mailbox == fact.mailbox)
