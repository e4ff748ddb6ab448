"""Which pages exist, and what lives as long as the process does."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from litestar import Controller, Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide
from litestar.plugins.prometheus import PrometheusConfig
from litestar.static_files import create_static_files_router
from litestar.template import TemplateConfig
from litestar.types import ASGIApp

from app import reactions
from app.contacts.pages import PAGES as CONTACT_PAGES
from app.database import connected
from app.feed.pages import PAGES as FEED_PAGES
from app.feed.streaming import listening
from app.health import Health, Metrics
from app.identity.guarding import signed_in
from app.identity.pages import PAGES as IDENTITY_PAGES
from app.logs import start_logging
from app.mailboxes.hooks import HOOKS
from app.mailboxes.imap_pages import PAGES as IMAP_PAGES
from app.mailboxes.opening import hang_up
from app.mailboxes.pages import PAGES as MAILBOX_PAGES
from app.notifications.pages import PAGES as NOTIFICATION_PAGES
from app.outbox.later_pages import PAGES as LATER_PAGES
from app.outbox.pages import PAGES as OUTBOX_PAGES
from app.reminders.pages import PAGES as REMINDER_PAGES
from app.reminders.travelling_pages import PAGES as TRAVELLING_PAGES
from app.reminders.wall_pages import PAGES as WALL_PAGES
from app.schedule import ticking
from app.settings import settings
from app.threads.pages import PAGES as THREAD_PAGES
from app.tracking.edge import calm_down, fronted
from app.tracking.networks import load as load_networks
from app.tracking.pages import PAGES as TRACKING_PAGES
from app.tracking.recording import Recorder, recording
from app.web.csrf import csrf
from app.web.errors import HANDLERS
from app.web.files import folder
from app.web.headers import guarded
from app.web.replies import towards
from app.web.templates import engine

PAGES: list[type[Controller]] = [
    *IDENTITY_PAGES, *FEED_PAGES, *REMINDER_PAGES, *WALL_PAGES, *TRAVELLING_PAGES, *CONTACT_PAGES,
    *MAILBOX_PAGES, *IMAP_PAGES, *HOOKS, *OUTBOX_PAGES, *LATER_PAGES, *THREAD_PAGES, *TRACKING_PAGES, *NOTIFICATION_PAGES,
]  # fmt: skip
Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]
LARGEST_FORM = 160_000_000
"""Bytes of one request: the largest attachment a provider takes, and room for the form around it."""


def create() -> ASGIApp:
    """The whole app for granian; the role is in NACHFASS_ROLE."""
    start_logging()
    return assembled(os.environ.get("NACHFASS_ROLE", "all"))


def assembled(role: str) -> ASGIApp:
    """Pixels and links in front, Litestar behind; of a role only what it serves. Every role answers /health and /metrics."""
    open_recorders: list[Recorder] = []
    litestar = guarded(behind(role, lambda _: living(role, open_recorders)))
    return litestar if role == "worker" else fronted(litestar, lambda: open_recorders[0])


def behind(role: str, lifespan: Lifespan) -> Litestar:
    """Everything but pixels and links."""
    chosen = settings()
    pages: list[Any] = [*PAGES, static()] if role in ("all", "web") else []
    return Litestar(
        route_handlers=[Health, Metrics, *pages],
        dependencies={"me": Provide(signed_in)},
        template_config=TemplateConfig(instance=engine()),
        exception_handlers=HANDLERS,
        csrf_config=csrf(chosen),
        compression_config=CompressionConfig(backend="gzip", exclude=["/feed/stream"]),
        middleware=[PrometheusConfig(app_name="nachfass", group_path=True).middleware],
        before_send=[towards],
        lifespan=[lifespan],
        request_max_body_size=LARGEST_FORM,
        openapi_config=None,
        logging_config=None,
    )


def static() -> Router:
    return create_static_files_router("/static", directories=[folder("static")], cache_control=CacheControlHeader(max_age=3600, public=True))


@asynccontextmanager
async def living(role: str, open_recorders: list[Recorder]) -> AsyncIterator[None]:
    """What a process keeps open: the pool, the recorder, the ear for the feed, and, as a worker, the ticking."""
    reactions.wire()
    async with AsyncExitStack() as kept:
        kept.push_async_callback(hang_up)
        await kept.enter_async_context(connected())
        if role != "worker":
            open_recorders[:] = [await kept.enter_async_context(recording())]
        if role in ("all", "web"):
            await kept.enter_async_context(listening())
        if role in ("all", "worker"):
            await kept.enter_async_context(ticking())
        load_networks()
        calm_down()
        yield
