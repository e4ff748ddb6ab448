"""Why a mail did not arrive, in words for a salesperson, and whether it never will (`hard`: the address is no good)."""

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from app.threads.recognising import reason_wordings as said
from app.web.locale import N_

LOOKED_AT = 4_000


@dataclass(frozen=True)
class Reason:
    """`status` is the code of RFC 3463 for it where the other server gave none."""

    name: str
    words: str
    hard: bool
    status: str


USER_UNKNOWN = Reason("user-unknown", N_("The address does not exist."), True, "5.1.1")
HOST_UNKNOWN = Reason("host-unknown", N_("The part after the @ does not exist, or takes no mail."), True, "5.1.2")
NULL_MX = Reason("no-mail-there", N_("The part after the @ takes no mail at all."), True, "5.1.10")
MOVED = Reason("moved", N_("They have moved: the address is given up."), True, "5.1.6")
MAILBOX_FULL = Reason("mailbox-full", N_("Their mailbox is full."), False, "5.2.2")
TOO_LARGE = Reason("too-large", N_("The mail is too large for them."), False, "5.3.4")
SUSPENDED = Reason("suspended", N_("Their mailbox is switched off at the moment."), False, "5.2.1")
SENDER_REFUSED = Reason("sender-refused", N_("Their server does not accept your address as a sender."), False, "5.1.8")
NOT_ALLOWED = Reason("not-allowed", N_("They take mail only from certain senders."), False, "5.7.1")
FILTERED = Reason("filtered", N_("Their server refused it only after it had seen the whole mail."), False, "5.7.1")
SPAM = Reason("spam", N_("Their server takes us for spam."), False, "5.7.1")
VIRUS = Reason("virus", N_("Their server thinks an attachment is dangerous."), False, "5.7.0")
BLOCKED = Reason("blocked", N_("Their server refuses mail from our mail server."), False, "5.7.1")
AUTHENTICATION = Reason("authentication", N_("Our domain does not prove well enough that the mail is ours (SPF, DKIM, DMARC)."), False, "5.7.26")
REVERSE_DNS = Reason("reverse-dns", N_("Our mail server has no proper name in the DNS."), False, "5.7.25")
RELAY = Reason("relay", N_("Their server says that it does not take mail for this address."), False, "5.7.1")
POLICY = Reason("policy", N_("Their server refuses the mail by a rule of its own."), False, "5.7.1")
TOO_FAST = Reason("too-fast", N_("We sent more, or faster, than their server takes."), False, "4.7.0")
GREYLISTED = Reason("greylisted", N_("Their server wants it to be tried again later."), False, "4.7.1")
ENCRYPTION = Reason("encryption", N_("The servers did not agree on an encrypted connection."), False, "5.7.10")
EXPIRED = Reason("expired", N_("Their server could not be reached in time."), False, "4.4.7")
UNREACHABLE = Reason("unreachable", N_("Their server can't be reached at the moment."), False, "4.4.1")
LOOP = Reason("loop", N_("The mail went round in a circle on their side."), False, "5.4.6")
SERVER_FULL = Reason("server-full", N_("Their server has no space left."), False, "4.3.1")
SERVER_BROKEN = Reason("server-broken", N_("Something on their server is broken."), False, "5.3.0")
CONTENT = Reason("content", N_("Their server can't take a mail of this form."), False, "5.6.0")
SYNTAX = Reason("syntax", N_("The servers did not understand each other."), False, "5.5.0")
TOO_MANY = Reason("too-many-recipients", N_("The mail had too many recipients at once."), False, "5.5.3")
DELAYED = Reason("delayed", N_("It has not arrived yet; the server keeps trying."), False, "4.0.0")
UNCLEAR = Reason("unclear", N_("The other server does not say why."), False, "5.0.0")
ARRIVED = Reason("arrived", N_("It arrived."), False, "2.0.0")

WORDINGS: list[tuple[Reason, str]] = [
    (FILTERED, said.FILTERED),
    (GREYLISTED, said.GREYLISTED),
    (USER_UNKNOWN, said.GONE_OR_OFF),
    (SENDER_REFUSED, said.SENDER_REFUSED),
    (REVERSE_DNS, said.REVERSE_DNS),
    (AUTHENTICATION, said.AUTHENTICATION),
    (MAILBOX_FULL, said.MAILBOX_FULL),
    (NULL_MX, said.NULL_MX),
    (MOVED, said.MOVED),
    (SUSPENDED, said.SUSPENDED),
    (NOT_ALLOWED, said.NOT_ALLOWED),
    (TOO_MANY, said.TOO_MANY),
    (TOO_FAST, said.TOO_FAST),
    (LOOP, said.LOOP),
    (BLOCKED, said.CLIENT_BLOCKED),
    (USER_UNKNOWN, said.USER_UNKNOWN),
    (HOST_UNKNOWN, said.HOST_UNKNOWN),
    (VIRUS, said.VIRUS),
    (RELAY, said.RELAY),
    (TOO_LARGE, said.TOO_LARGE),
    (BLOCKED, said.BLOCKED),
    (SPAM, said.SPAM),
    (ENCRYPTION, said.ENCRYPTION),
    (SERVER_FULL, said.SERVER_FULL),
    (EXPIRED, said.EXPIRED),
    (UNREACHABLE, said.UNREACHABLE),
    (CONTENT, said.CONTENT),
    (POLICY, said.POLICY),
    (SERVER_BROKEN, said.SERVER_BROKEN),
    (SYNTAX, said.SYNTAX),
]
"""Tried in this order: what names the sender or a limit comes before what names the address, and that before what only says no."""

BY_STATUS: dict[str, Reason] = {
    "1.0": USER_UNKNOWN, "1.1": USER_UNKNOWN, "1.2": HOST_UNKNOWN, "1.3": USER_UNKNOWN, "1.4": UNCLEAR, "1.6": MOVED, "1.7": SENDER_REFUSED,
    "1.8": SENDER_REFUSED, "1.10": USER_UNKNOWN, "1.351": USER_UNKNOWN, "2.0": UNCLEAR, "2.1": SUSPENDED, "2.2": MAILBOX_FULL, "2.3": TOO_LARGE,
    "2.4": SERVER_BROKEN, "3.0": SERVER_BROKEN, "3.1": SERVER_FULL, "3.2": SERVER_BROKEN, "3.3": SERVER_BROKEN, "3.4": TOO_LARGE,
    "3.5": SERVER_BROKEN, "4.0": UNREACHABLE, "4.1": UNREACHABLE, "4.2": UNREACHABLE, "4.3": UNREACHABLE, "4.4": HOST_UNKNOWN,
    "4.5": UNREACHABLE, "4.6": LOOP, "4.7": EXPIRED, "4.14": LOOP, "4.310": HOST_UNKNOWN, "4.312": UNREACHABLE, "4.316": EXPIRED,
    "5.3": TOO_MANY, "7.0": POLICY, "7.1": POLICY, "7.23": AUTHENTICATION, "7.25": REVERSE_DNS, "7.26": AUTHENTICATION,
    "7.20": AUTHENTICATION, "7.21": AUTHENTICATION, "7.22": AUTHENTICATION, "7.27": SENDER_REFUSED, "7.28": TOO_FAST, "7.509": AUTHENTICATION,
    "7.606": BLOCKED, "7.708": BLOCKED, "7.511": BLOCKED, "7.750": BLOCKED, "7.124": NOT_ALLOWED, "7.133": NOT_ALLOWED, "7.134": NOT_ALLOWED,
    "7.136": NOT_ALLOWED, "1.20": SENDER_REFUSED, "1.90": TOO_FAST, "2.121": TOO_FAST, "2.122": TOO_FAST, "4.300": EXPIRED, "4.317": ENCRYPTION,
    "6.7": CONTENT, "6.9": CONTENT, "7.2": NOT_ALLOWED, "7.10": ENCRYPTION, "7.11": ENCRYPTION, "7.12": NOT_ALLOWED, "7.13": SUSPENDED,
    "7.15": POLICY,
    "7.30": ENCRYPTION, "7.57": AUTHENTICATION, "7.64": RELAY, "7.129": NOT_ALLOWED, "7.130": NOT_ALLOWED, "7.131": NOT_ALLOWED,
    "7.132": NOT_ALLOWED, "7.135": NOT_ALLOWED, "7.193": NOT_ALLOWED, "7.232": TOO_FAST, "7.233": TOO_FAST, "7.321": ENCRYPTION,
    "7.322": ENCRYPTION, "7.323": ENCRYPTION, "7.324": ENCRYPTION, "7.325": ENCRYPTION, "7.501": BLOCKED, "7.502": BLOCKED, "7.503": BLOCKED,
    "7.506": REVERSE_DNS, "7.508": TOO_FAST, "7.512": CONTENT, "7.515": AUTHENTICATION, "7.703": BLOCKED, "7.705": TOO_FAST,
}  # fmt: skip
BY_SUBJECT: dict[str, Reason] = {"3": SERVER_BROKEN, "4": UNREACHABLE, "5": SYNTAX, "6": CONTENT, "7": POLICY}
"""RFC 3463: the second number alone, where the third says nothing more."""

BY_REPLY: dict[str, Reason] = {"521": NULL_MX, "556": NULL_MX, "551": USER_UNKNOWN, "552": MAILBOX_FULL, "452": SERVER_FULL, "421": UNREACHABLE}
"""RFC 5321 and RFC 7504: a reply code without an enhanced one."""


WEAK = (POLICY, CONTENT, SYNTAX, SERVER_BROKEN, UNREACHABLE)
"""Wordings so general that a code which names the address says more."""

AFTER_DATA = re.compile(
    r"end of data|after data|>>> ?data\b[^>]{0,60}<<< ?55[0-3]|\bdata command|in reply to data|\(data\)|smtp command data", re.IGNORECASE
)
AFTER_FROM = re.compile(r"in reply to mail from|after (pipelined )?mail from|>>> ?mail from:[^>]{0,300}>[^>]{0,200}<<< ?[45]\d\d", re.IGNORECASE)
AT_THE_DOOR = re.compile(
    r"in reply to (helo|ehlo|initial)|after (initial connection|helo|ehlo)|while performing the (helo|ehlo|initial)|refused to talk to me",
    re.IGNORECASE,
)
SAYS_NOTHING = re.compile(
    r"[45]\.\d\.\d - unknown address error|invalid address, error_code|action: failed|this is a permanent error(; i've given up)?"
    r"|requested action not taken: mailbox unavailable(?=.{0,40}(policy restrictions|invalid dns))",
    re.IGNORECASE,
)
"""Stock phrases of IronPort, Zoho, qmail and GMX (RFC 5321, 4.2.3 words every 550 so) that stand before any reason whatever."""

LETTERS = "àáâãåçèéêëìíîïñòóôõøùúûąćęłńśźżčďěňřšťůž"
PLAIN = "aaaaaceeeeiiiinooooouuuacelnszzcdenrstuz"
IN_ASCII = str.maketrans(
    {accented: f"(?:{accented}|{plain})" for accented, plain in zip(LETTERS, PLAIN, strict=True)}
    | {"ä": "(?:ä|ae?)", "ö": "(?:ö|oe?)", "ü": "(?:ü|ue?)", "ß": "(?:ß|ss)"}
)


@cache
def compiled() -> list[tuple[Reason, re.Pattern[str]]]:
    return [(reason, re.compile(also_in_ascii(pattern), re.IGNORECASE | re.VERBOSE)) for reason, pattern in WORDINGS]


def also_in_ascii(pattern: str) -> str:
    """An SMTP reply is ASCII (RFC 5321, 4.2), so servers write `Empfaenger ungueltig` and `boite pleine`."""
    return pattern.translate(IN_ASCII)


@lru_cache(maxsize=64)
def by_words(text: str) -> Reason | None:
    """The first reason of the table whose wording is in the text."""
    flat = SAYS_NOTHING.sub(" ", " ".join(text[:LOOKED_AT].replace("’", "'").split()))
    return next((reason for reason, pattern in compiled() if pattern.search(flat)), None)


def by_status(status: str) -> Reason | None:
    """What an enhanced status code means by itself (RFC 3463, the IANA registry, Exchange's own)."""
    _, _, rest = status.partition(".")
    return BY_STATUS.get(rest) or BY_SUBJECT.get(rest.partition(".")[0])


def weighed(spoken: Reason | None, status: str, context: str) -> Reason | None:
    """Words and code together: what they say of the address counts only if neither denies it.

    A class of 4 is never for good (RFC 3463, 3.1). A subject of 2 says that the mailbox is there (3.3). A server that calls
    somebody unknown only after it took the whole mail filters rather than looks up, unless its code is about addresses.
    What is refused at the greeting or at MAIL FROM is not about the recipient.
    """
    coded = by_status(status)
    if spoken in WEAK and coded is not None and coded.hard:
        spoken = coded
    reason = spoken or coded
    if reason is None or not reason.hard:
        return reason
    if status.startswith("4."):
        return UNREACHABLE if reason in (HOST_UNKNOWN, NULL_MX) else GREYLISTED
    if status.startswith("5.2.") and coded is not None:
        return coded
    flat = " ".join(context.split())
    if AFTER_FROM.search(flat) or AT_THE_DOOR.search(flat):
        return SENDER_REFUSED if AFTER_FROM.search(flat) else BLOCKED
    filters = reason is USER_UNKNOWN and not status.startswith("5.1.") and AFTER_DATA.search(flat)
    return FILTERED if filters else reason


def by_reply(code: str) -> Reason | None:
    return BY_REPLY.get(code)
