"""What comes in quiet hours is told after them, as one; by mail what gathers goes home in one letter."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.attention.kinds import OPENS, REPLIES
from app.attention.tables import Attention
from app.clock import later, now
from app.identity.guarding import Me
from app.mailboxes.tables import Letter, Mailbox
from app.notifications.delivering import deliver_due
from app.notifications.mailing import write_letters_due
from app.notifications.noticing import MAIL_GATHERS
from app.notifications.tables import Delivery
from tests.feed.stage import ANNA, HENRIK, hit, reply, send
from tests.notifications.push_service import Browser, PushService
from tests.people import Rep

BERLIN = ZoneInfo("Europe/Berlin")


def at_berlin(hour: int, days: int = 1) -> timedelta:
    """From now until an hour in Berlin, some days from now."""
    day = now().astimezone(BERLIN).date() + timedelta(days=days)
    return datetime.combine(day, time(hour), tzinfo=BERLIN).astimezone(UTC) - now()


async def delivered_at(pushes: PushService, ahead: timedelta) -> None:
    pushes.ahead = ahead
    with later(ahead):
        await deliver_due()


@pytest.fixture
async def night(miriam: Rep) -> None:
    await Attention(person=miriam.person.id, quiet_from=time(20), quiet_until=time(7), urgent=["reminders"]).save()


@pytest.mark.usefixtures("night")
async def test_a_night_is_told_in_the_morning_in_one_notification(pushes: PushService, phone: Browser, miriam: Rep, gmail: Mailbox) -> None:
    offer, prices = await send(miriam, gmail, ANNA), await send(miriam, gmail, HENRIK, subject="Prices")
    with later(at_berlin(22)):
        await hit(offer)
        await reply(prices, HENRIK)
        assert await deliver_due() == 0
    assert pushes.taken == []

    await delivered_at(pushes, at_berlin(7, days=2))

    (push,) = pushes.taken
    assert push.words["body"].splitlines() == [
        "2 things happened while you had quiet.", "Henrik Larsen replied to “Prices”", "Anna Weber opened “Offer 2026”",
    ]  # fmt: skip
    assert (push.words["tag"], push.words["way"]) == ("together", "/")
    assert [one.delivered_at is not None for one in await Delivery.objects()] == [True, True]


@pytest.mark.usefixtures("night")
async def test_one_alone_is_told_as_itself(pushes: PushService, phone: Browser, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    with later(at_berlin(22)):
        await reply(sent)
    await delivered_at(pushes, at_berlin(8, days=2))
    assert [push.words["body"] for push in pushes.taken] == ["Anna Weber replied to “Offer 2026”"]


@pytest.mark.usefixtures("night")
async def test_a_push_that_was_late_does_not_come_at_night(pushes: PushService, phone: Browser, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    with later(at_berlin(19)):
        await reply(sent)
    with later(at_berlin(21)):
        await deliver_due()
        assert pushes.taken == []
    await delivered_at(pushes, at_berlin(7, days=2))
    assert len(pushes.taken) == 1


async def by_mail(rep: Rep) -> None:
    await Attention(person=rep.person.id, push=[], mail=[OPENS, REPLIES]).save()


async def test_mail_gathers_and_goes_home_in_one_letter(miriam: Rep, gmail: Mailbox) -> None:
    await by_mail(miriam)
    sent = await send(miriam, gmail, ANNA)
    await hit(sent)
    with later(timedelta(minutes=4)):
        await reply(sent)
        assert await write_letters_due() == 0
    with later(MAIL_GATHERS):
        assert await write_letters_due() == 1
        assert await write_letters_due() == 0
    (letter,) = await Letter.objects()
    assert letter.subject == "2 things happened"
    assert "Anna Weber opened “Offer 2026”" in letter.text
    assert f'href="http://localhost:8025/threads/{sent.thread}#message-' in letter.html
    assert letter.html.index("opened") < letter.html.index("replied")


async def test_what_somebody_wrote_cannot_break_the_letter(miriam: Rep, gmail: Mailbox) -> None:
    await by_mail(miriam)
    await hit(await send(miriam, gmail, ANNA, subject="<img src=x onerror=alert(1)>"))
    with later(MAIL_GATHERS):
        await write_letters_due()
    (letter,) = await Letter.objects()
    assert "<img" not in letter.html
    assert letter.subject == "Anna Weber opened “<img src=x onerror=alert(1)>”"


async def test_who_has_not_asked_for_mail_gets_none(pushes: PushService, phone: Browser, me: Me, miriam: Rep, gmail: Mailbox) -> None:
    await hit(await send(miriam, gmail, ANNA))
    assert [one.way for one in await Delivery.objects()] == ["push"]
