"""Killed between any two steps, a mail is neither lost nor doubled."""

from datetime import timedelta

import pytest

from app.clock import later
from app.errors import GiveUp, ReconnectNeeded, RetryLater, Unanswered
from app.identity.guarding import Me
from app.mailboxes.tables import Mailbox
from app.outbox import dispatching
from app.outbox.composing import queue
from app.outbox.dispatching import dispatch_due
from app.outbox.tables import Dispatch
from app.threads.tables import Message, Underway
from tests.outbox.conftest import FakeProvider, Killed, a_draft, again, fails

STEPS = ["before draft", "after draft", "marked drafted", "marked sending", "before send_draft", "after send_draft", "filing", "filed"]
UNTIL_FREE = timedelta(minutes=11)


def kill_at(step: str, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker die once, at one place."""
    if step.startswith("before "):
        provider.before = fails(step.removeprefix("before "), Killed())
    elif step.startswith("after "):
        provider.after = fails(step.removeprefix("after "), Killed())
    elif step == "filing":
        monkeypatch.setattr(dispatching, "file_away", dying(dispatching.file_away, first=True))
    elif step == "filed":
        monkeypatch.setattr(dispatching, "went_out", dying(dispatching.went_out, first=False))
    else:
        column = {"marked drafted": Dispatch.drafted_at, "marked sending": Dispatch.sending_at}[step]
        monkeypatch.setattr(dispatching, "mark", dying(dispatching.mark, first=False, only=column))


def dying(verb, *, first, only=None):  # type: ignore[no-untyped-def]
    left = [1]

    async def dies(*given):  # type: ignore[no-untyped-def]
        strikes = left[0] and (only is None or only in given[1])
        if strikes:
            left[0] -= 1
        if strikes and first:
            raise Killed
        outcome = await verb(*given)
        if strikes:
            raise Killed
        return outcome

    return dies


async def run_until_quiet() -> None:
    """As the schedule would: again and again, for half an hour, after the dead worker's claims have ended."""
    for minutes in (11, 14, 18, 22, 30):
        with later(timedelta(minutes=minutes)):
            await dispatch_due()


async def assert_sent_once(dispatch: Dispatch, provider: FakeProvider) -> None:
    found = await again(dispatch)
    assert len(provider.sent) == 1, [*provider.calls]
    assert found.sent_at
    assert not found.failed_at
    assert not found.unknown_at
    assert found.due_at is None
    assert await Message.count().where(Message.id == dispatch.message) == 1
    message = await Message.objects().get(Message.id == dispatch.message)
    assert message
    assert message.verified_at
    assert message.provider_message_id.startswith("<rewritten-")
    assert not await Underway.exists()


@pytest.mark.parametrize("late", [None, timedelta(seconds=4)], ids=["Gmail", "Outlook, which files its copy late"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_worker_killed_at_any_step_leaves_exactly_one_mail_in_sent(
    step: str, late: timedelta | None, miriam: Me, gmail: Mailbox, outlook: Mailbox, provider: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.files_late = late
    dispatch = await queue(miriam, await a_draft(miriam, outlook if late else gmail))
    kill_at(step, provider, monkeypatch)
    with pytest.raises(BaseExceptionGroup):
        await dispatch_due()
    await run_until_quiet()
    await assert_sent_once(dispatch, provider)


@pytest.mark.parametrize("late", [None, timedelta(seconds=4)], ids=["Gmail", "Outlook"])
@pytest.mark.parametrize("step", ["draft", "send_draft"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_lost_answer_leaves_exactly_one_mail_in_sent(
    when: str, step: str, late: timedelta | None, miriam: Me, gmail: Mailbox, outlook: Mailbox, provider: FakeProvider
) -> None:
    provider.files_late = late
    setattr(provider, when, fails(step, Unanswered("No answer came.")))
    dispatch = await queue(miriam, await a_draft(miriam, outlook if late else gmail))
    await dispatch_due()
    await run_until_quiet()
    await assert_sent_once(dispatch, provider)


async def test_a_worker_thought_dead_that_wakes_up_sends_nothing_twice(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    dispatch = await queue(miriam, await a_draft(miriam, gmail))
    [asleep] = await dispatching.claim(1)
    with later(UNTIL_FREE):
        await dispatch_due()
    await dispatching.carry(asleep)
    assert len(provider.sent) == 1
    assert await Message.count().where(Message.send_id == dispatch.id) == 1


async def test_two_workers_never_take_the_same_mail(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    await queue(miriam, await a_draft(miriam, gmail))
    assert [len(await dispatching.claim(5)), len(await dispatching.claim(5))] == [1, 0]


async def test_a_throttled_mail_waits_as_long_as_it_was_told_and_then_goes(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    dispatch = await queue(miriam, await a_draft(miriam, gmail))
    provider.before = fails("send_draft", RetryLater("%(name)s wants us to slow down.", name="Google", at=dispatch.created_at + timedelta(minutes=5)))
    await dispatch_due()
    held = await again(dispatch)
    assert held.due_at == dispatch.created_at + timedelta(minutes=5)
    assert held.problem == "%(name)s wants us to slow down."
    assert held.problem_values == {"name": "Google"}
    with later(timedelta(minutes=4)):
        assert await dispatch_due() == 0
    with later(timedelta(minutes=6)):
        await dispatch_due()
    await assert_sent_once(dispatch, provider)


async def test_a_refused_mail_fails_with_its_reason_and_the_draft_comes_back(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    draft = await a_draft(miriam, gmail)
    dispatch = await queue(miriam, draft)
    provider.before = fails("send_draft", GiveUp("Google refuses a recipient."))
    await dispatch_due()
    failed = await again(dispatch)
    await draft.refresh(load_json=True)
    assert failed.failed_at
    assert failed.problem == "Google refuses a recipient."
    assert draft.queued_at is None
    corrected = await queue(miriam, draft)
    await dispatch_due()
    assert corrected.id != dispatch.id
    assert len(provider.sent) == 1


async def test_a_mailbox_that_breaks_off_while_sending_leaves_the_decision_to_the_person(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    dispatch = await queue(miriam, await a_draft(miriam, gmail))
    provider.after = fails("send_draft", Unanswered("No answer came."))
    provider.before = fails("find_sent", ReconnectNeeded("The grant is gone."))
    await dispatch_due()
    with later(timedelta(seconds=10)):
        await dispatch_due()
    unclear = await again(dispatch)
    assert unclear.unknown_at
    assert not unclear.failed_at
    assert "please decide" in unclear.problem


async def test_a_mailbox_connected_again_is_asked_about_what_was_unclear(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    await test_a_mailbox_that_breaks_off_while_sending_leaves_the_decision_to_the_person(miriam, gmail, provider)
    await dispatching.look_into(gmail.id)
    await dispatch_due()
    [dispatch] = await Dispatch.objects().output(load_json=True)
    assert dispatch.sent_at
    assert len(provider.sent) == 1


async def test_a_day_of_trying_ends_in_a_failure_that_names_the_last_answer(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    dispatch = await queue(miriam, await a_draft(miriam, gmail))
    provider.before = fails("draft", RetryLater("Google is out of reach."), times=2)
    await dispatch_due()
    with later(timedelta(hours=25)):
        await dispatch_due()
    failed = await again(dispatch)
    assert failed.failed_at
    assert failed.problem_values == {"problem": "Google is out of reach."}
    assert not provider.sent


async def test_send_only_an_unanswered_mail_is_never_repeated(miriam: Me, send_only: Mailbox, provider: FakeProvider) -> None:
    dispatch = await queue(miriam, await a_draft(miriam, send_only))
    provider.after = fails("send", Unanswered("No answer came."))
    await dispatch_due()
    await run_until_quiet()
    assert (await again(dispatch)).unknown_at
    assert provider.calls == ["send"]


async def test_send_only_a_worker_killed_while_sending_leaves_the_decision_to_the_person(
    miriam: Me, send_only: Mailbox, provider: FakeProvider
) -> None:
    dispatch = await queue(miriam, await a_draft(miriam, send_only))
    provider.after = fails("send", Killed())
    with pytest.raises(BaseExceptionGroup):
        await dispatch_due()
    await run_until_quiet()
    assert (await again(dispatch)).unknown_at
    assert provider.calls == ["send"]


async def test_send_only_a_mail_is_filed_at_once(miriam: Me, send_only: Mailbox, provider: FakeProvider) -> None:
    dispatch = await queue(miriam, await a_draft(miriam, send_only))
    await dispatch_due()
    found = await again(dispatch)
    assert found.sent_at
    assert found.due_at is None
    assert await Message.exists().where(Message.id == dispatch.message)
