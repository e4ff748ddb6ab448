"""Changing what we know of a contact by hand."""

from dataclasses import dataclass
from functools import cache
from zoneinfo import available_timezones

from app.clock import now
from app.contacts.addresses import is_address, normal
from app.contacts.finding import meet
from app.contacts.tables import Contact
from app.database import together
from app.errors import Refused
from app.identity.guarding import Me
from app.identity.working import place

LONGEST_NOTES = 10_000


@dataclass
class Details:
    """What a person may change about a contact."""

    name: str = ""
    company: str = ""
    notes: str = ""
    time_zone: str = ""
    address: str = ""
    country: str = ""
    region: str = ""


@cache
def zones() -> tuple[str, ...]:
    """IANA names that mean a place."""
    return tuple(sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix/", "right/", "SystemV/"))))


async def edit(contact: Contact, details: Details) -> None:
    """Keep what was typed; a time zone that does not exist is refused."""
    zone = details.time_zone.strip()
    if zone and zone not in zones():
        raise Refused("“%(zone)s” is no time zone we know. Write it like Europe/Berlin, or leave it empty.", field="time_zone", zone=zone[:64])
    country, region = place(details.country, details.region, zone)
    await contact.update_self(
        {
            Contact.name: one_line(details.name),
            Contact.company: one_line(details.company),
            Contact.notes: details.notes.replace("\0", "").strip()[:LONGEST_NOTES],
            Contact.time_zone: zone,
            Contact.country: country,
            Contact.region: region,
            Contact.edited_at: now(),
        }
    )


async def add(me: Me, details: Details) -> Contact:
    """A contact made by hand, before any mail."""
    address = normal(details.address)
    if not is_address(address):
        raise Refused("“%(address)s” is not a mail address. Write it like anna@example.com.", field="address", address=details.address.strip()[:100])
    if await Contact.exists().where((Contact.workspace == me.workspace.id) & (Contact.address == address)):
        raise Refused("There is a contact with the address %(address)s already.", field="address", address=address)
    async with together():
        contact = await meet(me.workspace.id, address, details.name)
        await edit(contact, details)
    return contact


def one_line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())[:200]
