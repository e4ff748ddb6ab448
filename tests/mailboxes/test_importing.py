"""The last 30 days come in newest first, with the threads around them; a worker that dies goes on where it was."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from app.clock import later, now
from app.database import rows
from app.errors import Refused
from app.identity.guarding import Me
from app.mailboxes import connecting, disconnecting, reaching_back
from app.mailboxes.following import move
from app.mailboxes.importing import alone, import_due
from app.mailboxes.providers.base import Mail
from app.mailboxes.syncing import sync_due
from app.mailboxes.tables import FULL_TIER, GMAIL, OUTLOOK, SEND_TIER, Cursor, Mailbox, SetAside, ToImport
from tests.mailboxes.conftest import ADDRESSES, AT_SANDBOX, Connect, Strings
from tests.mailboxes.contracted import Checker

BOTH = pytest.mark.parametrize("provider", [GMAIL, OUTLOOK])


class Killed(BaseException):
    """As by kill -9: nothing catches it."""


class Shelf:
    """Where imported mails go, in the order they came; `dies_at` counts the mails a worker survives."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self.ids: set[str] = set()
        self.dies_at = 1_000_000

    async def receive(self, mailbox: Mailbox, mail: Mail, imported: bool) -> bool:
        assert imported
        if len(self.ids) >= self.dies_at:
            raise Killed
        if mail.provider_id in self.ids:
            return False
        self.ids.add(mail.provider_id)
        self.subjects.append(mail.raw.split(b"Subject: ")[1].split(b"\r\n")[0].decode())
        return True


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
async def past(strings: Strings) -> Any:
    """Miriam's mailbox had a life: two threads within 30 days, one with an answer, and one long ago."""

    async def lived(provider: str) -> None:
        address = ADDRESSES[provider]
        await strings.pull(f"mailboxes/{address}", provider=AT_SANDBOX[provider], name="Miriam Kessler")
        for days, folder, subject, more in (
            (40, "sent", "Lange her", {}),
            (9, "sent", "Angebot", {"headers": {"Message-ID": "<angebot@brueckner.example>"}}),
            (8, "inbox", "Re: Angebot", {"from": "anna@alpenblick.example", "headers": {"In-Reply-To": "<angebot@brueckner.example>"}}),
            (7, "inbox", "Werbung", {"from": "news@shop.example"}),
            (2, "sent", "Termin", {}),
        ):
            at = (now() - timedelta(days=days)).isoformat()
            await strings.pull(f"mailboxes/{address}/messages", folder=folder, subject=subject, to="anna@alpenblick.example", date=at, **more)

    return lived


async def row(mailbox: Mailbox) -> Mailbox:
    found = await Mailbox.objects().get(Mailbox.id == mailbox.id)
    assert found is not None
    return found


@BOTH
async def test_what_was_sent_lately_comes_in_with_its_threads(miriam: Me, connect: Connect, past: Any, shelf: Shelf, provider: str) -> None:
    await past(provider)
    mailbox = await connect(miriam, provider)

    await import_due(shelf.receive)

    after = await row(mailbox)
    assert shelf.subjects == ["Termin", "Angebot", "Re: Angebot"]
    assert (after.import_total, after.import_done, after.imported_at is None) == (2, 2, False)
    assert await Cursor.count().where(Cursor.mailbox == mailbox.id, Cursor.folder == "import") == 0


@BOTH
async def test_an_import_that_was_killed_goes_on_where_it_was(miriam: Me, connect: Connect, past: Any, shelf: Shelf, provider: str) -> None:
    await past(provider)
    mailbox = await connect(miriam, provider)
    shelf.dies_at = 2
    with pytest.raises(BaseExceptionGroup):
        await import_due(shelf.receive)
    half = await row(mailbox)

    shelf.dies_at = 1_000_000
    await import_due(shelf.receive)

    assert (half.import_done, half.imported_at) == (1, None)
    assert sorted(shelf.subjects) == ["Angebot", "Re: Angebot", "Termin"]
    assert (await row(mailbox)).imported_at is not None


@BOTH
async def test_nothing_falls_between_import_and_sync(miriam: Me, connect: Connect, past: Any, strings: Strings, shelf: Shelf, provider: str) -> None:
    await past(provider)
    await connect(miriam, provider)
    await import_due(shelf.receive)
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}/messages", folder="sent", to="anna@alpenblick.example", subject="Gerade eben")
    seen: list[bytes] = []

    async def receive(mailbox: Mailbox, mail: Mail, imported: bool) -> bool:
        seen.append(mail.raw)
        return True

    await sync_due(receive)

    assert any(b"Subject: Gerade eben" in raw for raw in seen)


async def test_a_provider_that_wants_a_pause_gets_it(miriam: Me, connect: Connect, past: Any, strings: Strings, shelf: Shelf) -> None:
    await past(GMAIL)
    mailbox = await connect(miriam, GMAIL)
    await strings.fault("429", provider="google", path="GET .*/messages$", retry_after=120)

    await import_due(shelf.receive)
    await import_due(shelf.receive)
    with later(timedelta(minutes=1)):
        await import_due(shelf.receive)
    early = list(shelf.subjects)
    with later(timedelta(minutes=3)):
        await import_due(shelf.receive)

    assert (early, len(shelf.subjects)) == ([], 3)
    assert (await row(mailbox)).imported_at is not None


async def test_one_worker_imports_a_mailbox(miriam: Me, connect: Connect, past: Any, shelf: Shelf) -> None:
    await past(GMAIL)
    mailbox = await connect(miriam, GMAIL)

    async with alone(mailbox.id) as ours:
        await import_due(shelf.receive)

    assert (ours, shelf.subjects) == (True, [])
    assert await rows("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted") == []


async def test_a_mailbox_that_may_only_send_has_nothing_to_import(miriam: Me, connect: Connect, past: Any, shelf: Shelf) -> None:
    await past(GMAIL)
    await connect(miriam, GMAIL, SEND_TIER)

    assert await import_due(shelf.receive) == 0


async def test_an_import_of_a_disconnected_mailbox_stops(miriam: Me, connect: Connect, past: Any, shelf: Shelf) -> None:
    await past(GMAIL)
    mailbox = await connect(miriam, GMAIL)

    async def disconnects(box: Mailbox, mail: Mail, imported: bool) -> bool:
        await Mailbox.update({Mailbox.disconnected_at: now()}).where(Mailbox.id == box.id)
        return await shelf.receive(box, mail, imported)

    await import_due(disconnects)

    assert (len(shelf.subjects), (await row(mailbox)).imported_at) == (1, None)


@BOTH
async def test_what_came_between_connecting_and_the_first_look_is_not_missed(
    miriam: Me, connect: Connect, past: Any, strings: Strings, shelf: Shelf, provider: str
) -> None:
    await past(provider)
    await connect(miriam, provider)
    bounce = {"folder": "inbox", "subject": "Undelivered", "from": "mailer-daemon@mail.example"}
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}/messages", **bounce)

    await import_due(shelf.receive)

    assert "Undelivered" in shelf.subjects
    assert "Werbung" not in shelf.subjects


@BOTH
async def test_as_much_comes_in_as_was_asked_for(miriam: Me, strings: Strings, past: Any, shelf: Shelf, provider: str) -> None:
    await past(provider)
    url = await connecting.start(miriam, provider, FULL_TIER, days=90)
    mailbox = await connecting.finish(miriam, provider, await strings.consent(url, ADDRESSES[provider]))

    await import_due(shelf.receive)

    assert (mailbox.import_days, sorted(shelf.subjects)) == (90, ["Angebot", "Lange her", "Re: Angebot", "Termin"])


async def test_a_span_that_is_not_offered_is_refused(miriam: Me, connect: Connect, past: Any) -> None:
    await past(GMAIL)
    mailbox = await connect(miriam, GMAIL)

    with pytest.raises(Refused, match="not a span"):
        await connecting.start(miriam, GMAIL, FULL_TIER, days=31)
    with pytest.raises(Refused, match="under way"):
        await reaching_back.begin(mailbox, 90)


@BOTH
async def test_an_import_is_stopped_and_taken_up_where_it_was(miriam: Me, connect: Connect, past: Any, shelf: Shelf, provider: str) -> None:
    await past(provider)
    mailbox = await connect(miriam, provider)

    async def stops(box: Mailbox, mail: Mail, imported: bool) -> bool:
        await reaching_back.stop(box)
        return await shelf.receive(box, mail, imported)

    await import_due(stops)
    stopped, looked_at = list(shelf.subjects), await import_due(shelf.receive)
    await reaching_back.take_up(mailbox)
    await import_due(shelf.receive)

    assert (len(stopped) in (1, 2), looked_at) == (True, 0)
    assert sorted(shelf.subjects) == ["Angebot", "Re: Angebot", "Termin"]
    assert (await row(mailbox)).imported_at is not None


async def test_a_longer_import_fetches_only_what_is_not_here(miriam: Me, connect: Connect, past: Any, shelf: Shelf, wires: Checker) -> None:
    await past(GMAIL)
    mailbox = await connect(miriam, GMAIL)
    await import_due(shelf.receive)
    wires.asked.clear()

    async def known(_: Mailbox, ids: Sequence[str]) -> set[str]:
        return shelf.ids & set(ids)

    await reaching_back.begin(mailbox, reaching_back.EVERYTHING)
    await import_due(shelf.receive, known)

    assert shelf.subjects[-1] == "Lange her"
    assert len([asked for asked in wires.asked if "/messages/" in asked]) == 1
    assert (await row(mailbox)).read_since > mailbox.read_since


async def test_nothing_is_left_of_the_list_when_all_is_in(miriam: Me, connect: Connect, past: Any, shelf: Shelf) -> None:
    await past(GMAIL)
    await connect(miriam, GMAIL)

    await import_due(shelf.receive)

    assert await ToImport.count() == 0


async def test_one_mail_that_breaks_stands_in_nobodys_way(miriam: Me, connect: Connect, past: Any, shelf: Shelf) -> None:
    await past(GMAIL)
    mailbox = await connect(miriam, GMAIL)

    async def breaks(box: Mailbox, mail: Mail, imported: bool) -> bool:
        if b"Subject: Angebot" in mail.raw:
            raise ValueError("It breaks.")
        return await shelf.receive(box, mail, imported)

    await import_due(breaks)

    assert sorted(shelf.subjects) == ["Re: Angebot", "Termin"]
    assert (await SetAside.count(), (await row(mailbox)).imported_at is None) == (1, False)


@BOTH
async def test_a_mailbox_that_moved_is_followed(miriam: Me, connect: Connect, strings: Strings, shelf: Shelf, provider: str) -> None:
    mailbox = await connect(miriam, provider)
    before = mailbox.address
    await strings.pull(f"mailboxes/{before}/rename", to="miriam.kessler@brueckner.example")

    await sync_due(shelf.receive)

    after = await row(mailbox)
    assert (after.address, after.former, after.account) == ("miriam.kessler@brueckner.example", [before], mailbox.account)


async def test_a_mailbox_that_moved_is_the_same_when_it_is_connected_again(miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox = await connect(miriam, GMAIL)
    await strings.pull(f"mailboxes/{mailbox.address}/rename", to="mk@brueckner.example")

    again = await connect(miriam, GMAIL, mailbox=mailbox, address="mk@brueckner.example")

    assert (again.id, again.address, again.former) == (mailbox.id, "mk@brueckner.example", [ADDRESSES[GMAIL]])
    await move(again, ADDRESSES[GMAIL])
    assert (again.address, again.former) == (ADDRESSES[GMAIL], ["mk@brueckner.example"])


async def test_connecting_again_imports_nothing_anew(miriam: Me, connect: Connect, past: Any, shelf: Shelf) -> None:
    await past(GMAIL)
    mailbox = await connect(miriam, GMAIL)
    await import_due(shelf.receive)
    await disconnecting.disconnect(mailbox)

    await connect(miriam, GMAIL)

    assert await import_due(shelf.receive) == 0
