"""A receipt lifts the mail it is about by one honest step, and a bounce takes it down again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app import happenings
from app.clock import now
from app.happenings import BounceReceived, DeliveryConfirmed, ReadConfirmed, ReadDeclined
from app.threads.asking import Step, ladder, tick
from app.threads.filing import To, file_sent
from app.threads.receiving import receive
from app.threads.tables import RECEIVED, SENT, Message, Recipient
from tests.threads import mails
from tests.threads.conftest import OFFER_ID, Desk, outgoing
from tests.threads.mails import ANNA, HENRIK

SERVER = "mx.alpenblick.example"
BOTH_ID = "<both@brueckner.example>"


@pytest.fixture
def confirmed(told: list[Any]) -> Iterator[list[Any]]:
    """The facts that came of it, receipts included."""

    async def note(fact: object) -> None:
        told.append(fact)

    for fact in (DeliveryConfirmed, ReadConfirmed, ReadDeclined):
        happenings.when(fact, note)
    return told


async def both(desk: Desk) -> Message:
    """An offer that went to Anna and to Henrik."""
    return await file_sent(outgoing(desk.miriam, desk.mailbox, message_id=BOTH_ID, provider_id="p2", to=[To(ANNA), To(HENRIK)]))


async def receipt() -> Message:
    found = await Message.objects().where(Message.direction == RECEIVED).first()
    assert found is not None
    return found


def steps(message: Message) -> list[str]:
    return [step.tick for step in ladder(message) if step.at is not None]


async def test_a_server_confirms_the_delivery_and_is_named(desk: Desk, confirmed: list[Any]) -> None:
    report = mails.bounce(OFFER_ID, now(), action="delivered", status="2.0.0")
    await receive(desk.mailbox, report, imported=False)

    await desk.offer.refresh()
    answer = await receipt()
    assert confirmed == [DeliveryConfirmed(answer.id, desk.offer.id, ANNA, SERVER)]
    assert (answer.thread, answer.answers) == (desk.offer.thread, desk.offer.id)
    assert ladder(desk.offer)[1] == Step("delivered", report.at, SERVER)
    assert tick(desk.offer) == "delivered"
    assert desk.offer.replied_at is None


async def test_being_passed_on_is_no_delivery(desk: Desk, confirmed: list[Any]) -> None:
    await receive(desk.mailbox, mails.bounce(OFFER_ID, now(), action="relayed", status="2.0.0"), imported=False)
    await desk.offer.refresh()
    assert [fact.final for fact in confirmed] == [False]
    assert tick(desk.offer) == "sent"


async def test_a_late_bounce_takes_the_delivery_back(desk: Desk, confirmed: list[Any]) -> None:
    await receive(desk.mailbox, mails.bounce(OFFER_ID, now() - timedelta(minutes=9), action="delivered", status="2.0.0"), imported=False)
    late = mails.bounce(OFFER_ID, now())
    await receive(desk.mailbox, mails.mail(late.raw.replace(b"<dsn-1@", b"<dsn-2@"), late.at, thread=""), imported=False)

    await desk.offer.refresh()
    [anna] = await Recipient.objects().where(Recipient.message == desk.offer.id)
    assert isinstance(confirmed[-1], BounceReceived)
    assert (desk.offer.delivered_at, tick(desk.offer)) == (None, "failed")
    assert "delivered" not in steps(desk.offer)
    assert (anna.delivered_by, anna.failure) == (SERVER, f"550 5.1.1 <{ANNA}>: user unknown")


async def test_a_bounce_takes_back_only_the_delivery_to_whom_it_is_about(desk: Desk, confirmed: list[Any]) -> None:
    offer = await both(desk)
    for number, (address, action) in enumerate([(ANNA, "delivered"), (HENRIK, "delivered"), (ANNA, "failed")]):
        report = mails.bounce(BOTH_ID, now() - timedelta(minutes=9 - number), address=address, action=action, status="")
        await receive(desk.mailbox, mails.mail(report.raw.replace(b"<dsn-1@", b"<dsn-%d@" % number), report.at, thread=""), imported=False)

    await offer.refresh()
    [henrik] = await Recipient.objects().where((Recipient.message == offer.id) & (Recipient.address == HENRIK))
    assert offer.delivered_at == henrik.delivered_at
    assert tick(offer) == "delivered"


async def test_what_came_back_is_not_delivered_by_a_report_that_comes_after(desk: Desk, confirmed: list[Any]) -> None:
    await receive(desk.mailbox, mails.bounce(OFFER_ID, now() - timedelta(minutes=9)), imported=False)
    late = mails.bounce(OFFER_ID, now(), action="delivered", status="2.0.0")
    await receive(desk.mailbox, mails.mail(late.raw.replace(b"<dsn-1@", b"<dsn-2@"), late.at, thread=""), imported=False)
    await desk.offer.refresh()
    assert (desk.offer.delivered_at, tick(desk.offer)) == (None, "failed")


async def test_a_read_receipt_is_above_a_click_and_below_a_reply(desk: Desk, confirmed: list[Any]) -> None:
    await desk.offer.update_self({Message.clicked_at: now() - timedelta(minutes=30)})
    await receive(desk.mailbox, mails.read_receipt(OFFER_ID, now()), imported=False)

    await desk.offer.refresh()
    assert confirmed == [ReadConfirmed((await receipt()).id, desk.offer.id, ANNA)]
    assert steps(desk.offer) == ["sent", "opened", "clicked", "receipt"]
    assert (tick(desk.offer), desk.offer.read_by, desk.offer.replied_at) == ("receipt", ANNA, None)


async def test_a_read_receipt_implies_the_open(desk: Desk, confirmed: list[Any]) -> None:
    await receive(desk.mailbox, mails.read_receipt(OFFER_ID, now()), imported=False)
    await desk.offer.refresh()
    assert steps(desk.offer) == ["sent", "opened", "receipt"]
    assert desk.offer.opens == 0


@pytest.mark.parametrize("disposition", ["denied", "deleted"])
async def test_a_declined_receipt_is_shown_and_is_no_open(desk: Desk, confirmed: list[Any], disposition: str) -> None:
    await receive(desk.mailbox, mails.read_receipt(OFFER_ID, now(), disposition), imported=False)

    await desk.offer.refresh()
    assert confirmed == [ReadDeclined((await receipt()).id, desk.offer.id, ANNA)]
    assert steps(desk.offer) == ["sent", "declined"]
    assert (tick(desk.offer), desk.offer.opened_at) == ("sent", None)


async def test_what_was_asked_for_is_a_step_that_is_not_reached_yet(desk: Desk) -> None:
    asking = await file_sent(outgoing(desk.miriam, desk.mailbox, message_id=BOTH_ID, provider_id="p2", asks_read=True, asks_delivery=True))
    assert [step.tick for step in ladder(asking)] == ["sent", "delivered", "opened", "clicked", "receipt", "replied"]
    assert [step.tick for step in ladder(desk.offer)] == ["sent", "opened", "clicked", "replied"]


async def test_a_mail_from_another_program_that_asks_for_a_receipt_is_known_to(desk: Desk, confirmed: list[Any]) -> None:
    await receive(desk.mailbox, mails.sent_copy(now(), Disposition_Notification_To="miriam@brueckner.example"), imported=False)
    found = await Message.objects().where((Message.direction == SENT) & (Message.id != desk.offer.id)).first()
    assert found is not None
    assert found.asks_read


async def test_history_is_confirmed_without_a_word(desk: Desk, confirmed: list[Any]) -> None:
    await desk.offer.update_self({Message.imported: True})
    before = desk.mailbox.connected_at - timedelta(days=1)
    await desk.offer.update_self({Message.at: before - timedelta(hours=1)})
    await receive(desk.mailbox, mails.read_receipt(OFFER_ID, before), imported=True)
    await desk.offer.refresh()
    assert (confirmed, tick(desk.offer)) == ([], "receipt")
