"""Mails as they lie in a mailbox, written after the RFCs. Miriam sells; Anna, Henrik, Sabine and Tom get her mail."""

from datetime import datetime
from email.utils import format_datetime

from app.mailboxes.providers.base import INBOX, SENT, Mail
from tests.people import Rep

MIRIAM = "miriam@brueckner.example"
ANNA = "anna@alpenblick.example"
HENRIK = "henrik@nordsee.example"
CRLF = "\r\n"


def raw(headers: dict[str, str], body: str = "") -> bytes:
    return (CRLF.join(f"{name}: {value}" for name, value in headers.items()) + CRLF * 2 + body.replace("\n", CRLF)).encode()


def mail(content: bytes, at: datetime, folder: str = INBOX, thread: str = "t1", key: str = "") -> Mail:
    return Mail(provider_id=key or f"p{hash(content) & 0xFFFFFFFF:x}", thread=thread, folder=folder, at=at, raw=content)


def sent_copy(
    at: datetime, message_id: str = "<phone-1@icloud.example>", to: str = f"Anna Weber <{ANNA}>", thread: str = "t1", **headers: str
) -> Mail:
    """A copy in Sent of something Miriam wrote elsewhere."""
    fields = {"From": f"Miriam Kessler <{MIRIAM}>", "To": to, "Subject": "Offer 2026", "Message-ID": message_id, **named(headers)}
    return mail(raw(fields, "Dear Anna, here is the offer."), at, SENT, thread)


def reply(answers: str, at: datetime, who: str = f"Anna Weber <{ANNA}>", thread: str = "t1", **headers: str) -> Mail:
    """A person answers, quoting what they answer (RFC 5322, 3.6.4)."""
    fields = {"From": who, "To": MIRIAM, "Subject": "Re: Offer 2026", "Message-ID": "<reply-1@alpenblick.example>"}
    if answers:
        fields |= {"In-Reply-To": answers, "References": answers}
    quoted = "Thank you, both halls please.\n\nOn Mon, 9 Mar 2026 at 10:02, Miriam Kessler wrote:\n> Dear Anna, here is the offer.\n"
    return mail(raw(fields | named(headers), quoted), at, INBOX, thread)


def out_of_office(answers: str, at: datetime, thread: str = "t1", words: str = "I am back on 16 March.") -> Mail:
    """RFC 3834, 3: Auto-Submitted, In-Reply-To."""
    fields = {"From": ANNA, "To": MIRIAM, "Subject": "Automatic reply: Offer 2026", "Message-ID": "<ooo-1@alpenblick.example>"}
    fields |= {"Auto-Submitted": "auto-replied"} | ({"In-Reply-To": answers} if answers else {})
    return mail(raw(fields | {"Date": format_datetime(at)}, f"{words}\n"), at, INBOX, thread)


def bounce(answers: str, at: datetime, address: str = ANNA, action: str = "failed", status: str = "5.1.1", thread: str = "") -> Mail:
    """RFC 3464: a delivery report with the head of what came back."""
    fields = {
        "From": "Mail Delivery System <MAILER-DAEMON@mx.alpenblick.example>", "To": MIRIAM, "Subject": "Undelivered Mail Returned to Sender",
        "Message-ID": "<dsn-1@mx.alpenblick.example>", "Auto-Submitted": "auto-replied", "MIME-Version": "1.0",
        "Content-Type": 'multipart/report; report-type=delivery-status; boundary="=b"',
    }  # fmt: skip
    body = f"""--=b
Content-Type: text/plain; charset=us-ascii

This is the mail system. Your message could not be delivered.

--=b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.alpenblick.example

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{address}>: user unknown

--=b
Content-Type: text/rfc822-headers

From: {MIRIAM}
To: {address}
Subject: Offer 2026
Message-ID: {answers}

--=b--
"""
    return mail(raw(fields, body), at, INBOX, thread)


def bounce_in_words(answers: str, at: datetime, address: str = ANNA) -> Mail:
    """What older servers send: no report part, the mail's own head quoted below."""
    fields = {"From": "MAILER-DAEMON@qmail.example", "To": MIRIAM, "Subject": "failure notice", "Message-ID": "<q-1@qmail.example>"}
    body = f"""Hi. This is the qmail-send program.
I'm afraid I wasn't able to deliver your message.

<{address}>:
550 5.1.1 no such user

--- Below this line is a copy of the message.

Message-ID: {answers}
Subject: Offer 2026
"""
    return mail(raw(fields, body), at, INBOX, "")


def read_receipt(answers: str, at: datetime, disposition: str = "displayed") -> Mail:
    """RFC 8098, with the blank before the colon that SquirrelMail writes."""
    fields = {
        "From": ANNA, "To": MIRIAM, "Subject": "Gelesen: Offer 2026", "Message-ID": "<mdn-1@alpenblick.example>",
        "Content-Type": 'multipart/report; report-type=disposition-notification; boundary="=m"',
    }  # fmt: skip
    body = f"""--=m
Content-Type: text/plain

Your mail was read.

--=m
Content-Type: message/disposition-notification

Reporting-UA : SquirrelMail
Final-Recipient: rfc822; {ANNA}
Original-Message-ID : {answers}
Disposition: manual-action/MDN-sent-manually; {disposition}

--=m--
"""
    return mail(raw(fields, body), at, INBOX, "")


def complaint(answers: str, at: datetime) -> Mail:
    """RFC 5965."""
    fields = {
        "From": "fbl@provider.example", "To": MIRIAM, "Subject": "FW: Offer 2026",
        "Content-Type": 'multipart/report; report-type=feedback-report; boundary="=a"',
    }  # fmt: skip
    body = f"""--=a
Content-Type: message/feedback-report

Feedback-Type: abuse
Version: 1

--=a
Content-Type: message/rfc822

Message-ID: {answers}
Subject: Offer 2026

Dear Anna

--=a--
"""
    return mail(raw(fields, body), at, INBOX, "")


def named(headers: dict[str, str]) -> dict[str, str]:
    """`Auto_Submitted="no"` as a header."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def address_of(rep: Rep) -> str:
    return str(rep.person.email)
