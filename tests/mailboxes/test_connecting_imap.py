"""Any other mailbox is connected by a form: servers are found, every failure has a sentence, and nothing typed is lost but the password."""

from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import httpx
import pytest

from app.happenings import MailboxConnected
from app.mailboxes.asking import EVERY_RIGHT
from app.mailboxes.opening import open_mailbox, opened, sealed
from app.mailboxes.providers import imap_pool
from app.mailboxes.providers.imap import Imap
from app.mailboxes.providers.mail_login import unpacked
from app.mailboxes.syncing import sync_due
from app.mailboxes.tables import IMAP, Mailbox
from tests import people
from tests.mailboxes.by_imap import somebody
from tests.mailboxes.heard import Heard
from tests.mailboxes.test_pages import house, rep, visitor
from tests.people import Rep
from tests.post_office import PASSWORD, PostOffice, meddling
from tests.visitor import Visitor

__all__ = ["house", "rep", "visitor"]


@pytest.fixture(autouse=True)
async def lines() -> AsyncIterator[None]:
    yield
    imap_pool.hang_up()


@pytest.fixture
def form(post_office: PostOffice) -> dict[str, Any]:
    """The form, filled in well."""
    return {
        "address": f"{somebody()}@brueckner.example", "name": "Miriam Kessler", "user": "", "password": PASSWORD, "imap_host": "localhost",
        "imap_port": str(post_office.imap), "smtp_host": "localhost", "smtp_port": str(post_office.tls), "smtp_security": "tls", "mailbox": "",
    }  # fmt: skip


async def the_mailbox() -> Mailbox:
    found = await Mailbox.objects().first()
    assert found is not None
    return found


def says(page: httpx.Response, words: str) -> bool:
    return page.status_code == 422 and words in unescape(page.text)


async def test_the_address_is_asked_first(visitor: Visitor) -> None:
    page = await visitor.get("/mailboxes/imap")

    assert page.status_code == 200
    assert 'name="address"' in page.text
    assert 'name="password"' not in page.text


async def test_servers_are_found_and_shown(visitor: Visitor) -> None:
    page = await visitor.get("/mailboxes/imap?address=miriam@gmx.de")

    assert 'value="imap.gmx.net"' in page.text
    assert 'value="mail.gmx.net"' in page.text
    assert "GMX lets other programs in only after you switch IMAP on" in unescape(page.text)


async def test_what_is_no_address_finds_nothing(visitor: Visitor) -> None:
    page = await visitor.get("/mailboxes/imap?address=miriam")

    assert says(page, "This is not a mail address.")
    assert 'value="miriam"' in page.text


async def test_a_gmail_address_is_shown_the_better_way(visitor: Visitor) -> None:
    page = await visitor.get("/mailboxes/imap?address=miriam@gmail.com")

    assert 'action="/mailboxes/connect/gmail"' in page.text
    assert "needs no password here" in unescape(page.text)


async def test_miriam_connects_a_mailbox(visitor: Visitor, form: dict[str, Any], heard: Heard) -> None:
    done = await visitor.post("/mailboxes/imap", form)

    mailbox = await the_mailbox()
    assert (done.status_code, done.headers["location"]) == (303, "/mailboxes")
    assert (mailbox.provider, mailbox.address, mailbox.name) == (IMAP, form["address"], "Miriam Kessler")
    assert set(mailbox.rights) == set(EVERY_RIGHT)
    assert heard.facts == [MailboxConnected(mailbox.id)]
    assert PASSWORD.encode() not in bytes(mailbox.tokens or b"")
    assert unpacked(opened(mailbox.tokens)).password == PASSWORD
    page = await visitor.get("/mailboxes")
    assert form["address"] in page.text
    assert PASSWORD not in page.text


async def test_starttls_is_a_way_to_send(visitor: Visitor, form: dict[str, Any], post_office: PostOffice) -> None:
    done = await visitor.post("/mailboxes/imap", {**form, "smtp_port": str(post_office.starttls), "smtp_security": "starttls"})

    assert done.status_code == 303


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"password": "wrong"}, "does not accept this user name and password"),
        ({"password": ""}, "Type the password"),
        ({"password": "a\nb"}, "signs in it that nobody can type"),
        ({"address": "miriam"}, "This is not a mail address"),
        ({"imap_host": "no.such.host.invalid"}, "There is no server with the name no.such.host.invalid"),
        ({"smtp_host": "no.such.host.invalid"}, "There is no server with the name no.such.host.invalid"),
        ({"imap_host": "im ap"}, "This is not the name of a server"),
        ({"imap_host": "127.0.0.2"}, "127.0.0.2 is in a private network"),
        ({"smtp_host": "10.1.2.3"}, "10.1.2.3 is in a private network"),
        ({"imap_port": "9"}, "Nothing answers at localhost on port 9"),
        ({"smtp_port": "9"}, "Nothing answers at localhost on port 9"),
        ({"imap_port": "70000"}, "A port is a number between 1 and 65535"),
        ({"smtp_port": "٤٦٥"}, "A port is a number between 1 and 65535"),
        ({"imap_host": "127.0.0.1"}, "shows a certificate that can't be trusted"),
    ],
)
async def test_every_failure_has_a_sentence_and_only_the_password_is_lost(
    visitor: Visitor, form: dict[str, Any], typed: dict[str, str], words: str
) -> None:
    page = await visitor.post("/mailboxes/imap", {**form, "name": "Miriam “Mi” Kessler", **typed})

    assert says(page, words), unescape(page.text)
    assert "Miriam “Mi” Kessler" in unescape(page.text)
    assert (PASSWORD in page.text, await Mailbox.count()) == (False, 0)
    for name in ("imap_port", "smtp_port"):
        assert f'value="{typed.get(name, form[name])}"' in page.text


async def test_a_port_without_tls_gets_no_password(visitor: Visitor, form: dict[str, Any], post_office: PostOffice) -> None:
    page = await visitor.post("/mailboxes/imap", {**form, "smtp_port": str(post_office.bare)})

    assert says(page, "offers no encryption on port")


async def test_a_server_that_reads_but_does_not_send_is_told_from_a_wrong_password(
    visitor: Visitor, form: dict[str, Any], post_office: PostOffice
) -> None:
    async with meddling(post_office.bare, post_office.ca, tls=False) as meddler:
        meddler.down = lambda data: b"535 5.7.8 No.\r\n" if data.startswith(b"235") else data
        page = await visitor.post("/mailboxes/imap", {**form, "smtp_port": str(meddler.port)})

    assert says(page, "lets you read, but does not accept this user name and password for sending")


async def test_a_server_that_does_not_number_its_mails_is_refused(visitor: Visitor, form: dict[str, Any], post_office: PostOffice) -> None:
    async with meddling(post_office.imap, post_office.ca, tls=True) as meddler:
        meddler.down = lambda data: data.replace(b"[UIDVALIDITY ", b"[NOTHING ")
        page = await visitor.post("/mailboxes/imap", {**form, "imap_port": str(meddler.port)})

    assert says(page, "does not number its mails")


async def test_guessing_passwords_is_slowed_down(visitor: Visitor, form: dict[str, Any]) -> None:
    for _ in range(6):
        page = await visitor.post("/mailboxes/imap", {**form, "password": "wrong"})
    page = await visitor.post("/mailboxes/imap", form)

    assert says(page, "That was tried too often")


async def test_connecting_again_brings_the_servers_and_a_new_password(visitor: Visitor, form: dict[str, Any]) -> None:
    await visitor.post("/mailboxes/imap", form)
    mailbox = await the_mailbox()
    await mailbox.update_self({Mailbox.problem: "reconnect", Mailbox.tokens: mailbox.tokens})

    page = await visitor.get(f"/mailboxes/imap?mailbox={mailbox.id}")
    other = await visitor.post("/mailboxes/imap", {**form, "mailbox": str(mailbox.id), "address": "else@brueckner.example"})
    done = await visitor.post("/mailboxes/imap", {**form, "mailbox": str(mailbox.id)})

    assert f'value="{form["imap_port"]}"' in page.text
    assert PASSWORD not in page.text
    assert says(other, f"This mailbox is {form['address']}, and you typed else@brueckner.example")
    assert done.status_code == 303
    again = await the_mailbox()
    assert (again.id, again.problem, await Mailbox.count()) == (mailbox.id, "", 1)


async def test_a_mailbox_is_not_connected_in_two_ways(visitor: Visitor, rep: Rep, form: dict[str, Any]) -> None:
    await people.mailbox(rep, address=form["address"])

    page = await visitor.post("/mailboxes/imap", form)

    assert says(page, "is connected in this workspace already, through Gmail")


async def test_somebody_elses_mailbox_can_not_be_connected_again(visitor: Visitor, form: dict[str, Any]) -> None:
    robin = await people.rep("Robin Vogt", "robin@brueckner.example", await people.workspace("Elsewhere"))
    box = await people.mailbox(robin, IMAP, form["address"])

    assert (await visitor.get(f"/mailboxes/imap?mailbox={box.id}")).status_code == 404
    assert (await visitor.post("/mailboxes/imap", {**form, "mailbox": str(box.id)})).status_code == 404


async def test_disconnecting_forgets_the_password_and_says_what_is_left_to_do(visitor: Visitor, form: dict[str, Any]) -> None:
    await visitor.post("/mailboxes/imap", form)
    mailbox = await the_mailbox()

    await visitor.post(f"/mailboxes/{mailbox.id}/disconnection")
    page = await visitor.get("/mailboxes")

    assert (await the_mailbox()).tokens is None
    assert "If it was an app password, delete it at brueckner.example too." in unescape(page.text)
    assert f"/mailboxes/imap?mailbox={mailbox.id}" in page.text


async def test_a_password_that_was_changed_breaks_the_mailbox_until_it_is_connected_again(
    visitor: Visitor, form: dict[str, Any], post_office: PostOffice
) -> None:
    await visitor.post("/mailboxes/imap", form)
    mailbox = await the_mailbox()
    login = unpacked(opened(mailbox.tokens))
    wrong = type(login)(**{**vars(login), "password": "changed meanwhile"})
    await mailbox.update_self({Mailbox.tokens: sealed(wrong.packed())})

    await sync_due(nobody)

    row = await the_mailbox()
    assert (row.problem, row.broken_at is None) == ("reconnect", False)
    page = await visitor.get("/mailboxes")
    assert "brueckner.example does not accept the user name and password" in unescape(page.text)
    assert isinstance(await open_mailbox(row), Imap)


async def nobody(mailbox: Mailbox, mail: Any, imported: bool) -> bool:
    return False
