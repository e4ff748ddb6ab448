"""One connection to an IMAP server: TLS, logging in, commands with a timeout, and what a refusal means."""

import asyncio
import ssl
import time
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from aioimaplib.aioimaplib import CRLF, SELECTED, Abort, AioImapException, Command, FetchCommand, IMAP4ClientProtocol, Response

from app.errors import GiveUp, ProviderError, ReconnectNeeded, RetryLater, Unanswered
from app.mailboxes.providers import wire
from app.mailboxes.providers.imap_words import Folder, Item, Line, code, folders, items, numbers, quoted, told
from app.mailboxes.providers.mail_login import MailLogin, plain, xoauth2
from app.mailboxes.providers.reaching import CONNECT_SECONDS, mistrusted, reached, trust
from app.mailboxes.providers.refusals import FULL, REFUSED
from app.web.locale import N_

SECONDS = 30
"""Without an octet from the server."""
LONGEST_SECONDS = 300
SLOWEST = 50_000
"""Octets a second: a large mail may take its time on the way up."""
FOLDERS_LAST = 600.0
AT_A_TIME = 4096
"""aioimaplib goes one call deeper for each line that it gets at once."""

WRONG_PASSWORD = N_(
    "%(provider)s does not accept the user name and password (any more). Nothing is lost, and it is not tried again by itself. "
    "Connect the mailbox again; some providers want an app password here."
)
NOT_LET_IN = N_(
    "%(provider)s gave its consent, but its server for reading does not let Nachfass in (%(word)s). IMAP is probably switched off for this "
    "account: switch it on in its settings, or ask your administrator. Nothing is lost. Then connect the mailbox again."
)
NO_LOGIN = N_("%(provider)s offers no way to log in there that Nachfass knows.")
TRANSIENT = {"UNAVAILABLE", "INUSE", "LIMIT", "THROTTLED", "SERVERBUG", "CONTACTADMIN"}
TRANSIENT_WORDS = (b"temporar", b"try again", b"unavailable", b"too many", b"internal error", b"server busy", b"timeout", b"timed out")


class Tongue(IMAP4ClientProtocol):  # type: ignore[misc]
    """aioimaplib's protocol, told when the line breaks, and able to go through with a SASL exchange."""

    def __init__(self) -> None:
        super().__init__(asyncio.get_running_loop())
        self.greeted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.answers: list[bytes] = []

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), AT_A_TIME):
            super().data_received(data[start : start + AT_A_TIME])

    async def welcome(self, command: bytes) -> None:
        try:
            await super().welcome(command)
        except Exception as error:
            self.greet(error)
        else:
            self.greet()

    def greet(self, error: Exception | None = None) -> None:
        if self.greeted.done():
            return
        if error:
            self.greeted.set_exception(error)
        else:
            self.greeted.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits for an answer hears at once that there will be none."""
        self.greet(Abort("lost"))
        for command in (self.pending_sync_command, *self.pending_async_commands.values()):
            if command is not None:
                command._exception = Abort("lost")
                command.close(b"", "KO")

    def _continuation(self, line: bytes) -> None:
        """In SASL the server asks: for the answer that could not go at once, or for nothing, after telling what is wrong (XOAUTH2)."""
        command = self.pending_sync_command
        if command is not None and command.name == "AUTHENTICATE":
            self.transport.write((self.answers.pop(0) if self.answers else b"") + CRLF)
        else:
            super()._continuation(line)


class ImapLine:
    """A connection that is logged in. After any error but a NO it is of no more use."""

    def __init__(self, login: MailLogin, tongue: Tongue) -> None:
        self.login, self.tongue = login, tongue
        self.selected, self.validity = "", 0
        self.known: list[Folder] = []
        self.known_at = 0.0

    # Coming and going

    @classmethod
    async def opened(cls, login: MailLogin) -> "ImapLine":
        """Connect, let nobody listen, and log in."""
        line = cls(login, await greeted(login))
        try:
            await line.log_in()
            await line.run(lambda: line.tongue.capability())
        except BaseException:
            line.close()
            raise
        return line

    async def log_in(self) -> None:
        """By SASL where the server can, since LOGIN knows no letters beyond ASCII."""
        method, secret = ("XOAUTH2", xoauth2(self.login)) if self.login.token else ("PLAIN", plain(self.login))
        if self.can(f"AUTH={method}"):
            await self.authenticate(method, b64encode(secret))
        elif self.login.token or self.can("LOGINDISABLED"):
            raise GiveUp(NO_LOGIN, code="no-login", provider=self.login.company)
        else:
            await self.run(lambda: self.tongue.login(quoted(self.login.user), self.login.password), self.unwelcome)
        self.tongue.state = "AUTH"

    async def authenticate(self, method: str, secret: bytes) -> None:
        at_once = self.can("SASL-IR")
        self.tongue.answers = [] if at_once else [secret]
        words = (method, secret.decode()) if at_once else (method,)
        command = Command("AUTHENTICATE", self.tongue.new_tag(), *words, timeout=SECONDS)
        await self.run(lambda: self.tongue.execute(command, scrub=secret.decode()), self.unwelcome)

    def unwelcome(self, response: Response) -> ProviderError:
        """Why a login is refused. Only what is said to pass by is tried again."""
        said = bytes(response.lines[-1]) if response.lines else b""
        word, _ = code(said)
        if word in TRANSIENT or (word != "AUTHENTICATIONFAILED" and any(one in said.lower() for one in TRANSIENT_WORDS)):
            return RetryLater(wire.FAILING, code=word or "login", provider=self.login.company)
        word, sentence = word or "AUTHENTICATIONFAILED", NOT_LET_IN if self.login.oauth else WRONG_PASSWORD
        return ReconnectNeeded(sentence, code=word, provider=self.login.company, word=word)

    def close(self) -> None:
        for task in self.tongue.tasks:
            task.cancel()
        if self.tongue.transport is not None:
            self.tongue.transport.abort()

    @property
    def is_open(self) -> bool:
        return self.tongue.transport is not None and not self.tongue.transport.is_closing()

    def can(self, capability: str) -> bool:
        return capability in {one.upper() for one in self.tongue.capabilities}

    # Commands

    async def run(self, speak: Any, meaning: Any = None, writes: bool = False, seconds: float = LONGEST_SECONDS) -> Any:
        """Say a command; raises what a refusal or silence means. `writes`: without an answer it may have been done."""
        try:
            if not self.is_open:
                raise Abort("lost")
            async with asyncio.timeout(seconds):
                response = await speak()
        except (AioImapException, OSError, TimeoutError, ValueError, IndexError) as error:
            self.close()
            kind = Unanswered if writes else RetryLater
            raise kind(wire.NO_ANSWER, code=type(error).__name__, provider=self.login.company) from None
        if response is not None and response.result != "OK":
            raise (meaning or self.meaning)(response)
        return response

    def meaning(self, response: Response) -> ProviderError:
        """What a NO or BAD means (RFC 5530)."""
        said = bytes(response.lines[-1]) if response.lines else b""
        word, _ = code(said)
        told: dict[str, Any] = {"code": word or response.result[:20], "provider": self.login.company}
        if word == "OVERQUOTA":
            return GiveUp(FULL, **told)
        if word in TRANSIENT or any(one in said.lower() for one in TRANSIENT_WORDS):
            return RetryLater(wire.FAILING, **told)
        return GiveUp(REFUSED, word=told["code"], **told)

    async def ask(self, name: str, *words: str, prefix: str = "", writes: bool = False) -> Sequence[Line]:
        command = Command(name, self.tongue.new_tag(), *words, prefix=prefix, timeout=SECONDS)
        lines: Sequence[Line] = (await self.run(lambda: self.tongue.execute(command), writes=writes)).lines
        return lines

    async def noop(self) -> None:
        await self.ask("NOOP")

    async def folders(self) -> list[Folder]:
        """Every folder with its special use (RFC 6154), asked now and then."""
        if not self.known or time.monotonic() - self.known_at > FOLDERS_LAST:
            more = ("RETURN (SPECIAL-USE)",) if self.can("SPECIAL-USE") and self.can("LIST-EXTENDED") else ()
            self.known, self.known_at = folders(await self.ask("LIST", '""', '"*"', *more)), time.monotonic()
        return self.known

    async def create(self, folder: str) -> None:
        await self.ask("CREATE", quoted(folder), writes=True)
        self.known = []

    async def select(self, folder: str) -> Sequence[Line]:
        """Open a folder, and answer what is said of it. With CONDSTORE (RFC 7162) its HIGHESTMODSEQ too."""
        words = f"{quoted(folder)} (CONDSTORE)" if self.can("CONDSTORE") else quoted(folder)
        self.selected, self.validity = "", 0
        lines = await self.ask("SELECT", words)
        self.tongue.state, self.selected, self.validity = SELECTED, folder, told(lines, "UIDVALIDITY")
        return lines

    async def search(self, *criteria: str) -> list[int]:
        """UIDs in the open folder, ascending."""
        return numbers((await self.ask("SEARCH", *criteria, prefix="UID"))[:-1])

    async def fetch(self, uids: str, wanted: str) -> list[Item]:
        command = FetchCommand(self.tongue.new_tag(), uids, wanted, prefix="UID", timeout=SECONDS)
        return list(items((await self.run(lambda: self.tongue.execute(command))).lines[:-1]))

    async def append(self, folder: str, mime: bytes, flags: str, at: datetime) -> str:
        """Put a mail into a folder; the UID it got there with its UIDVALIDITY, where UIDPLUS (RFC 4315) tells them."""
        seconds = SECONDS + len(mime) / SLOWEST
        told = await self.run(
            lambda: self.tongue.append(mime, quoted(folder), flags or None, at, timeout=seconds), writes=True, seconds=LONGEST_SECONDS + seconds
        )
        return code(told.lines[-1], "APPENDUID")[1]

    async def store(self, uid: int, flags: str) -> None:
        command = Command("STORE", self.tongue.new_tag(), str(uid), flags, prefix="UID", untagged_resp_name="FETCH", timeout=SECONDS)
        await self.run(lambda: self.tongue.execute(command), writes=True)

    async def expunge(self, uid: int) -> None:
        """This mail only: a plain EXPUNGE would take others with it."""
        await self.ask("EXPUNGE", str(uid), prefix="UID", writes=True)

    async def move(self, uid: int, folder: str) -> None:
        await self.ask("MOVE", str(uid), quoted(folder), prefix="UID", writes=True)

    async def news(self, seconds: float) -> bool:
        """IDLE (RFC 2177) in the open folder until a mail comes: true, or false when the time is over."""
        idle = asyncio.ensure_future(self.tongue.idle())
        heard = False
        try:
            while not heard and (pushed := await self.pushed(idle, seconds)):
                heard = any(b"EXISTS" in line for line in pushed)
            self.tongue.idle_done()
            async with asyncio.timeout(SECONDS):
                await idle
        except (AioImapException, OSError, TimeoutError) as error:
            self.close()
            raise RetryLater(wire.NO_ANSWER, code=type(error).__name__, provider=self.login.company) from None
        finally:
            idle.cancel()
            await asyncio.wait({idle})
            idle.cancelled() or idle.exception()
        return heard

    async def pushed(self, idle: "asyncio.Future[Any]", seconds: float) -> list[bytes]:
        """What the server says unasked; nothing when the time is over."""
        push = asyncio.ensure_future(self.tongue.idle_queue.get())
        try:
            done, _ = await asyncio.wait({idle, push}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            push.cancel()
        if idle in done and push not in done:
            raise Abort("ended")
        return list(push.result()) if push in done else []


async def greeted(login: MailLogin) -> Tongue:
    """A line over TLS on which the server has said who it is."""
    sock = await reached(login.imap, login.company)
    loop, tongue = asyncio.get_running_loop(), Tongue()
    try:
        async with asyncio.timeout(2 * CONNECT_SECONDS):
            await loop.create_connection(
                lambda: tongue, sock=sock, ssl=trust(), server_hostname=login.imap.host, ssl_handshake_timeout=CONNECT_SECONDS
            )
            await asyncio.shield(tongue.greeted)
    except ssl.SSLError as error:
        raise mistrusted(error, login.company) from None
    except (OSError, TimeoutError, AioImapException) as error:
        (tongue.transport.abort if tongue.transport is not None else sock.close)()
        raise RetryLater(wire.NO_ANSWER, code=type(error).__name__, provider=login.company) from None
    finally:
        tongue.greeted.cancel()
    return tongue
