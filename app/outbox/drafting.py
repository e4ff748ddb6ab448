"""Keeping what is being written: saved as typed, discarded with a way back."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import nh3

from app.clock import now
from app.database import rows, together
from app.errors import NotHere, Refused
from app.happenings import CONDITIONS, NO_REPLY
from app.identity.guarding import Me
from app.mailboxes.aliasing import aliases_of
from app.mailboxes.providers.base import LARGEST_AT_ONCE, LARGEST_MAIL
from app.mailboxes.tables import READ, SEND, Mailbox
from app.outbox.addressing import Somebody
from app.outbox.tables import Attachment, Draft
from app.threads.asking import thread_of
from app.threads.tables import Message
from app.web.locale import N_
from app.web.wishes import Wish

LONGEST_SUBJECT = 900
LONGEST_HTML = 2_000_000
LONGEST_NAME = 255
MOST_FILES = 50
LETTER_ROOM = 100_000
"""Octets kept for the letter and its headers when we say how large attachments may be."""
REMINDS = ("", "1h", "4h", "1d", "2d", "3d", "1w", "2w")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?(?:\+00:00)?")
TAGS = {"div", "p", "br", "h1", "h2", "h3", "blockquote", "pre", "ul", "ol", "li", "strong", "b", "em", "i", "u", "del", "a"}
CHANGED_ELSEWHERE = N_(
    "This mail was changed in another window meanwhile, so what you typed here was not saved over it. Copy what you need, then reload the page."
)
NOT_HERE = N_("There is no such draft. It may have been discarded, or it is somebody else's.")


BEGIN = """
INSERT INTO draft (id, workspace, person, thread, answers, "to", cc, bcc, subject, html, quote, logs, tracks_opens, tracks_clicks, reminds,
reminds_if, created_at, saved_at) VALUES ($1, $2, $3, $4, $5, '[]', '[]', '[]', '', '', '', true, true, true, '', 'no_reply', $6, $6)
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True)
class Written:
    """A compose form as it came, already read."""

    to: Sequence[Somebody] = ()
    cc: Sequence[Somebody] = ()
    bcc: Sequence[Somebody] = ()
    subject: str = ""
    html: str = ""
    mailbox: UUID | None = None
    alias: UUID | None = None
    thread: UUID | None = None
    answers: UUID | None = None
    quote: str = field(default="", repr=False)
    signs: bool = True
    logs: bool = True
    tracks_opens: bool = True
    tracks_clicks: bool = True
    separately: bool = False
    asks_read: bool = False
    asks_delivery: bool = False
    reminds: str = ""
    reminds_if: str = NO_REPLY
    page: UUID | None = None
    """The page it was typed on, and the one that had last written when that page was made."""
    seen: UUID | None = None


class Overtaken(Refused):
    """Another page wrote in the draft after this one was made: nothing of either is written over."""


@dataclass(frozen=True)
class File:
    """An attachment without its content."""

    id: UUID
    name: str
    size: int
    type: str


async def find_draft(me: Me, draft_id: UUID) -> Draft | None:
    """One's own draft; None if there is none of this name yet, NotHere if it is somebody else's."""
    found = await Draft.objects().where(Draft.id == draft_id).output(load_json=True).first()
    if found is not None and (found.person != me.person.id or found.workspace != me.workspace.id):
        raise NotHere(NOT_HERE)
    return found


async def draft_of(me: Me, draft_id: UUID) -> Draft:
    found = await find_draft(me, draft_id)
    if found is None:
        raise NotHere(NOT_HERE)
    return found


async def open_draft(me: Me, draft_id: UUID) -> Draft:
    """A draft that can still be written in."""
    draft = await draft_of(me, draft_id)
    ensure_open(draft)
    return draft


def ensure_open(draft: Draft) -> None:
    if draft.queued_at is not None:
        raise Refused("This mail is already on its way; it can't be changed any more.")
    if draft.scheduled is not None:
        raise Refused("This mail is scheduled. Change it under Scheduled: until you save the change, it goes out as it is.")
    if draft.discarded_at is not None:
        raise Refused("This draft was discarded. Take it back from the list of drafts to go on writing.")


async def save(me: Me, draft_id: UUID, written: Written) -> Draft:
    """Keep what is written under the name the page gave it; the first save makes the draft."""
    draft = await find_draft(me, draft_id) or await begun(me, draft_id, written)
    ensure_open(draft)
    mailbox = await own_mailbox(me, written.mailbox)
    changed = await Draft.update({
        Draft.mailbox: mailbox, Draft.alias: await own_alias(mailbox, written.alias), Draft.signs: written.signs,
        Draft.to: list(written.to), Draft.cc: list(written.cc), Draft.bcc: list(written.bcc),
        Draft.subject: one_line(written.subject), Draft.html: tidy(written.html), Draft.quote: written.quote, Draft.logs: written.logs,
        Draft.tracks_opens: written.tracks_opens, Draft.tracks_clicks: written.tracks_clicks, Draft.separately: written.separately,
        Draft.asks_read: written.asks_read, Draft.asks_delivery: written.asks_delivery, Draft.reminds: reminder(written.reminds),
        Draft.reminds_if: condition(written.reminds_if),
        Draft.saved_at: now(), Draft.page: written.page or draft.page,
    }).where(*unchanged(draft, written)).returning(Draft.id)  # fmt: skip
    draft = await draft_of(me, draft_id)
    if not changed:
        ensure_open(draft)
        raise Overtaken(CHANGED_ELSEWHERE)
    return draft


def unchanged(draft: Draft, written: Written) -> list[Any]:
    """It still waits to be written in, and no page wrote that this one does not know of."""
    still = [Draft.id == draft.id, Draft.queued_at.is_null(), Draft.discarded_at.is_null(), Draft.scheduled.is_null()]
    if written.page is None:
        return still
    return [*still, Draft.page.is_null() | Draft.page.is_in([written.page, written.seen or written.page])]


async def begun(me: Me, draft_id: UUID, written: Written) -> Draft:
    """A new draft; two saves that arrive at once begin one."""
    thread = await thread_of(me, written.thread) if written.thread else None
    answers = await answered(me, thread.id, written.answers) if thread and written.answers else None
    await rows(BEGIN, draft_id, me.workspace.id, me.person.id, thread.id if thread else None, answers, now())
    return await draft_of(me, draft_id)


async def answered(me: Me, thread: UUID, message: UUID) -> UUID:
    if not await Message.exists().where(Message.id == message, Message.thread == thread, Message.person == me.person.id):
        raise NotHere("The mail you are answering is not here any more.")
    return message


async def own_mailbox(me: Me, mailbox: UUID | None) -> UUID | None:
    return next((one.id for one in await senders(me) if one.id == mailbox), None)


async def own_alias(mailbox: UUID | None, alias: UUID | None) -> UUID | None:
    if mailbox is None or alias is None:
        return None
    return next((one.id for one in await aliases_of([mailbox]) if one.id == alias), None)


async def senders(me: Me) -> list[Mailbox]:
    """The person's mailboxes that can send, those that work first."""
    mine = Mailbox.person == me.person.id, Mailbox.workspace == me.workspace.id, Mailbox.disconnected_at.is_null(), Mailbox.rights.any(SEND)
    found: list[Mailbox] = await Mailbox.objects().where(*mine).order_by(Mailbox.connected_at)
    return sorted(found, key=lambda one: one.broken_at is not None)


async def drafts_of(me: Me) -> list[Draft]:
    """What is being written, last touched first."""
    mine = Draft.person == me.person.id, Draft.workspace == me.workspace.id, *being_written()
    found: list[Draft] = await Draft.objects().where(*mine).order_by(Draft.saved_at, ascending=False).limit(200).output(load_json=True)
    return found


def being_written() -> list[Any]:
    """Neither on its way nor scheduled nor put away."""
    return [Draft.queued_at.is_null(), Draft.discarded_at.is_null(), Draft.scheduled.is_null()]


async def discard(draft: Draft) -> None:
    """Put it away; `restore` brings it back."""
    ensure_open(draft)
    await draft.update_self({Draft.discarded_at: now()})


async def restore(draft: Draft) -> None:
    await draft.update_self({Draft.discarded_at: None})


async def attach(draft: Draft, name: str, type_: str, content: bytes, mailbox: Mailbox | None) -> Attachment:
    """Put a file to the draft, if the mail may still grow so much."""
    ensure_open(draft)
    name = one_line(name.replace("\\", "/").rpartition("/")[2])[-LONGEST_NAME:] or "file"
    async with together():
        await rows("SELECT 1 FROM draft WHERE id = $1 FOR UPDATE", draft.id)
        held = await attachments(draft)
        check_room(name, len(content), [one.size for one in held], mailbox)
        made = Attachment(workspace=draft.workspace, draft=draft.id, name=name, type=type_[:127], size=len(content), content=content)
        await made.save()
    return made


def check_room(name: str, size: int, held: Sequence[int], mailbox: Mailbox | None) -> None:
    if len(held) >= MOST_FILES:
        raise Refused(
            "%(name)s was not attached: a mail may have %(most)d files. The mail is kept as a draft.", field="files", name=name, most=MOST_FILES
        )
    room = attachment_room(mailbox)
    if on_the_wire(size) + sum(map(on_the_wire, held)) > on_the_wire(room):
        raise Refused(
            "%(name)s was not attached: it has %(size).1f MB, and with this mailbox all files together may have %(room).1f MB. "
            "Send a link to it instead; the mail is kept as a draft.",
            field="files", name=name, size=size / 1e6, room=room / 1e6,
        )  # fmt: skip


def largest_mime(mailbox: Mailbox | None) -> int:
    """Octets of MIME. A mailbox that may only send has no drafts that files could be brought to."""
    if mailbox is None:
        return min(LARGEST_MAIL.values())
    largest = LARGEST_MAIL.get(mailbox.provider, min(LARGEST_MAIL.values()))
    return largest if READ in mailbox.rights else min(largest, LARGEST_AT_ONCE.get(mailbox.provider, largest))


def attachment_room(mailbox: Mailbox | None) -> int:
    """How large all files of a mail may be together, before they are encoded."""
    return (largest_mime(mailbox) - LETTER_ROOM) * 57 // 78


def on_the_wire(size: int) -> int:
    """Base64 in lines of 76 with their ends."""
    return -(-size // 57) * 78


async def attachments(draft: Draft) -> list[File]:
    """The files of a draft without their content."""
    names = Attachment.id, Attachment.name, Attachment.size, Attachment.type
    found = await Attachment.select(*names).where(Attachment.draft == draft.id).order_by(Attachment.id)
    return [File(**row) for row in found]


async def detach(draft: Draft, attachment: UUID) -> None:
    ensure_open(draft)
    await Attachment.delete().where(Attachment.id == attachment, Attachment.draft == draft.id)


def tidy(html: str) -> str:
    """What the editor can make, and nothing else."""
    if len(html) > LONGEST_HTML:
        raise Refused("This mail is longer than %(most)d characters. Shorten it, or attach the text as a file.", field="html", most=LONGEST_HTML)
    return nh3.clean(html.replace("\x00", ""), tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto", "tel"}, link_rel=None)


def one_line(text: str) -> str:
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if len(line) > LONGEST_SUBJECT:
        raise Refused("This subject has more than %(most)d characters. Shorten it.", field="subject", most=LONGEST_SUBJECT)
    return line


def condition(text: str) -> str:
    """On what the reminder rings."""
    if text in CONDITIONS:
        return text
    raise Refused("Choose from the list on what to be reminded.", field="reminds")


def reminder(text: str) -> str:
    """One of the choices, or a date and time, each on somebody's clock (`web.wishes`)."""
    wish = Wish.read(text)
    if wish.text in REMINDS or MOMENT.fullmatch(wish.text):
        return text
    raise Refused("“%(text)s” is not a date. Choose when to be reminded from the list.", field="reminds", text=wish.text[:40])
