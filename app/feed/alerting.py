"""Is this news? The one place that says whether somebody is told of an event beyond their feed, whatever the way: desktop, push, mail."""

from collections.abc import Sequence
from datetime import timedelta
from enum import Enum
from uuid import UUID

from app.feed.folding import BY_PEOPLE, Event
from app.feed.telling import AUTO_REPLIED, DECLINED, DELAYED, DELIVERED, GIVEN, REFUSED, RELAYED, SENT, UNCOUNTED
from app.feed.warning import HELD, RANG

ONE_NEWS = timedelta(minutes=10)
"""What people do with one mail within this time is told once; the standing notice counts on."""
NEVER_NEWS = {*UNCOUNTED, SENT, DELIVERED, RELAYED, DECLINED, DELAYED, AUTO_REPLIED, REFUSED, GIVEN, HELD, "later_stopped"}
UNMUTABLE = {RANG, "bounced", "failed", "unclear", "broke", "later_held", "later_asks"}
"""A reminder that is due and a mail that did not go out are told of a muted thread too."""


class News(Enum):
    """What becomes of an event: told, added quietly to what was told already, or not told."""

    TOLD = "told"
    ADDED = "added"
    NOT_TOLD = "not told"


def is_news(event: Event, before: Sequence[Event], muted: set[UUID]) -> News:
    """`before`: what is told as one with it, in any order; `muted`: threads that its person muted."""
    if event.kind in NEVER_NEWS or (event.thread in muted and event.kind not in UNMUTABLE):
        return News.NOT_TOLD
    return News.ADDED if event.kind in BY_PEOPLE and any(is_old_hat(one, event) for one in before) else News.TOLD


def is_old_hat(earlier: Event, event: Event) -> bool:
    """Somebody did the same to the same mail minutes ago."""
    same = earlier.kind == event.kind and earlier.message == event.message and earlier.id != event.id
    return same and timedelta() <= event.at - earlier.at < ONE_NEWS
