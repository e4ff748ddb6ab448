"""A scheduled mail goes out once, at its time; it stops when somebody answered, is held while nobody can know, and asks when it is late."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import reactions
from app.clock import later, new_id, now
from app.contacts.consent import record
from app.contacts.finding import meet
from app.contacts.tables import REFUSED
from app.database import rows, together
from app.errors import Refused
from app.feed.tables import Activity
from app.happenings import ReplyReceived, announce
from app.identity.guarding import Me
from app.mailboxes.tables import Mailbox
from app.outbox import setting_off
from app.outbox.answering import reply
from app.outbox.composing import queue
from app.outbox.dispatching import dispatch_due
from app.outbox.drafting import Overtaken, Written, discard, drafts_of, save
from app.outbox.revising import revise, take_over
from app.outbox.scheduling import put_back, schedule, send_now, set_time, take_off
from app.outbox.setting_off import set_off_due
from app.outbox.standing import state
from app.outbox.tables import Attachment, Dispatch, Draft, Scheduled
from app.threads.filing import Sent, To, file_sent
from app.threads.recognising.kinds import HUMAN_REPLY
from app.threads.tables import RECEIVED, Message, Thread
from app.web.walls import Wall
from tests.outbox.conftest import FakeProvider, Killed, a_draft

AT_NINE = timedelta(hours=3)


@pytest.fixture(autouse=True)
async def wired(database: None) -> None:
    reactions.wire()


def in_hours(hours: float) -> Wall:
    at = (now() + timedelta(hours=hours)).replace(microsecond=0, tzinfo=None)
    return Wall(at, "UTC")


async def found(row: Scheduled) -> Scheduled:
    again = await Scheduled.objects().where(Scheduled.id == row.id).output(load_json=True).first()
    assert again is not None
    return again


async def read_just_now(mailbox: Mailbox) -> None:
    await Mailbox.update({Mailbox.synced_at: now(), Mailbox.broken_at: None}).where(Mailbox.id == mailbox.id)


async def a_reply(me: Me, mailbox: Mailbox, **written: Any) -> Draft:
    """Miriam wrote to Anna; a reply of hers in that conversation is being written."""
    message = new_id()
    async with together():
        sent = await file_sent(Sent(
            id=message, workspace=me.workspace.id, person=me.person.id, mailbox=mailbox.id, to=[To("anna@acme.example", "Anna Weber")],
            subject="Offer 2026", html="<p>Hello</p>", at=now() - timedelta(days=1), message_id=f"<{message}@brueckner.example>",
            sender=mailbox.address,
        ))  # fmt: skip
    thread = await Thread.objects().get(Thread.id == sent.thread)
    assert thread is not None
    begun = await reply(me, thread)
    people: Any = begun.to
    return await save(me, new_id(), Written(to=people, subject=begun.subject, html="<div>Any news?</div>", mailbox=mailbox.id, thread=thread.id,
                                            answers=begun.answers, **written))  # fmt: skip


async def answer(draft: Draft, *, announced: bool = True) -> Message:
    """Anna answers in the conversation of a draft."""
    sent = await Message.objects().where(Message.thread == draft.thread).first()
    assert sent is not None
    theirs = Message(
        workspace=sent.workspace, person=sent.person, mailbox=sent.mailbox, thread=sent.thread, direction=RECEIVED, kind=HUMAN_REPLY, answers=sent.id,
        message_id=f"<{new_id()}@acme.example>", sender="anna@acme.example", sender_name="Anna Weber", subject="Re: Offer 2026", at=now(),
        created_at=now(),
    )  # fmt: skip
    async with together():
        await theirs.save()
        await Message.update({Message.replied_at: now()}).where(Message.id == sent.id)
        if announced:
            await announce(ReplyReceived(theirs.id, sent.id, "header"))
    return theirs


async def kinds_told() -> list[str]:
    return [row["kind"] for row in await Activity.select(Activity.kind).order_by(Activity.at)]


async def test_a_scheduled_mail_goes_out_at_its_time_and_not_before(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    row = await schedule(miriam, await a_draft(miriam, gmail), in_hours(3))
    assert await set_off_due() == 0
    with later(AT_NINE):
        assert await set_off_due() == 1
        await dispatch_due()
    assert state(await found(row)) == "went"
    assert len(provider.sent) == 1
    assert await Message.count() == 1


async def test_what_is_scheduled_is_no_draft_that_anybody_could_touch(miriam: Me, gmail: Mailbox) -> None:
    draft = await a_draft(miriam, gmail)
    await schedule(miriam, draft, in_hours(3))
    scheduled = await Draft.objects().where(Draft.id == draft.id).output(load_json=True).first()
    assert scheduled is not None
    assert await drafts_of(miriam) == []
    for touch in (discard(scheduled), queue(miriam, scheduled), save(miriam, draft.id, Written(subject="Nothing"))):
        with pytest.raises(Refused, match="scheduled"):
            await touch
    with pytest.raises(Refused):
        await schedule(miriam, scheduled, in_hours(5))


@pytest.mark.parametrize("hours", [-1, 0, 24 * 366 * 4])
async def test_a_time_that_is_over_or_beyond_reason_is_refused_and_the_draft_stays(hours: float, miriam: Me, gmail: Mailbox) -> None:
    with pytest.raises(Refused, match="time to come"):
        await schedule(miriam, await a_draft(miriam, gmail), in_hours(hours))
    assert len(await drafts_of(miriam)) == 1


async def test_what_could_not_be_sent_is_said_before_it_is_scheduled(miriam: Me, gmail: Mailbox) -> None:
    with pytest.raises(Refused, match="goes to nobody"):
        await schedule(miriam, await a_draft(miriam, gmail, to=""), in_hours(3))
    assert not await Scheduled.exists()


async def test_who_refuses_between_scheduling_and_sending_is_not_tracked(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    await schedule(miriam, await a_draft(miriam, gmail), in_hours(3))
    await record(await meet(miriam.workspace.id, "anna@acme.example", "Anna Weber"), REFUSED, "on the phone", miriam.person.id)
    with later(AT_NINE):
        await set_off_due()
        await dispatch_due()
    assert b"/o/" not in provider.sent[0].mime


async def test_a_cancelled_one_is_a_draft_again_and_back_on_the_schedule_when_that_is_undone(
    miriam: Me, gmail: Mailbox, provider: FakeProvider
) -> None:
    row = await schedule(miriam, await a_draft(miriam, gmail), in_hours(3))
    await take_off(miriam, row.id)
    assert [draft.id for draft in await drafts_of(miriam)] == [row.draft]
    await put_back(miriam, row.id)
    assert await drafts_of(miriam) == []
    with later(AT_NINE):
        await set_off_due()
        await dispatch_due()
    assert len(provider.sent) == 1


async def test_a_draft_that_was_sent_meanwhile_is_not_put_back(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    row = await schedule(miriam, await a_draft(miriam, gmail), in_hours(3))
    await take_off(miriam, row.id)
    [draft] = await drafts_of(miriam)
    await queue(miriam, draft)
    with pytest.raises(Refused, match="can't be undone"):
        await put_back(miriam, row.id)
    assert state(await found(row)) == "dropped"


async def test_send_now_does_not_wait_and_happens_once(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    row = await schedule(miriam, await a_draft(miriam, gmail), in_hours(3))
    await send_now(miriam, row.id)
    with pytest.raises(Refused, match="handed over"):
        await send_now(miriam, row.id)
    with later(AT_NINE):
        await set_off_due()
        await dispatch_due()
    assert len(provider.sent) == 1


async def test_another_time_moves_it_and_a_page_that_shows_an_old_one_overwrites_nothing(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    row = await schedule(miriam, await a_draft(miriam, gmail), in_hours(3))
    seen = row.due_at.isoformat()
    await set_time(miriam, row.id, in_hours(6), seen)
    with pytest.raises(Refused, match="another window"):
        await set_time(miriam, row.id, in_hours(1), seen)
    with later(timedelta(hours=5)):
        assert await set_off_due() == 0
    with later(timedelta(hours=6)):
        assert await set_off_due() == 1


@pytest.mark.parametrize(("hours", "becomes"), [(4.9, "went"), (5.1, "asks")])
async def test_what_came_due_while_nothing_ran_goes_out_within_two_hours_and_asks_after(
    hours: float, becomes: str, miriam: Me, gmail: Mailbox, provider: FakeProvider
) -> None:
    row = await schedule(miriam, await a_draft(miriam, gmail), in_hours(3))
    with later(timedelta(hours=hours)):
        await set_off_due()
        await set_off_due()
        await dispatch_due()
    assert state(await found(row)) == becomes
    assert len(provider.sent) == (becomes == "went")
    assert ("later_asks" in await kinds_told()) == (becomes == "asks")


async def test_a_late_one_that_gets_a_new_time_goes_out_then_and_the_feed_no_longer_asks(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    row = await schedule(miriam, await a_draft(miriam, gmail), in_hours(3))
    with later(timedelta(hours=6)):
        await set_off_due()
        await set_time(miriam, row.id, in_hours(1))
    with later(timedelta(hours=7)):
        await set_off_due()
        await dispatch_due()
    assert len(provider.sent) == 1
    told = await Activity.objects().where(Activity.kind == "later_asks").output(load_json=True).first()
    assert told is not None
    assert told.said["over"] is True


async def test_what_hinders_it_at_its_time_asks_the_rep_with_the_reason(miriam: Me, gmail: Mailbox) -> None:
    row = await schedule(miriam, await a_draft(miriam, gmail), in_hours(3))
    await Mailbox.update({Mailbox.disconnected_at: now()}).where(Mailbox.id == gmail.id)
    with later(AT_NINE):
        await set_off_due()
    asked = await found(row)
    assert state(asked) == "asks"
    assert "Connect one under Mailboxes" in asked.why
    assert not await Dispatch.exists()


async def test_it_waits_for_a_broken_mailbox_up_to_two_hours(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    row = await schedule(miriam, await a_draft(miriam, gmail), in_hours(3))
    await Mailbox.update({Mailbox.broken_at: now()}).where(Mailbox.id == gmail.id)
    with later(AT_NINE):
        await set_off_due()
        assert state(await found(row)) == "held"
        await read_just_now(gmail)
    with later(timedelta(hours=3, seconds=6)):
        await set_off_due()
        await dispatch_due()
    assert len(provider.sent) == 1


async def test_a_reply_that_somebody_answered_meanwhile_is_stopped_at_once_and_can_be_sent_anyway(
    miriam: Me, gmail: Mailbox, provider: FakeProvider
) -> None:
    draft = await a_reply(miriam, gmail)
    row = await schedule(miriam, draft, in_hours(3), unless_replied=True)
    theirs = await answer(draft)
    stopped = await found(row)
    assert (state(stopped), stopped.reply) == ("stopped", theirs.id)
    with later(AT_NINE):
        await read_just_now(gmail)
        await set_off_due()
        assert not await Dispatch.exists()
        await send_now(miriam, row.id)
        await dispatch_due()
    assert len(provider.sent) == 1


async def test_an_answer_that_nobody_announced_is_found_before_it_goes_out(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    draft = await a_reply(miriam, gmail)
    row = await schedule(miriam, draft, in_hours(3), unless_replied=True)
    await answer(draft, announced=False)
    with later(AT_NINE):
        await read_just_now(gmail)
        await set_off_due()
    assert state(await found(row)) == "stopped"


async def test_an_answer_that_was_there_when_it_was_scheduled_does_not_stop_it(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    draft = await a_reply(miriam, gmail)
    await answer(draft)
    await schedule(miriam, draft, in_hours(3), unless_replied=True)
    with later(AT_NINE):
        await read_just_now(gmail)
        await set_off_due()
        await dispatch_due()
    assert len(provider.sent) == 1


async def test_whoever_wants_it_sent_all_the_same_gets_that(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    draft = await a_reply(miriam, gmail)
    await schedule(miriam, draft, in_hours(3), unless_replied=False)
    await answer(draft)
    with later(AT_NINE):
        await set_off_due()
        await dispatch_due()
    assert len(provider.sent) == 1


async def test_while_the_mailbox_is_stale_it_is_held_and_goes_out_when_silence_can_be_believed(
    miriam: Me, gmail: Mailbox, provider: FakeProvider
) -> None:
    row = await schedule(miriam, await a_reply(miriam, gmail), in_hours(3), unless_replied=True)
    with later(AT_NINE):
        await set_off_due()
        held = await found(row)
        assert (state(held), held.why_values) == ("held", {"mailbox": gmail.address})
    with later(timedelta(hours=3, minutes=20)):
        await set_off_due()
        assert state(await found(row)) == "held"
        await read_just_now(gmail)
    with later(timedelta(hours=3, minutes=20, seconds=7)):
        await set_off_due()
        await dispatch_due()
    assert len(provider.sent) == 1
    assert (await kinds_told()).count("later_held") == 1


async def test_held_it_is_stopped_where_the_mailbox_then_shows_an_answer(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    draft = await a_reply(miriam, gmail)
    row = await schedule(miriam, draft, in_hours(3), unless_replied=True)
    with later(AT_NINE):
        await set_off_due()
        await answer(draft, announced=False)
        await read_just_now(gmail)
    with later(timedelta(hours=3, seconds=6)):
        await set_off_due()
    assert state(await found(row)) == "stopped"
    assert not await Dispatch.exists()


async def test_a_mail_that_may_be_the_answer_asks_and_it_goes_on_by_itself_once_that_is_said(
    miriam: Me, gmail: Mailbox, provider: FakeProvider
) -> None:
    draft = await a_reply(miriam, gmail)
    row = await schedule(miriam, draft, in_hours(3), unless_replied=True)
    sent = await Message.objects().where(Message.thread == draft.thread).first()
    other = Thread(workspace=miriam.workspace.id, person=miriam.person.id, mailbox=gmail.id, subject="Offer 2026")
    await other.save()
    assert sent is not None
    maybe = Message(workspace=sent.workspace, person=sent.person, mailbox=gmail.id, thread=other.id, direction=RECEIVED, may_answer=sent.id,
                    sender="anna@acme.example", sender_name="Anna Weber", at=now())  # fmt: skip
    await maybe.save()
    with later(AT_NINE):
        await read_just_now(gmail)
        await set_off_due()
        asked = await found(row)
        assert (state(asked), asked.reply) == ("asks", maybe.id)
        await Message.update({Message.judged_at: now()}).where(Message.id == maybe.id)
    with later(timedelta(hours=3, seconds=6)):
        await set_off_due()
        await dispatch_due()
    assert len(provider.sent) == 1


async def test_changed_words_go_out_only_once_they_are_saved(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    draft = await a_draft(miriam, gmail)
    await Attachment(workspace=miriam.workspace.id, draft=draft.id, name="offer.pdf", size=3, content=b"pdf").save()
    row = await schedule(miriam, draft, in_hours(3))
    copy = await revise(miriam, row.id)
    assert await revise(miriam, row.id) == copy
    people: Any = draft.to
    await save(miriam, copy, Written(to=people, subject="Offer 2027", html="<div>Better.</div>", mailbox=gmail.id))
    assert (await found(row)).draft == draft.id
    await take_over(miriam, copy)
    with later(AT_NINE):
        await set_off_due()
        await dispatch_due()
    [held] = provider.sent
    assert b"Offer 2027" in held.mime
    assert b"offer.pdf" in held.mime


async def test_changes_that_come_too_late_are_kept_as_a_draft(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    row = await schedule(miriam, await a_draft(miriam, gmail), in_hours(3))
    copy = await revise(miriam, row.id)
    with later(AT_NINE):
        await set_off_due()
        await take_over(miriam, copy)
        await dispatch_due()
    assert [draft.id for draft in await drafts_of(miriam)] == [copy]
    assert len(provider.sent) == 1


async def test_of_two_windows_neither_overwrites_the_other(miriam: Me, gmail: Mailbox) -> None:
    one, other = new_id(), new_id()
    draft = await a_draft(miriam, gmail, page=one)
    await save(miriam, draft.id, Written(subject="From the first", page=one))
    with pytest.raises(Overtaken):
        await save(miriam, draft.id, Written(subject="From the second", page=other, seen=new_id()))
    kept = await save(miriam, draft.id, Written(subject="From one that knows the first", page=other, seen=one))
    assert kept.subject == "From one that knows the first"
    with pytest.raises(Overtaken):
        await save(miriam, draft.id, Written(subject="From the first again", page=one))


async def test_three_workers_send_each_once(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    for number in range(12):
        await schedule(miriam, await a_draft(miriam, gmail, subject=f"Offer {number}"), in_hours(3))
    with later(AT_NINE):
        done = await asyncio.gather(*(set_off_due() for _ in range(3)))
        await dispatch_due()
    assert sum(done) == 12
    assert len(provider.sent) == 12
    assert await Dispatch.count() == 12


@pytest.mark.parametrize("step", ["queue", "went"])
async def test_a_worker_killed_in_between_leaves_it_to_the_next(
    step: str, miriam: Me, gmail: Mailbox, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await schedule(miriam, await a_draft(miriam, gmail), in_hours(3))
    verb, left = getattr(setting_off, step), [1]

    async def dies(*given: Any) -> Any:
        outcome = await verb(*given)
        if left.pop() if left else 0:
            raise Killed
        return outcome

    monkeypatch.setattr(setting_off, step, dies)
    with later(AT_NINE):
        with pytest.raises(Killed):
            await set_off_due()
        assert not await Dispatch.exists()
        await set_off_due()
        await dispatch_due()
    assert len(provider.sent) == 1


async def test_one_that_nobody_foresaw_does_not_keep_the_others_waiting(
    miriam: Me, gmail: Mailbox, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = await schedule(miriam, await a_draft(miriam, gmail), in_hours(2.9))
    await schedule(miriam, await a_draft(miriam, gmail), in_hours(3))
    examine = setting_off.examine

    async def sometimes(key: object) -> None:
        if key == bad.id:
            raise RuntimeError("a bug")
        await examine(key)  # type: ignore[arg-type]

    monkeypatch.setattr(setting_off, "examine", sometimes)
    with later(AT_NINE):
        with pytest.raises(ExceptionGroup):
            await set_off_due()
        await dispatch_due()
    assert len(provider.sent) == 1
    monkeypatch.undo()
    with later(timedelta(hours=3, minutes=2)):
        assert await set_off_due() == 1


async def test_a_zone_that_changes_its_rules_moves_the_instant_and_not_the_wall(miriam: Me, gmail: Mailbox) -> None:
    row = await schedule(miriam, await a_draft(miriam, gmail), in_hours(3))
    await rows("UPDATE scheduled SET due_at = due_at - interval '1 hour', looks_at = looks_at - interval '1 hour' WHERE id = $1", row.id)
    with later(timedelta(hours=2, minutes=5)):
        await set_off_due()
    again = await found(row)
    assert (state(again), again.due_at) == ("waiting", row.due_at)


async def test_what_is_due_is_found_by_its_index_however_much_waits(miriam: Me, gmail: Mailbox) -> None:
    draft = await a_draft(miriam, gmail)
    await rows(
        "INSERT INTO scheduled (id, workspace, person, draft, wall, zone, due_at, looks_at, chosen, chosen_values, unless_replied, set_at, why, "
        "why_values) SELECT gen_random_uuid(), $1, $2, $3, '2027-01-01', 'UTC', '2027-01-01Z', timestamptz '2027-01-01Z' + n * interval '1 min', "
        "'', '{}', false, now(), '', '{}' FROM generate_series(1, 5000) n",
        miriam.workspace.id, miriam.person.id, draft.id,
    )  # fmt: skip
    await rows("ANALYZE scheduled")
    plan = "\n".join(str(row["QUERY PLAN"]) for row in await rows(f"EXPLAIN {setting_off.CLAIM}".replace("$1", "now()")))
    assert "scheduled_due" in plan
    assert "Seq Scan" not in plan


async def test_the_wall_is_kept_over_a_clock_change(miriam: Me, gmail: Mailbox) -> None:
    year = now().year + 1
    row = await schedule(miriam, await a_draft(miriam, gmail), Wall(datetime(year, 7, 1, 9), "Europe/Berlin"))
    assert row.due_at == datetime(year, 7, 1, 7, tzinfo=UTC)
