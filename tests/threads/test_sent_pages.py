"""The page of a Sent folder: day by day what was tracked, logged, or not and why, beside the provider's count."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from litestar import Litestar

from app.clock import now
from app.mailboxes.providers.base import SENT
from app.mailboxes.tables import SEND, Mailbox
from app.main import behind
from app.threads.accounting import NEVER_LOG, account
from app.threads.filing import file_sent
from app.threads.tables import ComparedDay, Comparison
from tests import people
from tests.people import Rep
from tests.threads import mails
from tests.threads.conftest import Desk, outgoing
from tests.visitor import Visitor, visiting


@asynccontextmanager
async def nothing(_: Litestar) -> AsyncIterator[None]:
    """The tests keep the pool open themselves."""
    yield


@pytest.fixture(scope="module")
def house() -> Litestar:
    return behind("web", nothing)


@pytest.fixture
async def browser(house: Litestar, desk: Desk) -> AsyncIterator[Visitor]:
    async with visiting(house) as somebody:
        yield await somebody.signed_in_as(desk.miriam)


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


async def in_sent(desk: Desk, key: str, message: object = None, why: str = "") -> None:
    await account(desk.mailbox, mails.mail(b"x", now(), SENT, key=key), message, why)  # type: ignore[arg-type]


def today(desk: Desk) -> date:
    """By Miriam's clock."""
    return now().astimezone(ZoneInfo(desk.miriam.person.time_zone)).date()


async def compared(desk: Desk, theirs: int, ours: int) -> None:
    await Comparison(
        workspace=desk.mailbox.workspace, mailbox=desk.mailbox.id, due_at=now() + timedelta(days=1), compared_at=now(), total=theirs
    ).save()
    await ComparedDay(workspace=desk.mailbox.workspace, mailbox=desk.mailbox.id, day=today(desk), theirs=theirs, ours=ours).save()


async def test_a_day_shows_its_numbers_its_reasons_and_the_providers_count(browser: Visitor, desk: Desk) -> None:
    await in_sent(desk, "p-offer", desk.offer.id)
    await in_sent(desk, "p-private", why=NEVER_LOG)
    await compared(desk, 2, 2)

    page = words((await browser.get(f"/mailboxes/{desk.mailbox.id}/sent")).text)

    assert "Every mail that Gmail counts is accounted for." in page
    assert "1 0 1 2 accounted for The mails of this day 1 on the never-log list" in page


async def test_a_difference_is_shown_on_its_day(browser: Visitor, desk: Desk) -> None:
    await in_sent(desk, "p-offer", desk.offer.id)
    await compared(desk, 3, 1)

    page = words((await browser.get(f"/mailboxes/{desk.mailbox.id}/sent")).text)

    assert "On 1 day the count of Gmail and ours differ." in page
    assert "Gmail has 2 more than we could read" in page


async def test_a_day_unfolds_into_its_mails_with_words_of_those_that_are_logged_only(browser: Visitor, desk: Desk) -> None:
    hidden = await file_sent(outgoing(desk.miriam, desk.mailbox, subject="Hidden", logged=False, provider_id="p-hidden", message_id="<h@x.example>"))
    await in_sent(desk, "p-offer", desk.offer.id)
    await in_sent(desk, "p-hidden", hidden.id)
    day = today(desk).isoformat()

    part = await browser.get(f"/mailboxes/{desk.mailbox.id}/sent/{day}", **{"hx-request": "true"})
    whole = await browser.get(f"/mailboxes/{desk.mailbox.id}/sent/{day}")

    for answer in (part, whole):
        assert "Offer 2026" in answer.text
        assert "to Anna Weber" in words(answer.text)
        assert "Hidden" not in answer.text
        assert "Nothing of it is kept." in answer.text
    assert "<html" not in part.text
    assert "<html" in whole.text


async def test_a_day_that_is_none_of_the_page_is_refused_with_the_way_back(browser: Visitor, desk: Desk) -> None:
    answers = [await browser.get(f"/mailboxes/{desk.mailbox.id}/sent/{day}") for day in ("2019-01-01", "2026-99-99")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert "This page goes back 30 days." in answers[0].text


async def test_an_empty_ledger_says_what_will_be_here(browser: Visitor, desk: Desk) -> None:
    page = words((await browser.get(f"/mailboxes/{desk.mailbox.id}/sent")).text)

    assert "Nothing was sent in the last 30 days" in page
    assert "The count of Gmail is asked as soon as the import is through." in page


async def test_a_mailbox_that_only_sends_has_no_sent_folder_to_look_into(browser: Visitor, desk: Desk) -> None:
    await Mailbox.update({Mailbox.rights: [SEND]}).where(Mailbox.id == desk.mailbox.id)

    page = await browser.get(f"/mailboxes/{desk.mailbox.id}/sent")

    assert "This mailbox only sends" in page.text
    assert "Compare now" not in page.text


async def test_comparing_can_be_asked_for(browser: Visitor, desk: Desk) -> None:
    await compared(desk, 1, 1)

    answer = await browser.post(f"/mailboxes/{desk.mailbox.id}/sent/comparison")
    page = await browser.get(f"/mailboxes/{desk.mailbox.id}/sent")

    assert answer.status_code == 303
    assert "and being compared now" in page.text
    assert 'hx-trigger="every 2s"' in page.text


async def test_a_colleagues_ledger_is_not_shown(house: Litestar, desk: Desk) -> None:
    robin = await people.rep("Robin Hartmann", "robin@brueckner.example", desk.miriam.workspace)
    async with visiting(house) as somebody:
        visitor = await somebody.signed_in_as(Rep(robin.person, robin.workspace))

        assert (await visitor.get(f"/mailboxes/{desk.mailbox.id}/sent")).status_code == 404
        assert (await visitor.post(f"/mailboxes/{desk.mailbox.id}/sent/comparison")).status_code == 404
