"""What stands in the address of a pixel, a link and an opt-out page: signed, without a name in it, and valid for ever.

A token is 48 octets, 64 characters of base64url without padding: version, key id, workspace, subject, number, MAC.
The destination of a link is readable in its address and covered by the MAC, so nobody can make our host redirect elsewhere.
"""

from base64 import urlsafe_b64encode
from binascii import Error as NotBase64
from binascii import a2b_base64
from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest
from struct import Struct
from urllib.parse import quote, unquote_to_bytes, urlsplit
from uuid import UUID

import msgspec

from app.settings import settings

VERSION = b"\1"
MAC_OCTETS = 12
TOKEN_CHARACTERS = 64
PIXEL = 0xFFFF
DECOY = 0xFFFE
"""The number of a link that no person can see."""
MOST_LINKS = DECOY
OF_CONTACT, OF_MESSAGE = 0, 1
BODY = Struct(">2s16s16sH")
BODY_OCTETS = BODY.size
FROM_URLSAFE = bytes.maketrans(b"-_+/", b"+/--")
"""Base64url in plain base64 (RFC 4648), where what stands only in plain base64 is no character at all."""
READABLE = ":/?=@,;~"
"""Left as they are in a destination; `&`, `#`, `%`, `+` and quotes are not, so that it stays one parameter and one attribute."""


class Token(msgspec.Struct, frozen=True, gc=False):
    """What a valid token says: whose it is, what it is about (as 16 octets each), and which of several."""

    workspace_octets: bytes
    subject_octets: bytes
    number: int

    @property
    def workspace(self) -> UUID:
        return UUID(bytes=self.workspace_octets)

    @property
    def subject(self) -> UUID:
        return UUID(bytes=self.subject_octets)


def pixel_url(workspace: UUID, message: UUID) -> str:
    return f"{settings().tracking_url}/o/{sealed(b'pixel', workspace, message, PIXEL)}.gif"


def link_url(workspace: UUID, message: UUID, number: int, destination: str) -> str:
    """The address that records a click on link `number` and leads to the destination."""
    token = sealed(b"link", workspace, message, number, destination.encode())
    return f"{settings().tracking_url}/c/{token}?to={quote(destination, safe=READABLE)}"


def opt_out_token(workspace: UUID, contact: UUID) -> str:
    """Lets a contact refuse to be tracked without signing in anywhere."""
    return sealed(b"opt-out", workspace, contact, OF_CONTACT)


def opt_out_url(workspace: UUID, contact: UUID) -> str:
    return f"{settings().base_url}/t/{opt_out_token(workspace, contact)}"


def opt_out_url_for_all(workspace: UUID, message: UUID) -> str:
    """The way out in a mail that goes to several people: its page asks which address is theirs."""
    return f"{settings().base_url}/t/{sealed(b'opt-out', workspace, message, OF_MESSAGE)}"


def open_pixel(token: str) -> Token | None:
    found = opened(b"pixel", token)
    return found if found and found.number == PIXEL else None


def open_link(token: str, query: bytes) -> tuple[Token, str] | None:
    """The token and its destination, if both are as we sealed them. Parameters that others appended are ignored."""
    destination = destination_in(query)
    found = opened(b"link", token, destination.encode()) if destination else None
    return (found, destination) if found and destination else None


def open_opt_out(token: str) -> Token | None:
    return opened(b"opt-out", token)


def destination_in(query: bytes) -> str | None:
    """The web address after `to=`; other schemes are never followed, whoever signed them."""
    for part in query.split(b"&"):
        if part.startswith(b"to="):
            try:
                destination = unquote_to_bytes(part[3:]).decode()
            except UnicodeDecodeError:
                return None
            return destination if is_web(destination) else None
    return None


def is_web(destination: str) -> bool:
    """An absolute http or https address with a host."""
    if not destination[:8].lower().startswith(("http://", "https://")):
        return False
    try:
        return bool(urlsplit(destination).hostname)
    except ValueError:
        return False


def sealed(purpose: bytes, workspace: UUID, subject: UUID, number: int, covered: bytes = b"") -> str:
    head, state = keys(purpose, settings().secret_keys)[0]
    body = BODY.pack(head, workspace.bytes, subject.bytes, number)
    return urlsafe_b64encode(body + mac(state, body, covered)).decode()


def opened(purpose: bytes, token: str, covered: bytes = b"") -> Token | None:
    """What the token says, if one of our keys made it for this purpose and these covered octets; else nothing."""
    if len(token) != TOKEN_CHARACTERS:
        return None
    try:
        raw = a2b_base64(token.encode("ascii").translate(FROM_URLSAFE), strict_mode=True)
    except (NotBase64, UnicodeEncodeError):
        return None
    body, given = raw[:BODY_OCTETS], raw[BODY_OCTETS:]
    head, workspace, subject, number = BODY.unpack(body)
    for known, state in keys(purpose, settings().secret_keys):
        if known == head and compare_digest(mac(state, body, covered), given):
            return Token(workspace, subject, number)
    return None


def mac(state: blake2b, body: bytes, covered: bytes) -> bytes:
    """Keyed BLAKE2 (RFC 7693) over a copy of the ready key state; the body has a fixed length, so nothing can shift into it."""
    copied = state.copy()
    copied.update(body + covered)
    return copied.digest()


@lru_cache(16)
def keys(purpose: bytes, secrets: tuple[str, ...]) -> tuple[tuple[bytes, blake2b], ...]:
    """For each secret, newest first: how its tokens begin (version, key id), and a keyed hash ready to be copied. Each purpose has its own."""
    derived = [blake2b(b"tracking " + purpose, key=blake2b(secret.encode()).digest(), digest_size=32).digest() for secret in secrets]
    return tuple((VERSION + blake2b(key, digest_size=1).digest(), blake2b(key=key, digest_size=MAC_OCTETS)) for key in derived)
