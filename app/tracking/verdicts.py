"""Judging what came in: each new hit with its neighbours, and its neighbours again when it sheds new light on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from json import dumps
from uuid import UUID

from app.clock import now
from app.database import rows, together
from app.happenings import LinkClicked, MachineTouched, MessageOpened, VerdictChanged, announce_all
from app.settings import settings
from app.tracking.counting import recount
from app.tracking.deciding import decide, lessons_of
from app.tracking.describing import described
from app.tracking.gathering import Case, gathered
from app.tracking.guessing import guess
from app.tracking.learning import remember
from app.tracking.looking_up import want
from app.tracking.scenes import Judgement, Seen
from app.tracking.showing import repeats
from app.tracking.suspecting import suspect
from app.tracking.tables import CLICK, PERSON

AT_ONCE = 500
WAITS_FOR_MESSAGE = timedelta(minutes=10)
"""A scanner may be quicker than we are at filing the mail it scans."""

WAITING = "SELECT FROM unjudged LIMIT 1"
"""Asked ten times a second, so it must cost next to nothing. A notice from whoever stored the hit would queue the commits of all."""
CLAIM = """
    DELETE FROM unjudged WHERE ctid = ANY(ARRAY(
        SELECT u.ctid FROM unjudged u
        WHERE u.at < $2 OR EXISTS (SELECT FROM message m WHERE m.id = u.message)
        LIMIT $1 FOR UPDATE OF u SKIP LOCKED
    )) RETURNING workspace, id, at, message
"""
WRITE = """
    INSERT INTO verdict (id, workspace, message, hit_at, kind, link, network, verdict, confidence, rules, device, repeats, judged_at)
    SELECT id, workspace, message, hit_at, kind, link, network, verdict, confidence, rules::jsonb, device::jsonb, repeats, $13
    FROM unnest(
        $1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::int[], $7::text[], $8::text[], $9::real[], $10::text[], $11::text[],
        $12::uuid[]
    ) AS judged (id, workspace, message, hit_at, kind, link, network, verdict, confidence, rules, device, repeats)
    ON CONFLICT (id) DO NOTHING RETURNING id
"""
REWRITE = """
    UPDATE verdict SET verdict = judged.verdict, confidence = judged.confidence, rules = judged.rules::jsonb, device = judged.device::jsonb,
        judged_at = $6
    FROM unnest($1::uuid[], $2::text[], $3::real[], $4::text[], $5::text[]) AS judged (id, verdict, confidence, rules, device)
    WHERE verdict.id = judged.id
"""


@dataclass(frozen=True)
class Changed:
    """A hit that looks different now."""

    hit: Seen
    before: str
    after: Judgement


async def judge_new(limit: int = AT_ONCE) -> int:
    """Judge hits that nobody judged yet and state what they mean; says how many. Any number of workers may do it at once."""
    if not await rows(WAITING):
        return 0
    async with together():
        claimed = await rows(CLAIM, limit, now() - WAITS_FOR_MESSAGE)
        cases = await gathered(claimed)
        mails = [case.mail for case in cases]
        decided = decide(mails, is_encrypted())
        judged = [(hit, decided[hit.id]) for case in cases for hit in case.new]
        parts = {hit: first for mail in mails for hit, first in repeats(mail.hits, decided).items()}
        changed = [change for case in cases for change in changes(case, decided)]
        fresh = await write(judged, parts)
        await apply(changed)
        await guess(mails, decided)
        await suspect(mails, decided)
        await recount([mail.id for mail in mails])
        await remember(mails, lessons_of(mails, decided))
        await want(domain for mail in mails for hit in mail.hits for domain in mail.domains(hit))
        told = [(hit, judgement) for hit, judgement in judged if hit.id in fresh and hit.id not in parts]
        await announce_all(facts(told, changed))
    return len(claimed)


def is_encrypted() -> bool:
    return settings().tracking_url.startswith("https://")


def changes(case: Case, decided: dict[UUID, Judgement]) -> list[Changed]:
    """Earlier hits that the new ones show in another light. What a person decided, and the sender's own, stay."""
    open_to_change = {id: before for id, before in case.known.items() if id not in case.mail.settled}
    return [
        Changed(hit, open_to_change[hit.id], decided[hit.id])
        for hit in case.mail.hits
        if hit.id in open_to_change and open_to_change[hit.id] != decided[hit.id].verdict
    ]


async def apply(changed: Sequence[Changed]) -> None:
    if changed:
        lines = [(one.hit.id, one.after.verdict, one.after.confidence, reasons(one.after), device(one.hit, one.after)) for one in changed]
        await rows(REWRITE, *[list(column) for column in zip(*lines, strict=True)], now())


async def write(judged: Sequence[tuple[Seen, Judgement]], parts: dict[UUID, UUID]) -> set[UUID]:
    """The verdicts that were not there yet; `parts` are opens that belong to an earlier one."""
    if not judged:
        return set()
    lines = [
        (*placed(hit), found.verdict, found.confidence, reasons(found), device(hit, found), parts.get(hit.id))
        for hit, found in judged
    ]
    return {row["id"] for row in await rows(WRITE, *[list(column) for column in zip(*lines, strict=True)], now())}


def placed(hit: Seen) -> tuple[object, ...]:
    return hit.id, hit.workspace, hit.message, hit.at, hit.kind, hit.link, hit.network


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
