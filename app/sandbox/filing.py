"""Where a copy lies in a box: it arrives, is sorted, moved and thrown away, and each step is written down."""

import secrets
from datetime import datetime, timedelta
from typing import Literal

from app.clock import now
from app.sandbox import mime as mails
from app.sandbox.world import Box, Copy, Late

Place = Literal["inbox", "sent", "draft"]
LABELS: dict[Place, set[str]] = {"inbox": {"INBOX", "UNREAD"}, "sent": {"SENT"}, "draft": {"DRAFT"}}
FOLDERS: dict[Place, str] = {"inbox": "inbox", "sent": "sentitems", "draft": "drafts"}


def put(
    box: Box,
    mail: bytes,
    place: Place,
    *,
    at: datetime | None = None,
    thread: str | None = None,
    read: bool | None = None,
    labels: set[str] | None = None,
) -> Copy:
    """A new copy in the box, threaded as the provider would; what Gmail sends joins a thread only when told to."""
    seen = place != "inbox" if read is None else read
    copy = Copy(
        id=box.fresh_id(),
        thread="",
        mime=mail,
        at=at or now(),
        labels=set(LABELS[place]) if box.provider == "google" else set(),
        folder=FOLDERS[place],
        draft=place == "draft",
        read=seen,
    )
    if seen:
        copy.labels.discard("UNREAD")
    if labels is not None:
        copy.labels, copy.read = labels, "UNREAD" not in labels
    by_itself = box.provider != "google" or place == "inbox"
    copy.thread = thread or (thread_of(box, mail) if by_itself else None) or new_thread(box, copy)
    return add(box, copy)


def add(box: Box, copy: Copy) -> Copy:
    box.copies[copy.id] = copy
    box.note("added", copy, tuple(sorted(copy.labels)), copy.folder)
    return copy


def new_thread(box: Box, copy: Copy) -> str:
    """Gmail names a thread after its first message."""
    return copy.id if box.provider != "microsoft" else "AAQkAGI0" + secrets.token_urlsafe(36)


def thread_of(box: Box, mail: bytes) -> str | None:
    """The thread that a mail answers: it names a mail of it, and the subject is still the same."""
    answered = set(mails.references(mail))
    topic = mails.topic(mail)
    fits = (c.thread for c in reversed(box.copies.values()) if c.message_id in answered and mails.topic(c.mime) == topic)
    return next(fits, None) if answered else None


def joins(box: Box, mail: bytes, thread: str) -> bool:
    """Gmail's three conditions for joining a named thread: it exists, a reference fits, the subject matches."""
    there = [copy for copy in box.copies.values() if copy.thread == thread]
    answered = set(mails.references(mail))
    return any(c.message_id in answered for c in there) and any(mails.topic(c.mime) == mails.topic(mail) for c in there)


def label(box: Box, copy: Copy, more: set[str], less: set[str]) -> None:
    """Add and take away Gmail labels, each noted if it changed anything."""
    added, removed = more - copy.labels, (less & copy.labels) - more
    copy.labels = (copy.labels | added) - removed
    copy.read = "UNREAD" not in copy.labels
    if added:
        box.note("labelled", copy, tuple(sorted(added)))
    if removed:
        box.note("unlabelled", copy, tuple(sorted(removed)))


def move(box: Box, copy: Copy, folder: str) -> None:
    """Into another Outlook folder: it leaves here and appears there."""
    if copy.folder == folder:
        return
    box.note("left", copy, folder=copy.folder)
    copy.folder = folder
    box.note("added", copy, folder=folder)


def remove(box: Box, copy: Copy) -> None:
    """Gone for good."""
    del box.copies[copy.id]
    box.drafts = {draft: message for draft, message in box.drafts.items() if message != copy.id}
    box.note("deleted", copy, tuple(sorted(copy.labels)), copy.folder)


def depart(box: Box, draft: Copy, sent: Copy, withheld: bool) -> None:
    """The draft is in transport; its copy in Sent Items will appear after a while."""
    move(box, draft, "outbox")
    at = None if withheld else now() + timedelta(seconds=box.manners.sent_after)
    box.late.append(Late(at, draft.id, sent))
    settle(box)


def settle(box: Box) -> None:
    """Let every late copy appear whose time has come."""
    due = [late for late in box.late if late.at is not None and late.at <= now()]
    box.late = [late for late in box.late if late not in due]
    for late in due:
        if late.draft in box.copies:
            remove(box, box.copies[late.draft])
        add(box, late.sent)


def release(box: Box) -> int:
    """Give out what was withheld; how many there were."""
    for late in box.late:
        late.at = now()
    freed = len(box.late)
    settle(box)
    return freed
