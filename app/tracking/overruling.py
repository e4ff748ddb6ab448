"""A person knows better: it was me, it was not them, it was them."""

from json import dumps, loads
from uuid import UUID

from app.clock import now
from app.database import rows, together
from app.errors import Refused
from app.happenings import VerdictChanged, announce
from app.tracking.counting import recount
from app.tracking.rules import FOR, Reason
from app.tracking.tables import MACHINE, PERSON, SELF, Verdict

ME, NOT_THEM, THEM = "me", "not-them", "them"
MEANS = {ME: (SELF, "O1"), NOT_THEM: (MACHINE, "O2"), THEM: (PERSON, "O3")}


async def overrule(verdict: Verdict, person: UUID, who: str) -> None:
    """The rep's word counts from now on; our reasons stay below it, and hindsight leaves it alone."""
    if who not in MEANS:
        raise Refused("Say whether it was you, them, or neither. Nothing was changed.")
    after, rule = MEANS[who]
    async with together():
        locked = await rows("SELECT id FROM message WHERE id = $1 FOR UPDATE", verdict.message)
        before = (await rows("SELECT verdict, rules FROM verdict WHERE id = $1 FOR UPDATE", verdict.id))[0]
        ours = [reason for reason in reasons_in(before["rules"]) if reason[0] not in ("O1", "O2", "O3")]
        await Verdict.update(
            {
                Verdict.verdict: after,
                Verdict.confidence: 1.0,
                Verdict.rules: dumps([Reason(rule, FOR).as_row(), *ours]),
                Verdict.overruled_by: person,
                Verdict.overruled_at: now(),
            }
        ).where(Verdict.id == verdict.id)
        await recount([row["id"] for row in locked])
        if before["verdict"] != after:
            await announce(VerdictChanged(verdict.message, verdict.id, before["verdict"], after))


def reasons_in(kept: str) -> list[list[object]]:
    return list(loads(kept))
