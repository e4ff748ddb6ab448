"""A mail that would exceed what its provider takes in a day waits for the next, with the sentence that says so."""

from datetime import timedelta

import pytest

from app.clock import later, now
from app.errors import Refused, RetryLater
from app.identity.guarding import Me
from app.mailboxes.providers.wire import UsedUp
from app.mailboxes.tables import OUTLOOK, Mailbox
from app.outbox.composing import queue
from app.outbox.deciding import cancel
from app.outbox.dispatching import dispatch_due
from app.outbox.outgoing import outgoing
from app.outbox.rationing import MARGIN, full_now, limit_of, room_at
from app.outbox.tables import Dispatch, Draft
from app.threads.tables import Message, SentMail, Thread, Underway
from tests.outbox.conftest import FakeProvider, a_draft, a_mailbox, again, fails

DAY = timedelta(days=1)


async def limited(mailbox: Mailbox, most: int) -> Mailbox:
    await mailbox.update_self({Mailbox.daily_limit: most})
    return mailbox


async def send(me: Me, mailbox: Mailbox, **written: str) -> Dispatch:
    dispatch = await queue(me, await a_draft(me, mailbox, **written))
    await dispatch_due()
    return await again(dispatch)


async def test_room_comes_when_enough_of_what_was_sent_is_a_day_old() -> None:
    at = now()
    spent = [(at - timedelta(hours=5), 1), (at - timedelta(hours=3), 4), (at, 1)]
    assert room_at(spent, 1, 7, DAY) is None
    assert room_at(spent, 1, 6, DAY) == at - timedelta(hours=5) + DAY + MARGIN
    assert room_at(spent, 3, 6, DAY) == at - timedelta(hours=3) + DAY + MARGIN


async def test_each_provider_has_its_usual_limit_and_the_rep_may_know_better(miriam: Me, gmail: Mailbox, outlook: Mailbox) -> None:
    personal = await a_mailbox(miriam)
    personal.address = "miriam.kessler@gmail.com"
    assert [(one.most, one.unit) for one in map(limit_of, (gmail, personal, outlook))] == [(2000, "mails"), (500, "mails"), (10_000, "recipients")]
    assert limit_of(await limited(gmail, 500)).most == 500


async def test_a_mail_beyond_the_limit_is_queued_for_when_there_is_room_and_goes_then(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    first = await send(miriam, await limited(gmail, 1))
    second = await send(miriam, gmail, subject="Offer 2027")
    third = await send(miriam, gmail, subject="Offer 2028")

    assert second.held_until == second.due_at == first.sent_at + DAY + MARGIN
    assert third.due_at >= second.due_at
    assert len(provider.sent) == 1
    held = {one.subject: one for one in await outgoing(miriam)}["Offer 2027"]
    assert held.state == "held"
    assert (held.problem % held.problem_values).startswith("1 mails in 24 hours are reached; it goes out tomorrow at ")
    with later(DAY + timedelta(seconds=10)):
        await dispatch_due()
        assert (await again(second)).sent_at
        assert (await again(third)).held_until > now() + timedelta(hours=23)
    assert len(provider.sent) == 2


async def test_mail_sent_from_a_phone_counts_and_recipients_count_at_exchange(miriam: Me, outlook: Mailbox, provider: FakeProvider) -> None:
    await limited(outlook, 3)
    await sent_from_phone(miriam, outlook)
    with later(timedelta(seconds=1)):
        assert not (await full_now(outlook, *(await queued(miriam, outlook)), in_turn=True))
    held = await send(miriam, outlook, cc="henrik@nordwind.example, mia@acme.example")
    assert held.held_until
    assert not provider.calls


async def queued(me: Me, mailbox: Mailbox) -> tuple[Draft, Dispatch]:
    draft = await a_draft(me, mailbox)
    return draft, Dispatch(workspace=me.workspace.id, person=me.person.id, mailbox=mailbox.id, draft=draft.id)


async def sent_from_phone(me: Me, mailbox: Mailbox) -> None:
    await Message(workspace=me.workspace.id, person=me.person.id, mailbox=mailbox.id, thread=await a_thread(me, mailbox), direction="sent",
                  subject="From my phone", at=now() - timedelta(hours=1)).save()  # fmt: skip


async def a_thread(me: Me, mailbox: Mailbox) -> object:
    made = Thread(workspace=me.workspace.id, person=me.person.id, mailbox=mailbox.id)
    await made.save()
    return made.id


async def test_exchange_gets_no_more_than_thirty_mails_a_minute(miriam: Me, outlook: Mailbox, provider: FakeProvider) -> None:
    for number in range(32):
        await queue(miriam, await a_draft(miriam, outlook, subject=f"Offer {number}"))
    await dispatch_due()
    assert len(provider.sent) == 30
    assert await Dispatch.count().where(Dispatch.held_until < now() + timedelta(minutes=2)) == 2
    with later(timedelta(seconds=70)):
        await dispatch_due()
    assert len(provider.sent) == 32


async def test_a_mail_with_more_recipients_than_a_day_allows_is_refused_with_a_sentence(miriam: Me, outlook: Mailbox) -> None:
    await limited(outlook, 1)
    with pytest.raises(Refused, match="more recipients than"):
        await queue(miriam, await a_draft(miriam, outlook, cc="henrik@nordwind.example"))
    assert not await Dispatch.exists()


@pytest.mark.parametrize(("name", "code"), [("gmail", "mailSending"), (OUTLOOK, "ErrorExceededMessageLimit")])
async def test_a_provider_that_takes_no_more_pauses_the_whole_mailbox(
    name: str, code: str, miriam: Me, gmail: Mailbox, outlook: Mailbox, provider: FakeProvider
) -> None:
    mailbox, until = outlook if name == OUTLOOK else gmail, now() + timedelta(hours=30)
    provider.before = fails("send_draft", RetryLater("Enough.", code=code, at=until))
    first = await send(miriam, mailbox)
    second = await send(miriam, mailbox, subject="Offer 2027")
    assert first.due_at == first.held_until == second.due_at == until
    assert provider.calls.count("send_draft") == 1
    assert not await Underway.exists()
    with later(timedelta(hours=30, minutes=1)):
        await dispatch_due()
    assert len(provider.sent) == 2
    assert (await again(first)).failed_at is None


async def test_a_project_that_used_up_its_day_holds_all_mail_until_then(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    until = now() + timedelta(hours=9)
    provider.before = fails("draft", UsedUp("Google …", code="dailyLimitExceeded", at=until, provider="Google"))

    held = await send(miriam, gmail)

    assert (held.due_at, held.held_until, held.sending_at) == (until, until, None)
    (shown,) = await outgoing(miriam)
    assert (shown.problem % shown.problem_values).startswith("Google lets this whole Nachfass ask no more for now; it goes out ")
    with later(timedelta(hours=9, minutes=1)):
        await dispatch_due()
    assert len(provider.sent) == 1


@pytest.mark.parametrize(
    ("why", "counts"), [("never_log", True), ("nobody_outside", True), ("note", False), ("duplicate", False), ("received", False)]
)
async def test_mail_that_is_not_logged_takes_of_the_allowance_too(
    miriam: Me, gmail: Mailbox, provider: FakeProvider, why: str, counts: bool
) -> None:
    await limited(gmail, 1)
    one = {"workspace": miriam.workspace.id, "mailbox": gmail.id, "provider_id": "elsewhere-1", "why": why}
    await SentMail(**one, at=now() - timedelta(hours=1)).save()

    assert bool((await send(miriam, gmail)).held_until) == counts


async def test_a_mail_of_ours_that_was_taken_out_of_the_log_counts_once(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    await limited(gmail, 2)
    first = await send(miriam, gmail)
    await Message.delete().where(Message.id == first.message)
    one = {"workspace": miriam.workspace.id, "mailbox": gmail.id, "provider_id": "ours-1", "why": "never_log"}
    await SentMail(**one, at=first.sent_at).save()

    assert (await send(miriam, gmail, subject="Offer 2027")).sent_at


async def test_a_mail_that_waits_can_be_taken_back_and_is_a_draft_again(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    await send(miriam, await limited(gmail, 1))
    held = await send(miriam, gmail, subject="Offer 2027")
    await cancel(held)
    draft = await Draft.objects().where(Draft.id == held.draft).output(load_json=True).first()
    assert draft
    assert draft.queued_at is None
    assert [one.subject for one in await outgoing(miriam)] == ["Offer 2026"]
    with later(DAY * 2):
        await dispatch_due()
        assert len(provider.sent) == 1
        assert (await queue(miriam, draft)).id != held.id
        await dispatch_due()
    assert len(provider.sent) == 2


async def test_what_is_being_sent_can_not_be_taken_back(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    sent = await send(miriam, gmail)
    with pytest.raises(Refused, match="can't be taken back"):
        await cancel(sent)


async def test_of_two_mails_only_one_takes_the_last_room(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    await limited(gmail, 2)
    for number in range(3):
        await queue(miriam, await a_draft(miriam, gmail, subject=f"Offer {number}"))
    await Dispatch.update({Dispatch.due_at: now(), Dispatch.held_until: None}).where(Dispatch.sent_at.is_null())
    await dispatch_due()
    assert len(provider.sent) == 2
    assert await full_now(gmail, *(await waiting()), in_turn=True)


async def waiting() -> tuple[Draft, Dispatch]:
    dispatch = await Dispatch.objects().where(Dispatch.sent_at.is_null()).first()
    assert dispatch
    draft = await Draft.objects().where(Draft.id == dispatch.draft).output(load_json=True).first()
    assert draft
    return draft, dispatch
