"""The doctor's look at pushes: is there a key that push services know us by, can it be opened, and do they take what is sent?"""

from typing import Any

from app.database import connected
from app.errors import OperatorNeeded
from app.finding import Finding, at_database
from app.notifications.vouching import PURPOSE, make_key
from app.security.sealing import unseal

WHAT = "Pushes"
THERE = "SELECT to_regclass('push_key')"
KEY = "SELECT private FROM push_key"
DEVICES = "SELECT count(*)::int AS number, count(*) FILTER (WHERE problem <> '')::int AS failing, min(nullif(problem_code, '')) AS code FROM device"


async def mended() -> list[str]:
    """Make the key for push services, if there is none; says what was made. Without its table, or the database, nothing is done."""
    async with at_database() as held:
        if held is None or not await held.fetchval(THERE):
            return ["Nothing was made: the database is out of reach, or lacks migrations (nachfass migrate)."]
    async with connected(1):
        return ["Made: the key for push services. It is in the database, sealed with NACHFASS_SECRET_KEYS."] if await make_key() else []


async def examine_push() -> list[Finding]:
    """The key, and the browsers that are pushed to."""
    async with at_database() as held:
        if held is None or not await held.fetchval(THERE):
            return []
        return [examined(await held.fetchval(KEY), dict(await held.fetchrow(DEVICES)))]


def examined(key: bytes | None, devices: dict[str, Any]) -> Finding:
    if key is None:
        words = "There is no key for push services: no browser can be told anything with no tab open."
        return Finding(WHAT, None, words, "Run: nachfass doctor --fix")
    try:
        unseal(bytes(key), PURPOSE)
    except OperatorNeeded:
        todo = "Put the key that sealed it back into NACHFASS_SECRET_KEYS, behind the new one."
        return Finding(WHAT, False, "The key for push services can't be opened with NACHFASS_SECRET_KEYS.", todo)
    if devices["failing"]:
        words = f"{devices['failing']} of {devices['number']} browsers: their push service did not take the last one ({devices['code']})."
        return Finding(WHAT, None, words, "Is this machine's way out open (HTTPS)? Their owners see the reason under Settings › Notifications.")
    browsers = "1 browser is" if devices["number"] == 1 else f"{devices['number']} browsers are"
    return Finding(WHAT, True, f"There is a key for push services; {browsers} told.")
