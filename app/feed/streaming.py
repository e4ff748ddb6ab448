"""The feed as it happens: server-sent events, from a process-wide ear to every open page."""

import asyncio
import signal
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import FrameType
from typing import Any
from uuid import UUID

from app.attention.choosing import Choice, choice_of
from app.attention.deciding import News, is_news, tag_of, way_to, ways_for
from app.attention.kinds import DESKTOP
from app.attention.muting import chosen_among
from app.attention.resting import quiet_until
from app.clock import now
from app.feed.folding import Event, Row, key_of, keys_before
from app.feed.hearing import Heard, Hearing
from app.feed.reading import Whose, Wish, around, named_events, written_since
from app.feed.seeing import Seen
from app.feed.telling import AUTO_REPLIED, BOUNCED, CLICKED, COMPLAINED, DECLINED, DELIVERED, OPENED, RECEIPT, RELAYED, REPLIED, SENT, UNCOUNTED
from app.feed.warning import BLIND, BROKE, HELD, RANG
from app.identity.guarding import Me
from app.identity.tables import Session
from app.web.replies import Asked, rendered

HEARTBEAT = 15.0
COALESCED, RESTS = 0.25, 4
"""The first event goes out at once, then what came meanwhile, together: a stream rests four times as long as its last answer
took, at most a quarter of a second. Where little happens everything is seen at once, and a busy process spends no more on it."""
MOST_MISSED = 100
ABOUT_NOW = timedelta(minutes=1)
LATE_EVENT = timedelta(days=1)
"""A hit that was spooled, or a mail found late, is told under its own hour: so far back it is still looked for."""
SIGNS = (signal.SIGTERM, signal.SIGINT)
COUNTED = (OPENED, CLICKED, REPLIED, *UNCOUNTED)
NEW_MAIL = {SENT, REPLIED, AUTO_REPLIED, BOUNCED, DELIVERED, RELAYED, RECEIPT, DECLINED, COMPLAINED}

hearing = Hearing()


@dataclass(frozen=True)
class Stream:
    """One open page: whose, what it shows, and what it has seen. `thread`: a thread's page, which wants to know when, not what."""

    whose: Whose
    wish: Wish
    seen: Seen
    top: date | None
    thread: UUID | None = None


@dataclass(frozen=True)
class Move:
    """One change of the page: put a row on top of its day, in the place of another, or take one away. `event` is what an open tab may tell of."""

    target: str
    swap: str
    row: Row | None = None
    news: News = News.NOT_TOLD
    event: Event | None = None

    @property
    def tag(self) -> str:
        return tag_of(self.event) if self.event else ""

    @property
    def way(self) -> str:
        return way_to(self.event) if self.event else "/"


@dataclass(frozen=True)
class Ears:
    """What the watcher wants an open tab to tell: their choice, and what they chose of the threads in question."""

    choice: Choice
    threads: dict[UUID, str]

    def news(self, event: Event, before: Sequence[Event]) -> News:
        hears = self.threads.get(event.thread, "") if event.thread else ""
        if DESKTOP not in ways_for(event.kind, self.choice, hears) or quiet_until(self.choice, event.kind, now()):
            return News.NOT_TOLD
        return is_news(event, before, hears)


async def ears_of(person: UUID, events: Sequence[Event]) -> Ears:
    choice = await choice_of(person)
    chosen = await chosen_among([person], [one.thread for one in events]) if choice.kinds[DESKTOP] else {}
    return Ears(choice, {thread: hears for (_, thread), hears in chosen.items()})


@asynccontextmanager
async def listening() -> AsyncIterator[None]:
    """Hear the database for as long as the block runs; the first sign of the end closes the streams."""
    hearing.closing = False
    loop = asyncio.get_running_loop()
    before = [chain(sign, loop) for sign in SIGNS] if threading.current_thread() is threading.main_thread() else []
    task = asyncio.create_task(hearing.listen())
    try:
        yield
    finally:
        for sign, handler in zip(SIGNS, before, strict=False):
            signal.signal(sign, handler)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def chain(sign: signal.Signals, loop: asyncio.AbstractEventLoop) -> Any:
    """Servers wait for open answers to end before they shut the app down, and a stream never ends: so it has to know first."""
    before = signal.getsignal(sign)

    def end(number: int, frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(hearing.hang_up)
        if callable(before):
            before(number, frame)

    signal.signal(sign, end)
    return before


async def close_streams() -> None:
    """End every stream and let each say so."""
    hearing.hang_up()
    await asyncio.sleep(0)


async def told(request: Asked, me: Me, stream: Stream) -> AsyncIterator[str]:
    """The stream of one page, from what it missed until it is closed, the session ends, or the process does."""
    with hearing.ear(me.person.id) as ear:
        yield ": here\n\n"
        ear.miss()
        while not ear.closing:
            if not await ear.rung(HEARTBEAT):
                if not await still_signed_in(me):
                    return
                yield ": still here\n\n"
                continue
            heard = ear.take()
            if not ear.closing:
                began = time.monotonic()
                messages, stream = await answered(request, stream, heard)
                for message in messages:
                    yield message
                await asyncio.sleep(min(COALESCED, (time.monotonic() - began) * RESTS) if messages else 0)


async def still_signed_in(me: Me) -> bool:
    return await Session.exists().where(Session.id == me.session.id, Session.ended_at.is_null())


async def answered(request: Asked, stream: Stream, heard: Heard) -> tuple[list[str], Stream]:
    """What to send for what was heard, and what the page has seen then."""
    wanted = dict(heard.rows)
    if heard.missed:
        wanted |= await missed(stream)
    if heard.overflowed or len(wanted) > MOST_MISSED:
        return [event("reload", stream.seen)], stream
    events = await named_events(stream.whose, stream.wish, list(wanted), list(wanted.values())) if wanted else []
    if stream.thread is not None:
        after = replace(stream, seen=stream.seen.and_then((one.id, one.at) for one in events)) if events else stream
        return [event(name, after.seen) for name in of_thread([one for one in events if one.thread == stream.thread])], after
    return await moved(request, stream, events) if events else ([], stream)


def of_thread(events: Sequence[Event]) -> list[str]:
    """What a thread's page wants to know: whose ticks changed, whether a mail came or went, whether a reminder did something."""
    touched = sorted({f"message-{one.message}" for one in events if one.message})
    return [*touched, *(["mails"] if {one.kind for one in events} & NEW_MAIL else []), *(["reminders"] if events else [])]


async def missed(stream: Stream) -> dict[UUID, datetime]:
    """What was written since the page was."""
    found = await written_since(stream.whose, stream.seen.at - LATE_EVENT, stream.seen.since, MOST_MISSED + len(stream.seen.lately) + 1)
    return {key: at for key, at in found if not stream.seen.has(key)}


async def moved(request: Asked, stream: Stream, events: Sequence[Event]) -> tuple[list[str], Stream]:
    """The rows that changed, where they belong on the page; what has no place there yet makes it read itself anew."""
    rows = await around(stream.whose, events, stream.wish, before=True)
    seen = stream.seen.and_then((one.id, one.at) for one in events)
    top = max(day_of(one, stream.whose) for one in events)
    after = replace(stream, seen=seen, top=max(stream.top or top, top))
    messages = [event(name, seen) for name in asides(events)]
    if any(is_out_of_place(stream, one, rows) for one in events):
        return [event("reload", seen), *messages], after
    ears = await ears_of(stream.whose.person, events)
    moves = [move for one in events for move in moves_for(stream, one, rows, ears)]
    once = list({(move.target, move.swap, move.row.key if move.row else ""): move for move in moves}.values())
    html = rendered(request, "feed/moved", moves=once, newest=newest(events, stream, rows))
    return [message(html, seen), *messages], after


def day_of(event: Event, whose: Whose) -> date:
    return event.at.astimezone(whose.zone).date()


def asides(events: Sequence[Event]) -> list[str]:
    """Other parts of the page that want to know: the reminders, the count of today."""
    kinds = {one.kind for one in events}
    return [*(["reminders"] if kinds & {RANG, HELD} else []), *(["counted"] if kinds & {*COUNTED, BROKE, BLIND} else [])]


def is_new(stream: Stream, event: Event) -> bool:
    return not stream.seen.has(event.id)


def is_out_of_place(stream: Stream, event: Event, rows: dict[str, Row]) -> bool:
    """A new row goes on top: not if its day has no heading yet, nor if it is late and belongs further down."""
    leads = rows[key_of(event, stream.whose.zone)].head.id == event.id
    if not (is_new(stream, event) and leads):
        return False
    return stream.top is None or day_of(event, stream.whose) > stream.top or event.at < stream.seen.at - ABOUT_NOW


def moves_for(stream: Stream, event: Event, rows: dict[str, Row], ears: Ears) -> list[Move]:
    own = rows[key_of(event, stream.whose.zone)]
    if is_new(stream, event):
        news = ears.news(event, own.events)
        if own.head.id != event.id:
            return [Move(own.key, "outerHTML", own, news, event)]
        left = [Move(key, "delete") for key in keys_before(event, stream.whose.zone) if key == own.key or key not in rows]
        return [*left, Move(f"events-{day_of(event, stream.whose)}", "afterbegin", own, news, event)]
    return [place_of_changed(key, own, rows) for key in keys_before(event, stream.whose.zone)]


def place_of_changed(key: str, own: Row, rows: dict[str, Row]) -> Move:
    """Where a verdict changed, the row goes into the place it had; where its old row has nothing left, that is taken away."""
    if key == own.key or len(own.events) == 1:
        return Move(key, "outerHTML", own)
    return Move(key, "outerHTML", rows[key]) if key in rows else Move(key, "delete")


def newest(events: Sequence[Event], stream: Stream, rows: dict[str, Row]) -> Row | None:
    """What is read out to somebody who does not see the page."""
    fresh = [one for one in events if is_new(stream, one)]
    return rows[key_of(fresh[-1], stream.whose.zone)] if fresh else None


def message(html: str, seen: Seen) -> str:
    lines = "".join(f"data: {line}\n" for line in html.splitlines() if line.strip())
    return f"id: {seen}\n{lines}\n"


def event(name: str, seen: Seen) -> str:
    return f"id: {seen}\nevent: {name}\ndata: \n\n"
