"""The seam: what a mailbox can do, whoever provides it. Errors are the ProviderError tree of `app.errors`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

SEND_ID_HEADER = "X-Nachfass-Send-Id"
NOTE_HEADER = "X-Nachfass-Note"
LARGEST_MAIL = {"gmail": 36_700_160, "outlook": 4_000_000, "imap": 25_000_000}
"""Bytes of MIME that a provider takes in one request (gmail.v1 discovery: 36,700,160; Graph MIME: 4 MB; most SMTP servers: 25 MB)."""

INBOX, SENT, OTHER_FOLDER = "inbox", "sent", "other"


@dataclass(frozen=True)
class Account:
    """Whose mailbox it is: `key` never changes (Google `sub`; Microsoft `tid.oid`), the address may."""

    key: str
    address: str
    name: str


@dataclass(frozen=True)
class SentCopy:
    """A sent mail as the provider filed it. `message_id` is what it made of our Message-ID."""

    provider_id: str
    thread: str
    message_id: str
    at: datetime


@dataclass(frozen=True)
class Mail:
    """A mail read from the mailbox: its raw MIME (bytes as stored) and what the provider knows besides."""

    provider_id: str
    thread: str
    folder: str
    at: datetime
    raw: bytes


@dataclass(frozen=True)
class Changes:
    """What is new since a cursor: ids to fetch, and the cursor to continue from. `more`: ask again at once."""

    ids: Sequence[str]
    cursor: str
    more: bool = False


@dataclass(frozen=True)
class Page:
    """One page of ids, newest first; `next` is empty on the last. `total` is the provider's estimate."""

    ids: Sequence[str]
    next: str = ""
    total: int = 0


@dataclass(frozen=True)
class Note:
    """A small mail to oneself that brings a thread back on top of the inbox, and says why."""

    message_id: str
    subject: str
    text: str
    thread: str
    refers_to: str
    last_provider_id: str
    marks: dict[str, str] = field(default_factory=dict)


class Provider(Protocol):
    """One mailbox, over the wire. Every call has a timeout, is refreshed with a token, and raises ProviderError.

    `holds_drafts`: a mail is put there first and then told to go; else it goes in one step, and only Sent can be asked.
    """

    holds_drafts: bool

    async def account(self) -> Account:
        """Who this is."""

    async def draft(self, mime: bytes, send_id: str, thread: str) -> str:
        """Put a draft there and answer its id. The MIME carries Message-ID and X-Nachfass-Send-Id."""

    async def find_draft(self, send_id: str, message_id: str) -> str | None:
        """The id of a draft made earlier for this send, if it is still an unsent draft."""

    async def send_draft(self, draft: str) -> SentCopy | None:
        """Send it. None if the provider accepted it but files the copy later (Graph)."""

    async def send(self, mime: bytes, thread: str) -> SentCopy | None:
        """Send in one step: for a mailbox that may only send, or that holds no drafts."""

    async def file_copy(self, mime: bytes, send_id: str, message_id: str) -> SentCopy | None:
        """Put the copy of a mail that went out into Sent; None where the provider does so by itself."""

    async def find_sent(self, send_id: str, message_id: str, since: datetime) -> SentCopy | None:
        """The copy in Sent, found by send id first, then Message-ID; None if there is none (yet)."""

    async def folders(self) -> Sequence[str]:
        """The parts that have a cursor of their own (Gmail: one; Outlook: inbox and sent)."""

    async def start(self, folder: str) -> str:
        """A cursor for 'from now on'."""

    async def changes(self, folder: str, cursor: str) -> Changes:
        """What is new since then; raises CursorLost when the provider forgot."""

    async def listed(self, folder: str, since: datetime, page: str) -> Page:
        """Ids of what was sent or received since a day, newest first: `folder` is `sent` or `inbox`."""

    async def thread_ids(self, thread: str) -> Sequence[str]:
        """Ids of all mails of a thread, drafts left out."""

    async def fetch(self, provider_id: str) -> Mail | None:
        """One mail, whole; None for drafts and for what is gone."""

    async def surface(self, note: Note) -> str:
        """Bring the thread back on top, unread, by a note in the inbox; answers the note's id. Same Message-ID twice is one note."""

    async def clear(self, note_id: str) -> None:
        """Take the note away again; a note that is gone already is fine."""

    async def revoke(self) -> None:
        """Give the grant back where the provider can."""


