"""What can happen. A fact is stated once, in the transaction that made it true; `reactions.py` says what follows."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

NO_REPLY, NOT_OPENED, OPENED_NO_REPLY = "no_reply", "not_opened", "opened_no_reply"
CLICKED_NO_REPLY, NOT_CLICKED, REGARDLESS = "clicked_no_reply", "not_clicked", "regardless"
CONDITIONS = (NO_REPLY, NOT_OPENED, OPENED_NO_REPLY, CLICKED_NO_REPLY, NOT_CLICKED, REGARDLESS)
"""On what a reminder rings when it is due; what each means exactly, `reminders/conditions.py` says."""
ON_OPENS, ON_CLICKS = (NOT_OPENED, OPENED_NO_REPLY), (CLICKED_NO_REPLY, NOT_CLICKED)
"""Those that can be known only where opens, or clicks, are tracked."""


@dataclass(frozen=True)
class MailboxConnected:
    """A mailbox was connected for the first time, or again."""

    mailbox: UUID


@dataclass(frozen=True)
class MailboxBroke:
    """A mailbox can't be read any more, or nobody has read it for long; or more is known of why that is."""

    mailbox: UUID


@dataclass(frozen=True)
class MailboxRestored:
    """A mailbox that could not be read since `since` was read again; `found` messages came to light so far: it is said again with more."""

    mailbox: UUID
    since: datetime
    found: int


@dataclass(frozen=True)
class MailboxDisconnected:
    """The rep took the mailbox away; its history stays."""

    mailbox: UUID


@dataclass(frozen=True)
class HistoryRemoved:
    """The rep removed what came out of a mailbox of theirs; with `everything`, what was sent from here too."""

    mailbox: UUID
    person: UUID
    workspace: UUID
    everything: bool


@dataclass(frozen=True)
class MessageSent:
    """A mail of ours went out; `reminds` is what the rep asked for in compose ('' for nothing), `reminds_if` on which condition."""

    message: UUID
    reminds: str = ""
    reminds_if: str = NO_REPLY


@dataclass(frozen=True)
class SendFailed:
    """A mail did not go out and will not be tried again by itself."""

    dispatch: UUID


@dataclass(frozen=True)
class SendUnclear:
    """Nobody can say whether a mail went out: the rep decides."""

    dispatch: UUID


@dataclass(frozen=True)
class ScheduledHeld:
    """A scheduled mail was due, but nobody can know yet whether somebody answered, or its mailbox can't send now. It says why, since `at`."""

    scheduled: UUID
    at: datetime


@dataclass(frozen=True)
class ScheduledStopped:
    """A scheduled mail does not go out, as the rep wanted it: `reply` came in its conversation meanwhile."""

    scheduled: UUID
    reply: UUID
    at: datetime


@dataclass(frozen=True)
class ScheduledAsks:
    """A scheduled mail did not go out and waits for the rep: it is late, something hinders it, or a mail may be the answer. It says why."""

    scheduled: UUID
    at: datetime


@dataclass(frozen=True)
class OccurrencesMissed:
    """While nothing could go out, `count` dates of a recurring mail passed; `scheduled`, the newest of them, is dealt with by itself."""

    scheduled: UUID
    count: int


@dataclass(frozen=True)
class ScheduledSettled:
    """What was said of a scheduled mail at `told_at` is over: it went out, has a new time, or the rep decided."""

    scheduled: UUID
    told_at: datetime


@dataclass(frozen=True)
class ReplyReceived:
    """Somebody answered: `message` is theirs, `answers` the sent one it answers, `match` how we know (header, thread, person)."""

    message: UUID
    answers: UUID
    match: str


@dataclass(frozen=True)
class PersonWrote:
    """A person we know, or in a conversation of ours, wrote: `message` is theirs, whether it answers anything or not."""

    message: UUID


@dataclass(frozen=True)
class PossibleReplyReceived:
    """Somebody we wrote to sent a new mail with the same subject: `message` may answer `answers`, only a person can tell."""

    message: UUID
    answers: UUID


@dataclass(frozen=True)
class PossibleReplyJudged:
    """The rep said whether `message` answers `answers`; None: they took it back and will say it again."""

    message: UUID
    answers: UUID
    is_answer: bool | None


@dataclass(frozen=True)
class AutoReplyReceived:
    """A machine answered for somebody who is away (`back_on`: their first day back, if it says so), or `asks` whether we are human."""

    message: UUID
    answers: UUID
    back_on: date | None = None
    asks: bool = False


@dataclass(frozen=True)
class ComplaintReceived:
    """`address` (empty: nobody says who) called a sent message spam, and their provider reported it."""

    message: UUID
    answers: UUID
    address: str


@dataclass(frozen=True)
class BounceReceived:
    """A sent message did not arrive at `address`: `why` in the other server's words, `reason` in ours; `for_good`: the address is no good."""

    message: UUID
    answers: UUID
    address: str
    why: str
    for_good: bool = True
    reason: str = ""


@dataclass(frozen=True)
class DeliveryDelayed:
    """A sent message has not arrived at `address` yet, and their server keeps trying."""

    message: UUID
    answers: UUID
    address: str
    why: str


@dataclass(frozen=True)
class DeliveryConfirmed:
    """A server (`by`) says that a sent message arrived at `address`; not `final` where it only passed it on."""

    message: UUID
    answers: UUID
    address: str
    by: str
    final: bool = True


@dataclass(frozen=True)
class ReadConfirmed:
    """A read receipt came: `address` had the message displayed. That is no reply."""

    message: UUID
    answers: UUID
    address: str


@dataclass(frozen=True)
class ReadDeclined:
    """Somebody sent no read receipt, and their program says so. That tells nothing about whether they opened it."""

    message: UUID
    answers: UUID
    address: str


@dataclass(frozen=True)
class MessageOpened:
    """A person opened a message."""

    message: UUID
    hit: UUID


@dataclass(frozen=True)
class LinkClicked:
    """A person followed a link of a message."""

    message: UUID
    hit: UUID


@dataclass(frozen=True)
class MachineTouched:
    """A machine, the sender, or nobody can tell who, fetched a pixel or a link: shown in pencil, never counted."""

    message: UUID
    hit: UUID


@dataclass(frozen=True)
class VerdictChanged:
    """Hindsight or a person changed who did it: from `before` to `after`."""

    message: UUID
    hit: UUID
    before: str
    after: str


@dataclass(frozen=True)
class ReminderRang:
    """A reminder was due and its `condition` held. `message` is the one it waited on (none, where a whole thread, or a contact, waits).

    Of a contact's reminder `thread` is the latest with them, if there is one. `workspace` and `person` say whose it is, `since` from when
    on nothing was heard.
    """

    reminder: UUID
    thread: UUID | None
    message: UUID | None = None
    why: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    condition: str = NO_REPLY
    contact: UUID | None = None
    workspace: UUID | None = None
    person: UUID | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class ReminderHeld:
    """A reminder was due, but the mailbox is not fresh: ringing could be a lie. `why` is the sentence that says so."""

    reminder: UUID
    thread: UUID | None
    message: UUID | None = None
    why: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    contact: UUID | None = None
    workspace: UUID | None = None
    person: UUID | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class ReminderSnoozed:
    """The rep pushed a reminder back, until `until`."""

    reminder: UUID
    thread: UUID | None
    until: datetime
    workspace: UUID | None = None


@dataclass(frozen=True)
class ReminderSettled:
    """A reminder is over: answered, bounced or let go."""

    reminder: UUID
    thread: UUID | None
    workspace: UUID | None = None


@dataclass(frozen=True)
class ReminderMoved:
    """A reminder waits again: for an answer to a newer mail, for another date, or (`rung`) for the rep, who took back to have let it go."""

    reminder: UUID
    thread: UUID | None
    rung: bool = False
    workspace: UUID | None = None


@dataclass(frozen=True)
class ReturnChosen:
    """A person chose how threads that are due come back to them: the columns `returns_…` of Person."""

    person: UUID


@dataclass(frozen=True)
class ToldInFeed:
    """Something came into a person's feed: the row `activity` with what it says (`said`, as the feed keeps it). `at` is when it happened."""

    activity: UUID
    workspace: UUID
    person: UUID
    at: datetime
    kind: str
    said: dict[str, Any]
    thread: UUID | None = None
    message: UUID | None = None
    hit: UUID | None = None
    reminder: UUID | None = None
    mailbox: UUID | None = None


@dataclass(frozen=True)
class ConsentRefused:
    """A contact does not want to be tracked: nothing more is recorded, for mail already sent too."""

    contact: UUID


@dataclass(frozen=True)
class ConsentGiven:
    """A contact allowed tracking."""

    contact: UUID


@dataclass(frozen=True)
class LoggingStopped:
    """The rep put a pattern on the never-log list, for what was logged before too."""

    person: UUID
    pattern: str


Fact = TypeVar("Fact")
Reaction = Callable[[Any], Awaitable[None]]


@dataclass(frozen=True)
class AtOnce:
    """A reaction that takes all facts of a kind that were announced together, because one by one they would be too slow."""

    take: Callable[[Sequence[Any]], Awaitable[None]]

    async def __call__(self, fact: object) -> None:
        await self.take([fact])


_reactions: dict[type, list[Reaction]] = defaultdict(list)


def when(fact: type[Fact], *reactions: Callable[[Fact], Awaitable[None]]) -> None:
    """Wire reactions to a fact, in this order. Only `reactions.py` calls it."""
    _reactions[fact] = list(reactions)


async def announce(fact: object) -> None:
    """State a fact inside `together()`: its reactions write their rows in the same transaction, or nothing is written."""
    for reaction in _reactions[type(fact)]:
        await reaction(fact)


async def announce_all(facts: Sequence[object]) -> None:
    """State many facts of one moment likewise, kind after kind."""
    kinds: dict[type, list[object]] = {}
    for fact in facts:
        kinds.setdefault(type(fact), []).append(fact)
    for kind, several in kinds.items():
        for reaction in _reactions[kind]:
            if isinstance(reaction, AtOnce):
                await reaction.take(several)
            else:
                for fact in several:
                    await reaction(fact)
