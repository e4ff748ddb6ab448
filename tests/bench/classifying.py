"""How many received mails a core understands in a second: `python -m tests.bench.classifying FOLDER`.

Reads every .eml of the folder into memory, then reads and recognises each three times; the slowest single mail is the
slowest of its fastest rounds. CPU time, so that a busy machine does not count.
"""

import sys
import time
from pathlib import Path

from app.threads.explaining import recognised

ROUNDS = 3


def seconds(raw: bytes) -> float:
    started = time.process_time()
    recognised(raw)
    return time.process_time() - started


def main(folder: Path) -> None:
    mails = {path.name: path.read_bytes() for path in sorted(folder.glob("*.eml"))}
    for raw in mails.values():
        recognised(raw)
    took = {name: [seconds(raw) for _ in range(ROUNDS)] for name, raw in mails.items()}
    total = sum(map(sum, took.values()))
    slowest = max(took, key=lambda name: min(took[name]))
    print(f"{len(mails)} mails, {sum(map(len, mails.values())) / 1e6:.1f} MB: {len(mails) * ROUNDS / total:.0f} mails a second on one core")
    print(f"Slowest: {min(took[slowest]) * 1000:.1f} ms ({len(mails[slowest])} octets)")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
