"""The sandbox as one ASGI app: Google under /google, Microsoft under /microsoft, people's inboxes under /, the strings under /control."""

from collections.abc import Callable

import httpx
from litestar import Litestar
from litestar.datastructures import State
from litestar.enums import ScopeType
from litestar.types import Receive, Scope, Send

from app.clock import later
from app.sandbox import breaking, google_oauth, graph_files, graph_folders, graph_messages, graph_subscriptions, microsoft_oauth, pubsub
from app.sandbox.answers import NotJson, Refusal, not_json, refused
from app.sandbox.control import CONTROL
from app.sandbox.gmail_reading import READING
from app.sandbox.gmail_writing import WRITING
from app.sandbox.pages import PAGES
from app.sandbox.past import PAST
from app.sandbox.world import World

LARGEST_BODY = 160_000_000


class Sandbox(Litestar):
    """The app, with the faults in front of it: what breaks must break outside of everything that mends."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        if scope["type"] == ScopeType.HTTP:
            with later(self.state["world"].shift):
                await breaking.exchange(self.state["world"], super().__call__, scope, receive, send)
                graph_subscriptions.notify(self.state["world"], self.state["outside"])
                pubsub.notify(self.state["world"], self.state["outside"])
        else:
            await super().__call__(scope, receive, send)


def sandbox_app(outside: Callable[[], httpx.AsyncClient] | None = None) -> Litestar:
    """A fresh world. `outside` makes a client with which people's devices fetch pictures and follow links."""
    return Sandbox(
        route_handlers=[
            *google_oauth.SIGNING_IN, *READING, *WRITING, *microsoft_oauth.SIGNING_IN, *graph_messages.MESSAGES, *graph_folders.FOLDERS,
            *graph_files.FILES, *graph_subscriptions.SUBSCRIPTIONS, *pubsub.PUBSUB, *CONTROL, *PAST, *PAGES,
        ],
        state=State({"world": World(), "outside": outside or httpx.AsyncClient}),
        exception_handlers={Refusal: refused, NotJson: not_json},
        openapi_config=None,
        logging_config=None,
        request_max_body_size=LARGEST_BODY,
    )  # fmt: skip


app = sandbox_app()
