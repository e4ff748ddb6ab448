"""When Google says that the project has used up its day, nobody of this installation asks before the next begins."""

from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from app.clock import later, now
from app.identity.guarding import Me
from app.mailboxes.alarming import STANDSTILL, alarms, measure
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers import pacing
from app.mailboxes.providers.gmail import its_midnight
from app.mailboxes.providers.wire import UsedUp
from app.mailboxes.syncing import sync_due
from app.mailboxes.tables import GMAIL, OUTLOOK, Mailbox, Standstill
from app.threads.receiving import receive
from tests.mailboxes.conftest import Connect, Strings
from tests.mailboxes.test_pages import house, visitor
from tests.people import Rep
from tests.visitor import Visitor

__all__ = ["house", "visitor"]


@pytest.fixture(autouse=True)
def nobody_stands_still() -> Iterator[None]:
    yield
    pacing._stopped.clear()


@pytest.fixture
def rep(miriam: Me) -> Rep:
    return Rep(miriam.person, miriam.workspace)


async def used_up(connect: Connect, miriam: Me, strings: Strings, **more: Any) -> tuple[Mailbox, Mailbox]:
    """Two mailboxes at Gmail; the first that asks hears it."""
    first, second = await connect(miriam, GMAIL), await connect(miriam, GMAIL, address="vertrieb@brueckner.example")
    await strings.fault("403-daily", provider="google", path="/gmail/", **more)
    await Mailbox.update({Mailbox.due_at: now() + timedelta(minutes=1)}).where(Mailbox.id == second.id)
    await sync_due(receive)
    return first, second


async def again(mailbox: Mailbox) -> Mailbox:
    found = await Mailbox.objects().get(Mailbox.id == mailbox.id)
    assert found
    return found


async def test_when_the_project_has_used_up_its_day_nobody_asks_for_any_mailbox(
    miriam: Me, connect: Connect, strings: Strings, wires: Any
) -> None:
    first, second = await used_up(connect, miriam, strings)
    asked = len(wires.asked)
    outlook = await connect(miriam, OUTLOOK)
    pacing._stopped.clear()  # as in another process, which has only the row

    with pytest.raises(UsedUp):
        await open_mailbox(await again(second))
    with later(timedelta(minutes=2)):
        await sync_due(receive)

    assert not [one for one in wires.asked[asked:] if "/gmail/" in one]
    until = (await Standstill.select(Standstill.until).first())["until"]
    assert until == its_midnight()
    for mailbox in (first, second):
        row = await again(mailbox)
        assert (row.problem, row.problem_code, row.due_at >= until) == ("retry", "dailyLimitExceeded", True)
    assert (await again(outlook)).problem == ""


async def test_others_in_the_same_process_stop_in_the_midst(miriam: Me, connect: Connect, strings: Strings, wires: Any) -> None:
    first, second = await connect(miriam, GMAIL), await connect(miriam, GMAIL, address="vertrieb@brueckner.example")
    under_way = await open_mailbox(second)
    await strings.fault("403-daily", provider="google", path="/gmail/", retry_after=3600)
    with pytest.raises(UsedUp):
        await (await open_mailbox(first)).account()
    asked = len(wires.asked)

    with pytest.raises(UsedUp) as stopped:
        await under_way.account()

    assert len(wires.asked) == asked
    assert stopped.value.at
    assert timedelta(minutes=59) < stopped.value.at - now() <= timedelta(hours=1)


async def test_it_goes_on_by_itself_when_the_time_is_over(miriam: Me, connect: Connect, strings: Strings) -> None:
    first, second = await used_up(connect, miriam, strings, retry_after=3600)

    with later(timedelta(hours=1, minutes=1)):
        await sync_due(receive)
        for mailbox in (first, second):
            assert ((await again(mailbox)).problem, (await again(mailbox)).broken_at) == ("", None)
        assert await alarms() == []


async def test_owner_rep_and_operator_are_told(miriam: Me, connect: Connect, strings: Strings, visitor: Visitor) -> None:
    await used_up(connect, miriam, strings, retry_after=3600)

    page = unescape((await visitor.get("/mailboxes")).text)

    assert "lets this whole Nachfass ask no more until its quota of the day is renewed" in page
    assert "2 mailboxes of this workspace stand still" in page
    assert "Ask Google for more in the console" in page
    assert "It goes on by itself" in page
    (alarm,) = await alarms()
    assert (alarm.provider, alarm.code, alarm.mailboxes) == (GMAIL, "dailyLimitExceeded", 2)
    await measure()
    assert 3500 < STANDSTILL.labels(GMAIL)._value.get() <= 3600
