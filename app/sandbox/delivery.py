"""How a mail travels: to every To, Cc and Bcc, into another mailbox or to a person, or back as undeliverable."""

from datetime import datetime, timedelta
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, formataddr

from app.clock import now
from app.sandbox import filing
from app.sandbox import mime as mails
from app.sandbox.world import Box, Copy, World

UNKNOWN = ("nobody", "5.1.1", "550 5.1.1 The email account that you tried to reach does not exist.")
FULL = ("full", "5.2.2", "552 5.2.2 The recipient's inbox is out of storage space.")
DAY = timedelta(days=1)
A_MOMENT = timedelta(seconds=2)
POSTMASTERS = {"google": "mailer-daemon@googlemail.com", "microsoft": "postmaster@outlook.com", "person": "mailer-daemon@mail.example"}


def recipients(mail: bytes) -> dict[str, str]:
    """Everyone it goes to, each once: address and name."""
    return {address: name for name, address in reversed(mails.addresses(mail, "To", "Cc", "Bcc"))}


def ready(mail: bytes, box: Box, *, aliases: bool = False) -> bytes:
    """What every provider adds when it is missing. From is the mailbox, or another address it may send from."""
    mail = mails.tidied(mail)
    if mails.sender(mail) != box.address and not (aliases and box.may_send_as(mails.sender(mail))):
        mail = mails.having(mail, "From", formataddr((box.name, box.address)))
    if not mails.header(mail, "Date"):
        mail = mails.having(mail, "Date", format_datetime(now()))
    if not mails.message_id(mail):
        mail = mails.having(mail, "Message-ID", mails.new_message_id(box.domain))
    return mail


def full_until(box: Box, count: int) -> datetime | None:
    """When the mailbox may send so many more; nothing if it may now. What it sends then counts for a day."""
    box.sent_to = [(at, spent) for at, spent in box.sent_to if at > now() - DAY]
    over = sum(spent for _, spent in box.sent_to) + count - box.manners.sends_a_day
    if box.manners.sends_a_day and over > 0:
        return next((at for at, spent in box.sent_to if (over := over - spent) <= 0), now()) + DAY
    box.sent_to.append((now(), count))
    return None


def deliver(world: World, box: Box, mail: bytes, *, confirmed: bool = False) -> None:
    """Bring a mail to everyone it is for; Bcc is seen by nobody. With `confirmed`, each server reports that it arrived."""
    open_part = mails.without(mail, "Bcc")
    for address, name in recipients(mail).items():
        failure = UNKNOWN if is_unknown(world, address) else next((f for f in (UNKNOWN, FULL) if address.partition("@")[0] == f[0]), None)
        if failure:
            bounce(box, open_part, address, failure)
        else:
            arrive(world.box(address, name), open_part, box.address)
            if confirmed:
                confirm(box, open_part, address)


def is_unknown(world: World, address: str) -> bool:
    """An address with a typing error in it: the seeding said so."""
    box = world.boxes.get(address)
    return box is not None and box.manners.unknown


def arrive(box: Box, mail: bytes, envelope_from: str, at: datetime | None = None) -> Copy:
    """A mail comes into a box, with the traces of its way on top."""
    at = at or now()
    way = (
        f"Return-Path: <{envelope_from}>\r\n"
        f"Received: from sandbox.example by mx.{box.domain} for <{box.address}>; {format_datetime(at)}\r\n"
        f"Delivered-To: {box.address}\r\n"
    )
    return filing.put(box, way.encode() + mails.without(mail, "Return-Path", "Delivered-To"), "inbox", at=at)


def send_as(world: World, box: Box, message: EmailMessage | Message) -> Copy:
    """Somebody writes by hand: kept under sent mail and delivered."""
    mail = ready(message.as_bytes(), box)
    copy = filing.put(box, mail, "sent")
    deliver(world, box, mail)
    return copy


def bounce(box: Box, mail: bytes, address: str, failure: tuple[str, str, str]) -> Copy:
    """A delivery status notification as RFC 3464 wants it."""
    _, status, diagnostic = failure
    postmaster = POSTMASTERS[box.provider]
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = formataddr(("Mail Delivery Subsystem", postmaster))
    report["To"] = box.address
    report["Subject"] = "Delivery Status Notification (Failure)"
    report["Date"] = format_datetime(now())
    report["Message-ID"] = mails.new_message_id("mx.sandbox.example")
    report["Auto-Submitted"] = "auto-replied"
    report["X-Failed-Recipients"] = address
    report["In-Reply-To"] = report["References"] = mails.message_id(mail)
    report.attach(MIMEText(f"Your message wasn't delivered to {address}.\n\n{diagnostic}\n"))
    report.attach(status_part(address, status, diagnostic))
    original = MIMEText(mails.split(mail)[0].decode("utf-8", "replace").replace("\r\n", "\n"), "rfc822-headers")
    report.attach(original)
    return arrive(box, mails.tidied(report.as_bytes()), "")


def warn(box: Box, mail: bytes, address: str) -> Copy:
    """The sender's own server has not got rid of it yet and goes on trying (RFC 3464, action delayed)."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = formataddr(("Mail Delivery Subsystem", POSTMASTERS[box.provider]))
    report["To"] = box.address
    report["Subject"] = "Delivery Status Notification (Delay)"
    report["Date"] = format_datetime(now())
    report["Message-ID"] = mails.new_message_id("mx.sandbox.example")
    report["Auto-Submitted"] = "auto-replied"
    report["In-Reply-To"] = report["References"] = mails.message_id(mail)
    report.attach(MIMEText(f"Your message to {address} is delayed. It is tried again for 46 more hours.\n"))
    report.attach(status_part(address, "4.4.1", "441 4.4.1 No answer from host", "delayed"))
    report.attach(MIMEText(mails.split(mail)[0].decode("utf-8", "replace").replace("\r\n", "\n"), "rfc822-headers"))
    return arrive(box, mails.tidied(report.as_bytes()), "")


def confirm(box: Box, mail: bytes, address: str) -> Copy:
    """The server of the address reports, a moment later, that the mail is in the mailbox (RFC 3464, action delivered)."""
    at = now() + A_MOMENT
    server = f"mx.{address.rpartition('@')[2]}"
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = formataddr(("Mail Delivery Subsystem", f"postmaster@{address.rpartition('@')[2]}"))
    report["To"] = box.address
    report["Subject"] = f"Delivered: {' '.join(mails.header(mail, 'Subject').split())}"
    report["Date"] = format_datetime(at)
    report["Message-ID"] = mails.new_message_id(server)
    report["Auto-Submitted"] = "auto-replied"
    report["In-Reply-To"] = report["References"] = mails.message_id(mail)
    report.attach(MIMEText(f"Your message has been delivered to {address}.\n"))
    report.attach(status_part(address, "2.1.5", "250 2.1.5 Delivered to the mailbox", "delivered", server))
    report.attach(MIMEText(mails.split(mail)[0].decode("utf-8", "replace").replace("\r\n", "\n"), "rfc822-headers"))
    return arrive(box, mails.tidied(report.as_bytes()), "", at)


def status_part(address: str, status: str, diagnostic: str, action: str = "failed", server: str = "mx.sandbox.example") -> Message:
    """message/delivery-status: a block about the message, a block about the recipient."""
    about_message, about_recipient = Message(), Message()
    about_message["Reporting-MTA"] = f"dns; {server}"
    about_message["Arrival-Date"] = format_datetime(now())
    about_recipient["Final-Recipient"] = f"rfc822; {address}"
    about_recipient["Action"] = action
    about_recipient["Status"] = status
    about_recipient["Diagnostic-Code"] = f"smtp; {diagnostic}"
    part = Message()
    part["Content-Type"] = "message/delivery-status"
    part.set_payload([about_message, about_recipient])
    return part
