"""What the hits of several mails say about each other: copies of colleagues in one second, mail to several companies at one address."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from app.tracking.devices import READER
from app.tracking.hands import added, convicted, guilt, is_one_program, is_same_network
from app.tracking.readers import PHONE
from app.tracking.scenes import Found, Judgement, Mail, Seen, delay, doubt, is_persons, machine, windows
from app.tracking.tables import MACHINE
from app.tracking.tokens import DECOY

COLLEAGUES, COLLEAGUES_OF_ONE_HAND, ONE_SECOND = 3, 2, timedelta(seconds=1)
COMPANIES, COMPANIES_WITHIN = 3, timedelta(minutes=5)
NEXT_DOOR = timedelta(minutes=10)
UNHURRIED = 600.0
"""Seconds after delivery from which on gateways have mostly done their work."""
MOST_TOGETHER = 200
Touches = Sequence[tuple[Seen, Mail]]


def of_many_mails(mails: Sequence[Mail], first: Found) -> Found:
    """What the hits of several mails say about each other."""
    if len({copy_of(hit, mail) for mail in mails for hit in mail.hits}) < COLLEAGUES_OF_ONE_HAND:
        return {}
    every = sorted(((hit, mail) for mail in mails for hit in mail.hits), key=when)
    found: Found = {}
    for more in (colleagues_at_once(every, first), next_door(every, first), many_companies(every, first)):
        found = added(found, more, first)
    return found


def colleagues_at_once(every: Touches, first: Found) -> Found:
    """Copies of several people of one company touched within one second."""
    companies: dict[str, list[tuple[Seen, Mail]]] = defaultdict(list)
    for hit, mail in every:
        if (company := mail.company(hit)) and not hit.device.is_proxy:
            companies[company].append((hit, mail))
    found: Found = {}
    for touches in companies.values():
        for near in windows(touches, ONE_SECOND, when, MOST_TOGETHER):
            of_one = [touch for touch in near if is_one_program(touch[0], near[0][0])]
            for group, fewest, confidence in ((near, COLLEAGUES, 0.93), (of_one, COLLEAGUES_OF_ONE_HAND, 0.80)):
                if (people := len({copy_of(hit, mail) for hit, mail in group})) >= fewest:
                    for hit, mail in group:
                        chance = is_on_its_own((hit, mail), group, first)
                        found.setdefault(hit.id, doubt("C3d", count=people) if chance else machine(confidence, "C3", count=people))
    return found


def when(touch: tuple[Seen, Mail]) -> datetime:
    return touch[0].at


def is_on_its_own(touch: tuple[Seen, Mail], group: Touches, first: Found) -> bool:
    """A person's by all other signs, in a mail program or on a device that no other of the group has, long after delivery: it may be chance."""
    hit, _ = touch
    apart = hit.device.nature == READER or sum(one.user_agent == hit.user_agent for one, _ in group) == 1
    return apart and is_unhurried(touch) and not hit.is_among_machines and is_persons(hit, first)


def is_unhurried(touch: tuple[Seen, Mail]) -> bool:
    seconds = delay(*touch)
    return seconds is not None and seconds >= UNHURRIED


def copy_of(hit: Seen, mail: Mail) -> tuple[UUID, str]:
    return mail.id, hit.recipient


def next_door(every: Touches, first: Found) -> Found:
    """What the hand that went into a decoy did to colleagues' copies in those minutes."""
    found: Found = {}
    for seed, mail in every:
        if seed.link == DECOY and seed.network and seed.id in first and (company := mail.company(seed)):
            near = [hit for hit, of in every if of.company(hit) == company and abs(hit.at - seed.at) <= NEXT_DOOR and is_same_network(hit, seed)]
            found = added(found, convicted(near, seed, guilt_next_door, "C2", 0.85), first)
    return found


def guilt_next_door(hit: Seen, seed: Seen) -> str:
    return MACHINE if is_one_program(hit, seed) else guilt(hit, seed)


def many_companies(every: Touches, first: Found) -> Found:
    """One address that touches mail to several companies within minutes, and is none of the networks where many people come from."""
    networks: dict[str, list[tuple[Seen, Mail]]] = defaultdict(list)
    for hit, mail in every:
        if hit.network and mail.company(hit) and not hit.device.is_proxy and not hit.is_from_many:
            networks[hit.network].append((hit, mail))
    found: Found = {}
    for touches in networks.values():
        for near in windows(touches, COMPANIES_WITHIN, when, MOST_TOGETHER):
            companies = len({mail.company(hit) for hit, mail in near})
            if companies >= COMPANIES and (judged := of_one_address(near, companies, first)):
                found |= {hit.id: judged for hit, _ in near if hit.id not in found}
    return found


def of_one_address(near: Touches, companies: int, first: Found) -> Judgement | None:
    """At a fair, on a train or behind a phone network there are many people, each with a device of their own, but some devices are everybody's."""
    if any(hit.is_among_machines or not is_persons(hit, first) for hit, _ in near):
        return machine(0.85, "C4", count=companies)
    unhurried, apart = all(is_unhurried(touch) for touch in near), are_devices_of_their_own(near)
    if unhurried and apart:
        return None
    return doubt("C4d", count=companies) if unhurried or apart else machine(0.85, "C4", count=companies)


def are_devices_of_their_own(near: Touches) -> bool:
    """Each company's mail by other browsers; one mail program may show several mailboxes, and all phones of a kind call themselves the same."""
    hands: dict[str, set[str]] = defaultdict(set)
    for hit, mail in near:
        if hit.device.nature != READER and hit.device.kind != PHONE:
            hands[hit.user_agent].add(mail.company(hit))
    return all(len(companies) == 1 for companies in hands.values())
