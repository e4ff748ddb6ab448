"""A Gmail mailbox over the REST API (gmail.v1)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from collections.abc import Sequence
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from app.clock import now
from app.errors import AdminNeeded, CursorLost, GiveUp, GoneThere, OperatorNeeded, ProviderError, ReconnectNeeded, RetryLater
from app.mailboxes.providers import wire
from app.mailboxes.providers.base import INBOX, OTHER_FOLDER, SEND_ID_HEADER, SENT, Account, Changes, Mail, Note, Page, SentCopy
from app.mailboxes.providers.gmail_tokens import NAME, GmailTokens, google
from app.mailboxes.providers.granting import ADMIN_FIRST, ENDED, WRONG_APP
from app.mailboxes.providers.noting import written
from app.mailboxes.providers.refusals import GONE, NO_MAILBOX, PLACE_LOST, REFUSED, TOO_SMALL
from app.mailboxes.providers.speaking import Line, TokenRefused
from app.mailboxes.providers.wire import Answer, Json, Question, objects, text

LARGEST_JSON = 3_500_000
"""Bytes of MIME that go inside JSON; what is larger is uploaded."""
LOOKED_THROUGH = 100
"""Drafts or sent mails examined for a send id: Gmail can't search X- headers, and its search lags behind writes."""
EVERYTHING = "mail"
Query = dict[str, str | list[str]]
HIDDEN = {"DRAFT", "CHAT", "SPAM"}
BUSY = {"userRateLimitExceeded", "rateLimitExceeded", "quotaExceeded", "concurrentLimitExceeded", "RATE_LIMIT_EXCEEDED"}
OURS = {"dailyLimitExceeded", "accessNotConfigured", "SERVICE_DISABLED"}
TOO_LITTLE = {"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}


class Gmail:
    """One Gmail mailbox."""

    holds_drafts = True

    def __init__(self, tokens: GmailTokens) -> None:
        self.tokens = tokens
        self.line = Line(NAME, tokens.ring.mailbox, tokens, meaning)
        self.me = f"{google().api_url}/gmail/v1/users/me"
        self.upload = f"{google().api_url}/upload/gmail/v1/users/me"

    async def account(self) -> Account:
        return self.tokens.account

    # Sending

    async def draft(self, mime: bytes, send_id: str, thread: str) -> str:
        """A thread that is gone is let go: the mail matters more."""
        try:
            made = await self.put("drafts", mime, {"threadId": thread} if thread else {}, inside="message")
        except GoneThere:
            if not thread:
                raise
            made = await self.put("drafts", mime, {}, inside="message")
        return text(made, "id", NAME)

    async def put(self, place: str, mime: bytes, about: Json, *, inside: str = "", query: Query | None = None) -> Json:
        """A mail into `place`: inside JSON while it is small, else as multipart/related with what is said about it."""
        if len(mime) <= LARGEST_JSON:
            said = {**about, "raw": urlsafe_b64encode(mime).decode()}
            return await self.line.made(Question("POST", f"{self.me}/{place}", reads=False, params=query, json={inside: said} if inside else said))
        content, kind = related({inside: about} if inside else about, mime)
        asked = {"uploadType": "multipart", **(query or {})}
        return await self.line.made(
            Question("POST", f"{self.upload}/{place}", reads=False, params=asked, content=content, headers={"Content-Type": kind})
        )

    async def find_draft(self, send_id: str, message_id: str) -> str | None:
        listed = await self.line.read(f"{self.me}/drafts", {"maxResults": str(LOOKED_THROUGH)})
        for entry in objects(listed, "drafts"):
            message = entry.get("message")
            if isinstance(message, dict) and await self.sent_as(str(message.get("id") or "")) == send_id:
                return text(entry, "id", NAME)
        return None

    async def sent_as(self, provider_id: str) -> str:
        """The send id that a message carries."""
        return header(await self.headers(provider_id, SEND_ID_HEADER), SEND_ID_HEADER)

    async def headers(self, provider_id: str, *names: str) -> Json:
        """A message's metadata; empty if it is gone."""
        try:
            return await self.line.read(f"{self.me}/messages/{provider_id}", {"format": "metadata", "metadataHeaders": list(names)})
        except GoneThere:
            return {}

    async def send_draft(self, draft: str) -> SentCopy | None:
        """Gmail deletes the draft, files a message under another id and rewrites its Message-ID."""
        made = await self.line.made(Question("POST", f"{self.me}/drafts/send", reads=False, json={"id": draft}))
        try:
            return await self.copy(text(made, "id", NAME))
        except ProviderError:
            return None  # It went out; the copy is looked up later.

    async def copy(self, provider_id: str) -> SentCopy | None:
        return copy_of(await self.headers(provider_id, "Message-ID"))

    async def send(self, mime: bytes, thread: str) -> SentCopy | None:
        """What Gmail made of the Message-ID stays unknown: this right reads nothing."""
        made = await self.put("messages/send", mime, {"threadId": thread} if thread else {})
        return SentCopy(str(made.get("id") or ""), str(made.get("threadId") or ""), "", now())

    async def file_copy(self, mime: bytes, send_id: str, message_id: str) -> SentCopy | None:
        """Gmail files it by itself."""
        return None

    async def find_sent(self, send_id: str, message_id: str, since: datetime) -> SentCopy | None:
        """Newest first, until the mails are older than the send."""
        listed = await self.line.read(f"{self.me}/messages", {"labelIds": "SENT", "maxResults": str(LOOKED_THROUGH)})
        for entry in objects(listed, "messages"):
            found = await self.headers(text(entry, "id", NAME), SEND_ID_HEADER, "Message-ID")
            if send_id == header(found, SEND_ID_HEADER) != "" or message_id == header(found, "Message-ID") != "":
                return copy_of(found)
            if found and moment(found) < since:
                return None
        return None

    # Reading

    async def folders(self) -> Sequence[str]:
        return (EVERYTHING,)

    async def start(self, folder: str) -> str:
        return text(await self.line.read(f"{self.me}/profile"), "historyId", NAME)

    async def changes(self, folder: str, cursor: str) -> Changes:
        """The cursor is a history id, and behind a blank the page of it that comes next."""
        start, _, page = cursor.partition(" ")
        asked: Query = {"startHistoryId": start, "historyTypes": ["messageAdded", "labelAdded"], "maxResults": "500"}
        try:
            found = await self.line.read(f"{self.me}/history", {**asked, "pageToken": page} if page else asked)
        except (GoneThere, GiveUp) as error:
            raise CursorLost(PLACE_LOST, code=error.code, provider=NAME) from None
        following = found.get("nextPageToken")
        ids = list(dict.fromkeys(added(objects(found, "history"))))
        return Changes(ids, f"{start} {following}" if following else text(found, "historyId", NAME), more=bool(following))

    async def listed(self, folder: str, since: datetime, page: str) -> Page:
        """`inbox` is whatever was received, wherever a filter put it: an archived answer is an answer."""
        asked: Query = {"maxResults": "500", "q": f"after:{int(since.timestamp())}"}
        asked |= {"labelIds": "SENT"} if folder == SENT else {"q": f"{asked['q']} -in:sent -in:drafts -in:chats"}
        found = await self.line.read(f"{self.me}/messages", {**asked, "pageToken": page} if page else asked)
        ids = [text(entry, "id", NAME) for entry in objects(found, "messages")]
        estimate = found.get("resultSizeEstimate")
        return Page(ids, str(found.get("nextPageToken") or ""), estimate if isinstance(estimate, int) else 0)

    async def thread_ids(self, thread: str) -> Sequence[str]:
        try:
            found = await self.line.read(f"{self.me}/threads/{thread}", {"format": "minimal"})
        except GoneThere:
            return ()
        return [text(entry, "id", NAME) for entry in objects(found, "messages") if not HIDDEN & labels(entry)]

    async def fetch(self, provider_id: str) -> Mail | None:
        try:
            found = await self.line.read(f"{self.me}/messages/{provider_id}", {"format": "raw"})
        except GoneThere:
            return None
        if HIDDEN & labels(found):
            return None
        folder = SENT if "SENT" in labels(found) else INBOX if "INBOX" in labels(found) else OTHER_FOLDER
        return Mail(provider_id, text(found, "threadId", NAME), folder, moment(found), raw(found))

    # Back on top

    async def surface(self, note: Note) -> str:
        """Inserted as received now, which is what Gmail sorts by; a label alone would not move the thread."""
        if known := await self.find_note(note):
            return known
        mime, on_top = written(note, self.tokens.account), {"labelIds": ["INBOX", "UNREAD"]}
        query: Query = {"internalDateSource": "receivedTime"}
        try:
            made = await self.put("messages", mime, {**on_top, "threadId": note.thread} if note.thread else on_top, query=query)
        except GoneThere:
            made = await self.put("messages", mime, on_top, query=query)
        return text(made, "id", NAME)

    async def find_note(self, note: Note) -> str:
        """In its thread first: search lags behind what was just written."""
        asked: Query = {"format": "metadata", "metadataHeaders": "Message-ID"}
        try:
            there = await self.line.read(f"{self.me}/threads/{note.thread}", asked) if note.thread else {}
        except GoneThere:
            there = {}
        same = [entry for entry in objects(there, "messages") if header(entry, "Message-ID") == note.message_id]
        search: Query = {"q": f"rfc822msgid:{note.message_id.strip('<>')} in:anywhere"}
        found = same or objects(await self.line.read(f"{self.me}/messages", search), "messages")
        return text(found[0], "id", NAME) if found else ""

    async def clear(self, note_id: str) -> None:
        try:
            await self.line.write(Question("POST", f"{self.me}/messages/{note_id}/trash", reads=True))
        except GoneThere:
            return

    async def revoke(self) -> None:
        await self.tokens.revoke()


def related(about: Json, mime: bytes) -> tuple[bytes, str]:
    """The multipart/related body of Google's multipart upload, and its type."""
    boundary = f"nachfass-{token_hex(16)}"
    head = f"--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{json.dumps(about)}\r\n"
    between = f"--{boundary}\r\nContent-Type: message/rfc822\r\n\r\n"
    return head.encode() + between.encode() + mime + f"\r\n--{boundary}--\r\n".encode(), f'multipart/related; boundary="{boundary}"'


def labels(message: Json) -> set[str]:
    found = message.get("labelIds")
    return {str(label) for label in found} if isinstance(found, list) else set()


def added(history: list[Json]) -> list[str]:
    """What appeared, and what came back into the inbox; drafts come and go with every word typed and are left out."""
    entries = [entry for record in history for entry in objects(record, "messagesAdded")]
    entries += [entry for record in history for entry in objects(record, "labelsAdded") if "INBOX" in labels(entry)]
    messages = [entry["message"] for entry in entries if isinstance(entry.get("message"), dict)]
    return [text(message, "id", NAME) for message in messages if "DRAFT" not in labels(message)]


def header(message: Json, name: str) -> str:
    payload = message.get("payload")
    found = objects(payload, "headers") if isinstance(payload, dict) else []
    return next((str(entry.get("value") or "").strip() for entry in found if str(entry.get("name")).lower() == name.lower()), "")


def moment(message: Json) -> datetime:
    """When Gmail got it: milliseconds as a string."""
    try:
        return datetime.fromtimestamp(int(text(message, "internalDate", NAME)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise wire.garbled(NAME) from None


def raw(message: Json) -> bytes:
    given = text(message, "raw", NAME)
    try:
        return urlsafe_b64decode(given + "=" * (-len(given) % 4))
    except (ValueError, NotBase64):
        raise wire.garbled(NAME) from None


def copy_of(found: Json) -> SentCopy | None:
    return SentCopy(text(found, "id", NAME), text(found, "threadId", NAME), header(found, "Message-ID"), moment(found)) if found else None


def meaning(answer: Answer) -> ProviderError:
    """What a refusal means: by the reason Google gives."""
    reasons = reasons_of(answer.said)
    code = wire.code_of(answer, str(answer.status))
    told: dict[str, Any] = {"code": code, "provider": NAME, "word": code}
    if answer.status == 401:
        return TokenRefused(ENDED, **told)
    if reasons & BUSY:
        return RetryLater(wire.BUSY, at=wire.retry_at(answer), **told)
    if reasons & OURS:
        return OperatorNeeded(WRONG_APP, **told)
    if "domainPolicy" in reasons:
        return AdminNeeded(ADMIN_FIRST, **told)
    if reasons & TOO_LITTLE:
        return ReconnectNeeded(TOO_SMALL, **told)
    if answer.status in (404, 410):
        return GoneThere(GONE, **told)
    return GiveUp(NO_MAILBOX if "failedPrecondition" in reasons else REFUSED, **told)


def reasons_of(said: Json) -> set[str]:
    """Google names the reason in `errors`, in `details`, or in both."""
    error = said.get("error")
    error = error if isinstance(error, dict) else {}
    return {str(entry.get("reason")) for entry in [*objects(error, "errors"), *objects(error, "details")] if entry.get("reason")}
