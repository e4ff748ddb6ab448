"""Every mail in Sent is accounted for, and the sums are the provider's own, whatever was sent from wherever."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app import reactions
from app.clock import later, now
from app.contacts.consent import refuse
from app.contacts.finding import meet
from app.contacts.refusing import stop_logging
from app.database import rows
from app.identity.guarding import Me
from app.mailboxes.importing import import_due
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers.gmail import Gmail
from app.mailboxes.syncing import sync_due
from app.mailboxes.tables import GMAIL, OUTLOOK, Cursor, Mailbox
from app.outbox.composing import queue
from app.outbox.dispatching import dispatch_due
from app.threads.receiving import receive
from app.threads.reconciling import ask_for, compare_due
from app.threads.tables import ComparedDay, Comparison, Message, SentMail
from app.threads.tallying import days_of_sent, mails_of_day
from tests.mailboxes.conftest import ADDRESSES, AT_SANDBOX, Connect, Strings, connect, strings, wires
from tests.outbox.conftest import a_draft

__all__ = ["connect", "strings", "wires"]

BOTH = pytest.mark.parametrize("name", [GMAIL, OUTLOOK])
BERLIN = ZoneInfo("Europe/Berlin")
ANNA = "Anna Weber <anna@acme.example>"
PRIVATE = "steuer@kanzlei.example"


@pytest.fixture(autouse=True)
def wired() -> None:
    reactions.wire()


async def connected(me: Me, connect: Connect, name: str) -> Mailbox:
    mailbox = await connect(me, name)
    await import_due(receive)
    await sync_due(receive)
    found = await Mailbox.objects().get(Mailbox.id == mailbox.id)
    assert found is not None
    return found


async def elsewhere(strings: Strings, mailbox: Mailbox, subject: str, to: str = ANNA, **more: Any) -> None:
    """Written on a phone or in another program."""
    await strings.pull(f"mailboxes/{mailbox.address}/messages", folder="sent", to=to, subject=subject, text="Hello", **more)


async def a_minute_later(strings: Strings, minutes: int = 1) -> None:
    await strings.pull("clock", seconds=minutes * 60)
    with later(timedelta(minutes=minutes)):
        await dispatch_due()
        await sync_due(receive)


async def compared(mailbox: Mailbox) -> Comparison:
    await compare_due(receive)
    found = await Comparison.objects().where(Comparison.mailbox == mailbox.id).first()
    assert found is not None
    return found


async def ledger(mailbox: Mailbox) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    for day in await days_of_sent(mailbox, BERLIN):
        for key, number in day.numbers.items():
            sums[key] = sums.get(key, 0) + number
    return sums


async def a_mix(me: Me, mailbox: Mailbox, strings: Strings) -> None:
    """One of each: tracked, without consent, switched off; from a phone, as plain text, under an alias, to the never-log list, to herself."""
    await refuse(await meet(me.workspace.id, "henrik@nordsee.example", "Henrik Larsen"), "on the phone")
    await stop_logging(me, PRIVATE)
    await queue(me, await a_draft(me, mailbox, subject="Tracked"))
    await queue(me, await a_draft(me, mailbox, "henrik@nordsee.example", subject="No consent"))
    await queue(me, await a_draft(me, mailbox, subject="Switched off", tracks_opens=False, tracks_clicks=False))
    await queue(me, await a_draft(me, mailbox, subject="Not to be logged", logs=False, tracks_opens=False, tracks_clicks=False))
    await queue(me, await a_draft(me, mailbox, PRIVATE, subject="To the tax adviser"))
    await dispatch_due()
    await elsewhere(strings, mailbox, "On the train", html="<p>Hello</p>", headers={"X-Mailer": "iPhone Mail (22A3354)"})
    await elsewhere(strings, mailbox, "As text")
    await elsewhere(strings, mailbox, "As HTML", html="<p>Hello</p>")
    await elsewhere(strings, mailbox, "From sales", html="<p>Hello</p>", **{"from": "sales@brueckner.example"})
    await elsewhere(strings, mailbox, "Private", to=PRIVATE)
    await elsewhere(strings, mailbox, "To myself", to=mailbox.address)


MIX = {
    ("tracked", ""): 1, ("logged", "no_consent"): 1, ("logged", "switched_off"): 1, ("not_logged", "not_asked_to"): 1, ("not_logged", "never_log"): 2,
    ("logged", "phone"): 1, ("logged", "plain"): 1, ("logged", "elsewhere"): 1, ("logged", "alias"): 1, ("not_logged", "nobody_outside"): 1,
}  # fmt: skip


@BOTH
async def test_after_a_mix_of_sends_every_mail_has_its_reason_and_the_sums_are_the_providers(
    name: str, miriam: Me, connect: Connect, strings: Strings
) -> None:
    mailbox = await connected(miriam, connect, name)
    await a_mix(miriam, mailbox, strings)
    await a_minute_later(strings)

    with later(timedelta(minutes=1)):
        comparison = await compared(mailbox)
        sums = await ledger(mailbox)

    at_provider = len(await strings.copies(mailbox.address, "sent"))
    assert sums == MIX
    assert sum(sums.values()) == at_provider == comparison.total == 11
    assert (comparison.older, comparison.found, comparison.problem) == (0, 0, "")
    assert await ComparedDay.select(ComparedDay.ours, ComparedDay.theirs).where(ComparedDay.ours != ComparedDay.theirs) == []
    assert comparison.due_at - now() > timedelta(hours=20)


@BOTH
async def test_of_what_is_not_logged_no_word_and_no_address_is_kept(name: str, miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox = await connected(miriam, connect, name)
    await stop_logging(miriam, PRIVATE)
    await elsewhere(strings, mailbox, "Vertraulich", to=PRIVATE)
    await a_minute_later(strings)

    kept = str([await rows(f"SELECT * FROM {table}") for table in ("sent_mail", "message", "recipient", "contact", "activity", "thread")])
    [day] = await days_of_sent(mailbox, BERLIN)
    [mail] = await mails_of_day(mailbox.id, day.day)

    assert "Vertraulich" not in kept
    assert PRIVATE not in kept
    assert (mail["state"], mail["why"], mail["subject"], mail["whom"]) == ("not_logged", "never_log", "", None)


@BOTH
async def test_what_reading_missed_is_taken_in_by_the_comparison(name: str, miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox = await connected(miriam, connect, name)
    await elsewhere(strings, mailbox, "Slipped through", html="<p>Hello</p>", date=(now() + timedelta(seconds=2)).isoformat())
    await skip_everything(mailbox)
    await sync_due(receive)

    comparison = await compared(mailbox)

    assert comparison.found == 1
    assert await ledger(mailbox) == {("logged", "elsewhere"): 1}
    assert await Message.count().where(Message.subject == "Slipped through") == 1


async def skip_everything(mailbox: Mailbox) -> None:
    """As if the provider had never told of it."""
    provider = await open_mailbox(mailbox)
    for cursor in await Cursor.objects().where(Cursor.mailbox == mailbox.id):
        place = await provider.start(cursor.folder)
        if mailbox.provider == OUTLOOK:
            with later(timedelta(minutes=10)):
                place = await provider.start(cursor.folder)
        await cursor.update_self({Cursor.value: place})


@BOTH
async def test_a_mail_that_was_deleted_from_sent_is_counted_no_longer_and_kept_all_the_same(
    name: str, miriam: Me, connect: Connect, strings: Strings
) -> None:
    mailbox = await connected(miriam, connect, name)
    for subject in ("Stays", "Goes"):
        await elsewhere(strings, mailbox, subject, html="<p>Hello</p>")
    await a_minute_later(strings)
    await compared(mailbox)
    goes = await Message.objects().get(Message.subject == "Goes")
    assert goes is not None
    await (await open_mailbox(mailbox)).clear(goes.provider_id)

    with later(timedelta(days=1)):
        await Mailbox.update({Mailbox.synced_at: now()}).where(Mailbox.id == mailbox.id)
        comparison = await compared(mailbox)
        [day] = await days_of_sent(mailbox, BERLIN)

    assert (comparison.total, day.accounted, day.gone, day.difference) == (1, 1, 1, 0)
    assert await Message.count().where(Message.subject == "Goes") == 1


@BOTH
async def test_mail_from_before_the_connect_is_imported_or_at_least_counted(name: str, miriam: Me, connect: Connect, strings: Strings) -> None:
    await strings.pull(f"mailboxes/{ADDRESSES[name]}", provider=AT_SANDBOX[name])
    for days, subject in ((50, "Old"), (9, "Lately")):
        date = (now() - timedelta(days=days)).isoformat()
        await strings.pull(
            f"mailboxes/{ADDRESSES[name]}/messages", folder="sent", to="anna@acme.example", subject=subject, html="<p>x</p>", date=date
        )
    mailbox = await connected(miriam, connect, name)
    date = (now() - timedelta(days=5)).isoformat()
    await strings.pull(
        f"mailboxes/{ADDRESSES[name]}/messages", folder="sent", to="anna@acme.example", subject="Moved there", html="<p>x</p>", date=date
    )
    await skip_everything(mailbox)

    comparison = await compared(mailbox)

    assert (comparison.total, comparison.older) == (3, 1)
    assert await ledger(mailbox) == {("logged", "elsewhere"): 1, ("not_logged", "before"): 1}
    assert await Message.count().where(Message.subject == "Moved there") == 0


async def test_a_difference_is_told_with_its_day_and_looked_at_again_within_the_hour(
    miriam: Me, connect: Connect, strings: Strings, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox = await connected(miriam, connect, GMAIL)
    await elsewhere(strings, mailbox, "As text")
    await a_minute_later(strings)
    counted = Gmail.count_sent

    async def one_more_today(self: Gmail, since: Any = None, until: Any = None) -> int:
        return await counted(self, since, until) + (until is None)

    monkeypatch.setattr(Gmail, "count_sent", one_more_today)
    comparison = await compared(mailbox)

    [day] = await days_of_sent(mailbox, BERLIN)
    assert (day.difference, day.day.end) == (1, None)
    assert comparison.due_at - now() < timedelta(hours=2)


async def test_two_copies_of_one_mail_are_two_in_the_sum_and_one_message(miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox = await connected(miriam, connect, GMAIL)
    for _ in range(2):
        await elsewhere(strings, mailbox, "Twice", headers={"Message-ID": "<twice@phone.example>"})
    await a_minute_later(strings)

    comparison = await compared(mailbox)

    assert await ledger(mailbox) == {("logged", "plain"): 1, ("not_logged", "duplicate"): 1}
    assert (comparison.total, await Message.count()) == (2, 1)


async def test_putting_somebody_on_the_never_log_list_leaves_their_mail_in_the_sum(miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox = await connected(miriam, connect, GMAIL)
    await elsewhere(strings, mailbox, "To the tax adviser", to=PRIVATE)
    await a_minute_later(strings)

    await stop_logging(miriam, PRIVATE)

    assert (await Message.count(), await ledger(mailbox)) == (0, {("not_logged", "never_log"): 1})
    assert (await compared(mailbox)).total == await SentMail.count() == 1


async def test_a_blind_window_is_followed_by_a_comparison(miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox = await connected(miriam, connect, GMAIL)
    await compared(mailbox)
    with later(timedelta(hours=3)):
        await sync_due(receive)

        found = await Comparison.objects().get(Comparison.mailbox == mailbox.id)
        assert found is not None
        assert found.due_at <= now()
        await ask_for(mailbox.id)
        assert await compare_due(receive) == 1
