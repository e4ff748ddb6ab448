"""Leaving the bulk of very large mails unread: what is attached says nothing about what a mail is."""

import re

LARGE = 1_000_000
MOST_KEPT = 4_000_000
LINES_KEPT = 40

ENCODED = re.compile(rb"(?:[A-Za-z0-9+/]{56,998}+={0,2}+\r?\n){600,}+")
LEFT_OUT = re.compile(r"\*cut (\d{1,12})\*")


def shortened(raw: bytes) -> bytes:
    """The mail with long runs of base64 (RFC 2045, 6.8) cut to their beginning, each with a note of how many octets went; then to a limit."""
    if len(raw) <= LARGE:
        return raw
    return ENCODED.sub(beginning, raw)[:MOST_KEPT]


def beginning(run: re.Match[bytes]) -> bytes:
    start, end = run.span()
    head = run.string[start : start + 4_000].splitlines(keepends=True)[:LINES_KEPT]
    kept = b"".join(head)
    octets = (end - start - len(kept)) * len(head[0].strip()) // len(head[0]) * 3 // 4
    return kept + b"*cut %d*\n" % octets
