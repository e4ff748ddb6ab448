"""The doctor's look at the rules of time zones: which release this machine has, and whether reminders were reckoned with a newer one."""

from app.clock import now
from app.finding import Finding, at_database
from app.web import zone_rules

WHAT = "Time zones"
OLD_AFTER = 2
"""Years: governments change their clocks several times a year, and seldom tell long before."""
NEWEST = "SELECT max(release) FROM zone_rules WHERE release ~ '^[0-9]{4}[a-z]+$'"


async def examine_wall_clocks() -> list[Finding]:
    async with at_database() as held:
        known = held is not None and await held.fetchval("SELECT to_regclass('zone_rules')")
        newest = await held.fetchval(NEWEST) if held is not None and known else None
    return [judged(zone_rules.release(), zone_rules.source(), newest or "")]


def judged(release: str, source: str, newest: str) -> Finding:
    """`newest`: what another node has reckoned with."""
    files = "the system's files" if source == zone_rules.SOURCE else "the package tzdata"
    todo = "Update the system's package tzdata; a restart is not needed."
    if release.startswith(zone_rules.UNNAMED):
        return Finding(WHAT, None, f"Nothing says which release of the tz database {files} are. Changes are noticed all the same.")
    if newest and zone_rules.is_newer(newest, release):
        return Finding(WHAT, False, f"Release {release} ({files}) is older than {newest}, by which another node has reckoned reminders.", todo)
    if int(release[:4]) <= now().year - OLD_AFTER:
        return Finding(WHAT, None, f"Release {release} ({files}) is old: where the clocks have changed since, times would be wrong.", todo)
    return Finding(WHAT, True, f"Release {release} of the tz database ({files}).")
