"""Bringing a mail to Gmail: inside JSON, beside it, or in pieces that go on where they broke off (gmail.v1 discovery: `mediaUpload`)."""

import json
import re
from base64 import urlsafe_b64encode
from secrets import token_hex
from urllib.parse import urlsplit

from app.errors import RetryLater, Unanswered
from app.mailboxes.providers import wire
from app.mailboxes.providers.gmail_tokens import NAME
from app.mailboxes.providers.speaking import Line
from app.mailboxes.providers.wire import Answer, Json, Question

Query = dict[str, str | list[str]]

LARGEST_JSON = 3_500_000
"""Octets of MIME that go inside JSON; what is larger is uploaded."""
LARGEST_AT_ONCE = 8_000_000
"""Octets of MIME that are uploaded in one request; what is larger goes in pieces."""
PIECE = 16 * 256 * 1024
"""Octets: every piece but the last has to be a multiple of 256 KiB."""
MOST_BREAKS = 5
GOES_ON = 308
RECEIVED = re.compile(r"bytes=0-(\d+)")


class Upload:
    """Puts mails into one Gmail mailbox."""

    def __init__(self, line: Line, api_url: str) -> None:
        self.line = line
        self.me = f"{api_url}/gmail/v1/users/me"
        self.upload = f"{api_url}/upload/gmail/v1/users/me"

    async def put(self, place: str, mime: bytes, about: Json, *, inside: str = "", query: Query | None = None) -> Json:
        """A mail into `place` (`drafts`, `messages/send`), with what is said about it; answers what was made."""
        said = {inside: about} if inside else about
        if len(mime) <= LARGEST_JSON:
            whole = {**about, "raw": urlsafe_b64encode(mime).decode()}
            question = Question("POST", f"{self.me}/{place}", reads=False, params=query, json={inside: whole} if inside else whole)
            return await self.line.made(question)
        if len(mime) <= LARGEST_AT_ONCE:
            return await self.beside(place, mime, said, query or {})
        return await self.in_pieces(await self.begun(place, len(mime), said, query or {}), mime)

    async def beside(self, place: str, mime: bytes, said: Json, query: Query) -> Json:
        content, kind = related(said, mime)
        asked = {"uploadType": "multipart", **query}
        return await self.line.made(
            Question("POST", f"{self.upload}/{place}", reads=False, params=asked, content=content, headers={"Content-Type": kind})
        )

    async def begun(self, place: str, size: int, said: Json, query: Query) -> str:
        """The address to send the pieces to. It needs no token, and gets none."""
        headers = {"X-Upload-Content-Type": "message/rfc822", "X-Upload-Content-Length": str(size)}
        asked = {"uploadType": "resumable", **query}
        answer = await self.line.write(Question("POST", f"{self.upload}/{place}", reads=True, params=asked, json=said, headers=headers))
        session = str(answer.headers.get("location", ""))
        if urlsplit(session).scheme != urlsplit(self.upload).scheme:
            raise wire.garbled(NAME)
        return session

    async def in_pieces(self, session: str, mime: bytes) -> Json:
        """One after the other; after a break Google is asked how far it got. Nothing was made before the last piece."""
        start = breaks = 0
        while True:
            piece = mime[start : start + PIECE]
            try:
                answer = await self.send(session, f"bytes {start}-{start + len(piece) - 1}/{len(mime)}", piece)
            except RetryLater as error:
                breaks += 1
                if breaks > MOST_BREAKS:
                    raise Unanswered(error.sentence, code=error.code, at=error.at, **error.values) from None
                answer = await self.how_far(session, len(mime))
            if answer.status != GOES_ON:
                return answer.json
            start = received(answer)

    async def how_far(self, session: str, size: int) -> Answer:
        async for attempt in wire.again():
            with attempt:
                return await self.send(session, f"bytes */{size}", b"")
        raise AssertionError("unreachable")

    async def send(self, session: str, part: str, piece: bytes) -> Answer:
        question = Question("PUT", session, reads=True, content=piece, headers={"Content-Range": part}, fine=frozenset({GOES_ON}))
        return await self.line.ask_openly(question)


def received(answer: Answer) -> int:
    """How many octets Google has: `Range: bytes=0-n`, or no such header for none."""
    found = RECEIVED.fullmatch(answer.headers.get("range", "").strip())
    return int(found[1]) + 1 if found else 0


def related(about: Json, mime: bytes) -> tuple[bytes, str]:
    """The multipart/related body of Google's multipart upload, and its type."""
    boundary = f"nachfass-{token_hex(16)}"
    head = f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{json.dumps(about)}\r\n"
    between = f"--{boundary}\r\nContent-Type: message/rfc822\r\n\r\n"
    return head.encode() + between.encode() + mime + f"\r\n--{boundary}--\r\n".encode(), f'multipart/related; boundary="{boundary}"'
