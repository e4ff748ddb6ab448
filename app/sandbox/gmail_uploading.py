"""Gmail: a mail that arrives in pieces."""

import re

from litestar import Response

from app.clock import new_id
from app.sandbox.answers import Ask, body_of, silent, world_of
from app.sandbox.gmail_asking import bad_request, not_found
from app.sandbox.world import Box, Upload

GOES_ON = 308
GRAIN = 256 * 1024
LARGEST = 36_700_160
PART = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)")


def is_resumable(request: Ask) -> bool:
    return bool(request.query_params.get("uploadType") == "resumable")


async def begin(request: Ask, box: Box) -> Response[bytes]:
    """An address of its own for the pieces; it needs no token."""
    size = request.headers.get("x-upload-content-length", "")
    if not size.isdecimal() or int(size) > LARGEST:
        raise bad_request("Message too large")
    said = await body_of(request)
    upload = Upload(str(new_id()), box.address, {"size": int(size), "about": said.get("message", said)})
    box.uploads[upload.id] = upload
    place = str(request.url).partition("?")[0]
    return silent(200, {"Location": f"{place}?uploadType=resumable&upload_id={upload.id}"})


def upload_asked(request: Ask) -> tuple[Box, Upload]:
    name = request.query_params.get("upload_id", "")
    found = next((box for box in world_of(request).boxes.values() if name in box.uploads), None)
    if found is None:
        raise not_found()
    return found, found.uploads[name]


async def take(request: Ask, upload: Upload) -> None:
    """One piece behind the others, or only the question how far it got."""
    part, data = PART.fullmatch(request.headers.get("content-range", "")), await request.body()
    if part is None or int(part[3]) != upload.item["size"]:
        raise bad_request("Invalid Content-Range")
    if part[1] is None:
        return
    start, end = int(part[1]), int(part[2]) + 1
    whole = end == upload.item["size"] or len(data) % GRAIN == 0
    if start != len(upload.received) or end - start != len(data) or not whole:
        raise bad_request("Pieces come in order, and in multiples of 256 KiB.")
    upload.received += data


def so_far(upload: Upload) -> dict[str, str]:
    return {"Range": f"bytes=0-{len(upload.received) - 1}"} if upload.received else {}
