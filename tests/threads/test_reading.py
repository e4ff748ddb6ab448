"""Any mail is understood, or refused with a reason: nothing else comes out of reading one."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.errors import Unreadable
from app.threads.failing import failures
from app.threads.reading import LONGEST_HEADER, Letter, read
from app.threads.recognising.judging import recognise
from app.threads.recognising.kinds import KINDS
from app.threads.tidying import LONGEST_BODY, new_words, plain, safe

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "mail"

HEADER_NAMES = [
    *("From", "To", "Cc", "Subject", "Message-ID", "In-Reply-To", "References", "Content-Type", "Content-Transfer-Encoding", "Content-Disposition"),
    *("Auto-Submitted", "Precedence", "X-Failed-Recipients", "Return-Path", "MIME-Version", "X-Nachfass-Send-Id"),
]
HEADER_VALUES = [
    *("multipart/mixed; boundary=b", "multipart/report; report-type=delivery-status; boundary=b", "message/rfc822", "message/delivery-status"),
    *("text/html; charset=idna", "text/plain; charset=zlib_codec", "text/plain; charset*=''%00", "base64", "quoted-printable", "uuencode"),
    *("attachment; filename*0*=a''%; filename*2=b", "=?utf-8?B?////?=", "=?x?q?=00=ff?=", "Group:;", "<@>", "a@b@c", '"@" <', "<a@b.cc>"),
]
LINES = [
    *("--b", "--b--", "", "begin 644 x", "Content-Type: text/html", "Content-Type: message/delivery-status", "Action: failed"),
    *("Final-Recipient: rfc822;", "> quoted", "=", "=ZZ", "On Monday Anna wrote:", "<script>alert(1)</script>", "<img src=x onerror=y>", "\0"),
    "Message-ID: <offer@x.example>",
]

headers = some.lists(some.tuples(some.sampled_from(HEADER_NAMES), some.one_of(some.sampled_from(HEADER_VALUES), some.text(max_size=60))), max_size=12)
lines = some.lists(some.one_of(some.sampled_from(LINES), some.text(max_size=40)), max_size=25)
mails = some.builds(
    lambda head, body: ("".join(f"{name}: {value}\n" for name, value in head) + "\n" + "\n".join(body)).encode("utf-8", "surrogatepass"),
    headers,
    lines,
)


def examine(raw: bytes) -> Letter | None:
    """Everything that is done with a mail; None if it was refused with a sentence."""
    try:
        letter = read(raw)
    except Unreadable as refusal:
        return None if refusal.sentence else pytest.fail("Refused without a reason.")
    found = recognise(letter)
    assert found.kind in KINDS
    assert found.words
    failures(found, letter, ["anna@alpenblick.example"])
    new_words(letter.text)
    return letter


def keepable(letter: Letter) -> bool:
    """The database takes it, and it is not endless."""
    names = [one["name"] for one in letter.attachments]
    texts = [letter.text, letter.html, letter.subject, letter.message_id, letter.sender, letter.sender_name, *names]
    assert all("\0" not in text and text.encode() is not None for text in texts)
    assert all(len(value) <= LONGEST_HEADER for values in letter.headers.values() for value in values)
    return len(letter.text) <= LONGEST_BODY and len(letter.html) <= LONGEST_BODY * 6


@given(some.binary(max_size=600))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_a_mail_or_refused_with_a_reason(raw: bytes) -> None:
    letter = examine(raw)
    assert letter is None or keepable(letter)


@given(mails)
@settings(max_examples=250, deadline=None)
def test_any_nearly_right_mail_is_understood(raw: bytes) -> None:
    letter = examine(raw)
    assert letter is None or keepable(letter)


@given(some.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_shown_html_never_has_script_images_or_styles(text: str) -> None:
    shown = safe(f"<p style='x' onclick='y'>{text}</p><img src='https://t.example/o/x.gif'><script>{text}</script><a href='javascript:1'>x</a>")
    assert not any(evil in shown for evil in ("<img", "<script", "onclick=", "style=", "javascript:"))


def test_a_mail_with_nothing_in_it_is_refused() -> None:
    with pytest.raises(Unreadable):
        read(b" \r\n ")


def test_a_header_of_five_megabytes_is_cut() -> None:
    letter = examine(b"From: anna@alpenblick.example\r\nX-Long: " + b"a" * 5_000_000 + b"\r\nSubject: Still here\r\n\r\nHello")
    assert letter is not None
    assert (letter.subject, letter.text) == ("Still here", "Hello")
    assert len(letter.header("x-long")) == LONGEST_HEADER


def test_a_large_attachment_is_weighed_but_not_read_and_what_follows_it_is() -> None:
    encoded = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3\r\n" * 120_000
    letter = examine(
        b"From: anna@alpenblick.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nSee attached.\r\n--x\r\n"
        b"Content-Type: application/pdf; name=offer.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + encoded
        + b"--x\r\n\r\nBest, Anna\r\n--x--\r\n"
    )
    assert letter is not None
    assert letter.text == "See attached.\n\nBest, Anna"
    assert abs(letter.attachments[0]["size"] - 120_000 * 60) < 1_000


def test_ten_thousand_parts_and_headers_are_not_all_looked_at() -> None:
    parts = b"--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n" * 10_000
    letter = examine(b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\n" + parts)
    assert letter is not None
    assert len(letter.headers["x-a"]) < 2_001
    assert len(letter.text) < 4_000


def test_five_megabytes_of_references_are_cut() -> None:
    letter = examine(b"From: anna@alpenblick.example\r\nReferences: " + b"<a@b.example>\r\n " * 300_000 + b"\r\n\r\nHello")
    assert letter is not None
    assert len(letter.references) <= 100


@pytest.mark.parametrize("depth", [50, 150, 5_000])
def test_a_mail_nested_without_end_keeps_its_head(depth: int) -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(depth))
    letter = examine(b"From: anna@alpenblick.example\r\nIn-Reply-To: <offer@x.example>\r\n" + nested)
    assert letter is not None
    assert (letter.sender, letter.in_reply_to) == ("anna@alpenblick.example", ("<offer@x.example>",))


def test_names_and_subjects_are_decoded() -> None:
    letter = read(b"From: =?utf-8?q?J=C3=BCrgen_M=C3=BCller?= <J@Alpenblick.example>\r\nSubject: =?iso-8859-1?B?R3L832U=?=\r\n\r\nHallo")
    assert (letter.sender_name, letter.sender, letter.subject) == ("Jürgen Müller", "j@alpenblick.example", "Grüße")


def test_unencoded_bytes_in_a_header_are_read_all_the_same() -> None:
    letter = read("From: Jürgen <j@alpenblick.example>\r\nSubject: Grüße\r\n\r\nx".encode())
    assert (letter.sender_name, letter.subject) == ("Jürgen", "Grüße")
    assert read("From: j@alpenblick.example\r\nSubject: Grüße\r\n\r\nx".encode("cp1252")).subject == "Grüße"


def in_lines(text: str) -> bytes:
    return text.lstrip().replace("\n", "\r\n").encode()


def test_text_and_attachments_are_told_apart() -> None:
    letter = read(in_lines("""
From: a@b.example
Content-Type: multipart/mixed; boundary="x"

--x
Content-Type: text/html

<p>Dear Anna</p><p>the offer</p>
--x
Content-Type: application/pdf; name="offer.pdf"
Content-Disposition: attachment

PDF!
--x--
"""))  # fmt: skip
    assert letter.text == "Dear Anna\nthe offer"
    assert letter.attachments == ({"name": "offer.pdf", "type": "application/pdf", "size": 4},)


def test_a_person_who_forwards_a_bounce_is_a_person() -> None:
    letter = read(in_lines("""
From: anna@alpenblick.example
Subject: Look at this
Content-Type: multipart/mixed; boundary="x"

--x

Can you see why?
--x
Content-Type: message/rfc822

From: mailer-daemon@x.example
Content-Type: multipart/report; report-type=delivery-status; boundary="y"

--y
Content-Type: message/delivery-status

Final-Recipient: rfc822; a@b.example
Action: failed

--y--
--x--
"""))  # fmt: skip
    assert recognise(letter).by_person


def test_plain_words_of_html_have_no_script() -> None:
    assert plain("<style>p{}</style><p>One &amp; two</p><script>x()</script><div>three</div>") == "One & two\nthree"


@pytest.mark.skipif(not CORPUS.is_dir(), reason="The shared mail corpus is not beside this checkout.")
def test_no_mail_of_the_corpus_raises() -> None:
    for path in sorted(CORPUS.glob("*.eml")):
        letter = examine(path.read_bytes())
        assert letter is not None, path.name
        assert keepable(letter)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Both halls please.\n\nBest regards\nAnna Weber\nTel. +49 89 123\n\nOn Mon, 9 Mar 2026 at 10:02, Miriam wrote:\n> Dear\n",
            "Both halls please.",
        ),
        ("Passt uns.\n\nMit freundlichen Grüßen\nAnna Weber\nEinkauf\n", "Passt uns."),
        ("Passt uns.\n\n-- \nAnna Weber\nAlpenblick\n", "Passt uns."),
        ("Ok.\n\nVon meinem iPhone gesendet\n", "Ok."),
        ("Just fine. Thanks\nAnna", "Just fine. Thanks\nAnna"),
        ("Best regards\nAnna", "Best regards\nAnna"),
    ],
    ids=["a closing before a quote", "a closing", "a signature line", "a telephone", "thanks in a sentence", "nothing else"],
)
def test_their_own_words_stand_without_quote_and_signature(text: str, words: str) -> None:
    assert new_words(text) == words
