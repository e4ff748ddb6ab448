"""Miriam with a browser that takes pushes from a push service of ours."""

from collections.abc import AsyncIterator

import pytest

from app.identity.guarding import Me
from app.identity.tables import OWNER, Session
from app.mailboxes.providers import wire
from app.notifications.subscribing import subscribe
from app.notifications.vouching import make_key, public_key
from tests.feed.conftest import browser, gmail, house, miriam
from tests.notifications.push_service import Browser, PushService, push_service
from tests.people import Rep, session

__all__ = ["browser", "gmail", "house", "miriam"]


@pytest.fixture
async def pushes(database: None) -> AsyncIterator[PushService]:
    await make_key()
    async with push_service(await public_key()) as service:
        yield service
    await wire.hang_up()


@pytest.fixture
async def me(miriam: Rep) -> Me:
    return await signed_in(miriam)


async def signed_in(rep: Rep) -> Me:
    opened: Session = await session(rep, user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    return Me(rep.person, rep.workspace, opened, OWNER)


@pytest.fixture
async def phone(me: Me, pushes: PushService) -> Browser:
    """Miriam's browser, told by push."""
    made = pushes.browser()
    await subscribe(me, **made.said())
    return made
