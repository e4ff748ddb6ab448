"""Conversations without a provider that knows them: called by the Message-ID they began with (RFC 5322, 3.6.4)."""

import hashlib
import re

from app.mailboxes.providers.imap_words import Item, quoted

LONGEST_KEY = 300
IDS = re.compile(r"<[^<>\s]{1,900}>")
GMAIL = "gm:"
FOLDED = re.compile(rb"\r?\n[ \t]+")
MESSAGE_ID = re.compile(rb"^message-id[ \t]*:[ \t]*[^ \t\r\n]", re.IGNORECASE | re.MULTILINE)


def headers_of(head: bytes) -> dict[str, str]:
    """Names in lower case; of several with one name the first counts."""
    found: dict[str, str] = {}
    for line in FOLDED.sub(b" ", head).splitlines():
        name, colon, value = line.decode("utf-8", "replace").partition(":")
        if colon:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def mail_ids(text: str) -> list[str]:
    return IDS.findall(text)


def thread_of(found: Item) -> str:
    """What its conversation is called: by Gmail, or by the mail that it began with."""
    if found.thread:
        return f"{GMAIL}{found.thread}"
    head = headers_of(found.content)
    ids = [one for name in ("references", "in-reply-to", "message-id") for one in mail_ids(head.get(name, ""))]
    return ids[0][:LONGEST_KEY] if ids else ""


def same_thread(thread: str) -> str:
    """The criterion that finds its mails: SEARCH looks for parts of a header."""
    if thread.startswith(GMAIL):
        return f"X-GM-THRID {thread.removeprefix(GMAIL)}"
    key = quoted(thread) if thread and thread.isascii() and thread.isprintable() else quoted("no mail is called so")
    return f"OR HEADER Message-ID {key} OR HEADER References {key} HEADER In-Reply-To {key}"


def identified(raw: bytes) -> bytes:
    """A mail without a Message-ID gets one made of its octets, so that it is the same mail wherever it lies, however it is numbered."""
    head = re.split(rb"\r?\n\r?\n", raw[:200_000], maxsplit=1)[0]
    if not raw.strip() or MESSAGE_ID.search(head):
        return raw
    return b"Message-ID: <%s@without-an-id.invalid>\r\n" % hashlib.sha256(raw).hexdigest()[:40].encode() + raw
