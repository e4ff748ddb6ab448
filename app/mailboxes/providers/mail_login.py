"""How to get into a mailbox by IMAP and SMTP: both servers, and what they want to hear."""

import json
from dataclasses import asdict, dataclass, replace

from app.mailboxes.tables import GMAIL, OUTLOOK

IMPLICIT, STARTTLS = "tls", "starttls"
CONSENT_OF = {GMAIL: "Google", OUTLOOK: "Microsoft"}
"""Who asks for the consent, in a sentence."""
MOST_REFUSALS = 3
"""A password that was refused this often in a row is not tried again: servers lock accounts out."""


@dataclass(frozen=True)
class Place:
    """A server: TLS from the first octet, or by STARTTLS before anything is said (RFC 8314, 3). Never without."""

    host: str
    port: int
    security: str = IMPLICIT


@dataclass(frozen=True)
class MailLogin:
    """One account: a password, or an access token (SASL XOAUTH2). `refusals` counts how often in a row it was not taken.

    `oauth` says whose consent the tokens come from; `grant` is what its token module keeps, and `token` then only the one at hand.
    """

    address: str
    name: str
    user: str
    password: str
    imap: Place
    smtp: Place
    token: str = ""
    refusals: int = 0
    oauth: str = ""
    grant: str = ""

    @property
    def company(self) -> str:
        """What the provider is called in a sentence."""
        return CONSENT_OF.get(self.oauth) or self.address.rpartition("@")[2]

    def packed(self) -> bytes:
        return json.dumps(asdict(replace(self, token="") if self.oauth else self)).encode()

    def refused(self) -> "MailLogin":
        return replace(self, refusals=self.refusals + 1)

    def taken(self) -> "MailLogin":
        return replace(self, refusals=0)


def unpacked(kept: bytes) -> MailLogin:
    found = json.loads(kept)
    return MailLogin(**{**found, "imap": Place(**found["imap"]), "smtp": Place(**found["smtp"])})


def xoauth2(login: MailLogin) -> bytes:
    """The initial response of SASL XOAUTH2 (Google and Microsoft write it the same)."""
    return f"user={login.user}\x01auth=Bearer {login.token}\x01\x01".encode()


def plain(login: MailLogin) -> bytes:
    """The message of SASL PLAIN (RFC 4616)."""
    return f"\0{login.user}\0{login.password}".encode()
