"""A mail as octets (RFC 5322, 2045, 2047, 2231): the same input always gives the same octets.

Python's newer `EmailMessage` of 3.11 encodes long ids in References and drops blanks between encoded words, so the headers are folded here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import charset, encoders
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, quote
from re import compile as pattern

from app.outbox.addressing import Somebody

FOLDED = 75
AS_IT_IS = compat32.clone(linesep="\r\n", max_line_length=0)
"""No folding on the way out: it was done here."""
ATOMS = pattern(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
TYPE = pattern(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
MOST_REFERENCES = 20


@dataclass(frozen=True)
class File:
    """An attachment."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True)
class Envelope:
    """Everything that goes into a mail."""

    key: str
    sender: Somebody
    to: Sequence[Somebody]
    cc: Sequence[Somebody]
    bcc: Sequence[Somebody]
    subject: str
    at: datetime
    message_id: str
    answers: str
    references: Sequence[str]
    marks: dict[str, str]
    html: str
    text: str
    files: Sequence[File]
    reply_to: str = ""
    confirms_to: str = ""


def octets(envelope: Envelope) -> bytes:
    """The whole mail."""
    letter = both_parts(envelope)
    mail = with_files(envelope, letter) if envelope.files else letter
    for name, value in headers(envelope).items():
        mail[name] = value
    return mail.as_bytes(policy=AS_IT_IS)


def both_parts(envelope: Envelope) -> MIMEMultipart:
    """Text and HTML, the richest last (RFC 2046, 5.1.4)."""
    readable = charset.Charset("utf-8")
    readable.body_encoding = charset.QP
    parts = []
    for content, subtype in ((envelope.text, "plain"), (envelope.html, "html")):
        part = MIMEText("", subtype)
        del part["Content-Transfer-Encoding"]
        part.set_payload(content.encode("utf-8", "replace").decode(), readable)
        parts.append(part)
    return MIMEMultipart("alternative", f"=_{envelope.key}_letter", parts)


def with_files(envelope: Envelope, letter: MIMEMultipart) -> MIMEMultipart:
    return MIMEMultipart("mixed", f"=_{envelope.key}_mail", [letter, *(attached(file) for file in envelope.files)])


def attached(file: File) -> MIMEBase:
    main, _, sub = (file.type if TYPE.fullmatch(file.type) else "application/octet-stream").partition("/")
    main, sub = ("application", "octet-stream") if main in ("multipart", "message") else (main, sub)
    part = MIMEBase(main, sub)
    part.set_payload(file.content)
    encoders.encode_base64(part)
    plain = file.name.isascii() and len(file.name) < FOLDED
    part.add_header("Content-Disposition", "attachment", filename=file.name if plain else ("utf-8", "", file.name))
    return part


def headers(envelope: Envelope) -> dict[str, str]:
    """In the order people expect; empty ones are left out."""
    made = {
        "From": people([envelope.sender]),
        "Reply-To": envelope.reply_to,
        "To": people(envelope.to),
        "Cc": people(envelope.cc),
        "Bcc": people(envelope.bcc),
        "Subject": words(envelope.subject, "Subject"),
        "Date": format_datetime(envelope.at),
        "Message-ID": envelope.message_id,
        "In-Reply-To": envelope.answers,
        "Disposition-Notification-To": envelope.confirms_to,
        "References": "\r\n ".join([*envelope.references[:1], *envelope.references[1:][-MOST_REFERENCES:]]),
        **envelope.marks,
    }
    return {name: value for name, value in made.items() if value}


def people(everybody: Sequence[Somebody]) -> str:
    return ",\r\n ".join(person(one) for one in everybody)


def person(one: Somebody) -> str:
    return f"{phrase(one['name'])} <{one['address']}>" if one["name"] else one["address"]


def phrase(name: str) -> str:
    """A name before an address: as it is, quoted, or encoded."""
    if not name.isascii() or "=?" in name or not name.isprintable():
        return words(name, "To")
    return name if ATOMS.fullmatch(name) else f'"{quote(name)}"'


def words(text: str, header: str) -> str:
    """Text in a header, folded, and encoded where it is not plain."""
    plain = text.isascii() and text.isprintable() and "=?" not in text
    if plain and len(text) < FOLDED - len(header):
        return text
    return Header(text, "us-ascii" if plain else "utf-8", FOLDED, header).encode(linesep="\r\n")
