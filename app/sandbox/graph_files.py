"""Graph: attachments, small ones at once and large ones in pieces."""

import base64
import binascii
import re
from datetime import timedelta

from litestar import Response, delete, get, post, put

from app.clock import new_id, now
from app.sandbox import mime as mails
from app.sandbox.answers import Ask, Json, body_of, silent, told, world_of
from app.sandbox.graph_asking import BODIES, READWRITE, allowed, bad_request, message_asked, not_found, refusal
from app.sandbox.graph_messages import CONTEXT, ME
from app.sandbox.graph_shapes import file, files, stamp
from app.sandbox.graph_writing import with_file
from app.sandbox.world import Box, Upload

ATTACHMENTS = ME + "/messages/{id:str}/attachments"
UPLOAD = "/microsoft/upload/{address:str}/{upload:str}"
"""At another host than Graph, in truth."""
GRAIN = 320 * 1024
LARGEST_PIECE = 4 * 1024 * 1024
LARGEST_AT_ONCE = 3 * 1024 * 1024
LARGEST = 150 * 1024 * 1024
RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)$")


@get(ATTACHMENTS)
async def list_attachments(request: Ask) -> Response[bytes]:
    box = allowed(request, BODIES)
    found = files(message_asked(request, box), whole="contentBytes" in request.query_params.get("$select", "contentBytes"))
    return told({"@odata.context": CONTEXT + "users('me')/messages/attachments", "value": found})


@get(ATTACHMENTS + "/{attachment:str}")
async def get_attachment(request: Ask) -> Response[bytes]:
    box = allowed(request, BODIES)
    copy = message_asked(request, box)
    found = [shape for shape in files(copy) if shape["id"] == request.path_params["attachment"]]
    if not found:
        raise not_found()
    return told(found[0])


@post(ATTACHMENTS, status_code=201)
async def add_attachment(request: Ask) -> Response[bytes]:
    box = allowed(request, (READWRITE,))
    copy = message_asked(request, box)
    asked = await body_of(request)
    try:
        data = base64.b64decode(asked.get("contentBytes") or "", validate=True)
    except binascii.Error:
        raise bad_request("Cannot convert the literal to the expected type 'Edm.Binary'.", "RequestBodyRead") from None
    if len(data) > LARGEST_AT_ONCE:
        raise refusal(413, "RequestEntityTooLarge", "The request entity is too large: use an upload session.")
    copy.mime = with_file(copy.mime, str(asked.get("name") or "file"), data, asked.get("contentType"))
    box.note("changed", copy, folder=copy.folder)
    number = len(mails.attachments(copy.mime)) - 1
    return told(file(copy, number, mails.attachments(copy.mime)[number]), 201)


@post(ATTACHMENTS + "/createUploadSession", status_code=201)
async def begin_upload(request: Ask) -> Response[bytes]:
    box = allowed(request, (READWRITE,))
    copy = message_asked(request, box)
    item: Json = (await body_of(request)).get("AttachmentItem") or {}
    item = item or (await body_of(request)).get("attachmentItem") or {}
    if not item.get("name") or not isinstance(item.get("size"), int) or item["size"] > LARGEST:
        raise bad_request("AttachmentItem needs a name and a size of at most 150 MB.", "ErrorInvalidRequest")
    upload = Upload(str(new_id()), copy.id, item)
    box.uploads[upload.id] = upload
    return told(progress(request, box, upload), 201)


def progress(request: Ask, box: Box, upload: Upload) -> Json:
    """How far it is; the address to send pieces to needs no token."""
    base = str(request.base_url).rstrip("/")
    return {
        "@odata.context": CONTEXT + "microsoft.graph.uploadSession",
        "uploadUrl": f"{base}/microsoft/upload/{box.address}/{upload.id}",
        "expirationDateTime": stamp(now() + timedelta(hours=1)),
        "nextExpectedRanges": [f"{len(upload.received)}-"],
    }


def upload_asked(request: Ask) -> tuple[Box, Upload]:
    box = world_of(request).box(request.path_params["address"])
    upload = box.uploads.get(request.path_params["upload"])
    if upload is None or upload.message not in box.copies:
        raise not_found()
    return box, upload


@put(UPLOAD, status_code=200)
async def take_piece(request: Ask) -> Response[bytes]:
    """The pieces come in order; with the last one the attachment is there."""
    box, upload = upload_asked(request)
    data = await request.body()
    piece = RANGE.match(request.headers.get("content-range", ""))
    if piece is None or int(piece[1]) != len(upload.received) or int(piece[2]) - int(piece[1]) + 1 != len(data):
        raise refusal(416, "ErrorInvalidRange", f"Expected bytes from {len(upload.received)}.")
    if len(data) > LARGEST_PIECE or (int(piece[2]) + 1 != int(piece[3]) and len(data) % GRAIN):
        raise bad_request("Pieces are multiples of 320 KiB and below 4 MB.", "ErrorInvalidRange")
    upload.received += data
    if len(upload.received) < int(upload.item["size"]):
        return told(progress(request, box, upload))
    copy = box.copies[upload.message]
    copy.mime = with_file(copy.mime, str(upload.item["name"]), upload.received, upload.item.get("contentType"))
    box.note("changed", copy, folder=copy.folder)
    del box.uploads[upload.id]
    place = f"{str(request.base_url).rstrip('/')}{ME}/messages/{copy.id}/attachments"
    return silent(201, {"Location": place})


@get(UPLOAD)
async def see_progress(request: Ask) -> Response[bytes]:
    return told(progress(request, *upload_asked(request)))


@delete(UPLOAD, status_code=200)
async def cancel_upload(request: Ask) -> Response[bytes]:
    box, upload = upload_asked(request)
    del box.uploads[upload.id]
    return silent()


FILES = [list_attachments, get_attachment, add_attachment, begin_upload, take_piece, see_progress, cancel_upload]
