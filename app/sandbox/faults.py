"""What goes wrong on request: each fault waits for a matching request and strikes as often as it was told to."""

import re
from dataclasses import dataclass, field
from typing import Literal

from app.clock import new_id

Kind = Literal[
    "429",
    "403-rate",
    "500",
    "503",
    "empty",
    "hang",
    "hang-after",
    "drop",
    "drop-after",
    "expired-token",
    "revoked",
    "lost-history",
    "withheld-sent",
    "lost-notice",
    "double-notice",
    "late-notice",
    "429-sending",
    "400",
    "404",
    "hollow-history",
    "403-daily",
    "only-missed",
]
ELSEWHERE = {"withheld-sent", "lost-notice", "double-notice", "late-notice", "hollow-history", "only-missed"}
PLACES = {"429-sending": r"/send$", "revoked": r"/token$", "lost-history": r"/history|/delta", "expired-token": r"/gmail/|/graph/"}


@dataclass
class Fault:
    """One thing that goes wrong, `count` times (-1: until deleted) after sparing the first `skip` matches, then with each `every`th."""

    kind: Kind
    provider: str | None = None
    mailbox: str | None = None
    path: str | None = None
    count: int = 1
    skip: int = 0
    retry_after: float | None = None
    dated: bool = False
    every: int = 1
    seen: int = 0
    seconds: float = 30.0
    id: str = field(default_factory=lambda: str(new_id()))
    struck: int = 0

    def fits(self, provider: str, mailbox: str | None, request: str) -> bool:
        """`request` reads `POST /google/gmail/v1/…`; `path` is a regular expression searched in it."""
        place = self.path or PLACES.get(self.kind)
        return (
            self.count != 0
            and self.provider in (None, provider)
            and self.mailbox in (None, mailbox)
            and (place is None or re.search(place, request) is not None)
        )

    def spend(self) -> bool:
        """Whether it strikes this time."""
        if self.skip > 0:
            self.skip -= 1
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        self.count -= self.count > 0
        self.struck += 1
        return True


class Faults:
    """The faults in the order they were asked for."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []

    def strike(self, provider: str, mailbox: str | None, request: str) -> Fault | None:
        """The fault of an HTTP exchange, if one is due."""
        fitting = (f for f in self.waiting if f.kind not in ELSEWHERE and f.fits(provider, mailbox, request))
        return next((fault for fault in fitting if fault.spend()), None)

    def take(self, kind: Kind, provider: str, mailbox: str) -> Fault | None:
        """The fault of this kind inside the provider, if one is due."""
        return next((fault for fault in self.waiting if fault.kind == kind and fault.fits(provider, mailbox, "") and fault.spend()), None)
