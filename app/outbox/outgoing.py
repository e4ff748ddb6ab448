"""Mail on its way as the rep sees it."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.clock import now
from app.database import rows
from app.identity.guarding import Me
from app.web.locale import coming, number

SHOWN_FOR = timedelta(hours=12)
SHOWN_IN_THREAD = timedelta(minutes=2)
"""There the mail itself is on the page soon."""
MOST_SHOWN = 12
URGENCY = ("unknown", "failed", "held", "waiting", "sending", "sent")

SHOWS = """
d.person = $1 AND d.workspace = $2 AND d.dismissed_at IS NULL AND d.cancelled_at IS NULL AND ($4::uuid IS NULL OR w.thread = $4)
AND (d.sent_at IS NULL AND (d.failed_at IS NULL OR w.queued_at IS NULL AND w.discarded_at IS NULL) OR d.sent_at > {sent_since})
"""
LIST = f"""
WITH shown AS (
  SELECT coalesce(d.sending, d.id) AS mail FROM dispatch d JOIN draft w ON w.id = d.draft WHERE {SHOWS.format(sent_since="$3")}
  GROUP BY 1 ORDER BY max(d.created_at) DESC LIMIT $5
)
SELECT d.id, d.draft, d.created_at, d.drafted_at, d.sending_at, d.sent_at, d.failed_at, d.unknown_at, d.problem, d.problem_values, d.held_until,
       w.subject, w.thread, w."to" || w.cc || w.bcc AS people, d.address, coalesce(d.sending, d.id) AS mail, m.thread AS filed_in
FROM dispatch d JOIN draft w ON w.id = d.draft LEFT JOIN message m ON m.id = d.message
WHERE (d.id IN (SELECT mail FROM shown) OR d.sending IN (SELECT mail FROM shown)) AND {SHOWS.format(sent_since="'-infinity'")}
ORDER BY d.created_at DESC
"""  # noqa: S608 - our own words
"""Of a mail sent separately all its mails, as long as one of them is worth showing."""


@dataclass(frozen=True)
class Outgoing:
    """One mail on its way: `state` is waiting, held (until the provider takes more), sending, sent, failed or unknown.

    One that is sent separately has `parts`, each with its recipient, and the state that asks most of the person.
    """

    id: UUID
    draft: UUID
    subject: str
    state: str
    at: datetime
    problem: str
    problem_values: dict[str, Any]
    thread: UUID | None
    recipient: str = ""
    parts: tuple["Outgoing", ...] = ()

    @property
    def under_way(self) -> bool:
        return self.state in ("waiting", "sending", "held")

    @property
    def soon(self) -> bool:
        """Does it change while one looks?"""
        return self.state in ("waiting", "sending") or any(one.soon for one in self.parts)

    def count(self, *states: str) -> int:
        """How many of its mails are in one of these states."""
        return sum(one.state in states for one in self.parts)

    @property
    def tick(self) -> str:
        return "waiting" if self.under_way else self.state


async def outgoing(me: Me, thread: UUID | None = None) -> list[Outgoing]:
    """What is on its way, what needs the person, and what went out lately; newest first."""
    found = await rows(LIST, me.person.id, me.workspace.id, now() - (SHOWN_IN_THREAD if thread else SHOWN_FOR), thread, MOST_SHOWN)
    mails: dict[UUID, list[Outgoing]] = {}
    for row in found:
        mails.setdefault(row["mail"], []).append(seen(row, me))
    return [as_one(several) for several in mails.values()]


def as_one(several: list[Outgoing]) -> Outgoing:
    """What was sent separately is one row, led by what asks most of the person."""
    if len(several) == 1:
        return several[0]
    first = min(several, key=lambda one: URGENCY.index(one.state))
    return replace(first, at=several[-1].at, recipient="", parts=tuple(reversed(several)))


def seen(row: dict[str, Any], me: Me) -> Outgoing:
    state, at = state_of(row)
    values = in_words(me, row["problem_values"])
    thread = row["filed_in"] or row["thread"]
    return Outgoing(row["id"], row["draft"], row["subject"], state, at, row["problem"], values, thread, recipient_of(row))


def recipient_of(row: dict[str, Any]) -> str:
    """The name of the only recipient, of a mail sent separately."""
    named = (one["name"] for one in json.loads(row["people"]) if one["address"] == row["address"])
    return next(named, "") or str(row["address"])


def in_words(me: Me, values: dict[str, Any] | str) -> dict[str, Any]:
    """What a problem's sentence names, in the reader's words: “until” is “when”."""
    language = me.person.locale
    said: dict[str, Any] = json.loads(values) if isinstance(values, str) else {**values}
    if "until" in said:
        said["when"] = coming(datetime.fromisoformat(said["until"]), ZoneInfo(me.person.time_zone), language)
    if "limit" in said:
        said["limit"] = number(said["limit"], language)
    return said


def state_of(row: dict[str, Any]) -> tuple[str, datetime]:
    """The furthest it got."""
    for state, column in (("sent", "sent_at"), ("failed", "failed_at"), ("unknown", "unknown_at")):
        if row[column]:
            return state, row[column]
    if row["held_until"] and row["held_until"] > now() and not row["sending_at"]:
        return "held", row["created_at"]
    return ("sending" if row["drafted_at"] or row["sending_at"] else "waiting"), row["created_at"]
