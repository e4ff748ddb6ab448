"""Pages of contacts: searched, sorted, and as quick on the last page as on the first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from app.clock import now
from app.contacts.finding import escaped
from app.contacts.tables import GIVEN, REFUSED, UNKNOWN, Contact
from app.database import rows
from app.errors import Refused
from app.identity.guarding import Me
from app.web.elsewhere import city
from app.web.paging import Before, parse_before

A_PAGE = 50
LAST, NAME = "last", "name"

WANTED = """
workspace = $1 AND ($2 = '' OR name ILIKE $2 OR company ILIKE $2 OR address ILIKE $2) AND ($3 = '' OR consent = $3)
"""
BY_LAST = f"""
SELECT id, coalesce(last_activity_at, created_at) AS place FROM contact WHERE {WANTED}
AND ($4::timestamptz IS NULL OR (coalesce(last_activity_at, created_at), id) < ($4, $5::uuid))
ORDER BY coalesce(last_activity_at, created_at) DESC, id DESC LIMIT $6
"""  # noqa: S608 - our own words
BY_NAME = f"""
SELECT id, lower(coalesce(nullif(name, ''), address)) AS place FROM contact WHERE {WANTED}
AND ($4::text IS NULL OR (lower(coalesce(nullif(name, ''), address)), id) > ($4, $5::uuid))
ORDER BY lower(coalesce(nullif(name, ''), address)), id LIMIT $6
"""  # noqa: S608 - our own words


@dataclass(frozen=True)
class Wish:
    """What the address of the page asks for."""

    q: str = ""
    sort: str = LAST
    consent: str = ""
    after: str = ""

    @property
    def is_filtered(self) -> bool:
        return bool(self.q or self.consent)


@dataclass(frozen=True)
class Listing:
    """One page of contacts; `next` is where the following one begins, empty on the last."""

    contacts: list[Contact]
    next: str
    total: int


async def listed(me: Me, wish: Wish) -> Listing:
    """The page that was asked for."""
    search = f"%{escaped(wish.q.strip())}%" if wish.q.strip() else ""
    consent = wish.consent if wish.consent in (GIVEN, REFUSED, UNKNOWN) else ""
    at, key = place_after(wish)
    found = await rows(BY_NAME if wish.sort == NAME else BY_LAST, me.workspace.id, search, consent, at, key, A_PAGE + 1)
    shown = found[:A_PAGE]
    contacts = await in_order([row["id"] for row in shown])
    [counted] = await rows(f"SELECT count(*) AS total FROM contact WHERE {WANTED}", me.workspace.id, search, consent)  # noqa: S608 - our own words
    return Listing(contacts, as_text(shown[-1]["place"], shown[-1]["id"]) if len(found) > A_PAGE else "", counted["total"])


def place_after(wish: Wish) -> tuple[datetime | str | None, UUID | None]:
    """Behind which row the page begins."""
    if wish.sort != NAME:
        before = parse_before(wish.after)
        return (before.at, before.id) if before else (None, None)
    if not wish.after:
        return None, None
    name, _, key = wish.after.rpartition("~")
    try:
        return name, UUID(key)
    except ValueError:
        raise Refused("This link to more contacts is damaged. Go back to the first page.") from None


def as_text(place: datetime | str, key: UUID) -> str:
    return str(Before(place, key)) if isinstance(place, datetime) else f"{place}~{key}"


async def in_order(ids: list[UUID]) -> list[Contact]:
    found = {contact.id: contact for contact in await Contact.objects().where(Contact.id.is_in(ids))} if ids else {}
    return [found[key] for key in ids if key in found]


def their_time(contact: Contact, language: str = "en") -> str:
    """“Berlin, 14:34”: what time it is where they are; empty if we do not know."""
    if not contact.time_zone:
        return ""
    return f"{city(contact.time_zone, language)}, {now().astimezone(ZoneInfo(contact.time_zone)):%H:%M}"
