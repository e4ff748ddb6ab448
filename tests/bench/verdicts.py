"""How many hits a second are judged on one core, hindsight and all, without the database: `python -m tests.bench.verdicts`.

Our own labelled scenarios are judged over and over, so that each user agent is met often, as in life; `--cold` forgets them between rounds.
"""

import argparse
import sys
import time

from app.tracking.checking import SCENARIOS
from app.tracking.deciding import decide
from app.tracking.devices import device_of
from app.tracking.explaining import scenario_in
from app.tracking.scenes import Mail

WANTED = 5_000
ROUNDS = 20


def main(cold: bool) -> int:
    mails = [scenario_in(line) for line in SCENARIOS.read_text(encoding="utf-8").splitlines()]
    hits = sum(len(mail.hits) for scenario in mails for mail in scenario.mails)
    once([scenario.mails for scenario in mails])
    spent = 0.0
    for _ in range(ROUNDS):
        fresh = [scenario_in(line).mails for line in SCENARIOS.read_text(encoding="utf-8").splitlines()]
        if cold:
            device_of.cache_clear()
        spent += once(fresh)
    a_second = hits * ROUNDS / spent
    print(f"{hits * ROUNDS} hits in {spent:.2f} s: {a_second:,.0f} verdicts a second on one core, {a_second / WANTED:.1f} × what is wanted")
    return 0 if a_second >= WANTED else 1


def once(scenarios: list[list[Mail]]) -> float:
    """Seconds of a core to judge all of them; what others do on the machine does not count."""
    started = time.process_time()
    for mails in scenarios:
        decide(mails, encrypted=True)
    return time.process_time() - started


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cold", action="store_true", help="Forget the user agents between rounds.")
    sys.exit(main(parser.parse_args().cold))
