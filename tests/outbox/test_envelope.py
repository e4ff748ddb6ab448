"""What is written is what a mail program reads."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from app.outbox.addressing import Somebody
from app.outbox.envelope import Envelope, File, octets

LONG_ID = "<0199c0de-0000-7000-8000-0123456789ab.nachfass@a-rather-long-company-name.brueckner-mess.example.com>"
MIRIAM = Somebody(name="Miriam Keßler", address="miriam@brueckner.example", typed="")
ANNA = Somebody(name="Weber, Anna", address="anna@acme.example", typed="")
JOERG = Somebody(name="Jörg Müller, Einkauf", address="joerg@mueller.example", typed="")


def an_envelope(**changes: Any) -> Envelope:
    given = {
        "key": "0199c0de",
        "sender": MIRIAM,
        "to": [ANNA],
        "cc": [],
        "bcc": [],
        "subject": "Offer 2026",
        "at": datetime(2026, 3, 9, 14, 34, tzinfo=UTC),
        "message_id": LONG_ID,
        "answers": "",
        "references": [],
        "marks": {"X-Nachfass-Send-Id": "0199c0de"},
        "html": "<p>Hi</p>",
        "text": "Hi\n",
        "files": [],
    }
    return Envelope(**{**given, **changes})


def reread(envelope: Envelope) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(octets(envelope), policy=policy.default))


def test_long_ids_are_never_encoded() -> None:
    raw = octets(an_envelope(answers=LONG_ID, references=[LONG_ID] * 30))
    assert raw.count(LONG_ID.encode()) == 2 + 21
    assert b"=?utf-8?q?=3C" not in raw


def test_names_with_commas_and_umlauts_reach_the_other_side() -> None:
    read = reread(an_envelope(to=[ANNA, JOERG], bcc=[MIRIAM]))
    assert [(one.display_name, one.addr_spec) for one in read["to"].addresses] == [(one["name"], one["address"]) for one in (ANNA, JOERG)]
    assert read["bcc"].addresses[0].addr_spec == MIRIAM["address"]


def test_an_attachment_keeps_its_name_and_every_octet() -> None:
    content = bytes(range(256)) * 40
    read = reread(an_envelope(files=[File("Prüfbericht „DN 80“.pdf", "application/pdf", content), File("x", "not a type", b"")]))
    found = list(read.iter_attachments())
    assert [part.get_filename() for part in found] == ["Prüfbericht „DN 80“.pdf", "x"]
    assert found[0].get_payload(decode=True) == content
    assert found[1].get_content_type() == "application/octet-stream"


def test_the_same_envelope_gives_the_same_octets() -> None:
    envelope = an_envelope(files=[File("a.pdf", "application/pdf", b"a")])
    assert octets(envelope) == octets(envelope)


def test_no_line_is_longer_than_a_mail_server_takes() -> None:
    raw = octets(an_envelope(html="ü" * 5000 + "x" * 5000, subject="ä" * 900, to=[JOERG] * 100, references=[LONG_ID] * 30))
    assert max(len(line) for line in raw.split(b"\r\n")) < 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


one_line = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=300).map(lambda text: " ".join(text.split()))


@given(one_line)
def test_any_subject_is_read_as_it_was_written(subject: str) -> None:
    assert " ".join((reread(an_envelope(subject=subject))["subject"] or "").split()) == subject


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"), max_size=500))
def test_any_letter_is_read_as_it_was_written(html: str) -> None:
    body = reread(an_envelope(html=html)).get_body(("html",))
    assert body is not None
    assert body.get_payload(decode=True).decode().replace("\r\n", "\n") == html
