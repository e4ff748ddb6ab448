"""How much of the past is brought in: chosen when connecting, stopped and taken up again, and begun anew."""

from typing import Any

from piccolo.columns import Column

from app.clock import now
from app.database import together
from app.errors import Refused
from app.mailboxes.tables import A_MONTH, READ, Cursor, Mailbox, ToImport
from app.web.locale import N_

EVERYTHING = 0
REACHES = (A_MONTH, 90, 365, EVERYTHING)
PLACE = "import"
AFRESH: dict[Column | str, Any] = {Mailbox.imported_at: None, Mailbox.import_total: 0, Mailbox.import_done: 0}

UNKNOWN_REACH = N_("This is not a span that can be imported. Nothing was changed. Choose one of those on the page.")
CANT_BE_READ = N_("%(address)s may not be read, so nothing can be imported from it. Allow the rest first.")
STILL_AT_IT = N_("An import of %(address)s is under way. Stop it first, then choose another span.")


async def stop(mailbox: Mailbox) -> None:
    """What is in stays; what is missing waits to be taken up again."""
    running = Mailbox.id == mailbox.id, Mailbox.imported_at.is_null(), Mailbox.import_stopped_at.is_null()
    await Mailbox.update({Mailbox.import_stopped_at: now()}).where(*running)


async def take_up(mailbox: Mailbox) -> None:
    """Go on where it was stopped."""
    await Mailbox.update({Mailbox.import_stopped_at: None}).where(Mailbox.id == mailbox.id)


async def begin(mailbox: Mailbox, days: int) -> None:
    """Import anew, as far back as `days` (one of REACHES). What is here already is not doubled, and all of it is history: nothing rings."""
    if days not in REACHES:
        raise Refused(UNKNOWN_REACH)
    if READ not in mailbox.rights:
        raise Refused(CANT_BE_READ, address=mailbox.address)
    async with together():
        idle = Mailbox.id == mailbox.id, (Mailbox.imported_at.is_not_null()) | (Mailbox.import_stopped_at.is_not_null())
        changes: dict[Column | str, Any] = {**AFRESH, Mailbox.import_stopped_at: None, Mailbox.import_days: days, Mailbox.read_since: now()}
        taken = await Mailbox.update(changes).where(*idle).returning(Mailbox.id)
        if not taken:
            raise Refused(STILL_AT_IT, address=mailbox.address)
        await forget(mailbox)


async def call_off(mailbox: Mailbox) -> None:
    """No import is under way or finished any more; the next one has to be asked for. Waits for whoever is filing a thread. In `together()`."""
    await forget(mailbox)
    changes: dict[Column | str, Any] = {**AFRESH, Mailbox.import_stopped_at: now()}
    await Mailbox.update(changes).where(Mailbox.id == mailbox.id)


async def forget(mailbox: Mailbox) -> None:
    """The list of what an import was to bring in."""
    await ToImport.delete().where(ToImport.mailbox == mailbox.id)
    await Cursor.delete().where(Cursor.mailbox == mailbox.id, Cursor.folder == PLACE)
