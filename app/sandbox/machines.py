"""What machines write about a mail that somebody got: their server, their spam filter, a mailing list, a program."""

from email import message_from_bytes
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

from app.sandbox import delivery
from app.sandbox import mime as mails
from app.sandbox.people import answered, letter, subject_of
from app.sandbox.world import Box, Copy, World


def confirms(world: World, box: Box, copy: Copy) -> Copy:
    """The server of this person tells whoever sent the mail that it arrived."""
    return delivery.confirm(sender_of(world, copy), copy.mime, box.address)


def returns(world: World, box: Box, copy: Copy) -> Copy:
    """The mail comes back after all, though it had been taken."""
    return delivery.bounce(sender_of(world, copy), copy.mime, box.address, delivery.FULL)


def knows_nobody(world: World, box: Box, copy: Copy) -> Copy:
    """It comes back for good, as the address is given up meanwhile."""
    return delivery.bounce(sender_of(world, copy), copy.mime, box.address, delivery.UNKNOWN)


def warns(world: World, box: Box, copy: Copy) -> Copy:
    """The server of whoever sent it says that it is still trying."""
    return delivery.warn(sender_of(world, copy), copy.mime, box.address)


def sender_of(world: World, copy: Copy) -> Box:
    return world.box(mails.sender(copy.mime))


def complains(world: World, box: Box, copy: Copy) -> Copy:
    """The person pressed “spam”, and their provider reports it to the sender (RFC 5965)."""
    report = MIMEMultipart("report", report_type="feedback-report")
    report["From"] = f"fbl@{box.domain}"
    report["To"] = mails.sender(copy.mime)
    report["Subject"] = f"FW: {' '.join(subject_of(copy).split())}"
    report["Message-ID"] = mails.new_message_id(box.domain)
    report.attach(MIMEText("This is an email abuse report for an email message with the subject above.\n"))
    told = Message()
    told["Feedback-Type"] = "abuse"
    told["User-Agent"] = "Sandbox-FBL/1.0"
    told["Version"] = "1"
    told["Original-Rcpt-To"] = box.address
    part = Message()
    part["Content-Type"] = "message/feedback-report"
    part.set_payload([told])
    report.attach(part)
    report.attach(MIMEMessage(message_from_bytes(copy.mime)))
    mail = delivery.ready(report.as_bytes(), world.box(f"fbl@{box.domain}"))
    return delivery.arrive(sender_of(world, copy), mail, "")


def asks_who_you_are(world: World, box: Box, copy: Copy) -> Copy:
    """A spam filter holds the mail back until the sender proves to be human."""
    message = letter(box, answered(copy), "Please confirm your message", copy)
    message["Auto-Submitted"] = "auto-replied"
    message.set_content(
        "Your message is being held, because you are not yet in my list of approved senders.\n\n"
        f"Click the link below to prove that you are human and have it delivered:\nhttps://filter.{box.domain}/confirm/4711\n"
    )
    return delivery.send_as(world, box, message)


def writes_over_list(world: World, box: Box, copy: Copy) -> Copy:
    """The person answers over a mailing list that both are on (RFC 2919, RFC 2369)."""
    message = letter(box, answered(copy), f"[trade] Re: {subject_of(copy)}", copy)
    message["List-Id"] = f"Trade <trade.lists.{box.domain}>"
    message["List-Unsubscribe"] = f"<mailto:trade-leave@lists.{box.domain}>"
    message["Precedence"] = "list"
    message.set_content("Has anybody of you bought there before?\n\n_____\ntrade mailing list\n")
    return delivery.send_as(world, box, message)


def notifies(world: World, box: Box, copy: Copy) -> Copy:
    """A program at their company sends a notice that answers nothing."""
    notice = EmailMessage()
    notice["From"] = f"noreply@{box.domain}"
    notice["To"] = answered(copy)
    notice["Subject"] = "Your visitor pass"
    notice["Auto-Submitted"] = "auto-generated"
    notice.set_content("Your visitor pass is ready. Please do not reply to this message.\n")
    return delivery.send_as(world, world.box(f"noreply@{box.domain}"), notice)
