"""What a notice means: read this mailbox now, or look after the promise. Only rows are written; nothing a notice says is believed."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import structlog

from app.clock import now
from app.database import rows, together
from app.mailboxes.tables import GMAIL, Mailbox, Watch
from app.mailboxes.watching import lock
from app.security.signing import digest

log = structlog.get_logger()

MOST_AT_ONCE = 1_000
"""Entries of one notice that are looked at; Graph sends fewer, and what is left out is found by looking."""
REMOVED, REAUTHORIZE = "subscriptionRemoved", "reauthorizationRequired"

OF_ADDRESS = """
SELECT w.id, w.mailbox FROM watch w JOIN mailbox m ON m.id = w.mailbox
WHERE m.provider = $1 AND m.address = $2 AND m.disconnected_at IS NULL
"""
HINT = """
UPDATE mailbox m SET due_at = CASE WHEN m.problem = '' THEN $2 ELSE m.due_at END,
  pushed_until = CASE WHEN w.expires_at > $2 THEN w.expires_at ELSE m.pushed_until END
FROM watch w WHERE m.id = $1 AND w.mailbox = m.id AND m.disconnected_at IS NULL
"""
"""Due now, also while it is being read: that round may have passed the place. A pause that its provider wanted stays."""


@dataclass(frozen=True)
class Notice:
    """One entry of what Graph sent, as far as it matters: whose it claims to be, the proof, and what happened to the subscription, if that."""

    subscription: str
    state: str
    event: str = ""


async def hear_gmail(address: str) -> int:
    """Something changed in the mailbox of this address, in every workspace that has it; how many there were."""
    found = await rows(OF_ADDRESS, GMAIL, address.lower())
    for one in found:
        await hint(one["id"], one["mailbox"])
    return len(found)


async def hear_outlook(notices: Iterable[Notice]) -> int:
    """Each promise once, whatever came of it twice; how many were ours. The state is compared in constant time and never logged."""
    told = {(one.subscription, one.event): one for one in notices if one.subscription}
    chosen = list(told.values())[:MOST_AT_ONCE]
    known = {watch.provider_id: watch for watch in await promises({one.subscription for one in chosen})}
    ours = [one for one in chosen if is_proved(one, known.get(one.subscription))]
    for one in ours:
        await follow(one.event, known[one.subscription])
    if len(ours) < len(chosen):
        log.info("Notices that are not ours were dropped", dropped=len(chosen) - len(ours))
    return len(ours)


async def promises(names: set[str]) -> list[Watch]:
    return await Watch.objects().where(Watch.provider_id.is_in(sorted(names))) if names else []


def is_proved(notice: Notice, watch: Watch | None) -> bool:
    kept = bytes(watch.secret) if watch is not None and watch.secret else digest("")
    return hmac.compare_digest(digest(notice.state), kept) and watch is not None and bool(watch.secret)


async def follow(event: str, watch: Watch) -> None:
    """A change, or `missed`: look. The others make the promise due, and the one verb that renews does it once."""
    if event == REMOVED:
        await removed(watch)
    elif event == REAUTHORIZE:
        await Watch.update({Watch.due_at: now()}).where(Watch.id == watch.id, Watch.provider_id == watch.provider_id)
    else:
        await hint(watch.id, watch.mailbox)


async def hint(watch: UUID, mailbox: UUID) -> None:
    """The promise is kept: doubts are over, and the mailbox is due."""
    at = now()
    async with together():
        await lock(mailbox)
        await Watch.update({Watch.told_at: at, Watch.doubted_at: None}).where(Watch.id == watch)
        await rows(HINT, mailbox, at)


async def removed(watch: Watch) -> None:
    """Until there is a new one the mailbox is looked at often; said twice, or of one that was replaced meanwhile, it changes nothing."""
    gone: dict[Any, Any] = {Watch.provider_id: "", Watch.secret: None, Watch.expires_at: None, Watch.due_at: now()}
    async with together():
        await lock(watch.mailbox)
        same = Watch.id == watch.id, Watch.provider_id == watch.provider_id
        if await Watch.update(gone).where(*same).returning(Watch.id):
            await Mailbox.update({Mailbox.pushed_until: None}).where(Mailbox.id == watch.mailbox)
            await Mailbox.update({Mailbox.due_at: now()}).where(Mailbox.id == watch.mailbox, Mailbox.problem == "")
