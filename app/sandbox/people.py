"""What people do with a mail besides looking at it: answer, be away, pass it on, confirm that they read it."""

from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr

from app.clock import now
from app.sandbox import delivery
from app.sandbox import mime as mails
from app.sandbox.world import Box, Copy, World


def answered(copy: Copy) -> str:
    """Where an answer goes."""
    reply_to = mails.addresses(copy.mime, "Reply-To") or mails.addresses(copy.mime, "From")
    return reply_to[0][1] if reply_to else ""


def letter(box: Box, to: str, subject: str, copy: Copy | None = None) -> EmailMessage:
    """A new mail of this person, in the thread of the copy it answers."""
    message = EmailMessage()
    message["From"] = formataddr((box.name, box.address))
    message["To"] = to
    message["Subject"] = one_line(subject)
    message["Date"] = format_datetime(now())
    message["Message-ID"] = mails.new_message_id(box.domain)
    if copy and copy.message_id:
        message["In-Reply-To"] = copy.message_id
        message["References"] = " ".join(dict.fromkeys([*mails.references(copy.mime), copy.message_id]))
    return message


def one_line(text: str) -> str:
    return " ".join(text.split())


def subject_of(copy: Copy) -> str:
    return mails.header(copy.mime, "Subject")


def reply(world: World, box: Box, copy: Copy, text: str, *, everyone: bool = False) -> Copy:
    """An answer with the quoted mail under it."""
    prefix = "" if mails.PREFIX.match(subject_of(copy)) else "Re: "
    message = letter(box, answered(copy), prefix + subject_of(copy), copy)
    others = [address for _, address in mails.addresses(copy.mime, "To", "Cc") if address not in (box.address, answered(copy))]
    if everyone and others:
        message["Cc"] = ", ".join(others)
    quote = "\n".join(f"> {line}" for line in plain(copy).splitlines())
    message.set_content(f"{text}\n\nOn {copy.at:%d %B %Y, %H:%M}, {mails.header(copy.mime, 'From')} wrote:\n{quote}\n")
    html = mails.body(copy.mime, "text/html")
    if html:
        message.add_alternative(f"<p>{escaped(text)}</p><blockquote>{html}</blockquote>", subtype="html")
    return delivery.send_as(world, box, message)


def write(world: World, box: Box, copy: Copy, text: str, subject: str = "") -> Copy:
    """A new mail: with the same subject, as some write instead of answering, or about something else."""
    message = letter(box, answered(copy), subject or subject_of(copy))
    message.set_content(f"{text}\n")
    return delivery.send_as(world, box, message)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>")


def plain(copy: Copy) -> str:
    return mails.body(copy.mime, "text/plain")


def out_of_office(world: World, box: Box, copy: Copy, until: str, text: str = "") -> Copy:
    """The mail program answers by itself, as Exchange does."""
    message = letter(box, answered(copy), f"Automatic reply: {subject_of(copy)}", copy)
    message["Auto-Submitted"] = "auto-replied"
    message["X-Auto-Response-Suppress"] = "All"
    message["X-MS-Exchange-Inbox-Rules-Loop"] = box.address
    back = f"I am out of the office until {until} and will answer when I am back." if until else "I am out of the office."
    message.set_content(text or f"Thank you for your message.\n\n{back}\n")
    return delivery.send_as(world, box, message)


def forward(world: World, box: Box, copy: Copy, to: str, text: str = "") -> Copy:
    """Passed on as it is, pictures and links included."""
    message = letter(box, to, f"Fwd: {subject_of(copy)}", copy)
    head = f"---------- Forwarded message ---------\nFrom: {mails.header(copy.mime, 'From')}\nSubject: {subject_of(copy)}\n\n"
    message.set_content(f"{text}\n\n{head}{plain(copy)}")
    html = mails.body(copy.mime, "text/html")
    if html:
        message.add_alternative(f"<p>{escaped(text)}</p><p>{escaped(head)}</p>{html}", subtype="html")
    return delivery.send_as(world, box, message)


def confirm_reading(world: World, box: Box, copy: Copy) -> Copy:
    """A read receipt as RFC 8098 wants it."""
    return disposition(world, box, copy, "Read", f"Your message was read on {now():%A, %d %B %Y, %H:%M} UTC.\n", "displayed")


def decline_reading(world: World, box: Box, copy: Copy) -> Copy:
    """Asked whether to send a read receipt, the person says no, and the program tells (RFC 2298, 3.2.6.2)."""
    return disposition(world, box, copy, "Receipt declined", f"{box.name or box.address} does not send read receipts.\n", "denied")


def disposition(world: World, box: Box, copy: Copy, subject: str, words: str, what: str) -> Copy:
    """A report about this mail (RFC 8098), to whoever asked for one, else to whoever sent it."""
    wanted = mails.addresses(copy.mime, "Disposition-Notification-To")
    report: Message = MIMEMultipart("report", report_type="disposition-notification")
    for name, value in letter(box, wanted[0][1] if wanted else answered(copy), f"{subject}: {subject_of(copy)}", copy).items():
        if name != "MIME-Version":
            report[name] = value
    report.attach(MIMEText(words))
    about = Message()
    about["Reporting-UA"] = f"{box.domain}; Sandbox Mail"
    about["Final-Recipient"] = f"rfc822;{box.address}"
    about["Original-Message-ID"] = copy.message_id
    about["Disposition"] = f"manual-action/MDN-sent-manually; {what}"
    part = Message()
    part["Content-Type"] = "message/disposition-notification"
    part.set_payload([about])
    report.attach(part)
    return delivery.send_as(world, box, report)
