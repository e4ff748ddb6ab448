"""Mail as bytes: headers are read and changed without touching anything else."""

import email
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from functools import lru_cache

from app.clock import new_id

FIELD = re.compile(rb"^([!-9;-~]+)[ \t]*:[ \t]*((?:[^\r\n]++|\r?\n[ \t]|\r(?!\n))*+)\r?\n", re.M)
REMEMBERED = 5_000
PREFIX = re.compile(r"^\s*(re|aw|fw|fwd|wg|antw|sv)\s*(\[\d+\])?\s*:\s*", re.I)


def tidied(mime: bytes) -> bytes:
    """The mail with the line ends of the wire."""
    return re.sub(rb"\r?\n", b"\r\n", mime)


def split(mime: bytes) -> tuple[bytes, bytes]:
    """Header block (each line with its end) and the rest, which starts with the empty line."""
    gap = re.search(rb"(?:^|\r?\n)(\r?\n)", mime)
    return (mime[: gap.start(1)], mime[gap.start(1) :]) if gap else (mime.rstrip(b"\r\n") + b"\r\n", b"\r\n")


def fields(mime: bytes) -> Iterator[tuple[str, str]]:
    """Every header, name and unfolded value as written."""
    for found in FIELD.finditer(split(mime)[0]):
        yield found[1].decode("ascii", "replace"), re.sub(r"\r?\n[ \t]+", " ", found[2].decode("utf-8", "replace")).strip()


def decoded(value: str) -> str:
    """A header value as people read it; one that cannot be decoded stays as it is."""
    try:
        return str(make_header(decode_header(value)))
    except (LookupError, UnicodeError, ValueError):
        return value


def headers(mime: bytes) -> list[tuple[str, str]]:
    return [(name, decoded(value)) for name, value in fields(mime)]


def header(mime: bytes, name: str) -> str:
    """The first header of this name, decoded, or nothing."""
    return next((decoded(value) for found, value in fields(mime) if found.lower() == name.lower()), "")


def without(mime: bytes, *names: str) -> bytes:
    unwanted = {name.lower().encode() for name in names}
    head, rest = split(mime)
    return FIELD.sub(lambda found: b"" if found[1].lower() in unwanted else found[0], head) + rest


def having(mime: bytes, name: str, value: str) -> bytes:
    """The mail with this header: in its old place if it had one, else on top."""
    line = f"{name}: {value}\r\n".encode()
    head, rest = split(mime)
    places = iter((line,))
    wanted = name.lower().encode()
    changed = FIELD.sub(lambda found: next(places, b"") if found[1].lower() == wanted else found[0], head)
    return next(places, b"") + changed + rest


def addresses(mime: bytes, *names: str) -> list[tuple[str, str]]:
    """Names and addresses (lower case) in these headers; what cannot be an address is left out."""
    wanted = {name.lower() for name in names}
    written = [value for name, value in fields(mime) if name.lower() in wanted]
    found = getaddresses(written, strict=False) if _strict_known() else getaddresses(written)
    return [(decoded(name), address.lower()) for name, address in found if "@" in address]


def _strict_known() -> bool:
    return "strict" in getaddresses.__code__.co_varnames


def sender(mime: bytes) -> str:
    return next((address for _, address in addresses(mime, "From")), "")


@lru_cache(maxsize=REMEMBERED)
def message_id(mime: bytes) -> str:
    return header(mime, "Message-ID").strip()


def references(mime: bytes) -> list[str]:
    return re.findall(r"<[^<>\s]+>", header(mime, "References") + " " + header(mime, "In-Reply-To"))


@lru_cache(maxsize=REMEMBERED)
def topic(mime: bytes) -> str:
    """The subject without its answers' prefixes."""
    subject = header(mime, "Subject")
    while PREFIX.match(subject):
        subject = PREFIX.sub("", subject, count=1)
    return subject.strip().lower()


def new_message_id(domain: str) -> str:
    return f"<{new_id().hex}@{domain}>"


def parsed(mime: bytes) -> Message:
    """The forgiving parser: it never raises."""
    return email.message_from_bytes(mime)


def content(part: Message) -> bytes:
    """What a part holds, decoded; a part that holds parts holds nothing itself."""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def written(part: Message) -> str:
    charset = part.get_content_charset() or "utf-8"
    try:
        return content(part).decode(charset, "replace")
    except LookupError:
        return content(part).decode("utf-8", "replace")


def leaves(message: Message) -> Iterator[Message]:
    """The parts that hold something, without looking into enclosed mails."""
    if message.get_content_type() == "message/rfc822" or not message.is_multipart():
        yield message
        return
    for part in message.get_payload():
        if isinstance(part, Message):
            yield from leaves(part)


def body(mime: bytes, kind: str) -> str:
    """The first `text/plain` or `text/html` part that is no attachment."""
    wanted = (part for part in leaves(parsed(mime)) if part.get_content_type() == kind and not part.get_filename())
    return next((written(part) for part in wanted), "")


def attachments(mime: bytes) -> list[Message]:
    return [part for part in leaves(parsed(mime)) if part.get_filename() or part.get_content_disposition() == "attachment"]


def dated(mime: bytes) -> datetime | None:
    """The moment in the Date header, if it holds one."""
    try:
        found = parsedate_to_datetime(header(mime, "Date"))
    except (TypeError, ValueError, IndexError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
