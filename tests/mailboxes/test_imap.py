"""A mailbox by IMAP is read like any other; against a real Dovecot."""

from collections.abc import AsyncIterator
from datetime import timedelta
from socket import AF_INET, SOCK_STREAM

import pytest

from app.clock import now
from app.errors import CursorLost, GiveUp, ReconnectNeeded, RetryLater
from app.mailboxes.providers import imap_line, imap_pool, wire
from app.mailboxes.providers.base import INBOX, OTHER_FOLDER, SENT
from app.mailboxes.providers.imap import Imap
from app.mailboxes.providers.imap_line import ImapLine
from app.mailboxes.providers.mail_login import Place
from app.mailboxes.providers.reaching import CERTIFICATE, NO_TLS, PRIVATE
from tests.mailboxes.by_imap import Owner, Pocket, letter, opened, somebody
from tests.post_office import PostOffice, meddling

SENT_FOLDER = ".Gesendete Objekte"


@pytest.fixture(autouse=True)
async def lines() -> AsyncIterator[None]:
    yield
    imap_pool.hang_up()


@pytest.fixture
def miriam(post_office: PostOffice) -> Owner:
    return Owner(somebody(), post_office)


async def ids(provider: Imap, folder: str, cursor: str) -> list[str]:
    return list((await provider.changes(folder, cursor)).ids)


async def test_what_came_since_is_found_once(miriam: Owner) -> None:
    provider = miriam.provider
    cursor = await provider.start(INBOX)
    miriam.gets("<1@alpenblick.example>")

    first = await provider.changes(INBOX, cursor)
    mail = await provider.fetch(first.ids[0])

    assert mail is not None
    assert (mail.folder, mail.thread, b"Thank you for the offer." in mail.raw) == (INBOX, "<1@alpenblick.example>", True)
    assert now() - mail.at < timedelta(minutes=5)
    assert await ids(provider, INBOX, first.cursor) == []


async def test_the_last_mail_is_not_new_when_nothing_is(miriam: Owner) -> None:
    """`UID n:*` names the last mail even if it is older than n; the server tells no UIDNEXT, so that it has to be asked so."""
    miriam.gets("<1@alpenblick.example>")
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        meddler.down = lambda data: data.replace(b"[UIDNEXT ", b"[NEXTUID ")
        provider = opened(miriam.office.login(miriam.name, meddler.port))
        cursor = await provider.start(INBOX)

        assert await ids(provider, INBOX, cursor) == []
        miriam.gets("<2@alpenblick.example>")
        assert len(await ids(provider, INBOX, cursor)) == 1


async def test_a_draft_is_no_mail(miriam: Owner) -> None:
    provider = miriam.provider
    cursor = await provider.start(INBOX)
    async with provider.line() as line:
        await line.append("INBOX", letter("<draft@brueckner.example>"), "\\Draft", now())

    (one,) = await ids(provider, INBOX, cursor)

    assert await provider.fetch(one) is None


async def test_a_folder_that_is_numbered_anew_is_no_new_mail(miriam: Owner) -> None:
    provider = miriam.provider
    miriam.gets("<1@alpenblick.example>")
    cursor = await provider.start(INBOX)
    old = (await provider.listed(INBOX, now() - timedelta(days=1), "")).ids[0]
    imap_pool.hang_up()
    miriam.office.renumber(miriam.name)

    with pytest.raises(CursorLost, match="nothing is lost"):
        await provider.changes(INBOX, cursor)
    assert await provider.fetch(old) is None
    assert len((await provider.listed(INBOX, now() - timedelta(days=1), "")).ids) == 1


async def test_a_mail_without_an_id_stays_the_same_mail_when_its_folder_is_numbered_anew(miriam: Owner) -> None:
    provider = miriam.provider
    miriam.gets("")
    before = await provider.fetch((await provider.listed(INBOX, now() - timedelta(days=1), "")).ids[0])
    imap_pool.hang_up()
    miriam.office.renumber(miriam.name)

    after = await provider.fetch((await provider.listed(INBOX, now() - timedelta(days=1), "")).ids[0])

    assert before is not None
    assert after is not None
    assert before.provider_id != after.provider_id
    assert before.raw == after.raw
    assert before.raw.startswith(b"Message-ID: <")


@pytest.mark.parametrize("lie", [b"[UIDVALIDITY 0]", b"[NOTHING 1]"])
async def test_a_server_without_uidvalidity_is_not_believed(miriam: Owner, lie: bytes) -> None:
    cursor = await miriam.provider.start(INBOX)
    validity = cursor.split()[0].encode()
    miriam.gets("<1@alpenblick.example>")
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        meddler.down = lambda data: data.replace(b"[UIDVALIDITY " + validity + b"]", lie)

        with pytest.raises(RetryLater, match="UIDVALIDITY"):
            await opened(miriam.office.login(miriam.name, meddler.port)).changes(INBOX, cursor)
    assert len(await ids(miriam.provider, INBOX, cursor)) == 1


async def test_without_condstore_uids_are_enough(miriam: Owner) -> None:
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        meddler.down = lambda data: data.replace(b" CONDSTORE", b"").replace(b" QRESYNC", b"")
        provider = opened(miriam.office.login(miriam.name, meddler.port))
        cursor = await provider.start(INBOX)
        miriam.gets("<1@alpenblick.example>")

        assert len(await ids(provider, INBOX, cursor)) == 1
        assert b"CONDSTORE" not in meddler.heard


async def test_a_server_that_was_set_back_is_read_anew(miriam: Owner) -> None:
    provider = miriam.provider
    validity, following, changes = (await provider.start(INBOX)).split()

    for later in (f"{validity} {int(following) + 5} {changes}", f"{validity} {following} {int(changes) + 50}", "garbled"):
        with pytest.raises(CursorLost):
            await provider.changes(INBOX, later)


async def test_many_mails_come_in_pieces(miriam: Owner) -> None:
    """Also as many lines at once as would be too deep for aioimaplib."""
    provider = miriam.provider
    cursor = await provider.start(INBOX)
    for number in range(1100):
        miriam.gets(f"<{number}@alpenblick.example>")

    first = await provider.changes(INBOX, cursor)
    second = await provider.changes(INBOX, first.cursor)
    third = await provider.changes(INBOX, second.cursor)

    assert [len(part.ids) for part in (first, second, third)] == [500, 500, 100]
    assert (first.more, third.more) == (True, False)
    page = await provider.listed(INBOX, now() - timedelta(days=1), "")
    assert (len(page.ids), page.total) == (500, 1100)
    async with provider.line() as line:
        await line.select("INBOX")
        assert len(await line.fetch("1:*", "(UID INTERNALDATE)")) == 1100


async def test_what_was_sent_lies_in_the_folder_of_that_use(miriam: Owner) -> None:
    provider = miriam.provider
    cursor = await provider.start(SENT)
    miriam.gets("<s1@brueckner.example>", SENT_FOLDER)

    (one,) = await ids(provider, SENT, cursor)
    mail = await provider.fetch(one)

    assert mail is not None
    assert mail.folder == SENT


async def test_a_restored_sent_folder_does_not_make_old_mail_new(miriam: Owner) -> None:
    """The server dates everything as of the restoration; the mail's own date is older."""
    provider = miriam.provider
    cursor = await provider.start(SENT)
    miriam.gets("<s1@brueckner.example>", SENT_FOLDER, Date="Mon, 02 Jun 2025 10:00:00 +0200")

    mail = await provider.fetch((await ids(provider, SENT, cursor))[0])

    assert mail is not None
    assert mail.at.isoformat() == "2025-06-02T08:00:00+00:00"


async def test_an_answer_that_a_rule_files_elsewhere_is_read(miriam: Owner) -> None:
    miriam.gets("<0@alpenblick.example>", ".Kunden.Alpenblick")
    provider = miriam.provider
    (elsewhere,) = [folder for folder in await provider.folders() if folder not in (INBOX, SENT)]
    cursor = await provider.start(elsewhere)
    miriam.gets("<1@alpenblick.example>", ".Kunden.Alpenblick")

    (one,) = await ids(provider, elsewhere, cursor)
    mail = await provider.fetch(one)

    assert mail is not None
    assert mail.folder == OTHER_FOLDER


async def test_a_folder_that_may_not_be_opened_stops_nothing(miriam: Owner) -> None:
    miriam.gets("<0@alpenblick.example>", ".Shared")
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        meddler.up = lambda data: data.replace(b'SELECT "Shared"', b'SELECT "Sharex"')
        provider = opened(miriam.office.login(miriam.name, meddler.port))
        (shared,) = [folder for folder in await provider.folders() if folder not in (INBOX, SENT)]

        assert await provider.start(shared) == ""
        assert (await provider.changes(shared, "")).cursor == ""
        meddler.up = lambda data: data
        assert (await provider.changes(shared, "")).cursor != ""


async def test_a_conversation_is_what_refers_to_its_beginning(miriam: Owner) -> None:
    miriam.gets("<root@brueckner.example>", SENT_FOLDER, at=now().timestamp() - 3000)
    miriam.gets("<re1@alpenblick.example>", References="<root@brueckner.example>", at=now().timestamp() - 2000)
    miriam.gets("<re2@brueckner.example>", SENT_FOLDER, References="<root@brueckner.example> <re1@alpenblick.example>", at=now().timestamp() - 1000)
    miriam.gets("<other@alpenblick.example>")
    provider = miriam.provider

    found = await provider.thread_ids("<root@brueckner.example>")
    mails = [await provider.fetch(one) for one in found]

    assert [mail.folder for mail in mails if mail] == [SENT, INBOX, SENT]
    assert {mail.thread for mail in mails if mail} == {"<root@brueckner.example>"}


async def test_a_mail_that_came_while_a_folder_was_open_is_not_taken_for_gone(miriam: Owner) -> None:
    provider = miriam.provider
    async with provider.line() as one, provider.line() as other:
        await one.select("INBOX")
        await other.select("INBOX")
    cursor = await provider.start(INBOX)
    miriam.gets("<1@alpenblick.example>")
    (new,) = await ids(provider, INBOX, cursor)

    async with provider.line():
        assert await provider.fetch(new) is not None
    assert await provider.fetch(new) is not None


# Logging in


async def test_an_access_token_opens_a_mailbox(miriam: Owner) -> None:
    provider = opened(miriam.office.login(miriam.name, token=miriam.office.token(miriam.name)))

    assert set(await provider.folders()) == {INBOX, SENT}


@pytest.mark.usefixtures("sandbox_server")  # who did not sign it themselves asks there whose it is
async def test_an_access_token_that_ended_is_a_clear_no(miriam: Owner) -> None:
    """The server answers a wrong token with a challenge that wants an empty line; whoever is silent waits for ever."""
    with pytest.raises(ReconnectNeeded):
        await opened(miriam.office.login(miriam.name, token=miriam.office.token(miriam.name, lives=-60))).folders()


@pytest.mark.parametrize("hidden", [b" SASL-IR", b"AUTH=PLAIN"])
async def test_every_way_to_log_in_works(miriam: Owner, hidden: bytes) -> None:
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        meddler.down = lambda data: data.replace(hidden, b" X-NOTHING")
        assert INBOX in await opened(miriam.office.login(miriam.name, meddler.port)).folders()


async def test_a_refused_password_is_not_tried_without_end(miriam: Owner) -> None:
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        login = miriam.office.login(miriam.name, meddler.port, password="wrong")
        pocket = Pocket(login.packed())
        for _ in range(6):
            with pytest.raises(ReconnectNeeded, match="Connect the mailbox again"):
                await opened(login, pocket).folders()

        assert meddler.connections == 3


async def test_a_password_that_is_taken_again_starts_afresh(miriam: Owner) -> None:
    login = miriam.office.login(miriam.name)
    pocket = Pocket(login.refused().refused().packed())

    await opened(login, pocket).folders()

    assert pocket.kept == login.packed()


async def test_a_login_that_fails_for_a_moment_is_no_wrong_password(miriam: Owner) -> None:
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        meddler.down = lambda data: data.replace(b"NO [AUTHENTICATIONFAILED] Authentication failed.", b"NO [UNAVAILABLE] Temporary trouble.")
        login = miriam.office.login(miriam.name, meddler.port, password="wrong")
        pocket = Pocket(login.packed())

        with pytest.raises(RetryLater):
            await opened(login, pocket).folders()
        assert pocket.kept == login.packed()


async def test_a_certificate_of_a_stranger_gets_no_password(miriam: Owner) -> None:
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True, certificate="stranger") as meddler:
        with pytest.raises(GiveUp) as refused:
            await opened(miriam.office.login(miriam.name, meddler.port)).folders()
        assert refused.value.sentence == CERTIFICATE
        assert meddler.heard == b""


async def test_a_certificate_for_another_name_gets_no_password(miriam: Owner) -> None:
    login = miriam.office.login(miriam.name)
    with pytest.raises(GiveUp, match="certificate"):
        await ImapLine.opened(type(login)(**{**vars(login), "imap": Place("127.0.0.1", login.imap.port)}))


async def test_a_server_without_tls_gets_no_password(miriam: Owner) -> None:
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True, bare=True) as meddler:
        with pytest.raises(GiveUp) as refused:
            await opened(miriam.office.login(miriam.name, meddler.port)).folders()
        assert refused.value.sentence == NO_TLS
        assert b"AUTH" not in meddler.heard


async def test_a_host_in_a_private_network_is_refused(miriam: Owner) -> None:
    login = miriam.office.login(miriam.name)
    with pytest.raises(Exception, match="private network") as refused:
        await ImapLine.opened(type(login)(**{**vars(login), "imap": Place("127.0.0.2", login.imap.port)}))
    assert refused.value.sentence == PRIVATE  # type: ignore[attr-defined]


async def test_a_name_that_leads_elsewhere_the_second_time_leads_nowhere(miriam: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the name is looked up once, and the address that was checked is the one connected to."""
    login, asked = miriam.office.login(miriam.name), []
    loop = imap_line.asyncio.get_running_loop()

    async def answers(host: str, port: int | None, **named: object) -> list[object]:
        if host != login.imap.host:  # an address: nobody is asked for it
            return [(AF_INET, SOCK_STREAM, 0, "", (host, port))]
        asked.append(host)
        return [(AF_INET, SOCK_STREAM, 0, "", ("127.0.0.1" if len(asked) == 1 else "10.0.0.1", 0))]

    monkeypatch.setattr(loop, "getaddrinfo", answers)
    line = await ImapLine.opened(login)
    line.close()

    assert asked == ["localhost"]


async def test_a_line_that_breaks_is_told_at_once(miriam: Owner) -> None:
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        provider = opened(miriam.office.login(miriam.name, meddler.port))
        await provider.folders()
        meddler.up = lambda data: None

        with pytest.raises(RetryLater):
            await provider.start(INBOX)
        meddler.up = lambda data: data
        assert await provider.start(INBOX)


async def test_a_server_that_says_nothing_is_not_waited_for(miriam: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_line, "SECONDS", 0.2)
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        provider = opened(miriam.office.login(miriam.name, meddler.port))
        await provider.folders()
        meddler.down = lambda data: b""

        with pytest.raises(RetryLater):
            await provider.start(INBOX)


async def test_connections_are_kept_and_never_more_than_a_few(miriam: Owner) -> None:
    async with meddling(miriam.office.imap, miriam.office.ca, tls=True) as meddler:
        provider = opened(miriam.office.login(miriam.name, meddler.port))
        for _ in range(5):
            await provider.start(INBOX)
        assert meddler.connections == 1
        await imap_line.asyncio.gather(*(provider.start(INBOX) for _ in range(20)))

    assert meddler.connections <= wire.AT_ONCE


async def test_a_mail_that_is_too_large_is_not_loaded(miriam: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LARGEST_ANSWER", 100)
    provider = miriam.provider
    miriam.gets("<1@alpenblick.example>")

    with pytest.raises(GiveUp, match="more than Nachfass takes"):
        await provider.fetch((await provider.listed(INBOX, now() - timedelta(days=1), "")).ids[0])
