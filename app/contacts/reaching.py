"""Whether an address is good: mail to it came back for good, or somebody writes from it again."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app.clock import now
from app.contacts.addresses import normal
from app.contacts.tables import Contact
from app.database import rows

CAME_BACK = """
UPDATE contact SET unreachable_at = $3, unreachable_why = $4
WHERE workspace = $1 AND address = $2 AND (unreachable_at IS NULL OR unreachable_at < $3) AND (works_at IS NULL OR works_at < $3)
"""
WORKS = """
UPDATE contact SET works_at = greatest(works_at, $3), unreachable_at = CASE WHEN unreachable_at > $3 THEN unreachable_at END
WHERE workspace = $1 AND address = ANY($2)
"""


async def came_back(workspace: UUID, address: str, at: datetime, why: str) -> None:
    """Mail to this address will not arrive; `why` is a catalogue sentence. A report from before it was seen to work says nothing."""
    await rows(CAME_BACK, workspace, normal(address), at, why)


async def works(workspace: UUID, addresses: Iterable[str], at: datetime) -> None:
    """Somebody wrote from there, or a server took our mail, after it had come back: the address is good again."""
    await rows(WORKS, workspace, sorted(map(normal, addresses)), at)


async def count_as_working(contact: Contact) -> None:
    """The rep knows that the address is good again."""
    await contact.update_self({Contact.unreachable_at: None, Contact.works_at: now()})
