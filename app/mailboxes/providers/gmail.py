"""A Gmail mailbox over the REST API (gmail.v1)."""

from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from email.utils import parseaddr
from typing import Any
from zoneinfo import ZoneInfo

from app.clock import now
from app.errors import AdminNeeded, CursorLost, GiveUp, GoneThere, MailboxGone, OperatorNeeded, ProviderError, ReconnectNeeded
from app.mailboxes.providers import wire
from app.mailboxes.providers.base import INBOX, OTHER_FOLDER, SEND_ID_HEADER, SENT, Account, Changes, Mail, Note, Page, SendAs, SentCopy
from app.mailboxes.providers.gmail_tokens import NAME, GmailTokens, google
from app.mailboxes.providers.gmail_uploading import Query, Upload
from app.mailboxes.providers.granting import ADMIN_FIRST, ENDED, WRONG_APP
from app.mailboxes.providers.noting import written
from app.mailboxes.providers.refusals import GONE, NO_MAILBOX, PLACE_LOST, REFUSED, TOO_SMALL
from app.mailboxes.providers.speaking import Line, TokenRefused, UsedUpVerb
from app.mailboxes.providers.wire import Answer, Json, Question, number, objects, text

LOOKED_THROUGH = 100
"""Drafts or sent mails examined for a send id: Gmail can't search X- headers, and its search lags behind writes."""
EVERYTHING = "mail"
HIDDEN = {"DRAFT", "CHAT", "SPAM"}
BUSY = {"userRateLimitExceeded", "rateLimitExceeded", "quotaExceeded", "concurrentLimitExceeded", "RATE_LIMIT_EXCEEDED"}
OURS = {"accessNotConfigured", "SERVICE_DISABLED"}
USED_UP, ITS_DAY = "dailyLimitExceeded", ZoneInfo("America/Los_Angeles")
"""Quotas of a day are renewed at midnight Pacific Time (Google Cloud, “Work with quotas”), where the answer does not say when."""
TOO_LITTLE = {"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}


class Gmail:
    """One Gmail mailbox."""

    holds_drafts = True

    def __init__(self, tokens: GmailTokens, used_up: UsedUpVerb | None = None) -> None:
        self.tokens = tokens
        self.line = Line(NAME, tokens.ring.mailbox, tokens, meaning, used_up)
        self.me = f"{google().api_url}/gmail/v1/users/me"
        self.put = Upload(self.line, google().api_url).put

    async def account(self) -> Account:
        """The address may have changed since the consent; the key can't. A mailbox that may only send can't be asked."""
        known = self.tokens.account
        try:
            found = await self.line.read(f"{self.me}/profile")
        except ReconnectNeeded as error:
            if error.sentence != TOO_SMALL:
                raise
            return known
        return Account(known.key, str(found.get("emailAddress") or known.address).lower(), known.name)

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
        return copy_of(await self.headers(provider_id, "Message-ID", "From"))

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
            found = await self.headers(text(entry, "id", NAME), SEND_ID_HEADER, "Message-ID", "From")
            if send_id == header(found, SEND_ID_HEADER) != "" or message_id == header(found, "Message-ID") != "":
                return copy_of(found)
            if found and moment(found) < since:
                return None
        return None

    async def drop_draft(self, draft: str) -> None:
        try:
            await self.line.write(Question("DELETE", f"{self.me}/drafts/{draft}", reads=True))
        except GoneThere:
            return

    async def aliases(self) -> Sequence[SendAs]:
        """The account's own address counts as verified: Gmail gives it no status. Only `accepted` ones may be sent from."""
        found = await self.line.read(f"{self.me}/settings/sendAs")
        return [send_as(entry) for entry in objects(found, "sendAs")]

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
        entries = objects(found, "messages")
        ids, threads = [text(entry, "id", NAME) for entry in entries], [str(entry.get("threadId") or "") for entry in entries]
        estimate = found.get("resultSizeEstimate")
        return Page(ids, str(found.get("nextPageToken") or ""), estimate if isinstance(estimate, int) else 0, threads)

    async def count_sent(self, since: datetime | None = None, until: datetime | None = None) -> int:
        """The label's `messagesTotal`; of a time, ids are counted, as `resultSizeEstimate` is only an estimate."""
        if since is None and until is None:
            return number(await self.line.read(f"{self.me}/labels/SENT"), "messagesTotal", NAME)
        words = [f"after:{int(since.timestamp())}"] if since else []
        words += [f"before:{int(until.timestamp())}"] if until else []
        asked: Query = {"maxResults": "500", "labelIds": "SENT", "q": " ".join(words)}
        found = await self.line.read(f"{self.me}/messages", asked)
        counted = len(objects(found, "messages"))
        while following := found.get("nextPageToken"):
            found = await self.line.read(f"{self.me}/messages", {**asked, "pageToken": str(following)})
            counted += len(objects(found, "messages"))
        return counted

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
        there = labels(found)
        folder = OTHER_FOLDER if "TRASH" in there else SENT if "SENT" in there else INBOX if "INBOX" in there else OTHER_FOLDER
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


def send_as(entry: Json) -> SendAs:
    verified = bool(entry.get("isPrimary")) or entry.get("verificationStatus") == "accepted"
    return SendAs(
        text(entry, "sendAsEmail", NAME).lower(), str(entry.get("displayName") or ""), str(entry.get("replyToAddress") or "").lower(),
        str(entry.get("signature") or ""), bool(entry.get("isDefault")), verified,
    )  # fmt: skip


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
    if not found:
        return None
    sender = parseaddr(header(found, "From"))[1].lower()
    return SentCopy(text(found, "id", NAME), text(found, "threadId", NAME), header(found, "Message-ID"), moment(found), sender)


def meaning(answer: Answer) -> ProviderError:
    """What a refusal means: by the reason Google gives."""
    reasons = reasons_of(answer.said)
    code = wire.code_of(answer, str(answer.status))
    told: dict[str, Any] = {"code": code, "provider": NAME, "word": code}
    if answer.status == 401:
        return TokenRefused(ENDED, **told)
    if reasons & BUSY:
        return wire.throttled(answer, code)
    if USED_UP in reasons:
        return wire.UsedUp(wire.USED_UP, code=USED_UP, at=wire.retry_at(answer) or its_midnight(), provider=NAME)
    if reasons & OURS:
        return OperatorNeeded(WRONG_APP, **told)
    if "domainPolicy" in reasons:
        return AdminNeeded(ADMIN_FIRST, **told)
    if reasons & TOO_LITTLE:
        return ReconnectNeeded(TOO_SMALL, **told)
    if answer.status in (404, 410):
        return GoneThere(GONE, **told)
    return MailboxGone(NO_MAILBOX, **told) if "failedPrecondition" in reasons else GiveUp(REFUSED, **told)


def its_midnight() -> datetime:
    """When Google's next day begins."""
    return datetime.combine(now().astimezone(ITS_DAY).date() + timedelta(days=1), time(), ITS_DAY)


def reasons_of(said: Json) -> set[str]:
    """Google names the reason in `errors`, in `details`, or in both."""
    error = said.get("error")
    error = error if isinstance(error, dict) else {}
    return {str(entry.get("reason")) for entry in [*objects(error, "errors"), *objects(error, "details")] if entry.get("reason")}
