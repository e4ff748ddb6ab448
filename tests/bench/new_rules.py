"""What it costs when the tz database changes: `python -m tests.bench.new_rules [--reminders 1000000]`.

So many reminders wait on the walls of ten zones, a hundredth of them in Amman, reckoned as before 2022. Prints how long one walk takes that finds
these, how long one takes that moves nothing, and how long it takes to see that the rules are the same.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable

from tests.bench import stage

from app.clock import new_id, now  # isort: skip
from app.database import rows
from app.identity.tables import ZoneRules
from app.reminders.obeying import KIND, reckon_anew
from tests import people

ZONES = ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo", "Europe/London", "UTC"]
FILL = """
WITH made AS (
    INSERT INTO thread (id, workspace, person, mailbox) SELECT gen_random_uuid(), $1, $2, $3 FROM generate_series(1, $5) RETURNING id
), numbered AS (SELECT id, row_number() OVER () AS n FROM made)
INSERT INTO reminder (id, workspace, person, thread, due_at, created_at, wall_at, zone, why, note_id, note_message_id, snoozes, surfacing_tries)
SELECT gen_random_uuid(), $1, $2, id, CASE WHEN n % 100 = 0 THEN timestamptz '2031-01-15 07:00+00' ELSE at AT TIME ZONE zone END, $6, at, zone,
    '', '', '', 0, 0
FROM (
    SELECT id, n, timestamp '2031-01-15 09:00' AS at, CASE WHEN n % 100 = 0 THEN 'Asia/Amman' ELSE ($4::text[])[1 + n % 8] END AS zone FROM numbered
) AS asked
"""


async def timed(verb: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await verb()
    return time.perf_counter() - started


async def measure(reminders: int) -> None:
    async with stage.opened():
        miriam = await people.miriam()
        box = await people.mailbox(miriam)
        for _ in range(0, reminders, 100_000):
            values = miriam.workspace.id, miriam.person.id, box.id, ZONES, min(100_000, reminders), now()
            await rows(FILL, *values)
        await rows("ANALYZE reminder")
        await ZoneRules(id=new_id(), kind=KIND, release="2022a").save()
        moving = await timed(reckon_anew)
        moved = (await rows("SELECT count(*) AS n FROM reminder_step"))[0]["n"]
        await ZoneRules.update({ZoneRules.release: "2022a"}, force=True)
        still = await timed(reckon_anew)
        asked = await timed(reckon_anew)
    print(f"{reminders} reminders: {moving:.1f} s with {moved} of them moved, {still:.1f} s where none moves")
    print(f"{asked * 1000:.1f} ms to see that the rules are the same")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--reminders", type=int, default=1_000_000)
    with stage.house():
        asyncio.run(measure(parser.parse_args().reminders))
