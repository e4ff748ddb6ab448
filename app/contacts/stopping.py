"""Contacts of whom a rep does not want to be reminded by itself any more: each rep's own list."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from app.clock import new_id, now
from app.contacts.addresses import normal
from app.contacts.tables import Contact, StoppedAsking
from app.database import rows
from app.identity.guarding import Me

STOP = """
INSERT INTO stopped_asking (id, workspace, person, contact, stopped_at)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[]) ON CONFLICT (person, contact) DO NOTHING
"""
STOPPED = """
SELECT c.address, c.id, c.name, s.stopped_at FROM stopped_asking s JOIN contact c ON c.id = s.contact
WHERE s.person = $1 AND ($2::text[] IS NULL OR c.address = ANY($2)) ORDER BY c.name, c.address
"""


async def note_stop(me: Me, contacts: Sequence[Contact]) -> None:
    """Put them on the list; twice is once."""
    lines = [(new_id(), me.workspace.id, me.person.id, one.id, now()) for one in contacts]
    if lines:
        await rows(STOP, *[list(column) for column in zip(*lines, strict=True)])


async def forget_stop(me: Me, contacts: Sequence[Contact]) -> None:
    """Take them off again."""
    mine = (StoppedAsking.person == me.person.id) & StoppedAsking.contact.is_in([one.id for one in contacts])
    await StoppedAsking.delete().where(mine)


async def stopped_among(person: UUID, addresses: Iterable[str]) -> dict[str, Contact]:
    """Those of these addresses of whom the rep does not want to be reminded."""
    wanted = sorted({normal(address) for address in addresses})
    found = await rows(STOPPED, person, wanted) if wanted else []
    contacts = {one.id: one for one in await Contact.objects().where(Contact.id.is_in([row["id"] for row in found]))} if found else {}
    return {row["address"]: contacts[row["id"]] for row in found if row["id"] in contacts}


async def all_stopped(me: Me) -> list[Contact]:
    """The whole list, by name."""
    ids = [row["id"] for row in await rows(STOPPED, me.person.id, None)]
    return await Contact.objects().where(Contact.id.is_in(ids)).order_by(Contact.name) if ids else []


async def is_stopped(me: Me, contact: Contact) -> bool:
    return bool(await StoppedAsking.exists().where((StoppedAsking.person == me.person.id) & (StoppedAsking.contact == contact.id)))
