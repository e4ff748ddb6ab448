"""Is this news? The one place that says whether somebody is told of an event beyond their feed, whatever the way: desktop, push, mail."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol
from uuid import UUID

from app.attention.choosing import Choice
from app.attention.kinds import BY_PEOPLE, KIND_OF, MAILBOXES, REMINDERS, REPLIES, UNSENT, WAYS
from app.attention.tables import EVERYTHING, NOTHING, REPLIES_ONLY

ONE_NEWS = timedelta(minutes=10)
"""What people do with one mail within this time is told once; the standing notice counts on."""
UNMUTABLE = {"rang", "bounced", "failed", "unclear", "later_held", "later_asks", "broke"}
"""A reminder that is due and a mail that did not go out are told of a muted thread too."""


class Happened(Protocol):
    """An event, as far as it matters here."""

    @property
    def id(self) -> UUID: ...
    @property
    def at(self) -> datetime: ...
    @property
    def kind(self) -> str: ...
    @property
    def thread(self) -> UUID | None: ...
    @property
    def message(self) -> UUID | None: ...


class News(Enum):
    """What becomes of an event: told, added quietly to what was told already, or not told."""

    TOLD = "told"
    ADDED = "added"
    NOT_TOLD = "not told"


def is_news(event: Happened, before: Sequence[Happened], hears: str = "") -> News:
    """`before`: what is told as one with it, in any order; `hears`: what its person chose of its thread."""
    group = KIND_OF.get(event.kind)
    if group is None or (event.kind not in UNMUTABLE and (hears == NOTHING or (hears == REPLIES_ONLY and group != REPLIES))):
        return News.NOT_TOLD
    return News.ADDED if event.kind in BY_PEOPLE and any(is_old_hat(one, event) for one in before) else News.TOLD


def is_old_hat(earlier: Happened, event: Happened) -> bool:
    """Somebody did the same to the same mail minutes ago."""
    same = earlier.kind == event.kind and earlier.message == event.message and earlier.id != event.id
    return same and timedelta() <= event.at - earlier.at < ONE_NEWS


def ways_for(kind: str, choice: Choice, hears: str = "") -> frozenset[str]:
    """By which ways a person wants to be told of news. Who wants everything of a thread gets it by each way that they use at all."""
    group = KIND_OF.get(kind, "")
    if group == REMINDERS and not choice.returns_as_notification:
        return frozenset()
    return frozenset(way for way in WAYS if group in choice.kinds[way] or (hears == EVERYTHING and choice.kinds[way]))


def tag_of(event: Happened) -> str:
    """What is shown in one place: a new notification with the same tag takes the place of the old one, in every tab and by every way."""
    return f"{event.kind}-{event.message}" if event.kind in BY_PEOPLE else f"event-{event.id}"


def way_to(event: Happened) -> str:
    """The page that a click on the notification opens, as a local path."""
    if KIND_OF.get(event.kind) == MAILBOXES:
        return "/mailboxes"
    if event.thread is None:
        return {UNSENT: "/compose", REMINDERS: "/reminders"}.get(KIND_OF.get(event.kind, ""), "/")
    return f"/threads/{event.thread}#message-{event.message}" if event.message else f"/threads/{event.thread}"
