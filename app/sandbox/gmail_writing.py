"""Gmail: drafts, sending, inserting, labels and trash."""

import email
import json
import secrets
from email.message import Message

from litestar import Response, delete, post, put

from app.sandbox import delivery, filing
from app.sandbox import mime as mails
from app.sandbox.answers import Ask, Json, body_of, silent, told, world_of
from app.sandbox.gmail_asking import (
    COMPOSE,
    INSERT,
    LABELS,
    MODIFY,
    SEND,
    SYSTEM_LABELS,
    allowed,
    bad_request,
    labels_asked,
    mail_sending,
    message_asked,
    not_found,
    thread_asked,
)
from app.sandbox.gmail_reading import ME, user_label
from app.sandbox.gmail_shapes import from_base64url, shaped, short
from app.sandbox.gmail_uploading import GOES_ON, begin, is_resumable, so_far, take, upload_asked
from app.sandbox.world import Box, Copy, World

UPLOAD = "/google/upload/gmail/v1/users/{user:str}"
LARGEST = 36_700_160
WRITE = (MODIFY, COMPOSE)


async def mail_asked(request: Ask) -> tuple[bytes, Json]:
    """The mail and what was said about it, from JSON, a bare upload or a multipart one."""
    kind = request.headers.get("content-type", "").partition(";")[0].lower()
    data = await request.body()
    if len(data) > LARGEST:
        raise bad_request("Message too large")
    if kind == "message/rfc822":
        return read_mail(data), {}
    if kind.startswith("multipart/"):
        return unwrapped(request.headers["content-type"], data)
    asked = await body_of(request)
    about = asked.get("message", asked)
    return decoded(about.get("raw")), {**about, "draft": asked.get("id")}


def unwrapped(kind: str, data: bytes) -> tuple[bytes, Json]:
    """multipart/related: what is said about the mail, then the mail."""
    whole = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + data)
    parts = whole.get_payload()
    if not isinstance(parts, list) or len(parts) != 2 or not all(isinstance(part, Message) for part in parts):
        raise bad_request("Malformed multipart body.")
    about, mail = parts
    said = json.loads(mails.content(about) or b"{}") if isinstance(about, Message) else {}
    start = data.find(b"\n\r\n", data.find(b"message/rfc822")) + 3
    boundary = str(whole.get_boundary()).encode()
    end = data.rfind(b"\r\n--" + boundary)
    del mail
    return read_mail(data[start:end]), said.get("message", said)


def decoded(raw: object) -> bytes:
    if not isinstance(raw, str) or not raw:
        raise bad_request("'raw' RFC822 payload message string or uploading message via /upload/* URL required")
    try:
        return read_mail(from_base64url(raw))
    except ValueError:
        raise bad_request("Invalid value at 'message.raw' (TYPE_BYTES), Base64 decoding failed") from None


def read_mail(data: bytes) -> bytes:
    return mails.tidied(data)


def joined(box: Box, mail: bytes, thread: object) -> str | None:
    """The named thread if Gmail's conditions hold; a new one otherwise."""
    return str(thread) if isinstance(thread, str) and filing.joins(box, mail, thread) else None


@post([ME + "/messages/send", UPLOAD + "/messages/send"], status_code=200)
async def send_message(request: Ask) -> Response[bytes]:
    box = allowed(request, (*WRITE, SEND))
    if is_resumable(request):
        return await begin(request, box)
    mail, about = await mail_asked(request)
    return told(short(sent(world_of(request), box, mail, about.get("threadId")), labels=True))


def sent(world: World, box: Box, mail: bytes, thread: object) -> Copy:
    """Gmail gives the mail its own Message-ID, files it under SENT and brings it to everyone."""
    mail = delivery.ready(mail, box, aliases=True)
    if not delivery.recipients(mail):
        raise bad_request("Recipient address required")
    if until := delivery.full_until(box, 1):
        raise mail_sending(until)
    if box.manners.rewrites_message_id:
        mail = mails.having(mail, "Message-ID", mails.new_message_id("mail.gmail.com"))
    copy = filing.put(box, mail, "sent", thread=joined(box, mail, thread))
    delivery.deliver(world, box, mail)
    return copy


@post([ME + "/drafts", UPLOAD + "/drafts"], status_code=200)
async def create_draft(request: Ask) -> Response[bytes]:
    box = allowed(request, WRITE)
    if is_resumable(request):
        return await begin(request, box)
    mail, about = await mail_asked(request)
    return told(drafted(box, f"r{secrets.randbelow(10**18)}", mail, about.get("threadId")))


def drafted(box: Box, draft: str, mail: bytes, thread: object) -> Json:
    """The draft under this id, with a new message inside."""
    copy = filing.put(box, delivery.ready(mail, box, aliases=True), "draft", thread=joined(box, mail, thread))
    box.drafts[draft] = copy.id
    return {"id": draft, "message": short(copy, labels=True)}


@put([UPLOAD + "/drafts", UPLOAD + "/messages/send"])
async def take_piece(request: Ask) -> Response[bytes]:
    """Pieces in order; with the last one the draft is made, or the mail sent. Who asks how far it got is told with 308."""
    box, upload = upload_asked(request)
    if upload.made is None:
        await take(request, upload)
        if len(upload.received) < upload.item["size"]:
            return Response(b"", status_code=GOES_ON, media_type="text/plain", headers=so_far(upload))
        mail, thread = read_mail(upload.received), upload.item["about"].get("threadId")
        if request.url.path.endswith("/drafts"):
            upload.made = drafted(box, f"r{secrets.randbelow(10**18)}", mail, thread)
        else:
            upload.made = short(sent(world_of(request), box, mail, thread), labels=True)
    return told(upload.made)


@put([ME + "/drafts/{id:str}", UPLOAD + "/drafts/{id:str}"])
async def update_draft(request: Ask) -> Response[bytes]:
    box = allowed(request, WRITE)
    draft = request.path_params["id"]
    old = drafted_copy(box, draft)
    mail, about = await mail_asked(request)
    filing.remove(box, old)
    return told(drafted(box, draft, mail, about.get("threadId")))


def drafted_copy(box: Box, draft: object) -> Copy:
    if draft not in box.drafts:
        raise not_found()
    return box.copies[box.drafts[str(draft)]]


@delete(ME + "/drafts/{id:str}", status_code=200)
async def delete_draft(request: Ask) -> Response[bytes]:
    box = allowed(request, WRITE)
    filing.remove(box, drafted_copy(box, request.path_params["id"]))
    return silent()


@post([ME + "/drafts/send", UPLOAD + "/drafts/send"], status_code=200)
async def send_draft(request: Ask) -> Response[bytes]:
    """The draft is deleted, and a message with another id appears under SENT."""
    box = allowed(request, WRITE)
    asked = await body_of(request)
    draft = drafted_copy(box, asked.get("id"))
    raw = asked.get("message", {}).get("raw")
    mail = decoded(raw) if raw else draft.mime
    thread = draft.thread if draft.thread != draft.id else None
    copy = sent(world_of(request), box, mail, thread)
    filing.remove(box, draft)
    return told(short(copy, labels=True))


@post([ME + "/messages", UPLOAD + "/messages", ME + "/messages/import"], status_code=200)
async def insert_message(request: Ask) -> Response[bytes]:
    """A mail put straight into the mailbox; nothing is sent and the Message-ID stays."""
    box = allowed(request, (MODIFY, INSERT))
    mail, about = await mail_asked(request)
    by_date = request.query_params.get("internalDateSource", "dateHeader" if request.url.path.endswith("import") else "receivedTime")
    at = mails.dated(mail) if by_date == "dateHeader" else None
    labels = set(about.get("labelIds", []))
    copy = filing.put(box, mail, "inbox", at=at, thread=joined(box, mail, about.get("threadId")), labels=labels)
    return told(short(copy, labels=True))


@post(ME + "/messages/{id:str}/modify", status_code=200)
async def modify_message(request: Ask) -> Response[bytes]:
    box = allowed(request, (MODIFY,))
    copy = message_asked(request, box)
    filing.label(box, copy, *await labels_asked(request, box))
    return told(short(copy, labels=True))


@post(ME + "/messages/{id:str}/trash", status_code=200)
async def trash_message(request: Ask) -> Response[bytes]:
    box = allowed(request, (MODIFY,))
    copy = message_asked(request, box)
    filing.label(box, copy, {"TRASH"}, {"INBOX"})
    return told(short(copy, labels=True))


@post(ME + "/messages/{id:str}/untrash", status_code=200)
async def untrash_message(request: Ask) -> Response[bytes]:
    box = allowed(request, (MODIFY,))
    copy = message_asked(request, box)
    filing.label(box, copy, set(), {"TRASH"})
    return told(short(copy, labels=True))


@delete(ME + "/messages/{id:str}", status_code=200)
async def delete_message(request: Ask) -> Response[bytes]:
    """For good, and only under the scope for everything."""
    box = allowed(request, ())
    filing.remove(box, message_asked(request, box))
    return silent()


@post(ME + "/messages/batchModify", status_code=200)
async def modify_messages(request: Ask) -> Response[bytes]:
    box = allowed(request, (MODIFY,))
    more, less = await labels_asked(request, box)
    for identifier in (await body_of(request)).get("ids", []):
        filing.label(box, message_asked(request, box, identifier), more, less)
    return silent()


@post(ME + "/threads/{id:str}/modify", status_code=200)
async def modify_thread(request: Ask) -> Response[bytes]:
    box = allowed(request, (MODIFY,))
    there = thread_asked(request, box)
    more, less = await labels_asked(request, box)
    for copy in there:
        filing.label(box, copy, more, less)
    return told({"id": there[0].thread, "messages": [shaped(copy, "minimal") for copy in there]})


@post(ME + "/labels", status_code=200)
async def create_label(request: Ask) -> Response[bytes]:
    box = allowed(request, (MODIFY, LABELS))
    name = str((await body_of(request)).get("name", ""))
    if not name or name.upper() in SYSTEM_LABELS or name in box.labels.values():
        raise bad_request("Invalid label name")
    identifier = f"Label_{len(box.labels) + 1}"
    box.labels[identifier] = name
    return told(user_label(identifier, name))


WRITING = [
    send_message, create_draft, take_piece, update_draft, delete_draft, send_draft, insert_message, modify_message, trash_message,
    untrash_message, delete_message, modify_messages, modify_thread, create_label,
]  # fmt: skip
