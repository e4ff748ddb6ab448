"""Every received mail has a kind, a reason in words and the mail it is about: servers, machines and people, each in their own wording."""

import json
from base64 import b64encode
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import nachfass
from app.threads.reading import read
from app.threads.recognising.judging import recognise
from app.threads.recognising.returning import back_on
from app.threads.recognising.verdict import Recognition
from tests.threads import letters
from tests.threads.letters import OFFER

ANNA = "anna@alpenblick.example"
WEDNESDAY = date(2026, 11, 25)


def recognised(raw: bytes) -> Recognition:
    return recognise(read(raw))


def named(mails: dict[str, bytes]) -> list[object]:
    return [pytest.param(raw, id=name) for name, raw in mails.items()]


@pytest.mark.parametrize("raw", named(letters.HARD))
def test_an_address_that_is_no_good_is_a_hard_bounce(raw: bytes) -> None:
    found = recognised(raw)
    assert (found.kind, found.original_message_id) == ("bounce_hard", OFFER)
    assert found.recipients in ([ANNA], ["ümit@alpenblick.example"])
    assert found.status.startswith("5.")
    assert all(one.is_hard for one in found.results)


@pytest.mark.parametrize("raw", named(letters.SOFT))
def test_every_other_failure_is_a_soft_bounce(raw: bytes) -> None:
    found = recognised(raw)
    assert found.kind == "bounce_soft"
    assert found.recipients == [ANNA]
    assert not any(one.is_hard for one in found.results)


@pytest.mark.parametrize(("kind", "raw"), [pytest.param(kind, raw, id=name) for name, (kind, raw) in letters.RECEIPTS.items()])
def test_receipts_and_complaints_say_what_they_confirm(kind: str, raw: bytes) -> None:
    found = recognised(raw)
    assert found.kind == kind
    assert found.original_message_id in (OFFER, "")


@pytest.mark.parametrize("raw", named(letters.AUTOMATIC))
def test_a_machine_that_answers_is_no_person(raw: bytes) -> None:
    assert recognised(raw).kind == "auto_reply"


@pytest.mark.parametrize("raw", named(letters.PEOPLE))
def test_a_person_who_answers_is_one_whatever_they_write_about(raw: bytes) -> None:
    found = recognised(raw)
    assert found.kind == "human_reply"
    assert found.by_person


@pytest.mark.parametrize("raw", named(letters.FIRST))
def test_what_answers_nothing_is_other(raw: bytes) -> None:
    assert recognised(raw).kind == "other"


@pytest.mark.parametrize("raw", named(letters.LISTS))
def test_list_mail_is_list_mail_though_it_answers(raw: bytes) -> None:
    assert recognised(raw).kind == "list_or_bulk"


def test_each_failing_recipient_has_a_reason_of_its_own() -> None:
    told = "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; anna@alpenblick.example\nAction: failed\nStatus: 5.1.1\n\n"
    told += "Final-Recipient: rfc822; henrik@alpenblick.example\nAction: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 mailbox full\n\n"
    told += "Final-Recipient: rfc822; tom@alpenblick.example\nAction: delivered\nStatus: 2.0.0\n"
    body = f"--b\nContent-Type: message/delivery-status\n\n{told}\n--b--\n"
    found = recognised(letters.raw(letters.MAILER, "Report", body, Content_Type='multipart/report; report-type=delivery-status; boundary="b"'))
    assert [(one.address.partition("@")[0], one.action, one.status, one.reason.name) for one in found.results] == [
        ("anna", "failed", "5.1.1", "user-unknown"),
        ("henrik", "failed", "5.2.2", "mailbox-full"),
        ("tom", "delivered", "2.0.0", "arrived"),
    ]


def test_a_report_of_international_addresses_may_come_in_base64() -> None:
    told = "Reporting-MTA: dns; mx\n\nFinal-Recipient: utf-8; anna@alpenblick.example\nAction: failed\nStatus: 5.1.1\n"
    encoded = b64encode(told.encode()).decode()
    body = f"--b\nContent-Type: message/global-delivery-status\nContent-Transfer-Encoding: base64\n\n{encoded}\n--b--\n"
    report_type = 'multipart/report; report-type=global-delivery-status; boundary="b"'
    found = recognised(letters.raw(letters.MAILER, "Report", body, Content_Type=report_type))
    assert (found.kind, found.status, [one.address for one in found.results]) == ("bounce_hard", "5.1.1", ["anna@alpenblick.example"])


def test_a_receipt_of_certified_mail_names_the_mail_it_is_about() -> None:
    text = 'Il messaggio "Offerta" indirizzato a "anna@alpenblick.example" è stato consegnato nella casella di destinazione.'
    sender = "Posta Certificata <posta-certificata@pec.example>"
    receipt = letters.raw(sender, "CONSEGNA: Offerta", text, X_Ricevuta="avvenuta-consegna", X_Riferimento_Message_ID=letters.OFFER)
    found = recognised(receipt)
    assert (found.kind, found.original_message_id) == ("delivery_receipt", letters.OFFER)


def test_the_reason_is_told_in_words() -> None:
    found = recognised(letters.SOFT["full-unknown-code"])
    assert found.words == "A delivery report says that it failed. Their mailbox is full."
    assert found.rules == ("rfc3464-failed", "reason-mailbox-full")


def test_a_mail_inside_the_returned_one_is_not_the_one_that_failed() -> None:
    inner = letters.RETURNED.replace(OFFER, "<outer@brueckner.example>") + "\nMessage-ID: <inner@elsewhere.example>\n"
    text = "Hi. This is the qmail-send program.\n\n<anna@alpenblick.example>:\nno mailbox here by that name. (#5.1.1)\n\n--- Below this line"
    assert recognised(letters.bounce(text, returned=inner)).original_message_id == "<outer@brueckner.example>"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I am out of the office until 30 November.", "2026-11-30"),
        ("I'm away through December 4.", "2026-12-05"),
        ("I will be out of the office from 23 December to 4 January.", "2027-01-05"),
        ("I am on holiday from 12/21 to 1/4/2027", "2027-01-05"),
        ("AUTO: Anna is out of the office (returning 12/14/2026)", "2026-12-14"),
        ("I'll be back next week.", "2026-11-30"),
        ("I will be back in the office tomorrow.", "2026-11-26"),
        ("I'm out from Wed 25 Nov and back Mon 30 Nov.", "2026-11-30"),
        ("Ich bin bis einschließlich 5. Januar nicht im Büro.", "2027-01-06"),
        ("Ich bin vom 30.11. bis 11.12. nicht im Büro.", "2026-12-12"),
        ("Am 12.12. bin ich wieder für Sie da.", "2026-12-12"),
        ("Ich bin ab Montag wieder da.", "2026-11-30"),
        ("Vom 1.-12. Dezember bin ich im Urlaub.", "2026-12-13"),
        ("Je suis absent jusqu'au 4 décembre inclus.", "2026-12-05"),
        ("Je serai de retour le lundi 7 décembre.", "2026-12-07"),
        ("Estoy de vacaciones hasta el 4 de diciembre.", "2026-12-05"),
        ("Estaré de vuelta el 7 de diciembre de 2026.", "2026-12-07"),
        ("Sono in ferie fino al 4 dicembre compreso.", "2026-12-05"),
        ("Sarò di nuovo in ufficio il 7 dicembre.", "2026-12-07"),
        ("Ik ben afwezig tot en met 4 december.", "2026-12-05"),
        ("Ik ben maandag 7 december weer bereikbaar.", "2026-12-07"),
        ("Estou de férias até 4 de dezembro.", "2026-12-05"),
        ("Regresso ao escritório no dia 7 de dezembro.", "2026-12-07"),
    ],
)
def test_the_day_of_return_is_understood(text: str, day: str) -> None:
    assert back_on(text, WEDNESDAY) == date.fromisoformat(day)


@pytest.mark.parametrize("text", ["I am away until further notice.", "I was on holiday until 3 August 2026.", "We opened on 1 May 2019."])
def test_no_day_of_return_is_made_up(text: str) -> None:
    assert back_on(text, WEDNESDAY) is None


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("Please contact Jonas Falk at j.falk@alpenblick.example.", "Jonas Falk", "j.falk@alpenblick.example"),
        ("In dringenden Fällen wenden Sie sich an Herrn Jonas Falk (j.falk@alpenblick.example).", "Jonas Falk", "j.falk@alpenblick.example"),
        ("Per urgenze rivolgersi a Marco Rossi, m.rossi@alpenblick.example", "Marco Rossi", "m.rossi@alpenblick.example"),
        ("Please contact my colleague Jonas Falk on +49 30 123.", "Jonas Falk", ""),
    ],
)
def test_who_stands_in_is_found(text: str, name: str, address: str) -> None:
    found = recognised(letters.away(text)).stand_in
    assert found is not None
    assert (found.name, found.address) == (name, address)


def test_the_command_prints_a_line_for_each_mail_and_names_what_it_cannot_read(tmp_path: Path) -> None:
    known = tmp_path / "away.eml"
    known.write_bytes(letters.away("Ich bin bis einschließlich 20. März nicht im Büro."))
    empty = tmp_path / "empty.eml"
    empty.write_bytes(b"")

    ran = CliRunner().invoke(nachfass, ["explain-mail", str(known), str(tmp_path / "nowhere.eml"), str(empty)])

    first, second = (json.loads(line) for line in ran.stdout.splitlines())
    assert list(first) == ["file", "kind", "status", "recipient", "original_message_id", "return_date", "rules", "why"]
    assert (first["kind"], first["recipient"], first["original_message_id"], first["return_date"]) == ("auto_reply", ANNA, OFFER, "2026-03-21")
    assert (second["kind"], second["return_date"], second["why"]) == ("other", None, "The mailbox gave us an empty mail.")
    assert "nowhere.eml" in ran.stderr
    assert ran.exit_code == 1
