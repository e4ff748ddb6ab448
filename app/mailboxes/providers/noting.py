"""The small mail to oneself that brings a thread back on top: never answered by a machine, always known as ours."""

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from app.clock import now
from app.mailboxes.providers.base import NOTE_HEADER, Account, Note

SUPPRESS = {"X-Auto-Response-Suppress": "All"}


def marks_of(note: Note) -> dict[str, str]:
    """The X- headers of a note; Graph takes five."""
    own = {NOTE_HEADER: "1", **SUPPRESS}
    return own | {name: one_line(value) for name, value in note.marks.items() if name.lower().startswith("x-")}


def written(note: Note, owner: Account) -> bytes:
    """The note as a mail."""
    message = EmailMessage(policy=SMTP)
    message["From"] = message["To"] = formataddr((one_line(owner.name), owner.address))
    message["Subject"] = one_line(note.subject)
    message["Date"] = format_datetime(now())
    message["Message-ID"] = note.message_id
    if note.refers_to.split():
        message["In-Reply-To"] = note.refers_to.split()[-1]
        message["References"] = " ".join(note.refers_to.split())
    message["Auto-Submitted"] = "auto-generated"
    for name, value in marks_of(note).items():
        message[name] = value
    message.set_content(note.text)
    if note.html:
        message.add_alternative(note.html, subtype="html")
    return message.as_bytes()


def one_line(text: str) -> str:
    return " ".join(text.split())
