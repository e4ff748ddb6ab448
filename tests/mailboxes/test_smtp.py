"""A mail by SMTP goes to all or to nobody, never in the clear, and silence is never taken for a yes; against a real Postfix."""

import asyncio

import pytest

from app.errors import GiveUp, ProviderError, ReconnectNeeded, RetryLater, Unanswered
from app.mailboxes.providers.mail_login import STARTTLS, Place
from app.mailboxes.providers.reaching import NO_TLS
from app.mailboxes.providers.smtp import WHATEVER_HAPPENS, mailed
from tests.mailboxes.by_imap import letter, somebody
from tests.post_office import Meddler, PostOffice, meddling


async def arrived(office: PostOffice, name: str, many: int = 1) -> list[bytes]:
    """Once Postfix has delivered."""
    async with asyncio.timeout(20):
        while len(found := office.mails(name)) < many:  # noqa: ASYNC110 - Postfix sets no event
            await asyncio.sleep(0.02)
    return found


def written(name: str, *to: str, **more: str) -> bytes:
    return letter("<1@brueckner.example>", sender=f"{name}@brueckner.example", to=", ".join(f"{one}@alpenblick.example" for one in to), **more)


def between(meddler: Meddler) -> Place:
    return Place("localhost", meddler.port)


@pytest.mark.parametrize("way", ["tls", "starttls"])
async def test_a_mail_arrives_at_everybody_and_bcc_stays_a_secret(post_office: PostOffice, way: str) -> None:
    miriam, anna, henrik, boss = somebody(), somebody(), somebody(), somebody()
    login = post_office.login(miriam, smtp=post_office.with_starttls if way == "starttls" else None)

    await mailed(login, written(miriam, anna, Cc=f"{henrik}@alpenblick.example", Bcc=f"Boss <{boss}@alpenblick.example>"))

    for name in (anna, henrik, boss):
        (mail,) = await arrived(post_office, name)
        assert b"Bcc" not in mail
        assert boss.encode() not in mail.partition(b"\n\n")[0].split(b"From: miriam")[-1]


async def test_delivery_reports_are_asked_for_under_our_send_id(post_office: PostOffice) -> None:
    miriam, anna = somebody(), somebody()
    async with meddling(post_office.bare, post_office.ca, tls=False) as meddler:
        await mailed(post_office.login(miriam, smtp=between(meddler)), written(miriam, anna, X_Nachfass_Send_Id="0199-send+id"))

        assert b"RET=HDRS ENVID=0199-send+2Bid" in meddler.heard
        assert f"NOTIFY=FAILURE,DELAY ORCPT=rfc822;{anna}@alpenblick.example".encode() in meddler.heard
        assert b"EHLO localhost\r\n" in meddler.heard


async def test_delivery_reports_are_not_asked_for_where_nobody_gives_them(post_office: PostOffice) -> None:
    miriam, anna = somebody(), somebody()
    async with meddling(post_office.bare, post_office.ca, tls=False) as meddler:
        meddler.down = lambda data: data.replace(b"250-DSN\r\n", b"")
        await mailed(post_office.login(miriam, smtp=between(meddler)), written(miriam, anna))

        assert b"NOTIFY" not in meddler.heard
        assert b"RET=" not in meddler.heard


async def test_when_one_recipient_is_refused_nobody_gets_the_mail(post_office: PostOffice) -> None:
    miriam, anna = somebody(), somebody()
    with pytest.raises(GiveUp, match=r"does not take the address nobody@alpenblick\.example \(550 5\.1\.1\)\. Nothing was sent"):
        await mailed(post_office.login(miriam), written(miriam, anna, "nobody"))

    await mailed(post_office.login(miriam), written(miriam, anna))
    assert len(await arrived(post_office, anna)) == 1


async def test_a_recipient_that_is_put_off_puts_off_the_mail(post_office: PostOffice) -> None:
    with pytest.raises(RetryLater) as refused:
        await mailed(post_office.login(miriam := somebody()), written(miriam, "later"))
    assert (type(refused.value), refused.value.code) == (RetryLater, "450 4.2.1")


async def test_an_address_that_is_not_ours_is_named(post_office: PostOffice) -> None:
    with pytest.raises(GiveUp, match=r"does not let this account send as boss@brueckner\.example"):
        await mailed(post_office.login(somebody()), written("boss", "anna"))


async def test_a_mail_that_is_too_large_is_not_even_begun(post_office: PostOffice) -> None:
    with pytest.raises(GiveUp, match=r"takes mail of 3\.0 MB at most"):
        await mailed(post_office.login(miriam := somebody()), written(miriam, "anna") + b"x" * 3_500_000)


async def test_an_address_with_other_letters_needs_a_server_that_knows_them(post_office: PostOffice) -> None:
    mime = written(miriam := somebody(), "anna").replace(b"To: anna@", "To: änna@".encode())
    with pytest.raises(GiveUp, match="only plain letters"):
        await mailed(post_office.login(miriam), mime)


async def test_without_starttls_nothing_is_said(post_office: PostOffice) -> None:
    async with meddling(post_office.starttls, post_office.ca, tls=False, bare=True) as meddler:
        meddler.down = lambda data: data.replace(b"250-STARTTLS\r\n", b"")
        with pytest.raises(GiveUp) as refused:
            await mailed(post_office.login(miriam := somebody(), smtp=Place("localhost", meddler.port, STARTTLS)), written(miriam, "anna"))

        assert refused.value.sentence == NO_TLS
        assert b"AUTH" not in meddler.heard
        assert b"MAIL" not in meddler.heard


async def test_a_certificate_of_a_stranger_gets_no_password(post_office: PostOffice) -> None:
    async with meddling(post_office.bare, post_office.ca, tls=False, certificate="stranger") as meddler:
        with pytest.raises(GiveUp, match="certificate"):
            await mailed(post_office.login(miriam := somebody(), smtp=between(meddler)), written(miriam, "anna"))
        assert meddler.heard == b""


async def test_a_server_that_speaks_no_tls_is_told_from_a_server_that_is_down(post_office: PostOffice) -> None:
    with pytest.raises(GiveUp) as refused:
        await mailed(post_office.login(miriam := somebody(), smtp=Place("localhost", post_office.bare)), written(miriam, "anna"))
    assert refused.value.sentence == NO_TLS

    with pytest.raises(RetryLater):
        await mailed(post_office.login(miriam, smtp=Place("localhost", 9)), written(miriam, "anna"))


async def test_a_wrong_password_is_tried_once_and_in_one_way(post_office: PostOffice) -> None:
    async with meddling(post_office.bare, post_office.ca, tls=False) as meddler:
        with pytest.raises(ReconnectNeeded):
            await mailed(post_office.login(miriam := somebody(), smtp=between(meddler), password="wrong"), written(miriam, "anna"))
        assert meddler.logins() == 1


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        (b"535 5.7.30 Basic authentication is not supported for Client Submission.", ReconnectNeeded, "takes no passwords"),
        (b"454 4.7.0 Temporary authentication failure", RetryLater, "tried again by itself"),
    ],
)
async def test_what_a_login_says_is_understood(post_office: PostOffice, said: bytes, error: type[ProviderError], words: str) -> None:
    async with meddling(post_office.bare, post_office.ca, tls=False) as meddler:
        meddler.down = lambda data: said + b"\r\n" if data.startswith(b"235") else data
        with pytest.raises(error, match=words):
            await mailed(post_office.login(miriam := somebody(), smtp=between(meddler)), written(miriam, "anna"))


async def test_an_access_token_sends(post_office: PostOffice) -> None:
    miriam, anna = somebody(), somebody()
    async with meddling(post_office.bare, post_office.ca, tls=False) as meddler:
        await mailed(post_office.login(miriam, smtp=between(meddler), token=post_office.token(miriam)), written(miriam, anna))
        assert b"AUTH XOAUTH2 " in meddler.heard
    assert len(await arrived(post_office, anna)) == 1

    with pytest.raises(ReconnectNeeded):
        await mailed(post_office.login(miriam, token=post_office.token(miriam, lives=-60)), written(miriam, anna))


async def test_a_line_that_breaks_after_the_final_dot_leaves_it_open(post_office: PostOffice) -> None:
    """The server has the mail, and we have no answer."""
    miriam, anna = somebody(), somebody()
    async with meddling(post_office.bare, post_office.ca, tls=False) as meddler:
        meddler.down = lambda data: None if b"queued as" in data else data
        with pytest.raises(Unanswered):
            await mailed(post_office.login(miriam, smtp=between(meddler)), written(miriam, anna))
    assert len(await arrived(post_office, anna)) == 1


async def test_a_line_that_breaks_before_the_mail_is_no_open_question(post_office: PostOffice) -> None:
    async with meddling(post_office.bare, post_office.ca, tls=False) as meddler:
        meddler.up = lambda data: None if data.startswith(b"RCPT") else data
        with pytest.raises(RetryLater) as broken:
            await mailed(post_office.login(miriam := somebody(), smtp=between(meddler)), written(miriam, "anna"))
    assert not isinstance(broken.value, Unanswered)


@pytest.mark.parametrize(
    ("said", "error"),
    [(b"421 4.3.2 Closing", RetryLater), (b"451 4.3.0 Try later", RetryLater), (b"552 5.3.4 Too big", GiveUp), (b"554 5.7.1 Spam", GiveUp)],
)
async def test_a_refusal_after_the_final_dot_is_clear(post_office: PostOffice, said: bytes, error: type[ProviderError]) -> None:
    async with meddling(post_office.bare, post_office.ca, tls=False) as meddler:
        meddler.down = lambda data: said + b"\r\n" if b"queued as" in data else data
        with pytest.raises(error) as refused:
            await mailed(post_office.login(miriam := somebody(), smtp=between(meddler)), written(miriam, "anna"))
    assert type(refused.value) is error


async def test_a_delivery_receipt_is_asked_for_and_comes(post_office: PostOffice) -> None:
    miriam, anna = somebody(), somebody()
    async with meddling(post_office.bare, post_office.ca, tls=False) as meddler:
        await mailed(post_office.login(miriam, smtp=between(meddler)), written(miriam, anna), notify=WHATEVER_HAPPENS)
        assert f"NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{anna}@alpenblick.example".encode() in meddler.heard

    (report,) = await arrived(post_office, miriam)
    assert b"Action: delivered" in report
