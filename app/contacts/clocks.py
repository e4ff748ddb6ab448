"""By whose clock: where a contact is, and when people work there."""

from collections.abc import Sequence
from uuid import UUID

from app.clock import now
from app.contacts.tables import Contact
from app.web.calendars import EARLY, FREE, HOLIDAY, LATE, Calendar, calendar_in
from app.web.elsewhere import Elsewhere, said_name
from app.web.locale import N_, translate


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


FREE_DAY, ON_HOLIDAY = N_("no working day there today"), N_("public holiday there today: %(holiday)s")
NOT_YET, OVER = N_("before working time there"), N_("after working time there")


def their_day(contact: Contact, language: str) -> str:
    """Why nobody works where they are at this moment; empty if they may, or if nobody knows where that is."""
    calendar = calendar_of(contact)
    if calendar is None or not (why := calendar.off(now())):
        return ""
    sentence = {FREE: FREE_DAY, HOLIDAY: ON_HOLIDAY, EARLY: NOT_YET, LATE: OVER}[why]
    return translate(language, sentence, holiday=calendar.holiday(calendar.local(now()).date(), language))
