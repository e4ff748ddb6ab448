"""What went to several people separately, seen as one: who got it, and how far each of their mails came."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.database import rows
from app.errors import NotHere
from app.identity.guarding import Me
from app.outbox.outgoing import recipient_of, state_of
from app.threads.asking import tick, tick_at
from app.threads.tables import Message

REPLIED, OPENED = ("replied",), ("opened", "clicked", "receipt", "replied")

MAILS = """
SELECT DISTINCT ON (d.address) d.id, d.message, d.address, d.created_at, d.drafted_at, d.sending_at, d.sent_at, d.failed_at, d.unknown_at,
  d.held_until, w."to" || w.cc || w.bcc AS people
FROM dispatch d JOIN draft w ON w.id = d.draft
WHERE d.sending = $1 AND d.person = $2 AND d.workspace = $3 AND d.cancelled_at IS NULL
ORDER BY d.address, d.created_at DESC
"""
"""One that was sent again stands for the one that failed."""


@dataclass(frozen=True)
class Part:
    """One of them: whose it is, how far it got, and the mail itself once it went out."""

    recipient: str
    tick: str
    at: datetime
    message: UUID | None
    thread: UUID | None


@dataclass(frozen=True)
class Together:
    """All of them, in the order they were written down."""

    parts: Sequence[Part]

    def count(self, ticks: Sequence[str]) -> int:
        return sum(one.tick in ticks for one in self.parts)

    @property
    def opened(self) -> int:
        """A click, a receipt or a reply implies an open."""
        return self.count(OPENED)

    @property
    def replied(self) -> int:
        return self.count(REPLIED)

    @property
    def unsent(self) -> int:
        return sum(one.message is None for one in self.parts)


async def sent_together(me: Me, sending: UUID) -> Together:
    found = await rows(MAILS, sending, me.person.id, me.workspace.id)
    if not found:
        raise NotHere("There is no such mail here. It may have been removed, or it is a colleague's.")
    ids = [row["message"] for row in found]
    filed = await Message.objects().where(Message.id.is_in(ids)).output(load_json=True) if ids else []
    messages = {message.id: message for message in filed}
    ordered = sorted(found, key=lambda row: (row["created_at"], row["address"]))
    return Together([part(row, messages.get(row["message"])) for row in ordered])


def part(row: dict[str, Any], message: Message | None) -> Part:
    if message is None:
        state, at = state_of(row)
        return Part(recipient_of(row), {"sent": "sent", "failed": "failed", "unknown": "unknown"}.get(state, "waiting"), at, None, None)
    return Part(recipient_of(row), tick(message), tick_at(message), message.id, message.thread)

