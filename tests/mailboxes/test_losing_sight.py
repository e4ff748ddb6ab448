"""A period in which a mailbox could not be read is a row: when it began, why, when it was over, and what was found afterwards."""

from datetime import timedelta

import pytest

from app.clock import later, now
from app.happenings import MailboxBroke, MailboxDisconnected, MailboxRestored
from app.identity.guarding import Me
from app.mailboxes.disconnecting import disconnect
from app.mailboxes.freshness import how_fresh
from app.mailboxes.losing_sight import lose_sight, notice_silence, windows_touching
from app.mailboxes.syncing import sync_due
from app.mailboxes.tables import GMAIL, SEND_TIER, BlindWindow, Mailbox
from tests.mailboxes.conftest import ADDRESSES, AT_SANDBOX, Connect, Strings
from tests.mailboxes.heard import Heard
from tests.mailboxes.test_syncing import BOTH, ROUND, Desk, arrives, row

HOUR = timedelta(hours=1)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def windows(mailbox: Mailbox) -> list[BlindWindow]:
    return await BlindWindow.objects().where(BlindWindow.mailbox == mailbox.id).order_by(BlindWindow.since)


@BOTH
async def test_an_outage_of_three_hours_is_one_window_with_what_came_inside_it(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str, heard: Heard
) -> None:
    mailbox = await connect(miriam, provider)
    await sync_due(desk.receive)
    last_good = (await row(mailbox)).synced_at
    await strings.fault("503", provider=AT_SANDBOX[provider], path="/gmail/|/graph/", count=-1)
    for minutes in (6, 20, 60, 120, 170):
        with later(timedelta(minutes=minutes)):
            await sync_due(desk.receive)
    with later(2 * HOUR):
        held = await how_fresh(mailbox)
    for hours in (0.5, 1, 2):
        await arrives(strings, ADDRESSES[provider], f"Nach {hours}", date=(now() + hours * HOUR).isoformat())
    await strings.client.delete("/control/faults")

    with later(3 * HOUR):
        await sync_due(desk.receive)
        over = now()
        fresh = await how_fresh(mailbox)
    await arrives(strings, ADDRESSES[provider], "Danach", date=(now() + 3 * HOUR + ROUND).isoformat())
    with later(3 * HOUR + 2 * ROUND):
        await sync_due(desk.receive)

    [window] = await windows(mailbox)
    assert (window.since, window.why, window.found) == (last_good, "retry", 3)
    assert over - timedelta(minutes=1) < window.until <= over
    assert (held.state, held.since, held.why) == ("blind", last_good, "retry")
    assert (fresh.state, fresh.since) == ("fresh", None)
    assert heard.facts[1:] == [MailboxBroke(mailbox.id), MailboxRestored(mailbox.id, last_good, 3)]


@BOTH
async def test_while_no_worker_runs_nobody_reads_and_that_is_a_window_too(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str, heard: Heard
) -> None:
    mailbox = await connect(miriam, provider)
    await sync_due(desk.receive)
    last_good = (await row(mailbox)).synced_at
    await arrives(strings, ADDRESSES[provider], "Mittags", date=(now() + HOUR).isoformat())

    with later(3 * HOUR):
        seen_by_pages = await windows_touching(miriam.workspace.id, miriam.person.id, now() - HOUR, now())
        await sync_due(desk.receive)

    [window] = await windows(mailbox)
    assert [(one.since, one.until, one.why) for one in seen_by_pages] == [(last_good, None, "silent")]
    assert (window.since, window.why, window.found) == (last_good, "silent", 1)
    assert heard.facts[1:] == [MailboxRestored(mailbox.id, last_good, 1)]


async def test_silence_is_told_while_it_lasts_and_once(miriam: Me, connect: Connect, desk: Desk, heard: Heard) -> None:
    mailbox = await connect(miriam, GMAIL)
    await sync_due(desk.receive)

    assert await notice_silence() == 0
    with later(timedelta(minutes=6)):
        assert (await notice_silence(), await notice_silence()) == (1, 0)
        assert heard.facts[-1] == MailboxBroke(mailbox.id)
        await sync_due(desk.receive)

    [window] = await windows(mailbox)
    assert (window.why, window.until is None) == ("silent", False)
    assert isinstance(heard.facts[-1], MailboxRestored)


async def test_the_usual_rest_between_two_rounds_is_no_window(miriam: Me, connect: Connect, desk: Desk) -> None:
    mailbox = await connect(miriam, GMAIL)
    for rounds in range(4):
        with later(ROUND * rounds):
            await sync_due(desk.receive)
            assert await notice_silence() == 0

    assert await windows(mailbox) == []


async def test_silence_that_turns_out_to_be_a_lost_grant_is_one_window_with_that_reason(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, heard: Heard
) -> None:
    mailbox = await connect(miriam, GMAIL)
    await sync_due(desk.receive)
    await strings.pull(f"mailboxes/{ADDRESSES[GMAIL]}/revoke")

    with later(timedelta(minutes=6)):
        await notice_silence()
        await sync_due(desk.receive)

    [window] = await windows(mailbox)
    assert (window.why, window.until) == ("reconnect", None)
    assert window.words != ""
    assert heard.facts[1:] == [MailboxBroke(mailbox.id), MailboxBroke(mailbox.id)]


@BOTH
async def test_what_came_between_disconnecting_and_connecting_again_is_found_and_counted(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str, heard: Heard
) -> None:
    mailbox = await connect(miriam, provider)
    await sync_due(desk.receive)
    last_good = (await row(mailbox)).synced_at
    await disconnect(await row(mailbox))
    meanwhile = await how_fresh(mailbox)
    await arrives(strings, ADDRESSES[provider], "Inzwischen")

    await connect(miriam, provider, mailbox=await row(mailbox))
    await sync_due(desk.receive)

    [window] = await windows(mailbox)
    assert (window.since, window.why, window.found, window.until is None) == (last_good, "disconnected", 1, False)
    assert (meanwhile.state, meanwhile.why, meanwhile.can_be_read) == ("blind", "disconnected", False)
    assert MailboxDisconnected(mailbox.id) in heard.facts
    assert heard.facts[-1] == MailboxRestored(mailbox.id, last_good, 1)


async def test_a_mailbox_that_comes_back_for_sending_only_is_not_said_to_have_been_looked_through(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk
) -> None:
    mailbox = await connect(miriam, GMAIL)
    await sync_due(desk.receive)
    await disconnect(await row(mailbox))

    await connect(miriam, GMAIL, SEND_TIER, mailbox=await row(mailbox))

    [window] = await windows(mailbox)
    assert (window.why, window.until is None, window.found) == ("sends_only", False, 0)


async def test_what_is_found_after_a_window_was_closed_is_counted_in_it_still(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, heard: Heard
) -> None:
    mailbox = await connect(miriam, GMAIL)
    await sync_due(desk.receive)
    last_good = (await row(mailbox)).synced_at
    inside = (now() + HOUR).isoformat()
    with later(3 * HOUR):
        await sync_due(desk.receive)

    await arrives(strings, ADDRESSES[GMAIL], "Verspätet", date=inside)
    with later(3 * HOUR + ROUND):
        await sync_due(desk.receive)

    [window] = await windows(mailbox)
    assert window.found == 1
    assert heard.facts[-1] == MailboxRestored(mailbox.id, last_good, 1)


async def test_a_mailbox_never_has_two_open_windows(miriam: Me, connect: Connect, desk: Desk) -> None:
    mailbox = await connect(miriam, GMAIL)

    for why in ("silent", "retry", "silent", "reconnect"):
        await lose_sight(mailbox, why)

    [window] = await windows(mailbox)
    assert window.why == "reconnect"


async def test_a_mailbox_that_was_taken_away_is_incomplete_news_for_one_day(miriam: Me, connect: Connect, desk: Desk) -> None:
    mailbox = await connect(miriam, GMAIL)
    await sync_due(desk.receive)
    await disconnect(await row(mailbox))

    today = await windows_touching(miriam.workspace.id, miriam.person.id, now() - HOUR, now())
    with later(timedelta(days=3)):
        another_day = await windows_touching(miriam.workspace.id, miriam.person.id, now() - HOUR, now())
        of_this_mailbox = await windows_touching(miriam.workspace.id, miriam.person.id, now() - HOUR, now(), mailbox.id)

    assert (len(today), len(another_day), len(of_this_mailbox)) == (1, 0, 1)
