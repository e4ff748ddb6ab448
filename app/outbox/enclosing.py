"""Bringing large files to a provider's draft, piece by piece, and going on where a dead worker or a broken line left off."""

from collections import Counter
from collections.abc import Awaitable, Callable
from uuid import UUID

from app.clock import new_id, now
from app.database import rows
from app.mailboxes.providers.base import LARGEST_AT_ONCE, Piecewise, TakesPieces
from app.mailboxes.tables import READ, Mailbox
from app.outbox.drafting import LETTER_ROOM, File, on_the_wire
from app.outbox.marking import Trip, keep_claim
from app.outbox.tables import Attachment, Dispatch, Enclosure
from app.security.sealing import seal, unseal

PURPOSE = "upload session"
KEEP = """
INSERT INTO enclosure (id, workspace, dispatch, attachment, provider_draft, session, begun_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (dispatch, attachment) DO UPDATE SET provider_draft = excluded.provider_draft, session = excluded.session, begun_at = excluded.begun_at
"""


async def goes_in_pieces(dispatch: Dispatch, mailbox: Mailbox) -> bool:
    """Is the mail with its files more than the provider takes in one request?"""
    most = LARGEST_AT_ONCE.get(mailbox.provider)
    if most is None or READ not in mailbox.rights:
        return False
    return sum(on_the_wire(one.size) for one in await files_of(dispatch)) > most - LETTER_ROOM


async def files_of(dispatch: Dispatch) -> list[File]:
    names = Attachment.id, Attachment.name, Attachment.size, Attachment.type
    found = await Attachment.select(*names).where(Attachment.draft == dispatch.draft).order_by(Attachment.id)
    return [File(**row) for row in found]


async def bring(trip: Trip, provider: TakesPieces, held: str) -> None:
    """Every file that the draft does not have yet, in order. Only whole files show there, so what shows is done."""
    there = Counter(await provider.enclosed(held))
    for file in await files_of(trip.dispatch):
        if there[file.name] > 0:
            there[file.name] -= 1
            continue
        await keep_claim(trip.dispatch)
        await provider.enclose(held, await piecewise(trip, file, held))


async def piecewise(trip: Trip, file: File, held: str) -> Piecewise:
    known = Enclosure.dispatch == trip.dispatch.id, Enclosure.attachment == file.id, Enclosure.provider_draft == held
    kept = await Enclosure.objects().where(*known).first()
    session = unseal(bytes(kept.session), PURPOSE).decode() if kept else ""
    return Piecewise(file.name, file.type, file.size, session, begun=keeping(trip, file.id, held), read=reading(trip, file.id))


def keeping(trip: Trip, attachment: UUID, held: str) -> Callable[[str], Awaitable[None]]:
    async def begun(session: str) -> None:
        sealed = seal(session.encode(), PURPOSE)
        await rows(KEEP, new_id(), trip.dispatch.workspace, trip.dispatch.id, attachment, held, sealed, now())

    return begun


def reading(trip: Trip, attachment: UUID) -> Callable[[int, int], Awaitable[bytes]]:
    async def read(start: int, count: int) -> bytes:
        await keep_claim(trip.dispatch)
        found = await rows("SELECT substring(content FROM $2 FOR $3) AS piece FROM attachment WHERE id = $1", attachment, start + 1, count)
        return bytes(found[0]["piece"])

    return read
