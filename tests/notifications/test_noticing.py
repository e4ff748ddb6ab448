"""What is told beyond the feed, and what is not any more."""

from datetime import timedelta

import pytest

from app.attention.choosing import Choice, choose_return
from app.attention.kinds import KIND_OF, KINDS
from app.clock import later, new_id, now
from app.database import rows, together
from app.happenings import LoggingStopped, MailboxBroke, MailboxDisconnected, MailboxRestored, announce
from app.identity.guarding import Me
from app.mailboxes.tables import BlindWindow, Mailbox
from app.notifications.delivering import deliver_due
from app.notifications.forgetting import KEPT, forget_deliveries
from app.notifications.tables import Delivery, Device
from app.notifications.wording import sentence
from app.reminders.ringing import ring_due
from tests.feed.stage import ANNA, bounce, hit, read_now, reply, send
from tests.notifications.push_service import PushService
from tests.people import Rep

told_by_push = pytest.mark.usefixtures("phone")


async def kinds_told() -> list[str]:
    return sorted(one.kind for one in await Delivery.objects())


@told_by_push
async def test_replies_bounces_and_clicks_are_told_and_what_she_sends_is_not(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    await hit(sent, kind="click")
    await reply(sent)
    await bounce(sent)
    assert await kinds_told() == ["bounced", "clicked", "replied"]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", KIND_OF)
def test_whatever_is_told_has_a_sentence(kind: str, language: str) -> None:
    said = {"who": "Anna Weber", "subject": "Offer 2026", "words": "price list", "address": "miriam@brueckner.example"}
    assert KIND_OF[kind] in KINDS
    assert sentence(Delivery(workspace=new_id(), person=new_id(), kind=kind, said=said, thread=new_id()), Choice(language))


@told_by_push
async def test_the_same_fact_in_two_batches_is_one_delivery(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    await reply(sent)
    (one,) = await Delivery.objects()
    await rows(
        """INSERT INTO delivery (id, workspace, person, activity, way, place, kind, at, said, due_at, held, good_until, tries, problem, problem_code)
        SELECT gen_random_uuid(), workspace, person, activity, way, place, kind, at, '{}', due_at, false, good_until, 0, '', '' FROM delivery
        WHERE id = $1 ON CONFLICT DO NOTHING""",
        one.id,
    )
    assert await Delivery.count() == 1


@told_by_push
async def test_what_is_rolled_back_is_told_to_nobody(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)

    async def roll_back() -> None:
        async with together():
            await reply(sent)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await roll_back()
    assert await Delivery.count() == 0


@told_by_push
async def test_a_reminder_rings_here_only_if_she_wants_it_so(me: Me, miriam: Rep, gmail: Mailbox) -> None:
    await choose_return(me, inbox=True, notification=False, digest=True)
    await send(miriam, gmail, ANNA, reminds="1h")
    with later(timedelta(hours=2)):
        await read_now(gmail)
        await ring_due()
    assert await Delivery.count() == 0


@told_by_push
async def test_it_says_whose_turn_it_is_and_why(pushes: PushService, miriam: Rep, gmail: Mailbox) -> None:
    await send(miriam, gmail, ANNA, reminds="1h")
    pushes.ahead = timedelta(hours=2)
    with later(pushes.ahead):
        await read_now(gmail)
        await ring_due()
        await deliver_due()
    assert [push.words["body"] for push in pushes.taken] == ["Your turn: “Offer 2026” to Anna Weber. It was due, and nobody had answered."]


async def break_down(gmail: Mailbox, why: str) -> None:
    await BlindWindow(workspace=gmail.workspace, mailbox=gmail.id, since=now(), why=why, words="", code="").save()


@told_by_push
async def test_a_mailbox_that_broke_is_told_unless_it_is_back_before(gmail: Mailbox) -> None:
    await break_down(gmail, "reconnect")
    async with together():
        await announce(MailboxBroke(gmail.id))
    assert await kinds_told() == ["broke"]
    async with together():
        await announce(MailboxRestored(gmail.id, now(), 0))
    assert "broke" not in await kinds_told()


@told_by_push
async def test_that_she_disconnected_it_herself_is_no_news(gmail: Mailbox) -> None:
    await break_down(gmail, "disconnected")
    async with together():
        await announce(MailboxDisconnected(gmail.id))
    assert await kinds_told() == []


@told_by_push
async def test_what_she_forgets_is_not_told_any_more(miriam: Rep, gmail: Mailbox) -> None:
    await reply(await send(miriam, gmail, ANNA))
    async with together():
        await announce(LoggingStopped(miriam.person.id, "alpenblick.example"))
    assert await Delivery.count() == 0


@told_by_push
async def test_deliveries_are_not_kept_for_long_nor_what_they_said(pushes: PushService, miriam: Rep, gmail: Mailbox) -> None:
    await reply(await send(miriam, gmail, ANNA))
    await deliver_due()
    (one,) = await Delivery.objects().output(load_json=True)
    assert one.said == {}
    assert await forget_deliveries() == 0
    with later(KEPT + timedelta(hours=1)):
        assert await forget_deliveries() == 1


@told_by_push
async def test_a_browser_whose_keys_cannot_be_opened_holds_nobody_up(pushes: PushService, me: Me, miriam: Rep, gmail: Mailbox) -> None:
    sealed_elsewhere = Device(
        workspace=miriam.workspace.id, person=miriam.person.id, session=me.session.id, digest=b"x", sealed=b"gAAAAAnobody", host="push.example"
    )
    await sealed_elsewhere.save()
    await reply(await send(miriam, gmail, ANNA))
    await deliver_due()
    assert len(pushes.taken) == 1
