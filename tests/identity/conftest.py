"""The pages of identity in a small app of their own."""

from collections.abc import AsyncIterator

import pytest
from litestar import Litestar, get
from litestar.di import NamedDependency, Provide
from litestar.template import TemplateConfig

from app.identity.guarding import Me, signed_in
from app.identity.pages import PAGES
from app.settings import settings
from app.web.csrf import csrf
from app.web.errors import HANDLERS
from app.web.replies import towards
from app.web.templates import engine
from tests.visitor import Visitor, visiting


@get("/health")
async def health() -> str:
    return "up"


@get(["/", "/mailboxes"])
async def home(me: NamedDependency[Me]) -> str:
    return f"{me.person.name} at {me.workspace.name}"


@pytest.fixture(scope="session")
def house() -> Litestar:
    return Litestar(
        route_handlers=[health, home, *PAGES],
        dependencies={"me": Provide(signed_in)},
        template_config=TemplateConfig(instance=engine()),
        exception_handlers=HANDLERS,
        csrf_config=csrf(settings()),
        before_send=[towards],
        openapi_config=None,
    )


@pytest.fixture
async def visitor(house: Litestar, database: None) -> AsyncIterator[Visitor]:
    async with visiting(house) as somebody:
        yield somebody


@pytest.fixture
async def other(house: Litestar, database: None) -> AsyncIterator[Visitor]:
    """A second browser, elsewhere."""
    async with visiting(
        house, "198.51.100.7", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1"
    ) as somebody:
        yield somebody
