"""What is judged and what it is judged by: a hit, the mail it touched, what was around it, and the judgement."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, TypeVar
from uuid import UUID

from app.tracking.devices import Device, device_of
from app.tracking.networks import CERTAIN, DO_NOT_JUDGE, MAILBOX, PROBABLE, RELAY, WEAK, roles
from app.tracking.rules import FOR, OPEN_QUESTION, Reason
from app.tracking.tables import CLICK, MACHINE, OPEN, PERSON, UNKNOWN

GOOGLE, MICROSOFT, YAHOO, APPLE, OTHER = "google", "microsoft", "yahoo", "apple", "other"
FREE_MAIL = frozenset(
    [
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "yahoo.de", "yahoo.co.uk",
        "aol.com", "icloud.com", "me.com", "mac.com", "gmx.de", "gmx.net", "gmx.at", "gmx.ch", "web.de", "t-online.de", "freenet.de",
        "proton.me", "protonmail.com", "fastmail.com", "mail.ru", "yandex.ru", "seznam.cz", "orange.fr", "free.fr",
    ]
)  # fmt: skip
"""Whoever has an address there is nobody's colleague."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A hit as the ledger has it. A record from elsewhere may lack its headers or its user agent: that is not the same as empty."""

    id: UUID
    workspace: UUID
    message: UUID
    at: datetime
    link: int
    kind: str
    method: str
    user_agent: str
    headers: dict[str, str]
    network: str
    role: str
    country: str
    recipient: str = ""
    knows_agent: bool = True
    knows_headers: bool = True
    knows_language: bool = True
    is_altered: bool = False

    @cached_property
    def device(self) -> Device:
        return device_of(self.user_agent)

    def as_touch(self) -> dict[str, Any]:
        """Whose it is, when and from where: what its neighbours are found by."""
        return {"workspace": self.workspace, "at": self.at, "network": self.network}

    @cached_property
    def certainty(self) -> str:
        """How sure it is that only machines live in its network, for this kind of hit; weak for data centres."""
        role = roles().get(self.role) if self.role else None
        if role and role.certainty == MAILBOX and self.is_click:
            return WEAK  # a mailbox provider fetches pictures for its readers, it follows no links for them
        if not role or role.certainty in (WEAK, MAILBOX):
            return role.certainty if role else ""
        return role.certainty if self.kind in role.judges else WEAK if role.judges != "none" else role.certainty

    @property
    def place(self) -> str:
        """The country, where that says something: behind relays, data centres and a company's way to the web people are elsewhere."""
        return "" if self.role else self.country

    @property
    def says_language(self) -> bool:
        return "accept-language" in self.headers

    @property
    def goes_to_a_page(self) -> bool:
        """As a browser does for a person, not for a part of a page (Fetch Metadata, https://www.w3.org/TR/fetch-metadata/)."""
        return self.headers.get("sec-fetch-mode") == "navigate"

    @property
    def is_ahead(self) -> bool:
        """A browser says of it that nobody has asked for it yet."""
        said = " ".join(self.headers.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz")).lower()
        return any(word in said for word in ("prefetch", "prerender", "preview"))

    @property
    def is_among_machines(self) -> bool:
        """In a network of mail filters or in a data centre."""
        return self.certainty in (CERTAIN, PROBABLE, WEAK)

    @property
    def is_from_many(self) -> bool:
        """From a network that people of many places share: a relay, or a company's way to the web."""
        role = roles().get(self.role)
        return role is not None and role.certainty in (RELAY, DO_NOT_JUDGE)

    @property
    def is_open(self) -> bool:
        return self.kind == OPEN

    @property
    def is_click(self) -> bool:
        return self.kind == CLICK


@dataclass(frozen=True)
class OwnPlace:
    """Where somebody of the workspace was signed in around that time, and with what."""

    network: str
    user_agent: str


@dataclass(frozen=True)
class Gateway:
    """How a company's mail gateway fetches: between `earliest` and `latest` seconds after delivery, as seen on other mails."""

    domain: str
    earliest: float
    latest: float
    mails: int


@dataclass(frozen=True)
class Scene:
    """What was around a hit."""

    sent_at: datetime | None
    links: int = 0
    own: tuple[OwnPlace, ...] = ()
    earlier: tuple[tuple[Seen, str], ...] = ()
    encrypted: bool = False
    delivered_at: datetime | None = None
    providers: frozenset[str] = frozenset()
    is_internal: bool = False
    gateway: Gateway | None = None


@dataclass(frozen=True)
class Judgement:
    """Who did it, how sure that is, and why."""

    verdict: str
    confidence: float
    reasons: tuple[Reason, ...]

    @property
    def rules(self) -> list[str]:
        return [reason.rule for reason in self.reasons]


T = TypeVar("T")
Found = dict[UUID, Judgement]
"""Judgements by the hit's id."""


@dataclass
class Mail:
    """A message with everything that touched it: `hits` in the order they came, `settled` those whose verdict stays as it is."""

    id: UUID
    workspace: UUID
    sent_at: datetime | None
    links: int
    hits: list[Seen] = field(default_factory=list)
    settled: dict[UUID, str] = field(default_factory=dict)
    own: tuple[OwnPlace, ...] = ()
    delivered_at: datetime | None = None
    sender: str = ""
    recipients: tuple[str, ...] = ()
    providers: dict[str, str] = field(default_factory=dict)
    gateways: dict[str, Gateway] = field(default_factory=dict)

    def verdict_on(self, hit: Seen, judgement: Judgement) -> str:
        """What counts: a person's word before our judgement."""
        return self.settled.get(hit.id, judgement.verdict)

    def domains(self, hit: Seen) -> frozenset[str]:
        """Where the hit can have come from: its recipient's domain, else those of all recipients."""
        return domains_of((hit.recipient,) if hit.recipient else self.recipients)

    def domains_of_all(self) -> frozenset[str]:
        return domains_of(self.recipients)

    def company(self, hit: Seen) -> str:
        """The one company that the hit can have come from, or nothing."""
        return company_of(self.domains(hit))

    def scene(self, hit: Seen, earlier: tuple[tuple[Seen, str], ...], encrypted: bool) -> Scene:
        domains = self.domains(hit)
        known = [self.providers.get(domain, "") for domain in domains]
        return Scene(
            self.sent_at, self.links, self.own, earlier, encrypted, self.delivered_at,
            frozenset(known) if all(known) else frozenset(),
            bool(self.sender) and domains == {domain_of(self.sender)},
            self.gateways.get(self.company(hit)),
        )  # fmt: skip


@lru_cache(8192)
def domains_of(addresses: tuple[str, ...]) -> frozenset[str]:
    return frozenset(domain_of(address) for address in addresses if "@" in address)


@lru_cache(8192)
def company_of(domains: frozenset[str]) -> str:
    return next(iter(domains)) if len(domains) == 1 and not domains & FREE_MAIL else ""


@lru_cache(8192)
def domain_of(address: str) -> str:
    return address.rpartition("@")[2].strip("> ").lower()


def delay(hit: Seen, mail: Scene | Mail) -> float | None:
    """Seconds since the mail was delivered, or since it went out where nothing says when it arrived."""
    since = mail.delivered_at or mail.sent_at
    return (hit.at - since).total_seconds() if since else None


def sure(verdict: str, confidence: float, rule: str, **values: str | int) -> Judgement:
    return Judgement(verdict, confidence, (Reason(rule, OPEN_QUESTION if verdict == UNKNOWN else FOR, tuple(values.items())),))


def machine(confidence: float, rule: str, **values: str | int) -> Judgement:
    return sure(MACHINE, confidence, rule, **values)


def doubt(rule: str, **values: str | int) -> Judgement:
    """By that rule nobody can tell."""
    return sure(UNKNOWN, 0.50, rule, **values)


def is_persons(hit: Seen, found: Found) -> bool:
    return hit.id in found and found[hit.id].verdict == PERSON


def windows(items: Sequence[T], span: timedelta, at: Callable[[T], datetime], most: int | None = None) -> Iterator[list[T]]:
    """For each of these, in the order of time, it and those (so many at most) that came within that time after it."""
    for start, first in enumerate(items):
        yield [item for item in items[start:][:most] if at(item) - at(first) <= span]
