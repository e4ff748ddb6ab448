"""The feed: the home page, its stream, and what other pages show of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream as Streamed
from litestar.response import Template

from app.clock import now
from app.contacts.finding import complete, contact_of
from app.feed import reading
from app.feed.folding import Event
from app.feed.reading import Whose, Wish
from app.feed.seeing import parse_seen, seen_at
from app.feed.streaming import Stream, told
from app.identity.guarding import Me
from app.mailboxes.tables import Mailbox
from app.web.paging import parse_before
from app.web.replies import Asked, page, partial, wants_partial

CONTACT_PAGE = 20


class FeedPages(Controller):
    """What happened, newest first."""

    path = "/"

    @get("/")
    async def show(self, request: Asked, me: NamedDependency[Me]) -> Template:
        """The whole page; for htmx only the rows, older ones if it asks for them."""
        whose, wish = whose_feed(me), await wished(request, me)
        before = parse_before(request.query_params.get("before"))
        found = await reading.page(whose, wish, before)
        rows = {"page": found, "wish": wish, "more": "/?", "continues": continues(request), **days(whose)}
        if wants_partial(request):
            return partial("feed/days" if before else "feed/column", **rows)
        return page(
            "feed/feed",
            **rows,
            is_empty=found.is_empty and wish.is_plain and before is None,
            counts=await reading.tally(whose, now()),
            mailboxes=await own_mailboxes(me),
            stream=stream_query(found, wish),
        )

    @get("/feed/today")
    async def show_today(self, me: NamedDependency[Me]) -> Template:
        return partial("feed/today", counts=await reading.tally(whose_feed(me), now()))

    @get("/feed/of-contact/{contact_id:uuid}")
    async def show_contact(self, request: Asked, me: NamedDependency[Me], contact_id: FromPath[UUID]) -> Template:
        """What happened between the rep and one contact."""
        contact = await contact_of(me, contact_id)
        whose, wish = whose_feed(me), Wish(contacts=(contact.id,), of=contact.id)
        before = parse_before(request.query_params.get("before"))
        found = await reading.page(whose, wish, before, CONTACT_PAGE)
        more = f"/feed/of-contact/{contact.id}?"
        rows = {"page": found, "wish": wish, "more": more, "continues": continues(request), **days(whose)}
        return partial("feed/days" if before else "feed/of_contact", **rows, stream=stream_query(found, wish))

    @get("/feed/stream")
    async def stream(self, request: Asked, me: NamedDependency[Me]) -> Streamed:
        """What happens from now on, and what a browser that comes back has missed."""
        place = request.headers.get("last-event-id") or request.query_params.get("after", "")
        seen = parse_seen(place) if place else seen_at(now(), [])
        whose = whose_feed(me)
        shown = parse_day(request.query_params.get("day", ""))
        top = max(shown, seen.at.astimezone(whose.zone).date()) if shown and request.headers.get("last-event-id") else shown
        thread = parse_id(request.query_params.get("thread", ""))
        opened = Stream(whose, replace(await wished(request, me), beside=thread is not None), seen, top, thread)
        headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
        return Streamed(told(request, me, opened), media_type="text/event-stream", headers=headers)


def whose_feed(me: Me) -> Whose:
    return Whose(me.workspace.id, me.person.id, ZoneInfo(me.person.time_zone))


async def wished(request: Asked, me: Me) -> Wish:
    """The filters of the URL; what is not understood filters nothing."""
    asked = request.query_params
    text = asked.get("contact", "").strip()
    contacts = tuple(contact.id for contact in await complete(me, text)) if text else None
    of = parse_id(asked.get("of", ""))
    if of is not None:
        contacts = ((await contact_of(me, of)).id,)
    kind = asked.get("kind", "")
    return Wish(asked.get("who", reading.EVERYTHING), kind if kind in reading.KINDS else "", parse_id(asked.get("mailbox", "")), text, contacts, of)


def parse_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def parse_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def continues(request: Asked) -> str:
    """The day under which an earlier page stopped."""
    return str(request.query_params.get("day", "")) if request.query_params.get("before") else ""


def days(whose: Whose) -> dict[str, Any]:
    today = now().astimezone(whose.zone).date()
    return {"today": today, "yesterday": today - timedelta(days=1)}


def stream_query(found: reading.Page, wish: Wish) -> str:
    """From where the stream of this page goes on."""
    seen = seen_at(now(), [(event.id, event.at) for event in events_of(found)])
    return wish.query(after=seen, day=found.days[0].date if found.days else "")


def events_of(found: reading.Page) -> Sequence[Event]:
    return [event for day in found.days for row in day.rows for event in row.events]


async def own_mailboxes(me: Me) -> list[Mailbox]:
    mine = (Mailbox.workspace == me.workspace.id) & (Mailbox.person == me.person.id) & Mailbox.disconnected_at.is_null()
    return await Mailbox.objects().where(mine).order_by(Mailbox.address)


PAGES = [FeedPages]
