"""Reading recipients as people type and paste them, losing nothing that was typed."""

import re
from collections.abc import Sequence
from email.headerregistry import Address
from email.utils import parseaddr
from typing import TypedDict

from app.errors import Refused

MOST_RECIPIENTS = 100
"""Gmail takes 100 recipients a message through the API."""
LONGEST_ADDRESS = 254
LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]*[^\W_]")


class Somebody(TypedDict):
    """A recipient. `typed` holds what could not be read as an address; it is empty otherwise."""

    name: str
    address: str
    typed: str


def parse(text: str) -> list[Somebody]:
    """“a@b.com, C <c@d.com>; e@f.com” as recipients, each once, in order."""
    found: dict[str, Somebody] = {}
    for piece in pieces(text):
        one = read(piece)
        found.setdefault(one["address"] or one["typed"], one)
    return list(found.values())


def pieces(text: str) -> list[str]:
    """Split at commas, semicolons and line ends that stand outside quotes and angle brackets."""
    made: list[str] = []
    current, quoted, angled = "", False, False
    for char in text.replace("\x00", ""):
        if char == '"':
            quoted = not quoted
        elif not quoted and char in "<>":
            angled = char == "<"
        if (char in ",;" and not quoted and not angled) or char in "\r\n":
            made, current, quoted, angled = [*made, current], "", False, False
        else:
            current += char
    return [piece.strip() for piece in [*made, current] if piece.strip()]


def read(piece: str) -> Somebody:
    """One recipient; unreadable ones are kept as they were typed."""
    name, address = parseaddr(piece.removeprefix("mailto:"))
    address = lowered(address)
    if not is_address(address):
        return Somebody(name="", address="", typed=piece[:500])
    return Somebody(name=" ".join(name.split())[:200], address=address, typed="")


def lowered(address: str) -> str:
    """Domains do not tell upper from lower case, and no mail server in practice does before the @."""
    local, at, domain = address.strip().rpartition("@")
    return f"{local}{at}{ascii_domain(domain)}".lower()


def ascii_domain(domain: str) -> str:
    """Müller.de as mail servers know it (IDNA)."""
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain


def is_address(address: str) -> bool:
    local, _, domain = address.rpartition("@")
    plain = bool(LOCAL.fullmatch(local)) and not local.startswith(".") and not local.endswith(".") and ".." not in local
    return plain and len(address) <= LONGEST_ADDRESS and bool(DOMAIN.fullmatch(domain))


def written(people: Sequence[Somebody]) -> str:
    """Recipients as one line that `parse` reads back."""
    return ", ".join(label(one) for one in people)


def label(one: Somebody) -> str:
    """Anna Weber <anna@acme.com>, or what was typed."""
    if one["typed"]:
        return one["typed"]
    return str(Address(display_name=one["name"], addr_spec=one["address"])) if one["name"] else one["address"]


def called(one: Somebody) -> str:
    """How a sentence names them."""
    return one["name"] or one["address"] or one["typed"]


def check(*fields: tuple[str, Sequence[Somebody]]) -> None:
    """Refuse what can't be sent to, naming it; the field at fault is marked."""
    for field, people in fields:
        for one in people:
            if one["typed"]:
                raise Refused(
                    "“%(typed)s” is not an e-mail address. Correct it or take it out; the mail is kept as a draft.", field=field, typed=one["typed"]
                )
    everybody = [one for _, people in fields for one in people]
    if not everybody:
        raise Refused("This mail goes to nobody yet. Add a recipient; the mail is kept as a draft.", field="to")
    if len(everybody) > MOST_RECIPIENTS:
        raise Refused(
            "%(count)d recipients are more than a mail may have (%(most)d). Split the list; the mail is kept as a draft.",
            field="to",
            count=len(everybody),
            most=MOST_RECIPIENTS,
        )
