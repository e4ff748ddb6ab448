"""The doctor's look at the ledgers: is there a place for what comes, and how long is kept what came?"""

from typing import Any

import asyncpg

from app.clock import now
from app.finding import Finding, at_database

MONTHS = "SELECT to_regclass('hit_' || to_char($1::timestamptz AT TIME ZONE 'UTC' + make_interval(months => $2), 'YYYY_MM')) IS NOT NULL"
WAITING = "SELECT count(*) FROM (SELECT FROM hit_default LIMIT 1000) waiting"
LIMITS = "SELECT min(nullif(forgets_after, 0)) AS months, count(*) FILTER (WHERE forgets_after > 0) AS limited, count(*) AS all FROM workspace"


async def examine_ledgers() -> list[Finding]:
    """Nothing before the tables are there: the line about migrations says so."""
    there = "SELECT EXISTS (SELECT FROM information_schema.columns WHERE table_name = 'workspace' AND column_name = 'forgets_after')"
    async with at_database() as held:
        if held is None or not await held.fetchval(there):
            return []
        return [await examine_months(held), await examine_limits(held)]


async def examine_months(held: "asyncpg.Connection[Any]") -> Finding:
    """Without a partition a hit waits in the default one: nothing is lost, but nothing can be dropped in one piece either."""
    made = [await held.fetchval(MONTHS, now(), ahead) for ahead in (0, 1)]
    waiting = await held.fetchval(WAITING)
    if all(made):
        return Finding("Ledgers", True, f"There is a partition for this month and the next; {waiting} older hits lie outside of them.")
    todo = "A worker makes them twice a day: let one run (`nachfass serve --role worker`). Nothing is lost meanwhile, and what waits moves over."
    return Finding("Ledgers", None, f"The partition of {'the next' if made[0] else 'this'} month is missing.", todo)


async def examine_limits(held: "asyncpg.Connection[Any]") -> Finding:
    found = await held.fetchrow(LIMITS)
    if not found["limited"]:
        todo = "Fine if you want it so. An owner sets an end under Settings › Workspace; what opens and clicks add up to stays."
        return Finding("Retention", None, "Opens and clicks are kept for ever.", todo)
    words = (
        f"{found['limited']} of {found['all']} workspaces let go of opens and clicks, the first after {found['months']} months; their numbers stay."
    )
    return Finding("Retention", True, words)
