"""Where the mail of an address is: a table of well-known providers, what the domain says of itself (SRV, MX), else the usual names."""

import asyncio
from dataclasses import dataclass
from functools import cache
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.name

from app.mailboxes.providers.mail_login import IMPLICIT, STARTTLS, Place
from app.mailboxes.tables import GMAIL, OUTLOOK
from app.security.outbound import addresses
from app.web.locale import N_

SECONDS = 4.0
IMAPS, SUBMISSIONS, SUBMISSION = 993, 465, 587

APP_PASSWORD = N_("%(brand)s wants an app password here, not the one you sign in with. Make one in your account: %(where)s.")
SWITCH_ON = N_("%(brand)s lets other programs in only after you switch IMAP on: %(where)s.")
BETTER_CONSENT = N_("This is a mailbox at %(brand)s. Connect it with “Connect %(brand)s” instead: it needs no password here, and knows more.")
FOUND_BY_DOMAIN = N_("The domain itself names these servers.")
GUESSED = N_("These are the usual names, and only a guess. Your provider's help pages say which are right.")


@dataclass(frozen=True)
class Servers:
    """What was found for an address: `sure` if somebody said so. `consent`: the provider it should rather be connected through."""

    imap: Place
    smtp: Place
    sure: bool
    advice: str = ""
    brand: str = ""
    where: str = ""
    consent: str = ""


def known(imap: str, smtp: str, brand: str, advice: str = "", where: str = "", port: int = SUBMISSIONS, consent: str = "") -> Servers:
    return Servers(Place(imap, IMAPS), Place(smtp, port, IMPLICIT if port == SUBMISSIONS else STARTTLS), True, advice, brand, where, consent)


YAHOO = known("imap.mail.yahoo.com", "smtp.mail.yahoo.com", "Yahoo", APP_PASSWORD, "Account security → App passwords")
AOL = known("imap.aol.com", "smtp.aol.com", "AOL", APP_PASSWORD, "Account security → App passwords")
GMX = known("imap.gmx.net", "mail.gmx.net", "GMX", SWITCH_ON, "E-Mail → Einstellungen → POP3/IMAP Abruf")
GMX_COM = known("imap.gmx.com", "mail.gmx.com", "GMX", SWITCH_ON, "Settings → POP3 & IMAP")
WEB_DE = known("imap.web.de", "smtp.web.de", "WEB.DE", SWITCH_ON, "E-Mail → Einstellungen → POP3/IMAP Abruf", port=SUBMISSION)
ICLOUD = known("imap.mail.me.com", "smtp.mail.me.com", "iCloud", APP_PASSWORD, "account.apple.com → App-Specific Passwords", port=SUBMISSION)
FASTMAIL = known("imap.fastmail.com", "smtp.fastmail.com", "Fastmail", APP_PASSWORD, "Settings → Privacy & Security → App passwords")
ZOHO = known("imap.zoho.com", "smtp.zoho.com", "Zoho", APP_PASSWORD, "accounts.zoho.com → Security → App passwords")
ZOHO_EU = known("imap.zoho.eu", "smtp.zoho.eu", "Zoho", APP_PASSWORD, "accounts.zoho.eu → Security → App passwords")
MAIL_DE = known("imap.mail.de", "smtp.mail.de", "mail.de", APP_PASSWORD, "Einstellungen → Sicherheit → App-Passwörter")
POSTEO = known("posteo.de", "posteo.de", "Posteo")
MAILBOX_ORG = known("imap.mailbox.org", "smtp.mailbox.org", "mailbox.org", APP_PASSWORD, "Einstellungen → Sicherheit → Anwendungspasswörter")
T_ONLINE = known("secureimap.t-online.de", "securesmtp.t-online.de", "T-Online", APP_PASSWORD, "Kundencenter → Login & Passwort → E-Mail-Passwort")
FREENET = known("mx.freenet.de", "mx.freenet.de", "freenet", port=SUBMISSION)
ONE_AND_ONE = known("imap.1und1.de", "smtp.1und1.de", "1&1")
IONOS = known("imap.ionos.de", "smtp.ionos.de", "IONOS")
STRATO = known("imap.strato.de", "smtp.strato.de", "STRATO")
YANDEX = known("imap.yandex.com", "smtp.yandex.com", "Yandex", APP_PASSWORD, "id.yandex.com → Security → App passwords")
ORANGE = known("imap.orange.fr", "smtp.orange.fr", "Orange")
BLUEWIN = known("imaps.bluewin.ch", "smtpauths.bluewin.ch", "Bluewin")
GOOGLE = known("imap.gmail.com", "smtp.gmail.com", "Gmail", BETTER_CONSENT, consent=GMAIL)
MICROSOFT = known("outlook.office365.com", "smtp.office365.com", "Outlook", BETTER_CONSENT, port=SUBMISSION, consent=OUTLOOK)

BY_DOMAIN = {
    **dict.fromkeys(("yahoo.com", "yahoo.de", "yahoo.fr", "yahoo.es", "yahoo.it", "yahoo.co.uk", "ymail.com", "rocketmail.com"), YAHOO),
    **dict.fromkeys(("aol.com", "aol.de", "aim.com"), AOL),
    **dict.fromkeys(("gmx.de", "gmx.net", "gmx.at", "gmx.ch"), GMX),
    **dict.fromkeys(("gmx.com", "gmx.fr", "gmx.co.uk"), GMX_COM),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), ICLOUD),
    **dict.fromkeys(("fastmail.com", "fastmail.fm", "messagingengine.com"), FASTMAIL),
    **dict.fromkeys(("posteo.de", "posteo.net", "posteo.eu", "posteo.at", "posteo.ch"), POSTEO),
    **dict.fromkeys(("t-online.de", "magenta.de"), T_ONLINE),
    **dict.fromkeys(("yandex.com", "yandex.ru", "ya.ru"), YANDEX),
    **dict.fromkeys(("orange.fr", "wanadoo.fr"), ORANGE),
    **dict.fromkeys(("gmail.com", "googlemail.com"), GOOGLE),
    **dict.fromkeys(("outlook.com", "outlook.de", "hotmail.com", "hotmail.de", "live.com", "live.de", "msn.com"), MICROSOFT),
    "web.de": WEB_DE, "zoho.com": ZOHO, "zohomail.com": ZOHO, "zoho.eu": ZOHO_EU, "zohomail.eu": ZOHO_EU, "mail.de": MAIL_DE,
    "mailbox.org": MAILBOX_ORG, "freenet.de": FREENET, "online.de": ONE_AND_ONE, "bluewin.ch": BLUEWIN,
}  # fmt: skip
BY_EXCHANGER = {
    "google.com": GOOGLE, "googlemail.com": GOOGLE, "outlook.com": MICROSOFT, "messagingengine.com": FASTMAIL, "zoho.com": ZOHO, "zoho.eu": ZOHO_EU,
    "mailbox.org": MAILBOX_ORG, "posteo.de": POSTEO, "icloud.com": ICLOUD, "yandex.net": YANDEX, "ionos.de": IONOS, "kundenserver.de": IONOS,
    "rzone.de": STRATO,
}  # fmt: skip
"""Who carries the mail of a domain of one's own, told by the end of its MX."""


async def servers_of(address: str) -> Servers:
    """The servers of an address. Nothing is connected to; DNS is asked for a few seconds at most."""
    domain = address.strip().rstrip(".").lower().rpartition("@")[2]
    if domain in BY_DOMAIN:
        return BY_DOMAIN[domain]
    carried, told = await asyncio.gather(by_exchanger(domain), by_records(domain))
    return carried if carried and carried.consent else told or carried or await guessed(domain)


async def by_exchanger(domain: str) -> Servers | None:
    for record in await asked(domain, "MX"):
        name = str(record.exchange).rstrip(".").lower()
        if found := next((servers for end, servers in BY_EXCHANGER.items() if name == end or name.endswith("." + end)), None):
            return found
    return None


async def by_records(domain: str) -> Servers | None:
    """RFC 6186 and RFC 8314, 5: only services that begin with TLS, or must."""
    imap, submissions, submission = await asyncio.gather(*(service(f"_{name}._tcp.{domain}") for name in ("imaps", "submissions", "submission")))
    smtp = Place(*submissions) if submissions else Place(*submission, STARTTLS) if submission else None
    return Servers(Place(*imap), smtp, True, FOUND_BY_DOMAIN) if imap and smtp else None


async def service(name: str) -> tuple[str, int] | None:
    """The first by priority, the heaviest of those (RFC 2782); a target of “.” says that there is none."""
    ordered = sorted(await asked(name, "SRV"), key=lambda record: (record.priority, -record.weight))
    return next(((str(record.target).rstrip("."), int(record.port)) for record in ordered if record.target != dns.name.root), None)


async def asked(name: str, kind: str) -> list[Any]:
    try:
        return list(await resolver().resolve(name, kind, search=False, lifetime=SECONDS))
    except (dns.exception.DNSException, UnicodeError, OSError):
        return []


@cache
def resolver() -> dns.asyncresolver.Resolver:
    return dns.asyncresolver.Resolver()


async def guessed(domain: str) -> Servers:
    """The usual names, those first that exist."""
    imap, smtp = await asyncio.gather(existing(f"imap.{domain}", f"mail.{domain}"), existing(f"smtp.{domain}", f"mail.{domain}"))
    return Servers(Place(imap, IMAPS), Place(smtp, SUBMISSIONS), False, GUESSED)


async def existing(*names: str) -> str:
    for name in names:
        try:
            async with asyncio.timeout(SECONDS):
                if await addresses(name):
                    return name
        except TimeoutError:
            break
    return names[0]
