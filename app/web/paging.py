"""Keyset pages: the next page starts behind the last row shown, however deep it is."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.errors import Refused


@dataclass(frozen=True)
class Before:
    """A place in a list sorted newest first."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.id}"


def parse_before(text: str | None) -> Before | None:
    """The place that a link names; a broken link is refused, not guessed."""
    if not text:
        return None
    at, _, key = text.replace(" ", "+").partition("~")
    try:
        return Before(datetime.fromisoformat(at), UUID(key))
    except ValueError:
        raise Refused("This link to older rows is damaged. Go back to the first page.") from None
