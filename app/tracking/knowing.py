"""What is known of the opens and clicks of a mail, for whoever decides by them: also that something is not known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.clock import now
from app.database import rows
from app.tracking.tables import OPEN, PERSON, UNKNOWN

STILL_OPEN = timedelta(minutes=5)
"""For so long a neighbour may show in another light a hit of which nobody can tell whose it was (gathering.SIBLINGS)."""
MOST_TOLD = 20

HITS = """
SELECT id, message, hit_at, kind, verdict FROM verdict WHERE message = ANY($1) AND verdict <> 'self' ORDER BY hit_at DESC LIMIT $2
"""
UNJUDGED = "SELECT count(*) AS number FROM unjudged WHERE message = ANY($1)"
SILENT = "SELECT min(since) AS since FROM silence WHERE id = ANY($1)"


@dataclass(frozen=True)
class Known:
    """Hits on some mails, newest first (the latest twenty), how many nobody has judged yet, and since when none is recorded any more."""

    hits: Sequence[dict[str, Any]]
    unjudged: int
    silent_since: datetime | None

    @property
    def is_undecided(self) -> bool:
        """Is a hit not judged yet, or may one be judged otherwise in a moment?"""
        return self.unjudged > 0 or any(hit["verdict"] == UNKNOWN and now() - hit["hit_at"] < STILL_OPEN for hit in self.hits)

    def may_be_hidden(self, kind: str) -> bool:
        """Did something fetch it of which nobody can tell whether a person was behind it, and no person for certain? A click implies an open."""
        of_kind = [hit for hit in self.hits if kind == OPEN or hit["kind"] == kind]
        return any(hit["verdict"] == UNKNOWN for hit in of_kind) and not any(hit["verdict"] == PERSON for hit in of_kind)

    def told(self) -> list[list[str]]:
        """For a record: [id, open or click, who did it, when]."""
        return [[str(hit["id"]), hit["kind"], hit["verdict"], hit["hit_at"].isoformat()] for hit in self.hits]


async def known_of(messages: Sequence[UUID]) -> Known:
    """Of all these mails together."""
    wanted = list(messages)
    hits = await rows(HITS, wanted, MOST_TOLD)
    unjudged, silent = await rows(UNJUDGED, wanted), await rows(SILENT, wanted)
    return Known(hits, unjudged[0]["number"], silent[0]["since"])
