"""Who somebody is: found by address, by id, by a few typed letters; met on first sight."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app.clock import new_id, now
from app.contacts.addresses import is_address, normal, tidy_name
from app.contacts.tables import Contact
from app.database import rows
from app.errors import NotHere, Refused
from app.identity.guarding import Me

MOST_COMPLETIONS = 8

MEET = """
INSERT INTO contact (id, workspace, address, name, company, notes, time_zone, consent, consent_source, last_activity, created_at)
VALUES ($1, $2, $3, $4, '', '', '', 'unknown', '', '', $5)
ON CONFLICT (workspace, address) DO UPDATE SET name = excluded.name WHERE contact.name = '' AND excluded.name <> ''
"""

COMPLETE = """
SELECT id FROM contact WHERE workspace = $1 AND (name ILIKE $2 OR address ILIKE $2 OR name ILIKE $3 OR company ILIKE $2)
ORDER BY last_activity_at DESC NULLS LAST, name LIMIT $4
"""

ACTED = """
UPDATE contact SET last_activity = $2, last_activity_at = $3
WHERE id = ANY($1) AND (last_activity_at IS NULL OR last_activity_at <= $3)
"""


async def contact_of(me: Me, contact_id: UUID) -> Contact:
    """A contact of the workspace; contacts are shared by everybody in it."""
    found = await Contact.objects().where((Contact.id == contact_id) & (Contact.workspace == me.workspace.id)).first()
    if found is None:
        raise NotHere("There is no such contact here. They may have been removed with the never-log list.")
    return found


async def known(workspace: UUID, addresses: Iterable[str]) -> dict[str, Contact]:
    """Those of these addresses that are contacts already."""
    wanted = sorted({normal(address) for address in addresses})
    found = await Contact.objects().where((Contact.workspace == workspace) & Contact.address.is_in(wanted)) if wanted else []
    return {contact.address: contact for contact in found}


async def meet(workspace: UUID, address: str, name: str = "") -> Contact:
    """The contact with this address, made on first sight; a name fills an empty one and never replaces one."""
    address = normal(address)
    if not is_address(address):
        raise Refused("“%(address)s” is not a mail address. Write it like anna@example.com.", field="address", address=address)
    await rows(MEET, new_id(), workspace, address, tidy_name(name, address), now())
    return (await known(workspace, [address]))[address]


async def meet_all(workspace: UUID, people: dict[str, str]) -> dict[str, Contact]:
    """Meet several, by address, always in the same order: two mails to the same people never wait for each other in a ring."""
    fit = {normal(address): name for address, name in people.items() if is_address(normal(address))}
    for address in sorted(fit):
        await rows(MEET, new_id(), workspace, address, tidy_name(fit[address], address), now())
    return await known(workspace, fit)


async def complete(me: Me, text: str) -> list[Contact]:
    """Whom the rep may mean by a few letters: the start of a name, of any word in it, of an address or a company."""
    typed = text.strip()
    if not typed:
        return []
    start = escaped(typed) + "%"
    found = await rows(COMPLETE, me.workspace.id, start, "% " + start, MOST_COMPLETIONS)
    ids = [row["id"] for row in found]
    contacts = {contact.id: contact for contact in await Contact.objects().where(Contact.id.is_in(ids))} if ids else {}
    return [contacts[key] for key in ids if key in contacts]


async def acted(contacts: Iterable[UUID], what: str, at: datetime) -> None:
    """Remember the latest that happened with somebody: `what` is the tick's name. What is older than the latest is not news."""
    ids = sorted(set(contacts))
    if ids:
        await rows(ACTED, ids, what, at)


def escaped(text: str) -> str:
    """Typed text inside LIKE: its own % and _ are letters."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
