"""A copy as Graph writes it."""

import base64
import hashlib
import html
import re
from datetime import UTC, datetime
from email.message import Message
from typing import Any

from app.sandbox import mime as mails
from app.sandbox.answers import Ask, Json
from app.sandbox.graph_asking import BODIES, folder_id, rights, shown_id
from app.sandbox.world import Box, Copy

PREVIEW = 255
ASKED_FOR_ONLY = {"internetMessageHeaders", "uniqueBody"}
BODY_FIELDS = {"body", "bodyPreview", "uniqueBody", "attachments", "singleValueExtendedProperties"}
NAMED = re.compile(r"attachments\(\$select=([\w,]+)\)")
PROPERTY = re.compile(r"(?:^|\s|/|\(|')id eq '([^']+)'", re.I)


def shaped(request: Ask, box: Box, copy: Copy) -> Json:
    """The fields that were selected, or those that Graph gives unasked."""
    wanted = selected(request)
    found = plain(request, box, copy)
    found = found if wanted and wanted <= found.keys() else everything(request, box, copy)
    if not {*BODIES} & rights(request):
        found = {name: value for name, value in found.items() if name not in BODY_FIELDS}
    kept = {n: v for n, v in found.items() if (n in wanted if wanted else n not in ASKED_FOR_ONLY) or n in ("id", "@odata.etag")}
    return kept | expanded(request, copy)


def selected(request: Ask) -> set[str]:
    return {name.strip() for name in request.query_params.get("$select", "").split(",") if name.strip()}


def expanded(request: Ask, copy: Copy) -> Json:
    """`$expand=singleValueExtendedProperties($filter=id eq '…'),attachments`."""
    wish = request.query_params.get("$expand", "")
    found: Json = {}
    if "singleValueExtendedProperties" in wish and {*BODIES} & rights(request):
        named = [(name, value_of(copy, name)) for name in PROPERTY.findall(wish)]
        values = [{"id": name, "value": value} for name, value in named if value is not None]
        found |= {"singleValueExtendedProperties": values} if values else {}
    if re.search(r"\battachments\b", wish) and {*BODIES} & rights(request):
        found["attachments"] = chosen(files(copy), NAMED.search(wish))
    return found


def chosen(shapes: list[Json], named: re.Match[str] | None) -> list[Json]:
    """Of each file what was selected, and what kind it is."""
    wanted = {"@odata.type", *named[1].split(",")} if named else None
    return [{name: value for name, value in shape.items() if wanted is None or name in wanted} for shape in shapes]


def value_of(copy: Copy, name: str) -> str | None:
    """An extended property; property names of the named kind are told apart by case, ids of tags are not."""
    if name.lower().endswith("0x001a"):
        return copy.properties.get(name, item_class(copy))
    return copy.properties.get(name)


def item_class(copy: Copy) -> str:
    """PidTagMessageClass: reports are a class of their own in Exchange."""
    report = str(mails.parsed(copy.mime).get_param("report-type") or "")
    return {"delivery-status": "REPORT.IPM.Note.NDR", "disposition-notification": "REPORT.IPM.Note.IPNRN"}.get(report, "IPM.Note")


def plain(request: Ask, box: Box, copy: Copy) -> Json:
    """What is known without looking into the mail."""
    return {
        "@odata.etag": f'W/"{change_key(copy)}"', "id": shown_id(request, box, copy), "receivedDateTime": stamp(copy.at),
        "parentFolderId": folder_id(box, copy.folder), "conversationId": copy.thread, "isDraft": copy.draft, "isRead": copy.read,
    }  # fmt: skip


def everything(request: Ask, box: Box, copy: Copy) -> Json:
    sent_at = mails.dated(copy.mime) or copy.at
    identifier = shown_id(request, box, copy)
    author = people(copy.mime, "From")
    text = preview(copy.mime)
    body = body_of_mail(copy.mime)
    return {
        "@odata.etag": f'W/"{change_key(copy)}"',
        "id": identifier,
        "createdDateTime": stamp(copy.at),
        "lastModifiedDateTime": stamp(copy.at),
        "changeKey": change_key(copy),
        "categories": copy.marks.get("categories", []),
        "receivedDateTime": stamp(copy.at),
        "sentDateTime": stamp(sent_at),
        "hasAttachments": bool(mails.attachments(copy.mime)),
        "internetMessageId": copy.message_id,
        "subject": mails.header(copy.mime, "Subject"),
        "bodyPreview": text,
        "importance": copy.marks.get("importance", "normal"),
        "parentFolderId": folder_id(box, copy.folder),
        "conversationId": copy.thread,
        "conversationIndex": base64.b64encode(hashlib.sha256(copy.thread.encode()).digest()[:22]).decode(),
        "isDeliveryReceiptRequested": copy.marks.get("isDeliveryReceiptRequested", False),
        "isReadReceiptRequested": asks_receipt(copy),
        "isRead": copy.read,
        "isDraft": copy.draft,
        "webLink": f"https://outlook.office365.com/owa/?ItemID={identifier}&exvsurl=1&viewmodel=ReadMessageItem",
        "inferenceClassification": "focused",
        "body": body,
        "uniqueBody": body,
        "sender": author[0] if author else None,
        "from": author[0] if author else None,
        "toRecipients": people(copy.mime, "To"),
        "ccRecipients": people(copy.mime, "Cc"),
        "bccRecipients": people(copy.mime, "Bcc"),
        "replyTo": people(copy.mime, "Reply-To"),
        "flag": copy.marks.get("flag", {"flagStatus": "notFlagged"}),
        "internetMessageHeaders": [{"name": name, "value": value} for name, value in mails.headers(copy.mime)],
    }


def asks_receipt(copy: Copy) -> bool:
    return bool(copy.marks.get("isReadReceiptRequested") or mails.header(copy.mime, "Disposition-Notification-To"))


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def change_key(copy: Copy) -> str:
    return "CQAAABYAAAB" + base64.b64encode(f"{copy.id[-8:]}{copy.number}".encode()).decode().rstrip("=")


def people(mail: bytes, name: str) -> list[Json]:
    return [{"emailAddress": {"name": spoken or address, "address": address}} for spoken, address in mails.addresses(mail, name)]


def body_of_mail(mail: bytes) -> Json:
    written = mails.body(mail, "text/html")
    return {"contentType": "html", "content": written} if written else {"contentType": "text", "content": mails.body(mail, "text/plain")}


def preview(mail: bytes) -> str:
    text = mails.body(mail, "text/plain") or html.unescape(re.sub(r"<[^>]+>", " ", mails.body(mail, "text/html")))
    return " ".join(text.split())[:PREVIEW]


def files(copy: Copy, whole: bool = True) -> list[Json]:
    """The attachments; `whole` with their content."""
    return [file(copy, number, part, whole) for number, part in enumerate(mails.attachments(copy.mime))]


def file(copy: Copy, number: int, part: Message, whole: bool = True) -> Json:
    data = mails.content(part)
    found: dict[str, Any] = {
        "@odata.type": "#microsoft.graph.fileAttachment",
        "id": f"{copy.id[:24]}-{number}",
        "lastModifiedDateTime": stamp(copy.at),
        "name": mails.decoded(part.get_filename() or "attachment"),
        "contentType": part.get_content_type(),
        "size": len(data),
        "isInline": part.get_content_disposition() == "inline",
        "contentId": (str(part["Content-ID"]).strip("<>") if part["Content-ID"] else None),
    }
    return found | ({"contentBytes": base64.b64encode(data).decode()} if whole else {})
