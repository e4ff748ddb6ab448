"""The servers of an address are found in the table, by what its domain says, or guessed; asked of a real name server on loopback."""

import socket
import threading
from collections.abc import Iterator

import dns.asyncresolver
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rrset
import pytest
from dns.exception import DNSException

from app.mailboxes import finding_servers
from app.mailboxes.finding_servers import APP_PASSWORD, FOUND_BY_DOMAIN, GUESSED, servers_of
from app.mailboxes.providers.mail_login import STARTTLS, Place
from app.mailboxes.tables import GMAIL, OUTLOOK


class Names:
    """A name server that knows what a test tells it."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.records: dict[tuple[str, str], list[str]] = {}
        self.asked: list[str] = []

    def knows(self, name: str, kind: str, *records: str) -> None:
        self.records[name, kind] = list(records)

    def serve(self) -> None:
        while True:
            try:
                question, _, asker = dns.query.receive_udp(self.sock)
            except (OSError, DNSException):
                return
            self.sock.sendto(self.answer(question).to_wire(), asker)

    def answer(self, question: dns.message.Message) -> dns.message.Message:
        (asked,) = question.question
        name, kind = str(asked.name).rstrip("."), asked.rdtype.name
        self.asked.append(name)
        made = dns.message.make_response(question)
        if found := self.records.get((name, kind)):
            made.answer.append(dns.rrset.from_text_list(asked.name, 60, "IN", kind, found))
        else:
            made.set_rcode(dns.rcode.NXDOMAIN)
        return made


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        known = Names(sock)
        serving = threading.Thread(target=known.serve)
        serving.start()
        asks = dns.asyncresolver.Resolver(configure=False)
        asks.nameservers, asks.port = ["127.0.0.1"], sock.getsockname()[1]
        monkeypatch.setattr(finding_servers, "resolver", lambda: asks)
        yield known
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", sock.getsockname())
        serving.join(10)


async def test_well_known_providers_need_no_question(names: Names) -> None:
    found = await servers_of("Miriam@GMX.de ")

    assert (found.imap, found.smtp.host, found.sure) == (Place("imap.gmx.net", 993), "mail.gmx.net", True)
    assert names.asked == []


WANT_APP_PASSWORDS = ("yahoo.de", "icloud.com", "fastmail.com", "zoho.eu", "mail.de", "mailbox.org", "aol.com", "t-online.de")


@pytest.mark.parametrize("domain", WANT_APP_PASSWORDS)
async def test_where_an_app_password_is_wanted_that_is_said(names: Names, domain: str) -> None:
    found = await servers_of(f"miriam@{domain}")

    assert found.advice == APP_PASSWORD
    assert found.where


@pytest.mark.parametrize(("address", "consent"), [("m@gmail.com", GMAIL), ("m@outlook.de", OUTLOOK)])
async def test_gmail_and_outlook_are_better_connected_by_consent(names: Names, address: str, consent: str) -> None:
    assert (await servers_of(address)).consent == consent


async def test_a_domain_of_ones_own_at_google_is_recognised(names: Names) -> None:
    names.knows("brueckner.example", "MX", "1 aspmx.l.google.com.")

    assert (await servers_of("miriam@brueckner.example")).consent == GMAIL


async def test_a_lookalike_of_a_provider_is_not_that_provider(names: Names) -> None:
    names.knows("brueckner.example", "MX", "1 mx.notgoogle.com.")

    assert (await servers_of("miriam@brueckner.example")).advice == GUESSED


async def test_a_domain_names_its_servers_and_the_first_by_priority_counts(names: Names) -> None:
    names.knows("_imaps._tcp.brueckner.example", "SRV", "20 1 993 spare.brueckner.example.", "10 1 9930 mail.brueckner.example.")
    names.knows("_submissions._tcp.brueckner.example", "SRV", "0 1 465 out.brueckner.example.")
    names.knows("_submission._tcp.brueckner.example", "SRV", "0 1 587 other.brueckner.example.")

    found = await servers_of("miriam@brueckner.example")

    assert (found.imap, found.smtp) == (Place("mail.brueckner.example", 9930), Place("out.brueckner.example", 465))
    assert found.advice == FOUND_BY_DOMAIN


async def test_a_service_that_is_declared_absent_is_not_used(names: Names) -> None:
    names.knows("_imaps._tcp.brueckner.example", "SRV", "0 1 993 mail.brueckner.example.")
    names.knows("_submissions._tcp.brueckner.example", "SRV", "0 0 0 .")
    names.knows("_submission._tcp.brueckner.example", "SRV", "0 1 587 out.brueckner.example.")

    assert (await servers_of("miriam@brueckner.example")).smtp == Place("out.brueckner.example", 587, STARTTLS)


async def test_where_nobody_says_anything_the_usual_names_are_a_guess(names: Names) -> None:
    found = await servers_of("miriam@brueckner.example")

    assert (found.imap, found.smtp) == (Place("imap.brueckner.example", 993), Place("smtp.brueckner.example", 465))
    assert not found.sure
