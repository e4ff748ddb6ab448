"""What a recipient is told about being tracked, and how they end it: no account, no question why."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.contacts.addresses import normal
from app.contacts.consent import refuse
from app.contacts.tables import REFUSED, Contact
from app.database import rows, together
from app.errors import NotHere, Refused
from app.identity.tables import Workspace
from app.tracking.tokens import OF_CONTACT, Token, open_opt_out
from app.web.locale import N_

SOURCE = N_("themselves, by the link in a mail")
RECORDED = """
    SELECT count(*) AS mails, coalesce(sum(message.opens), 0)::int AS opens, coalesce(sum(message.clicks), 0)::int AS clicks,
        array_agg(DISTINCT person.name) AS senders
    FROM message JOIN person ON person.id = message.person
    WHERE (message.opens_tracked OR message.clicks_tracked) AND message.direction = 'sent'
        AND message.id IN (SELECT message FROM recipient WHERE contact = $1)
"""
RECIPIENT = "SELECT contact FROM recipient WHERE message = $1 AND workspace = $2 AND address = $3 AND contact IS NOT NULL LIMIT 1"


@dataclass(frozen=True)
class Record:
    """What was recorded about somebody, and whether it goes on."""

    workspace: str
    senders: list[str]
    mails: int
    opens: int
    clicks: int
    refused_at: datetime | None


@dataclass(frozen=True)
class Way:
    """A valid way out: of one contact, or out of one mail that went to several."""

    token: Token
    workspace: Workspace

    @property
    def asks_who(self) -> bool:
        return self.token.number != OF_CONTACT


async def way_out(token: str) -> Way:
    opened = open_opt_out(token)
    workspace = await Workspace.objects().get(Workspace.id == opened.workspace) if opened else None
    if opened is None or workspace is None:
        raise NotHere("This link is damaged, or its sender no longer uses Nachfass. Open the mail again and use the link in it.")
    return Way(opened, workspace)


async def record_of(way: Way) -> Record:
    """In numbers only: whoever holds the link learns no address and no subject."""
    nothing = Record(way.workspace.name, [], 0, 0, 0, None)
    contact = None if way.asks_who else await contact_of(way.token.workspace, way.token.subject)
    if contact is None:
        return nothing
    counted = (await rows(RECORDED, contact.id))[0]
    refused_at = contact.consent_at if contact.consent == REFUSED else None
    return Record(way.workspace.name, counted["senders"] or [], counted["mails"], counted["opens"], counted["clicks"], refused_at)


async def opt_out(way: Way, address: str) -> None:
    """From now on nothing more is recorded. A wrong address is answered like a right one: nobody learns who else got the mail."""
    if way.asks_who and "@" not in address:
        raise Refused("Type the e-mail address that the mail came to.", field="address")
    async with together():
        found = await named_in(way, address) if way.asks_who else way.token.subject
        contact = await contact_of(way.token.workspace, found) if found else None
        if contact is not None and contact.consent != REFUSED:
            await refuse(contact, SOURCE)


async def named_in(way: Way, address: str) -> UUID | None:
    found = await rows(RECIPIENT, way.token.subject, way.token.workspace, normal(address))
    return found[0]["contact"] if found else None


async def contact_of(workspace: UUID, contact: UUID) -> Contact | None:
    return await Contact.objects().where(Contact.id == contact, Contact.workspace == workspace).first()
