"""Leaving the bulk of very large mails unread: what is attached says nothing about what a mail is."""

import re

LARGE = 1_000_000
MOST_KEPT = 1_200_000
LONGEST_HEAD = 200_000
LONGEST_HEAD_KEPT = 600_000
MOST_PARTS = 2_000
RUN_KEPT = 25_000

LINE = rb"[A-Za-z0-9+/]{56,998}+={0,2}+\r?\n"
BULK_STARTS = re.compile(rb"\n(?:(?:" + LINE + rb"){600}|[^\r\n]{100000})")
ENCODED = re.compile(rb"(?:" + LINE + rb")*+")
ENDLESS_FOLDS = re.compile(rb"\n(?:[ \t][^\n]*+\n){500,}+")
HEAD_ENDS = re.compile(rb"\n\r?\n")
LEFT_OUT = re.compile(r"\*cut (\d{1,12})\*")


def shortened(raw: bytes) -> bytes:
    """The mail with long runs of base64 (RFC 2045, 6.8) cut to their beginning, each with a note of how many octets went; then to a limit.

    Endless lines and endless folded headers (a head of megabytes) keep their beginning as well, so that what follows is read.
    The time it takes grows with what is kept, not with the mail.
    """
    kept = without_bulk(raw) if len(raw) > LARGE else raw
    return with_few_parts(with_short_head(kept))


def without_bulk(raw: bytes) -> bytes:
    pieces: list[bytes] = []
    at, room = 0, MOST_KEPT
    while room > 0 and at < len(raw):
        found = BULK_STARTS.search(raw, at, at + room)
        if found is None:
            pieces.append(raw[at : at + room])
            break
        start = found.start() + 1
        end, note = end_of_bulk(raw, start)
        pieces.append(raw[at : start + RUN_KEPT] + note)
        room -= start + RUN_KEPT - at
        at = end
    return b"".join(pieces)


def end_of_bulk(raw: bytes, start: int) -> tuple[int, bytes]:
    """Where the run ends, and a note of what goes; of a line without end nothing is noted."""
    run = ENCODED.match(raw, start)
    end = run.end() if run else start
    if end <= start + RUN_KEPT:
        line_end = raw.find(b"\n", start)
        return (line_end if line_end >= 0 else len(raw)), b""
    line = raw.index(b"\n", start) + 1 - start
    whole = raw[start : start + line].strip()
    return end, b"\n*cut %d*\n" % ((end - start - RUN_KEPT) * len(whole) // line * 3 // 4)


def with_short_head(raw: bytes) -> bytes:
    ends = HEAD_ENDS.search(raw)
    head, body = (raw[: ends.start() + 1], raw[ends.start() + 1 :]) if ends else (raw, b"")
    if len(head) <= LONGEST_HEAD:
        return raw
    kept = ENDLESS_FOLDS.sub(lambda run: run[0][:RUN_KEPT].rpartition(b"\n")[0] + b"\n", head)
    return kept[:LONGEST_HEAD_KEPT] + body


def with_few_parts(raw: bytes) -> bytes:
    """Up to the two thousandth line that may be a boundary: a part costs far more than its octets."""
    if raw.count(b"\n--") <= MOST_PARTS:
        return raw
    at = 0
    for _ in range(MOST_PARTS):
        at = raw.index(b"\n--", at) + 1
    return raw[:at]
