"""Finding mailboxes through the person they belong to, and telling what may be done with them."""

from collections.abc import Sequence
from uuid import UUID

from app.errors import NotHere
from app.identity.guarding import Me
from app.mailboxes.tables import GMAIL, IMAP, OUTLOOK, READ, RESURFACE, SEND, Mailbox
from app.settings import settings

BRANDS = {GMAIL: "Gmail", OUTLOOK: "Outlook", IMAP: "IMAP"}
COMPANIES = {GMAIL: "Google", OUTLOOK: "Microsoft"}
CONSENTING = (GMAIL, OUTLOOK)
"""Those with a consent page of their own; the others are told a password."""
EVERY_RIGHT = (READ, SEND, RESURFACE)


async def mailbox_of(me: Me, mailbox_id: UUID) -> Mailbox:
    """One of the person's own mailboxes, disconnected ones included."""
    mine = Mailbox.id == mailbox_id, Mailbox.workspace == me.workspace.id, Mailbox.person == me.person.id
    found = await Mailbox.objects().where(*mine).first()
    if found is None:
        raise NotHere("You have no such mailbox. It may belong to somebody else. Go back to your mailboxes.")
    return found


async def mailboxes_of(me: Me) -> Sequence[Mailbox]:
    """The person's connected mailboxes, oldest first."""
    mine = Mailbox.workspace == me.workspace.id, Mailbox.person == me.person.id, Mailbox.disconnected_at.is_null()
    found: Sequence[Mailbox] = await Mailbox.objects().where(*mine).order_by(Mailbox.connected_at)
    return found


async def gone_of(me: Me) -> Sequence[Mailbox]:
    """Those that were disconnected: their history is still there."""
    mine = Mailbox.workspace == me.workspace.id, Mailbox.person == me.person.id, Mailbox.disconnected_at.is_not_null()
    found: Sequence[Mailbox] = await Mailbox.objects().where(*mine).order_by(Mailbox.disconnected_at, ascending=False)
    return found


def can(mailbox: Mailbox, right: str) -> bool:
    """May this be done now?"""
    return mailbox.disconnected_at is None and right in mailbox.rights


def brand_of(mailbox: Mailbox) -> str:
    """What a mailbox is called: Gmail, Outlook, IMAP, or both where it is Gmail by IMAP."""
    return f"{BRANDS[mailbox.consents]} (IMAP)" if mailbox.consents else BRANDS[mailbox.provider]


def company_of(mailbox: Mailbox) -> str:
    """Who provides it, in a sentence."""
    return COMPANIES.get(mailbox.keeper) or mailbox.address.rpartition("@")[2]


def by_imap() -> list[str]:
    """Those of them whose mail servers may be asked too; a sandbox has none."""
    chosen = settings()
    return [name for name, app in ((GMAIL, chosen.google), (OUTLOOK, chosen.microsoft)) if app and app.imap and app.smtp]


def configured() -> list[str]:
    """The providers this Nachfass has an app for."""
    chosen = settings()
    return [name for name, app in ((GMAIL, chosen.google), (OUTLOOK, chosen.microsoft)) if app]
