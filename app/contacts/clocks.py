"""By whose clock: where a contact is, and when people work there."""

from collections.abc import Sequence
from uuid import UUID

from app.contacts.tables import Contact
from app.web.calendars import Calendar, calendar_in
from app.web.elsewhere import Elsewhere, said_name


def calendar_of(contact: Contact) -> Calendar | None:
    """The usual week of their country, on their wall; None where nobody noted their time zone."""
    return calendar_in(contact.time_zone, contact.country, contact.region) if contact.time_zone else None


def elsewhere(contact: Contact | None) -> Elsewhere | None:
    return Elsewhere(said_name(contact.name, contact.address), contact.time_zone) if contact else None


async def whose_clock(workspace: UUID, addresses: Sequence[str]) -> Contact | None:
    """Of several who get a mail the first whose time zone we know, else the first we know at all."""
    if not addresses:
        return None
    known = (Contact.workspace == workspace) & Contact.address.is_in(list(addresses))
    found = sorted(await Contact.objects().where(known), key=lambda one: (not one.time_zone, addresses.index(one.address)))
    return found[0] if found else None
