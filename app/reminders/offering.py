"""What the row of a reminder offers besides its answer: whom to stop asking for, and whether an open can be waited for."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.contacts.tables import REFUSED
from app.database import rows

CAN_BE_SEEN = f"""
m.opens_tracked AND m.direction = 'sent' AND NOT EXISTS (SELECT FROM silence s WHERE s.id = m.id)
AND NOT EXISTS (SELECT FROM recipient p JOIN contact c ON c.id = p.contact WHERE p.message = m.id AND c.consent = '{REFUSED}')
"""  # noqa: S608 - our own word
"""Would an open of this mail be recorded?"""
OFFERS = f"""
SELECT r.id, coalesce({CAN_BE_SEEN}, false) AS seen, m.opened_at IS NOT NULL AS opened,
    EXISTS (SELECT FROM awaited_open a WHERE a.reminder = r.id AND a.since = r.snoozed_at AND a.back_at IS NULL) AS awaits_open,
    (SELECT json_agg(json_build_object('id', c.id, 'name', coalesce(nullif(c.name, ''), c.address), 'stopped', s.id IS NOT NULL) ORDER BY p.id)
     FROM (SELECT p.id, p.contact FROM recipient p WHERE p.message = r.message AND p.kind <> 'bcc' AND r.contact IS NULL
           UNION ALL SELECT r.id, r.contact WHERE r.contact IS NOT NULL) AS p
     JOIN contact c ON c.id = p.contact LEFT JOIN stopped_asking s ON s.contact = c.id AND s.person = r.person) AS people
FROM reminder r LEFT JOIN message m ON m.id = r.message WHERE r.id = ANY($1::uuid[])
"""  # noqa: S608 - our own words


@dataclass(frozen=True)
class Somebody:
    """A contact the mail went to, or whom the reminder is about."""

    id: UUID
    name: str
    stopped: bool


@dataclass(frozen=True)
class Offer:
    """`until_opened`: an open would be seen. `opened`: somebody opened it before. `awaits_open`: it rests until somebody does."""

    until_opened: bool = False
    opened: bool = False
    awaits_open: bool = False
    people: tuple[Somebody, ...] = ()

    @property
    def asked(self) -> tuple[Somebody, ...]:
        """Those of whom one may stop asking."""
        return tuple(one for one in self.people if not one.stopped)


async def offers(ids: Sequence[UUID]) -> dict[UUID, Offer]:
    """For each of these reminders."""
    return {row["id"]: offer(row) for row in await rows(OFFERS, list(ids))}


def offer(row: dict[str, Any]) -> Offer:
    people = {one["id"]: Somebody(UUID(one["id"]), one["name"], one["stopped"]) for one in json.loads(row["people"] or "[]")}
    return Offer(row["seen"], row["opened"], row["awaits_open"], tuple(people.values()))
