"""The same promises kept by SMTP and IMAP: a mail goes out once, its copy lies in Sent once, and nobody guesses."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

import pytest

from app import happenings
from app.clock import later, now
from app.happenings import ReplyReceived
from app.identity.guarding import Me
from app.mailboxes.opening import sealed
from app.mailboxes.providers import imap_pool, smtp
from app.mailboxes.providers.imap import Imap
from app.mailboxes.providers.mail_login import MailLogin, Place
from app.mailboxes.syncing import sync
from app.mailboxes.tables import IMAP, Mailbox
from app.outbox import deciding, marking
from app.outbox.composing import queue
from app.outbox.dispatching import dispatch_due
from app.outbox.hearing_recipients import of_message
from app.outbox.outgoing import outgoing
from app.outbox.tables import Dispatch
from app.threads.asking import tick
from app.threads.receiving import receive
from app.threads.tables import Message
from tests import people
from tests.mailboxes.by_imap import letter, somebody
from tests.outbox.conftest import Killed, a_draft, again
from tests.post_office import PostOffice, meddling

SENT_FOLDER = ".Gesendete Objekte"
ANNA = "anna@alpenblick.example"


@pytest.fixture(autouse=True)
async def lines() -> AsyncIterator[None]:
    yield
    imap_pool.hang_up()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The answers that were announced."""
    facts: list[object] = []

    async def hear(fact: object) -> None:
        facts.append(fact)

    monkeypatch.setitem(happenings._reactions, ReplyReceived, [hear])
    return facts


async def a_mailbox(me: Me, login: MailLogin) -> Mailbox:
    owner = people.Rep(me.person, me.workspace)
    more = {"account": login.address, "tokens": sealed(login.packed()), "claimed_at": now(), "connected_at": now() - timedelta(hours=1)}
    return await people.mailbox(owner, IMAP, login.address, **more)


async def a_mail(me: Me, mailbox: Mailbox, to: str = ANNA) -> Dispatch:
    return await queue(me, await a_draft(me, mailbox, to=to))


async def run_until_quiet() -> None:
    """As the schedule would."""
    for minutes in (1, 4, 8, 16, 24):
        with later(timedelta(minutes=minutes)):
            await dispatch_due()


async def arrived(office: PostOffice, dispatch: Dispatch) -> int:
    """How often a mail arrived at Anna, once Postfix is done."""
    parts = [office.folder / "queue" / part for part in ("incoming", "active")]
    async with asyncio.timeout(20):
        while any(path.is_file() for part in parts for path in part.rglob("*")):  # noqa: ASYNC110 - Postfix sets no event
            await asyncio.sleep(0.02)
    return sum(dispatch.message_id.encode() in mail for mail in office.mails("anna"))


def copies(office: PostOffice, mailbox: Mailbox) -> list[bytes]:
    return office.mails(mailbox.address.partition("@")[0], SENT_FOLDER)


async def test_a_mail_goes_out_and_its_copy_is_filed(miriam: Me, post_office: PostOffice) -> None:
    mailbox = await a_mailbox(miriam, post_office.login(somebody()))
    dispatch = await a_mail(miriam, mailbox)
    await dispatch_due()

    assert (await again(dispatch)).sent_at
    await run_until_quiet()

    found, message = await again(dispatch), await Message.objects().get(Message.id == dispatch.message)
    (copy,) = copies(post_office, mailbox)
    assert dispatch.message_id.encode() in copy
    assert found.due_at is None
    assert message is not None
    assert (message.verified_at is None, message.provider_message_id) == (False, dispatch.message_id)
    assert await arrived(post_office, dispatch) == 1


async def test_an_answer_rings_once_even_when_its_folder_is_numbered_anew(miriam: Me, post_office: PostOffice, heard: list[object]) -> None:
    login = post_office.login(name := somebody())
    mailbox = await a_mailbox(miriam, login)
    await sync(mailbox, receive)
    dispatch = await a_mail(miriam, mailbox)
    await dispatch_due()
    post_office.deliver(name, letter("<re@alpenblick.example>", "Re: Offer", to=login.address, In_Reply_To=dispatch.message_id))
    await read(mailbox)
    assert len(heard) == 1

    imap_pool.hang_up()
    post_office.renumber(name)
    await read(mailbox)

    assert len(heard) == 1
    assert await Message.count().where(Message.direction == "received") == 1


async def read(mailbox: Mailbox) -> None:
    await mailbox.refresh()
    await mailbox.update_self({Mailbox.claimed_at: now()})
    await sync(mailbox, receive)
    row = await Mailbox.objects().get(Mailbox.id == mailbox.id)
    assert row is not None
    assert row.problem == "", row.problem_words


async def test_silence_after_the_final_dot_is_left_to_the_person(miriam: Me, post_office: PostOffice) -> None:
    """The server has the mail, we have no answer, and it files nothing in Sent: only the person can know."""
    async with meddling(post_office.bare, post_office.ca, tls=False) as meddler:
        meddler.down = lambda data: None if b"queued as" in data else data
        mailbox = await a_mailbox(miriam, post_office.login(somebody(), smtp=Place("localhost", meddler.port)))
        dispatch = await a_mail(miriam, mailbox)
        await dispatch_due()
        meddler.down = lambda data: data
        await run_until_quiet()

        found = await again(dispatch)
        assert (found.sent_at, found.unknown_at is None) == (None, False)
        assert await arrived(post_office, dispatch) == 1

        await deciding.count_as_sent(found)
        await run_until_quiet()
    assert len(copies(post_office, mailbox)) == 1
    assert await arrived(post_office, dispatch) == 1


async def test_after_silence_a_copy_in_sent_is_the_answer(miriam: Me, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that files by itself has filed it, although the line broke."""
    monkeypatch.setattr("app.mailboxes.providers.imap.FILES_SENT", ("localhost",))
    async with meddling(post_office.bare, post_office.ca, tls=False) as meddler:
        meddler.down = lambda data: None if b"queued as" in data else data
        login = post_office.login(name := somebody(), smtp=Place("localhost", meddler.port))
        dispatch = await a_mail(miriam, await a_mailbox(miriam, login))
        await dispatch_due()
        assert (await again(dispatch)).sent_at is None
        await arrived(post_office, dispatch)
        post_office.deliver(name, next(mail for mail in post_office.mails("anna") if dispatch.message_id.encode() in mail), SENT_FOLDER)
        await run_until_quiet()

    assert (await again(dispatch)).sent_at
    assert len(post_office.mails(name, SENT_FOLDER)) == 1
    assert await arrived(post_office, dispatch) == 1


async def test_a_refused_address_gives_the_draft_back(miriam: Me, post_office: PostOffice) -> None:
    dispatch = await a_mail(miriam, await a_mailbox(miriam, post_office.login(somebody())), to=f"{ANNA}, nobody@alpenblick.example")
    await dispatch_due()

    found = await again(dispatch)
    assert found.failed_at
    assert found.problem == smtp.NO_RECIPIENT
    assert await arrived(post_office, dispatch) == 0


async def test_what_the_server_said_to_each_recipient_is_kept_and_shown(miriam: Me, post_office: PostOffice) -> None:
    """Of three one is refused and one put off: nobody got it, and the page says who and why."""
    mailbox = await a_mailbox(miriam, post_office.login(somebody()))
    dispatch = await a_mail(miriam, mailbox, to=f"{ANNA}, nobody@alpenblick.example, later@alpenblick.example")
    await dispatch_due()

    assert (await again(dispatch)).failed_at
    (shown,) = await outgoing(miriam)
    said = {one.address: one for one in shown.heard}
    assert [said[f"{who}@alpenblick.example"].code for who in ("nobody", "later", "anna")] == [550, 450, 250]
    assert "5.1.1" in said["nobody@alpenblick.example"].words
    assert await arrived(post_office, dispatch) == 0


async def test_a_later_try_sends_once_to_those_who_were_taken_the_first_time(miriam: Me, post_office: PostOffice) -> None:
    """One recipient is greylisted: nobody got the mail yet, then everybody gets it once."""
    other = somebody()
    async with meddling(post_office.bare, post_office.ca, tls=False) as meddler:
        meddler.up = lambda data: data.replace(f"TO:<{other}@".encode(), b"TO:<later@")
        mailbox = await a_mailbox(miriam, post_office.login(somebody(), smtp=Place("localhost", meddler.port)))
        dispatch = await a_mail(miriam, mailbox, to=f"{ANNA}, {other}@alpenblick.example")
        await dispatch_due()
        (shown,) = await outgoing(miriam)
        assert (shown.state, sorted(one.code for one in shown.heard)) == ("waiting", [250, 450])
        assert await arrived(post_office, dispatch) == 0

        meddler.up = lambda data: data
        await run_until_quiet()
    assert (await again(dispatch)).sent_at
    assert await arrived(post_office, dispatch) == 1
    assert sum(dispatch.message_id.encode() in mail for mail in post_office.mails(other)) == 1
    assert [one.code for one in await of_message(miriam, dispatch.message)] == [250, 250]


async def test_a_mail_that_is_put_off_is_tried_again(miriam: Me, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    async with meddling(post_office.bare, post_office.ca, tls=False) as meddler:
        meddler.down = lambda data: b"451 4.3.0 Later\r\n" if b"queued as" not in data and data.startswith(b"354") else data
        mailbox = await a_mailbox(miriam, post_office.login(somebody(), smtp=Place("localhost", meddler.port)))
        dispatch = await a_mail(miriam, mailbox)
        with monkeypatch.context() as hurried:
            hurried.setattr(smtp, "CONNECT_SECONDS", 2)  # the real server waits for the mail, and does not hear us leave
            await dispatch_due()
        found = await again(dispatch)
        assert (found.sent_at, found.failed_at, found.unknown_at, found.sending_at) == (None, None, None, None)

        meddler.down = lambda data: data
        await run_until_quiet()
    assert (await again(dispatch)).sent_at
    assert await arrived(post_office, dispatch) == 1


async def until_killed() -> None:
    with suppress(BaseExceptionGroup):
        await dispatch_due()


@pytest.mark.parametrize("step", ["send", "find_sent", "file_copy"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_at_any_step_nothing_is_lost_or_doubled(
    miriam: Me, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    mailbox = await a_mailbox(miriam, post_office.login(somebody()))
    dispatch = await a_mail(miriam, mailbox)
    with monkeypatch.context() as patched:
        real = getattr(Imap, step)

        async def killed(self: Imap, *args: object) -> object:
            if when == "after":
                await real(self, *args)
            raise Killed

        patched.setattr(Imap, step, killed)
        for minutes in (0, 1):
            with later(timedelta(minutes=minutes)):
                await until_killed()
    with later(marking.CLAIM_LASTS + timedelta(minutes=2)):
        await run_until_quiet()
    for minutes in (15, 30, 45, 60):
        with later(timedelta(minutes=minutes)):
            await dispatch_due()

    found, times = await again(dispatch), await arrived(post_office, dispatch)
    if step == "send":
        assert (found.unknown_at is None, found.sent_at) == (False, None), "Nobody can say, so nobody does"
        assert times == (1 if when == "after" else 0)
    else:
        assert found.sent_at
        assert (times, len(copies(post_office, mailbox))) == (1, 1)


async def test_the_report_of_a_real_server_confirms_the_delivery(miriam: Me, post_office: PostOffice) -> None:
    mailbox = await a_mailbox(miriam, post_office.login(name := somebody()))
    await sync(mailbox, receive)
    dispatch = await queue(miriam, await a_draft(miriam, mailbox, to=ANNA, asks_delivery=True))
    await dispatch_due()
    async with asyncio.timeout(20):
        while not post_office.mails(name):  # noqa: ASYNC110 - Postfix sets no event
            await asyncio.sleep(0.02)
    await read(mailbox)

    message = await Message.objects().get(Message.id == dispatch.message)
    assert message
    assert tick(message) == "delivered"
    assert message.delivered_by
