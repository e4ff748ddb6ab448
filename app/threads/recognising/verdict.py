"""What recognising a mail comes to."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.threads.recognising.kinds import BOUNCES, HUMAN_REPLY
from app.threads.recognising.reasons import Reason

FAILED, DELAYED, DELIVERED, RELAYED, EXPANDED = "failed", "delayed", "delivered", "relayed", "expanded"


@dataclass(frozen=True)
class Sentence:
    """An English catalogue entry with `%(name)s` places, and what fills them."""

    words: str
    values: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.words % self.values


@dataclass(frozen=True)
class Result:
    """What became of the mail at one recipient; `diagnostic` is the other server's own words, `reason` is ours."""

    address: str
    action: str
    status: str
    diagnostic: str
    reason: Reason

    @property
    def is_hard(self) -> bool:
        return self.action == FAILED and self.reason.hard


@dataclass(frozen=True)
class StandIn:
    """Who answers instead of somebody who is away; either may be empty."""

    name: str
    address: str


@dataclass(frozen=True)
class Recognition:
    """The kind of a mail, the rules that decided, and the same in words.

    `by_person` is true of first mails too, which are `other`. `original_ids` are the mails it may be about, likeliest first;
    `return_date` is their first day back.
    """

    kind: str
    rules: tuple[str, ...]
    why: tuple[Sentence, ...]
    status: str = ""
    results: tuple[Result, ...] = ()
    original_ids: tuple[str, ...] = ()
    return_date: date | None = None
    stand_in: StandIn | None = None
    by_person: bool = False

    @property
    def original_message_id(self) -> str:
        return next(iter(self.original_ids), "")

    @property
    def recipients(self) -> list[str]:
        return list(dict.fromkeys(one.address for one in self.results if one.address))

    @property
    def is_bounce(self) -> bool:
        return self.kind in BOUNCES

    @property
    def is_reply(self) -> bool:
        return self.kind == HUMAN_REPLY

    @property
    def words(self) -> str:
        return " ".join(map(str, self.why))

    @property
    def kept(self) -> dict[str, Any]:
        """As a message keeps it."""
        return {"rules": list(self.rules), "why": [[one.words, one.values] for one in self.why]}
