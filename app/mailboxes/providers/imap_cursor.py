"""How far a folder was read: UIDVALIDITY, UIDNEXT and, where the server counts changes, HIGHESTMODSEQ (RFC 3501, 2.3.1.1; RFC 7162)."""

from dataclasses import dataclass

from app.errors import CursorLost, RetryLater
from app.mailboxes.providers.imap_line import ImapLine
from app.mailboxes.providers.imap_words import told
from app.mailboxes.providers.refusals import PLACE_LOST
from app.web.locale import N_

AT_ONCE = 500
NO_NUMBERS = N_(
    "%(provider)s does not say how it numbers the mails (UIDVALIDITY), so Nachfass can't know which are new. "
    "Nothing is lost: it is asked again by itself."
)


@dataclass(frozen=True)
class Mark:
    """A place in a folder. UIDs below `following` were seen; `changes` is 0 where the server does not count them."""

    validity: int
    following: int
    changes: int

    def __str__(self) -> str:
        return f"{self.validity} {self.following} {self.changes}"


def mark_of(cursor: str, company: str) -> Mark:
    words = cursor.split()
    if len(words) != 3 or not all(word.isdecimal() for word in words):
        raise CursorLost(PLACE_LOST, code="garbled", provider=company)
    return Mark(*map(int, words))


async def at_the_end(line: ImapLine, folder: str) -> Mark:
    """Open a folder and answer where it ends. A server that tells no UIDVALIDITY (or 0) is not believed: its UIDs mean nothing."""
    lines = await line.select(folder)
    validity = told(lines, "UIDVALIDITY")
    if not validity:
        raise RetryLater(NO_NUMBERS, code="no-uidvalidity", provider=line.login.company)
    following = told(lines, "UIDNEXT") or max(await line.search("ALL"), default=0) + 1
    return Mark(validity, following, told(lines, "HIGHESTMODSEQ"))


async def since(line: ImapLine, folder: str, before: Mark) -> tuple[list[int], Mark]:
    """The UIDs that came since, and the mark behind them. CursorLost when the numbers are others, or went back."""
    end = await at_the_end(line, folder)
    if end.validity != before.validity or end.following < before.following or 0 < end.changes < before.changes:
        raise CursorLost(PLACE_LOST, code="uidvalidity" if end.validity != before.validity else "set-back", provider=line.login.company)
    if end.following == before.following:
        return [], end
    return await newer(line, before, end)


async def newer(line: ImapLine, before: Mark, end: Mark) -> tuple[list[int], Mark]:
    """`n:*` means the last mail even if it is older than n (RFC 3501, 6.4.8)."""
    uids = [uid for uid in await line.search("UID", f"{before.following}:*") if uid >= before.following]
    if len(uids) > AT_ONCE:
        taken = uids[:AT_ONCE]
        return taken, Mark(end.validity, taken[-1] + 1, end.changes)
    return uids, Mark(end.validity, max([end.following, *(uid + 1 for uid in uids)]), end.changes)
