"""Comparing a Sent folder with what is accounted for: what reading missed is taken in, what left is marked, and every day is counted on both sides.

Once a day, and after each blind window. The provider's count is asked apart from its list, so that both have to agree with ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from app.clock import new_id, now
from app.database import rows, together
from app.errors import ProviderError
from app.happenings import MailboxRestored
from app.identity.tables import Person
from app.mailboxes.crew import work_off
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers.base import SENT, Provider
from app.mailboxes.tables import Mailbox
from app.mailboxes.taking import Receive, take_one
from app.threads.accounting import BEFORE, UNREADABLE, account, accounted, known_of
from app.threads.tables import Comparison, SentMail

log = structlog.get_logger()

DAYS = 30
"""How far back it looks: as far as the import of a mailbox that was just connected."""
EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)
"""Where something differed, or the provider did not answer."""
CLAIM_LASTS = timedelta(minutes=10)
HANDS = 2

ENTER = """
INSERT INTO comparison (id, workspace, mailbox, due_at, total, older, found, problem)
SELECT gen_random_uuid(), workspace, id, $1, 0, 0, 0, '' FROM mailbox m
WHERE imported_at IS NOT NULL AND NOT EXISTS (SELECT FROM comparison c WHERE c.mailbox = m.id) ON CONFLICT DO NOTHING
"""
CLAIM = """
WITH due AS MATERIALIZED (
  SELECT c.id FROM comparison c JOIN mailbox m ON m.id = c.mailbox WHERE c.due_at <= $1 AND (c.claimed_at IS NULL OR c.claimed_at < $2)
  AND m.disconnected_at IS NULL AND m.tokens IS NOT NULL AND 'read' = ANY(m.rights) AND m.broken_at IS NULL AND m.synced_at IS NOT NULL
  AND EXISTS (SELECT FROM membership p WHERE p.person = m.person AND p.workspace = m.workspace AND p.ended_at IS NULL)
  ORDER BY c.due_at LIMIT 1 FOR UPDATE OF c SKIP LOCKED)
UPDATE comparison SET claimed_at = $1 FROM due WHERE comparison.id = due.id RETURNING comparison.id
"""
OURS = "SELECT count(*) AS number FROM sent_mail WHERE mailbox = $1 AND gone_at IS NULL AND at >= $2 AND ($3::timestamptz IS NULL OR at < $3)"
COUNTED = """
INSERT INTO compared_day (id, workspace, mailbox, day, theirs, ours, compared_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (mailbox, day) DO UPDATE SET theirs = excluded.theirs, ours = excluded.ours, compared_at = excluded.compared_at
"""


@dataclass(frozen=True)
class Day:
    """A day by the rep's clock; the last one has no end yet, so that nothing falls behind it."""

    date: date
    start: datetime
    end: datetime | None


@dataclass(frozen=True)
class Counted:
    """How many mails of a day lie in Sent: by the provider's count, and accounted for by us."""

    day: Day
    theirs: int
    ours: int


async def compare_due(receive: Receive) -> int:
    """Compare every Sent folder that is due; how many were."""
    await rows(ENTER, now())
    return await work_off(claim, lambda comparison: compare(comparison, receive), HANDS)


async def claim() -> Comparison | None:
    taken = await rows(CLAIM, now(), now() - CLAIM_LASTS)
    return await Comparison.objects().where(Comparison.id == taken[0]["id"]).first() if taken else None


async def compare_soon(fact: MailboxRestored) -> None:
    """What a blind window hid may have been missed."""
    await ask_for(fact.mailbox)


async def ask_for(mailbox: UUID) -> None:
    """With the next tick, not tomorrow."""
    await Comparison.update({Comparison.due_at: now()}).where(Comparison.mailbox == mailbox)


async def compare(comparison: Comparison, receive: Receive) -> None:
    """One Sent folder, or the reason why it could not be compared; what was known of it stays."""
    mailbox = await Mailbox.objects().get(Mailbox.id == comparison.mailbox)
    assert mailbox is not None  # a foreign key
    try:
        await look_through(comparison, mailbox, await open_mailbox(mailbox), receive)
    except ProviderError as error:
        log.warning("A Sent folder could not be compared", mailbox=str(mailbox.id), kind=type(error).__name__, code=error.code)
        await comparison.update_self({Comparison.due_at: now() + AGAIN, Comparison.claimed_at: None, Comparison.problem: error.sentence})


async def look_through(comparison: Comparison, mailbox: Mailbox, provider: Provider, receive: Receive) -> None:
    began, days = now(), await days_of(mailbox)
    since = days[0].start
    listed = await listed_since(provider, since)
    found = await take_missing(mailbox, provider, listed, receive)
    await mark_gone(mailbox, provider, set(listed), since, began)
    counted = [await count(mailbox, provider, day) for day in days]
    total = await provider.count_sent()
    differs = any(one.theirs != one.ours for one in counted)
    async with together():
        for one in counted:
            await rows(COUNTED, new_id(), mailbox.workspace, mailbox.id, one.day.date, one.theirs, one.ours, now())
        await comparison.update_self({
            Comparison.due_at: now() + (AGAIN if differs else EVERY), Comparison.claimed_at: None, Comparison.compared_at: now(),
            Comparison.since: since, Comparison.total: total, Comparison.older: max(0, total - sum(one.theirs for one in counted)),
            Comparison.found: found, Comparison.problem: "",
        })  # fmt: skip


async def days_of(mailbox: Mailbox) -> list[Day]:
    """The last days by the clock of whose mailbox it is, oldest first."""
    person = await Person.objects().get(Person.id == mailbox.person)
    assert person is not None  # a foreign key
    return last_days(ZoneInfo(person.time_zone))


def last_days(zone: ZoneInfo) -> list[Day]:
    today = now().astimezone(zone).date()
    dates = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    return [Day(one, midnight(one, zone), midnight(one + timedelta(days=1), zone) if one < today else None) for one in dates]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


async def listed_since(provider: Provider, since: datetime) -> list[str]:
    """Every id in Sent since then, newest first."""
    page = await provider.listed(SENT, since, "")
    ids = list(page.ids)
    while page.next:
        page = await provider.listed(SENT, since, page.next)
        ids += page.ids
    return list(dict.fromkeys(ids))


async def take_missing(mailbox: Mailbox, provider: Provider, listed: Sequence[str], receive: Receive) -> int:
    """What lies there and is not accounted for, oldest first; how many of them were new to us."""
    known = await known_of(mailbox.id, list(listed))
    return sum([await take_in(mailbox, provider, one, receive) for one in reversed(listed) if one not in known])


async def take_in(mailbox: Mailbox, provider: Provider, provider_id: str, receive: Receive) -> bool:
    """Mail from before the connect is the import's: what that left out is only counted. So is what nobody can read."""
    mail = await provider.fetch(provider_id)
    if mail is None or mail.folder != SENT:
        return False
    if mailbox.is_history(mail.at):
        await account(mailbox, mail, why=BEFORE)
        return False
    new = await take_one(mailbox, provider, provider_id, receive, imported=False)
    if not await known_of(mailbox.id, [provider_id]):
        await account(mailbox, mail, why=UNREADABLE)
    return new


async def mark_gone(mailbox: Mailbox, provider: Provider, listed: set[str], since: datetime, began: datetime) -> None:
    """What was deleted or moved is counted no longer. A list may skip one while it is paged through, so each is asked about."""
    for provider_id, row in (await accounted(mailbox.id, since)).items():
        if provider_id not in listed and row.gone_at is None and row.noted_at < began and await has_left(provider, provider_id):
            await SentMail.update({SentMail.gone_at: now()}).where(SentMail.id == row.id)


async def has_left(provider: Provider, provider_id: str) -> bool:
    mail = await provider.fetch(provider_id)
    return mail is None or mail.folder != SENT


async def count(mailbox: Mailbox, provider: Provider, day: Day) -> Counted:
    """Both counts of a day. Where they differ they are asked once more: a mail may have gone out in between."""
    first = Counted(day, await provider.count_sent(day.start, day.end), await ours(mailbox.id, day))
    if first.theirs == first.ours:
        return first
    return Counted(day, await provider.count_sent(day.start, day.end), await ours(mailbox.id, day))


async def ours(mailbox: UUID, day: Day) -> int:
    return int((await rows(OURS, mailbox, day.start, day.end))[0]["number"])
