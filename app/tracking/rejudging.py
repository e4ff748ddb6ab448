"""Judging stored hits again with today's rules: same hits, same rules, same result. What a person decided stays, and so do one's own opens.

Nothing is learned on the way, and the place where somebody was signed in is not kept for long: an own open could not be known again.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.database import rows, together
from app.happenings import VerdictChanged, announce_all
from app.tracking.counting import recount
from app.tracking.deciding import decide
from app.tracking.gathering import LOCK, cases_of, siblings
from app.tracking.guessing import guess
from app.tracking.suspecting import suspect
from app.tracking.verdicts import Changed, apply, changes, is_encrypted

AT_ONCE = 100
MOST_HITS = 10_000
AFTER = """
    SELECT DISTINCT message FROM verdict WHERE hit_at >= $1 AND message > $2 ORDER BY message LIMIT $3
"""


@dataclass
class Difference:
    """How many hits were judged, and which now look different: (before, after) with how often, and by which rule."""

    hits: int = 0
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)

    def count(self, changed: Changed) -> None:
        self.kinds[changed.before, changed.after.verdict] += 1
        self.rules[next((rule for rule in changed.after.rules if rule != "U1"), "")] += 1

    @property
    def changed(self) -> int:
        return self.kinds.total()


async def rejudge(since: datetime, *, write: bool) -> Difference:
    """Judge every hit since then; write what came out differently, or only say what would."""
    difference = Difference()
    last = UUID(int=0)
    while messages := [row["message"] for row in await rows(AFTER, since, last, AT_ONCE)]:
        await rejudge_some(messages, since, difference, write)
        last = messages[-1]
    return difference


async def rejudge_some(messages: list[UUID], since: datetime, difference: Difference, write: bool) -> None:
    """These messages in one transaction; their neighbours are looked at and left alone."""
    async with together():
        if write:
            await rows(LOCK, messages)
        of_these = await cases_of(messages, MOST_HITS)
        near = await siblings([hit.as_touch() for case in of_these.values() for hit in case.mail.hits])
        every = {**await cases_of([id for id in near if id not in of_these], MOST_HITS), **of_these}
        decided = decide([every[id].mail for id in sorted(every)], is_encrypted())
        changed = [change for case in of_these.values() for change in changes(case, decided) if change.hit.at >= since]
        difference.hits += sum(hit.at >= since for case in of_these.values() for hit in case.mail.hits)
        for change in changed:
            difference.count(change)
        if write and changed:
            await apply(changed)
            again = [of_these[id].mail for id in sorted({change.hit.message for change in changed})]
            await guess(again, decided)
            await suspect(again, decided)
            await recount(sorted({change.hit.message for change in changed}))
            await announce_all([VerdictChanged(one.hit.message, one.hit.id, one.before, one.after.verdict) for one in changed])
