"""By IMAP a thread comes back on top by a note of our own, sent copies are filed once, and news is heard; against a real Dovecot."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta

import pytest

from app.clock import now
from app.errors import GiveUp, ProviderError
from app.mailboxes.providers import imap, imap_pool
from app.mailboxes.providers.base import INBOX, SEND_ID_HEADER, SENT, Note
from app.mailboxes.providers.imap_words import quoted
from tests.mailboxes.by_imap import Owner, letter, opened, somebody
from tests.post_office import PostOffice, meddling

SENT_FOLDER = ".Gesendete Objekte"
NOTE = Note("<note@brueckner.example>", "Re: Offer", "No answer since Monday.", "<1@brueckner.example>", "<1@brueckner.example>", "")


@pytest.fixture(autouse=True)
async def lines() -> AsyncIterator[None]:
    yield
    imap_pool.hang_up()


@pytest.fixture
def miriam(post_office: PostOffice) -> Owner:
    return Owner(somebody(), post_office)


async def in_inbox(owner: Owner) -> list[str]:
    return list((await owner.provider.listed(INBOX, now() - timedelta(days=1), "")).ids)


# Back on top


async def test_a_note_comes_on_top_unread_and_in_its_thread(miriam: Owner) -> None:
    miriam.gets("<0@alpenblick.example>", at=now().timestamp() - 5000)
    provider = miriam.provider

    await provider.surface(NOTE)

    top = await provider.fetch((await in_inbox(miriam))[0])
    assert top is not None
    assert top.thread == "<1@brueckner.example>"
    assert b"No answer since Monday." in top.raw
    assert now() - top.at < timedelta(minutes=1)
    async with provider.line() as line:
        await line.select("INBOX")
        assert await line.search("UNSEEN", "HEADER", "Message-ID", quoted(NOTE.message_id)) != []


async def test_a_letter_home_lies_there_unread_as_words_and_as_a_page(miriam: Owner) -> None:
    letter_home = Note("<letter@brueckner.example>", "Heute dran", "Zwei warten.", "", "", "", html="<p>Zwei <b>warten</b>.</p>")
    provider = miriam.provider

    assert await provider.surface(letter_home) == await provider.surface(letter_home)

    (there,) = await in_inbox(miriam)
    mail = await provider.fetch(there)
    assert mail is not None
    assert b"Zwei warten." in mail.raw
    assert b"<p>Zwei <b>warten</b>.</p>" in mail.raw
    async with provider.line() as line:
        await line.select("INBOX")
        assert await line.search("UNSEEN") != []


@pytest.mark.parametrize("hidden", [b"", b" UIDPLUS"])
async def test_a_note_is_put_there_once_and_taken_away_again(miriam: Owner, hidden: bytes) -> None:
    miriam.gets("<0@alpenblick.example>")
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        meddler.down = lambda data: data.replace(hidden, b"").replace(b"[APPENDUID", b"[APPENDED") if hidden else data
        provider = opened(miriam.office.login(miriam.name, meddler.port))
        first, second = await provider.surface(NOTE), await provider.surface(NOTE)
        assert first == second
        assert len(await in_inbox(miriam)) == 2

        await provider.clear(first)
        await provider.clear(first)

    assert len(await in_inbox(miriam)) == 1


async def test_a_note_is_found_again_in_a_folder_that_was_numbered_anew(miriam: Owner) -> None:
    """Its old number may be another mail's by now, which must not be touched."""
    provider = miriam.provider
    note = await provider.surface(NOTE)
    miriam.gets("<0@alpenblick.example>")
    imap_pool.hang_up()
    miriam.office.renumber(miriam.name)

    await provider.clear(note)

    (left,) = await in_inbox(miriam)
    mail = await provider.fetch(left)
    assert mail is not None
    assert b"<0@alpenblick.example>" in mail.raw


async def test_without_uidplus_and_move_only_our_note_is_marked(miriam: Owner) -> None:
    """A plain EXPUNGE would take along what the person had marked as deleted."""
    miriam.gets("<0@alpenblick.example>")
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        meddler.down = lambda data: data.replace(b" UIDPLUS", b"").replace(b" MOVE", b"")
        provider = opened(miriam.office.login(miriam.name, meddler.port))
        async with provider.line() as line:
            await line.select("INBOX")
            await line.store(1, "+FLAGS (\\Deleted)")
        await provider.clear(await provider.surface(NOTE))

        assert b"EXPUNGE" not in meddler.heard
    assert len(await in_inbox(miriam)) == 2


# The copy in Sent


async def test_a_sent_copy_is_filed_read_and_found(miriam: Owner) -> None:
    provider, mime = miriam.provider, letter("<1@brueckner.example>", **{SEND_ID_HEADER: "0199-id"})
    assert await provider.find_sent("0199-id", "<1@brueckner.example>", now()) is None

    filed = await provider.file_copy(mime, "0199-id", "<1@brueckner.example>")
    found = await provider.find_sent("0199-id", "<other@brueckner.example>", now())

    assert filed == found
    assert filed is not None
    assert (filed.message_id, filed.thread) == ("<1@brueckner.example>", "<1@brueckner.example>")
    async with provider.line() as line:
        await line.select("Gesendete Objekte")
        assert await line.search("SEEN") == [1]


async def test_a_copy_is_found_where_the_server_does_not_search_for_it(miriam: Owner) -> None:
    await miriam.provider.file_copy(letter("<1@brueckner.example>", **{SEND_ID_HEADER: "0199-id"}), "0199-id", "<1@brueckner.example>")
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        meddler.up = lambda data: data.replace(b"HEADER X-Nachfass", b"HEADER X-Nachfest").replace(b"HEADER Message-ID", b"HEADER Message-IX")
        provider = opened(miriam.office.login(miriam.name, meddler.port))

        assert await provider.find_sent("0199-id", "<x@brueckner.example>", now()) is not None
        assert await provider.find_sent("0199-other", "<x@brueckner.example>", now()) is None


async def test_a_server_that_files_by_itself_gets_no_second_copy(miriam: Owner) -> None:
    login = miriam.office.login(miriam.name)
    provider = opened(type(login)(**{**vars(login), "smtp": type(login.smtp)("smtp.gmail.com", 465)}))

    assert await provider.file_copy(letter("<1@brueckner.example>"), "0199-id", "<1@brueckner.example>") is None
    assert miriam.office.mails(miriam.name, SENT_FOLDER) == []


async def test_a_mailbox_without_a_sent_folder_gets_one(miriam: Owner) -> None:
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        meddler.down = lambda data: data.replace(b"\\Sent", b"\\Marked").replace(b"Gesendete Objekte", b"Gesandte Objekte")
        provider = opened(miriam.office.login(miriam.name, meddler.port))
        assert SENT not in await provider.folders()

        assert await provider.file_copy(letter("<1@brueckner.example>"), "0199-id", "<1@brueckner.example>") is not None
    assert len(miriam.office.mails(miriam.name, ".Sent")) == 1


async def test_a_full_mailbox_says_so(miriam: Owner) -> None:
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        meddler.down = lambda data: data.replace(b"OK [APPENDUID", b"NO [OVERQUOTA] Full [")
        with pytest.raises(GiveUp, match="mailbox is full"):
            await opened(miriam.office.login(miriam.name, meddler.port)).surface(NOTE)


# Listening


async def test_new_mail_is_heard_while_it_arrives(miriam: Owner) -> None:
    async with aclosing(miriam.provider.news()) as news:
        hearing = asyncio.ensure_future(anext(news))
        while not hearing.done():
            miriam.gets(f"<{now().timestamp()}@alpenblick.example>")
            await asyncio.wait({hearing}, timeout=0.5)

    assert hearing.result() is None


async def test_listening_is_asked_for_anew_before_anybody_forgets_it(miriam: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "RENEWED", 0.02)
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        async with aclosing(opened(miriam.office.login(miriam.name, meddler.port)).news()) as news:
            hearing = asyncio.ensure_future(anext(news))
            async with asyncio.timeout(20):
                while meddler.heard.count(b" IDLE\r\n") < 3:
                    await asyncio.wait({hearing}, timeout=0.02)
            hearing.cancel()
            await asyncio.wait({hearing})

        assert meddler.heard.count(b"DONE\r\n") >= 2
        assert meddler.connections == 1


async def test_a_line_that_breaks_while_listening_is_noticed(miriam: Owner) -> None:
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        news = opened(miriam.office.login(miriam.name, meddler.port)).news()
        hearing = asyncio.ensure_future(anext(news))
        async with asyncio.timeout(20):
            while b" IDLE\r\n" not in meddler.heard:
                await asyncio.wait({hearing}, timeout=0.02)
        meddler.down = lambda data: None
        miriam.gets("<1@alpenblick.example>")

        with pytest.raises(ProviderError):
            await hearing


async def test_a_server_without_idle_is_not_listened_to(miriam: Owner) -> None:
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        meddler.down = lambda data: data.replace(b" IDLE", b"")
        assert [one async for one in opened(miriam.office.login(miriam.name, meddler.port)).news()] == []
