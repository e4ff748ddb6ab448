"""Everything the pretend world remembers. It lives in memory and is forgotten at once by `World.forget`."""

import asyncio
import os
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from app.sandbox import mime as mails
from app.sandbox.faults import Faults
from app.sandbox.grants import Grants

Provider = Literal["google", "microsoft", "person"]
What = Literal["added", "deleted", "labelled", "unlabelled", "left", "changed"]
FIRST_HISTORY = 1_204_311
HISTORY_STEP = 3


@dataclass
class Copy:
    """One copy of a mail in one box: Gmail sorts it by labels, Outlook by folder."""

    id: str
    thread: str
    mime: bytes
    at: datetime
    labels: set[str] = field(default_factory=set)
    folder: str = ""
    draft: bool = False
    read: bool = True
    made: Literal["mime", "json"] = "mime"
    properties: dict[str, str] = field(default_factory=dict)
    marks: dict[str, Any] = field(default_factory=dict)
    number: int = 0

    @property
    def message_id(self) -> str:
        return mails.message_id(self.mime)


@dataclass(frozen=True)
class Change:
    """What happened to a copy; the provider's cursor counts these."""

    number: int
    what: What
    copy: str
    thread: str
    labels: tuple[str, ...] = ()
    folder: str = ""


@dataclass
class Late:
    """A mail that has left and whose copy is not in Sent Items yet; without a time it is withheld."""

    at: datetime | None
    draft: str
    sent: Copy


@dataclass
class Upload:
    """An attachment that arrives in pieces."""

    id: str
    message: str
    item: dict[str, Any]
    received: bytes = b""
    made: dict[str, Any] | None = None


@dataclass
class SendAs:
    """Another address that a mailbox may send from; a pending one waits for its owner to say yes."""

    address: str
    name: str = ""
    reply_to: str = ""
    signature: str = ""
    default: bool = False
    pending: bool = False


@dataclass
class Manners:
    """How a mailbox behaves as long as nothing breaks."""

    sent_after: float = 0.3
    sends_a_day: int = 0
    """Recipients (Outlook) or mails (Gmail) in 24 hours; 0 for as many as one likes."""
    sends_from_aliases: bool = True
    rewrites_message_id: bool = True
    new_id_after_send: bool = True
    needs_admin: bool = False
    unknown: bool = False
    limit: int = 0
    window: float = 60.0
    latency: float = 0.0
    aadsts: int = 0
    claims: str = ""
    google_error: str = ""
    google_says: str = ""
    token_claims: dict[str, Any] = field(default_factory=dict)
    api_error: str = ""
    challenge: str = ""


@dataclass
class Box:
    """Where one address gets its mail: a Gmail or Outlook mailbox, or simply a person with some mail program."""

    address: str
    name: str
    provider: Provider
    manners: Manners
    copies: dict[str, Copy] = field(default_factory=dict)
    drafts: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    forgotten: int = 0
    late: list[Late] = field(default_factory=list)
    rounds: dict[str, Any] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    aliases: list[SendAs] = field(default_factory=list)
    signature: str = ""
    sent_to: list[tuple[datetime, int]] = field(default_factory=list)
    busy: int = 0
    most_at_once: int = 0
    spent: list[tuple[datetime, int]] = field(default_factory=list)
    above: int = 0
    throttled: int = 0
    born: str = ""
    indexed: int = -1
    by_thread: dict[str, list[Copy]] = field(default_factory=dict)

    def of_thread(self, thread: str) -> list[Copy]:
        """The copies of a thread; sorted by thread anew only when something has changed, so that a box may hold years."""
        if self.indexed != self.history:
            self.by_thread, self.indexed = {}, self.history
            for copy in self.copies.values():
                self.by_thread.setdefault(copy.thread, []).append(copy)
        return self.by_thread.get(thread, [])

    @property
    def history(self) -> int:
        """The number of the latest change."""
        return self.changes[-1].number if self.changes else FIRST_HISTORY

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]

    @property
    def first_address(self) -> str:
        """The account stays the same when its address changes."""
        return self.born or self.address

    @property
    def oid(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"oid:{self.first_address}"))

    @property
    def tid(self) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"tid:{self.first_address.rpartition('@')[2]}"))

    @property
    def sub(self) -> str:
        """Google's number for the account."""
        return str(10**20 + uuid.uuid5(uuid.NAMESPACE_URL, f"sub:{self.first_address}").int % 10**20)

    def may_send_as(self, address: str) -> bool:
        return address == self.address or any(one.address == address and not one.pending for one in self.aliases)

    def note(self, what: What, copy: Copy, labels: tuple[str, ...] = (), folder: str = "") -> None:
        """Write a change down and date the copy with it."""
        change = Change(self.history + HISTORY_STEP, what, copy.id, copy.thread, labels, folder)
        self.changes.append(change)
        copy.number = change.number

    def fresh_id(self) -> str:
        if self.provider == "google":
            return secrets.token_hex(8)
        if self.provider == "microsoft":
            return "AAkALgAAAAAA" + secrets.token_urlsafe(45)
        return secrets.token_hex(6)


@dataclass
class Subscription:
    """Somebody who wants to be told when an Outlook mailbox changes."""

    id: str
    mailbox: str
    resource: str
    change_types: tuple[str, ...]
    url: str
    lifecycle_url: str | None
    client_state: str | None
    expires_at: str
    told: int
    lasting: bool = True


class World:
    """The boxes, the grants and what is about to go wrong."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Back to the beginning: nobody has a mailbox, nothing was sent."""
        self.boxes: dict[str, Box] = {}
        self.shift = timedelta(0)
        self.manners = Manners()
        self.faults = Faults()
        self.grants = Grants()
        self.subscriptions: dict[str, Subscription] = {}
        self.watches: dict[str, dict[str, Any]] = {}
        endpoint = os.environ.get("NACHFASS_SANDBOX_PUSHES_TO", "")
        self.pubsub = {"endpoint": endpoint, "audience": endpoint, "email": "push@sandbox.iam.gserviceaccount.com", "forged": ""}
        self.keys_asked = 0
        self.errands: set[asyncio.Task[None]] = set()

    def box(self, address: str, name: str = "") -> Box:
        """The box of an address; somebody never heard of before is a person with some mail program."""
        address = address.strip().lower()
        found = self.boxes.setdefault(address, Box(address, name, "person", Manners(**vars(self.manners))))
        found.name = found.name or name
        return found

    def rename(self, box: Box, address: str) -> None:
        """The account gets another address; its old one still leads to it."""
        box.born, box.address = box.first_address, address.strip().lower()
        self.boxes[box.address] = box

    def mailbox(self, address: str, provider: Provider, name: str = "") -> Box:
        """The Gmail or Outlook mailbox of an address, opened on sight."""
        box = self.box(address, name)
        if box.provider != provider:
            box.provider = provider
        box.name = box.name or spoken(address)
        return box


def spoken(address: str) -> str:
    """A name for somebody who gave none: `miriam.kessler@…` is Miriam Kessler."""
    return " ".join(word.capitalize() for word in address.partition("@")[0].replace("_", ".").split("."))
