"""Who asked for a pixel or a link: the decision table, as pure functions over one hit and what was around it.

First the rules that decide alone, in order; else every sign is weighed. Confidence is the chance that the verdict is right.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from math import exp
from typing import Any
from uuid import UUID

from app.tracking import devices
from app.tracking.devices import Device, device_of
from app.tracking.networks import CERTAIN, PROBABLE, roles
from app.tracking.rules import AGAINST, FOR, OPEN_QUESTION, Reason
from app.tracking.tables import CLICK, MACHINE, OPEN, PERSON, SELF, UNKNOWN

CLOCK_SKEW = 2.0
"""Providers date a mail by their own clock, often to the second."""
RETRY_SECONDS = 60
PERSON_FROM, UNKNOWN_FROM, SUREST = 0.60, 0.35, 0.95
PRIOR = {OPEN: 0.8, CLICK: 0.6}
MOST_REASONS, FAINTEST = 4, 0.3
CHROME_131 = datetime(2024, 11, 12, tzinfo=UTC)
MAJORS_A_YEAR = 12
CURRENT_MAJORS, STALE_MAJORS = 18, 24
FETCH_METADATA_SINCE = 90
NETWORK_NAMES = {"microsoft-365-protection": "Microsoft 365", "microsoft": "Microsoft", "barracuda-egd": "Barracuda"}
WEBMAIL = ("mail.", "webmail.", "outlook.", "roundcube.", "owa.", "email.")


@dataclass(frozen=True, eq=False)
class Seen:
    """A hit as the ledger has it."""

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

    @cached_property
    def device(self) -> Device:
        return device_of(self.user_agent)


@dataclass(frozen=True)
class OwnPlace:
    """Where the sender was signed in that day, and with what."""

    network: str
    user_agent: str


@dataclass(frozen=True)
class Scene:
    """What was around a hit."""

    sent_at: datetime
    links: int = 0
    own: tuple[OwnPlace, ...] = ()
    earlier: tuple[tuple[Seen, str], ...] = ()
    encrypted: bool = False


@dataclass(frozen=True)
class Judgement:
    """Who did it, how sure that is, and why."""

    verdict: str
    confidence: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Sign:
    """One thing that speaks for a person (positive) or against."""

    rule: str
    weight: float
    values: dict[str, str | int] = field(default_factory=dict)


Rule = Callable[[Seen, Scene], Judgement | None]


def judge(hit: Seen, scene: Scene) -> Judgement:
    """The first rule that decides alone, else the weighing of all signs."""
    for rule in HARD_RULES:
        if found := rule(hit, scene):
            return found
    return weighed(hit, scene)


def sure(verdict: str, confidence: float, rule: str, **values: str | int) -> Judgement:
    return Judgement(verdict, confidence, (Reason(rule, OPEN_QUESTION if verdict == UNKNOWN else FOR, tuple(values.items())),))


def own_device(hit: Seen, scene: Scene) -> Judgement | None:
    same = (place for place in scene.own if hit.network and place.network == hit.network)
    return sure(SELF, 0.90, "B14") if any(device_of(place.user_agent).same_as(hit.device) for place in same) else None


def head(hit: Seen, _: Scene) -> Judgement | None:
    return sure(MACHINE, 0.97, "A2") if hit.method == "HEAD" else None


def prefetched(hit: Seen, _: Scene) -> Judgement | None:
    said = " ".join(hit.headers.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz")).lower()
    return sure(MACHINE, 0.95, "A5") if any(word in said for word in ("prefetch", "prerender", "preview")) else None


def before_delivery(hit: Seen, scene: Scene) -> Judgement | None:
    return sure(MACHINE, 0.97, "A6") if delay(hit, scene) < -CLOCK_SKEW else None


def bare(hit: Seen, _: Scene) -> Judgement | None:
    """Apple's privacy protection calls itself `Mozilla/5.0` and nothing more. Without its list of addresses that is likely, not certain."""
    if hit.device.nature != devices.BARE:
        return None
    return sure(UNKNOWN, 0.85, "A7") if hit.kind == OPEN else sure(MACHINE, 0.85, "A8")


def gmail_prefetch(hit: Seen, _: Scene) -> Judgement | None:
    return sure(MACHINE, 0.85, "A9") if hit.device.nature in (devices.GMAIL_PREFETCH, devices.PREFETCH) else None


def scanner(hit: Seen, _: Scene) -> Judgement | None:
    return sure(MACHINE, 0.95, "A10", name=hit.device.name) if hit.device.nature == devices.SCANNER else None


def scanner_network(hit: Seen, _: Scene) -> Judgement | None:
    return sure(MACHINE, 0.95, "A11", name=owner(hit)) if certainty(hit) == CERTAIN else None


def preview(hit: Seen, _: Scene) -> Judgement | None:
    if hit.device.nature != devices.PREVIEW:
        return None
    return sure(MACHINE, 0.95, "A12", name=hit.device.name) if hit.device.name else sure(MACHINE, 0.95, "A12n")


def library(hit: Seen, _: Scene) -> Judgement | None:
    if hit.device.nature != devices.LIBRARY:
        return None
    return sure(MACHINE, 0.93, "A13", name=hit.device.name) if hit.device.name else sure(MACHINE, 0.93, "A13n")


def proxy_click(hit: Seen, _: Scene) -> Judgement | None:
    return sure(MACHINE, 0.80, "A16") if is_proxy(hit) and hit.kind == CLICK else None


def proxy(hit: Seen, scene: Scene) -> Judgement | None:
    """A mailbox provider fetched it because a person opened the mail; some ask again, which is not a second open."""
    if hit.device.nature != devices.PROXY:
        return None
    name = hit.device.name
    again = any(one.user_agent == hit.user_agent and (hit.at - one.at).total_seconds() < RETRY_SECONDS for one in opens_before(hit, scene))
    return sure(MACHINE, 0.85, "A14r", name=name) if again else hidden(sure(PERSON, 0.85, "A14", name=name), name)


def gmail_proxy(hit: Seen, scene: Scene) -> Judgement | None:
    if hit.device.nature != devices.GMAIL_PROXY:
        return None
    fetched = [one for one in opens_before(hit, scene) if one.device.nature == devices.GMAIL_PROXY]
    if fetched and (hit.at - fetched[0].at).total_seconds() >= RETRY_SECONDS:
        return hidden(sure(PERSON, 0.92, "A15s"), "Google")
    seconds = delay(hit, scene)
    if seconds < 3:
        return hidden(sure(UNKNOWN, 0.40, "A15q"), "Google")
    return hidden(sure(PERSON, 0.60, "A15q") if seconds < 15 else sure(PERSON, 0.80, "A15"), "Google")


HARD_RULES: tuple[Rule, ...] = (
    own_device, head, prefetched, before_delivery, bare, gmail_prefetch, scanner, scanner_network, preview, library, proxy_click, proxy, gmail_proxy,
)  # fmt: skip


def hidden(judgement: Judgement, name: str) -> Judgement:
    return Judgement(judgement.verdict, judgement.confidence, (*judgement.reasons, Reason("P1", OPEN_QUESTION, (("name", name),))))


def weighed(hit: Seen, scene: Scene) -> Judgement:
    """Prior and signs added up as log odds; the strongest signs are named."""
    signs = sorted(signs_of(hit, scene), key=lambda sign: -abs(sign.weight))
    chance = 1 / (1 + exp(-(PRIOR[hit.kind] + sum(sign.weight for sign in signs))))
    verdict = PERSON if chance >= PERSON_FROM else UNKNOWN if chance >= UNKNOWN_FROM else MACHINE
    confidence = {PERSON: chance, MACHINE: 1 - chance, UNKNOWN: max(chance, 1 - chance)}[verdict]
    named = [reason(sign, verdict) for sign in signs if abs(sign.weight) >= FAINTEST][:MOST_REASONS]
    return Judgement(verdict, min(confidence, SUREST), (*opening(verdict), *named, *context(hit, scene, verdict)))


def reason(sign: Sign, verdict: str) -> Reason:
    speaks_for = (sign.weight > 0) == (verdict != MACHINE)
    return Reason(sign.rule, FOR if speaks_for else AGAINST, tuple(sign.values.items()))


def opening(verdict: str) -> list[Reason]:
    return [Reason("U1", OPEN_QUESTION)] if verdict == UNKNOWN else []


def context(hit: Seen, scene: Scene, verdict: str) -> list[Reason]:
    """What decides nothing but belongs to the picture: when, and how exact the place is."""
    if verdict == MACHINE:
        return []
    return [*since_delivery(delay(hit, scene)), *([Reason("P2", OPEN_QUESTION)] if hit.country else [])]


def since_delivery(seconds: float) -> list[Reason]:
    if seconds < 60:
        return []
    minutes = int(seconds // 60)
    if minutes < 60:
        return [Reason("T1", FOR, (("minutes", minutes),))]
    return [Reason("T2", FOR, (("hours", minutes // 60),)) if minutes < 48 * 60 else Reason("T3", FOR, (("days", minutes // 1440),))]


def signs_of(hit: Seen, scene: Scene) -> Iterator[Sign]:
    yield from by_program(hit, scene)
    yield from by_network(hit, scene)
    yield from by_time(hit, scene)
    yield from by_headers(hit)
    if any(verdict == PERSON and one.device.same_as(hit.device) for one, verdict in scene.earlier):
        yield Sign("B11", +2.0)


def by_program(hit: Seen, scene: Scene) -> Iterator[Sign]:
    device = hit.device
    current = current_major(hit.at)
    if device.nature == devices.READER:
        yield Sign("B1", +2.5, {"client": device.client or device.system})
    elif device.is_chromium and device.kind == devices.COMPUTER and device.major <= current - STALE_MAJORS:
        yield Sign("B4", -1.2)
    elif "accept-language" in hit.headers and (device.client == "Safari" or device.major >= current - CURRENT_MAJORS):
        yield Sign("B2", +1.5)
    if hit.kind == CLICK and scene.encrypted and says_where_from(device) and hit.headers.get("sec-fetch-mode") != "navigate":
        yield Sign("B3", -1.5, {"client": device.client})


def says_where_from(device: Device) -> bool:
    """Browsers that send Fetch Metadata over HTTPS with every request."""
    return device.client in ("Chrome", "Edge", "Firefox") and device.major >= FETCH_METADATA_SINCE


def by_network(hit: Seen, scene: Scene) -> Iterator[Sign]:
    if certainty(hit) == PROBABLE:
        seconds = delay(hit, scene)
        yield Sign("B5", -3.0 if seconds < 120 else -1.5 if seconds < 3600 else -0.3, {"name": owner(hit)})
    if hit.network and any(place.network == hit.network for place in scene.own):
        yield Sign("B14n", -1.5)


def by_time(hit: Seen, scene: Scene) -> Iterator[Sign]:
    seconds = max(delay(hit, scene), 0.0)
    milder = 0.5 if hit.kind == OPEN else 1.0
    if seconds < 2:
        yield Sign("B8", -3.0, {"seconds": int(seconds)})
    elif seconds < 60:
        yield Sign("B8m", (-1.2 if seconds < 10 else -0.4) * milder, {"seconds": int(seconds)})


def by_headers(hit: Seen) -> Iterator[Sign]:
    if hit.kind == CLICK and "text/html" not in hit.headers.get("accept", ""):
        yield Sign("B9", -0.7)
    if hit.device.nature == devices.BROWSER and "accept-language" not in hit.headers:
        yield Sign("B10", -0.7)
    if hit.kind == OPEN and hit.headers.get("referer", "").startswith(WEBMAIL):
        yield Sign("B12", +0.7)


def delay(hit: Seen, scene: Scene) -> float:
    """Seconds since the mail went out."""
    return (hit.at - scene.sent_at).total_seconds()


def current_major(at: datetime) -> int:
    """About which version Chrome, Edge and Firefox have at that time: they have counted in step, monthly, since 2021."""
    return 131 + int((at - CHROME_131) / timedelta(days=365) * MAJORS_A_YEAR)


def is_proxy(hit: Seen) -> bool:
    return hit.device.nature in (devices.PROXY, devices.GMAIL_PROXY)


def opens_before(hit: Seen, scene: Scene) -> list[Seen]:
    return [one for one, _ in scene.earlier if one.kind == OPEN and one.method == "GET" and one.at <= hit.at]


def certainty(hit: Seen) -> str:
    """How sure it is that only machines live in the hit's network, for this kind of hit."""
    role = roles().get(hit.role)
    return role.certainty if role and hit.kind in role.judges else ""


def owner(hit: Seen) -> str:
    return NETWORK_NAMES.get(hit.role, hit.role)


def described(hit: Seen, verdict: str) -> dict[str, Any]:
    """The device as people are told of it: what is known, no more. No place where a machine or a proxy stands."""
    device = hit.device
    if verdict == MACHINE or device.kind == devices.PROGRAM:
        return {"kind": "machine", "system": "", "client": device.name or owner(hit), "hidden_by": "", "country": ""}
    if device.kind == devices.HIDDEN:
        return {"kind": "hidden", "system": "", "client": "", "hidden_by": {"bare": "Apple"}.get(device.nature, device.name), "country": ""}
    in_app = hit.kind == CLICK and device.nature == devices.READER
    return {"kind": device.kind, "system": device.system, "client": "" if in_app else device.client, "hidden_by": "", "country": hit.country}
