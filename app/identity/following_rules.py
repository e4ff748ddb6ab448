"""When governments change their clocks, what was asked for on a wall is another instant: each kind of row is walked through once for each release
of the tz database, in batches, by whichever node comes first, and from where another one stopped."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import structlog

from app.clock import now
from app.database import rows, together
from app.identity.tables import ZoneRules
from app.web import zone_rules

log = structlog.get_logger()

Walk = Callable[[UUID | None], Awaitable[UUID | None]]
"""Reckon the rows after this id, some hundred of them; the last id looked at, or None behind the last row."""

ENTER = "INSERT INTO zone_rules (id, kind, release, walks_to, at) VALUES (gen_random_uuid(), $1, '', '', $2) ON CONFLICT (kind) DO NOTHING"
MINE = "SELECT id FROM zone_rules WHERE kind = $1 FOR UPDATE SKIP LOCKED"




async def follow_rules(kind: str, walk: Walk) -> int:
    """Walk through all rows if there are newer rules than those they were reckoned with; how many batches that took.

    The first time nobody knows with which they were, so all are looked at. A node with older files than another leaves everything alone.
    """
    zone_rules.notice_changes()
    release, batches = zone_rules.release(), 0
    found = await ZoneRules.objects().where(ZoneRules.kind == kind).first()
    if found is not None and not zone_rules.is_newer(release, found.release):
        return 0
    if found is None:
        await rows(ENTER, kind, now())
    while await one_batch(kind, release, walk):
        batches += 1
    return batches


async def one_batch(kind: str, release: str, walk: Walk) -> bool:
    """One step of the walk, in a transaction; False when it is done, or another node is at it."""
    async with together():
        if not await rows(MINE, kind):
            return False
        rules = await ZoneRules.objects().where(ZoneRules.kind == kind).first()
        assert rules is not None
        if not zone_rules.is_newer(release, rules.release):
            return False
        before, after = rules.release, rules.walked if rules.walks_to == release else None
        last = await walk(after)
        done: dict[Any, Any] = {ZoneRules.release: release, ZoneRules.walks_to: "", ZoneRules.walked: None, ZoneRules.at: now()}
        await rules.update_self(done if last is None else {ZoneRules.walks_to: release, ZoneRules.walked: last, ZoneRules.at: now()})
    if last is None:
        log.info("Times on walls follow the rules of the tz database", kind=kind, release=release, before=before)
    return True
