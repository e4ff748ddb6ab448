"""Miriam at her browser: the pages of contacts and threads over HTTP, without the rest of the house."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.template import TemplateConfig

from app import happenings
from app.contacts.pages import PAGES as CONTACT_PAGES
from app.happenings import ConsentGiven, ConsentRefused, LoggingStopped
from app.identity.guarding import COOKIE, Me, signed_in
from app.identity.tables import OWNER
from app.security.signing import digest
from app.settings import settings
from app.threads.forgetting import forget
from app.threads.pages import PAGES as THREAD_PAGES
from app.web.csrf import csrf
from app.web.errors import HANDLERS
from app.web.replies import towards
from app.web.templates import engine
from tests import people


@dataclass
class Browser:
    """Somebody signed in, and the HTTP client they use."""

    me: Me
    http: httpx.AsyncClient


def house() -> Litestar:
    return Litestar(
        route_handlers=[*CONTACT_PAGES, *THREAD_PAGES],
        dependencies={"me": Provide(signed_in)},
        template_config=TemplateConfig(instance=engine()),
        exception_handlers=HANDLERS,
        csrf_config=csrf(settings()),
        before_send=[towards],
        openapi_config=None,
    )


async def browser(rep: people.Rep) -> Browser:
    session = await people.session(rep, token=digest(rep.person.email))
    transport = httpx.ASGITransport(house(), raise_app_exceptions=False)
    http = httpx.AsyncClient(transport=transport, base_url="http://localhost:8025", cookies={COOKIE: rep.person.email})
    http.headers["x-csrftoken"] = (await http.get("/never-log")).cookies["csrf"]
    return Browser(Me(rep.person, rep.workspace, session, OWNER), http)


@pytest.fixture
async def miriam(database: None) -> AsyncIterator[Browser]:
    before = dict(happenings._reactions)
    for fact in (ConsentGiven, ConsentRefused):
        happenings.when(fact)
    happenings.when(LoggingStopped, forget)
    yield await browser(await people.miriam())
    happenings._reactions.clear()
    happenings._reactions.update(before)
