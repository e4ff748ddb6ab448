"""What one wants to hear of one thread: the choice on its page, the short way from a row, and the list of all of them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from app.attention.muting import AS_SET, choose, chosen_among, chosen_by
from app.attention.tables import EVERYTHING, NOTHING, REPLIES_ONLY
from app.identity.guarding import Me
from app.threads.asking import thread_of
from app.threads.tables import Thread
from app.web.locale import N_, language_of, translate
from app.web.replies import Asked, acted, page, partial, wants_partial

SAID = {
    NOTHING: N_("No more notifications of “%(subject)s”. The feed goes on showing it; a due reminder still rings."),
    REPLIES_ONLY: N_("Of “%(subject)s” you hear only of replies. A due reminder still rings."),
    EVERYTHING: N_("You hear of everything in “%(subject)s”."),
    AS_SET: N_("You hear of “%(subject)s” again."),
}


@dataclass(frozen=True)
class Hears:
    """One of the list; empty: as the settings say."""

    hears: str = AS_SET


class ThreadPages(Controller):
    """Threads with a choice of their own."""

    @get("/threads/{thread_id:uuid}/muting")
    async def show(self, me: NamedDependency[Me], thread_id: FromPath[UUID]) -> Template:
        """The choice for a thread's page."""
        thread = await thread_of(me, thread_id)
        return partial("notifications/of_thread", thread=thread, hears=await heard_of(me, thread))

    @post("/threads/{thread_id:uuid}/hearing", status_code=200)
    async def update(self, request: Asked, me: NamedDependency[Me], thread_id: FromPath[UUID], data: URLEncodedBody[Hears]) -> Response[Any]:
        return await chosen(request, me, await thread_of(me, thread_id), data.hears)

    @post("/threads/{thread_id:uuid}/mute", status_code=200)
    async def create(self, request: Asked, me: NamedDependency[Me], thread_id: FromPath[UUID]) -> Response[Any]:
        return await chosen(request, me, await thread_of(me, thread_id), NOTHING)

    @post("/threads/{thread_id:uuid}/unmute", status_code=200)
    async def delete(self, request: Asked, me: NamedDependency[Me], thread_id: FromPath[UUID]) -> Response[Any]:
        return await chosen(request, me, await thread_of(me, thread_id), AS_SET)

    @get("/settings/muted")
    async def index(self, request: Asked, me: NamedDependency[Me]) -> Template:
        threads = await chosen_by(me)
        return partial("notifications/_threads", threads=threads) if wants_partial(request) else page("notifications/threads", threads=threads)


async def heard_of(me: Me, thread: Thread) -> str:
    return (await chosen_among([me.person.id], [thread.id])).get((me.person.id, thread.id), AS_SET)


async def chosen(request: Asked, me: Me, thread: Thread, hears: str) -> Response[Any]:
    """What it came to, with the way back; every part of the page that shows it reads itself anew."""
    await choose(me, thread, hears)
    values = {"subject": thread.subject or translate(language_of(request), N_("(no subject)"))}
    undo = {NOTHING: f"/threads/{thread.id}/unmute", AS_SET: f"/threads/{thread.id}/mute"}.get(hears, "")
    return acted(request, SAID[hears], f"/threads/{thread.id}", changed=["muted"], undo=undo, **values)
