"""Who the canary writes to: somebody in the sandbox, or a real mailbox that is read by IMAP and answered by SMTP."""

import asyncio
import imaplib
import smtplib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import httpx

from app.browsing import Astray
from app.sandbox import visiting
from app.sandbox.devices import IPHONE

LOOKS_EVERY = 0.1
LOOKS_EVERY_REMOTELY = 3.0
PATIENCE = 60.0
MOST_LOOKED_AT = 20
ANSWER = "Thank you, that suits us well."


@dataclass(frozen=True)
class Received:
    """A mail that arrived: its name in that inbox, and its MIME where we hold it."""

    id: str
    subject: str
    mime: bytes = b""


class Correspondent(Protocol):
    """Somebody who gets mail, opens it, follows its first link and answers."""

    @property
    def address(self) -> str: ...

    async def received(self, subject: str) -> Received:
        """Wait for a mail."""

    async def open(self, mail: Received) -> None: ...

    async def click(self, mail: Received) -> None: ...

    async def reply(self, mail: Received) -> None: ...


@dataclass(frozen=True)
class InSandbox:
    """Somebody in the sandbox, whose devices really fetch the pixel and follow the link."""

    client: httpx.AsyncClient
    address: str

    async def received(self, subject: str) -> Received:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            answer = await self.client.get(f"/control/people/{self.address}/messages")
            answer.raise_for_status()
            for mail in answer.json()["messages"]:
                if mail["subject"] == subject:
                    return Received(mail["id"], subject)
            await asyncio.sleep(LOOKS_EVERY)
        raise Astray(f"“{subject}” did not arrive within {PATIENCE:.0f} s.")

    async def open(self, mail: Received) -> None:
        visited(await self.act(mail, "open", {"as": IPHONE.name}), "picture")

    async def click(self, mail: Received) -> None:
        visited(await self.act(mail, "click", {"as": IPHONE.name, "link": 0}), "link")

    async def reply(self, mail: Received) -> None:
        await self.act(mail, "reply", {"text": ANSWER})

    async def act(self, mail: Received, what: str, asked: dict[str, Any]) -> dict[str, Any]:
        answer = await self.client.post(f"/control/people/{self.address}/messages/{mail.id}/{what}", json=asked)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


def visited(told: dict[str, Any], what: str) -> None:
    """Each picture or link must have been answered."""
    if not told["visited"]:
        raise Astray(f"The mail has no {what}.")
    for one in told["visited"]:
        if one["status"] not in (200, 302):
            raise Astray(f"The {what} answered {one['status'] or one['error']}.")


@dataclass(frozen=True)
class OverImap:
    """A real mailbox: `imap` and `smtp` are addresses such as imaps://anna:password@imap.example.com and smtps://… ."""

    address: str
    imap: str
    smtp: str

    async def received(self, subject: str) -> Received:
        until = time.monotonic() + PATIENCE * 2
        while time.monotonic() < until:
            if found := await asyncio.to_thread(self.look_for, subject):
                return found
            await asyncio.sleep(LOOKS_EVERY_REMOTELY)
        raise Astray(f"“{subject}” did not arrive at {self.address} within {PATIENCE * 2:.0f} s.")

    def look_for(self, subject: str) -> Received | None:
        """Among the newest in the inbox; left unread."""
        with imap_inbox(self.imap) as inbox:
            _, found = inbox.search(None, "SUBJECT", f'"{subject}"')
            for number in reversed(numbers(found)[-MOST_LOOKED_AT:]):
                _, parts = inbox.fetch(number, "(BODY.PEEK[])")
                mime = next((part[1] for part in parts if isinstance(part, tuple)), b"")
                if mime:
                    return Received(number, subject, mime)
        return None

    async def open(self, mail: Received) -> None:
        async with httpx.AsyncClient() as client:
            visited({"visited": await visiting.open_mail(client, mail.mime, IPHONE, self.address)}, "picture")

    async def click(self, mail: Received) -> None:
        async with httpx.AsyncClient() as client:
            found = await visiting.click(client, mail.mime, 0, IPHONE, self.address)
        visited({"visited": [found] if found else []}, "link")

    async def reply(self, mail: Received) -> None:
        await asyncio.to_thread(self.post, answer_to(mail, self.address))

    def post(self, letter: EmailMessage) -> None:
        parts = urlsplit(self.smtp)
        make = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
        with make(parts.hostname or "", parts.port or (465 if parts.scheme == "smtps" else 587), timeout=PATIENCE) as server:
            if parts.scheme != "smtps":
                server.starttls()
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(letter)


@contextmanager
def imap_inbox(url: str) -> Iterator[imaplib.IMAP4]:
    parts = urlsplit(url)
    if parts.scheme != "imaps" or not parts.hostname:
        raise Astray("NACHFASS_CANARY_IMAP must be an address such as imaps://anna%40example.com:password@imap.example.com.")
    with imaplib.IMAP4_SSL(parts.hostname, parts.port or 993, timeout=PATIENCE) as server:
        server.login(unquote(parts.username or ""), unquote(parts.password or ""))
        server.select("INBOX", readonly=True)
        yield server


def numbers(found: Sequence[Any]) -> list[str]:
    return [number.decode() for line in found if line for number in line.split()]


def answer_to(mail: Received, sender: str) -> EmailMessage:
    """A reply as a mail program writes it."""
    original = message_from_bytes(mail.mime, policy=policy.SMTP)
    letter = EmailMessage(policy=policy.SMTP)
    letter["From"] = sender
    letter["To"] = str(original["From"])
    letter["Subject"] = f"Re: {mail.subject}"
    letter["Date"] = formatdate()
    letter["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    letter["In-Reply-To"] = str(original["Message-ID"])
    letter["References"] = str(original["Message-ID"])
    letter.set_content(ANSWER)
    return letter
