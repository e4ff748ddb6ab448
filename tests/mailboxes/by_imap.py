"""Mailboxes at the real servers, opened without a database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from itertools import count

from app.clock import now
from app.mailboxes.providers.imap import Imap
from app.mailboxes.providers.keyring import Held, Keyring
from app.mailboxes.providers.mail_login import MailLogin
from tests.post_office import PostOffice

_people = count(1)


@dataclass
class Pocket:
    """Where the tests keep a login."""

    kept: bytes

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Held]:
        async def save(tokens: bytes) -> None:
            self.kept = tokens

        yield Held(self.kept, save)


def somebody() -> str:
    """Whose mailbox is still empty."""
    return f"miriam{next(_people)}"


def opened(login: MailLogin, pocket: Pocket | None = None) -> Imap:
    pocket = pocket or Pocket(login.packed())
    return Imap(Keyring(f"{login.address} {login.imap.port}", pocket.kept, pocket.held))


def letter(
    message_id: str = "", subject: str = "Offer", sender: str = "anna@alpenblick.example", to: str = "miriam@brueckner.example", **more: str
) -> bytes:
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"], made["Subject"], made["Date"] = sender, to, subject, more.pop("Date", format_datetime(now()))
    if message_id:
        made["Message-ID"] = message_id
    for name, value in more.items():
        made[name.replace("_", "-")] = value
    made.set_content("Thank you for the offer.\n")
    return made.as_bytes()


@dataclass
class Owner:
    """Somebody with a mailbox at the post office."""

    name: str
    office: PostOffice

    @property
    def address(self) -> str:
        return f"{self.name}@brueckner.example"

    @property
    def provider(self) -> Imap:
        return opened(self.office.login(self.name))

    def gets(self, message_id: str = "", folder: str = "", at: float | None = None, **more: str) -> None:
        self.office.deliver(self.name, letter(message_id, to=self.address, **more), folder, at)
