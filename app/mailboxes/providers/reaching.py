"""The way to a mail server that a person named: checked, then connected to the very address that was checked (no DNS rebinding)."""

import asyncio
import socket
import ssl
from functools import lru_cache
from pathlib import Path

from app.errors import GiveUp, OperatorNeeded, Refused, RetryLater
from app.mailboxes.providers.mail_login import Place
from app.security.outbound import PrivateHost, public_host
from app.settings import settings
from app.web.locale import N_

CONNECT_SECONDS = 10

OUT_OF_REACH = N_("The mail server of %(provider)s is out of reach. Nothing is lost: it is tried again by itself.")
NO_HOST = N_("The mail server of %(provider)s can't be found at the moment. Nothing is lost: it is looked for again by itself.")
PRIVATE = N_("The mail server of %(provider)s is in a private network now, which this Nachfass does not allow. Ask your operator.")
CERTIFICATE = N_(
    "The mail server of %(provider)s shows a certificate that can't be trusted (%(word)s). "
    "Nothing was sent to it, and nothing is lost. Ask whoever runs the server."
)
NO_TLS = N_("The mail server of %(provider)s offers no encryption there, so Nachfass told it nothing. Use another port.")


async def reached(place: Place, company: str) -> socket.socket:
    """A connection to one of the host's addresses, all of which were checked first."""
    for address in await checked(place, company):
        try:
            return await connected(address, place.port)
        except (OSError, TimeoutError):
            continue
    raise RetryLater(OUT_OF_REACH, code="unreachable", provider=company)


async def checked(place: Place, company: str) -> list[str]:
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await public_host(place.host, allowed=settings().private_mail_hosts)
    except TimeoutError:
        raise RetryLater(NO_HOST, code="no-host", provider=company) from None
    except PrivateHost:
        raise OperatorNeeded(PRIVATE, code="private", provider=company) from None
    except Refused:
        raise RetryLater(NO_HOST, code="no-host", provider=company) from None


async def connected(address: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    made.setblocking(False)
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            await asyncio.get_running_loop().sock_connect(made, (address, port))
    except BaseException:
        made.close()
        raise
    return made


def trust() -> ssl.SSLContext:
    """Certificates and names are verified, always; an operator may add an authority of their own."""
    return context(settings().mail_ca)


@lru_cache(4)
def context(authority: Path | None) -> ssl.SSLContext:
    made = ssl.create_default_context()
    if authority:
        made.load_verify_locations(authority)
    return made


def mistrusted(error: ssl.SSLError, company: str) -> GiveUp:
    """What a failed TLS handshake means: a certificate that does not hold, or no TLS at all."""
    if isinstance(error, ssl.SSLCertVerificationError):
        word = error.verify_message or "certificate"
        return GiveUp(CERTIFICATE, code=word[:100], provider=company, word=word)
    return GiveUp(NO_TLS, code="no-tls", provider=company)
