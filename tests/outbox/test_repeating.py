"""Recurring mail: each date once, by the clock on the wall, never several at once; paused, resumed, skipped, changed and ended."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app import reactions
from app.clock import later, now
from app.database import rows
from app.errors import Refused
from app.feed.tables import Activity
from app.identity.guarding import Me
from app.mailboxes.tables import Mailbox
from app.outbox import setting_off
from app.outbox.dispatching import dispatch_due
from app.outbox.drafting import Written, drafts_of, save
from app.outbox.repeating import begin_again, end, pause, resume, set_rule
from app.outbox.revising import revise, take_over
from app.outbox.scheduling import put_back, repeat, send_now, take_off
from app.outbox.setting_off import set_off_due
from app.outbox.standing import state
from app.outbox.tables import Dispatch, Draft, Recurrence, Scheduled
from app.web.walls import Wall
from tests.outbox.conftest import FakeProvider, Killed, a_draft
from tests.outbox.test_scheduling import a_reply, answer, in_hours, kinds_told, read_just_now

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
async def wired(database: None) -> None:
    reactions.wire()


@pytest.fixture
async def daily(miriam: Me, gmail: Mailbox) -> Recurrence:
    """Every day, in an hour for the first time."""
    return await repeat(miriam, await a_draft(miriam, gmail), in_hours(1), "FREQ=DAILY")


async def of(recurrence: Recurrence) -> list[Scheduled]:
    found: list[Scheduled] = await Scheduled.objects().where(Scheduled.recurrence == recurrence.id).order_by(Scheduled.due_at)
    return found


async def states(recurrence: Recurrence) -> list[str]:
    return [state(row) for row in await of(recurrence)]


async def work(*, after: timedelta) -> None:
    with later(after):
        await set_off_due()
        await dispatch_due()


async def upcoming(recurrence: Recurrence) -> Scheduled:
    return next(row for row in await of(recurrence) if state(row) == "waiting")


async def test_every_date_goes_out_once_as_a_mail_of_its_own(daily: Recurrence, provider: FakeProvider) -> None:
    for day in range(3):
        await work(after=timedelta(hours=1, seconds=1) + day * DAY)
        await work(after=timedelta(hours=2) + day * DAY)
    assert await states(daily) == ["went", "went", "went", "waiting"]
    assert len(provider.sent) == 3
    assert len({dispatch.message_id for dispatch in await Dispatch.objects()}) == 3


async def test_what_passed_while_nothing_ran_is_missed_and_only_the_newest_is_made_up_for(daily: Recurrence, provider: FakeProvider) -> None:
    await work(after=timedelta(hours=2) + 4 * DAY)
    assert await states(daily) == ["missed"] * 4 + ["went", "waiting"]
    assert len(provider.sent) == 1
    told = await Activity.objects().where(Activity.kind == "later_missed").output(load_json=True).first()
    assert told is not None
    assert told.said["count"] == 4


async def test_the_newest_asks_where_it_is_late_too(daily: Recurrence, provider: FakeProvider) -> None:
    await work(after=timedelta(hours=9) + DAY)
    assert await states(daily) == ["missed", "asks", "waiting"]
    assert await kinds_told() == ["later_missed", "later_asks"]
    assert provider.sent == []


async def test_three_workers_make_each_date_once(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    recurrences = [await repeat(miriam, await a_draft(miriam, gmail), in_hours(1), "FREQ=DAILY") for _ in range(4)]
    for day in range(2):
        with later(timedelta(hours=1, seconds=2) + day * DAY):
            await asyncio.gather(*(set_off_due() for _ in range(3)))
        with later(timedelta(hours=1, seconds=9) + day * DAY):
            await set_off_due()
            await dispatch_due()
    assert [await states(one) for one in recurrences] == [["went", "went", "waiting"]] * 4
    assert len(provider.sent) == 8


@pytest.mark.parametrize("step", ["take_turn", "queue", "went"])
async def test_a_worker_killed_in_between_makes_no_date_twice_and_loses_none(
    step: str, daily: Recurrence, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    verb, left = getattr(setting_off, step), [1]

    async def dies(*given: Any) -> Any:
        outcome = await verb(*given)
        if left.pop() if left else 0:
            raise Killed
        return outcome

    monkeypatch.setattr(setting_off, step, dies)
    with later(timedelta(hours=1, seconds=1)), pytest.raises(Killed):
        await set_off_due()
    assert await states(daily) == ["waiting"]
    await work(after=timedelta(hours=1, seconds=2))
    assert await states(daily) == ["went", "waiting"]
    assert len(provider.sent) == 1
    assert await Draft.count() == 2


async def test_paused_nothing_goes_out_and_nothing_is_made_up_for(miriam: Me, daily: Recurrence, provider: FakeProvider) -> None:
    await pause(miriam, daily.id)
    await work(after=timedelta(hours=2) + 2 * DAY)
    assert provider.sent == []
    with later(timedelta(hours=3) + 2 * DAY):
        await resume(miriam, daily.id)
        [waiting] = await of(daily)
        assert waiting.due_at > now()
    await work(after=timedelta(hours=1, seconds=1) + 3 * DAY)
    assert len(provider.sent) == 1


async def test_one_date_is_skipped_and_can_be_brought_back(miriam: Me, daily: Recurrence, provider: FakeProvider) -> None:
    first = await upcoming(daily)
    await take_off(miriam, first.id)
    assert await states(daily) == ["dropped", "waiting"]
    await put_back(miriam, first.id)
    await work(after=timedelta(hours=1, seconds=1))
    assert await states(daily) == ["went", "waiting"]


async def test_a_skipped_date_is_not_sent(miriam: Me, daily: Recurrence, provider: FakeProvider) -> None:
    await take_off(miriam, (await upcoming(daily)).id)
    await work(after=timedelta(hours=1, seconds=1))
    assert provider.sent == []
    await work(after=timedelta(hours=1, seconds=1) + DAY)
    assert len(provider.sent) == 1


async def test_sent_now_the_next_date_waits_as_before(miriam: Me, daily: Recurrence, provider: FakeProvider) -> None:
    first = await upcoming(daily)
    await send_now(miriam, first.id)
    await dispatch_due()
    waiting = await upcoming(daily)
    assert waiting.due_at == first.due_at + DAY
    assert len(provider.sent) == 1


async def test_ended_its_words_are_a_draft_again_and_it_can_begin_again(miriam: Me, daily: Recurrence, provider: FakeProvider) -> None:
    await end(miriam, daily.id)
    assert [draft.id for draft in await drafts_of(miriam)] == [daily.draft]
    await work(after=timedelta(hours=2))
    assert provider.sent == []
    await begin_again(miriam, daily.id)
    assert await drafts_of(miriam) == []
    await work(after=timedelta(hours=1, seconds=1))
    assert len(provider.sent) == 1


async def test_a_rule_that_names_no_more_dates_is_over_by_itself(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    twice = await repeat(miriam, await a_draft(miriam, gmail), in_hours(1), "FREQ=DAILY;COUNT=2")
    for day in range(4):
        await work(after=timedelta(hours=1, seconds=1) + day * DAY)
    assert await states(twice) == ["went", "went"]
    await twice.refresh()
    assert twice.ended_at is not None
    assert len(provider.sent) == 2


async def test_changed_words_go_out_from_the_next_date_on(miriam: Me, daily: Recurrence, gmail: Mailbox, provider: FakeProvider) -> None:
    await work(after=timedelta(hours=1, seconds=1))
    copy = await revise(miriam, (await upcoming(daily)).id)
    people: Any = (await Draft.objects().where(Draft.id == copy).output(load_json=True).first()).to  # type: ignore[union-attr]
    await save(miriam, copy, Written(to=people, subject="New words", mailbox=gmail.id))
    await take_over(miriam, copy)
    for day in (1, 2):
        await work(after=timedelta(hours=1, seconds=1) + day * DAY)
    assert [b"New words" in held.mime for held in provider.sent] == [False, True, True]


async def test_other_dates_replace_the_one_that_waits(miriam: Me, daily: Recurrence, provider: FakeProvider) -> None:
    await set_rule(miriam, daily.id, in_hours(5), "FREQ=WEEKLY")
    [waiting] = await of(daily)
    assert waiting.due_at > now() + timedelta(hours=4)
    with pytest.raises(Refused, match="no date"):
        await set_rule(miriam, daily.id, Wall(datetime(2020, 1, 1, 9), "UTC"), "FREQ=DAILY;COUNT=2")
    assert len(await of(daily)) == 1


async def test_one_that_recurs_until_somebody_answers_ends_with_the_answer(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    draft = await a_reply(miriam, gmail)
    until = await repeat(miriam, draft, in_hours(1), "FREQ=DAILY", unless_replied=True)
    await read_at_once_then_work(gmail, timedelta(hours=1, seconds=1))
    assert len(provider.sent) == 1
    with later(DAY):
        await answer(draft)
    await read_at_once_then_work(gmail, timedelta(hours=1, seconds=1) + DAY)
    assert len(provider.sent) == 1
    assert await states(until) == ["went", "stopped"]
    await until.refresh()
    assert until.ended_at is not None


async def read_at_once_then_work(mailbox: Mailbox, after: timedelta) -> None:
    with later(after):
        await read_just_now(mailbox)
        await set_off_due()
        await dispatch_due()


async def test_a_reminder_on_one_date_can_not_be_asked_for_again_and_again(miriam: Me, gmail: Mailbox) -> None:
    draft = await a_draft(miriam, gmail, reminds="2030-01-01T09:00")
    with pytest.raises(Refused, match="Choose a span"):
        await repeat(miriam, draft, in_hours(1), "FREQ=DAILY")


async def test_no_date_can_be_there_twice(daily: Recurrence) -> None:
    waiting = await upcoming(daily)
    with pytest.raises(Exception, match="unique"):
        await copy_of(waiting.id)


async def copy_of(row: UUID) -> None:
    names = [column._meta.name for column in Scheduled._meta.columns if column._meta.name != "id"]
    columns = ", ".join(names)
    await rows(f"INSERT INTO scheduled (id, {columns}) SELECT gen_random_uuid(), {columns} FROM scheduled WHERE id = $1", row)
