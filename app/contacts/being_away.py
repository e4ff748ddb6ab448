"""Who is away, and until when: as their automatic replies say."""

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from app.clock import now
from app.contacts.addresses import normal
from app.contacts.tables import Contact
from app.database import rows

AWAY = """
UPDATE contact SET back_on = $3, stand_in = $4, away_said_at = $5
WHERE workspace = $1 AND address = $2 AND (away_said_at IS NULL OR away_said_at <= $5)
"""
LONGEST_STAND_IN = 400


async def note_away(workspace: UUID, address: str, back_on: date, stand_in: str, at: datetime) -> None:
    """`back_on` is their first day back, `stand_in` who answers meanwhile ('' for nobody). The latest reply counts."""
    await rows(AWAY, workspace, normal(address), back_on, stand_in[:LONGEST_STAND_IN], at)


async def note_back(contact: Contact) -> None:
    """The rep knows better: they are back."""
    await contact.update_self({Contact.back_on: None, Contact.stand_in: ""})


def is_away(contact: Contact, at: datetime | None = None) -> bool:
    """Until the day they named begins where they are; where that is unknown, by universal time."""
    return contact.back_on is not None and (at or now()).astimezone(zone_of(contact)).date() < contact.back_on


def zone_of(contact: Contact, otherwise: str = "UTC") -> ZoneInfo:
    """Where they are, as far as we know."""
    return ZoneInfo(contact.time_zone or otherwise)
