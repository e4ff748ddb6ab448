"""Being told when a mailbox changes: the providers' promises, begun, renewed daily, and doubted when they are not kept.

Notices get lost, come twice, late, or never, so a promise only slows the looking down and never replaces it. One verb speaks to
the provider, with the promise's row claimed; whatever else happens (a lifecycle event, a reconnection) only makes it due.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from piccolo.columns import Column

from app.clock import new_id, now
from app.database import rows, together
from app.errors import GiveUp, GoneThere, ProviderError, RetryLater
from app.happenings import MailboxConnected, MailboxDisconnected, MailboxRestored
from app.mailboxes.crew import work_off
from app.mailboxes.freshness import is_pushed
from app.mailboxes.opening import open_mailbox, watcher_of
from app.mailboxes.providers.base import Promise, Provider, Watcher
from app.mailboxes.tables import GMAIL, OUTLOOK, Mailbox, Watch
from app.security.signing import digest, secret_token
from app.settings import is_private, settings

log = structlog.get_logger()

HANDS = 3
RENEWED_EVERY = timedelta(days=1)
"""Gmail wants it daily; Graph's promise holds for almost three days, so that two renewals may fail."""
SPREAD = 0.1
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=6)
CLAIM_LASTS = timedelta(minutes=2)

NEW = """
SELECT id, workspace FROM mailbox m WHERE m.provider = ANY($1) AND m.disconnected_at IS NULL AND m.tokens IS NOT NULL AND 'read' = ANY(m.rights)
AND NOT EXISTS (SELECT FROM watch WHERE watch.mailbox = m.id)
"""
ADD = """
INSERT INTO watch (id, workspace, mailbox, provider_id, due_at, failures, problem_code) VALUES ($1, $2, $3, '', $4, 0, '') ON CONFLICT DO NOTHING
"""
CLAIM = """
WITH due AS MATERIALIZED (
  SELECT w.id FROM watch w JOIN mailbox m ON m.id = w.mailbox
  WHERE w.due_at <= $1 AND (w.claimed_at IS NULL OR w.claimed_at < $2)
  AND m.provider = ANY($3) AND m.disconnected_at IS NULL AND m.tokens IS NOT NULL AND 'read' = ANY(m.rights) AND m.problem IN ('', 'retry')
  AND EXISTS (SELECT FROM membership p WHERE p.person = m.person AND p.workspace = m.workspace AND p.ended_at IS NULL)
  ORDER BY w.due_at LIMIT 1 FOR UPDATE OF w SKIP LOCKED)
UPDATE watch SET claimed_at = $1 FROM due WHERE watch.id = due.id RETURNING watch.id
"""


def pushes(provider: str) -> bool:
    """May this provider tell us? It must be set up, and reach us: over public https, or on our own network if it is there (the sandbox)."""
    google, microsoft = settings().google, settings().microsoft
    if provider == GMAIL:
        return google is not None and bool(google.pubsub_topic) and reaches_us(google.api_url)
    return provider == OUTLOOK and microsoft is not None and reaches_us(microsoft.graph_url)


def reaches_us(theirs: str) -> bool:
    base = settings().base_url
    return is_private(theirs) or (base.startswith("https://") and not is_private(base))


async def watch_due() -> int:
    """Begin and renew what is due; how many were looked after. Where nobody can tell us any more, mailboxes are looked at often again."""
    providers = [provider for provider in (GMAIL, OUTLOOK) if pushes(provider)]
    await Mailbox.update({Mailbox.pushed_until: None}).where(Mailbox.pushed_until.is_not_null(), Mailbox.provider.not_in(providers or [""]))
    if not providers:
        return 0
    for new in await rows(NEW, providers):
        await rows(ADD, new_id(), new["workspace"], new["id"], now())
    return await work_off(lambda: claim(providers), keep, HANDS)


async def claim(providers: list[str]) -> Watch | None:
    taken = await rows(CLAIM, now(), now() - CLAIM_LASTS, providers)
    return await Watch.objects().where(Watch.id == taken[0]["id"]).first() if taken else None


@dataclass(frozen=True)
class Begun:
    """A promise, and the secret of a new one; without it, it is an old one renewed."""

    promise: Promise
    secret: str = ""


async def keep(watch: Watch) -> None:
    """Renew one, or begin it anew. Failing costs speed only: the mailbox is looked at often then."""
    mailbox = await Mailbox.objects().get(Mailbox.id == watch.mailbox)
    try:
        watcher = watcher_of(await open_mailbox(mailbox)) if mailbox else None
        if mailbox is not None and watcher is not None:
            await kept(watch, mailbox, await promised(watch, watcher))
    except ProviderError as error:
        log.warning("A provider does not tell us of changes", mailbox=str(watch.mailbox), kind=type(error).__name__, code=error.code)
        await failed(watch, error.code, error.at if isinstance(error, RetryLater) else None)
    except Exception as error:
        log.error("Asking to be told of changes failed on our side", mailbox=str(watch.mailbox), exc_info=error)
        await failed(watch, "internal")


async def promised(watch: Watch, watcher: Watcher) -> Begun:
    if watch.expires_at and watch.expires_at > now():
        try:
            return Begun(await watcher.renew(watch.provider_id))
        except (GoneThere, GiveUp) as error:
            log.info("A promise can't be renewed and is begun anew", mailbox=str(watch.mailbox), code=error.code)
            await let_go(watch, watcher)
    secret = secret_token()
    return Begun(await watcher.begin(secret), secret)


async def let_go(watch: Watch, watcher: Watcher) -> None:
    """One that can't be renewed may live on; without its row nobody believes its notices anyway."""
    try:
        await watcher.end(watch.provider_id)
    except ProviderError as error:
        log.info("An old promise could not be ended", mailbox=str(watch.mailbox), code=error.code)


async def kept(watch: Watch, mailbox: Mailbox, begun: Begun) -> None:
    """From now on the mailbox rests between notices; what came before the promise began is read at once."""
    changes: dict[Column | str, Any] = {
        Watch.provider_id: begun.promise.id, Watch.expires_at: begun.promise.until, Watch.told_at: now(), Watch.doubted_at: None,
        Watch.failures: 0, Watch.problem_code: "",
    }  # fmt: skip
    if begun.secret:
        changes[Watch.secret] = digest(begun.secret)
    rests: dict[Column | str, Any] = {Mailbox.pushed_until: begun.promise.until}
    if begun.secret and not mailbox.problem:
        rests[Mailbox.due_at] = now()
    async with together():
        await lock(mailbox.id)
        if await settled(watch, changes, now() + RENEWED_EVERY * random.uniform(1 - SPREAD, 1)):  # noqa: S311 - only spreads load
            await Mailbox.update(rests).where(Mailbox.id == mailbox.id, Mailbox.disconnected_at.is_null())


async def lock(mailbox_id: UUID) -> None:
    """Whoever changes a mailbox together with its promise locks the mailbox first: a reading, a notice and a renewal must not wait for each other."""
    await rows("SELECT 1 FROM mailbox WHERE id = $1 FOR UPDATE", mailbox_id)


async def failed(watch: Watch, code: str, at: datetime | None = None) -> None:
    """Later every time, and never all at once."""
    pause = min(SHORTEST_PAUSE * 2.0 ** min(watch.failures, 20), LONGEST_PAUSE) * random.uniform(1 - SPREAD, 1 + SPREAD)  # noqa: S311 - only spreads load
    await settled(watch, {Watch.failures: watch.failures + 1, Watch.problem_code: code[:100]}, max(at or now(), now() + pause))


async def settled(watch: Watch, changes: dict[Column | str, Any], due_at: datetime) -> bool:
    """Give the claim back, if it is still ours. What an event made due meanwhile stays due."""
    mine = Watch.id == watch.id, Watch.claimed_at == watch.claimed_at
    await Watch.update({Watch.due_at: due_at}).where(*mine, Watch.due_at == watch.due_at)
    return bool(await Watch.update({**changes, Watch.claimed_at: None}).where(*mine).returning(Watch.id))


async def untold(mailbox: Mailbox, found: int) -> bool:
    """Did mail come that nobody told us of since the reading before? Then the promise is doubted until the next notice."""
    if not found or not is_pushed(mailbox):
        return False
    watch = await Watch.objects().where(Watch.mailbox == mailbox.id).first()
    if watch is not None and watch.told_at and mailbox.synced_at and watch.told_at >= mailbox.synced_at:
        return False
    await Watch.update({Watch.doubted_at: now()}).where(Watch.mailbox == mailbox.id)
    log.warning("Mail was found that nobody told us of", mailbox=str(mailbox.id), found=found)
    return True


async def begin_again(fact: MailboxConnected | MailboxRestored) -> None:
    """A new consent, or the end of a long silence: what was promised before may not hold any more."""
    await Watch.update({Watch.due_at: now()}).where(Watch.mailbox == fact.mailbox)


async def forget(fact: MailboxDisconnected) -> None:
    await Watch.delete().where(Watch.mailbox == fact.mailbox)
    await Mailbox.update({Mailbox.pushed_until: None}).where(Mailbox.id == fact.mailbox)


async def promise_of(mailbox_id: UUID) -> Watch | None:
    """As it is now."""
    found: Watch | None = await Watch.objects().where(Watch.mailbox == mailbox_id).first()
    return found


async def end(mailbox: Mailbox, provider: Provider, watch: Watch | None) -> None:
    """Tell the provider that nobody listens any more; if it does not hear, its notices end by themselves.

    Gmail has one watch for an account: it goes on while another workspace listens to it.
    """
    watcher = watcher_of(provider)
    elsewhere = Mailbox.provider == GMAIL, Mailbox.account == mailbox.account, Mailbox.disconnected_at.is_null()
    if watcher is None or watch is None or watch.expires_at is None or await Mailbox.exists().where(*elsewhere):
        return
    try:
        await watcher.end(watch.provider_id)
    except ProviderError as error:
        log.warning("A provider was not told to stop its notices", mailbox=str(mailbox.id), code=error.code)
