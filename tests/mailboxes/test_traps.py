"""What only these traps need: each provider's oddities that no other test happens to meet."""

from datetime import timedelta
from typing import Any

import pytest

from app.clock import later
from app.identity.guarding import Me
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers import gmail
from app.mailboxes.providers.outlook import RENEWED_AFTER
from app.mailboxes.syncing import sync_due
from app.mailboxes.tables import GMAIL, OUTLOOK, Cursor
from tests.mailboxes.conftest import ADDRESSES, AT_SANDBOX, Connect, Strings
from tests.mailboxes.contracted import Checker
from tests.mailboxes.test_syncing import Desk, arrives, row

BOTH = pytest.mark.parametrize("provider", [GMAIL, OUTLOOK])
ROUND = timedelta(seconds=25)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@BOTH
async def test_mail_that_was_moved_is_not_new_mail(miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str) -> None:
    await connect(miriam, provider)
    await sync_due(desk.receive)
    await arrives(strings, ADDRESSES[provider], "Wandert")
    with later(ROUND):
        await sync_due(desk.receive)
    ids = list(desk.mails)
    for place in ("archive", "inbox"):
        await strings.pull(f"mailboxes/{ADDRESSES[provider]}/move", subject="Wandert", to=place)

    with later(ROUND * 2):
        await sync_due(desk.receive)

    assert list(desk.mails) == ids


@BOTH
async def test_a_draft_is_neither_received_nor_sent_mail(miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str) -> None:
    mailbox = await connect(miriam, provider)
    await sync_due(desk.receive)
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}/messages", folder="drafts", subject="Entwurf", to="anna@alpenblick.example")

    with later(ROUND):
        await sync_due(desk.receive)

    assert (desk.mails, (await row(mailbox)).failures) == ({}, 0)


@BOTH
async def test_a_mail_that_is_gone_before_it_is_fetched_costs_nothing(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str
) -> None:
    mailbox = await connect(miriam, provider)
    await sync_due(desk.receive)
    await arrives(strings, ADDRESSES[provider], "Weg")
    await arrives(strings, ADDRESSES[provider], "Bleibt")
    await strings.fault("404", provider=AT_SANDBOX[provider], path="/messages/(?!delta)[^/]+(/.value)?$")

    with later(ROUND):
        await sync_due(desk.receive)

    assert (len(desk.mails), (await row(mailbox)).failures) == (1, 0)


@BOTH
async def test_an_empty_yes_is_no_answer_and_is_asked_again(miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str) -> None:
    await connect(miriam, provider)
    await sync_due(desk.receive)
    await arrives(strings, ADDRESSES[provider], "Leer")
    await strings.fault("empty", provider=AT_SANDBOX[provider], path="/messages/(?!delta)[^/]+(/.value)?$", count=2)

    with later(ROUND):
        await sync_due(desk.receive)

    assert [len(mail.raw) > 0 for mail in desk.about("Leer")] == [True]


async def test_history_ids_are_numbers_in_words_and_never_compared_as_words(miriam: Me, connect: Connect, strings: Strings, desk: Desk) -> None:
    """We compare none: the id is handed back as it came, however long it is."""
    mailbox = await connect(miriam, GMAIL)
    await sync_due(desk.receive)
    kept = await Cursor.objects().where(Cursor.mailbox == mailbox.id).first()

    assert kept is not None
    assert kept.value.isdecimal()
    assert kept.value == await (await open_mailbox(mailbox)).start("mail")


async def test_pages_of_a_delta_are_followed_word_by_word_with_ids_that_last(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, wires: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.mailboxes.providers.outlook.PAGE", 3)
    await connect(miriam, OUTLOOK)
    await sync_due(desk.receive)
    for number in range(8):
        await arrives(strings, ADDRESSES[OUTLOOK], f"Seite-{number}")
    before = len(wires.asked)

    with later(ROUND):
        await sync_due(desk.receive)

    assert len(desk.mails) == 8
    assert sum("/inbox/messages/delta" in asked for asked in wires.asked[before:]) == 3


async def test_a_delta_with_a_filter_is_begun_anew_long_before_it_ends_silently(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert RENEWED_AFTER < 5_000
    monkeypatch.setattr("app.mailboxes.providers.outlook.RENEWED_AFTER", 4)
    await connect(miriam, OUTLOOK)
    await sync_due(desk.receive)
    for rounds in range(1, 5):
        for number in range(3):
            await arrives(strings, ADDRESSES[OUTLOOK], f"Runde-{rounds}-{number}")
        with later(ROUND * rounds):
            await sync_due(desk.receive)

    assert len(desk.mails) == 12


async def test_only_the_folder_that_was_forgotten_is_read_anew(miriam: Me, connect: Connect, strings: Strings, desk: Desk, wires: Checker) -> None:
    await connect(miriam, OUTLOOK)
    await sync_due(desk.receive)
    await arrives(strings, ADDRESSES[OUTLOOK], "Vergessen")
    await strings.fault("lost-history", provider="microsoft", path="/inbox/messages/delta")
    before = len(wires.asked)

    with later(ROUND):
        await sync_due(desk.receive)

    listed = [asked for asked in wires.asked[before:] if asked.endswith("/messages")]
    assert (len(desk.about("Vergessen")), [asked.split("/")[-2] for asked in listed]) == (1, ["inbox"])


async def test_a_new_place_is_pinned_before_the_days_since_are_read(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, wires: Checker
) -> None:
    await connect(miriam, GMAIL)
    await sync_due(desk.receive)
    await strings.pull(f"mailboxes/{ADDRESSES[GMAIL]}/forget")
    before = len(wires.asked)

    with later(ROUND):
        await sync_due(desk.receive)

    assert [asked.rpartition("/")[2] for asked in wires.asked[before:]][:4] == ["history", "profile", "messages", "messages"]


@BOTH
async def test_a_place_that_is_lost_every_time_is_no_endless_loop(miriam: Me, connect: Connect, strings: Strings, desk: Desk, provider: str) -> None:
    mailbox = await connect(miriam, provider)
    await sync_due(desk.receive)
    await strings.fault("lost-history", provider=AT_SANDBOX[provider], count=-1)
    await arrives(strings, ADDRESSES[provider], "Immer")
    before = (await strings.see(f"mailboxes/{ADDRESSES[provider]}/account"))["requests"]

    with later(ROUND):
        await sync_due(desk.receive)

    asked = (await strings.see(f"mailboxes/{ADDRESSES[provider]}/account"))["requests"] - before
    assert (len(desk.about("Immer")), asked < 15) == (1, True)
    assert (await row(mailbox)).broken_at is None


def added(*entries: dict[str, Any], kind: str = "messagesAdded") -> list[dict[str, Any]]:
    return [{"id": "1", kind: list(entries)}]


async def test_gmails_history_names_a_message_twice_and_drafts_all_the_time() -> None:
    message = {"id": "18c", "threadId": "18c", "labelIds": ["INBOX"]}
    draft = {"id": "18d", "threadId": "18d", "labelIds": ["DRAFT"]}

    found = gmail.added(added({"message": message}, {"message": draft}, {"message": message}))
    back = gmail.added(added({"message": message, "labelIds": ["INBOX"]}, {"message": message, "labelIds": ["STARRED"]}, kind="labelsAdded"))

    assert (set(found), back) == ({"18c"}, ["18c"])


async def test_no_token_and_no_mail_reaches_a_log(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    await connect(miriam, OUTLOOK)
    await strings.fault("503", provider="microsoft", path="/delta", count=9)
    await sync_due(desk.receive)
    await strings.pull(f"mailboxes/{ADDRESSES[OUTLOOK]}/revoke")
    with later(timedelta(minutes=10)):
        await sync_due(desk.receive)

    said = capsys.readouterr()
    assert "Bearer" not in said.out + said.err
    assert "A mailbox could not be read" in said.out + said.err
