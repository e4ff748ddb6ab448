"""What the feed says about scheduled mail: only that which did not go as planned."""

import json
from datetime import datetime
from typing import Any

from app.clock import now
from app.feed.naming import named
from app.feed.tables import Activity
from app.feed.telling import change, record
from app.happenings import OccurrencesMissed, ScheduledAsks, ScheduledHeld, ScheduledSettled, ScheduledStopped
from app.outbox.separating import everybody
from app.outbox.tables import Draft, Scheduled

HELD, STOPPED, ASKS, MISSED = "later_held", "later_stopped", "later_asks", "later_missed"
SCHEDULED = (HELD, STOPPED, ASKS, MISSED)

OVER = """
UPDATE activity SET said = said || $1::jsonb WHERE workspace = $2 AND person = $3 AND at = $4 AND said->>'scheduled' = $5
AND kind IN ('later_held', 'later_stopped', 'later_asks') RETURNING id, at, person
"""


async def tell_held(fact: ScheduledHeld) -> None:
    await tell(fact.scheduled, HELD, fact.at)


async def tell_asks(fact: ScheduledAsks) -> None:
    await tell(fact.scheduled, ASKS, fact.at)


async def tell_stopped(fact: ScheduledStopped) -> None:
    await tell(fact.scheduled, STOPPED, fact.at)


async def tell_missed(fact: OccurrencesMissed) -> None:
    await tell(fact.scheduled, MISSED, now(), count=fact.count)


async def tell(scheduled: object, kind: str, at: datetime, **more: Any) -> None:
    """There is no message yet, only the words it is to have."""
    row = await Scheduled.objects().where(Scheduled.id == scheduled).output(load_json=True).first()
    draft = await Draft.objects().where(Draft.id == row.draft).output(load_json=True).first() if row else None
    if row is None or draft is None:
        return
    people = [await named(row.workspace, one["address"], one["name"]) for _, one in everybody(draft)]
    whom = {"who": people[0].name} if len(people) == 1 else {"who": "", "names": [one.name for one in people]}
    why = {"scheduled": str(row.id), "why": row.why, "values": row.why_values, "due": row.due_at.isoformat()}
    said = {**whom, "subject": draft.subject, **why, **more}
    contact = people[0].contact if len(people) == 1 else None
    await record(
        Activity(
            workspace=row.workspace, person=row.person, at=at, kind=kind, contact=contact, mailbox=draft.mailbox, thread=draft.thread,
            message=row.reply if kind == STOPPED else None, said=said,
        )
    )  # fmt: skip


async def tell_settled(fact: ScheduledSettled) -> None:
    row = await Scheduled.objects().where(Scheduled.id == fact.scheduled).first()
    if row is not None:
        await change(OVER, json.dumps({"over": True}), row.workspace, row.person, fact.told_at, str(row.id))
