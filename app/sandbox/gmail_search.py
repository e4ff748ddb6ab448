"""Gmail's search box: `in:sent after:1762300800 rfc822msgid:<…>`, as far as a mail program needs it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.clock import now
from app.sandbox import mime as mails
from app.sandbox.world import Copy

Test = Callable[[Copy], bool]
WORD = re.compile(r'(-?)(?:(\w+):)?("[^"]*"|\{[^}]*\}|\S+)')
PLACES = {"sent": "SENT", "inbox": "INBOX", "drafts": "DRAFT", "draft": "DRAFT", "trash": "TRASH", "spam": "SPAM"}
DAYS = {"d": 1, "m": 30, "y": 365}


def matches(query: str, copy: Copy) -> bool:
    return all(test(copy) != bool(minus) for minus, test in terms(query))


def terms(query: str) -> list[tuple[str, Test]]:
    return [(minus, term(field.lower(), value.strip('"'))) for minus, field, value in WORD.findall(query)]


def names_trash(query: str) -> bool:
    return bool(re.search(r"\bin:(trash|anywhere|spam)\b", query))


def term(field: str, value: str) -> Test:
    """What one word of the query asks of a copy."""
    low = value.lower()
    if field in ("after", "newer"):
        since = moment(value)
        return lambda copy: copy.at >= since
    if field in ("before", "older"):
        until = moment(value)
        return lambda copy: copy.at < until
    if field in ("newer_than", "older_than"):
        edge = now() - timedelta(days=int(low[:-1]) * DAYS.get(low[-1], 1))
        return (lambda copy: copy.at >= edge) if field == "newer_than" else (lambda copy: copy.at < edge)
    if field == "rfc822msgid":
        return lambda copy: copy.message_id.strip("<>") == value.strip("<>")
    if field in ("in", "label"):
        return lambda copy: low in ("anywhere", "all") or PLACES.get(low, value.upper()) in {name.upper() for name in copy.labels}
    if field == "is":
        return lambda copy: (low.upper() in copy.labels) if low != "read" else "UNREAD" not in copy.labels
    if field in ("from", "to", "cc", "bcc", "subject"):
        return lambda copy: low in mails.header(copy.mime, field).lower()
    if field == "has":
        return lambda copy: low == "attachment" and bool(mails.attachments(copy.mime))
    return lambda copy: low in (mails.header(copy.mime, "Subject") + mails.body(copy.mime, "text/plain")).lower()


def moment(value: str) -> datetime:
    """Seconds since 1970, or a day as 2026/03/09; what is neither matches like the beginning of time."""
    if value.isdecimal():
        return datetime.fromtimestamp(int(value), UTC)
    day = re.fullmatch(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})", value)
    return datetime(int(day[1]), int(day[2]), int(day[3]), tzinfo=UTC) if day else datetime(1970, 1, 1, tzinfo=UTC)
