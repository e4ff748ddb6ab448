"""Leaving the bulk of very large mails unread: what is attached says nothing about what a mail is."""

import re

LARGE = 1_000_000
MOST_KEPT = 4_000_000
LONGEST_HEAD = 200_000
LINES_KEPT = 40

ENCODED = re.compile(rb"(?:[A-Za-z0-9+/]{56,998}+={0,2}+\r?\n){600,}+")
ENDLESS_LINE = re.compile(rb"[^\r\n]{100000,}+")
ENDLESS_FOLDS = re.compile(rb"(?:\r?\n[ \t][^\r\n]*+){500,}+")
HEAD_ENDS = re.compile(rb"\n\r?\n")
LEFT_OUT = re.compile(r"\*cut (\d{1,12})\*")


def shortened(raw: bytes) -> bytes:
    """The mail with long runs of base64 (RFC 2045, 6.8) cut to their beginning, each with a note of how many octets went; then to a limit.

    Endless lines and endless folded headers (a head of megabytes) keep their beginning as well, so that what follows is read.
    """
    if len(raw) <= LARGE:
        return raw
    kept = ENDLESS_LINE.sub(first_octets, ENCODED.sub(beginning, raw))
    ends = HEAD_ENDS.search(kept)
    head, body = (kept[: ends.start()], kept[ends.start() :]) if ends else (kept, b"")
    if len(head) > LONGEST_HEAD:
        head = ENDLESS_FOLDS.sub(first_octets, head)
    return (head[:MOST_KEPT] + body)[:MOST_KEPT]


def beginning(run: re.Match[bytes]) -> bytes:
    start, end = run.span()
    head = run.string[start : start + 4_000].splitlines(keepends=True)[:LINES_KEPT]
    kept = b"".join(head)
    octets = (end - start - len(kept)) * len(head[0].strip()) // len(head[0]) * 3 // 4
    return kept + b"*cut %d*\n" % octets


def first_octets(run: re.Match[bytes]) -> bytes:
    return run.string[run.start() : min(run.end(), run.start() + 25_000)]
