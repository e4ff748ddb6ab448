"""IMAP connections kept open between two calls: logging in for every question would be slow, and looks like an attack."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.errors import ProviderError, RetryLater
from app.mailboxes.providers import wire
from app.mailboxes.providers.imap_line import ImapLine

RESTS = 90.0
"""Seconds a connection stays open unused: longer than the time between two rounds of reading."""
TRUSTED = 5.0
"""Seconds after which a rested connection is asked whether it still lives."""


@dataclass
class Resting:
    """A connection nobody uses, and when it is closed."""

    line: ImapLine
    since: float
    end: asyncio.TimerHandle


Key = tuple[str, bytes]
"""The mailbox, and what it was logged in with: another password is another connection."""
_resting: dict[asyncio.AbstractEventLoop, dict[Key, list[Resting]]] = {}


@asynccontextmanager
async def borrowed(key: Key, opened: Callable[[], Awaitable[ImapLine]]) -> AsyncIterator[ImapLine]:
    """A connection for one caller at a time. After a failure that is no clear answer it is not used again."""
    async with wire.lane(key[0]):
        line = await rested(key) or await opened()
        try:
            yield line
        except ProviderError as error:
            if isinstance(error, RetryLater):
                line.close()
            rest(key, line)
            raise
        except BaseException:
            line.close()
            raise
        rest(key, line)


async def rested(key: Key) -> ImapLine | None:
    """One that is open and answers."""
    here = shelf().get(key, [])
    while here:
        found = here.pop()
        found.end.cancel()
        if found.line.is_open and await answers(found):
            return found.line
        found.line.close()
    return None


async def answers(found: Resting) -> bool:
    if time.monotonic() - found.since < TRUSTED:
        return True
    try:
        await found.line.noop()
    except ProviderError:
        return False
    return True


def rest(key: Key, line: ImapLine) -> None:
    if not line.is_open:
        return
    here = shelf().setdefault(key, [])
    here.append(Resting(line, time.monotonic(), asyncio.get_running_loop().call_later(RESTS, end, key, line)))


def end(key: Key, line: ImapLine) -> None:
    line.close()
    if key in shelf():
        shelf()[key] = [resting for resting in shelf()[key] if resting.line is not line]


def shelf() -> dict[Key, list[Resting]]:
    return _resting.setdefault(asyncio.get_running_loop(), {})


def forget(mailbox: str) -> None:
    """Close what is open for a mailbox."""
    for key in [key for key in shelf() if key[0] == mailbox]:
        close(shelf().pop(key))


def hang_up() -> None:
    """Close everything, when the process ends."""
    for here in _resting.pop(asyncio.get_running_loop(), {}).values():
        close(here)


def close(here: list[Resting]) -> None:
    for resting in here:
        resting.end.cancel()
        resting.line.close()
