"""What only becomes clear when other hits are seen: a scanner touches every link at once, or the mail of several people in one second."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from app.tracking.devices import BROWSER
from app.tracking.networks import PROBABLE, RELAY, WEAK, roles
from app.tracking.scenes import Judgement, Mail, Seen, delay, machine
from app.tracking.tables import CLICK, OPEN
from app.tracking.tokens import DECOY

Found = dict[UUID, Judgement]

WINDOW = timedelta(seconds=10)
BURST = timedelta(seconds=1)
PAIR = timedelta(seconds=2)
AROUND = timedelta(seconds=60)
FEWEST, MOST_IN_BURST, MOST_IN_WINDOW = 3, 4, 5
SURE, RATHER_SURE, LIKELY, OF_MANY_HANDS = 0.95, 0.85, 0.70, 0.90
GIVE_AWAYS = frozenset(["A2", "A3", "A4", "A6"])
"""What no person does: whoever did it has done the rest as well."""
CHECKED_WITHIN = timedelta(seconds=15)
COLLEAGUES, COLLEAGUES_OF_ONE_HAND = 3, 2
COMPANIES, COMPANIES_WITHIN = 3, timedelta(minutes=5)
NEXT_DOOR = timedelta(minutes=10)
TOO_SOON = 15.0


def of_one_mail(mail: Mail, first: Found) -> Found:
    """What the hits of one mail say about each other; the surest reason of each counts."""
    found: Found = {}
    for hits in by_recipient(mail.hits):
        for more in (all_at_once(hits, mail.links), same_program(hits, first), checked_at_click(hits), open_and_click(hits, mail)):
            found |= {hit: judgement for hit, judgement in more.items() if hit not in found}
    return found


def by_recipient(hits: Sequence[Seen]) -> Iterable[list[Seen]]:
    groups: dict[str, list[Seen]] = defaultdict(list)
    for hit in hits:
        groups[hit.recipient].append(hit)
    return groups.values()


def all_at_once(hits: Sequence[Seen], links: int) -> Found:
    """The clicks of whoever followed the links of a message faster than people do, and the opens by the same hand."""
    clicks = sorted((hit for hit in hits if hit.kind == CLICK and hit.method == "GET"), key=lambda hit: hit.at)
    found: Found = {}
    if len({hit.link for hit in clicks}) < 2:
        return {}
    for start, first in enumerate(clicks):
        near = [hit for hit in clicks[start:] if hit.at - first.at <= WINDOW]
        sweeps = [longest_sweep([hit for hit in near if same_hand(hit, first)], links), of_many_hands(near, links)]
        for confidence, swept in filter(None, sweeps):
            judged = swept_by(swept, links, confidence)
            found |= {hit.id: judged for hit in swept if hit.id not in found}
            found |= {hit.id: machine(confidence, "C1o") for hit in opens_around(hits, swept) if hit.id not in found}
    return found


def longest_sweep(clicks: list[Seen], links: int) -> tuple[float, list[Seen]] | None:
    """How sure it is that these clicks, the first of them included, were a machine's, and which."""
    for span, fewest, everything, confidence in (
        (WINDOW, FEWEST, True, SURE),
        (WINDOW, MOST_IN_WINDOW, False, SURE),
        (BURST, MOST_IN_BURST, False, SURE),
        (PAIR, FEWEST, False, RATHER_SURE),
        (PAIR, 2, True, LIKELY),
    ):
        within = [hit for hit in clicks if hit.at - clicks[0].at <= span]
        touched = len({hit.link for hit in within})
        if touched >= fewest and (touched >= links or not everything):
            return confidence, within
    return None


def of_many_hands(clicks: list[Seen], links: int) -> tuple[float, list[Seen]] | None:
    """Some gateways send each request from another address under another name; every link within seconds gives them away."""
    touched = len({hit.link for hit in clicks} - {DECOY})
    return (OF_MANY_HANDS, clicks) if touched >= max(FEWEST, links) else None


def swept_by(swept: list[Seen], links: int, confidence: float) -> Judgement:
    touched = len({hit.link for hit in swept})
    seconds = max(1, round((swept[-1].at - swept[0].at).total_seconds()))
    return machine(confidence, "C1" if touched >= links else "C1m", count=touched, seconds=seconds)


def opens_around(hits: Sequence[Seen], swept: list[Seen]) -> Iterator[Seen]:
    near = (hit for hit in hits if hit.kind == OPEN and not hit.device.is_proxy)
    return (hit for hit in near if is_within(hit, swept) or (abs(hit.at - swept[0].at) <= AROUND and same_hand(hit, swept[0])))


def is_within(hit: Seen, swept: list[Seen]) -> bool:
    """A browser that loads the picture in the very seconds of the sweep, under whatever name; a mail program there may be the reader's."""
    return hit.device.nature == BROWSER and swept[0].at - PAIR <= hit.at <= swept[-1].at


def same_hand(one: Seen, other: Seen) -> bool:
    """One network or one user agent: scanners often change one of them, rarely both."""
    return bool(one.network and one.network == other.network) or one.user_agent == other.user_agent


def same_program(hits: Sequence[Seen], first: Found) -> Found:
    """The other hits of a program that gave itself away: in a decoy, an altered address, a check without opening."""
    found: Found = {}
    for seed in hits:
        if seed.id in first and GIVE_AWAYS.intersection(first[seed.id].rules) and not seed.device.is_proxy:
            rule = "C2" if seed.link == DECOY else "C2p"
            found |= {hit.id: machine(0.97, rule) for hit in hits if hit.id != seed.id and hit.id not in found and is_same_program(hit, seed)}
    return found


def is_same_program(hit: Seen, seed: Seen) -> bool:
    if hit.device.is_proxy or abs(hit.at - seed.at) > AROUND:
        return False
    at_once = abs(hit.at - seed.at) <= WINDOW
    same_network = bool(hit.network) and hit.network == seed.network
    same_agent = hit.user_agent == seed.user_agent
    same_owner = bool(hit.role) and hit.role == seed.role
    return (same_network and (same_agent or seed.link == DECOY or at_once)) or (same_agent and (at_once or same_owner))


def checked_at_click(hits: Sequence[Seen]) -> Found:
    """Two requests for one link within seconds, one of them from a data centre: that one checked it for the other.

    Two ordinary devices stay two people (resend-node#901).
    """
    clicks = [hit for hit in hits if hit.kind == CLICK and hit.method == "GET" and hit.device.is_persons]
    found: Found = {}
    for one in clicks:
        for other in clicks:
            if one is not other and one.link == other.link and abs(one.at - other.at) <= CHECKED_WITHIN and is_checker(one) and not is_checker(other):
                found[one.id] = machine(0.90, "C6")
    return found


def is_checker(hit: Seen) -> bool:
    return hit.certainty in (WEAK, PROBABLE)


def open_and_click(hits: Sequence[Seen], mail: Mail) -> Found:
    """Picture and link within a second, nothing else, soon after delivery: from a data centre, or by one browser sooner than anyone reads.

    Outlook, too, loads the picture when its reader follows a link, but the link opens in a browser.
    """
    plain = [hit for hit in hits if hit.device.is_persons and hit.method == "GET"]
    if len(plain) != 2 or {hit.kind for hit in plain} != {OPEN, CLICK} or abs(plain[0].at - plain[1].at) > BURST:
        return {}
    seconds = delay(plain[0], mail)
    if seconds is None or seconds >= 60:
        return {}
    if all(hit.certainty == WEAK for hit in plain):
        return {hit.id: machine(0.80, "C5") for hit in plain}
    return {hit.id: machine(0.75, "C5s") for hit in plain} if seconds < TOO_SOON and is_one_browser(plain) else {}


def is_one_browser(hits: Sequence[Seen]) -> bool:
    return len({hit.user_agent for hit in hits}) == 1 and hits[0].device.nature == BROWSER


def of_many_mails(mails: Sequence[Mail], first: Found) -> Found:
    """What the hits of several mails say about each other."""
    if len({copy_of(hit, mail) for mail in mails for hit in mail.hits}) < COLLEAGUES_OF_ONE_HAND:
        return {}
    every = sorted(((hit, mail) for mail in mails for hit in mail.hits), key=lambda pair: pair[0].at)
    found: Found = {}
    for more in (colleagues_at_once(every), next_door(every, first), many_companies(every)):
        found |= {hit: judgement for hit, judgement in more.items() if hit not in found}
    return found


Touches = Sequence[tuple[Seen, Mail]]


def colleagues_at_once(every: Touches) -> Found:
    """Copies of several people of one company touched within one second."""
    companies: dict[str, list[tuple[Seen, Mail]]] = defaultdict(list)
    for hit, mail in every:
        if (company := mail.company(hit)) and not hit.device.is_proxy:
            companies[company].append((hit, mail))
    found: Found = {}
    for touches in companies.values():
        for start, (first, _) in enumerate(touches):
            near = [touch for touch in touches[start : start + 200] if touch[0].at - first.at <= BURST]
            of_one = [touch for touch in near if same_hand(touch[0], first)]
            for group, fewest, confidence in ((near, COLLEAGUES, 0.93), (of_one, COLLEAGUES_OF_ONE_HAND, 0.80)):
                if (people := len({copy_of(hit, mail) for hit, mail in group})) >= fewest:
                    found |= {hit.id: machine(confidence, "C3", count=people) for hit, _ in group if hit.id not in found}
    return found


def copy_of(hit: Seen, mail: Mail) -> tuple[UUID, str]:
    return mail.id, hit.recipient


def next_door(every: Touches, first: Found) -> Found:
    """What the hand that went into a decoy did to colleagues' copies in those minutes."""
    seeds = [(hit, mail.company(hit)) for hit, mail in every if hit.link == DECOY and hit.network and hit.id in first]
    found: Found = {}
    for seed, company in seeds:
        for hit, mail in every:
            if company and hit.id != seed.id and hit.network == seed.network and mail.company(hit) == company and abs(hit.at - seed.at) <= NEXT_DOOR:
                found.setdefault(hit.id, machine(0.85, "C2"))
    return found


def many_companies(every: Touches) -> Found:
    """One address that touches mail to several companies within minutes, and is none of the networks where many people come from."""
    networks: dict[str, list[tuple[Seen, Mail]]] = defaultdict(list)
    for hit, mail in every:
        if hit.network and mail.company(hit) and not hit.device.is_proxy and not is_peoples(hit):
            networks[hit.network].append((hit, mail))
    found: Found = {}
    for touches in networks.values():
        for start, (first, _) in enumerate(touches):
            near = [touch for touch in touches[start : start + 200] if touch[0].at - first.at <= COMPANIES_WITHIN]
            if (companies := len({mail.company(hit) for hit, mail in near})) >= COMPANIES:
                found |= {hit.id: machine(0.85, "C4", count=companies) for hit, _ in near if hit.id not in found}
    return found


def is_peoples(hit: Seen) -> bool:
    role = roles().get(hit.role)
    return role is not None and role.certainty in (RELAY, "do-not-judge")


def joined(late: Judgement, early: Judgement) -> Judgement:
    """Hindsight first; what spoke for a machine before still does, what spoke for a person now speaks against."""
    if early.verdict != late.verdict:
        return late
    more = (reason for reason in early.reasons if reason.rule not in late.rules)
    return Judgement(late.verdict, max(late.confidence, early.confidence), (*late.reasons, *more))
