"""A person knows better: it was me, it was not them, it was them."""

from json import dumps, loads
from uuid import UUID

from app.clock import now
from app.database import rows, together
from app.errors import Refused
from app.happenings import VerdictChanged, announce
from app.tracking.counting import recount
from app.tracking.deciding import decide
from app.tracking.gathering import cases_of
from app.tracking.guessing import guess
from app.tracking.rules import FOR, Reason
from app.tracking.suspecting import suspect
from app.tracking.tables import MACHINE, PERSON, SELF, Verdict
from app.tracking.verdicts import is_encrypted

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
        await think_again([row["id"] for row in locked])
        await recount([row["id"] for row in locked])
        if before["verdict"] != after:
            await announce(VerdictChanged(verdict.message, verdict.id, before["verdict"], after))


async def think_again(messages: list[UUID]) -> None:
    """Who it probably was, and whether it was passed on, in the light of what the rep says."""
    mails = [case.mail for case in (await cases_of(messages)).values()]
    decided = decide(mails, is_encrypted())
    await guess(mails, decided)
    await suspect(mails, decided)


def reasons_in(kept: str) -> list[list[object]]:
    return list(loads(kept))
