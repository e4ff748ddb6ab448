"""From Graph's JSON to a mail, and from a draft to its delivery."""

import base64
import binascii
import mimetypes
from dataclasses import replace
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import Any

from app.clock import now
from app.sandbox import delivery, filing
from app.sandbox import mime as mails
from app.sandbox.answers import Ask, Json, body_of
from app.sandbox.graph_asking import bad_request, refusal
from app.sandbox.world import Box, Copy, World

MOST_HEADERS = 5
LARGEST = 4 * 1024 * 1024
MARKS = ("flag", "categories", "importance", "isReadReceiptRequested", "isDeliveryReceiptRequested")
FRAME = {"content-type", "content-transfer-encoding", "mime-version", "content-disposition"}
RECIPIENTS = {"toRecipients": "To", "ccRecipients": "Cc", "bccRecipients": "Bcc", "replyTo": "Reply-To"}


def is_mime(request: Ask) -> bool:
    return bool(request.headers.get("content-type", "").lower().startswith("text/plain"))


async def mime_asked(request: Ask, box: Box) -> bytes:
    """A whole mail in standard base64; whatever From says, it comes from this mailbox."""
    data = await request.body()
    if len(data) > LARGEST:
        raise refusal(413, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
    try:
        mail = base64.b64decode(b"".join(data.split()), validate=True)
    except binascii.Error:
        raise bad_request("Invalid base64 string for MIME content.", "ErrorMimeContentInvalidBase64String") from None
    return delivery.ready(mail, box)


def composed(box: Box, asked: Json) -> bytes:
    """A mail from a message in JSON."""
    message = EmailMessage()
    message["From"] = formataddr((box.name, box.address))
    message["Date"] = format_datetime(now())
    message["Message-ID"] = str(asked.get("internetMessageId") or mails.new_message_id("EURPRD10.PROD.OUTLOOK.COM"))
    message["Subject"] = " ".join(str(asked.get("subject") or "").split())
    for field, name in RECIPIENTS.items():
        if asked.get(field):
            message[name] = written(asked[field])
    for name, value in custom_headers(asked):
        message[name] = value
    body: Json = asked.get("body") or {}
    message.set_content(str(body.get("content") or ""), subtype="html" if str(body.get("contentType", "text")).lower() == "html" else "plain")
    for file in asked.get("attachments") or []:
        attach(message, str(file.get("name", "file")), base64.b64decode(file.get("contentBytes") or ""), file.get("contentType"))
    return mails.tidied(message.as_bytes())


def written(recipients: list[Json]) -> str:
    pairs = [(str(r["emailAddress"].get("name") or ""), str(r["emailAddress"].get("address") or "")) for r in recipients]
    return ", ".join(formataddr(pair) for pair in pairs)


def custom_headers(asked: Json) -> list[tuple[str, str]]:
    """Only X- headers, and not more than five of them."""
    found = [(str(h.get("name", "")), str(h.get("value", ""))) for h in asked.get("internetMessageHeaders") or []]
    if len(found) > MOST_HEADERS:
        sentence = f"Maximum number of headers in one message should be less than or equal to {MOST_HEADERS}."
        raise bad_request(sentence, "InvalidInternetMessageHeaderCollection")
    wrong = [name for name, _ in found if not name.lower().startswith("x-")]
    if wrong:
        raise bad_request(f"The internet message header name '{wrong[0]}' should start with 'x-' or 'X-'.", "InvalidInternetMessageHeader")
    return found


def attach(message: EmailMessage, name: str, data: bytes, kind: Any = None) -> None:
    guessed = str(kind or mimetypes.guess_type(name)[0] or "application/octet-stream")
    main, _, sub = guessed.partition("/")
    message.add_attachment(data, maintype=main, subtype=sub or "octet-stream", filename=name)


def with_file(mail: bytes, name: str, data: bytes, kind: Any = None) -> bytes:
    """The mail with one more attachment."""
    message = EmailMessage()
    for field, value in mails.headers(mail):
        if field.lower() not in FRAME:
            message[field] = value
    html, text = mails.body(mail, "text/html"), mails.body(mail, "text/plain")
    message.set_content(text or html, subtype="plain" if text else "html")
    if text and html:
        message.add_alternative(html, subtype="html")
    for part in mails.attachments(mail):
        attach(message, part.get_filename() or "file", mails.content(part), part.get_content_type())
    attach(message, name, data, kind)
    return mails.tidied(message.as_bytes())


async def drafted(request: Ask, box: Box, folder: str = "drafts") -> Copy:
    """A draft from JSON or MIME; with PidTagMessageFlags in JSON it is no draft but a mail that was never sent."""
    if is_mime(request):
        return filing.put(box, await mime_asked(request, box), "draft")
    asked = await body_of(request)
    properties = {str(p["id"]): str(p["value"]) for p in asked.get("singleValueExtendedProperties") or []}
    flags = next((value for name, value in properties.items() if name.lower() == "integer 0x0e07"), None)
    if flags is None:
        copy = filing.put(box, composed(box, asked), "draft")
    else:
        mail = composed(box, asked)
        author = (asked.get("from") or {}).get("emailAddress")
        if author:
            mail = mails.having(mail, "From", formataddr((str(author.get("name") or ""), str(author.get("address") or ""))))
        copy = filing.put(box, mail, "inbox", read=bool(int(flags) & 1))
        copy.draft = bool(int(flags) & 8)
    filing.move(box, copy, folder)
    copy.made, copy.properties = "json", properties
    copy.marks = {name: asked[name] for name in MARKS if name in asked}
    return copy


def changed(box: Box, copy: Copy, asked: Json) -> None:
    """PATCH: marks at any time, words only while it is a draft."""
    words = {"subject", "body", "from", "internetMessageId", "internetMessageHeaders", *RECIPIENTS} & set(asked)
    if words and not copy.draft:
        raise refusal(403, "ErrorAccessDenied", f"The property '{min(words)}' of a message that is no draft needs Mail-Advanced.ReadWrite.")
    mail = copy.mime
    if "subject" in asked:
        mail = mails.having(mail, "Subject", " ".join(str(asked["subject"]).split()))
    if "internetMessageId" in asked:
        mail = mails.having(mail, "Message-ID", str(asked["internetMessageId"]))
    for field, name in RECIPIENTS.items():
        if field in asked:
            mail = mails.having(mail, name, written(asked[field])) if asked[field] else mails.without(mail, name)
    for name, value in custom_headers(asked):
        mail = mails.having(mail, name, value)
    if "body" in asked:
        mail = with_body(mail, asked["body"])
    if "from" in asked:
        author = asked["from"]["emailAddress"]
        mail = mails.having(mail, "From", formataddr((str(author.get("name") or ""), str(author["address"]))))
    copy.mime = mail
    copy.read = bool(asked.get("isRead", copy.read))
    copy.marks |= {name: asked[name] for name in MARKS if name in asked}
    copy.properties |= {str(p["id"]): str(p["value"]) for p in asked.get("singleValueExtendedProperties") or []}
    box.note("changed", copy, folder=copy.folder)


def with_body(mail: bytes, body: Json) -> bytes:
    message = EmailMessage()
    message.set_content(str(body.get("content") or ""), subtype="html" if str(body.get("contentType")).lower() == "html" else "plain")
    frame = b"".join(f"{name}: {value}\r\n".encode() for name, value in message.items())
    return mails.without(mails.split(mail)[0], *FRAME) + frame + b"\r\n" + mails.tidied(str(message.get_payload()).encode())


def sent(world: World, box: Box, draft: Copy, *, kept: bool = True) -> None:
    """Delivered at once; the copy in Sent Items comes late, under another id, and a MIME mail gets another Message-ID."""
    mail = mails.having(draft.mime, "Date", format_datetime(now()))
    if not delivery.recipients(mail):
        raise bad_request("At least one recipient isn't valid., Recipient was not specified.", "ErrorInvalidRecipients")
    if not box.may_send_as(mails.sender(mail)):
        raise refusal(403, "ErrorSendAsDenied", "The user account which was used to submit this request does not have the right to send as.")
    if not box.manners.sends_from_aliases:
        mail = delivery.ready(mail, box)
    if delivery.full_until(box, len(delivery.recipients(mail))):
        raise refusal(429, "ErrorExceededMessageLimit", "The message limit of the mailbox has been exceeded.")
    if draft.made == "mime" and box.manners.rewrites_message_id:
        mail = mails.having(mail, "Message-ID", mails.new_message_id("EURPRD10.PROD.OUTLOOK.COM"))
    if draft.marks.get("isReadReceiptRequested") and not mails.header(mail, "Disposition-Notification-To"):
        mail = mails.having(mail, "Disposition-Notification-To", box.address)
    identifier = box.fresh_id() if box.manners.new_id_after_send else draft.id
    copy = replace(draft, id=identifier, mime=mail, at=now(), folder="sentitems", draft=False, read=True)
    delivery.deliver(world, box, mail, confirmed=bool(draft.marks.get("isDeliveryReceiptRequested")))
    if kept:
        filing.depart(box, draft, copy, world.faults.take("withheld-sent", box.provider, box.address) is not None)
    elif draft.id in box.copies:
        filing.remove(box, draft)
