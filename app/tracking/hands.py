"""Whether two hits are the work of one hand, so that what gives one of them away speaks of the other.

An address alone proves that only where machines live. Behind the one address of an office, a hotel or a phone network there are many people,
and an office's own gateway stands beside its readers; and a current browser's name is that of millions.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta

from app.tracking.devices import BROWSER
from app.tracking.scenes import Found, Seen, doubt, machine
from app.tracking.tables import MACHINE, PERSON, UNKNOWN

AT_ONCE = timedelta(seconds=10)
AROUND = timedelta(seconds=60)
NOTHING = ""


def is_same_network(one: Seen, other: Seen) -> bool:
    return bool(one.network) and one.network == other.network


def is_same_hand(one: Seen, other: Seen) -> bool:
    """Of hits in the same seconds: one network or one user agent, as scanners often change one of them, rarely both."""
    return is_same_network(one, other) or one.user_agent == other.user_agent


def is_one_device(one: Seen, other: Seen) -> bool:
    """One address and one name."""
    return is_same_network(one, other) and one.user_agent == other.user_agent


def is_one_program(one: Seen, other: Seen) -> bool:
    """One address, and one name or an address of machines."""
    return is_one_device(one, other) or (is_same_network(one, other) and one.is_among_machines)


def guilt(hit: Seen, seed: Seen) -> str:
    """What a seed that was surely a machine's makes of another hit around it: a machine's, perhaps a machine's (unknown), or nothing."""
    if hit.device.is_proxy or abs(hit.at - seed.at) > AROUND:
        return NOTHING
    if is_one_program(hit, seed) or changes_its_address(hit, seed):
        return MACHINE
    return UNKNOWN if hit.device.nature == BROWSER and (is_neighbour(hit, seed) or is_namesake(hit, seed)) else NOTHING


def changes_its_address(hit: Seen, seed: Seen) -> bool:
    """Under one name from several networks of one owner; or within seconds, unless a data centre's program is held against somebody at home."""
    if hit.user_agent != seed.user_agent:
        return False
    same_owner = bool(hit.role) and hit.role == seed.role
    return same_owner or (abs(hit.at - seed.at) <= AT_ONCE and (hit.is_among_machines or not seed.is_among_machines))


def is_neighbour(hit: Seen, seed: Seen) -> bool:
    """In the same network, where a browser may be the seed's other hand; what fetches by a library has no browsers, but for the same seconds."""
    return is_same_network(hit, seed) and (seed.device.is_persons or abs(hit.at - seed.at) <= AT_ONCE)


def is_namesake(hit: Seen, seed: Seen) -> bool:
    return hit.user_agent == seed.user_agent and abs(hit.at - seed.at) <= AT_ONCE


def guilt_of_a_check(hit: Seen, seed: Seen) -> str:
    """The same for a request that only checked the address (HEAD): Office and security programs do so for the person who then follows the link."""
    if guilt(hit, seed) != MACHINE:
        return NOTHING
    if hit.is_among_machines:
        return MACHINE
    if is_navigation(hit):
        checked_for_them = hit.link == seed.link and is_clicked(hit)
        return UNKNOWN if abs(hit.at - seed.at) <= AT_ONCE and not checked_for_them else NOTHING
    return MACHINE if hit.device.nature == BROWSER or not hit.device.is_persons else NOTHING


def is_navigation(hit: Seen) -> bool:
    """A browser that went to a page as for a person, and says which language they read."""
    return hit.is_click and hit.goes_to_a_page and hit.says_language


def is_clicked(hit: Seen) -> bool:
    """The same, and a hand did it (Sec-Fetch-User, which Safari does not send)."""
    return is_navigation(hit) and "?1" in hit.headers.get("sec-fetch-user", "")


def convicted(hits: Iterable[Seen], seed: Seen, shared: Callable[[Seen, Seen], str], rule: str, confidence: float) -> Found:
    """What a seed's guilt, as far as they share it, makes of other hits."""
    judged = {MACHINE: machine(confidence, rule), UNKNOWN: doubt("C2d")}
    return {hit.id: judged[verdict] for hit in hits if hit.id != seed.id and (verdict := shared(hit, seed))}


def added(found: Found, more: Found, first: Found) -> Found:
    """What was found first stays, but a machine is proven against a doubt; and nothing but what looked like a person's is doubted."""
    telling = {id: judged for id, judged in more.items() if judged.verdict != UNKNOWN or (id in first and first[id].verdict == PERSON)}
    return telling | {id: judged for id, judged in found.items() if judged.verdict != UNKNOWN or id not in telling or telling[id].verdict != MACHINE}
