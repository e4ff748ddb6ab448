"""Every fact becomes a row of the feed, in its transaction."""

import json
from datetime import timedelta
from typing import Any

import pytest

from app.clock import later, now
from app.contacts.consent import refuse
from app.contacts.tables import Contact
from app.database import rows, together
from app.happenings import MailboxBroke, MailboxRestored, announce
from app.mailboxes.tables import Mailbox
from app.reminders.letting_go import let_go, take_back
from app.reminders.ringing import ring_due
from app.reminders.snoozing import snooze
from app.threads.recognising.kinds import DELIVERY_RECEIPT, READ_RECEIPT, READ_RECEIPT_DECLINED
from app.tracking.tables import CLICK, MACHINE, PERSON, UNKNOWN
from tests.feed.stage import ANNA, HENRIK, absence, bounce, break_down, hit, judge_again, read_now, receipt, reply, send
from tests.people import Rep
from tests.reminders.asked import reminder_on


async def told(rep: Rep) -> list[dict[str, Any]]:
    """What the rep's feed says, newest first."""
    found = await rows("SELECT * FROM activity WHERE person = $1 ORDER BY at DESC, id DESC", rep.person.id)
    return [{**row, "said": json.loads(row["said"])} for row in found]


async def test_a_sent_mail_is_told_with_name_and_subject(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    (row,) = await told(miriam)
    anna = await Contact.objects().where(Contact.address == ANNA.address).first()
    assert (row["kind"], row["said"]["who"], row["said"]["subject"]) == ("sent", "Anna Weber", "Offer 2026")
    assert (row["contact"], row["thread"], row["message"]) == (anna.id if anna else None, sent.thread, sent.id)


async def test_an_open_is_told_with_its_device(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    await hit(sent)
    row = (await told(miriam))[0]
    assert row["kind"] == "opened"
    assert row["said"]["device"]["system"] == "iPhone"


async def test_a_click_is_told_with_the_words_of_the_link(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    await hit(sent, kind=CLICK, link=0)
    row = (await told(miriam))[0]
    assert (row["kind"], row["said"]["words"]) == ("clicked", "price-list.pdf")


async def test_of_a_mail_to_several_nobody_is_named_as_the_one(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, HENRIK)
    await hit(sent)
    row = (await told(miriam))[0]
    assert row["said"]["who"] == ""
    assert row["said"]["names"] == ["Anna Weber", "Henrik Larsen"]
    assert row["contact"] is None


async def test_a_changed_verdict_changes_its_row_in_place(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    opened = await hit(sent)
    before = await told(miriam)
    await judge_again(sent, opened, PERSON, MACHINE)
    after = await told(miriam)
    assert [row["id"] for row in after] == [row["id"] for row in before]
    assert after[0]["kind"] == "machine"


async def test_answers_absences_and_returned_mail_are_told_apart(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, HENRIK)
    await reply(sent, ANNA, "That suits us.")
    await absence(sent, HENRIK)
    await bounce(sent, HENRIK.address)
    bounced, away, answered, _ = await told(miriam)
    assert (answered["kind"], answered["said"]["who"], answered["said"]["words"]) == ("replied", "Anna Weber", "That suits us.")
    assert (away["kind"], away["said"]["who"]) == ("auto_replied", "Henrik Larsen")
    assert (bounced["kind"], bounced["said"]["words"]) == ("bounced", "Mailbox full")


async def test_a_rung_reminder_waits_in_the_feed_until_it_is_over(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(timedelta(hours=2)):
        await read_now(gmail)
        await ring_due()
        assert "over" not in (await told(miriam))[0]["said"]
        await let_go(await reminder_on(sent))
        assert (await told(miriam))[0]["said"]["over"] == "settled"
        await take_back(await reminder_on(sent))
        assert "over" not in (await told(miriam))[0]["said"]
        await snooze(await reminder_on(sent), miriam.person, "tomorrow")
        assert (await told(miriam))[0]["said"]["over"] == "snoozed"


async def test_a_held_reminder_is_told_and_over_once_it_rings(miriam: Rep, gmail: Mailbox) -> None:
    await send(miriam, gmail, ANNA, reminds="1h")
    with later(timedelta(hours=2)):
        await break_down(gmail)
        await ring_due()
    with later(timedelta(hours=3)):
        await read_now(gmail)
        await ring_due()
    rang, held, _ = await told(miriam)
    assert (rang["kind"], held["kind"], held["said"]["over"]) == ("rang", "held", "moved")


async def test_a_breakdown_becomes_the_window_in_which_we_were_blind(miriam: Rep, gmail: Mailbox) -> None:
    since = now()
    await Mailbox.update({Mailbox.broken_at: since}).where(Mailbox.id == gmail.id)
    async with together():
        await announce(MailboxBroke(gmail.id))
    with later(timedelta(hours=2)):
        async with together():
            await announce(MailboxRestored(gmail.id, since, 7))
    (row,) = await told(miriam)
    assert (row["kind"], row["at"], row["said"]["found"]) == ("blind", since, 7)


async def test_a_refusal_is_told_to_whoever_wrote_to_them(miriam: Rep, gmail: Mailbox) -> None:
    await send(miriam, gmail, ANNA)
    anna = await Contact.objects().where(Contact.address == ANNA.address).first()
    assert anna is not None
    await refuse(anna, "by the link in a mail", None)
    assert (await told(miriam))[0]["kind"] == "refused"


async def test_a_fact_that_is_rolled_back_is_told_to_nobody(miriam: Rep, gmail: Mailbox) -> None:
    async def killed() -> None:
        async with together():
            await send(miriam, gmail, ANNA)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await killed()
    assert await told(miriam) == []


async def test_what_nobody_can_tell_is_told_as_that(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    await hit(sent, verdict=UNKNOWN, device={"client": "Apple Mail", "hidden_by": "Apple"})
    assert (await told(miriam))[0]["kind"] == "unknown"


@pytest.mark.parametrize(
    ("kind", "row_kind"), [(DELIVERY_RECEIPT, "delivered"), (READ_RECEIPT, "receipt"), (READ_RECEIPT_DECLINED, "declined")]
)
async def test_a_receipt_is_told_as_what_it_is(miriam: Rep, gmail: Mailbox, kind: str, row_kind: str) -> None:
    sent = await send(miriam, gmail, ANNA, HENRIK)
    await receipt(sent, kind)
    row = (await told(miriam))[0]
    assert (row["kind"], row["message"], row["said"]["who"], row["said"]["subject"]) == (row_kind, sent.id, "Anna Weber", "Offer 2026")
    assert row["said"].get("by", "") == ("mx.alpenblick.example" if kind == DELIVERY_RECEIPT else "")
