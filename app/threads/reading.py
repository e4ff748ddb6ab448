"""Understanding a mail as the mailbox keeps it, however broken it is (RFC 5322, RFC 2045, and what is sent in their name)."""

import re
from base64 import b64decode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header
from email.message import Message as Mime
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from itertools import islice
from typing import Any, cast

from app.contacts.addresses import is_address, normal
from app.errors import Unreadable
from app.threads.shortening import LEFT_OUT, shortened
from app.threads.tidying import LONGEST_BODY, clean, plain, safe

LONGEST_HEADER = 20_000
LONGEST_HEAD = 200_000
MOST_BOUNDARIES = 200
MOST_PARTS = 500
MOST_IDS = 100
MOST_HEADERS = 2_000
MOST_OF_A_NAME = 20
MOST_ADDRESSES = 500
LONGEST_REPORT = 200_000
BASE64 = re.compile(r"[A-Za-z0-9+/]{4,}={0,2}")
LONGEST_NOTE = 20_000
MOST_NOTES = 5

MESSAGE_IDS = re.compile(r"<[^<>\s]{1,900}>")
HEAD_ENDS = re.compile(rb"\r?\n[ \t]*\r?\n")
FOLDED = re.compile(r"\r?\n[ \t]*|\r")
REPORTS = (
    "message/delivery-status", "message/disposition-notification", "message/feedback-report", "message/global-delivery-status",
    "message/global-disposition-notification", "message/xdelivery-status",
)  # fmt: skip
RETURNED_HEADS = ("text/rfc822-headers", "message/rfc822-headers", "message/global-headers", "text/rfc822")
RETURNED = ("message/rfc822", "message/global", "message/partial", *RETURNED_HEADS)
NOTE, SEND_ID = "x-nachfass-note", "x-nachfass-send-id"


@dataclass(frozen=True)
class Part:
    """A part that a report is made of: its type in lower case, and its content as text."""

    type: str
    content: str


@dataclass(frozen=True)
class Letter:
    """A mail, understood as far as possible. Everything in it is clean text; ids keep their brackets."""

    headers: dict[str, list[str]]
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    sender: str
    sender_name: str
    to: tuple[tuple[str, str, str], ...]
    subject: str
    text: str
    html: str
    attachments: tuple[dict[str, Any], ...]
    reports: tuple[Part, ...]
    returned: tuple[Part, ...]
    notes: tuple[str, ...]
    type: str
    report_type: str
    written_on: date | None

    def header(self, name: str) -> str:
        """The first header of this name, or nothing."""
        return next(iter(self.headers.get(name, [])), "")

    @property
    def refers_to(self) -> tuple[str, ...]:
        """What it answers: In-Reply-To first, then References from the newest to the oldest."""
        return tuple(dict.fromkeys([*self.in_reply_to, *reversed(self.references)]))


def read(raw: bytes) -> Letter:
    """Understand a mail. Only what is no mail at all is refused, with the reason."""
    if not raw.strip():
        raise Unreadable("The mailbox gave us an empty mail.")
    mime = parsed(shortened(raw))
    headers = headers_of(mime)
    if not headers:
        raise Unreadable("This mail has no headers: nobody can say who wrote it or when.")
    return letter(mime, headers)


def parsed(raw: bytes) -> Mime:
    """The mail's parts; of one that is nested without end only the head, which says who and what it answers."""
    if raw.count(b"boundary") + raw.count(b"BOUNDARY") + raw.lower().count(b"message/rfc822") > MOST_BOUNDARIES:
        return BytesHeaderParser().parsebytes(head_of(raw))
    try:
        return message_from_bytes(raw)
    except RecursionError:
        return BytesHeaderParser().parsebytes(head_of(raw))


def head_of(raw: bytes) -> bytes:
    end = HEAD_ENDS.search(raw)
    return raw[: end.start() if end else LONGEST_HEAD] + b"\n\n"


def headers_of(mime: Mime) -> dict[str, list[str]]:
    """All headers by lower-case name, decoded, each cut to a length that is still sensible."""
    found: dict[str, list[str]] = {}
    for name, value in islice(mime.raw_items(), MOST_HEADERS):
        found.setdefault(clean(str(name).strip().lower(), 200), []).append(decoded(str(value)[:LONGEST_HEADER]))
    return found


def decoded(value: str) -> str:
    """A header as people read it: encoded words (RFC 2047) turned into letters, folds into spaces."""
    flat = FOLDED.sub(" ", whole(value))
    if "=?" not in flat:
        return clean(flat.strip(), LONGEST_HEADER)
    try:
        pieces = decode_header(flat)
    except (ValueError, LookupError, ArithmeticError, MessageError):
        return clean(flat.strip(), LONGEST_HEADER)
    return clean("".join(word if isinstance(word, str) else in_charset(word, charset) for word, charset in pieces).strip(), LONGEST_HEADER)


def whole(value: str) -> str:
    """Bytes above ASCII that a mail put into its head as they are (the parser keeps them as surrogates)."""
    if value.isascii():
        return value
    octets = value.encode("utf-8", "surrogateescape")
    return in_charset(octets, "utf-8" if valid_utf8(octets) else "cp1252")


def valid_utf8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


def in_charset(octets: bytes, charset: str | None) -> str:
    """Text in the charset it claims; in the likeliest one where that does not exist."""
    guess = "utf-8" if valid_utf8(octets) else "cp1252"
    try:
        return octets.decode(charset if charset and charset.lower() not in ("unknown-8bit", "us-ascii", "ascii") else guess, "replace")
    except (LookupError, ValueError):
        return octets.decode(guess, "replace")


def letter(mime: Mime, headers: dict[str, list[str]]) -> Letter:
    text, html, attachments = content(mime)
    reports, returned = report_parts(mime)
    sender = next(iter(addresses(headers, "from") + addresses(headers, "sender")), ("", ""))
    return Letter(
        headers=headers,
        message_id=next(iter(ids(headers, "message-id")), ""),
        in_reply_to=ids(headers, "in-reply-to"),
        references=ids(headers, "references"),
        sender=sender[1],
        sender_name=sender[0],
        to=tuple((kind, name, address) for kind in ("to", "cc", "bcc") for name, address in addresses(headers, kind)),
        subject=" ".join(next(iter(headers.get("subject", [])), "").split())[:998],
        text=text or plain(html),
        html=safe(html) if html else "",
        attachments=attachments,
        reports=reports,
        returned=returned,
        notes=notes(mime),
        type=clean(mime.get_content_type(), 127),
        report_type=parameter(mime, "report-type").lower(),
        written_on=written_on(headers),
    )


def ids(headers: dict[str, list[str]], name: str) -> tuple[str, ...]:
    """Message ids in a header, with their brackets; a lone word without them is one too."""
    text = " ".join(headers.get(name, [])[:MOST_OF_A_NAME])
    found = MESSAGE_IDS.findall(text) or [f"<{word}>" for word in text.split() if "@" in word and len(word) < 900]
    return tuple(found[-MOST_IDS:])


def addresses(headers: dict[str, list[str]], name: str) -> list[tuple[str, str]]:
    """Names and addresses of a header; what is no address is left out."""
    values = [value[:LONGEST_HEADER] for value in headers.get(name, [])[:MOST_OF_A_NAME]]
    try:
        pairs = getaddresses(values)
    except (ValueError, IndexError, RecursionError):
        pairs = [("", word.strip("<>,;")) for value in values for word in value.split()]
    return [(clean(name, 200), normal(address)) for name, address in pairs[:MOST_ADDRESSES] if is_address(normal(address))]


def content(mime: Mime) -> tuple[str, str, tuple[dict[str, Any], ...]]:
    """The text, the HTML, and what is attached; what lies inside an attached mail is not looked at."""
    texts: list[str] = []
    pages: list[str] = []
    attached: list[dict[str, Any]] = []
    for part in leaves(mime):
        kind, name = kind_of(part), file_name(part)
        if name or disposition(part) == "attachment" or kind not in ("text/plain", "text/html"):
            if kind not in REPORTS and kind not in RETURNED_HEADS:
                attached.append({"name": name or kind, "type": kind, "size": size(part)})
        else:
            (texts if kind == "text/plain" else pages).append(body(part))
    return clean("\n\n".join(texts)).strip(), clean("\n".join(pages)), tuple(attached)


def kind_of(part: Mime) -> str:
    """The type of a part; one of many parts whose boundary is lost is read as the text that it still is."""
    kind = clean(part.get_content_type(), 127)
    return "text/plain" if kind.startswith("multipart/") else kind


def leaves(mime: Mime) -> Iterator[Mime]:
    """The parts that hold content, in order; an attached mail is one of them."""
    return islice(unfolded(mime), MOST_PARTS)


def unfolded(mime: Mime) -> Iterator[Mime]:
    if mime.get_content_maintype() == "multipart" and mime.is_multipart():
        for part in children(mime):
            yield from unfolded(part)
    else:
        yield mime


def children(mime: Mime) -> Sequence[Mime]:
    payload = mime.get_payload()
    return [part for part in payload if isinstance(part, Mime)] if isinstance(payload, list) else []


def body(part: Mime, limit: int = LONGEST_BODY) -> str:
    """A part's text, its transfer encoding and charset undone as far as they can be."""
    octets = octets_of(part)
    return clean(in_charset(octets[: limit * 4], parameter(part, "charset")), limit)


def octets_of(part: Mime) -> bytes:
    try:
        payload = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, MessageError):
        payload = part.get_payload()
    if isinstance(payload, bytes):
        return payload
    return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""


def size(part: Mime) -> int:
    """In octets; what was left out of a very large mail counts as well."""
    payload = part.get_payload()
    left_out = sum(int(found) for found in LEFT_OUT.findall(payload)) if isinstance(payload, str) else 0
    return left_out + (len(octets_of(part)) or sum(map(size, leaves_within(part))))


def leaves_within(part: Mime) -> Iterator[Mime]:
    """What an attached mail weighs is what its parts weigh."""
    return (leaf for child in children(part) for leaf in leaves(child) if leaf is not part)


def file_name(part: Mime) -> str:
    try:
        name = part.get_filename()
    except (ValueError, LookupError, TypeError, IndexError, MessageError):
        return "?"
    return clean(" ".join(decoded(str(name)[:1000]).split()), 255) if name else ""


def disposition(part: Mime) -> str:
    return str(part.get("content-disposition", "")).split(";")[0].strip().lower()[:20]


def parameter(part: Mime, name: str) -> str:
    """A parameter of Content-Type, nothing if it is damaged."""
    try:
        value = part.get_param(name)
    except (ValueError, LookupError, TypeError):
        return ""
    text = value[2] if isinstance(value, tuple) else value
    return clean(str(text).strip(), 100) if text else ""


def report_parts(mime: Mime) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """What a report says and what it returns: at the top or one level below, never inside a mail somebody attached."""
    top = children(mime) if mime.get_content_maintype() == "multipart" and mime.is_multipart() else [mime]
    below = [inner for part in top if part.get_content_maintype() == "multipart" for inner in children(part)]
    parts = [*top, *below][:MOST_PARTS]
    reports = tuple(Part(part.get_content_type(), words(part)) for part in parts if part.get_content_type() in REPORTS)
    returned = tuple(Part(part.get_content_type(), words(part)) for part in parts if part.get_content_type() in RETURNED)
    return reports, returned


def words(part: Mime) -> str:
    """A part of a report as text; the parser made small mails of its blocks, so they are put together again."""
    if not part.is_multipart():
        return body(part, LONGEST_REPORT)
    blocks = [block(inner) for inner in cast(list[Any], part.get_payload()) if isinstance(inner, Mime)]
    return clean(unencoded("\n\n".join(blocks), str(part.get("content-transfer-encoding", ""))), LONGEST_REPORT)


def unencoded(text: str, encoding: str) -> str:
    """RFC 6533 (3 and 4) lets a report be encoded; the parser takes all parts of type message for plain."""
    letters = "".join(text.split())
    if encoding.strip().lower() != "base64" or not BASE64.fullmatch(letters):
        return text
    return in_charset(b64decode(letters[: len(letters) // 4 * 4]), "utf-8")


def notes(mime: Mime) -> tuple[str, ...]:
    """Short texts that are attached under a name: some servers put their reasons there."""
    texts = (part for part in leaves(mime) if part.get_content_type() in ("text/plain", "text/rfc822"))
    named = (part for part in texts if file_name(part) or disposition(part) == "attachment")
    return tuple(body(part, LONGEST_NOTE) for part in islice(named, MOST_NOTES))


def written_on(headers: dict[str, list[str]]) -> date | None:
    """The day it was written, by its Date; nothing if that is damaged."""
    try:
        return parsedate_to_datetime(next(iter(headers.get("date", [])), "")[:100]).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def block(inner: Mime) -> str:
    """The fields of a block and, where the parser gave up early, the lines after them."""
    fields = "\n".join(f"{name}: {FOLDED.sub(' ', str(value)[:LONGEST_HEADER])}" for name, value in inner.raw_items())
    rest = inner.get_payload()
    return fields + ("\n" + rest[:LONGEST_HEADER] if isinstance(rest, str) else "")
