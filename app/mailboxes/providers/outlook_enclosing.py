"""Bringing files to a draft over Microsoft Graph: small ones at once, large ones in pieces through an upload session."""

from base64 import b64encode
from collections.abc import Sequence
from urllib.parse import urlsplit

from app.errors import GiveUp, GoneThere
from app.mailboxes.providers import wire
from app.mailboxes.providers.base import Piecewise
from app.mailboxes.providers.outlook_tokens import NAME
from app.mailboxes.providers.speaking import Line, TokenRefused
from app.mailboxes.providers.wire import Json, Question, objects, text

LARGEST_AT_ONCE = 2_900_000
"""Octets of a file that goes in one request; upload sessions are for 3 to 150 MB."""
PIECE = 10 * 320 * 1024
"""Octets: a multiple of 320 KiB and below 4 MB."""
FILE = "#microsoft.graph.fileAttachment"


class Enclosing:
    """Brings files to the drafts of one mailbox. `draft` is the URL of a message."""

    def __init__(self, line: Line) -> None:
        self.line = line

    async def enclosed(self, draft: str) -> Sequence[str]:
        """Names of the files that are there, each whole: what is still being uploaded does not show."""
        asked = {"$select": "id", "$expand": "attachments($select=id,name)"}
        found = await self.line.read(draft, asked, {"Prefer": 'IdType="ImmutableId"'})
        return [str(entry.get("name") or "") for entry in objects(found, "attachments")]

    async def enclose(self, draft: str, file: Piecewise) -> None:
        if file.size <= LARGEST_AT_ONCE:
            await self.at_once(draft, file)
        else:
            await self.in_pieces(draft, file)

    async def at_once(self, draft: str, file: Piecewise) -> None:
        content = b64encode(await file.read(0, file.size)).decode()
        said = {"@odata.type": FILE, "name": file.name, "contentType": file.type, "contentBytes": content}
        await self.line.write(Question("POST", f"{draft}/attachments", reads=False, json=said))

    async def in_pieces(self, draft: str, file: Piecewise) -> None:
        session, start = file.session, await self.how_far(file.session)
        if start is None:
            session, start = await self.begun(draft, file), 0
        while start < file.size:
            piece = await file.read(start, PIECE)
            part = f"bytes {start}-{start + len(piece) - 1}/{file.size}"
            await self.line.ask_openly(Question("PUT", session, reads=False, content=piece, headers={"Content-Range": part}))
            start += len(piece)

    async def begun(self, draft: str, file: Piecewise) -> str:
        item = {"attachmentType": "file", "name": file.name, "size": file.size, "contentType": file.type}
        made = await self.line.made(Question("POST", f"{draft}/attachments/createUploadSession", reads=True, json={"AttachmentItem": item}))
        session = text(made, "uploadUrl", NAME)
        if urlsplit(session).scheme != urlsplit(draft).scheme:
            raise wire.garbled(NAME)
        await file.begun(session)
        return session

    async def how_far(self, session: str) -> int | None:
        """Where an earlier upload goes on; nothing if there was none, or it is not there any more."""
        if not session:
            return None
        try:
            return expected((await self.line.ask_openly(Question("GET", session, reads=True))).json)
        except (GoneThere, GiveUp, TokenRefused):
            return None


def expected(found: Json) -> int:
    ranges = found.get("nextExpectedRanges")
    first = str(ranges[0]).partition("-")[0] if isinstance(ranges, list) and ranges else ""
    if not first.isdecimal():
        raise wire.garbled(NAME)
    return int(first)
