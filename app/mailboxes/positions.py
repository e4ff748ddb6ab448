"""Where the reading of a mailbox stands: the provider's cursors, short enough to be told to people."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from uuid import UUID

from app.mailboxes.reaching_back import PLACE
from app.mailboxes.tables import Cursor

LONGEST_WORD = 24


@dataclass(frozen=True)
class Position:
    """One folder's cursor: `place` as the provider counts (a history id, UIDs), or a fingerprint of what is too long to be told."""

    folder: str
    place: str
    moved_at: datetime


async def positions(mailbox: UUID) -> list[Position]:
    """Everything before these is known here."""
    found = await Cursor.objects().where(Cursor.mailbox == mailbox, Cursor.folder != PLACE).order_by(Cursor.folder)
    return [Position(cursor.folder, shortened(cursor.value), cursor.moved_at) for cursor in found]


def shortened(value: str) -> str:
    """A delta link of Graph holds a token of hundreds of letters: two of them are told apart by six."""
    return " ".join(word if len(word) <= LONGEST_WORD else f"…{fingerprint(word)}" for word in value.split())


def fingerprint(word: str) -> str:
    return blake2b(word.encode(), digest_size=3).hexdigest()
