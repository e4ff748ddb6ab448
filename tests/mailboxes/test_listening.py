"""News of a mailbox makes it due at once, one worker listens to it, and reading by the clock goes on all the same."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.clock import later, now
from app.mailboxes import listening
from app.mailboxes.listening import listen, stop_listening
from app.mailboxes.opening import sealed
from app.mailboxes.providers import imap_pool
from app.mailboxes.tables import IMAP, Mailbox
from tests import people
from tests.mailboxes.by_imap import Owner, somebody
from tests.post_office import Meddler, PostOffice, meddling


@pytest.fixture(autouse=True)
async def quiet() -> AsyncIterator[None]:
    yield
    await stop_listening()
    imap_pool.hang_up()


@pytest.fixture
async def line(post_office: PostOffice) -> AsyncIterator[Meddler]:
    async with meddling(post_office.imap, post_office.ca, tls=True) as meddler:
        yield meddler


@pytest.fixture
def owner(post_office: PostOffice) -> Owner:
    return Owner(somebody(), post_office)


@pytest.fixture
async def mailbox(database: None, owner: Owner, line: Meddler) -> Mailbox:
    """Read a moment ago, and due in an hour."""
    login = owner.office.login(owner.name, line.port)
    return await people.mailbox(
        await people.miriam(), IMAP, login.address, tokens=sealed(login.packed()), due_at=now() + timedelta(hours=1), claimed_at=None
    )


async def listens(line: Meddler) -> None:
    async with asyncio.timeout(20):
        while b" IDLE\r\n" not in line.heard:  # noqa: ASYNC110 - the server sets no event
            await asyncio.sleep(0.02)


async def due_in(mailbox: Mailbox) -> timedelta:
    row = await Mailbox.objects().get(Mailbox.id == mailbox.id)
    assert row is not None
    return row.due_at - now()


async def test_new_mail_makes_its_mailbox_due_at_once(mailbox: Mailbox, owner: Owner, line: Meddler) -> None:
    assert await listen() == 1
    await listens(line)

    owner.gets("<1@alpenblick.example>")

    async with asyncio.timeout(20):
        while await due_in(mailbox) > timedelta(0):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_mailbox_that_waits_after_a_failure_goes_on_waiting(mailbox: Mailbox, owner: Owner, line: Meddler) -> None:
    await mailbox.update_self({Mailbox.failures: 1})
    await listen()
    await listens(line)
    owner.gets("<1@alpenblick.example>")
    async with asyncio.timeout(20):
        while line.heard.count(b"DONE\r\n") < 1:  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    assert await due_in(mailbox) > timedelta(minutes=50)


async def test_one_worker_listens_until_its_time_is_over(mailbox: Mailbox, line: Meddler) -> None:
    await listen()
    mine = dict(listening.ears())
    listening.ears().clear()  # another process has none

    assert await listen() == 0
    with later(listening.LEASE + timedelta(seconds=1)):
        assert await listen() == 1
    for task in mine.values():
        task.cancel()


async def test_what_is_kept_is_kept_and_what_is_stopped_is_free_at_once(mailbox: Mailbox, line: Meddler) -> None:
    await listen()
    with later(listening.LEASE / 2):
        assert await listen() == 1
    await stop_listening()

    assert await listen() == 1


UNREADABLE = {"refused": {"problem": "reconnect"}, "without a password": {"tokens": None}, "disconnected": {"disconnected_at": now()}}


@pytest.mark.parametrize("changes", UNREADABLE.values(), ids=UNREADABLE)
async def test_what_can_not_be_read_is_not_listened_to(mailbox: Mailbox, line: Meddler, changes: dict[str, object]) -> None:
    await listen()
    await mailbox.update_self(changes)  # type: ignore[arg-type]

    assert await listen() == 0


async def test_a_refused_password_is_not_hammered(mailbox: Mailbox, line: Meddler, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "FIRST_REST", 0.01)
    monkeypatch.setattr(listening, "LONGEST_REST", 0.02)
    wrong = owner.office.login(owner.name, line.port, password="wrong")
    await mailbox.update_self({Mailbox.tokens: sealed(wrong.packed())})
    await listen()
    async with asyncio.timeout(20):
        while line.connections < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    for _ in range(10):
        await asyncio.sleep(0.02)

    assert line.connections == 3
