"""Throws damaged mails at the reader and the rules: `python -m tests.fuzz.mails --minutes 10 [FILE…]`.

With atheris installed the interpreter's coverage leads it; without, it mutates and crosses the given mails. It stops at the first
exception, at a mail that takes over a second, or at 200 MB more than at the start, and keeps the culprit beside itself.
"""

import argparse
import importlib
import random
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from app.errors import Unreadable
from app.threads.failing import failures
from app.threads.reading import read
from app.threads.recognising.judging import recognise
from app.threads.recognising.kinds import KINDS
from tests.threads import letters

SLOWEST, MOST_MEMORY = 1.0, 200_000_000
LONGEST = 400_000
WORDS = [
    *(b"\r\n", b"\n", b"\n\n", b"\0", b"--", b"=?utf-8?q?=00?=", b"=?x?b?//?=", b"=?utf-8?b?YQ?=", b"boundary=", b"\n--b\n", b"charset=utf-7"),
    *(b"Content-Type: multipart/report; boundary=b\r\n", b"Content-Type: message/delivery-status\n\n", b"Content-Type: message/rfc822\n\n"),
    *(b"Final-Recipient: rfc822; a@b.example\n", b"Action: failed\n", b"Status: 5.1.1\n", b"Diagnostic-Code: smtp; 550 5.1.1 unknown\n"),
    *(b"Message-ID: <a@b.example>\n", b"In-Reply-To: <", b"Auto-Submitted: auto-replied\n", b"Content-Transfer-Encoding: base64\n"),
    *(b"Content-Transfer-Encoding: uuencode\n", b"until 12.12. ", b"user unknown ", b"<br", b"&#", b"> ", b" " * 500, b"-" * 500, b"a@" * 200),
    *(b'{"notificationType":"Bounce","bounce":{"bouncedRecipients":[', b"(" * 50, b"[" * 200, b"<" * 200),
]


def examined(raw: bytes) -> float:
    """All that is done with a received mail; the CPU seconds it took."""
    started = time.process_time()
    try:
        mail = read(raw)
    except Unreadable:
        return time.process_time() - started
    found = recognise(mail)
    assert found.kind in KINDS
    assert found.words
    failures(found, mail, ["anna@alpenblick.example"])
    return time.process_time() - started


def mutated(chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """A mail with pieces cut, doubled, moved, put in from another, or bytes turned."""
    mail = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 12)):
        at = chance.randint(0, len(mail))
        end = min(len(mail), at + int(chance.expovariate(1 / 60)))
        other = chance.choice(seeds)
        start = chance.randint(0, len(other))
        mail[at:end] = chance.choice(
            (
                b"", bytes(mail[at:end]) * chance.randint(1, 30), chance.choice(WORDS), chance.choice(WORDS) * chance.randint(1, 200),
                other[start : start + chance.randint(0, 2_000)], bytes(chance.randbytes(chance.randint(0, 40))),
            )
        )  # fmt: skip
    return bytes(mail[:LONGEST])


def fuzz(minutes: float, seeds: Sequence[bytes], number: int) -> str:
    """Runs its time and says what it came to. Raises what the mail raised, having kept it."""
    chance, ends, tried, slowest = random.Random(number), time.monotonic() + minutes * 60, 0, 0.0
    before = memory()
    while time.monotonic() < ends:
        raw = mutated(chance, seeds)
        slowest = max(slowest, kept_if_wrong(raw))
        assert memory() - before < MOST_MEMORY, "It takes too much memory."
        tried += 1
    return f"{tried} mails, slowest {slowest * 1000:.0f} ms, {(memory() - before) / 1e6:.0f} MB more than at the start, no exception"


def kept_if_wrong(raw: bytes) -> float:
    try:
        seconds = examined(raw)
        assert seconds < SLOWEST, f"It took {seconds:.1f} s."
    except BaseException:
        Path("fuzzed.eml").write_bytes(raw)
        raise
    return seconds


def memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def led_by_coverage(minutes: float, files: Sequence[str]) -> None:
    """The same with atheris (libFuzzer), if it is there; only what reads and judges is watched, the rest would take minutes to prepare."""
    atheris = importlib.import_module("atheris")
    for name in [one for one in sys.modules if one.startswith("app.threads")]:
        del sys.modules[name]
    with atheris.instrument_imports(include=["app.threads"]):
        globals().update(read=importlib.import_module("app.threads.reading").read)
        globals().update(recognise=importlib.import_module("app.threads.recognising.judging").recognise)
    folders = sorted({str(Path(file).parent) for file in files})
    limits = [f"-max_total_time={int(minutes * 60)}", "-max_len=60000", "-rss_limit_mb=1000", "-timeout=20"]
    atheris.Setup([sys.argv[0], *limits, tempfile.mkdtemp(), *folders], kept_if_wrong)
    atheris.Fuzz()


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("files", nargs="*")
    asked.add_argument("--minutes", type=float, default=10)
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--atheris", action="store_true")
    chosen = asked.parse_args()
    if chosen.atheris:
        return led_by_coverage(chosen.minutes, chosen.files)
    seeds = [*letters.ALL.values(), *(Path(file).read_bytes() for file in chosen.files)]
    print(fuzz(chosen.minutes, seeds, chosen.seed))
    return None


if __name__ == "__main__":
    main()
