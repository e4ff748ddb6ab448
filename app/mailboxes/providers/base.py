"""The seam: what a mailbox can do, whoever provides it. Errors are the ProviderError tree of `app.errors`."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

SEND_ID_HEADER = "X-Nachfass-Send-Id"
NOTE_HEADER = "X-Nachfass-Note"
LARGEST_MAIL = {"gmail": 36_700_160, "outlook": 150_000_000, "imap": 25_000_000}
"""Octets of MIME a mail may have (gmail.v1 discovery: 36,700,160; Exchange: 150 MB, less where the organisation says so; most SMTP servers: 25)."""
LARGEST_AT_ONCE = {"outlook": 3_000_000}
"""Octets of MIME that go in one request: Graph takes 4 MB, in which the MIME is base64 once more. The files of a larger mail follow in pieces."""

INBOX, SENT, OTHER_FOLDER = "inbox", "sent", "other"


@dataclass(frozen=True)
class Account:
    """Whose mailbox it is: `key` never changes (Google `sub`; Microsoft `tid.oid`), the address may."""

    key: str
    address: str
    name: str


@dataclass(frozen=True)
class SentCopy:
    """A sent mail as the provider filed it. `message_id` and `sender` are what it made of our Message-ID and From; empty if it did not say."""

    provider_id: str
    thread: str
    message_id: str
    at: datetime
    sender: str = ""


@dataclass(frozen=True)
class SendAs:
    """An address one may send from, as the provider tells it. `signature` is its HTML, not cleaned."""

    address: str
    name: str = ""
    reply_to: str = ""
    signature: str = ""
    is_default: bool = False
    verified: bool = True


@dataclass(frozen=True)
class RecipientSaid:
    """What a server said to one recipient before it got the mail: the code and words of its reply to RCPT (RFC 5321, 3.3)."""

    address: str
    code: int
    words: str


@dataclass(frozen=True)
class Piecewise:
    """A file that is brought to a draft in pieces. `session` is where an upload begun earlier goes on; `begun` keeps a new one.

    `read` gives octets from a place, so many of them.
    """

    name: str
    type: str
    size: int
    session: str
    begun: Callable[[str], Awaitable[None]]
    read: Callable[[int, int], Awaitable[bytes]]


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
    """One page of ids, newest first; `next` is empty on the last. `total` is the provider's estimate.

    `threads`: the thread of each id in the same order, where the provider's list tells it; else nothing.
    """

    ids: Sequence[str]
    next: str = ""
    total: int = 0
    threads: Sequence[str] = ()


@dataclass(frozen=True)
class Note:
    """A small mail to oneself: it brings a thread back on top of the inbox and says why, or belongs to no thread (all its places are empty then).

    `html` says the same as `text`; empty: the text alone.
    """

    message_id: str
    subject: str
    text: str
    thread: str
    refers_to: str
    last_provider_id: str
    marks: dict[str, str] = field(default_factory=dict)
    html: str = ""


@dataclass(frozen=True)
class Promise:
    """To be told when the mailbox changes: what it is called there (Graph only), and until when it holds."""

    id: str
    until: datetime


class Watcher(Protocol):
    """What a provider offers that tells us when a mailbox changes."""

    async def begin(self, secret: str) -> Promise:
        """From now on; `secret` comes back with every notice, where the provider can do that."""

    async def renew(self, promise: str) -> Promise:
        """Go on; raises GoneThere or GiveUp when there is nothing to go on with."""

    async def end(self, promise: str) -> None:
        """No more notices; one that has ended is fine."""


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

    async def count_sent(self, since: datetime | None = None, until: datetime | None = None) -> int:
        """How many mails lie in Sent now, by the provider's own count: all of them, or those from `since` on and before `until`.

        By the same clock as `Mail.at`, and independent of what we read or filed. Drafts and what was thrown away do not count.
        """

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


@runtime_checkable
class KnowsAliases(Protocol):
    """A mailbox that tells which addresses it may send from."""

    async def aliases(self) -> Sequence[SendAs]:
        """All of them, its own included."""


@runtime_checkable
class DropsDrafts(Protocol):
    """A mailbox in which a draft of ours can be taken back."""

    async def drop_draft(self, draft: str) -> None:
        """Take it away; one that is gone already is fine."""


@runtime_checkable
class SetsSender(Protocol):
    """A mailbox that takes From apart from the MIME."""

    async def set_sender(self, draft: str, name: str, address: str) -> None:
        """Let the draft come from one of the mailbox's other addresses; twice is once."""


@runtime_checkable
class AsksReceipts(Protocol):
    """A mailbox that asks for receipts by what a draft says of itself."""

    async def ask_receipts(self, draft: str, *, read: bool, delivery: bool) -> None:
        """Let the draft ask for them; twice is once."""


@runtime_checkable
class ConfirmsDelivery(Protocol):
    """A mailbox whose server can be asked, while it takes a mail, to report that it arrived."""

    async def send_confirmed(self, mime: bytes, thread: str) -> SentCopy | None:
        """As `send`; where the server offers no reports, the mail goes all the same."""


@runtime_checkable
class HearsRecipients(Protocol):
    """A mailbox whose server answers for each recipient by itself."""

    answers: list[RecipientSaid]
    """Of the last mail that was sent or tried, in the order of its recipients; also after an error."""


@runtime_checkable
class TakesPieces(Protocol):
    """A mailbox that takes large files apart from the MIME."""

    async def enclosed(self, draft: str) -> Sequence[str]:
        """Names of the files that the draft has, whole ones only."""

    async def enclose(self, draft: str, file: Piecewise) -> None:
        """Bring one file to the draft, from where an earlier try broke off."""
