"""How many stored hits a second one worker judges: read, decided, written, counted and told in the feed: `python -m tests.bench.judging`.

Opens and clicks of many mails, as they come, and one mail that is touched without end: its batches must not get slower.
(`tests.bench.verdicts` measures the deciding alone.)
"""

import argparse
import asyncio
import random
import sys
import time
from datetime import timedelta

from app.clock import new_id, now
from app.threads.tables import Message
from app.tracking.packing import Arrival
from app.tracking.verdicts import AT_ONCE, judge_new
from tests import people
from tests.arrivals import store
from tests.bench.stage import house, mails_of, opened

AGENTS = [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "Mozilla/5.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
]


def hit(message: Message, chance: random.Random) -> Arrival:
    at = now() - timedelta(seconds=chance.uniform(0, 3600))
    link = chance.choice([-1, -1, -1, 0, 1])
    kind = "open" if link < 0 else "click"
    network = f"network-{chance.randrange(5000)}"
    return Arrival(
        new_id(), message.workspace, at, message.id, link, kind, "GET", chance.choice(AGENTS), {"accept-language": "de"}, network, "", "DE"
    )


async def timed(hits: list[Arrival]) -> float:
    """Seconds to judge these; storing them is not counted."""
    for start in range(0, len(hits), 1000):
        await store(hits[start : start + 1000])
    began = time.perf_counter()
    judged = 0
    while found := await judge_new():
        judged += found
    assert judged == len(hits)
    return time.perf_counter() - began


async def bench(mails: int, hits: int) -> None:
    chance = random.Random(7)
    async with opened():
        rep = await people.miriam()
        messages = await mails_of(rep, mails)
        await timed([hit(chance.choice(messages), chance) for _ in range(AT_ONCE)])
        seconds = await timed([hit(chance.choice(messages), chance) for _ in range(hits)])
        print(f"{hits} hits on {mails} mails, judged, counted and told in {seconds:.1f} s: {hits / seconds:,.0f} a second")
        for had in (0,):
            seconds = await timed([hit(messages[0], chance) for _ in range(AT_ONCE)])
            print(f"{AT_ONCE} hits on one mail that had {had} already: {seconds * 1000:,.0f} ms")
            await timed([hit(messages[0], chance) for _ in range(5_000 if had == 0 else 15_000 if had == 5_000 else 0)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=500)
    parser.add_argument("--hits", type=int, default=3000)
    options = parser.parse_args()
    with house():
        sys.exit(asyncio.run(bench(options.mails, options.hits)))
