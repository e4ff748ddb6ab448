"""Losing sight of a mailbox and seeing it again: each period in which it could not be read is a row, with what was found afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.clock import new_id, now
from app.database import rows, together
from app.happenings import MailboxBroke, MailboxRestored, announce
from app.mailboxes.freshness import POLLED_EVERY, PUSHED_POLLED_EVERY, SENDS_ONLY, SILENT, STALE_AFTER, slower
from app.mailboxes.tables import BlindWindow, Mailbox

COLUMNS = "w.mailbox, b.address, b.provider, w.since, w.until, w.why, w.words, w.code, w.found"

OPEN = """
INSERT INTO blind_window (id, workspace, mailbox, since, until, why, words, code, found, told_at) VALUES ($1, $2, $3, $4, NULL, $5, $6, $7, 0, $8)
ON CONFLICT (mailbox) WHERE until IS NULL DO UPDATE SET
why = CASE WHEN excluded.why = 'silent' THEN blind_window.why ELSE excluded.why END,
words = CASE WHEN excluded.why = 'silent' THEN blind_window.words ELSE excluded.words END,
code = CASE WHEN excluded.why = 'silent' THEN blind_window.code ELSE excluded.code END,
told_at = coalesce(blind_window.told_at, excluded.told_at)
"""
"""A cause that is learnt later belongs to the window that is open; silence explains nothing."""

CLOSE = """
UPDATE blind_window SET until = $2, why = coalesce($3, why), told_at = coalesce(told_at, $2) WHERE mailbox = $1 AND until IS NULL RETURNING id
"""
FOUND = "UPDATE blind_window SET found = found + 1 WHERE id = $1 RETURNING since, until, found"
AT = """
SELECT id FROM blind_window WHERE mailbox = $1 AND since - interval '1 second' <= $2 AND (until IS NULL OR until > $2) ORDER BY since LIMIT 1
"""
"""Graph keeps whole seconds, so a mail seems to have come up to one before it did."""

SLOWER = (
    f"CASE WHEN b.pushed_until > {{before}}::timestamptz "
    f"THEN interval '{(PUSHED_POLLED_EVERY - POLLED_EVERY).total_seconds()} seconds' ELSE '0' END"
)
UNREAD = f"""
b.disconnected_at IS NULL AND b.tokens IS NOT NULL AND 'read' = ANY(b.rights)
AND coalesce(b.synced_at, b.connected_at) < {{before}}::timestamptz - {SLOWER}
AND EXISTS (SELECT FROM membership m WHERE m.person = b.person AND m.workspace = b.workspace AND m.ended_at IS NULL)
"""
SILENT_ONES = f"""
SELECT b.id FROM mailbox b WHERE {UNREAD.format(before="$1")} AND b.broken_at IS NULL
AND NOT EXISTS (SELECT FROM blind_window w WHERE w.mailbox = b.id AND w.until IS NULL AND w.told_at IS NOT NULL)
"""  # noqa: S608 - our own words
TOUCHING = f"""
SELECT {COLUMNS} FROM blind_window w JOIN mailbox b ON b.id = w.mailbox
WHERE b.workspace = $1 AND b.person = $2 AND w.since < $4 AND coalesce(w.until, 'infinity') > $3
AND (w.until IS NOT NULL OR w.why <> 'disconnected' OR w.since >= $3 OR b.id = $6) AND ($6::uuid IS NULL OR b.id = $6)
UNION ALL
SELECT b.id, b.address, b.provider, coalesce(b.synced_at, b.connected_at), NULL, 'silent', '', '', 0 FROM mailbox b
WHERE b.workspace = $1 AND b.person = $2 AND ($6::uuid IS NULL OR b.id = $6) AND {UNREAD.format(before="least($4, $5)")}
AND NOT EXISTS (SELECT FROM blind_window w WHERE w.mailbox = b.id AND w.until IS NULL)
ORDER BY 4
"""  # noqa: S608
"""The second half holds while no worker runs at all: nobody is there to write the row. A mailbox that was taken away is news for one day."""


@dataclass(frozen=True)
class Window:
    """A period in which a mailbox could not be read, as other rooms are told of it; `until` is None while it lasts."""

    mailbox: UUID
    address: str
    provider: str
    since: datetime
    until: datetime | None
    why: str
    words: str
    code: str
    found: int

    def hides_after(self, at: datetime) -> bool:
        """Did it last beyond this moment?"""
        return self.until is None or self.until > at


async def lose_sight(mailbox: Mailbox, why: str, words: str = "", code: str = "", *, told: bool = True) -> None:
    """From its last good round on nothing is known. While a window is open, only its cause changes. Joins the caller's `together()`."""
    since = mailbox.synced_at or mailbox.connected_at
    await rows(OPEN, new_id(), mailbox.workspace, mailbox.id, since, why, words, code[:100], now() if told else None)


async def note_gap(mailbox: Mailbox) -> None:
    """Before a round: if the last good one is long past, whatever was the reason, what this round finds came inside a window."""
    if now() - (mailbox.synced_at or mailbox.connected_at) > STALE_AFTER + slower(mailbox):
        await lose_sight(mailbox, mailbox.problem or SILENT, mailbox.problem_words, mailbox.problem_code, told=False)


async def see_again(mailbox: Mailbox, before: Mailbox, found: int) -> None:
    """Everything up to now was read. What was broken before windows were kept is told all the same. Joins the caller's `together()`."""
    window = await closed(mailbox.id)
    if window is not None:
        await announce(MailboxRestored(mailbox.id, window.since, window.found))
    elif before.broken_at:
        await announce(MailboxRestored(mailbox.id, before.broken_at, found))


async def stop_looking(mailbox: Mailbox) -> None:
    """It may only send from now on: the window ends, and nobody will ever look into it. Joins the caller's `together()`."""
    window = await closed(mailbox.id, SENDS_ONLY)
    if window is not None:
        await announce(MailboxRestored(mailbox.id, window.since, window.found))


async def closed(mailbox: UUID, why: str | None = None) -> BlindWindow | None:
    found = await rows(CLOSE, mailbox, now(), why)
    return await BlindWindow.objects().where(BlindWindow.id == found[0]["id"]).first() if found else None


async def window_at(mailbox: Mailbox, at: datetime) -> UUID | None:
    """The window that a moment lies in, open or over."""
    found = [] if mailbox.is_history(at) else await rows(AT, mailbox.id, at)
    return found[0]["id"] if found else None


async def count_found(mailbox: Mailbox, window: UUID) -> None:
    """One more message came inside it; what is found after it is over changes what was said of it. Joins the caller's `together()`."""
    counted = (await rows(FOUND, window))[0]
    if counted["until"] is not None:
        await announce(MailboxRestored(mailbox.id, counted["since"], counted["found"]))


async def notice_silence() -> int:
    """Say of every mailbox that no worker has read for minutes since when that is; how many there were."""
    silent = [row["id"] for row in await rows(SILENT_ONES, now() - STALE_AFTER)]
    return sum([await notice(mailbox) for mailbox in silent])


async def notice(mailbox_id: UUID) -> bool:
    """Its row is locked, so that a round which ends at this moment comes before or after."""
    async with together():
        await rows("SELECT 1 FROM mailbox WHERE id = $1 FOR UPDATE", mailbox_id)
        if not await rows(f"{SILENT_ONES} AND b.id = $2", now() - STALE_AFTER, mailbox_id):
            return False
        mailbox = await Mailbox.objects().get(Mailbox.id == mailbox_id)
        assert mailbox is not None
        await lose_sight(mailbox, mailbox.problem or SILENT, mailbox.problem_words, mailbox.problem_code)
        await announce(MailboxBroke(mailbox_id))
    return True


async def windows_touching(workspace: UUID, person: UUID, start: datetime, end: datetime, mailbox: UUID | None = None) -> list[Window]:
    """What a person's statistic of [start, end) can't know: windows of all their mailboxes (or of one) that overlap it, oldest first."""
    found = await rows(TOUCHING, workspace, person, start, end, now() - STALE_AFTER, mailbox)
    return [Window(**row) for row in found]


async def latest_windows(mailbox: UUID, most: int) -> list[Window]:
    """The open one and the last ones of a mailbox, newest first."""
    found = await rows(
        f"SELECT {COLUMNS} FROM blind_window w JOIN mailbox b ON b.id = w.mailbox WHERE b.id = $1 ORDER BY w.since DESC LIMIT $2",  # noqa: S608
        mailbox, most,
    )  # fmt: skip
    return [Window(**row) for row in found]


async def latest_window(mailbox: UUID, since: datetime | None = None) -> BlindWindow | None:
    """The one that is open or was last, or the one that began at a moment."""
    wanted = (BlindWindow.mailbox == mailbox, BlindWindow.since == since) if since else (BlindWindow.mailbox == mailbox,)
    return await BlindWindow.objects().where(*wanted).order_by(BlindWindow.since, ascending=False).first()


def lasting(windows: Sequence[Window]) -> list[Window]:
    """Those that are still open: what they hide may be there already."""
    return [one for one in windows if one.until is None]
