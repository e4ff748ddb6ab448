"""Who asked for a pixel or a link: the decision table, as pure functions over one hit and what was around it.

First the rules that decide alone, in order; else every sign is weighed. Confidence is the chance that the verdict is right.
"""

from collections.abc import Callable
from math import exp

from app.tracking import devices, programs
from app.tracking.networks import CERTAIN, RELAY, name_of
from app.tracking.rules import AGAINST, FOR, OPEN_QUESTION, Reason
from app.tracking.scenes import (
    APPLE,
    GOOGLE,
    MICROSOFT,
    YAHOO,
    Judgement,
    Scene,
    Seen,
    delay,
    machine,
    sure,
)
from app.tracking.tables import MACHINE, OPEN, PERSON, SELF, UNKNOWN
from app.tracking.tokens import DECOY
from app.tracking.weighing import PRIOR, Sign, own_places, signs_of

CLOCK_SKEW = 2.0
"""Providers date a mail by their own clock, often to the second."""
ON_ITS_WAY = 15.0
RETRY_SECONDS = 60
PERSON_FROM, UNKNOWN_FROM, SUREST = 0.60, 0.35, 0.95
MOST_REASONS, FAINTEST = 4, 0.3
ELSEWHERE = {GOOGLE: {MICROSOFT, YAHOO, APPLE}, YAHOO: {GOOGLE, MICROSOFT, APPLE}}
"""Whose proxy does not fetch for mailboxes where. A domain at `other` may have a gateway in front of anything."""

Rule = Callable[[Seen, Scene], Judgement | None]


def judge(hit: Seen, scene: Scene) -> Judgement:
    """The first rule that decides alone, else the weighing of all signs."""
    for rule in HARD_RULES:
        if found := rule(hit, scene):
            return found
    return weighed(hit, scene)


def own_device(hit: Seen, scene: Scene) -> Judgement | None:
    """Mail to colleagues, and networks that many share: there a browser like ours may be somebody else's."""
    if not any(devices.device_of(place.user_agent).same_as(hit.device) for place in own_places(hit, scene)):
        return None
    return sure(UNKNOWN, 0.50, "B14c") if scene.is_internal or hit.is_from_many else sure(SELF, 0.90, "B14")


def head(hit: Seen, _: Scene) -> Judgement | None:
    return machine(0.97, "A2") if hit.method in ("HEAD", "OPTIONS") else None


def decoy(hit: Seen, _: Scene) -> Judgement | None:
    return machine(0.99, "A3") if hit.link == DECOY else None


def altered(hit: Seen, _: Scene) -> Judgement | None:
    return machine(0.97, "A4") if hit.is_altered else None


def prefetched(hit: Seen, _: Scene) -> Judgement | None:
    return machine(0.95, "A5") if hit.is_ahead else None


def before_delivery(hit: Seen, scene: Scene) -> Judgement | None:
    """Of a proxy it says that it was another copy, and of people's programs at home perhaps only that clocks differ, or that the report came late."""
    seconds = delay(hit, scene)
    if seconds is None or seconds >= -CLOCK_SKEW:
        return None
    if hit.device.is_proxy and hit.is_open:
        return hidden(sure(UNKNOWN, 0.60, "A6p", name=hit.device.name), hit.device.name)
    at_home = hit.device.is_persons and not hit.is_among_machines
    return sure(UNKNOWN, 0.60, "A6c") if at_home and (hit.device.nature == devices.READER or was_on_its_way(hit, scene)) else machine(0.97, "A6")


def was_on_its_way(hit: Seen, scene: Scene) -> bool:
    """Sent a while ago, and not yet reported as delivered: servers tell of it minutes and hours late."""
    return scene.sent_at is not None and (hit.at - scene.sent_at).total_seconds() >= ON_ITS_WAY


def scanner_network(hit: Seen, _: Scene) -> Judgement | None:
    return machine(0.95, "A11", name=name_of(hit.role)) if hit.certainty == CERTAIN else None


def nothing_told(hit: Seen, _: Scene) -> Judgement | None:
    return None if hit.knows_agent else sure(UNKNOWN, 0.50, "U2")


def bare(hit: Seen, _: Scene) -> Judgement | None:
    """Apple's privacy protection calls itself `Mozilla/5.0` and nothing more; from its own relays that is nearly certain."""
    if hit.device.nature not in (programs.BARE, devices.NOTHING_KNOWN):
        return None
    if hit.is_open and hit.device.nature == programs.BARE and not hit.is_among_machines:
        return sure(UNKNOWN, 0.97 if hit.certainty == RELAY else 0.85, "A7")
    return machine(0.85, "A8")


def gmail_prefetch(hit: Seen, _: Scene) -> Judgement | None:
    ahead = hit.device.nature in (programs.GMAIL_PREFETCH, programs.PREFETCH)
    return machine(0.97 if hit.role == GOOGLE else 0.85, "A9") if ahead else None


def scanner(hit: Seen, _: Scene) -> Judgement | None:
    return machine(0.95, "A10", name=hit.device.name) if hit.device.nature == programs.SCANNER else None


def preview(hit: Seen, _: Scene) -> Judgement | None:
    if hit.device.nature != programs.PREVIEW:
        return None
    return machine(0.95, "A12", name=hit.device.name) if hit.device.name else machine(0.95, "A12n")


def library(hit: Seen, _: Scene) -> Judgement | None:
    if hit.device.nature not in (programs.LIBRARY, programs.CRAWLER):
        return None
    return machine(0.93, "A13", name=hit.device.name) if hit.device.name else machine(0.93, "A13n")


def proxy_click(hit: Seen, _: Scene) -> Judgement | None:
    return machine(0.80, "A16") if hit.device.is_proxy and hit.is_click else None


def misfit_proxy(hit: Seen, scene: Scene) -> Judgement | None:
    """A provider's proxy that fetches what lies in no mailbox of that provider: a copy somewhere else, perhaps the sender's own."""
    if not hit.device.is_proxy:
        return None
    whose = GOOGLE if hit.device.nature == programs.GMAIL_PROXY else YAHOO if hit.device.name == "Yahoo Mail" else ""
    if scene.providers and scene.providers <= ELSEWHERE.get(whose, set()):
        return hidden(sure(UNKNOWN, 0.70, "A18", name=hit.device.name), hit.device.name)
    if whose and hit.role and hit.role != whose and hit.is_among_machines:
        return machine(0.80, "A19", name=hit.device.name)
    return None


def proxy(hit: Seen, scene: Scene) -> Judgement | None:
    """A mailbox provider fetched it because a person opened the mail; some ask again, which is not a second open."""
    if hit.device.nature != programs.PROXY:
        return None
    name = hit.device.name
    again = any(one.user_agent == hit.user_agent and (hit.at - one.at).total_seconds() < RETRY_SECONDS for one in opens_before(hit, scene))
    return machine(0.85, "A14r", name=name) if again else hidden(sure(PERSON, 0.85, "A14", name=name), name)


def anybodys_proxy(hit: Seen, _: Scene) -> Judgement | None:
    """No mailbox provider's: the mail, or its picture, was pasted somewhere."""
    return sure(UNKNOWN, 0.60, "A20") if hit.device.nature == programs.ANYBODYS_PROXY else None


def gmail_proxy(hit: Seen, scene: Scene) -> Judgement | None:
    if hit.device.nature != programs.GMAIL_PROXY:
        return None
    fetched = [one for one in opens_before(hit, scene) if one.device.nature == programs.GMAIL_PROXY]
    if fetched and (hit.at - fetched[0].at).total_seconds() >= RETRY_SECONDS:
        return hidden(sure(PERSON, 0.92, "A15s"), "Google")
    seconds = delay(hit, scene)
    if seconds is not None and seconds < 3:
        return hidden(sure(UNKNOWN, 0.40, "A15q"), "Google")
    return hidden(sure(PERSON, 0.60, "A15q") if seconds is not None and seconds < 15 else sure(PERSON, 0.80, "A15"), "Google")


def proton(hit: Seen, _: Scene) -> Judgement | None:
    """Proton loads pictures through its own network, ahead of reading unless that is switched off."""
    return hidden(sure(UNKNOWN, 0.60, "A17"), "Proton") if hit.is_open and hit.role == "proton" else None


def own_network(hit: Seen, scene: Scene) -> Judgement | None:
    """Another program in one of our networks: on the same system it is ours, else nobody can tell, as offices and providers share addresses."""
    places = own_places(hit, scene)
    if scene.is_internal or not places:
        return None
    systems = {(own.kind, own.system) for own in (devices.device_of(place.user_agent) for place in places)}
    return sure(SELF, 0.75, "B14p") if (hit.device.kind, hit.device.system) in systems else sure(UNKNOWN, 0.60, "B14n")


HARD_RULES: tuple[Rule, ...] = (
    own_device, head, decoy, altered, prefetched, before_delivery, scanner_network, nothing_told, bare, gmail_prefetch, scanner, preview,
    library, proxy_click, misfit_proxy, proxy, anybodys_proxy, gmail_proxy, proton, own_network,
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
    seconds = delay(hit, scene)
    return [*(since_delivery(seconds) if seconds is not None else []), *([Reason("P2", OPEN_QUESTION)] if hit.place else [])]


def since_delivery(seconds: float) -> list[Reason]:
    if seconds < 60:
        return []
    minutes = int(seconds // 60)
    if minutes < 60:
        return [Reason("T1", FOR, (("minutes", minutes),))]
    return [Reason("T2", FOR, (("hours", minutes // 60),)) if minutes < 48 * 60 else Reason("T3", FOR, (("days", minutes // 1440),))]


def opens_before(hit: Seen, scene: Scene) -> list[Seen]:
    return [one for one, _ in scene.earlier if one.kind == OPEN and one.method == "GET" and one.at <= hit.at]
