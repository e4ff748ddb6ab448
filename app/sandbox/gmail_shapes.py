"""A copy as Gmail's API writes it."""

import base64
import html
import re
from collections.abc import Iterable
from email.message import Message

from app.sandbox import mime as mails
from app.sandbox.answers import Json
from app.sandbox.world import Box, Copy

LONGEST_SNIPPET = 200


def shaped(copy: Copy, form: str, wanted_headers: Iterable[str] = ()) -> Json:
    """`form` is minimal, full, raw or metadata."""
    found: Json = {
        "id": copy.id,
        "threadId": copy.thread,
        "labelIds": sorted(copy.labels),
        "snippet": snippet(copy.mime),
        "historyId": str(copy.number),
        "internalDate": str(int(copy.at.timestamp() * 1000)),
        "sizeEstimate": len(copy.mime),
    }
    if form == "raw":
        found["raw"] = base64.urlsafe_b64encode(copy.mime).decode()
    if form == "full":
        found["payload"] = part(mails.parsed(copy.mime), "", mails.headers(copy.mime))
    if form == "metadata":
        wanted = {name.lower() for name in wanted_headers}
        kept = [(name, value) for name, value in mails.headers(copy.mime) if not wanted or name.lower() in wanted]
        found["payload"] = {"mimeType": mails.parsed(copy.mime).get_content_type(), "headers": listed(kept)}
    return found


def short(copy: Copy, labels: bool = False) -> Json:
    found: Json = {"id": copy.id, "threadId": copy.thread}
    return {**found, "labelIds": sorted(copy.labels)} if labels else found


def listed(headers: Iterable[tuple[str, str]]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in headers]


def part(message: Message, number: str, headers: list[tuple[str, str]]) -> Json:
    """One MIME part; attachments are fetched by their own id."""
    kind = message.get_content_type()
    found: Json = {"partId": number, "mimeType": kind, "filename": name_of(message), "headers": listed(headers)}
    inner = message.get_payload() if message.is_multipart() else []
    if inner and isinstance(inner, list):
        found["body"] = {"size": 0}
        below = [p for p in inner if isinstance(p, Message)]
        start = f"{number}." if number else ""
        found["parts"] = [part(p, f"{start}{place}", written_headers(p)) for place, p in enumerate(below)]
        return found
    data = mails.content(message)
    if found["filename"]:
        found["body"] = {"size": len(data), "attachmentId": f"ANGjdJ8-{number or '0'}"}
    else:
        found["body"] = {"size": len(data), "data": base64.urlsafe_b64encode(data).decode()}
    return found


def name_of(message: Message) -> str:
    try:
        return mails.decoded(message.get_filename() or "")
    except (LookupError, UnicodeError, ValueError):
        return ""


def written_headers(message: Message) -> list[tuple[str, str]]:
    return [(name, mails.decoded(str(value))) for name, value in message.items()]


def attachment(copy: Copy, number: str) -> Json | None:
    """The part with this number, e.g. `1.0`; none if there is no such part."""
    found: Message = mails.parsed(copy.mime)
    for step in number.split(".") if number != "0" or found.is_multipart() else []:
        inner = found.get_payload() if found.is_multipart() else []
        if not step.isdecimal() or not isinstance(inner, list) or int(step) >= len(inner):
            return None
        chosen = inner[int(step)]
        if not isinstance(chosen, Message):
            return None
        found = chosen
    data = mails.content(found)
    return {"size": len(data), "data": base64.urlsafe_b64encode(data).decode()}


def snippet(mail: bytes) -> str:
    text = mails.body(mail, "text/plain") or re.sub(r"<[^>]+>", " ", mails.body(mail, "text/html"))
    return html.escape(" ".join(text.split())[:LONGEST_SNIPPET], quote=False)


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def draft_of(box: Box, draft: str, form: str) -> Json:
    return {"id": draft, "message": shaped(box.copies[box.drafts[draft]], form)}
