"""Pages of the feed: newest first, by keyset, so that the thousandth page is as quick as the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from app.database import planned_once, rows
from app.feed.folding import FOLDABLE, Day, Event, Row, bounds, by_day, event_from, folded, key_of, keys_before, midnight
from app.feed.telling import (
    AUTO_REPLIED,
    BOUNCED,
    CLICKED,
    COMPLAINED,
    DECLINED,
    DELAYED,
    DELIVERED,
    FAILED,
    GIVEN,
    MAY_ANSWER,
    OPENED,
    RECEIPT,
    REFUSED,
    RELAYED,
    REPLIED,
    SENT,
    UNCLEAR,
    UNCOUNTED,
)
from app.feed.telling_scheduled import SCHEDULED
from app.feed.warning import BLIND, BROKE, HELD, RANG
from app.mailboxes.losing_sight import Window, windows_touching
from app.web.paging import Before

PAGE = 50
MOST_FOLDED = 2_000
COLUMNS = "id, at, kind, contact, mailbox, thread, message, hit, reminder, said"

KINDS: dict[str, tuple[str, ...]] = {
    "opens": (OPENED,),
    "clicks": (CLICKED,),
    "replies": (REPLIED, MAY_ANSWER, AUTO_REPLIED),
    "receipts": (DELIVERED, RELAYED, RECEIPT, DECLINED),
    "reminders": (RANG, HELD),
    "sent": (SENT,),
    "problems": (BOUNCED, DELAYED, COMPLAINED, FAILED, UNCLEAR, BROKE, BLIND, REFUSED, GIVEN, *SCHEDULED),
}
TOUCHES = {"opens": "open", "clicks": "click"}
PEOPLE, EVERYTHING = "people", "all"

GROUP_MAIL = "contact IS NULL AND message = ANY(ARRAY(SELECT r.message FROM recipient r WHERE r.contact = ANY({contacts})))"

WINDOWS = """kind IN ('broke', 'blind') AND (mailbox, at) IN (
    SELECT w.mailbox, w.since FROM blind_window w WHERE EXISTS (
        SELECT FROM recipient r JOIN message m ON m.id = r.message
        WHERE r.contact = ANY({contacts}) AND m.mailbox = w.mailbox AND m.at < coalesce(w.until, 'infinity')))"""
"""What a contact may have answered unseen: windows of mailboxes that had written to them by then."""


@dataclass(frozen=True)
class Whose:
    """In whose feed we look; every query names the workspace, so that it asks one node only."""

    workspace: UUID
    person: UUID
    zone: ZoneInfo


@dataclass(frozen=True)
class Wish:
    """What the reader wants to see; it lives in the URL. `of`: the one contact whose timeline it is.

    `beside`: each mail of one that was sent separately, not only the row that tells of all.
    """

    who: str = EVERYTHING
    kind: str = ""
    mailbox: UUID | None = None
    contact: str = ""
    contacts: tuple[UUID, ...] | None = None
    of: UUID | None = None
    beside: bool = False

    def query(self, **other: object) -> str:
        """The wish as a query string, with some of it changed."""
        who = self.who if self.who == PEOPLE else ""
        own = {"who": who, "kind": self.kind, "mailbox": self.mailbox or "", "contact": self.contact, "of": self.of or ""}
        return urlencode({name: str(value) for name, value in {**own, **other}.items() if value})

    @property
    def is_plain(self) -> bool:
        return not self.query()


@dataclass(frozen=True)
class Page:
    """Days with their rows, and where the next page begins."""

    days: Sequence[Day]
    newest: Before | None
    next: Before | None

    @property
    def is_empty(self) -> bool:
        return not self.days


async def page(whose: Whose, wish: Wish, before: Before | None = None, size: int = PAGE) -> Page:
    """One page. A row that stands for several events is on the page of its head, and on no other."""
    async with planned_once():
        events = await events_before(whose, wish, before, size)
        groups = await around(whose, events, wish)
    heads = {row.head.id: row for row in groups.values()}
    shown = [heads[event.id] for event in events if event.id in heads]
    last = Before(events[-1].at, events[-1].id) if len(events) == size else None
    return Page(by_day(shown, whose.zone), Before(events[0].at, events[0].id) if events else None, last)


async def events_before(whose: Whose, wish: Wish, before: Before | None, size: int) -> list[Event]:
    values: list[Any] = [whose.workspace, whose.person]
    where = conditions(wish, values)
    if before is not None:
        values += [before.at, before.id]
        where += f" AND (at, id) < (${len(values) - 1}, ${len(values)})"
    found = await rows(newest(where, wish, values, size), *values)
    return [event_from(one) for one in found]


def newest(where: str, wish: Wish, values: list[Any], size: int) -> str:
    """Events of a contact come from three places, each by its index: mail to them alone, mail to several, and when we could not see."""
    order = f"ORDER BY at DESC, id DESC LIMIT {size}"
    if wish.contacts is None:
        return f"SELECT {COLUMNS} FROM activity WHERE {where} {order}"  # noqa: S608 - our own words, values are $n
    values.append(list(wish.contacts))
    place = f"${len(values)}"
    one = f"SELECT {COLUMNS} FROM activity WHERE {where} AND contact = wanted.person_there {order}"  # noqa: S608
    alone = f"(SELECT {COLUMNS} FROM unnest({place}::uuid[]) AS wanted (person_there) CROSS JOIN LATERAL ({one}) one {order})"  # noqa: S608
    # OFFSET 0 keeps the planner from walking the whole feed newest first in search of a few messages.
    group = f"SELECT {COLUMNS} FROM activity WHERE {where} AND {GROUP_MAIL.format(contacts=place)} OFFSET 0"  # noqa: S608
    among = f"(SELECT {COLUMNS} FROM ({group}) group_mail {order})"  # noqa: S608
    unseen = f"(SELECT {COLUMNS} FROM activity WHERE {where} AND {WINDOWS.format(contacts=place)} {order})"  # noqa: S608
    return f"SELECT {COLUMNS} FROM ({alone} UNION ALL {among} UNION ALL {unseen}) every_place {order}"  # noqa: S608


def conditions(wish: Wish, values: list[Any]) -> str:
    """The wish as SQL; its values join `values`."""
    where = "workspace = $1 AND person = $2"
    if wish.contacts is None and not wish.beside:
        where += " AND NOT said ? 'beside'"
    if wish.who == PEOPLE:
        values.append(list(UNCOUNTED))
        where += f" AND kind <> ALL(${len(values)})"
    if wish.kind in KINDS:
        # Spelt out: only then the planner knows that the index of rare kinds has them all.
        of_kind = "kind IN ({})".format(", ".join(f"'{kind}'" for kind in KINDS[wish.kind]))
        if wish.kind in TOUCHES:
            values += [list(UNCOUNTED), TOUCHES[wish.kind]]
            of_kind = f"({of_kind} OR (kind = ANY(${len(values) - 1}) AND said ->> 'touch' = ${len(values)}))"
        where += f" AND {of_kind}"
    if wish.mailbox is not None:
        values.append(wish.mailbox)
        where += f" AND mailbox = ${len(values)}"
    return where


async def around(whose: Whose, events: Sequence[Event], wish: Wish, *, before: bool = False) -> dict[str, Row]:
    """The rows these events belong to (and may have belonged to `before`), each with all its events of that day."""
    foldable = [event for event in events if event.folds]
    others = [event for event in events if not event.folds]
    if not foldable:
        return folded(others, whose.zone)
    start, end = bounds([event.at.astimezone(whose.zone).date() for event in foldable], whose.zone)
    values: list[Any] = [whose.workspace, whose.person]
    where = conditions(Wish(who=wish.who), values)
    values += [list({event.message for event in foldable}), list(FOLDABLE), start, end]
    at = len(values)
    # OFFSET 0 keeps the planner from walking everything the person has in these days in search of a few messages.
    those = f"workspace = $1 AND message = ANY(${at - 3}) AND at >= ${at - 1} AND at < ${at}"
    near = f"SELECT {COLUMNS}, workspace, person FROM activity WHERE {those} OFFSET 0"  # noqa: S608
    found = await rows(
        f"SELECT {COLUMNS} FROM ({near}) near WHERE {where} AND kind = ANY(${at - 2}) ORDER BY at DESC, id DESC LIMIT {MOST_FOLDED}",  # noqa: S608
        *values,
    )
    siblings = {one.id: one for one in [*foldable, *map(event_from, found)]}
    wanted = {key for event in foldable for key in (keys_before(event, whose.zone) if before else [key_of(event, whose.zone)])}
    return folded([*others, *(one for one in siblings.values() if key_of(one, whose.zone) in wanted)], whose.zone)


async def named_events(whose: Whose, wish: Wish, ids: Sequence[UUID], ats: Sequence[datetime]) -> list[Event]:
    """Those of some rows that belong to this feed and fit the wish; their times find the partition."""
    values: list[Any] = [whose.workspace, whose.person]
    where = conditions(wish, values)
    if wish.contacts is not None:
        values.append(list(wish.contacts))
        place = f"${len(values)}"
        where += f" AND (contact = ANY({place}) OR ({GROUP_MAIL.format(contacts=place)}) OR ({WINDOWS.format(contacts=place)}))"
    values += [list(ids), list(ats)]
    found = await rows(
        f"SELECT {COLUMNS} FROM activity WHERE {where} AND id = ANY(${len(values) - 1}) AND at = ANY(${len(values)}) ORDER BY at, id",  # noqa: S608
        *values,
    )
    return [event_from(one) for one in found]


async def written_since(whose: Whose, since: datetime, place: UUID, most: int) -> list[tuple[UUID, datetime]]:
    """What was written after a place: ids grow with time, so a late row about an earlier hour is among them."""
    found = await rows(
        "SELECT id, at FROM activity WHERE workspace = $1 AND person = $2 AND at >= $3 AND id >= $4 ORDER BY at DESC, id DESC LIMIT $5",
        whose.workspace, whose.person, since, place, most,
    )  # fmt: skip
    return [(one["id"], one["at"]) for one in reversed(found)]


@dataclass(frozen=True)
class Tally:
    """What people did today, what is not counted, and when a mailbox could not be read: replies may be missing."""

    opens: int = 0
    clicks: int = 0
    replies: int = 0
    machines: int = 0
    windows: Sequence[Window] = ()


async def tally(whose: Whose, at: datetime) -> Tally:
    """Counts of one day only: one range of one partition."""
    start = midnight(at.astimezone(whose.zone).date(), whose.zone)
    found = await rows(
        "SELECT kind, count(*) AS number FROM activity WHERE workspace = $1 AND person = $2 AND at >= $3 AND kind = ANY($4) GROUP BY kind",
        whose.workspace, whose.person, start, [OPENED, CLICKED, REPLIED, *UNCOUNTED],
    )  # fmt: skip
    number = {one["kind"]: one["number"] for one in found}
    return Tally(
        opens=number.get(OPENED, 0),
        clicks=number.get(CLICKED, 0),
        replies=number.get(REPLIED, 0),
        machines=sum(number.get(kind, 0) for kind in UNCOUNTED),
        windows=await windows_touching(whose.workspace, whose.person, start, at),
    )
