"""What a sentence of the feed needs to know about a mail: whose it is, what it is called, who is on the other side. Read once, when it is told."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import UUID

from app.database import rows

LONGEST_WORDS = 120

MESSAGES = """
SELECT m.id, m.workspace, m.person, m.mailbox, m.thread, m.answers, m.subject, m.at, m.links, m.snippet, m.sender, m.sender_name,
       m.imported, m.logged, m.sending, m.forwarded_why,
       coalesce((
           SELECT json_agg(json_build_object('contact', c.id, 'name', coalesce(nullif(c.name, ''), nullif(r.name, ''), r.address)) ORDER BY r.id)
           FROM recipient r LEFT JOIN contact c ON c.id = r.contact
           WHERE r.message = m.id
           AND NOT EXISTS (SELECT FROM mailbox b WHERE b.workspace = m.workspace AND lower(b.address) = r.address)
       ), '[]') AS people
FROM message m WHERE m.id = ANY($1::uuid[])
"""

CONTACT = "SELECT id, coalesce(nullif(name, ''), address) AS name FROM contact WHERE workspace = $1 AND address = $2"


@dataclass(frozen=True)
class Named:
    """Somebody, by name; the contact behind it if there is one."""

    name: str
    contact: UUID | None = None


@dataclass(frozen=True)
class Mailing:
    """A message with the people it went to."""

    id: UUID
    workspace: UUID
    person: UUID
    mailbox: UUID
    thread: UUID
    answers: UUID | None
    subject: str
    at: datetime
    links: Sequence[dict[str, str]]
    snippet: str
    sender: str
    sender_name: str
    imported: bool
    logged: bool
    people: Sequence[Named]
    sending: UUID | None
    forwarded_why: Sequence[Any]

    def whom(self) -> dict[str, Any]:
        """The other side for a sentence: one name, or how many and who."""
        if len(self.people) == 1:
            return {"who": self.people[0].name}
        return {"who": "", "names": [one.name for one in self.people]}

    @property
    def kept_out(self) -> bool:
        """Is everybody it went to on the never-log list? Then the feed knows nothing of it."""
        return not self.logged and not self.people

    @property
    def contact(self) -> UUID | None:
        """The contact, if the mail went to one alone."""
        return self.people[0].contact if len(self.people) == 1 else None


async def mailing(message: UUID) -> Mailing | None:
    """The message, if it is still kept."""
    return (await mailings([message])).get(message)


async def mailings(messages: Collection[UUID]) -> dict[UUID, Mailing]:
    """Those of the messages that are still kept."""
    return {row["id"]: mailing_from(row) for row in await rows(MESSAGES, list(messages))}


def mailing_from(row: dict[str, Any]) -> Mailing:
    people = [Named(one["name"], UUID(one["contact"]) if one["contact"] else None) for one in json.loads(row["people"])]
    loaded = {"links": json.loads(row["links"] or "[]"), "forwarded_why": json.loads(row["forwarded_why"])}
    return Mailing(**{**row, **loaded, "people": people})


async def named(workspace: UUID, address: str, name: str = "") -> Named:
    """Somebody by their address."""
    found = await rows(CONTACT, workspace, address.lower())
    return Named(found[0]["name"], found[0]["id"]) if found else Named(name or address)


def link_words(links: Sequence[dict[str, str]], link: int) -> str:
    """What a link is called: its words in the mail, else the file or the site it leads to."""
    if not 0 <= link < len(links):
        return ""
    words, url = " ".join(links[link].get("words", "").split()), urlsplit(links[link].get("url", ""))
    return (words or unquote(url.path.rstrip("/").rpartition("/")[2]) or url.netloc)[:LONGEST_WORDS]
