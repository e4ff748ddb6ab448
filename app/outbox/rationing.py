"""Staying within what a provider lets a mailbox send: in any 24 hours, and in a minute.

Counted is what we sent and what we saw sent elsewhere; the provider counts what it sees, so its own refusal has the last word.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.clock import now
from app.database import rows
from app.mailboxes.tables import GMAIL, OUTLOOK, Mailbox
from app.outbox.separating import everybody
from app.outbox.tables import Dispatch, Draft
from app.web.locale import N_

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
PERSONAL = {"gmail.com", "googlemail.com"}
WORKSPACE_MAILS, PERSONAL_MAILS, EXCHANGE_RECIPIENTS = 2_000, 500, 10_000
"""In 24 hours: Google Workspace (500 on trial), consumer Gmail, Exchange Online (fewer outside of the organisation on trial, and by TERRL)."""
EXCHANGE_A_MINUTE = 30
MARGIN = timedelta(seconds=5)

MAILS_FULL = N_("%(limit)s mails in 24 hours are reached; it goes out %(when)s, when there is room again.")
RECIPIENTS_FULL = N_("%(limit)s recipients in 24 hours are reached; it goes out %(when)s, when there is room again.")
MINUTE_FULL = N_("%(limit)s mails in a minute are reached; it goes out %(when)s.")
PAUSED = N_("The provider takes no more mail from %(address)s for now; it goes out %(when)s.")

SPENT = """
SELECT at, mails, recipients FROM (
  SELECT coalesce(d.sent_at, d.sending_at) AS at, 1 AS mails,
    CASE WHEN d.address <> '' THEN 1 ELSE jsonb_array_length(w."to") + jsonb_array_length(w.cc) + jsonb_array_length(w.bcc) END AS recipients
  FROM dispatch d JOIN draft w ON w.id = d.draft
  WHERE d.mailbox = $1 AND d.id IS DISTINCT FROM $3::uuid AND coalesce(d.sent_at, d.sending_at) > $2 AND d.failed_at IS NULL
  UNION ALL
  SELECT m.at, 1, greatest(1, (SELECT count(*) FROM recipient r WHERE r.message = m.id))
  FROM message m WHERE m.mailbox = $1 AND m.direction = 'sent' AND m.send_id IS NULL AND m.at > $2
) spent ORDER BY at
"""
WAITING = """
SELECT 1 AS mails,
  CASE WHEN d.address <> '' THEN 1 ELSE jsonb_array_length(w."to") + jsonb_array_length(w.cc) + jsonb_array_length(w.bcc) END AS recipients
FROM dispatch d JOIN draft w ON w.id = d.draft
WHERE d.mailbox = $1 AND d.due_at IS NOT NULL AND d.sending_at IS NULL AND d.sent_at IS NULL AND d.created_at < $2 AND d.id <> $3
AND ($4::timestamptz IS NULL OR d.due_at <= $4)
"""
BY_DAY = """
SELECT (at AT TIME ZONE $4)::date AS day, sum(mails)::int AS mails, sum(recipients)::int AS recipients FROM (""" + SPENT + """) spent GROUP BY 1
"""


@dataclass(frozen=True)
class Limit:
    """What a mailbox may send in 24 hours; `unit` is mails or recipients, as its provider counts."""

    most: int
    unit: str


@dataclass(frozen=True)
class Full:
    """No room now: from when on there is, and the sentence that says so."""

    until: datetime
    sentence: str
    values: dict[str, Any]


def limit_of(mailbox: Mailbox) -> Limit:
    """The provider's limit, or what the rep knows better."""
    unit = "recipients" if mailbox.provider == OUTLOOK else "mails"
    return Limit(mailbox.daily_limit or usual(mailbox), unit)


def usual(mailbox: Mailbox) -> int:
    if mailbox.provider == GMAIL:
        return PERSONAL_MAILS if mailbox.address.rpartition("@")[2].lower() in PERSONAL else WORKSPACE_MAILS
    return EXCHANGE_RECIPIENTS if mailbox.provider == OUTLOOK else PERSONAL_MAILS


def weight(draft: Draft, limit: Limit) -> int:
    """What a mail takes of it."""
    return len(everybody(draft)) if limit.unit == "recipients" else 1


async def spent_since(mailbox: UUID, since: datetime, but: UUID | None = None) -> list[dict[str, Any]]:
    """What went out, oldest first; `but` is the dispatch that asks."""
    return await rows(SPENT, mailbox, since, but)


async def by_day(mailbox: UUID, first: date, zone: str, unit: str) -> dict[date, int]:
    """What went out on each day of a calendar, from the first on."""
    since = datetime.combine(first, time(), ZoneInfo(zone))
    found = await rows(BY_DAY, mailbox, since, None, zone)
    return {row["day"]: row[unit] for row in found}


async def full_now(mailbox: Mailbox, draft: Draft, dispatch: Dispatch, *, in_turn: bool = False) -> Full | None:
    """Why a mail can't go now, if so. Those queued before it go first; `in_turn`: only those that are due as well."""
    if mailbox.sending_paused_until and mailbox.sending_paused_until > now():
        return Full(mailbox.sending_paused_until, PAUSED, values(mailbox.sending_paused_until, address=mailbox.address))
    limit = limit_of(mailbox)
    spent = await spent_since(mailbox.id, now() - DAY, dispatch.id)
    before = await rows(WAITING, mailbox.id, dispatch.created_at, dispatch.id, now() if in_turn else None)
    ahead = sum(row[limit.unit] for row in before)
    if until := room_at([(row["at"], row[limit.unit]) for row in spent], ahead + weight(draft, limit), limit.most, DAY):
        return Full(until, RECIPIENTS_FULL if limit.unit == "recipients" else MAILS_FULL, values(until, limit=limit.most))
    if in_turn and mailbox.provider == OUTLOOK:
        lately = [(row["at"], 1) for row in spent if row["at"] > now() - MINUTE]
        if until := room_at(lately, 1, EXCHANGE_A_MINUTE, MINUTE):
            return Full(until, MINUTE_FULL, values(until, limit=EXCHANGE_A_MINUTE))
    return None


def room_at(spent: list[tuple[datetime, int]], wanted: int, most: int, window: timedelta) -> datetime | None:
    """When enough of what was spent (oldest first) is older than the window; nothing if there is room at once."""
    over = sum(count for _, count in spent) + wanted - most
    if over <= 0:
        return None
    for at, count in spent:
        over -= count
        if over <= 0:
            return at + window + MARGIN
    return now() + window + MARGIN


def values(until: datetime, **more: object) -> dict[str, Any]:
    """What the sentence names; `until` becomes “when” in the words of whoever reads it."""
    return {"until": until.isoformat(), **more}
