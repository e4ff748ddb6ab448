"""Every hit of some mails judged together: each with those before it, then all of them with hindsight. Same hits, same rules, same result."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from app.tracking.crowds import of_many_mails
from app.tracking.hands import added
from app.tracking.hindsight import joined, of_one_mail
from app.tracking.judging import judge
from app.tracking.scenes import Found, Gateway, Judgement, Mail, Seen, delay
from app.tracking.tables import MACHINE, SELF

TEACHING = frozenset(["A3", "A4", "C1", "C1m", "C2", "C2p", "C3"])
"""Rules that know a gateway without looking at the clock, so that what they find may tell how the clock looks."""
LESSON_SECONDS = 900.0
FEWEST_MAILS = 3


@dataclass(frozen=True)
class Lesson:
    """In which seconds after delivery the gateway of a company fetched one mail."""

    domain: str
    message: UUID
    earliest: float
    latest: float


def decide(mails: Sequence[Mail], encrypted: bool) -> dict[UUID, Judgement]:
    """A judgement for every hit of these mails, settled ones included. Mails of different workspaces say nothing about each other."""
    first = each_in_order(mails, encrypted, {})
    late = hindsight(mails, first)
    touched = [mail for mail in mails if any(hit.id in late for hit in mail.hits)] if late else []
    first |= each_in_order(touched, encrypted, late)
    return {id: overridden(id, judgement, late) for id, judgement in first.items()}


def each_in_order(mails: Sequence[Mail], encrypted: bool, late: Found) -> Found:
    found: Found = {}
    for mail in mails:
        found |= in_order(mail, encrypted, late)
    return found


def hindsight(mails: Sequence[Mail], first: Found) -> Found:
    alone: Found = {}
    together: Found = {}
    for mail in mails:
        alone |= of_one_mail(mail, first)
    for workspace in dict.fromkeys(mail.workspace for mail in mails):
        together |= of_many_mails([mail for mail in mails if mail.workspace == workspace], first)
    return added(alone, together, first)


def in_order(mail: Mail, encrypted: bool, late: Found) -> Found:
    """Each hit with those before it that touched the same copy, and what hindsight already knows of those."""
    found: Found = {}
    earlier: dict[str, list[tuple[Seen, str]]] = defaultdict(list)
    for hit in mail.hits:
        before = earlier[hit.recipient]
        judgement = judge(hit, mail.scene(hit, tuple(before), encrypted))
        before.append((hit, mail.settled.get(hit.id, overridden(hit.id, judgement, late).verdict)))
        found[hit.id] = judgement
    return found


def overridden(id: UUID, judgement: Judgement, late: Found) -> Judgement:
    """Hindsight has the last word over everything but the sender's own device."""
    return joined(late[id], judgement) if id in late and judgement.verdict != SELF else judgement


def lessons_of(mails: Sequence[Mail], decided: dict[UUID, Judgement]) -> list[Lesson]:
    """What these mails teach about the gateways of the companies they went to."""
    lessons = []
    for mail in mails:
        seconds: dict[str, list[float]] = defaultdict(list)
        for hit in mail.hits:
            after, company = delay(hit, mail), mail.company(hit)
            if company and after is not None and 0 <= after <= LESSON_SECONDS and teaches(decided.get(hit.id)):
                seconds[company].append(after)
        lessons += [Lesson(company, mail.id, min(found), max(found)) for company, found in sorted(seconds.items())]
    return lessons


def teaches(judgement: Judgement | None) -> bool:
    return judgement is not None and judgement.verdict == MACHINE and bool(TEACHING.intersection(judgement.rules))


def gateway_of(domain: str, lessons: Sequence[Lesson]) -> Gateway | None:
    """The habit that several mails show: half of them or more lie within it."""
    if len(lessons) < FEWEST_MAILS:
        return None
    return Gateway(domain, middle([one.earliest for one in lessons]) / 2, middle([one.latest for one in lessons]) * 1.5, len(lessons))


def middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def with_lessons(mail: Mail, lessons: Sequence[Lesson]) -> Mail:
    """The mail with what other mails teach about its recipients' gateways: none is a witness against itself."""
    others = [lesson for lesson in lessons if lesson.message != mail.id]
    found = {domain: gateway_of(domain, [one for one in others if one.domain == domain]) for domain in mail.domains_of_all()}
    return replace(mail, gateways={domain: gateway for domain, gateway in found.items() if gateway})
