"""What a person decides about mail on its way, where nobody else can."""

from typing import Any
from uuid import UUID

from piccolo.columns import Column

from app.clock import now
from app.database import rows, together
from app.errors import NotHere, Refused
from app.identity.guarding import Me
from app.mailboxes.tables import READ, Mailbox
from app.outbox.filing import file_away
from app.outbox.separating import give_back
from app.outbox.tables import Dispatch

TAKE_BACK = """
UPDATE dispatch SET cancelled_at = $4, due_at = CASE WHEN provider_draft <> '' THEN $4::timestamptz END
WHERE draft = $1 AND ($2 OR id = $3) AND due_at IS NOT NULL AND claimed_at IS NULL AND sending_at IS NULL AND sent_at IS NULL
AND cancelled_at IS NULL RETURNING id
"""


async def dispatch_of(me: Me, dispatch_id: UUID) -> Dispatch:
    mine = Dispatch.id == dispatch_id, Dispatch.person == me.person.id, Dispatch.workspace == me.workspace.id
    found = await Dispatch.objects().where(*mine).output(load_json=True).first()
    if found is None:
        raise NotHere("There is no such mail on its way.")
    return found


async def count_as_sent(dispatch: Dispatch) -> None:
    """The person knows that it went out: file it, and look for its copy in Sent where we may."""
    mailbox = await Mailbox.objects().get(Mailbox.id == dispatch.mailbox)
    assert mailbox is not None  # a foreign key
    looks = now() if READ in mailbox.rights else None
    async with together():
        await decide(dispatch, {Dispatch.sent_at: now(), Dispatch.due_at: looks, Dispatch.claimed_at: None, Dispatch.problem: ""})
        await file_away(dispatch, mailbox, None)


async def send_again(dispatch: Dispatch) -> None:
    """The person knows that it did not go out: begin anew under the same ids; the mailbox is asked once more before."""
    await decide(dispatch, {
        Dispatch.unknown_at: None, Dispatch.drafted_at: None, Dispatch.provider_draft: "", Dispatch.sending_at: None,
        Dispatch.due_at: now(), Dispatch.claimed_at: None, Dispatch.problem: "",
    })  # fmt: skip


async def decide(dispatch: Dispatch, changes: dict[Column | str, Any]) -> None:
    """Only what is unclear can be decided, and only once."""
    unclear = Dispatch.id == dispatch.id, Dispatch.unknown_at.is_not_null(), Dispatch.sent_at.is_null(), Dispatch.failed_at.is_null()
    if not await Dispatch.update(changes).where(*unclear).returning(Dispatch.id):
        raise Refused("This has been decided already.")
    await dispatch.refresh(load_json=True)


async def cancel(dispatch: Dispatch) -> UUID:
    """Take it back while it waits and no worker has it, sent separately with all that wait beside it; says in which draft it is again.

    What the provider holds of it goes with the worker's next round.
    """
    async with together():
        taken = [row["id"] for row in await rows(TAKE_BACK, dispatch.draft, dispatch.sending is not None, dispatch.id, now())]
        if not taken:
            raise Refused("This mail can't be taken back any more: it is being sent, or it was.")
        return await give_back(dispatch.draft, await Dispatch.objects().where(Dispatch.id.is_in(taken)))


async def dismiss(dispatch: Dispatch) -> None:
    """Take a finished one off the list."""
    if dispatch.due_at is not None and dispatch.sent_at is None:
        raise Refused("This mail is still on its way.")
    await dispatch.update_self({Dispatch.dismissed_at: now()})
