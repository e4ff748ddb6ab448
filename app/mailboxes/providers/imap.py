"""A mailbox by IMAP and SMTP: any server by password, and Gmail or Outlook by access token."""

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from aiosmtplib import SMTP

from app.clock import now
from app.errors import GiveUp, GoneThere, ReconnectNeeded, RetryLater
from app.mailboxes.providers import imap_pool, smtp, wire
from app.mailboxes.providers.base import INBOX, OTHER_FOLDER, SEND_ID_HEADER, SENT, Account, Changes, Mail, Note, Page, RecipientSaid, SentCopy
from app.mailboxes.providers.gmail_tokens import GmailTokens
from app.mailboxes.providers.imap_cursor import AT_ONCE, at_the_end, mark_of, since
from app.mailboxes.providers.imap_folders import places, sent_place, trash_folder
from app.mailboxes.providers.imap_line import WRONG_PASSWORD, ImapLine
from app.mailboxes.providers.imap_threads import headers_of, identified, mail_ids, same_thread, thread_of
from app.mailboxes.providers.imap_words import Item, day, quoted, written_at
from app.mailboxes.providers.keyring import Keyring
from app.mailboxes.providers.mail_grants import tokens_of
from app.mailboxes.providers.mail_login import MOST_REFUSALS, MailLogin, unpacked
from app.mailboxes.providers.noting import written
from app.mailboxes.providers.smtp import ONLY_TROUBLE, WHATEVER_HAPPENS

LOOKED_THROUGH = 50
"""Of the newest in Sent, whose headers are read where the server's search finds nothing: not every server searches X- headers."""
SPREAD = timedelta(days=1)
"""SEARCH knows days only, in the server's zone."""
RENEWED = 9 * 60.0
"""Seconds after which IDLE is said anew: RFC 2177 allows 29 minutes, but routers forget a silent line much sooner."""
HEAD = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES DATE X-NACHFASS-SEND-ID)]"
FILES_SENT = ("gmail.com", "office365.com", "outlook.com")
"""SMTP servers that put the copy into Sent by themselves."""

Entered = TypeVar("Entered")


class Imap:
    """One mailbox."""

    holds_drafts = False

    def __init__(self, ring: Keyring) -> None:
        self.ring = ring
        self.login: MailLogin = unpacked(ring.tokens)
        self.company = self.login.company
        self.tokens = tokens_of(ring, self.login)
        self.answers: list[RecipientSaid] = []
        secret = f"{self.login.user} {self.login.oauth or self.login.password + ' ' + self.login.token} {self.login.imap}"
        self.key = ring.mailbox, hashlib.sha256(secret.encode()).digest()

    # The line

    @asynccontextmanager
    async def line(self) -> AsyncIterator[ImapLine]:
        async with imap_pool.borrowed(self.key, self.opened) as line:
            yield line

    async def opened(self) -> ImapLine:
        """A new connection. A password that was refused three times in a row is not tried again."""
        if self.tokens:
            return await self.admitted(ImapLine.opened)
        if self.login.refusals >= MOST_REFUSALS:
            raise ReconnectNeeded(WRONG_PASSWORD, code="AUTHENTICATIONFAILED", provider=self.company)
        try:
            line = await ImapLine.opened(self.login)
        except ReconnectNeeded:
            await self.remember(refused=True)
            raise
        if self.login.refusals:
            await self.remember(refused=False)
        return line

    @asynccontextmanager
    async def submission(self) -> AsyncIterator[SMTP]:
        """The server for sending, logged in."""
        session = await (self.admitted(smtp.entered) if self.tokens else smtp.entered(self.login))
        try:
            yield session
        finally:
            await smtp.leave(session)

    async def admitted(self, enter: Callable[[MailLogin], Awaitable[Entered]]) -> Entered:
        """With an access token; with a fresh one if that is refused. What its token module then says is the reason, else the server's no is."""
        assert self.tokens is not None  # asked by the callers
        token = await self.tokens.access()
        try:
            return await enter(replace(self.login, token=token))
        except ReconnectNeeded:
            token = await self.tokens.access(refused=token)
        return await enter(replace(self.login, token=token))

    async def remember(self, *, refused: bool) -> None:
        async with self.ring.held() as held:
            kept = unpacked(held.tokens)
            if (kept.user, kept.password, kept.token) == (self.login.user, self.login.password, self.login.token):
                await held.save((kept.refused() if refused else kept.taken()).packed())

    async def account(self) -> Account:
        return self.tokens.account if self.tokens else Account(self.login.address, self.login.address, self.login.name)

    # Sending

    async def draft(self, mime: bytes, send_id: str, thread: str) -> str:
        """SMTP sends no drafts: see `send`."""
        raise GiveUp(wire.GARBLED, code="no-drafts", provider=self.company)

    async def find_draft(self, send_id: str, message_id: str) -> str | None:
        return None

    async def send_draft(self, draft: str) -> SentCopy | None:
        raise GiveUp(wire.GARBLED, code="no-drafts", provider=self.company)

    async def send(self, mime: bytes, thread: str) -> SentCopy | None:
        """By SMTP. The copy is filed afterwards, so that nothing stands between the server's yes and our noting it."""
        await self.carry(mime, ONLY_TROUBLE)
        return None

    async def send_confirmed(self, mime: bytes, thread: str) -> SentCopy | None:
        await self.carry(mime, WHATEVER_HAPPENS)
        return None

    async def carry(self, mime: bytes, notify: str) -> None:
        self.answers = []
        async with self.submission() as session:
            await smtp.carried(session, self.login, mime, notify, self.answers)

    async def file_copy(self, mime: bytes, send_id: str, message_id: str) -> SentCopy | None:
        """Put the copy into Sent, read; None where the server does it by itself. Never None after that: it would be put there again."""
        if self.login.smtp.host.endswith(FILES_SENT):
            return None
        async with self.line() as line:
            told = await line.append(await sent_place(line), mime, "\\Seen", now())
        place = ":".join([SENT, *(told.split() or ["0", send_id])])
        return await self.find_sent(send_id, message_id, now() - SPREAD) or SentCopy(place, "", message_id, now())

    async def find_sent(self, send_id: str, message_id: str, since: datetime) -> SentCopy | None:
        """By send id or Message-ID; where the search finds nothing, by reading the newest."""
        async with self.line() as line:
            if (folder := (await places(line)).get(SENT)) is None:
                return None
            end = await at_the_end(line, folder)
            wish = f"OR HEADER {SEND_ID_HEADER} {quoted(send_id)} HEADER Message-ID {quoted(message_id)}"
            uids = await line.search("SINCE", day(since - SPREAD), wish) or (await line.search("ALL"))[-LOOKED_THROUGH:]
            heads = await line.fetch(",".join(map(str, uids)), self.wanted(line, HEAD)) if uids else []
        for found in reversed(heads):
            head = headers_of(found.content)
            if send_id in head.get(SEND_ID_HEADER.lower(), "") or message_id in head.get("message-id", ""):
                return self.copy(end.validity, found)
        return None

    def copy(self, validity: int, found: Item) -> SentCopy:
        ids = mail_ids(headers_of(found.content).get("message-id", ""))
        return SentCopy(f"{SENT}:{validity}:{found.uid}", thread_of(found), ids[0] if ids else "", sent_at(found))

    def wanted(self, line: ImapLine, more: str) -> str:
        return f"(UID FLAGS INTERNALDATE RFC822.SIZE{' X-GM-THRID' if line.can('X-GM-EXT-1') else ''} {more})"

    # Reading

    async def folders(self) -> Sequence[str]:
        """Inbox, Sent, and wherever a rule of the person may put an answer."""
        async with self.line() as line:
            return list(await places(line))

    async def named(self, line: ImapLine, folder: str) -> str:
        found = (await places(line)).get(folder)
        if found is None:
            raise GoneThere(wire.GARBLED, code="no-folder", provider=self.company)
        return found

    async def start(self, folder: str) -> str:
        """Nothing, where a folder besides inbox and Sent can't be opened: it must not keep the others from being read."""
        async with self.line() as line:
            try:
                return str(await at_the_end(line, await self.named(line, folder)))
            except (GiveUp, GoneThere):
                if folder in (INBOX, SENT):
                    raise
                return ""

    async def changes(self, folder: str, cursor: str) -> Changes:
        """What has a UID from the cursor on."""
        if not cursor:
            return Changes([], await self.start(folder))
        before = mark_of(cursor, self.company)
        async with self.line() as line:
            try:
                uids, mark = await since(line, await self.named(line, folder), before)
            except (GiveUp, GoneThere):
                if folder in (INBOX, SENT):
                    raise
                return Changes([], "")
        return Changes([f"{folder}:{mark.validity}:{uid}" for uid in uids], str(mark), more=len(uids) == AT_ONCE)

    async def listed(self, folder: str, since: datetime, page: str) -> Page:
        """Newest first by UID. `page` is the UID below which to go on."""
        async with self.line() as line:
            if (name := (await places(line)).get(folder)) is None:
                return Page([])
            end = await at_the_end(line, name)
            uids = [uid for uid in await line.search("SINCE", day(since - SPREAD)) if not page or uid < int(page)][::-1]
            here = uids[:AT_ONCE]
            recent = await arrived_since(line, here, since)
        ids = [f"{folder}:{end.validity}:{uid}" for uid in here if uid in recent]
        return Page(ids, str(here[-1]) if len(uids) > len(here) else "", len(uids))

    async def count_sent(self, since: datetime | None = None, until: datetime | None = None) -> int:
        """All but what is marked as deleted; of a time by `sent_at`, which is never later than the day that SEARCH goes by."""
        async with self.line() as line:
            if (name := (await places(line)).get(SENT)) is None:
                return 0
            await at_the_end(line, name)
            uids = await line.search("UNDELETED UNDRAFT", *(["SINCE", day(since - SPREAD)] if since else []))
            if since is None and until is None:
                return len(uids)
            heads = await line.fetch(",".join(map(str, uids)), self.wanted(line, HEAD)) if uids else []
        times = [sent_at(one) for one in heads]
        return sum((since is None or at >= since) and (until is None or at < until) for at in times)

    async def thread_ids(self, thread: str) -> Sequence[str]:
        """Oldest first, from every folder that is read."""
        found: list[tuple[datetime, str]] = []
        async with self.line() as line:
            for folder, name in (await places(line)).items():
                end = await at_the_end(line, name)
                uids = await line.search(same_thread(thread))
                for one in await line.fetch(",".join(map(str, uids)), "(UID FLAGS INTERNALDATE)") if uids else []:
                    if "\\draft" not in one.flags:
                        found.append((one.at or now(), f"{folder}:{end.validity}:{one.uid}"))
        return [provider_id for _, provider_id in sorted(found)]

    async def fetch(self, provider_id: str) -> Mail | None:
        """None also if the folder was numbered anew: then it is found again under its new number."""
        folder, validity, uid = [*provider_id.split(":"), "", ""][:3]
        async with self.line() as line:
            name = (await places(line)).get(folder)
            if name is None or not uid.isdecimal() or not await is_numbered(line, name, validity):
                return None
            about = await self.one(line, name, uid)
            if about is None or "\\draft" in about.flags:
                return None
            if about.size > wire.LARGEST_ANSWER:
                raise GiveUp(wire.TOO_LARGE, code="too-large", provider=self.company)
            whole = next(iter(await line.fetch(uid, "(UID BODY.PEEK[])")), None)
        return self.mail(provider_id, folder, about, whole.content) if whole else None

    async def one(self, line: ImapLine, name: str, uid: str) -> Item | None:
        """Looked for twice: a folder that has been open for a while may not show what came since."""
        for again in (False, True):
            if again:
                await line.select(name)
            if found := next(iter(await line.fetch(uid, self.wanted(line, HEAD))), None):
                return found
        return None

    def mail(self, provider_id: str, folder: str, about: Item, raw: bytes) -> Mail:
        at = sent_at(about) if folder == SENT else about.at or now()
        return Mail(provider_id, thread_of(about), folder if folder in (INBOX, SENT) else OTHER_FOLDER, at, identified(raw))

    # Back on top

    async def surface(self, note: Note) -> str:
        """Only what is appended now comes on top; a mail that is copied or moved keeps its date (RFC 3501, 6.4.7)."""
        async with self.line() as line:
            if known := await self.find_note(line, note.message_id):
                return known
            told = (await line.append("INBOX", written(note, await self.account()), "", now())).split()
            if len(told) == 2 and all(word.isdecimal() for word in told):
                return f"{told[0]}:{told[1]}:{note.message_id}"
            known = await self.find_note(line, note.message_id)
        if not known:
            raise RetryLater(wire.GARBLED, code="no-note", provider=self.company)
        return known

    async def find_note(self, line: ImapLine, message_id: str) -> str:
        end = await at_the_end(line, "INBOX")
        uids = await line.search("HEADER", "Message-ID", quoted(message_id))
        return f"{end.validity}:{uids[-1]}:{message_id}" if uids else ""

    async def clear(self, note_id: str) -> None:
        """Into the trash, or away: this one only, and only if it still is our note."""
        message_id = note_id.partition(":")[2].partition(":")[2]
        async with self.line() as line:
            if not (there := await self.find_note(line, message_id)):
                return
            uid, trash = int(there.split(":")[1]), trash_folder(await line.folders())
            if trash and line.can("MOVE"):
                await line.move(uid, trash.name)
                return
            await line.store(uid, "+FLAGS (\\Deleted)")
            if line.can("UIDPLUS"):
                await line.expunge(uid)

    async def news(self) -> AsyncGenerator[None, None]:
        """One for every time the inbox has something new, for as long as the line holds. On a connection of its own."""
        line = await self.opened()
        try:
            if not line.can("IDLE"):
                return
            await at_the_end(line, "INBOX")
            while True:
                if await line.news(RENEWED):
                    yield
        finally:
            line.close()

    async def revoke(self) -> None:
        """Open lines are closed. Google takes its grant back; Microsoft takes none, and an app password only its person can delete."""
        imap_pool.forget(self.ring.mailbox)
        if isinstance(self.tokens, GmailTokens):
            await self.tokens.revoke()


async def is_numbered(line: ImapLine, name: str, validity: str) -> bool:
    """Open the folder, unless it is open: are its numbers still those?"""
    if line.selected != name:
        await at_the_end(line, name)
    return str(line.validity) == validity


async def arrived_since(line: ImapLine, uids: Sequence[int], since: datetime) -> set[int]:
    """Those that came at that moment or later."""
    found = await line.fetch(",".join(map(str, uids)), "(UID INTERNALDATE)") if uids else []
    return {one.uid for one in found if one.at is None or one.at >= since}


def sent_at(found: Item) -> datetime:
    """A server that was restored dates everything anew; what a program of the person wrote into Date is older then, and right."""
    written_then = written_at(headers_of(found.content).get("date", ""))
    return min(one for one in (written_then, found.at, now()) if one)
