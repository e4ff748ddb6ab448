"""Links followed faster or more evenly than people do, by which a gateway shows itself, and what it did around that."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

from app.tracking.devices import BROWSER
from app.tracking.hands import guilt, is_clicked, is_same_hand
from app.tracking.scenes import Found, Judgement, Mail, Seen, delay, doubt, is_persons, machine, windows
from app.tracking.tables import CLICK, MACHINE, OPEN, UNKNOWN
from app.tracking.tokens import DECOY

WINDOW = timedelta(seconds=10)
BURST = timedelta(seconds=1)
PAIR = timedelta(seconds=2)
FEWEST, MOST_IN_BURST, MOST_IN_WINDOW = 3, 4, 5
SURE, RATHER_SURE, LIKELY, OF_MANY_HANDS = 0.95, 0.85, 0.70, 0.90
HANDS_PACE, HANDS_START = timedelta(seconds=0.7), 60.0
PACED_START = 120.0
ONE_BY_ONE, ONE_BY_ONE_WITHIN = 4, timedelta(minutes=10)
Sweep = tuple[float, list[Seen]]
"""How sure it is that these clicks were a machine's, and which."""
Search = Callable[[Sequence[Seen], int], Sweep | None]


def all_at_once(hits: Sequence[Seen], mail: Mail, first: Found) -> Found:
    """The clicks of whoever followed the links of a message faster than people do, and the opens by the same hand."""
    clicks = clicks_of(hits)
    found: Found = {}
    if len({hit.link for hit in clicks}) < 2:
        return {}
    for search in (longest_sweep, of_many_hands):
        for within in windows(clicks, WINDOW, when):
            near = within if search is of_many_hands else [hit for hit in within if is_same_hand(hit, within[0])]
            if sweep := sweep_among(near, search, mail.links, first, found):
                more = by_hand(sweep[1]) if is_by_hand(sweep[1], hits, mail, first) else by_machine(hits, *sweep, mail.links)
                found |= {id: judged for id, judged in more.items() if id not in found}
    return found


def sweep_among(candidates: list[Seen], search: Search, links: int, first: Found, found: Found) -> Sweep | None:
    """Without those who only stand by, if that is a sweep; with them, if nothing is explained without."""
    doers = without_bystanders(candidates, first)
    if sweep := search(doers, links):
        return sweep
    return None if any(hit.id in found for hit in doers) else search(candidates, links)


def without_bystanders(candidates: list[Seen], first: Found) -> list[Seen]:
    """Who is a person by all other signs, at home, and followed a link or two while somebody else went through all of them, is none of the doers."""
    touched: dict[tuple[str, str], set[int]] = defaultdict(set)
    for hit in candidates:
        touched[hit.network, hit.user_agent].add(hit.link)
    busy = {hand for hand, links in touched.items() if len(links) >= FEWEST}
    return [hit for hit in candidates if (hit.network, hit.user_agent) in busy or not is_persons(hit, first) or hit.is_among_machines]


def clicks_of(hits: Sequence[Seen]) -> list[Seen]:
    return sorted((hit for hit in hits if hit.kind == CLICK and hit.method == "GET"), key=when)


def when(hit: Seen) -> datetime:
    return hit.at


def longest_sweep(clicks: Sequence[Seen], links: int) -> Sweep | None:
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


def of_many_hands(clicks: Sequence[Seen], links: int) -> Sweep | None:
    """Some gateways send each request from another address under another name; every link within seconds gives them away."""
    touched = len({hit.link for hit in clicks} - {DECOY})
    return (OF_MANY_HANDS, list(clicks)) if touched >= max(FEWEST, links) else None


def by_machine(hits: Sequence[Seen], confidence: float, swept: list[Seen], links: int) -> Found:
    touched = len({hit.link for hit in swept})
    judged = machine(confidence, "C1" if touched >= links else "C1m", count=touched, seconds=seconds_of(swept))
    return {hit.id: judged for hit in swept} | dict(opens_around(hits, swept, confidence))


def by_hand(swept: list[Seen]) -> Found:
    judged = doubt("C1h", count=len({hit.link for hit in swept}), seconds=seconds_of(swept))
    return {hit.id: judged for hit in swept}


def seconds_of(swept: list[Seen]) -> int:
    return max(1, round((swept[-1].at - swept[0].at).total_seconds()))


def is_by_hand(swept: list[Seen], hits: Sequence[Seen], mail: Mail, first: Found) -> bool:
    """As somebody opens links in tabs: at home, with one browser, each by a click of its own and not too fast, after they had opened the mail."""
    seconds = delay(swept[0], mail)
    one_browser = len({(hit.network, hit.user_agent) for hit in swept}) == 1 and not swept[0].is_among_machines
    unhurried = seconds is not None and seconds >= HANDS_START and all(later.at - one.at >= HANDS_PACE for one, later in pairwise(swept))
    clicked = all(is_clicked(hit) and is_persons(hit, first) for hit in swept)
    return one_browser and unhurried and clicked and was_opened(swept[0], hits, first)


def was_opened(clicked: Seen, hits: Iterable[Seen], first: Found) -> bool:
    """By a person, before."""
    return any(hit.kind == OPEN and hit.at < clicked.at and is_persons(hit, first) for hit in hits)


def opens_around(hits: Sequence[Seen], swept: list[Seen], confidence: float) -> Iterator[tuple[UUID, Judgement]]:
    for hit in hits:
        if hit.kind == OPEN and not hit.device.is_proxy:
            found = MACHINE if is_within(hit, swept) else gravest(guilt(hit, swept[0]), guilt(hit, swept[-1]))
            if found:
                yield hit.id, machine(confidence, "C1o") if found == MACHINE else doubt("C1d")


def is_within(hit: Seen, swept: list[Seen]) -> bool:
    """A browser that loads the picture in the very seconds of the sweep, under whatever name; a mail program there may be the reader's."""
    return hit.device.nature == BROWSER and swept[0].at - PAIR <= hit.at <= swept[-1].at


def gravest(*found: str) -> str:
    return MACHINE if MACHINE in found else UNKNOWN if UNKNOWN in found else ""


def one_by_one(hits: Sequence[Seen], mail: Mail, first: Found) -> Found:
    """Every link of a mail with many, each once, within minutes: a machine in a data centre; right after delivery perhaps one that paces itself."""
    hands: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for hit in clicks_of(hits):
        if hit.network:
            hands[hit.network, hit.user_agent].append(hit)
    found: Found = {}
    for clicks in hands.values():
        each_once = len(clicks) == len({hit.link for hit in clicks}) == mail.links
        if each_once and mail.links >= ONE_BY_ONE and clicks[-1].at - clicks[0].at <= ONE_BY_ONE_WITHIN:
            seconds = delay(clicks[0], mail)
            if clicks[0].is_among_machines:
                found |= {hit.id: machine(RATHER_SURE, "C1s", count=mail.links) for hit in clicks}
            elif seconds is not None and seconds < PACED_START and not was_opened(clicks[0], hits, first):
                found |= {hit.id: doubt("C1s", count=mail.links) for hit in clicks}
    return found


def from_many_addresses(hits: Sequence[Seen]) -> Found:
    """Several links of a mail within minutes, each from another address of data centres or filters: nobody's desktop stands in all of them."""
    clicks = [hit for hit in clicks_of(hits) if hit.is_among_machines and hit.network]
    found: Found = {}
    for near in windows(clicks, ONE_BY_ONE_WITHIN, when):
        addresses = len({hit.network for hit in near})
        if addresses >= FEWEST and len({hit.link for hit in near}) >= FEWEST:
            found |= {hit.id: machine(RATHER_SURE, "C1a", count=addresses) for hit in near}
    return found
