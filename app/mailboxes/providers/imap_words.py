"""The words of IMAP (RFC 3501): how names are written, and what answers say."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

Line = bytes | bytearray

LISTED = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?P<delimiter>\\?.)"|NIL) ?(?P<name>.*)', re.DOTALL)
ITEM = re.compile(rb"\d+ FETCH \(")
UID = re.compile(rb"\bUID (\d+)")
FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)")
SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
ARRIVED = re.compile(rb'\bINTERNALDATE "([^"]+)"')
GMAIL_THREAD = re.compile(rb"\bX-GM-THRID (\d+)")
CODE = re.compile(rb"\[([A-Z0-9.-]+)(?: ([^\]]*))?\]", re.IGNORECASE)
SHIFTED = re.compile(r"&([^-]*)-")


@dataclass(frozen=True)
class Folder:
    """A folder as LIST shows it: `name` as it goes over the wire, `flags` in lower case."""

    name: str
    delimiter: str
    flags: frozenset[str]

    @property
    def words(self) -> str:
        """Its last part as people read it."""
        return readable(self.name.rpartition(self.delimiter)[2] if self.delimiter else self.name)


@dataclass(frozen=True)
class Item:
    """What one FETCH said of one mail; `content` is the literal in it, if there was one."""

    uid: int
    flags: frozenset[str]
    at: datetime | None
    size: int
    thread: str
    content: bytes


def quoted(text: str) -> str:
    """A quoted string (RFC 3501, 4.3)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def readable(name: str) -> str:
    """Modified UTF-7 (RFC 3501, 5.1.3) as text; what is none stays as it is."""

    def opened(found: re.Match[str]) -> str:
        inner = found[1].replace(",", "/")
        return f"+{inner}-".encode().decode("utf-7") if inner else "&"

    try:
        return SHIFTED.sub(opened, name)
    except (UnicodeDecodeError, UnicodeEncodeError):
        return name


def folders(lines: Sequence[Line]) -> list[Folder]:
    """The folders of a LIST; a name may be quoted, an atom, or a literal on a line of its own."""
    found = []
    for place, line in enumerate(lines):
        entry = LISTED.match(bytes(line))
        if entry is None or isinstance(line, bytearray):
            continue
        name = bytes(entry["name"])
        if re.fullmatch(rb"\{\d+\+?\}", name) and place + 1 < len(lines):
            name = bytes(lines[place + 1])
        elif name.startswith(b'"'):
            name = re.sub(rb"\\(.)", rb"\1", name.strip()[1:-1])
        flags = frozenset(entry["flags"].decode("ascii", "replace").lower().split())
        delimiter = (entry["delimiter"] or b"").decode("ascii", "replace")[-1:]
        found.append(Folder(name.decode("utf-8", "replace"), delimiter, flags))
    return found


def items(lines: Sequence[Line]) -> Iterator[Item]:
    """What a FETCH answered, mail by mail; what a server says unasked has no UID and is left out."""
    said, content = b"", b""
    for line in [*lines, b"0 FETCH ("]:
        if isinstance(line, bytearray):
            content = bytes(line)
        elif ITEM.match(line):
            if uid := UID.search(said):
                yield item(int(uid[1]), said, content)
            said, content = line, b""
        else:
            said += b" " + line


def item(uid: int, said: bytes, content: bytes) -> Item:
    flags, size, thread = FLAGS.search(said), SIZE.search(said), GMAIL_THREAD.search(said)
    names = frozenset(flags[1].decode("ascii", "replace").lower().split()) if flags else frozenset()
    return Item(uid, names, arrived(said), int(size[1]) if size else 0, thread[1].decode() if thread else "", content)


def arrived(said: bytes) -> datetime | None:
    found = ARRIVED.search(said)
    try:
        return datetime.strptime(found[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC) if found else None
    except (ValueError, OverflowError):
        return None


def numbers(lines: Sequence[Line]) -> list[int]:
    """The UIDs of a SEARCH, in order: servers may answer in several lines, and with a MODSEQ behind."""
    found: set[int] = set()
    for line in lines:
        words = bytes(line).partition(b"(")[0].split()
        if words and all(word.isdigit() for word in words):
            found |= {int(word) for word in words}
    return sorted(found)


def code(line: Line, name: str = "") -> tuple[str, str]:
    """The response code in brackets (RFC 5530) in capitals, and what stands behind it; of this name, if one is asked for."""
    for found in CODE.finditer(bytes(line)):
        word = found[1].decode("ascii", "replace").upper()
        if not name or word == name:
            return word, (found[2] or b"").decode("ascii", "replace")
    return "", ""


def told(lines: Sequence[Line], name: str) -> int:
    """A number in a response code, such as UIDVALIDITY; 0 if it was not told."""
    for line in lines:
        word, value = code(line, name)
        if word and value.split() and value.split()[0].isdecimal():
            return int(value.split()[0])
    return 0


def day(at: datetime) -> str:
    """A date for SEARCH, which has no hours."""
    return f"{at.day}-{['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][at.month - 1]}-{at.year}"


def written_at(text: str) -> datetime | None:
    """A Date header; None if it is none."""
    try:
        at = parsedate_to_datetime(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
