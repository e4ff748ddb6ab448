"""Connecting a mailbox by password: both servers are tried before anything is kept, and every failure has a sentence and a field."""

import re
from dataclasses import dataclass
from uuid import UUID

from app.errors import ProviderError, Refused
from app.identity.guarding import Me
from app.mailboxes.asking import brand_of, mailbox_of
from app.mailboxes.connecting import CONNECTED_OTHERWISE, UNKNOWN_TIER, connected_otherwise, keep
from app.mailboxes.finding_servers import Servers, servers_of
from app.mailboxes.opening import opened
from app.mailboxes.providers import reaching, smtp
from app.mailboxes.providers.base import Account
from app.mailboxes.providers.granting import Granted
from app.mailboxes.providers.imap_cursor import NO_NUMBERS, at_the_end
from app.mailboxes.providers.imap_line import NO_LOGIN, WRONG_PASSWORD, ImapLine
from app.mailboxes.providers.mail_login import IMPLICIT, STARTTLS, MailLogin, Place, unpacked
from app.mailboxes.tables import FULL_TIER, IMAP, OUTLOOK, READ, RESURFACE, SEND, Handshake, Mailbox
from app.security.throttling import try_once
from app.web.locale import N_

ADDRESS = re.compile(r"[^\s@<>\"(),:;\\]+@[^\s@<>\"(),:;\\]+\.[^\s@<>\"(),:;\\]+")
HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?\.?|[0-9A-Fa-f:.]{2,45}")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
LONGEST_ADDRESS, LONGEST_SECRET = 320, 500
HIGHEST_PORT = 65_535

NO_ADDRESS = N_("This is not a mail address. It looks like miriam@example.com.")
NO_PASSWORD = N_("Type the password that your provider gave you for mail programs.")
NO_HOST = N_("This is not the name of a server. It looks like imap.example.com.")
NO_PORT = N_("A port is a number between 1 and 65535: mostly 993 for reading, and 465 or 587 for sending.")
NOT_TYPED = N_("This has signs in it that nobody can type. Copy it again.")
OTHER_ADDRESS = N_("This mailbox is %(expected)s, and you typed %(given)s. Nothing was changed. To connect another mailbox, begin anew.")
CONSENT_INSTEAD = N_(
    "%(host)s takes no passwords from other programs any more, only the consent on Microsoft’s own page. "
    "Type your address above anew and choose “Over IMAP instead”."
)
TAKE_NO_PASSWORDS = ("office365.com", "outlook.com", "hotmail.com")
"""Exchange Online and outlook.com: a password sent there would be sent for nothing."""

NOBODY_THERE = N_("Nothing answers at %(host)s on port %(port)s. Check both; many providers read on 993 and send on 465 or 587.")
UNKNOWN_HOST = N_("There is no server with the name %(host)s. Check how it is written.")
IN_PRIVATE = N_("%(host)s is in a private network, which this Nachfass does not allow. Use its public name, such as imap.example.com.")
UNTRUSTED = N_(
    "%(host)s shows a certificate that can't be trusted (%(word)s), so your password was not sent. Check the name, or ask whoever runs the server."
)
UNENCRYPTED = N_("%(host)s offers no encryption on port %(port)s, so your password was not sent. Try another port: 993 for reading, 465 for sending.")
NOT_LET_IN = N_("%(host)s does not accept this user name and password. Check both; some providers want an app password for other programs.")
NOT_LET_SEND = N_("%(host)s lets you read, but does not accept this user name and password for sending. Check the server, or ask your provider.")
NO_WAY_IN = N_("%(host)s offers no way to log in that Nachfass knows.")
NOT_NUMBERED = N_("%(host)s does not number its mails in a way that lasts (UIDVALIDITY), so Nachfass could not know which are new.")
NO_ANSWER = N_("%(host)s gave no usable answer (%(word)s). Try again in a minute; if it lasts, check server and port.")

SAID = {
    reaching.OUT_OF_REACH: (NOBODY_THERE, "port"),
    reaching.NO_HOST: (UNKNOWN_HOST, "host"),
    reaching.PRIVATE: (IN_PRIVATE, "host"),
    reaching.CERTIFICATE: (UNTRUSTED, "host"),
    reaching.NO_TLS: (UNENCRYPTED, "port"),
    NO_LOGIN: (NO_WAY_IN, "host"),
    NO_NUMBERS: (NOT_NUMBERED, "host"),
}
"""What goes wrong at a server, as the form says it, and which half of the server's fields is at fault."""


@dataclass
class Entered:
    """The form as it was typed."""

    address: str = ""
    name: str = ""
    user: str = ""
    password: str = ""
    imap_host: str = ""
    imap_port: str = "993"
    smtp_host: str = ""
    smtp_port: str = "465"
    smtp_security: str = IMPLICIT
    mailbox: str = ""


async def prefilled(me: Me, address: str, mailbox: Mailbox | None) -> tuple[Entered, Servers | None]:
    """The form with the servers that the mailbox had, or that were found for the address."""
    if mailbox and mailbox.tokens:
        kept = unpacked(opened(mailbox.tokens))
        return filled(kept.address, kept.name, kept.user, kept.imap, kept.smtp), None
    address = checked_address(mailbox.address if mailbox else address)
    found = await servers_of(address)
    imap, smtp_ = (Place("", 993), Place("", 465)) if found.consent == OUTLOOK else (found.imap, found.smtp)
    return filled(address, me.person.name, "", imap, smtp_), found


def filled(address: str, name: str, user: str, imap: Place, smtp_: Place) -> Entered:
    user = "" if user == address else user
    return Entered(address, name, user, "", imap.host, str(imap.port), smtp_.host, str(smtp_.port), smtp_.security)


async def connect(me: Me, entered: Entered, mailbox_id: UUID | None) -> Mailbox:
    """Log in at both servers, and keep the mailbox if both let us."""
    login = checked(me, entered)
    wish = Handshake(
        workspace=me.workspace.id, session=me.session.id, person=me.person.id, provider=IMAP, tier=FULL_TIER, mailbox=mailbox_id, state=b"", flow=b"",
    )  # fmt: skip
    await refuse_another(me, wish, login)
    attempt = await try_once(f"imap {login.address}", f"imap {me.person.id}")
    await try_reading(login)
    await try_sending(login)
    await attempt.succeeded()
    account = Account(login.address, login.address, login.name)
    return await keep(me, wish, Granted(account, frozenset({SEND, READ, RESURFACE}), login.packed()))


def checked(me: Me, entered: Entered) -> MailLogin:
    """What was typed, if it can be meant."""
    address = checked_address(entered.address)
    for field in ("name", "user", "password"):
        if CONTROL.search(value := getattr(entered, field)) or len(value) > LONGEST_SECRET:
            raise Refused(NOT_TYPED, field=field)
    if not entered.password:
        raise Refused(NO_PASSWORD, field="password")
    imap = Place(checked_host(entered.imap_host, "imap_host"), checked_port(entered.imap_port, "imap_port"))
    security = STARTTLS if entered.smtp_security == STARTTLS else IMPLICIT
    sends = Place(checked_host(entered.smtp_host, "smtp_host"), checked_port(entered.smtp_port, "smtp_port"), security)
    name = " ".join(entered.name.split()) or me.person.name
    return MailLogin(address, name, entered.user.strip() or address, entered.password, imap, sends)


def checked_address(text: str) -> str:
    address = text.strip().lower()
    if not ADDRESS.fullmatch(address) or len(address) > LONGEST_ADDRESS or CONTROL.search(address):
        raise Refused(NO_ADDRESS, field="address")
    return address


def checked_host(text: str, field: str) -> str:
    host = text.strip().rstrip(".").lower()
    if not HOST.fullmatch(host):
        raise Refused(NO_HOST, field=field)
    if any(host == end or host.endswith(f".{end}") for end in TAKE_NO_PASSWORDS):
        raise Refused(CONSENT_INSTEAD, field=field, host=host)
    return host


def checked_port(text: str, field: str) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= HIGHEST_PORT):
        raise Refused(NO_PORT, field=field)
    return int(text)


async def refuse_another(me: Me, wish: Handshake, login: MailLogin) -> None:
    """A mailbox that is connected again keeps its address; and nothing is connected in two ways at once."""
    mailbox = await mailbox_of(me, wish.mailbox) if wish.mailbox else None
    if mailbox:
        if mailbox.keeper != IMAP:
            raise Refused(UNKNOWN_TIER)
        if mailbox.account != login.address:
            raise Refused(OTHER_ADDRESS, field="address", expected=mailbox.address, given=login.address)
    if other := await connected_otherwise(me, wish, login.address, mailbox):
        raise Refused(CONNECTED_OTHERWISE, field="address", address=login.address, brand=brand_of(other))


async def try_reading(login: MailLogin) -> None:
    try:
        line = await ImapLine.opened(login)
        try:
            await at_the_end(line, "INBOX")
        finally:
            line.close()
    except ProviderError as error:
        raise said(error, "imap", login.imap, NOT_LET_IN) from None


async def try_sending(login: MailLogin) -> None:
    """Logging in only: no mail is sent to try it."""
    try:
        async with smtp.opened(login):
            return
    except ProviderError as error:
        raise said(error, "smtp", login.smtp, NOT_LET_SEND) from None


def said(error: ProviderError, part: str, place: Place, not_let: str) -> Refused:
    """The failure as a sentence at the field that is to be corrected."""
    values = {"host": place.host, "port": place.port, "word": error.values.get("word") or error.code}
    if error.sentence == smtp.NO_PASSWORDS:
        return Refused(error.sentence, field="password", **error.values)
    if error.sentence == WRONG_PASSWORD:
        return Refused(not_let, field="password" if part == "imap" else "smtp_host", **values)
    sentence, half = SAID.get(error.sentence, (NO_ANSWER, "host"))
    field = f"{part}_{half}"
    return Refused(sentence, field=field, **values)
