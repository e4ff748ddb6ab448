"""What only becomes clear when the other hits of a mail are seen: a scanner touches every link at once, security software looks again."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from app.tracking.devices import BROWSER
from app.tracking.hands import added, convicted, guilt, guilt_of_a_check, is_among_machines, is_same_hand, is_same_network
from app.tracking.networks import MAILBOX, PROBABLE, WEAK
from app.tracking.scenes import Found, Judgement, Mail, Seen, delay, doubt, is_persons, machine, sure
from app.tracking.tables import CLICK, MACHINE, OPEN, PERSON, UNKNOWN
from app.tracking.tokens import DECOY

WINDOW = timedelta(seconds=10)
BURST = timedelta(seconds=1)
PAIR = timedelta(seconds=2)
FEWEST, MOST_IN_BURST, MOST_IN_WINDOW = 3, 4, 5
SURE, RATHER_SURE, LIKELY, OF_MANY_HANDS = 0.95, 0.85, 0.70, 0.90
GIVE_AWAYS = frozenset(["A2", "A3", "A4", "A6"])
"""What no person does: whoever did it has done the rest as well."""
CHECK, EARLY = "A2", "A6"
CHECKED_WITHIN, CHECKED_AGAIN_WITHIN = timedelta(seconds=15), timedelta(minutes=2)
VERSIONS_BEHIND = 12
TOO_SOON, EARLY_SECONDS = 15.0, 60.0


def of_one_mail(mail: Mail, first: Found) -> Found:
    """What the hits of one mail say about each other; the surest reason of each counts."""
    found: Found = {}
    for hits in by_recipient(mail.hits):
        of_programs = all_at_once(hits, mail.links), same_program(hits, first), checked_at_click(hits, first), open_and_click(hits, mail)
        for more in (*of_programs, came_back(hits, first)):
            found = added(found, more, first)
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
        sweeps = [longest_sweep([hit for hit in near if is_same_hand(hit, first)], links), of_many_hands(near, links)]
        for confidence, swept in filter(None, sweeps):
            judged = swept_by(swept, links, confidence)
            found |= {hit.id: judged for hit in swept if hit.id not in found}
            found |= {hit.id: judged for hit, judged in opens_around(hits, swept, confidence) if hit.id not in found}
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


def opens_around(hits: Sequence[Seen], swept: list[Seen], confidence: float) -> Iterator[tuple[Seen, Judgement]]:
    for hit in hits:
        if hit.kind == OPEN and not hit.device.is_proxy:
            found = MACHINE if is_within(hit, swept) else gravest(guilt(hit, swept[0]), guilt(hit, swept[-1]))
            if found:
                yield hit, machine(confidence, "C1o") if found == MACHINE else doubt("C1d")


def is_within(hit: Seen, swept: list[Seen]) -> bool:
    """A browser that loads the picture in the very seconds of the sweep, under whatever name; a mail program there may be the reader's."""
    return hit.device.nature == BROWSER and swept[0].at - PAIR <= hit.at <= swept[-1].at


def gravest(*found: str) -> str:
    return MACHINE if MACHINE in found else UNKNOWN if UNKNOWN in found else ""


def same_program(hits: Sequence[Seen], first: Found) -> Found:
    """The other hits of a program that gave itself away: in a decoy, an altered address, a check without opening."""
    found: Found = {}
    for seed in hits:
        if seed.id in first and (given := GIVE_AWAYS.intersection(first[seed.id].rules)) and not seed.device.is_proxy:
            shared = guilt_of_a_check if given == {CHECK} else guilt
            found = added(found, convicted(hits, seed, shared, spread_as(seed, given), 0.97), first)
    return found


def spread_as(seed: Seen, given: frozenset[str]) -> str:
    return "C2" if seed.link == DECOY else "C2b" if given == {EARLY} else "C2p"


def checked_at_click(hits: Sequence[Seen], first: Found) -> Found:
    """Two requests for one link within seconds, one of them from a data centre, or poorer and from abroad: that one checked it for the other.

    Two ordinary devices stay two people (resend-node#901).
    """
    clicks = [hit for hit in hits if hit.kind == CLICK and hit.method == "GET" and hit.device.is_persons]
    found: Found = {}
    for one in clicks:
        for other in clicks:
            if one is not other and one.link == other.link and (checked(one, other) or checked_again(one, other, first)):
                found[one.id] = machine(0.90, "C6")
    return found


def checked(one: Seen, other: Seen) -> bool:
    return abs(one.at - other.at) <= CHECKED_WITHIN and is_checker(one) and not is_checker(other)


def is_checker(hit: Seen) -> bool:
    return hit.certainty in (WEAK, PROBABLE)


def checked_again(one: Seen, other: Seen, first: Found) -> bool:
    """The maker of the reader's virus protection looks at what they followed: from its own country, with a browser that says less or is old."""
    near = -CHECKED_WITHIN <= one.at - other.at <= CHECKED_AGAIN_WITHIN
    abroad = bool(one.country and other.country) and one.country != other.country
    return near and abroad and is_poorer(one, other) and is_persons(other, first)


def is_poorer(one: Seen, other: Seen) -> bool:
    silent = any(name in other.headers and name not in one.headers for name in ("accept-language", "sec-fetch-mode"))
    older = one.device.client == other.device.client and 0 < one.device.major < other.device.major - VERSIONS_BEHIND
    return silent or older or 0 < one.device.engine < other.device.engine - VERSIONS_BEHIND


def came_back(hits: Sequence[Seen], first: Found) -> Found:
    """What nobody could tell at first, when the same device came back to the same mail on the same network and was a person's then."""
    found: Found = {}
    for hit in hits:
        if hit.id in first and first[hit.id].verdict == UNKNOWN and hit.device.is_persons and not is_among_machines(hit):
            later = (one for one in hits if one.at > hit.at and is_same_network(one, hit) and one.user_agent == hit.user_agent)
            if any(is_persons(one, first) for one in later):
                found[hit.id] = sure(PERSON, RATHER_SURE, "C7")
    return found


def open_and_click(hits: Sequence[Seen], mail: Mail) -> Found:
    """Picture and link within a second, nothing else around, soon after delivery: from a data centre, or by one browser sooner than anyone reads.

    Outlook, too, loads the picture when its reader follows a link, but the link opens in a browser.
    """
    early = [hit for hit in hits if hit.device.is_persons and hit.method == "GET" and is_within_seconds(hit, mail, EARLY_SECONDS)]
    if len(early) != 2 or {hit.kind for hit in early} != {OPEN, CLICK} or abs(early[0].at - early[1].at) > BURST:
        return {}
    if all(hit.certainty in (WEAK, MAILBOX) for hit in early):
        return {hit.id: machine(0.80, "C5") for hit in early}
    too_soon = is_within_seconds(early[0], mail, TOO_SOON) and is_one_browser(early)
    return {hit.id: machine(0.75, "C5s") for hit in early} if too_soon else {}


def is_within_seconds(hit: Seen, mail: Mail, most: float) -> bool:
    seconds = delay(hit, mail)
    return seconds is not None and seconds < most


def is_one_browser(hits: Sequence[Seen]) -> bool:
    return len({hit.user_agent for hit in hits}) == 1 and hits[0].device.nature == BROWSER


def joined(late: Judgement, early: Judgement) -> Judgement:
    """Hindsight first; what spoke for a machine before still does, what spoke for a person now speaks against."""
    if early.verdict != late.verdict:
        return late
    more = (reason for reason in early.reasons if reason.rule not in late.rules)
    return Judgement(late.verdict, max(late.confidence, early.confidence), (*late.reasons, *more))
