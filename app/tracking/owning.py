"""The devices somebody reads mail on, as far as mail to them alone has shown: what is known, and what a provider hides."""

from dataclasses import dataclass
from datetime import date, datetime
from json import loads
from typing import Any

from app.contacts.tables import Contact
from app.database import rows
from app.identity.guarding import Me
from app.tracking.asking import placed
from app.tracking.networks import countries_as_of

MOST_SHOWN = 20

DEVICES = """
SELECT v.device, min(v.hit_at) AS first_at, max(v.hit_at) AS last_at, bool_and(v.verdict = 'unknown') AS by_itself,
  count(*) FILTER (WHERE v.kind = 'open' AND v.repeats IS NULL)::int AS opens, count(*) FILTER (WHERE v.kind = 'click')::int AS clicks
FROM recipient r JOIN message m ON m.id = r.message JOIN verdict v ON v.message = m.id
WHERE r.contact = $1 AND m.person = $2 AND m.workspace = $3 AND m.direction = 'sent'
  AND (v.verdict = 'person' OR v.verdict = 'unknown' AND v.device ->> 'hidden_by' <> '')
  AND NOT EXISTS (SELECT FROM recipient other WHERE other.message = m.id AND other.id <> r.id)
GROUP BY v.device ORDER BY max(v.hit_at) DESC LIMIT $4
"""


@dataclass(frozen=True)
class OwnDevice:
    """A device with its place, from when to when it was seen; `by_itself`: it loads pictures unasked, so it tells nothing of reading."""

    device: dict[str, Any]
    first_at: datetime
    last_at: datetime
    opens: int
    clicks: int
    by_itself: bool


async def devices_of(me: Me, contact: Contact, language: str) -> list[OwnDevice]:
    """From one's own mail to them, the latest seen first; of mail to several nobody can say whose device it was."""
    found = await rows(DEVICES, contact.id, me.person.id, me.workspace.id, MOST_SHOWN)
    return [owned(row, language) for row in found]


def owned(row: dict[str, Any], language: str) -> OwnDevice:
    return OwnDevice(placed(loads(row["device"]), language), row["first_at"], row["last_at"], row["opens"], row["clicks"], row["by_itself"])


def places_as_of(devices: list[OwnDevice]) -> date | None:
    """How old the data is that the places come from, where one is shown."""
    return countries_as_of() if any(one.device["place"] for one in devices) else None
