"""Reading what is new in every mailbox: by cursor, one worker a mailbox, in its rhythm or when a notice came; and saying so when it can't be done."""

import asyncio
import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from piccolo.columns import Column

from app.clock import new_id, now
from app.database import rows, together
from app.errors import AdminNeeded, CursorLost, GiveUp, GoneThere, MailboxGone, OperatorNeeded, ProviderError, ReconnectNeeded, RetryLater
from app.happenings import MailboxBroke, announce
from app.mailboxes.claiming import TakenOver, claim, keep_claim, release
from app.mailboxes.crew import work_off
from app.mailboxes.following import follow
from app.mailboxes.freshness import POLLED_EVERY, STALE_AFTER, rhythm
from app.mailboxes.losing_sight import lose_sight, note_gap, see_again
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers.base import INBOX, SENT, Provider
from app.mailboxes.providers.gmail import EVERYTHING
from app.mailboxes.tables import Cursor, Mailbox
from app.mailboxes.taking import Receive, take, try_again
from app.mailboxes.watching import untold
from app.web.locale import N_

log = structlog.get_logger()

HANDS = 6
"""Mailboxes read at the same time."""
LONGEST_PAUSE = timedelta(minutes=5)
LONGEST_SPREAD = 1.2
FAILS_TO_BREAK = 3
PERSONS_PAUSE = timedelta(minutes=15)
"""How long we wait before asking again where somebody has to act first; connecting again ends it at once."""
LOOK_BACK = timedelta(hours=1)
FARTHEST_BACK = timedelta(days=30)
AT_A_TIME = 20

RECONNECT, ADMIN, OPERATOR, GONE, RETRY = "reconnect", "admin", "operator", "gone", "retry"
OUR_FAULT = N_("Reading this mailbox failed on our side. Nothing is lost: it is tried again by itself. If it lasts, tell your operator.")


async def sync_due(receive: Receive) -> int:
    """Read every mailbox that is due; how many were."""
    return await work_off(claim, lambda mailbox: sync(mailbox, receive), HANDS)


async def sync(mailbox: Mailbox, receive: Receive) -> None:
    """One round: everything since the last one, or the reason why not."""
    began = now()
    try:
        await note_gap(mailbox)
        found = await read(mailbox, receive)
        await went_well(mailbox, began, found)
    except TakenOver:
        log.warning("A mailbox was taken over by another worker", mailbox=str(mailbox.id))
    except asyncio.CancelledError:
        await asyncio.shield(release(mailbox))
        raise
    except ProviderError as error:
        log.warning("A mailbox could not be read", mailbox=str(mailbox.id), kind=type(error).__name__, code=error.code)
        await went_wrong(mailbox, error)
    except Exception as error:
        log.error("Reading a mailbox failed on our side", mailbox=str(mailbox.id), exc_info=error)
        await went_wrong(mailbox, RetryLater(OUR_FAULT, code="internal"))


async def read(mailbox: Mailbox, receive: Receive) -> int:
    """What is new in each folder, what was sent before what was received; how many mails were new to us."""
    provider = await open_mailbox(mailbox)
    await follow(mailbox, provider)
    cursors = await pinned(mailbox, provider)
    found = await try_again(mailbox, provider, receive)
    for cursor in sorted(cursors, key=lambda one: one.folder != SENT):
        found += await read_on(mailbox, provider, cursor, receive)
    return found


async def pinned(mailbox: Mailbox, provider: Provider) -> Sequence[Cursor]:
    """A cursor for every folder: what comes after it is read here, what came before is the import's."""
    folders = await provider.folders()
    known = {cursor.folder: cursor for cursor in await Cursor.objects().where(Cursor.mailbox == mailbox.id, Cursor.folder.is_in(list(folders)))}
    return [known.get(folder) or await pin(mailbox, folder, await provider.start(folder)) for folder in folders]


async def pin(mailbox: Mailbox, folder: str, value: str) -> Cursor:
    """Whoever pins first wins: reading and importing may both be the first to come."""
    await rows(
        "INSERT INTO cursor (id, workspace, mailbox, folder, value, taken, moved_at) VALUES ($1, $2, $3, $4, $5, '', $6) ON CONFLICT DO NOTHING",
        new_id(), mailbox.workspace, mailbox.id, folder, value, now(),
    )  # fmt: skip
    found = await Cursor.objects().where(Cursor.mailbox == mailbox.id, Cursor.folder == folder).first()
    assert found is not None  # written just now, or by somebody else before
    return found


async def read_on(mailbox: Mailbox, provider: Provider, cursor: Cursor, receive: Receive) -> int:
    """From the cursor to the end. It moves only behind what was taken in: a worker that dies repeats, and never skips."""
    found, more = 0, True
    while more:
        try:
            changes = await provider.changes(cursor.folder, cursor.value)
        except CursorLost as lost:
            log.warning("The place in a mailbox was lost", mailbox=str(mailbox.id), folder=cursor.folder, code=lost.code)
            return found + await read_anew(mailbox, provider, cursor, receive)
        found += await take_page(mailbox, provider, cursor, changes.ids, receive)
        await move(cursor, changes.cursor)
        more = changes.more
    return found


async def take_page(mailbox: Mailbox, provider: Provider, cursor: Cursor, ids: Sequence[str], receive: Receive) -> int:
    """All of a page, noting how far it got: a page that breaks off again and again must still come to its end."""
    taken = set(json.loads(cursor.taken or "[]"))
    left, found = [one for one in ids if one not in taken], 0
    for start in range(0, len(left), AT_A_TIME):
        found += await take_all(mailbox, provider, left[start : start + AT_A_TIME], receive)
        if start + AT_A_TIME < len(left):
            taken |= set(left[start : start + AT_A_TIME])
            await cursor.update_self({Cursor.taken: json.dumps(sorted(taken))})
    return found


async def take_all(mailbox: Mailbox, provider: Provider, ids: Sequence[str], receive: Receive) -> int:
    found = 0
    for start in range(0, len(ids), AT_A_TIME):
        await keep_claim(mailbox)
        found += await take(mailbox, provider, ids[start : start + AT_A_TIME], receive)
    return found


async def move(cursor: Cursor, value: str) -> None:
    if value != cursor.value or cursor.taken:
        await cursor.update_self({Cursor.value: value, Cursor.taken: "", Cursor.moved_at: now()})


async def read_anew(mailbox: Mailbox, provider: Provider, cursor: Cursor, receive: Receive) -> int:
    """The provider forgot our place: pin a new one first, then go through the days since, so that nothing falls in between."""
    fresh = await provider.start(cursor.folder)
    since = max((mailbox.synced_at or mailbox.connected_at) - LOOK_BACK, now() - FARTHEST_BACK)
    found = 0
    for part in (SENT, INBOX) if cursor.folder == EVERYTHING else (cursor.folder,):
        found += await read_listed(mailbox, provider, part, since, receive)
    await move(cursor, fresh)
    return found


async def read_listed(mailbox: Mailbox, provider: Provider, part: str, since: datetime, receive: Receive) -> int:
    """Oldest first within a page, so that a mail is known before its answer."""
    found, page = 0, await provider.listed(part, since, "")
    while True:
        found += await take_all(mailbox, provider, list(reversed(page.ids)), receive)
        if not page.next:
            return found
        page = await provider.listed(part, since, page.next)


async def went_well(mailbox: Mailbox, began: datetime, found: int) -> None:
    """Everything up to the beginning of this round is known."""
    changes: dict[Column | str, Any] = {
        Mailbox.synced_at: began, Mailbox.claimed_at: None, Mailbox.failures: 0,
        Mailbox.broken_at: None, Mailbox.problem: "", Mailbox.problem_words: "", Mailbox.problem_code: "",
    }  # fmt: skip
    async with together():
        before = await current(mailbox)
        changes |= await next_round(mailbox, before, found)
        if await settle(mailbox, changes):
            await see_again(mailbox, before, found)


async def next_round(mailbox: Mailbox, before: Mailbox, found: int) -> dict[Column | str, Any]:
    """When to look again: as somebody wished meanwhile; often if mail came that its provider did not tell us of; else in its rhythm."""
    if before.due_at != mailbox.due_at:
        return {}
    if await untold(before, found):
        return {Mailbox.pushed_until: None, Mailbox.due_at: now() + POLLED_EVERY}
    ends = [before.pushed_until] if before.pushed_until and before.pushed_until > now() else []
    return {Mailbox.due_at: min([now() + rhythm(before), *ends])}


async def current(mailbox: Mailbox) -> Mailbox:
    """The row as it is now, and nobody else's until we are done."""
    await rows("SELECT 1 FROM mailbox WHERE id = $1 FOR UPDATE", mailbox.id)
    found = await Mailbox.objects().where(Mailbox.id == mailbox.id).first()
    assert found is not None
    return found


async def settle(mailbox: Mailbox, changes: dict[Column | str, Any]) -> bool:
    """Write how the round ended, if the mailbox is still ours and still connected."""
    mine = Mailbox.id == mailbox.id, Mailbox.claimed_at == mailbox.claimed_at, Mailbox.disconnected_at.is_null()
    return bool(await Mailbox.update(changes).where(*mine).returning(Mailbox.id))


async def went_wrong(mailbox: Mailbox, error: ProviderError) -> None:
    """Say what is wrong and when it is tried again. What passes by itself counts as broken only when it lasts."""
    async with together():
        before, unknown_since = await current(mailbox), mailbox.synced_at or mailbox.connected_at
        due_at = again_at(before, error)
        breaks = not isinstance(error, RetryLater) or lasts(before, unknown_since, due_at)
        changes: dict[Column | str, Any] = {
            Mailbox.claimed_at: None, Mailbox.failures: before.failures + 1, Mailbox.due_at: due_at,
            Mailbox.problem: problem_of(error), Mailbox.problem_words: error.sentence, Mailbox.problem_code: error.code[:100],
            Mailbox.claims: error.claims if isinstance(error, ReconnectNeeded) else "",
        }  # fmt: skip
        if breaks and not before.broken_at:
            changes[Mailbox.broken_at] = unknown_since
        news = Mailbox.broken_at in changes or (before.broken_at and before.problem != changes[Mailbox.problem])
        if await settle(mailbox, changes) and news:
            await lose_sight(before, problem_of(error), error.sentence, error.code)
            await announce(MailboxBroke(mailbox.id))


def lasts(mailbox: Mailbox, unknown_since: datetime, due_at: datetime) -> bool:
    """Several tries failed over minutes, or the provider wants a pause of minutes. One failure after our own rest is neither."""
    tried = mailbox.failures + 1 >= FAILS_TO_BREAK and now() - unknown_since > STALE_AFTER
    return tried or due_at - now() > max(STALE_AFTER, LONGEST_PAUSE * LONGEST_SPREAD)


def problem_of(error: ProviderError) -> str:
    """Who has to do something about it."""
    if isinstance(error, ReconnectNeeded):
        return RECONNECT
    if isinstance(error, AdminNeeded):
        return ADMIN
    if isinstance(error, MailboxGone):
        return GONE
    return OPERATOR if isinstance(error, OperatorNeeded) else RETRY


def again_at(mailbox: Mailbox, error: ProviderError) -> datetime:
    """When the provider said; else later every time, and never all mailboxes at once."""
    if not isinstance(error, RetryLater):
        return now() + (LONGEST_PAUSE if isinstance(error, GiveUp | GoneThere | CursorLost) else PERSONS_PAUSE)
    pause = min(POLLED_EVERY * 2.0 ** min(mailbox.failures, 10), LONGEST_PAUSE) * random.uniform(2 - LONGEST_SPREAD, LONGEST_SPREAD)  # noqa: S311 - only spreads load
    return max(error.at or now(), now() + pause)
