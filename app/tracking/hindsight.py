"""What only becomes clear when the other hits of a mail are seen: a scanner gives itself away, security software looks again, a reader comes back."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from app.tracking.devices import BROWSER
from app.tracking.hands import added, convicted, guilt, guilt_of_a_check, is_navigation, is_one_device, is_same_network
from app.tracking.networks import MAILBOX, WEAK
from app.tracking.scenes import Found, Judgement, Mail, Seen, delay, is_persons, machine, sure
from app.tracking.sweeps import BURST, all_at_once, from_many_addresses, one_by_one, was_opened
from app.tracking.tables import CLICK, OPEN, PERSON, UNKNOWN
from app.tracking.tokens import DECOY

GIVE_AWAYS = frozenset(["A2", "A3", "A4", "A6"])
"""What no person does: whoever did it has done the rest as well."""
CHECK, EARLY = "A2", "A6"
BESIDE, CHECKED_WITHIN, CHECKED_AGAIN_WITHIN = timedelta(seconds=3), timedelta(seconds=15), timedelta(minutes=2)
VERSIONS_BEHIND = 12
TOO_SOON, EARLY_SECONDS = 15.0, 60.0


def of_one_mail(mail: Mail, first: Found) -> Found:
    """What the hits of one mail say about each other; the surest reason of each counts."""
    found: Found = {}
    for hits in by_recipient(mail.hits):
        of_links = all_at_once(hits, mail, first), same_program(hits, first), checked_at_click(hits, first)
        at_leisure = one_by_one(hits, mail, first), from_many_addresses(hits)
        for more in (*of_links, *at_leisure, open_and_click(hits, mail), came_back(hits, first)):
            found = added(found, more, first)
    return found


def by_recipient(hits: Sequence[Seen]) -> Iterable[list[Seen]]:
    groups: dict[str, list[Seen]] = defaultdict(list)
    for hit in hits:
        groups[hit.recipient].append(hit)
    return groups.values()


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
    checkers = {hit.id for hit in clicks if hit.is_among_machines and not read_before(hit, hits, first)}
    for one in clicks:
        for other in (other for other in clicks if other is not one and other.link == one.link):
            checked = one.id in checkers and not other.is_among_machines and abs(one.at - other.at) <= CHECKED_WITHIN
            if checked or checked_beside(one, other) or checked_again(one, other, first):
                found[one.id] = machine(0.90, "C6")
    return found


def read_before(clicked: Seen, hits: Sequence[Seen], first: Found) -> bool:
    """Did a person open the mail in that network? Then whoever follows a link from there may be the same."""
    return was_opened(clicked, (hit for hit in hits if is_same_network(hit, clicked)), first)


def checked_beside(one: Seen, other: Seen) -> bool:
    """Beside the reader's browser, on their own computer, by a program that has none of its manners."""
    near = abs(one.at - other.at) <= BESIDE and is_same_network(one, other) and one.user_agent != other.user_agent
    return near and is_navigation(other) and not one.says_language and not one.goes_to_a_page


def checked_again(one: Seen, other: Seen, first: Found) -> bool:
    """The maker of the reader's virus protection looks at what they followed: from its own country, with a browser that says less or is old."""
    near = -CHECKED_WITHIN <= one.at - other.at <= CHECKED_AGAIN_WITHIN
    abroad = bool(one.country and other.place) and one.country != other.place
    return near and abroad and is_poorer(one, other) and is_persons(other, first)


def is_poorer(one: Seen, other: Seen) -> bool:
    silent = any(name in other.headers and name not in one.headers for name in ("accept-language", "sec-fetch-mode"))
    older = one.device.client == other.device.client and 0 < one.device.major < other.device.major - VERSIONS_BEHIND
    return silent or older or 0 < one.device.engine < other.device.engine - VERSIONS_BEHIND


def came_back(hits: Sequence[Seen], first: Found) -> Found:
    """What nobody could tell at first, when the same device came back to the same mail on the same network and was a person's then."""
    found: Found = {}
    for hit in hits:
        if hit.id in first and first[hit.id].verdict == UNKNOWN and hit.device.is_persons and not hit.is_among_machines:
            later = (one for one in hits if one.at > hit.at and is_one_device(one, hit))
            if any(is_persons(one, first) for one in later):
                found[hit.id] = sure(PERSON, 0.85, "C7")
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
