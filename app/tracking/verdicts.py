"""Judging what came in: each new hit with its neighbours, and its neighbours again when it sheds new light on them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from json import dumps, loads
from typing import Any
from uuid import UUID

import structlog

from app.clock import now
from app.database import rows, together
from app.happenings import LinkClicked, MachineTouched, MessageOpened, VerdictChanged, announce
from app.settings import settings
from app.tracking.counting import recount
from app.tracking.hindsight import all_at_once
from app.tracking.judging import Judgement, OwnPlace, Scene, Seen, described, judge
from app.tracking.tables import CLICK, PERSON, SELF

log = structlog.get_logger()

AT_ONCE = 500
NEIGHBOURS = 300
WAITS_FOR_MESSAGE = timedelta(minutes=10)
"""A scanner may be quicker than we are at filing the mail it scans."""
OWN_PLACES_SINCE = timedelta(hours=36)

CLAIM = """
    DELETE FROM unjudged WHERE ctid = ANY(ARRAY(
        SELECT u.ctid FROM unjudged u
        WHERE u.at < $2 OR EXISTS (SELECT FROM message m WHERE m.id = u.message)
        LIMIT $1 FOR UPDATE OF u SKIP LOCKED
    )) RETURNING workspace, id, at, message
"""
LOCK_MESSAGES = """
    SELECT id, workspace, person, at, jsonb_array_length(links) AS links FROM message WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE
"""
NEW_HITS = """
    SELECT hit.*, NULL AS verdict, NULL AS overruled_at
    FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS claimed (workspace, id, at) JOIN hit USING (workspace, id, at)
"""
JUDGED_HITS = """
    SELECT near.*, verdict.verdict, verdict.overruled_at
    FROM unnest($1::uuid[], $2::uuid[]) AS touched (workspace, message)
    CROSS JOIN LATERAL (
        SELECT * FROM hit WHERE hit.workspace = touched.workspace AND hit.message = touched.message ORDER BY at DESC LIMIT $3
    ) near
    JOIN verdict ON verdict.id = near.id
"""
OWN_PLACES = """
    SELECT person, network, user_agent FROM session WHERE person = ANY($1::uuid[]) AND network <> '' AND seen_at > $2
"""
WRITE = """
    INSERT INTO verdict (id, workspace, message, hit_at, kind, link, verdict, confidence, rules, device, judged_at)
    SELECT id, workspace, message, hit_at, kind, link, verdict, confidence, rules::jsonb, device::jsonb, $11
    FROM unnest(
        $1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::int[], $7::text[], $8::real[], $9::text[], $10::text[]
    ) AS judged (id, workspace, message, hit_at, kind, link, verdict, confidence, rules, device)
    ON CONFLICT (id) DO NOTHING RETURNING id
"""
REWRITE = """
    UPDATE verdict SET verdict = $2, confidence = $3, rules = $4::jsonb, device = $5::jsonb, judged_at = $6 WHERE id = $1
"""


@dataclass(frozen=True)
class Known:
    """A neighbour and what was said about it."""

    hit: Seen
    verdict: str
    is_final: bool


@dataclass
class Case:
    """A message, its new hits, and those judged before."""

    id: UUID
    workspace: UUID
    person: UUID
    sent_at: datetime
    links: int
    new: list[Seen] = field(default_factory=list)
    known: list[Known] = field(default_factory=list)
    own: tuple[OwnPlace, ...] = ()


@dataclass(frozen=True)
class Changed:
    """A neighbour that looks different now."""

    hit: Seen
    before: str
    after: Judgement


async def judge_new(limit: int = AT_ONCE) -> int:
    """Judge hits that nobody judged yet and state what they mean; says how many. Any number of workers may do it at once."""
    async with together():
        claimed = await rows(CLAIM, limit, now() - WAITS_FOR_MESSAGE)
        cases = await gathered(claimed)
        judged = [(hit, judgement) for case in cases for hit, judgement in judge_case(case)]
        changed = [change for case in cases for change in reconsider(case)]
        fresh = await write(judged)
        for change in changed:
            await rewrite(change)
        await recount([case.id for case in cases])
        for fact in facts([(hit, judgement) for hit, judgement in judged if hit.id in fresh], changed):
            await announce(fact)
    return len(claimed)


async def gathered(claimed: list[dict[str, Any]]) -> list[Case]:
    """Each message with its hits; the messages stay locked, so that two workers never count one at the same time."""
    found = await rows(LOCK_MESSAGES, sorted({row["message"] for row in claimed})) if claimed else []
    cases = {row["id"]: Case(row["id"], row["workspace"], row["person"], row["at"], row["links"]) for row in found}
    of_ours = [row for row in claimed if row["message"] in cases]
    if len(of_ours) < len(claimed):
        log.warning("Hits name messages that are not there; they stay unjudged", hits=len(claimed) - len(of_ours))
    await add_hits(cases, of_ours)
    await add_own_places(cases, of_ours)
    return list(cases.values())


async def add_hits(cases: dict[UUID, Case], claimed: list[dict[str, Any]]) -> None:
    for row in await rows(NEW_HITS, *columns(claimed, "workspace", "id", "at")):
        cases[row["message"]].new.append(seen(row))
    touched = [{"workspace": case.workspace, "message": case.id} for case in cases.values()]
    for row in await rows(JUDGED_HITS, *columns(touched, "workspace", "message"), NEIGHBOURS):
        cases[row["message"]].known.append(Known(seen(row), row["verdict"], row["overruled_at"] is not None or row["verdict"] == SELF))
    for case in cases.values():
        case.new.sort(key=lambda hit: hit.at)
        case.known.sort(key=lambda known: known.hit.at)


async def add_own_places(cases: dict[UUID, Case], claimed: list[dict[str, Any]]) -> None:
    """Where each sender was signed in around the time of the hits."""
    if not claimed:
        return
    since = min(row["at"] for row in claimed) - OWN_PLACES_SINCE
    places: dict[UUID, list[OwnPlace]] = defaultdict(list)
    for row in await rows(OWN_PLACES, list({case.person for case in cases.values()}), since):
        places[row["person"]].append(OwnPlace(row["network"], row["user_agent"]))
    for case in cases.values():
        case.own = tuple(places[case.person])


def judge_case(case: Case) -> list[tuple[Seen, Judgement]]:
    """The new hits in the order they came, each knowing those before it; hindsight has the last word."""
    encrypted = settings().tracking_url.startswith("https://")
    swept = all_at_once([*(known.hit for known in case.known), *case.new], case.links)
    earlier = [(known.hit, known.verdict) for known in case.known]
    judged: list[tuple[Seen, Judgement]] = []
    for hit in case.new:
        judgement = judge(hit, Scene(case.sent_at, case.links, case.own, tuple(earlier), encrypted))
        if hit.id in swept and judgement.verdict != SELF:
            judgement = joined(swept[hit.id], judgement)
        earlier.append((hit, judgement.verdict))
        judged.append((hit, judgement))
    return judged


def joined(late: Judgement, early: Judgement) -> Judgement:
    """Hindsight first; what spoke for a machine before still does, what spoke for a person now speaks against."""
    return Judgement(late.verdict, late.confidence, (*late.reasons, *(early.reasons if early.verdict == late.verdict else ())))


def reconsider(case: Case) -> list[Changed]:
    """Earlier hits that the new ones show in another light. What a person decided, and the sender's own, stay."""
    swept = all_at_once([*(known.hit for known in case.known), *case.new], case.links)
    return [
        Changed(known.hit, known.verdict, swept[known.hit.id])
        for known in case.known
        if known.hit.id in swept and not known.is_final and known.verdict != swept[known.hit.id].verdict
    ]


async def write(judged: Sequence[tuple[Seen, Judgement]]) -> set[UUID]:
    """The verdicts that were not there yet."""
    if not judged:
        return set()
    lines = [
        (hit.id, hit.workspace, hit.message, hit.at, hit.kind, hit.link, found.verdict, found.confidence, reasons(found), device(hit, found))
        for hit, found in judged
    ]
    return {row["id"] for row in await rows(WRITE, *[list(column) for column in zip(*lines, strict=True)], now())}


async def rewrite(change: Changed) -> None:
    after = change.after
    await rows(REWRITE, change.hit.id, after.verdict, after.confidence, reasons(after), device(change.hit, after), now())


def facts(judged: list[tuple[Seen, Judgement]], changed: list[Changed]) -> list[object]:
    """What the feed and everybody else hears, in the order it happened."""
    happened = [fact(hit, judgement) for hit, judgement in sorted(judged, key=lambda pair: pair[0].at)]
    return [*happened, *(VerdictChanged(one.hit.message, one.hit.id, one.before, one.after.verdict) for one in changed)]


def fact(hit: Seen, judgement: Judgement) -> object:
    if judgement.verdict != PERSON:
        return MachineTouched(hit.message, hit.id)
    return LinkClicked(hit.message, hit.id) if hit.kind == CLICK else MessageOpened(hit.message, hit.id)


def reasons(judgement: Judgement) -> str:
    return dumps([reason.as_row() for reason in judgement.reasons])


def device(hit: Seen, judgement: Judgement) -> str:
    return dumps(described(hit, judgement.verdict))


def seen(row: dict[str, Any]) -> Seen:
    headers = row["headers"]
    return Seen(
        id=row["id"], workspace=row["workspace"], message=row["message"], at=row["at"], link=row["link"], kind=row["kind"], method=row["method"],
        user_agent=row["user_agent"], headers=loads(headers) if isinstance(headers, str) else headers,
        network=row["network"], role=row["role"], country=row["country"],
    )  # fmt: skip


def columns(lines: list[dict[str, Any]], *names: str) -> list[list[Any]]:
    return [[line[name] for line in lines] for name in names]
