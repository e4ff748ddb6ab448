"""Who a mail comes from: the mailbox it leaves, the address in From, and the signature under it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.identity.guarding import Me
from app.mailboxes.aliasing import aliases_of, signature_of
from app.mailboxes.tables import READ, Alias, Mailbox
from app.outbox.drafting import senders
from app.outbox.tables import Draft
from app.tracking.instrumenting import clean


@dataclass(frozen=True)
class Sender:
    """A choice in From. `alias` is what the provider told of the address; nothing before it was asked, or where it can't be."""

    mailbox: Mailbox
    alias: Alias | None

    @property
    def is_main(self) -> bool:
        return self.alias is None or self.alias.address == self.mailbox.address.lower()

    @property
    def key(self) -> str:
        """How a form names it."""
        return str(self.mailbox.id) if self.is_main else f"{self.mailbox.id} {self.alias.id}"  # type: ignore[union-attr]

    @property
    def alias_id(self) -> UUID | None:
        return None if self.is_main else self.alias.id  # type: ignore[union-attr]

    @property
    def address(self) -> str:
        return self.mailbox.address if self.is_main else self.alias.address  # type: ignore[union-attr]

    @property
    def name(self) -> str:
        return (self.alias and self.alias.name) or self.mailbox.name

    @property
    def reply_to(self) -> str:
        return self.alias.reply_to if self.alias and self.alias.reply_to != self.address else ""

    @property
    def signature(self) -> str:
        """As HTML; never with a pixel of ours in it."""
        return clean(signature_of(self.alias)) if self.alias else ""

    @property
    def signs(self) -> bool:
        return self.alias is None or self.alias.signs


async def choices(me: Me) -> list[Sender]:
    """Everything the person may send from. A mailbox that may only send is asked for nothing, and sends from its own address alone."""
    found = await senders(me)
    aliases = await aliases_of([one.id for one in found if READ in one.rights])
    return [sender for one in found for sender in of_mailbox(one, [alias for alias in aliases if alias.mailbox == one.id])]


def of_mailbox(mailbox: Mailbox, aliases: Sequence[Alias]) -> list[Sender]:
    made = [Sender(mailbox, alias) for alias in aliases]
    return made if any(one.is_main for one in made) else [Sender(mailbox, None), *made]


def first(found: Sequence[Sender], mailbox: UUID | None = None) -> Sender | None:
    """What a new mail begins with: the default of that mailbox, or of the first that works."""
    return next((one for one in found if mailbox in (None, one.mailbox.id)), None)


def chosen(found: Sequence[Sender], draft: Draft) -> Sender | None:
    """What a draft says, if it can be sent from."""
    return next((one for one in found if (one.mailbox.id, one.alias_id) == (draft.mailbox, draft.alias)), None)


def named(found: Sequence[Sender], key: str) -> Sender | None:
    """What a form says."""
    return next((one for one in found if one.key == key.strip()), None)
