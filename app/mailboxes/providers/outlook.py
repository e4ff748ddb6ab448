"""An Outlook mailbox over Microsoft Graph (v1.0)."""

import html
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from app.clock import now
from app.errors import CursorLost, GiveUp, GoneThere, MailboxGone, ProviderError, ReconnectNeeded, RetryLater
from app.mailboxes.providers import wire
from app.mailboxes.providers.base import INBOX, OTHER_FOLDER, SEND_ID_HEADER, SENT, Account, Changes, Mail, Note, Page, Piecewise, SendAs, SentCopy
from app.mailboxes.providers.granting import ENDED
from app.mailboxes.providers.noting import marks_of, one_line
from app.mailboxes.providers.outlook_enclosing import Enclosing
from app.mailboxes.providers.outlook_tokens import NAME, OutlookTokens, microsoft
from app.mailboxes.providers.refusals import FULL, GONE, NO_MAILBOX, NOT_FROM_THERE, PLACE_LOST, REFUSED, TOO_LARGE_THERE, TOO_SMALL
from app.mailboxes.providers.speaking import Line, TokenRefused
from app.mailboxes.providers.wire import Answer, Json, Question, number, objects, text

FOLDERS = {INBOX: "inbox", SENT: "sentitems"}
LASTING = 'IdType="ImmutableId"'
SEND_ID = "String {5f0a7d0e-6d5f-4c1e-9a43-6e2b7c9d1f58} Name NachfassSendId"
"""A named property of our own: X- headers can't be searched, and Exchange rewrites the Message-ID of what was written as MIME."""
FLAGS, ARRIVED = "Integer 0x0E07", "SystemTime 0x0E06"
ANSWERS, REFERENCES = "String 0x1042", "String 0x1039"
"""PidTagMessageFlags (without 0x8 it is no draft), PidTagMessageDeliveryTime, PidTagInReplyToId, PidTagInternetReferences [MS-OXPROPS]."""
COPY_FIELDS = "id,conversationId,internetMessageId,sentDateTime,from"
SMTP = "smtp:"
ABOUT = "id,conversationId,parentFolderId,receivedDateTime,isDraft"
MOST_TOLD = 2_000
PAGE = 100
LIST_PAGE = 500
"""Ids alone are small; Graph gives up to 1,000 at once."""
LOOKED_THROUGH = 50
MOST_PAGES = 20
MARGIN = timedelta(minutes=5)
RENEWED_AFTER = 2500
"""A delta that began with a filter ends silently at 5,000 messages, so it is begun anew long before."""
OVERLAP = timedelta(days=1)

NO_RIGHT = {"ErrorAccessDenied", "Authorization_RequestDenied", "AccessDenied"}
NOT_AS = {"ErrorSendAsDenied", "ErrorSendOnBehalfOfDenied"}
TOO_LARGE = {"ErrorMessageSizeExceeded", "RequestEntityTooLarge"}
NO_BOX = {"ErrorMailboxNotEnabledForRESTAPI", "MailboxNotEnabledForRESTAPI", "MailboxNotHostedInExchangeOnline", "ResourceNotFound"}
LOST = {"syncstatenotfound", "syncstateinvalid", "resyncrequired", "errorinvalidsyncstatedata"}
WAIT = {"ErrorExceededMessageLimit", "ErrorServerBusy", "ErrorTooManyObjectsOpened", "ErrorMailboxStoreUnavailable", "ErrorTimeoutExpired"}


class Outlook:
    """One Outlook mailbox."""

    holds_drafts = True

    def __init__(self, tokens: OutlookTokens) -> None:
        self.tokens = tokens
        self.line = Line(NAME, tokens.ring.mailbox, tokens, meaning)
        self.me = f"{microsoft().graph_url}/me"
        self.places: dict[str, str] = {}
        self.told: dict[str, Json] = {}
        self.enclosing = Enclosing(self.line)

    async def account(self) -> Account:
        """The address may have changed since the consent; the key can't."""
        known = self.tokens.account
        found = await self.line.read(self.me, {"$select": "id,displayName,mail,userPrincipalName"})
        address = str(found.get("mail") or found.get("userPrincipalName") or known.address).lower()
        return Account(known.key, address, str(found.get("displayName") or known.name))

    async def ask(self, url: str, asked: dict[str, str] | None = None) -> Json:
        """Read, with ids that last."""
        return await self.line.read(url, asked, {"Prefer": LASTING})

    def message(self, provider_id: str) -> str:
        return f"{self.me}/messages/{quote(provider_id, safe='')}"

    def folder(self, name: str) -> str:
        return f"{self.me}/mailFolders/{FOLDERS.get(name, name)}/messages"

    # Sending

    async def draft(self, mime: bytes, send_id: str, thread: str) -> str:
        """The conversation follows from the headers inside; the send id is added as a property that can be asked for."""
        made = text(await self.line.made(as_mime(f"{self.me}/messages", mime)), "id", NAME)
        named = {"singleValueExtendedProperties": [{"id": SEND_ID, "value": send_id}]}
        await self.line.write(Question("PATCH", self.message(made), reads=True, json=named, headers={"Prefer": LASTING}))
        return made

    async def find_draft(self, send_id: str, message_id: str) -> str | None:
        """In Drafts only: what is in transport has left it."""
        for wish in (by_send_id(send_id), by_message_id(message_id)):
            found = await self.matching("drafts", f"{wish} and isDraft eq true", "id,isDraft")
            if found:
                return text(found[0], "id", NAME)
        return None

    async def matching(self, folder: str, wish: str, fields: str) -> list[Json]:
        found = await self.ask(self.folder(folder), {"$filter": wish, "$select": fields})
        return objects(found, "value")

    async def send_draft(self, draft: str) -> SentCopy | None:
        """202 and nothing else: the copy in Sent Items comes later, under another id."""
        await self.line.write(Question("POST", f"{self.message(draft)}/send", reads=False, content=b"", headers={"Prefer": LASTING}))
        return None

    async def drop_draft(self, draft: str) -> None:
        await self.clear(draft)

    async def set_sender(self, draft: str, name: str, address: str) -> None:
        """Graph ignores From inside MIME, and takes it as a field of the draft."""
        author = {"from": {"emailAddress": {"name": name or address, "address": address}}}
        await self.line.write(Question("PATCH", self.message(draft), reads=True, json=author, headers={"Prefer": LASTING}))

    async def ask_receipts(self, draft: str, *, read: bool, delivery: bool) -> None:
        """Properties of a message [Graph v1.0, message resource]; Exchange asks for delivery in no other way."""
        asked = {"isReadReceiptRequested": read, "isDeliveryReceiptRequested": delivery}
        await self.line.write(Question("PATCH", self.message(draft), reads=True, json=asked, headers={"Prefer": LASTING}))

    async def aliases(self) -> Sequence[SendAs]:
        """The addresses Exchange delivers here. Whether the organisation lets one send from them, Graph does not tell; signatures neither."""
        found = await self.line.read(self.me, {"$select": "mail,userPrincipalName,displayName,proxyAddresses"})
        name, own = str(found.get("displayName") or ""), str(found.get("mail") or self.tokens.account.address).lower()
        given = found.get("proxyAddresses")
        others = [str(one)[len(SMTP) :].lower() for one in given if str(one).lower().startswith(SMTP)] if isinstance(given, list) else []
        return [SendAs(address, name, is_default=address == own) for address in dict.fromkeys([own, *others])]

    async def enclosed(self, draft: str) -> Sequence[str]:
        return await self.enclosing.enclosed(self.message(draft))

    async def enclose(self, draft: str, file: Piecewise) -> None:
        await self.enclosing.enclose(self.message(draft), file)

    async def send(self, mime: bytes, thread: str) -> SentCopy | None:
        await self.line.write(as_mime(f"{self.me}/sendMail", mime))
        return None

    async def file_copy(self, mime: bytes, send_id: str, message_id: str) -> SentCopy | None:
        """Outlook files it by itself."""
        return None

    async def find_sent(self, send_id: str, message_id: str, since: datetime) -> SentCopy | None:
        """By our property, by Message-ID, and at last by looking into the headers of the newest."""
        for wish in (by_send_id(send_id), by_message_id(message_id)):
            if found := await self.matching(SENT, wish, COPY_FIELDS):
                return copy_of(found[0])
        newest = await self.ask(self.folder(SENT), {
            "$filter": f"receivedDateTime ge {stamp(since)}", "$orderby": "receivedDateTime desc", "$top": str(LOOKED_THROUGH),
            "$select": f"{COPY_FIELDS},internetMessageHeaders",
        })  # fmt: skip
        return next((copy_of(entry) for entry in objects(newest, "value") if send_id and header(entry, SEND_ID_HEADER) == send_id), None)

    # Reading

    async def folders(self) -> Sequence[str]:
        return (INBOX, SENT)

    async def start(self, folder: str) -> str:
        """The link of a round that begins a little before now: who asks it later still gets everything since."""
        return f"0 {self.beginning(folder, now() - MARGIN)}"

    def beginning(self, folder: str, since: datetime) -> str:
        asked = {"changeType": "created", "$select": ABOUT, "$filter": f"receivedDateTime ge {stamp(since)}"}
        return f"{self.folder(folder)}/delta?{urlencode(asked, safe='$')}"

    async def changes(self, folder: str, cursor: str) -> Changes:
        """The cursor counts what this delta has shown, and holds the link to follow. A page comes in any order: here oldest first."""
        counted, _, link = cursor.partition(" ")
        if not counted.isdecimal() or not self.is_ours(link):
            raise CursorLost(PLACE_LOST, code="foreign-link", provider=NAME)
        found = await self.followed(link)
        entries = [entry for entry in objects(found, "value") if "@removed" not in entry]
        mails = sorted((entry for entry in entries if not entry.get("isDraft")), key=lambda entry: str(entry.get("receivedDateTime") or ""))
        self.told = {text(entry, "id", NAME): entry for entry in mails}
        return Changes(list(self.told), self.onward(folder, int(counted) + len(entries), found), more=isinstance(found.get("@odata.nextLink"), str))

    async def followed(self, link: str) -> Json:
        try:
            return await self.line.read(link, headers={"Prefer": f"{LASTING}, odata.maxpagesize={PAGE}"})
        except (GoneThere, GiveUp) as error:
            raise CursorLost(PLACE_LOST, code=error.code, provider=NAME) from None

    def onward(self, folder: str, counted: int, found: Json) -> str:
        following = found.get("@odata.nextLink")
        if isinstance(following, str):
            return f"{counted} {following}"
        if counted >= RENEWED_AFTER:
            return f"0 {self.beginning(folder, now() - OVERLAP)}"
        return f"{counted} {text(found, '@odata.deltaLink', NAME)}"

    def is_ours(self, link: str) -> bool:
        """Our token goes to Graph and nowhere else, whatever a link says."""
        return urlsplit(link)[:2] == urlsplit(self.me)[:2]

    async def listed(self, folder: str, since: datetime, page: str) -> Page:
        if page and not self.is_ours(page):
            raise wire.garbled(NAME)
        asked = {} if page else {
            "$filter": f"receivedDateTime ge {stamp(since)}", "$orderby": "receivedDateTime desc", "$select": "id,conversationId",
            "$top": str(LIST_PAGE),
        }  # fmt: skip
        found = await self.ask(page or self.folder(folder), asked)
        entries = objects(found, "value")
        ids, threads = [text(entry, "id", NAME) for entry in entries], [str(entry.get("conversationId") or "") for entry in entries]
        return Page(ids, str(found.get("@odata.nextLink") or ""), threads=threads)

    async def count_sent(self, since: datetime | None = None, until: datetime | None = None) -> int:
        """The folder's `totalItemCount`; of a time, `$count` of the same filter that lists."""
        if since is None and until is None:
            return number(await self.ask(f"{self.me}/mailFolders/{FOLDERS[SENT]}", {"$select": "id,totalItemCount"}), "totalItemCount", NAME)
        wishes = [f"receivedDateTime ge {stamp(since)}"] if since else []
        wishes += [f"receivedDateTime lt {stamp(until)}"] if until else []
        asked = {"$count": "true", "$filter": " and ".join(wishes), "$select": "id", "$top": "1"}
        return number(await self.ask(self.folder(SENT), asked), "@odata.count", NAME)

    async def thread_ids(self, thread: str) -> Sequence[str]:
        """Oldest first; sorted here, since Graph refuses to filter by one field and sort by another."""
        wish = {"$filter": f"conversationId eq {quoted(thread)}", "$select": ABOUT, "$top": str(PAGE)}
        found = await self.ask(f"{self.me}/messages", wish)
        entries, pages = objects(found, "value"), 1
        while (link := found.get("@odata.nextLink")) and isinstance(link, str) and self.is_ours(link) and pages < MOST_PAGES:
            found, pages = await self.ask(link), pages + 1
            entries += objects(found, "value")
        ordered = sorted(entries, key=lambda entry: str(entry.get("receivedDateTime") or ""))
        there = {text(entry, "id", NAME): entry for entry in ordered if not entry.get("isDraft")}
        if len(self.told) > MOST_TOLD:
            self.told.clear()
        self.told |= there
        return list(there)

    async def fetch(self, provider_id: str) -> Mail | None:
        """Graph gives the MIME apart from what it knows of it; that may have come with the changes or the thread already."""
        try:
            about = self.told.pop(provider_id, None) or await self.ask(self.message(provider_id), {"$select": ABOUT})
            if about.get("isDraft"):
                return None
            mime = await self.line.read_raw(f"{self.message(provider_id)}/$value", headers={"Prefer": LASTING})
        except GoneThere:
            return None
        folder = await self.place(str(about.get("parentFolderId") or ""))
        return Mail(provider_id, text(about, "conversationId", NAME), folder, moment(about, "receivedDateTime"), mime)

    async def place(self, folder_id: str) -> str:
        """Folders are told by opaque ids: ours are looked up once."""
        if not self.places:  # filled at once: several mails are fetched at the same time
            asked = [(name, await self.ask(f"{self.me}/mailFolders/{known}", {"$select": "id"})) for name, known in FOLDERS.items()]
            self.places = {text(found, "id", NAME): name for name, found in asked}
        return self.places.get(folder_id, OTHER_FOLDER)

    # Back on top

    async def surface(self, note: Note) -> str:
        """A mail that never was a draft, received now; a moved one would keep its old place. It links to the thread it can't join."""
        known = await self.ask(f"{self.me}/messages", {"$filter": by_message_id(note.message_id), "$select": "id"})
        if there := objects(known, "value"):
            return text(there[0], "id", NAME)
        said = self.worded(note, await self.link_to(note.last_provider_id))
        made = await self.line.made(Question("POST", self.folder(INBOX), reads=False, json=said, headers={"Prefer": LASTING}))
        return text(made, "id", NAME)

    def worded(self, note: Note, link: str) -> Json:
        owner = self.tokens.account
        self_ = {"emailAddress": {"name": one_line(owner.name) or owner.address, "address": owner.address}}
        properties = {FLAGS: "0", ARRIVED: stamp(now())}
        if note.refers_to.split():
            properties |= {ANSWERS: note.refers_to.split()[-1], REFERENCES: " ".join(note.refers_to.split())}
        return {
            "subject": one_line(note.subject), "body": {"contentType": "html", "content": note.html or body(note.text, link)},
            "from": self_, "sender": self_, "toRecipients": [self_], "internetMessageId": note.message_id, "isRead": False,
            "internetMessageHeaders": [{"name": name, "value": value} for name, value in list(marks_of(note).items())[:5]],
            "singleValueExtendedProperties": [{"id": name, "value": value} for name, value in properties.items()],
        }  # fmt: skip

    async def link_to(self, provider_id: str) -> str:
        """Where Outlook on the web shows the original; a note without it is a note all the same."""
        if not provider_id:
            return ""
        try:
            found = await self.ask(self.message(provider_id), {"$select": "webLink"})
        except (GoneThere, GiveUp):
            return ""
        link = str(found.get("webLink") or "")
        return link if link.startswith("https://") else ""

    async def clear(self, note_id: str) -> None:
        """Into Deleted Items."""
        try:
            await self.line.write(Question("DELETE", self.message(note_id), reads=True, headers={"Prefer": LASTING}))
        except GoneThere:
            return

    async def revoke(self) -> None:
        """Microsoft has nothing to call: the person takes the permission back in their account."""


def as_mime(url: str, mime: bytes) -> Question:
    """Standard base64 as text/plain, never quoted as JSON."""
    return Question("POST", url, reads=False, content=b64encode(mime), headers={"Content-Type": "text/plain", "Prefer": LASTING})


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def by_send_id(send_id: str) -> str:
    return f"singleValueExtendedProperties/Any(ep: ep/id eq {quoted(SEND_ID)} and ep/value eq {quoted(send_id)})"


def by_message_id(message_id: str) -> str:
    return f"internetMessageId eq {quoted(message_id)}"


def body(words: str, link: str) -> str:
    """Plain words as HTML, and the way to the thread."""
    paragraphs = "".join(f"<p>{html.escape(line)}</p>" for line in words.splitlines() if line.strip())
    return paragraphs + (f'<p><a href="{html.escape(link)}">{html.escape(link)}</a></p>' if link else "")


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(found: Json, name: str) -> datetime:
    try:
        at = datetime.fromisoformat(text(found, name, NAME))
    except ValueError:
        raise wire.garbled(NAME) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def header(entry: Json, name: str) -> str:
    found = (h for h in objects(entry, "internetMessageHeaders") if str(h.get("name")).lower() == name.lower())
    return next((str(h.get("value") or "").strip() for h in found), "")


def copy_of(found: Json) -> SentCopy:
    identifier, thread = text(found, "id", NAME), text(found, "conversationId", NAME)
    author = found.get("from")
    sender = author.get("emailAddress", {}).get("address") if isinstance(author, dict) else ""
    return SentCopy(identifier, thread, str(found.get("internetMessageId") or ""), moment(found, "sentDateTime"), str(sender or "").lower())


CLAIMS = re.compile(r'\bclaims="([^"]+)"')


def challenge(answer: Answer) -> str:
    """What a token must prove before it is taken again (continuous access evaluation): base64 in WWW-Authenticate, JSON here."""
    found = CLAIMS.search(answer.headers.get("www-authenticate", ""))
    try:
        told = b64decode(found[1] + "=" * (-len(found[1]) % 4)).decode() if found else ""
        json.loads(told or "{}")
    except ValueError:
        return ""
    return told


def meaning(answer: Answer) -> ProviderError:
    """What a refusal means: by the code Graph gives."""
    code = wire.code_of(answer, str(answer.status))
    told: dict[str, Any] = {"code": code, "provider": NAME, "word": code}
    if answer.status == 401:
        return TokenRefused(ENDED, claims=challenge(answer), **told)
    if code in NO_BOX:
        return MailboxGone(NO_MAILBOX, **told)
    if code in NOT_AS or code in TOO_LARGE:
        return GiveUp(NOT_FROM_THERE if code in NOT_AS else TOO_LARGE_THERE, **told)
    if code in NO_RIGHT:
        return ReconnectNeeded(TOO_SMALL, **told)
    if answer.status == 410 or code.lower() in LOST:
        return CursorLost(PLACE_LOST, **told)
    if code in WAIT or answer.status in (409, 412, 423):
        return RetryLater(wire.BUSY, at=wire.retry_at(answer), **told)
    if answer.status == 404:
        return GoneThere(GONE, **told)
    return GiveUp(FULL if code == "ErrorQuotaExceeded" else REFUSED, **told)
