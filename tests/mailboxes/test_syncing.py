"""Reading on from a cursor: nothing is lost, nothing stands in the way, and trouble is told."""

import base64
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from app.clock import later, now
from app.errors import TooEarly, Unreadable
from app.happenings import MailboxBroke, MailboxRestored
from app.identity.guarding import Me
from app.mailboxes import claiming, freshness, syncing
from app.mailboxes.providers.base import INBOX, SENT, Mail
from app.mailboxes.syncing import sync_due
from app.mailboxes.tables import GMAIL, OUTLOOK, SEND_TIER, Cursor, Mailbox, SetAside
from app.mailboxes.taking import shown
from tests.mailboxes.conftest import ADDRESSES, AT_SANDBOX, Connect, Strings
from tests.mailboxes.heard import Heard

BOTH = pytest.mark.parametrize("provider", [GMAIL, OUTLOOK])
ROUND = timedelta(seconds=25)


class Desk:
    """Takes in whatever is handed over, each mail once, as the threads do."""

    def __init__(self) -> None:
        self.mails: dict[str, Mail] = {}
        self.quiet: list[str] = []
        self.refuses: str = ""
        self.error: Exception = Unreadable("Its header is broken.")

    async def receive(self, mailbox: Mailbox, mail: Mail, imported: bool) -> bool:
        if self.refuses and self.refuses.encode() in mail.raw:
            raise self.error
        new = mail.provider_id not in self.mails
        self.mails[mail.provider_id] = mail
        if imported and new:
            self.quiet.append(mail.provider_id)
        return new

    def about(self, subject: str) -> list[Mail]:
        return [mail for mail in self.mails.values() if f"Subject: {subject}".encode() in mail.raw]


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def row(mailbox: Mailbox) -> Mailbox:
    found = await Mailbox.objects().get(Mailbox.id == mailbox.id)
    assert found is not None
    return found


async def arrives(strings: Strings, to: str, subject: str, **more: object) -> None:
    head = f"From: Anna Weber <anna@alpenblick.example>\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{subject}@alpenblick.example>"
    raw = f"{head}\r\n\r\nHello".encode()
    await strings.pull("receive", to=to, raw=base64.b64encode(raw).decode(), **more)


Round = Callable[[], Awaitable[int]]


@BOTH
async def test_what_arrives_after_connecting_is_read_once(miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str) -> None:
    mailbox = await connect(miriam, provider)
    await sync_due(desk.receive)
    await arrives(strings, ADDRESSES[provider], "Angebot")

    for rounds in (1, 2):
        with later(ROUND * rounds):
            await sync_due(desk.receive)

    assert [mail.folder for mail in desk.about("Angebot")] == [INBOX]
    assert (await row(mailbox)).synced_at is not None


@BOTH
async def test_what_was_there_before_is_left_to_the_import(miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str) -> None:
    week = now() - timedelta(days=7)
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}", provider=AT_SANDBOX[provider])
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}/messages", folder="inbox", subject="Alt", date=week.isoformat())
    await connect(miriam, provider)

    await sync_due(desk.receive)

    assert desk.about("Alt") == []


@BOTH
async def test_a_mail_sent_from_a_phone_is_seen_in_sent(miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str) -> None:
    await connect(miriam, provider)
    await sync_due(desk.receive)
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}/messages", folder="sent", to="anna@alpenblick.example", subject="Unterwegs")

    with later(ROUND):
        await sync_due(desk.receive)

    assert [mail.folder for mail in desk.about("Unterwegs")] == [SENT]


@BOTH
async def test_a_provider_that_forgot_our_place_costs_no_mail(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str, heard: Heard
) -> None:
    mailbox = await connect(miriam, provider)
    await sync_due(desk.receive)
    await arrives(strings, ADDRESSES[provider], "Dazwischen")
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}/forget")

    with later(ROUND):
        await sync_due(desk.receive)
    await arrives(strings, ADDRESSES[provider], "Danach")
    with later(ROUND * 2):
        await sync_due(desk.receive)

    assert (len(desk.about("Dazwischen")), len(desk.about("Danach"))) == (1, 1)
    assert (await row(mailbox)).broken_at is None


@BOTH
async def test_a_short_trouble_breaks_nothing_and_a_pause_is_honoured(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str, heard: Heard
) -> None:
    mailbox = await connect(miriam, provider)
    await sync_due(desk.receive)
    await strings.fault("429", provider=AT_SANDBOX[provider], path="/history|/delta", retry_after=90)

    with later(ROUND):
        await sync_due(desk.receive)
        after = await row(mailbox)
        wait = after.due_at - now()

    assert (after.broken_at, after.problem, after.failures) == (None, "retry", 1)
    assert timedelta(seconds=80) < wait <= timedelta(seconds=91)


async def test_a_pause_of_an_hour_is_told_at_once(miriam: Me, connect: Connect, strings: Strings, desk: Desk, heard: Heard) -> None:
    mailbox = await connect(miriam, GMAIL)
    await sync_due(desk.receive)
    await strings.fault("429", provider="google", path="/history", retry_after=3600)

    with later(ROUND):
        await sync_due(desk.receive)

    assert heard.facts[-1] == MailboxBroke(mailbox.id)


@BOTH
async def test_a_passing_fault_is_not_even_noticed(miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str) -> None:
    mailbox = await connect(miriam, provider)
    await sync_due(desk.receive)
    for kind in ("500", "empty"):
        await strings.fault(kind, provider=AT_SANDBOX[provider], path="/history|/delta")

    with later(ROUND):
        await sync_due(desk.receive)

    assert (await row(mailbox)).failures == 0


@BOTH
async def test_a_revoked_grant_is_told_at_once_and_what_was_missed_is_found(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str, heard: Heard
) -> None:
    mailbox = await connect(miriam, provider)
    await sync_due(desk.receive)
    synced_at = (await row(mailbox)).synced_at
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}/revoke")

    with later(ROUND):
        await sync_due(desk.receive)
    broken = await row(mailbox)
    await arrives(strings, ADDRESSES[provider], "Verpasst")
    await connect(miriam, provider, mailbox=broken)
    await sync_due(desk.receive)

    assert (broken.problem, broken.broken_at) == ("reconnect", synced_at)
    assert MailboxBroke(mailbox.id) in heard.facts
    assert heard.facts[-1] == MailboxRestored(mailbox.id, synced_at, 1)
    assert (await row(mailbox)).broken_at is None


@BOTH
async def test_a_mailbox_out_of_reach_for_minutes_is_broken_and_comes_back_by_itself(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str, heard: Heard
) -> None:
    mailbox = await connect(miriam, provider)
    await sync_due(desk.receive)
    await strings.fault("503", provider=AT_SANDBOX[provider], path="/history|/delta", count=9)

    once = None
    for minutes in (6, 8, 10):
        with later(timedelta(minutes=minutes)):
            await sync_due(desk.receive)
        once = once or await row(mailbox)
    broken = await row(mailbox)
    with later(timedelta(minutes=20)):
        await sync_due(desk.receive)

    assert once is not None
    assert once.broken_at is None
    assert (broken.problem, broken.broken_at is None) == ("retry", False)
    assert [type(fact) for fact in heard.facts[1:]] == [MailboxBroke, MailboxRestored]


@BOTH
async def test_an_expired_token_is_renewed_once_and_kept(miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str) -> None:
    mailbox = await connect(miriam, provider)
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}/expire")

    await sync_due(desk.receive)

    after = await row(mailbox)
    assert (after.failures, bytes(after.tokens) == bytes(mailbox.tokens)) == (0, False)


@BOTH
async def test_a_mail_that_kills_is_set_aside_after_three_tries_and_stands_in_nobodys_way(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str
) -> None:
    mailbox = await connect(miriam, provider)
    await sync_due(desk.receive)
    desk.refuses = "Kaputt"
    await arrives(strings, ADDRESSES[provider], "Kaputt")
    await arrives(strings, ADDRESSES[provider], "Heil")

    for rounds in range(1, 6):
        with later(ROUND * rounds):
            await sync_due(desk.receive)

    assert len(desk.about("Heil")) == 1
    assert [(one.tries, one.why) for one in await shown(mailbox)] == [(3, "Its header is broken.")]
    assert (await row(mailbox)).failures == 0


async def test_a_mail_that_was_set_aside_can_still_be_read_later(miriam: Me, connect: Connect, strings: Strings, desk: Desk) -> None:
    await connect(miriam, GMAIL)
    await sync_due(desk.receive)
    desk.refuses, desk.error = "Knapp", ZeroDivisionError("a bug of ours")
    await arrives(strings, ADDRESSES[GMAIL], "Knapp")
    with later(ROUND):
        await sync_due(desk.receive)

    desk.refuses = ""
    with later(ROUND * 2):
        await sync_due(desk.receive)

    assert (len(desk.about("Knapp")), await SetAside.count()) == (1, 0)


async def test_a_mail_that_came_too_early_is_tried_until_it_is_understood(miriam: Me, connect: Connect, strings: Strings, desk: Desk) -> None:
    mailbox = await connect(miriam, GMAIL)
    await sync_due(desk.receive)
    desk.refuses, desk.error = "Früh", TooEarly()
    await arrives(strings, ADDRESSES[GMAIL], "Früh")
    for rounds in range(1, 6):
        with later(ROUND * rounds):
            await sync_due(desk.receive)
    assert (await shown(mailbox), await SetAside.count()) == ([], 1)

    desk.refuses = ""
    with later(ROUND * 6):
        await sync_due(desk.receive)

    assert (len(desk.about("Früh")), await SetAside.count()) == (1, 0)


async def test_a_header_of_five_megabytes_is_handed_on_whole(miriam: Me, connect: Connect, strings: Strings, desk: Desk) -> None:
    await connect(miriam, GMAIL)
    await sync_due(desk.receive)
    await arrives(strings, ADDRESSES[GMAIL], "Lang", padding=5_000_000)

    with later(ROUND):
        await sync_due(desk.receive)

    assert [len(mail.raw) > 5_000_000 for mail in desk.about("Lang")] == [True]


async def test_a_mailbox_that_may_only_send_is_never_read(miriam: Me, connect: Connect, desk: Desk) -> None:
    mailbox = await connect(miriam, GMAIL, SEND_TIER)

    assert await sync_due(desk.receive) == 0
    fresh = await freshness.how_fresh(mailbox)
    assert (fresh.state, fresh.why, fresh.can_be_read) == ("blind", "sends_only", False)


async def test_of_two_workers_one_reads_a_mailbox(miriam: Me, connect: Connect, desk: Desk) -> None:
    await connect(miriam, GMAIL)
    first = await claiming.claim()

    assert first is not None
    assert await claiming.claim() is None
    with later(timedelta(minutes=11)):
        second = await claiming.claim()
        assert second is not None
        with pytest.raises(claiming.TakenOver):
            await claiming.keep_claim(first)


async def test_a_worker_that_dies_between_mails_repeats_and_never_skips(miriam: Me, connect: Connect, strings: Strings, desk: Desk) -> None:
    mailbox = await connect(miriam, GMAIL)
    await sync_due(desk.receive)
    for subject in ("Eins", "Zwei"):
        await arrives(strings, ADDRESSES[GMAIL], subject)

    async def dies_after_the_first(box: Mailbox, mail: Mail, imported: bool) -> bool:
        if desk.mails:
            raise KeyboardInterrupt
        return await desk.receive(box, mail, imported)

    with later(ROUND):
        claimed = await claiming.claim()
        assert claimed is not None
        with pytest.raises(KeyboardInterrupt):
            await syncing.read(claimed, dies_after_the_first)
    with later(ROUND + timedelta(minutes=11)):
        await sync_due(desk.receive)

    assert (len(desk.about("Eins")), len(desk.about("Zwei"))) == (1, 1)
    assert await Cursor.count().where(Cursor.mailbox == mailbox.id) == 1


async def test_freshness_is_a_matter_of_the_last_minute(miriam: Me, connect: Connect, desk: Desk) -> None:
    mailbox = await connect(miriam, GMAIL)
    assert not (await freshness.how_fresh(mailbox)).is_fresh
    before = now()
    await sync_due(desk.receive)

    fresh = await freshness.how_fresh(mailbox.id)
    assert fresh.knows(before)
    assert not fresh.knows(now() + timedelta(seconds=1))
    states = []
    for minutes in (0, 2, 6):
        with later(timedelta(minutes=minutes)):
            states.append(freshness.freshness(await row(mailbox)).state)
    assert states == ["fresh", "late", "stale"]
