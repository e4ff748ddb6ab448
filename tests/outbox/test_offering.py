"""The times that are offered: mornings on the right wall, and the best hours of somebody only where there is enough to tell."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clock import later, new_id, now
from app.contacts.finding import meet
from app.contacts.tables import Contact
from app.database import together
from app.identity.guarding import Me
from app.identity.tables import Person
from app.mailboxes.tables import Mailbox
from app.outbox.habits import LEAST, LEAST_DAYS, LEAST_THEN, Habit, best, next_time
from app.outbox.offering import offers
from app.threads.filing import Sent, To, file_sent
from app.threads.recognising.kinds import HUMAN_REPLY
from app.threads.tables import RECEIVED, Message
from app.tracking.tables import MACHINE, PERSON, Verdict
from app.web.calendars import calendar_in
from tests.outbox.conftest import a_draft

NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
TUESDAYS = [datetime(2026, 9, 1, 10, 20, tzinfo=NEW_YORK) + timedelta(weeks=week) for week in range(10)]


async def anna_in(me: Me, zone: str) -> Contact:
    contact = await meet(me.workspace.id, "anna@acme.example", "Anna Weber")
    await contact.update_self({Contact.time_zone: zone})
    return contact


async def wrote(me: Me, mailbox: Mailbox, *addresses: str) -> Message:
    message = new_id()
    async with together():
        return await file_sent(Sent(
            id=message, workspace=me.workspace.id, person=me.person.id, mailbox=mailbox.id, to=[To(one, "") for one in addresses],
            subject="Offer", html="<p>Hello</p>", at=now() - timedelta(days=100), message_id=f"<{message}@brueckner.example>", sender=mailbox.address,
        ))  # fmt: skip


async def opened(sent: Message, at: datetime, verdict: str = PERSON) -> None:
    await Verdict(workspace=sent.workspace, message=sent.id, hit_at=at, kind="open", verdict=verdict).save()


async def keys(me: Me, mailbox: Mailbox, to: str = "anna@acme.example") -> list[str]:
    found, _ = await offers(me, await a_draft(me, mailbox, to=to))
    return [offer.key for offer in found]


async def test_both_mornings_are_shown_each_on_its_wall(miriam: Me, gmail: Mailbox) -> None:
    await miriam.person.update_self({Person.time_zone: "Europe/Berlin"})
    await anna_in(miriam, "America/New_York")
    mine, theirs = (await offers(miriam, await a_draft(miriam, gmail)))[0]
    assert (mine.key, mine.wall.zone, mine.wall.at.time()) == ("morning", "Europe/Berlin", time(9))
    assert (theirs.key, theirs.wall.zone, theirs.wall.at.time()) == ("theirs", "America/New_York", time(9))
    assert theirs.there.endswith("09:00")
    assert theirs.wall.at.weekday() < 5


async def test_whose_time_zone_nobody_knows_is_said_with_where_to_note_it(miriam: Me, gmail: Mailbox) -> None:
    contact = await anna_in(miriam, "")
    found, unknown = await offers(miriam, await a_draft(miriam, gmail))
    assert [offer.key for offer in found] == ["morning"]
    assert unknown is not None
    assert (unknown.contact, unknown.values) == (contact.id, {"name": "Anna Weber"})


async def test_a_stranger_has_no_morning_yet(miriam: Me, gmail: Mailbox) -> None:
    _, unknown = await offers(miriam, await a_draft(miriam, gmail, to="stranger@new.example"))
    assert unknown is not None
    assert "no contact yet" in unknown.why


async def test_the_best_hours_are_offered_with_the_reason_once_there_is_enough_to_tell(miriam: Me, gmail: Mailbox) -> None:
    await anna_in(miriam, "America/New_York")
    sent = await wrote(miriam, gmail, "anna@acme.example")
    with later(TUESDAYS[-1] - now()):
        for at in TUESDAYS[:7]:
            await opened(sent, at)
        assert await keys(miriam, gmail) == ["morning", "theirs"]
        await Message(
            workspace=sent.workspace, person=sent.person, mailbox=gmail.id, thread=sent.thread, direction=RECEIVED, kind=HUMAN_REPLY,
            answers=sent.id, sender="anna@acme.example", at=TUESDAYS[7],
        ).save()  # fmt: skip
        found, _ = await offers(miriam, await a_draft(miriam, gmail))
    best_one = found[-1]
    assert (best_one.key, best_one.wall.at.weekday(), best_one.wall.zone) == ("best", 1, "America/New_York")
    assert best_one.values == {"name": "Anna Weber", "then": 8, "number": 8, "weekday": "Tuesday", "from": "09:00", "until": "11:00"}


@pytest.mark.parametrize("why", ["machines", "mail to several", "a colleague's", "long ago"])
async def test_what_tells_nothing_of_a_person_does_not_count(why: str, miriam: Me, gmail: Mailbox) -> None:
    await anna_in(miriam, "America/New_York")
    sent = await wrote(miriam, gmail, "anna@acme.example", *(["henrik@nord.example"] if why == "mail to several" else []))
    if why == "a colleague's":
        robin = Person(email="robin@brueckner.example", name="Robin")
        await robin.save()
        await Message.update({Message.person: robin.id}).where(Message.id == sent.id)
    with later(TUESDAYS[-1] - now() + (timedelta(days=250) if why == "long ago" else timedelta(0))):
        for at in TUESDAYS:
            await opened(sent, at, MACHINE if why == "machines" else PERSON)
        assert await keys(miriam, gmail) == ["morning", "theirs"]


def test_the_two_hours_in_which_most_days_fall_are_the_best() -> None:
    mondays = [datetime(2026, 9, 7, 16, 0, tzinfo=BERLIN) + timedelta(weeks=week) for week in range(3)]
    found = best([*TUESDAYS[:5], *mondays], NEW_YORK)
    assert found == Habit(1, 9, 5, 8)


def test_many_opens_of_one_hour_count_once_and_many_of_one_day_are_not_many_days() -> None:
    assert best([TUESDAYS[0] + timedelta(minutes=minute) for minute in range(30)], NEW_YORK) is None
    assert best([TUESDAYS[0] + timedelta(hours=hour) for hour in range(12)], NEW_YORK) is None


def test_hours_all_over_the_week_make_none_best() -> None:
    assert best([datetime(2026, 9, 1, tzinfo=UTC) + timedelta(hours=27 * number) for number in range(12)], NEW_YORK) is None


@given(st.lists(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(tzinfo=UTC)), max_size=60))
def test_whatever_is_best_has_enough_behind_it(moments: list[datetime]) -> None:
    found = best(moments, BERLIN)
    if found is not None:
        local = {at.astimezone(BERLIN) for at in moments}
        inside = {at.date() for at in local if at.weekday() == found.weekday and at.hour in (found.hour, found.hour + 1)}
        assert len(moments) >= LEAST
        assert len({at.date() for at in local}) >= LEAST_DAYS
        assert len(inside) >= LEAST_THEN or found.hour == 23


def test_the_next_best_hours_keep_off_a_public_holiday() -> None:
    there = calendar_in("Europe/Berlin")
    found = next_time(Habit(4, 10, 5, 9), there, datetime(2026, 12, 21, 8, tzinfo=UTC))
    assert found.at == datetime(2027, 1, 8, 10)  # Christmas and New Year's Day are Fridays
