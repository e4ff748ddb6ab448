"""One draft, a mail of its own for each recipient: who gets which, and what becomes of those that did not go out."""

import copy
import json
from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from app.clock import new_id, now
from app.database import rows
from app.outbox.addressing import Somebody
from app.outbox.tables import Attachment, Dispatch, Draft

LINES = ("to", "cc", "bcc")

PART = """
INSERT INTO draft (id, workspace, person, mailbox, alias, thread, answers, "to", cc, bcc, subject, html, quote, signs, logs, tracks_opens,
  tracks_clicks, asks_read, asks_delivery, reminds, reminds_if, separately, sending, created_at, saved_at)
SELECT $1, workspace, person, mailbox, alias, thread, answers, $3::jsonb, '[]', '[]', subject, html, quote, signs, logs, tracks_opens,
  tracks_clicks, asks_read, asks_delivery, reminds, reminds_if, true, coalesce(sending, id), $4, $4 FROM draft WHERE id = $2
"""
FILE = """
INSERT INTO attachment (id, workspace, draft, name, type, size, content)
SELECT $1, workspace, $2, name, type, size, content FROM attachment WHERE id = $3
"""
UNTOUCHED = """
SELECT id FROM draft WHERE sending = $1 AND id <> $2 AND queued_at IS NULL AND discarded_at IS NULL AND saved_at = created_at LIMIT 1 FOR UPDATE
"""
JOIN = 'UPDATE draft SET "to" = "to" || $2::jsonb WHERE id = $1'


def everybody(draft: Draft) -> list[tuple[str, Somebody]]:
    """Readable recipients with how they get it, each address once."""
    found: dict[str, tuple[str, Somebody]] = {}
    for kind, people in recipients(draft).items():
        for one in people:
            if one["address"]:
                found.setdefault(one["address"], (kind, one))
    return list(found.values())


def recipients(draft: Draft) -> dict[str, list[Somebody]]:
    """Whom it goes to, by how they get it; the draft was loaded with its JSON."""
    return {"to": cast(Any, draft.to), "cc": cast(Any, draft.cc), "bcc": cast(Any, draft.bcc)}


def parts(draft: Draft) -> list[tuple[str, Draft]]:
    """The mails that a draft is sent as: the address of each one's only recipient ('' for everybody), and the draft as that one sends it."""
    people = everybody(draft)
    if not draft.separately or len(people) < (1 if draft.sending else 2):
        return [("", draft)]
    return [(one["address"], to_alone(draft, one)) for _, one in people]


def to_alone(draft: Draft, somebody: Somebody) -> Draft:
    """The same words, addressed to one person: what stands in its To is the truth, also where they were in Cc or Bcc."""
    alone = copy.copy(draft)
    alone.to, alone.cc, alone.bcc = cast(Any, [somebody]), cast(Any, []), cast(Any, [])
    return alone


def as_sent(draft: Draft, dispatch: Dispatch) -> Draft:
    """The draft as one of its dispatches sends it."""
    if not dispatch.address:
        return draft
    found = next((one for _, one in everybody(draft) if one["address"] == dispatch.address), None)
    return to_alone(draft, found or Somebody(name="", address=dispatch.address, typed=""))


async def give_back(draft_id: UUID, dispatches: Sequence[Dispatch]) -> UUID:
    """What did not go out can be corrected and sent again: in its own draft, or in one for those alone if there are others. Says which."""
    await rows("SELECT 1 FROM draft WHERE id = $1 FOR UPDATE", draft_id)
    draft = await Draft.objects().where(Draft.id == draft_id).output(load_json=True).first()
    assert draft is not None  # a foreign key
    if {address for address, _ in parts(draft)} <= {one.address for one in dispatches}:
        await Draft.update({Draft.queued_at: None}).where(Draft.id == draft_id)
        return draft_id
    people = [as_sent(draft, one).to[0] for one in dispatches]
    other = await join_untouched(draft, people) or await part(draft, people)
    await Dispatch.update({Dispatch.draft: other}).where(Dispatch.id.is_in([one.id for one in dispatches]))
    return other


async def join_untouched(draft: Draft, people: Sequence[object]) -> UUID | None:
    """The draft of others who did not get it, while the rep has not begun to change it."""
    found = await rows(UNTOUCHED, draft.sending or draft.id, draft.id)
    if not found:
        return None
    await rows(JOIN, found[0]["id"], json.dumps(people))
    return cast(UUID, found[0]["id"])


async def part(draft: Draft, people: Sequence[object]) -> UUID:
    """A draft with the same words and files, for these people alone."""
    made = new_id()
    await rows(PART, made, draft.id, json.dumps(people), now())
    for file in await Attachment.select(Attachment.id).where(Attachment.draft == draft.id).order_by(Attachment.id):
        await rows(FILE, new_id(), made, file["id"])
    return made
