"""A push goes out encrypted and vouched for, at least once, and what its service answers is minded."""

import asyncio
from datetime import timedelta

import pytest

from app.clock import later
from app.database import rows
from app.identity.guarding import Me
from app.mailboxes.tables import Mailbox
from app.notifications import delivering
from app.notifications.delivering import CLAIM_LASTS, deliver_due
from app.notifications.pushing import BUSY, NOT_OURS, Address
from app.notifications.subscribing import devices_of, octets, subscribe, sweep_devices, try_out
from app.notifications.tables import Delivery, Device, PushKey
from app.notifications.vouching import make_key
from app.reminders.ringing import ring_due
from tests import people
from tests.feed.stage import ANNA, hit, reply, send
from tests.notifications.conftest import signed_in
from tests.notifications.push_service import Browser, PushService
from tests.people import Rep


class Killed(BaseException):
    """kill -9."""


async def test_an_open_arrives_at_the_browser_in_words(pushes: PushService, phone: Browser, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    await hit(sent)

    await deliver_due()

    (push,) = pushes.taken
    assert pushes.refused == []
    assert push.words["body"] == "Anna Weber opened “Offer 2026”"
    assert push.words["tag"] == f"opened-{sent.id}"
    assert push.words["way"] == f"/threads/{sent.thread}#message-{sent.id}"
    assert (push.headers["urgency"], int(push.headers["ttl"]) > 3600) == ("normal", True)


async def test_it_speaks_the_persons_language(pushes: PushService, phone: Browser, miriam: Rep, gmail: Mailbox) -> None:
    await miriam.person.update_self({"locale": "de"})
    await reply(await send(miriam, gmail, ANNA))
    await deliver_due()
    (push,) = pushes.taken
    assert push.words["body"] == "Anna Weber hat auf „Offer 2026“ geantwortet"
    assert push.headers["urgency"] == "high"


async def test_the_fifth_open_in_ten_minutes_is_no_news(pushes: PushService, phone: Browser, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    for minute in range(5):
        with later(timedelta(minutes=minute)):
            await hit(sent)
    await deliver_due()
    assert len(pushes.taken) == 1


async def test_what_machines_and_she_herself_do_is_told_nowhere(phone: Browser, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    for verdict in ("machine", "self", "unknown"):
        await hit(sent, verdict=verdict)
    assert await Delivery.count() == 0


@pytest.mark.parametrize("when", ["before it was asked", "before its answer was noted"])
async def test_a_killed_worker_loses_nothing_and_the_second_push_has_the_same_id(
    pushes: PushService, phone: Browser, miriam: Rep, gmail: Mailbox, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    await hit(await send(miriam, gmail, ANNA))
    with monkeypatch.context() as patched:
        patched.setattr(delivering, "push" if when == "before it was asked" else "done", killed)
        with pytest.raises(Killed):
            await deliver_due()
    assert await deliver_due() == 0

    with later(CLAIM_LASTS + timedelta(seconds=1)):
        await deliver_due()
        await deliver_due()

    assert len(pushes.taken) == (1 if when == "before it was asked" else 2)
    assert len({(push.words["id"], push.words["tag"]) for push in pushes.taken}) == 1


async def killed(*_: object) -> None:
    raise Killed


async def test_two_workers_push_each_thing_once(pushes: PushService, phone: Browser, miriam: Rep, gmail: Mailbox) -> None:
    for subject in "ABCDEFGH":
        await hit(await send(miriam, gmail, ANNA, subject=subject))
    await asyncio.gather(deliver_due(), deliver_due(), deliver_due())
    assert sorted(push.words["body"][-2] for push in pushes.taken) == list("ABCDEFGH")


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_ended_its_subscription_is_forgotten(
    pushes: PushService, phone: Browser, miriam: Rep, gmail: Mailbox, status: int
) -> None:
    pushes.answers = [(status, "")]
    await hit(await send(miriam, gmail, ANNA))
    await deliver_due()
    assert (await Device.count(), await Delivery.count()) == (0, 0)


@pytest.mark.parametrize(("status", "retry_after"), [(429, "Retry-After: 300\r\n"), (503, "Retry-After: 300\r\n"), (500, "")])
async def test_a_busy_push_service_is_asked_again_when_it_says(
    pushes: PushService, phone: Browser, me: Me, miriam: Rep, gmail: Mailbox, status: int, retry_after: str
) -> None:
    pushes.answers = [(status, retry_after)]
    await hit(await send(miriam, gmail, ANNA))
    await deliver_due()
    assert (await devices_of(me))[0].problem == BUSY

    with later(timedelta(seconds=290 if retry_after else 10)):
        assert await deliver_due() == 0
    with later(timedelta(seconds=310)):
        await deliver_due()

    assert len(pushes.taken) == 1
    assert (await devices_of(me))[0].problem == ""


async def test_what_is_too_large_goes_again_with_fewer_words(pushes: PushService, phone: Browser, miriam: Rep, gmail: Mailbox) -> None:
    pushes.answers = [(413, "")]
    await hit(await send(miriam, gmail, ANNA))
    await deliver_due()
    with later(timedelta(minutes=1)):
        await deliver_due()
    (push,) = pushes.taken
    assert (push.words["body"], push.words["way"].startswith("/threads/")) == ("", True)


async def test_a_service_that_does_not_take_our_key_is_not_asked_again_and_she_is_told(
    pushes: PushService, phone: Browser, me: Me, miriam: Rep, gmail: Mailbox
) -> None:
    pushes.key = "another"
    await hit(await send(miriam, gmail, ANNA))
    await deliver_due()
    with later(timedelta(days=1)):
        assert await deliver_due() == 0
    assert (await devices_of(me))[0].problem == NOT_OURS


async def test_a_service_out_of_reach_is_tried_until_it_is_of_no_use(pushes: PushService, phone: Browser, miriam: Rep, gmail: Mailbox) -> None:
    nobody = Address("http://127.0.0.1:9/push/b1", octets(phone.p256dh), phone.auth)
    await Device.update({Device.sealed: nobody.sealed()}, force=True)
    await hit(await send(miriam, gmail, ANNA))
    await deliver_due()
    (waiting,) = await Delivery.objects()
    assert (waiting.tries, waiting.problem_code) == (1, "ConnectError")
    with later(timedelta(hours=5)):
        await deliver_due()
    (waiting,) = await Delivery.objects()
    assert (waiting.due_at, waiting.delivered_at) == (None, None)


async def test_signing_out_ends_it_at_once(pushes: PushService, phone: Browser, me: Me, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    await hit(sent)
    await me.session.update_self({"ended_at": me.session.created_at})
    await reply(sent)
    await deliver_due()
    assert pushes.taken == []
    assert await Delivery.count() == 0
    assert await sweep_devices() == 1


async def test_a_reminder_that_is_over_before_it_was_told_is_not_told(pushes: PushService, phone: Browser, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(timedelta(hours=2)):
        await gmail.update_self({"synced_at": sent.at + timedelta(hours=2)})
        await ring_due()
        assert [one.kind for one in await Delivery.objects()] == ["rang"]
        await reply(sent)
        await deliver_due()
    assert [push.words["body"] for push in pushes.taken] == ["Anna Weber replied to “Offer 2026”"]


async def test_one_that_she_asks_for_comes_at_once(pushes: PushService, phone: Browser, me: Me) -> None:
    (device,) = await devices_of(me)
    await try_out(me, device.id)
    assert (await devices_of(me))[0].under_way
    await deliver_due()
    (after,) = await devices_of(me)
    assert (after.under_way, after.delivered_at is not None) == (False, True)
    assert pushes.taken[0].words["way"] == "/settings/notifications"


async def test_every_browser_of_hers_is_told_and_no_colleagues(pushes: PushService, phone: Browser, miriam: Rep, gmail: Mailbox) -> None:
    await subscribe(await signed_in(miriam), **pushes.browser("b2").said())
    robin = await people.rep("Robin Vogel", "robin@brueckner.example", miriam.workspace)
    await subscribe(await signed_in(robin), **pushes.browser("b3").said())
    await hit(await send(miriam, gmail, ANNA))
    await deliver_due()
    assert sorted(push.path for push in pushes.taken) == ["/push/b1", "/push/b2"]


async def test_there_is_one_key_for_all_nodes_and_it_is_sealed(database: None) -> None:
    made = await asyncio.gather(make_key(), make_key(), make_key())
    assert sorted(made) == [False, False, True]
    (key,) = await PushKey.objects()
    assert bytes(key.private).startswith(b"gAAAA")


async def test_where_a_browser_takes_pushes_is_kept_sealed(phone: Browser) -> None:
    (kept,) = await rows("SELECT row_to_json(device)::text AS all FROM device")
    assert "/push/b1" not in kept["all"]
    assert phone.p256dh not in kept["all"]
