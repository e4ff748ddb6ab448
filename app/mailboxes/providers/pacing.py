"""Staying below a provider's limits for one mailbox: what a request costs, what fits into a window, and the pauses it asked for.

The windows slide, so they hold wherever the provider's own begin. They belong to this process; where several work on one mailbox,
or the account is used elsewhere, the provider's pauses keep them apart.
"""

import asyncio
import random
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from app.clock import now
from app.errors import RetryLater
from app.mailboxes.providers import wire
from app.mailboxes.providers.wire import Question, Throttled, UsedUp

OURS_TO_WRITE = 0.2
"""The share of a limit that reading leaves to whoever sends, however large the backlog is."""
READ_WAITS, WRITE_WAITS = timedelta(seconds=95), wire.PATIENCE
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(seconds=0.5), timedelta(seconds=60)
"""Where the provider wants a pause and does not say how long: doubled each time, with jitter."""
JITTER = 0.25

GMAIL_UNITS = (
    ("POST", r"(messages|drafts)/send", 100), ("POST", r"watch", 100), ("POST", r"stop", 50), ("GET", r"threads/[^/]+", 40),
    ("POST", r"messages(/import)?", 25), ("GET", r"messages/[^/]+(/attachments/.+)?", 20), ("GET", r"drafts/[^/]+", 20),
    ("POST", r"drafts", 10), ("DELETE", r"messages/[^/]+", 10), ("GET", r"threads", 10), ("GET", r"(messages|drafts)", 5),
    ("POST", r"messages/[^/]+/\w+", 5), ("GET", r"history", 2), ("GET", r"(profile|labels|settings/.+)", 1),
)  # fmt: skip
"""Quota units by method (Gmail API usage limits, table of 2026-05-01)."""
UNKNOWN_UNITS = 15
SENDING = re.compile(r"/(messages/send|drafts/send|sendMail)$|/messages/[^/]+/send$")


@dataclass(frozen=True)
class Limit:
    """At most this much within so many seconds."""

    most: float
    seconds: float
    cost: Callable[[Question], float]


@dataclass
class Window:
    """What was spent lately, against one limit."""

    limit: Limit
    spent: deque[tuple[datetime, float]] = field(default_factory=deque)

    def wait(self, question: Question) -> timedelta:
        """How long until this fits; not at all if it fits now."""
        most = self.limit.most * (1 - OURS_TO_WRITE if question.reads and question.method == "GET" else 1)
        cost = min(self.limit.cost(question), most)
        at, lasts = now(), timedelta(seconds=self.limit.seconds)
        while self.spent and not at - lasts < self.spent[0][0] <= at + lasts:
            self.spent.popleft()
        over = sum(one for _, one in self.spent) + cost - most
        for spent_at, one in self.spent:
            if over <= 0:
                break
            over, until = over - one, spent_at + lasts
            if over <= 0:
                return max(until - at, timedelta(0))
        return timedelta(0)

    def spend(self, question: Question) -> None:
        if cost := self.limit.cost(question):
            self.spent.append((now(), cost))


class Pace:
    """One mailbox's windows and pauses."""

    def __init__(self, provider: str, limits: tuple[Limit, ...]) -> None:
        self.provider = provider
        self.windows = [Window(limit) for limit in limits]
        self.until: datetime | None = None
        self.sending_until: datetime | None = None
        self.refusals = 0

    async def wait(self, question: Question) -> None:
        """Until the provider would take it; raises RetryLater at once if that is longer than whoever asks can wait."""
        while (pause := self.pause(question)) > timedelta(0):
            if (stopped := _stopped.get(self.provider)) and stopped > now():
                raise UsedUp(wire.USED_UP, code="paused", at=stopped, provider=self.provider)
            if self.held(question) > wire.PATIENCE or pause > (READ_WAITS if question.reads else WRITE_WAITS):
                raise RetryLater(wire.BUSY, code="paused", at=now() + pause, provider=self.provider)
            await asyncio.sleep(pause.total_seconds() * random.uniform(1, 1 + JITTER / 5))  # noqa: S311 - only spreads load

    def pause(self, question: Question) -> timedelta:
        """How long this request has to wait as things are."""
        return max([self.held(question), *(window.wait(question) for window in self.windows)])

    def held(self, question: Question) -> timedelta:
        """How long the provider wants it to wait, whatever our own count says."""
        return max([timedelta(0), *(until - now() for until in self.holds(question))])

    def holds(self, question: Question) -> list[datetime]:
        sends = SENDING.search(urlsplit(question.url).path) is not None
        return [until for until in (self.until, self.sending_until if sends else None, _stopped.get(self.provider)) if until]

    def spend(self, question: Question) -> None:
        for window in self.windows:
            window.spend(question)

    def went_through(self) -> None:
        self.refusals = 0

    def refused(self, error: RetryLater) -> None:
        """A pause for everything that is asked for this mailbox, or only for sending, if that is what was said."""
        if not isinstance(error, Throttled) and error.at is None:
            return
        until = error.at or now() + self.backing_off()
        if isinstance(error, UsedUp):
            _stopped[self.provider] = until
        if isinstance(error, Throttled) and error.sending:
            self.sending_until = max(until, self.sending_until or until)
        else:
            self.until = max(until, self.until or until)

    def backing_off(self) -> timedelta:
        self.refusals = min(self.refusals + 1, 20)
        pause = min(SHORTEST_PAUSE * 2.0 ** (self.refusals - 1), LONGEST_PAUSE)
        return pause * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - only spreads load


def units(question: Question) -> float:
    """What Gmail counts for it."""
    path = urlsplit(question.url).path.partition("/users/me/")[2]
    return next((cost for method, place, cost in GMAIL_UNITS if method == question.method and re.fullmatch(place, path)), UNKNOWN_UNITS)


def one(_: Question) -> float:
    return 1


def octets(question: Question) -> float:
    """What is uploaded."""
    return len(question.content or b"")


LIMITS = {
    "Google": (Limit(6_000, 61, units),),
    "Microsoft": (Limit(1_500, 91, one), Limit(150_000_000, 305, octets)),
}
"""Gmail: 6,000 units a minute. Graph: 10,000 requests in ten minutes, taken in smaller windows so that nobody waits for minutes;
150 MB of uploads in five minutes. The seconds beyond are for the way there."""

_paces: dict[str, Pace] = {}
_stopped: dict[str, datetime] = {}
"""Until when nobody asks a provider at all, whichever mailbox it is for."""


def pace(provider: str, mailbox: str) -> Pace:
    """What all requests of this process for one mailbox keep to."""
    return _paces.setdefault(mailbox, Pace(provider, LIMITS.get(provider, ())))
