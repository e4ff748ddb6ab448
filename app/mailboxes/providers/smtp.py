"""Sending by SMTP (RFC 5321, submission of RFC 6409): to all or to nobody, with delivery reports where they are offered."""

import re
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from typing import Any
from urllib.parse import urlsplit

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from app.errors import GiveUp, ProviderError, ReconnectNeeded, RetryLater, Unanswered
from app.mailboxes.providers import wire
from app.mailboxes.providers.base import SEND_ID_HEADER, RecipientSaid
from app.mailboxes.providers.imap_line import NO_LOGIN, WRONG_PASSWORD
from app.mailboxes.providers.mail_login import IMPLICIT, MailLogin
from app.mailboxes.providers.reaching import CONNECT_SECONDS, NO_TLS, mistrusted, reached, trust
from app.settings import settings
from app.web.locale import N_

SECONDS = 60
DATA_SECONDS = 600
"""What RFC 5321 (4.5.3.2.6) asks for after the final dot: the server may be checking the mail."""
ONLY_TROUBLE, WHATEVER_HAPPENS = "FAILURE,DELAY", "SUCCESS,FAILURE,DELAY"
"""What a report is asked for (NOTIFY, RFC 3461, 4.1): the second is a delivery receipt."""
METHODS = ("plain", "login", "cram-md5")
"""One of them is tried, not one after the other: three wrong passwords at once look like an attack."""

NO_RECIPIENT = N_("%(provider)s does not take the address %(address)s (%(word)s). Nothing was sent, to nobody. Correct it and send again.")
NOT_NOW = N_(
    "%(provider)s does not take mail for %(address)s at the moment (%(word)s). Nothing was sent yet, to nobody: it is tried again by itself for all."
)
NO_SENDER = N_("%(provider)s does not let this account send as %(address)s (%(word)s). Nothing was sent.")
NOT_TAKEN = N_("%(provider)s refused the mail (%(word)s). Nothing was sent.")
TOO_LARGE = N_("%(provider)s takes mail of %(most).1f MB at most, and this one has %(size).1f MB. Nothing was sent. Send a link to the file instead.")
NO_LETTERS = N_("%(provider)s can't send to %(address)s: it knows only plain letters in addresses. Nothing was sent.")
NO_PASSWORDS = N_(
    "%(provider)s takes no passwords for sending any more, only the consent on its own page. Nothing is lost. "
    "Connect the mailbox as Outlook or Gmail instead."
)
NO_SUBMISSION = N_(
    "%(provider)s gave its consent, but its server for sending does not let Nachfass in (%(word)s). Authenticated SMTP is probably switched off "
    "for this account: ask your administrator. Nothing is lost."
)
LONGEST_WORDS = 500
CONSENT_ONLY = ("5.7.30", "5.7.139")
"""Exchange Online without basic authentication, and with it switched off for the tenant."""
BCC = re.compile(rb"^Bcc[ \t]*:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", re.IGNORECASE | re.MULTILINE)


@asynccontextmanager
async def opened(login: MailLogin) -> AsyncIterator[SMTP]:
    """A server that speaks over TLS and has let us in."""
    smtp = await entered(login)
    try:
        yield smtp
    finally:
        await leave(smtp)


async def entered(login: MailLogin) -> SMTP:
    """The same, to be left by whoever uses it."""
    smtp = await connected(login)
    try:
        await log_in(smtp, login)
    except BaseException:
        await leave(smtp)
        raise
    return smtp


async def leave(smtp: SMTP) -> None:
    with suppress(SMTPException, OSError, TimeoutError):
        await smtp.quit(timeout=CONNECT_SECONDS)
    smtp.close()


async def connected(login: MailLogin) -> SMTP:
    """Implicit TLS, or STARTTLS that the server must offer: what it says before is not believed."""
    implicit = login.smtp.security == IMPLICIT
    smtp = SMTP(
        hostname=login.smtp.host, sock=await reached(login.smtp, login.company), use_tls=implicit, start_tls=False, tls_context=trust(),
        local_hostname=urlsplit(settings().base_url).hostname, timeout=CONNECT_SECONDS,
    )  # fmt: skip
    try:
        await smtp.connect()
        if not implicit:
            await shielded(smtp, login)
    except BaseException as error:
        smtp.close()
        if isinstance(error, SMTPException | OSError | TimeoutError):
            raise unconnected(error, login) from None
        raise
    smtp.timeout = SECONDS
    return smtp


async def shielded(smtp: SMTP, login: MailLogin) -> None:
    await smtp.ehlo()
    if not smtp.supports_extension("starttls"):
        raise GiveUp(NO_TLS, code="no-tls", provider=login.company)
    await smtp.starttls(server_hostname=login.smtp.host, tls_context=trust())


def unconnected(error: BaseException, login: MailLogin) -> ProviderError:
    """The TLS error is often wrapped into another."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, ssl.SSLError):
            return mistrusted(inner, login.company)
        inner = inner.__cause__ or inner.__context__
    return RetryLater(wire.NO_ANSWER, code=word_of(error), provider=login.company)


async def log_in(smtp: SMTP, login: MailLogin) -> None:
    try:
        await smtp.ehlo()
        if login.token:
            await smtp.auth_xoauth2(login.user, login.token)
            return
        method = next((one for one in METHODS if one in smtp.server_auth_methods), "")
        if not method:
            raise GiveUp(NO_LOGIN, code="no-login", provider=login.company)
        await getattr(smtp, f"auth_{method.replace('-', '')}")(login.user, login.password)
    except SMTPResponseException as error:
        raise unwelcome(error, login) from None
    except (SMTPException, OSError, TimeoutError) as error:
        raise RetryLater(wire.NO_ANSWER, code=word_of(error), provider=login.company) from None


def unwelcome(error: SMTPResponseException, login: MailLogin) -> ProviderError:
    """454 and other 4xx pass by (RFC 4954, 4.7.3); 535 and its like do not."""
    if error.code < 500:
        return RetryLater(wire.FAILING, code=word_of(error), provider=login.company)
    sentence = NO_SUBMISSION if login.oauth else NO_PASSWORDS if any(word in error.message for word in CONSENT_ONLY) else WRONG_PASSWORD
    return ReconnectNeeded(sentence, code=word_of(error), provider=login.company, word=word_of(error))


async def mailed(login: MailLogin, mime: bytes, notify: str = ONLY_TROUBLE) -> None:
    """Hand a mail over on a connection of its own: see `carried`."""
    async with opened(login) as smtp:
        await carried(smtp, login, mime, notify, [])


async def carried(smtp: SMTP, login: MailLogin, mime: bytes, notify: str, answers: list[RecipientSaid]) -> None:
    """Returns once the server has taken the mail for everybody. What it said to each recipient is in `answers`, also after an error.

    Raises Unanswered when the line broke after the mail was on its way: nobody knows then.
    Any other error means that it was not sent, to nobody.
    """
    head = BytesHeaderParser().parsebytes(mime)
    sender = addresses(head.get_all("From", []))[0]
    everybody = addresses([*head.get_all("To", []), *head.get_all("Cc", []), *head.get_all("Bcc", [])])
    check_size(smtp, login, len(mime))
    options = mail_options(smtp, login, [sender, *everybody], len(mime), str(head.get(SEND_ID_HEADER, "")).strip())
    try:
        await announced(smtp, login, sender, options)
        for address in everybody:
            answers.append(await asked(smtp, address, notify))
    except (SMTPException, OSError, TimeoutError) as error:
        raise RetryLater(wire.NO_ANSWER, code=word_of(error), provider=login.company) from None
    all_or_nobody(login, answers)
    await handed_over(smtp, login, without_bcc(mime))


async def announced(smtp: SMTP, login: MailLogin, sender: str, options: list[str]) -> None:
    try:
        await smtp.mail(sender, options=options, encoding="utf-8")
    except SMTPResponseException as error:
        raise refused(error, login, NO_SENDER, sender) from None


async def asked(smtp: SMTP, address: str, notify: str) -> RecipientSaid:
    """Everybody is asked for, also after a no: who else is refused should not come out with the next try."""
    options = [f"NOTIFY={notify}", f"ORCPT=rfc822;{xtext(address)}"] if smtp.supports_extension("dsn") and address.isascii() else []
    try:
        said = await smtp.rcpt(address, options=options, encoding="utf-8")
    except SMTPResponseException as error:
        return RecipientSaid(address, error.code, in_one_line(error.message))
    return RecipientSaid(address, said.code, in_one_line(said.message))


def in_one_line(words: str) -> str:
    return " ".join(words.split())[:LONGEST_WORDS]


def all_or_nobody(login: MailLogin, answers: Sequence[RecipientSaid]) -> None:
    """If one is refused, all are let be: half a mail is the worst. Until DATA nobody has anything (RFC 5321, 3.3), so a later try doubles nothing."""
    never, later = [one for one in answers if one.code >= 500], [one for one in answers if 400 <= one.code < 500]
    for those, kind, sentence in ((never, GiveUp, NO_RECIPIENT), (later, RetryLater, NOT_NOW)):
        if those:
            word = coded(those[0].code, those[0].words)
            raise kind(sentence, code=word, provider=login.company, address=", ".join(one.address for one in those), word=word)


def mail_options(smtp: SMTP, login: MailLogin, people: Sequence[str], size: int, send_id: str) -> list[str]:
    """SIZE (RFC 1870), 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531) where needed, and for reports RET and ENVID (RFC 3461)."""
    options = []
    if smtp.supports_extension("size"):
        options.append(f"SIZE={size}")
    if smtp.supports_extension("8bitmime"):
        options.append("BODY=8BITMIME")
    if foreign := next((one for one in people if not one.isascii()), ""):
        if not smtp.supports_extension("smtputf8"):
            raise GiveUp(NO_LETTERS, code="smtputf8", provider=login.company, address=foreign)
        options.append("SMTPUTF8")
    if smtp.supports_extension("dsn"):
        options += ["RET=HDRS", *([f"ENVID={xtext(send_id)}"] if send_id else [])]
    return options


def check_size(smtp: SMTP, login: MailLogin, size: int) -> None:
    most = smtp.esmtp_extensions.get("size", "")
    if most.isdecimal() and 0 < int(most) < size:
        raise GiveUp(TOO_LARGE, code="too-large", provider=login.company, most=int(most) / 1e6, size=size / 1e6)


async def handed_over(smtp: SMTP, login: MailLogin, mime: bytes) -> None:
    """A refusal after the final dot is clear; silence is not."""
    try:
        await smtp.data(mime, timeout=DATA_SECONDS)
    except SMTPResponseException as error:
        raise refused(error, login, NOT_TAKEN, "") from None
    except (SMTPException, OSError, TimeoutError) as error:
        raise Unanswered(wire.NO_ANSWER, code=word_of(error), provider=login.company) from None


def refused(error: SMTPResponseException, login: MailLogin, sentence: str, address: str) -> ProviderError:
    """4xx: not now (greylisting, 421, 450, 451, 452). 5xx: never like this (550, 552, 553, 554)."""
    if error.code < 500:
        return RetryLater(wire.BUSY, code=word_of(error), provider=login.company)
    word = word_of(error)
    return GiveUp(sentence, code=word, provider=login.company, address=address, word=word)


def word_of(error: BaseException) -> str:
    """The server's own code: the number, and the enhanced one (RFC 3463) if it comes with one."""
    if not isinstance(error, SMTPResponseException):
        return type(error).__name__
    return coded(error.code, error.message)


def coded(number: int, words: str) -> str:
    enhanced = re.match(r"[245]\.\d{1,3}\.\d{1,3}", words)
    return f"{number} {enhanced[0]}" if enhanced else str(number)


def addresses(values: Sequence[Any]) -> list[str]:
    """Each address once."""
    return list(dict.fromkeys(address for _, address in getaddresses([str(value) for value in values]) if address))


def without_bcc(mime: bytes) -> bytes:
    """SMTP strips nothing: whoever is named in Bcc stays a secret to the others."""
    head, blank, body = mime.partition(b"\r\n\r\n")
    return BCC.sub(b"", head + b"\r\n")[:-2] + blank + body


def xtext(text: str) -> str:
    """RFC 3461, 4."""
    return "".join(char if "!" <= char <= "~" and char not in "+=" else f"+{ord(char):02X}" for char in text)
