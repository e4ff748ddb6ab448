"""The ledger of a Sent folder, told by day: how many mails were tracked, logged, or neither and why, beside the provider's own count."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from app.clock import now
from app.database import rows
from app.mailboxes.losing_sight import Window, windows_touching
from app.mailboxes.tables import Mailbox
from app.threads.accounting import LOGGED, NOT_LOGGED, TRACKED
from app.threads.reconciling import Day, last_days
from app.threads.tables import ComparedDay

LEDGER = """
SELECT s.id, s.at, s.gone_at, s.doubled, m.id AS message, m.thread, coalesce(m.logged, false) AS logged,
CASE WHEN s.doubled OR m.id IS NULL THEN 'not_logged' WHEN m.opens_tracked OR m.clicks_tracked THEN 'tracked'
     WHEN m.logged THEN 'logged' ELSE 'not_logged' END AS state,
CASE WHEN s.doubled THEN 'duplicate' WHEN m.id IS NULL AND s.why = '' THEN 'removed' WHEN m.id IS NULL THEN s.why
     WHEN m.opens_tracked OR m.clicks_tracked THEN '' WHEN m.left_out = '' AND m.imported THEN 'elsewhere' ELSE m.left_out END AS why,
CASE WHEN m.logged AND NOT s.doubled THEN m.subject ELSE '' END AS subject
FROM (SELECT *, message IS NOT NULL AND row_number() OVER (PARTITION BY message, gone_at IS NULL ORDER BY noted_at, id) > 1 AS doubled
      FROM sent_mail WHERE mailbox = $1 AND at >= $2 AND ($3::timestamptz IS NULL OR at < $3)) s
LEFT JOIN message m ON m.id = s.message
"""
BY_DAY = f"""
SELECT (at AT TIME ZONE $4)::date AS day, state, why, gone_at IS NOT NULL AS gone, count(*) AS number FROM ({LEDGER}) ledger GROUP BY 1, 2, 3, 4
"""  # noqa: S608 - our own words
OF_DAY = f"""
SELECT ledger.*, (SELECT string_agg(coalesce(nullif(r.name, ''), r.address), ', ' ORDER BY r.id) FROM recipient r
    WHERE ledger.logged AND NOT ledger.doubled AND r.message = ledger.message) AS whom
FROM ({LEDGER}) ledger ORDER BY at DESC, id DESC
"""  # noqa: S608


@dataclass
class DayOfSent:
    """One day of the page. `theirs` is the provider's count when it was last compared, `ours` what was accounted for then."""

    day: Day
    numbers: Counter[tuple[str, str]] = field(default_factory=Counter)
    gone: int = 0
    compared: ComparedDay | None = None
    windows: list[Window] = field(default_factory=list)

    @property
    def tracked(self) -> int:
        return self.of(TRACKED)

    @property
    def logged(self) -> int:
        return self.of(LOGGED)

    @property
    def not_logged(self) -> int:
        return self.of(NOT_LOGGED)

    @property
    def accounted(self) -> int:
        return self.numbers.total()

    @property
    def difference(self) -> int:
        """Mails that the provider has more (or, below zero, fewer) than we could account for."""
        return self.compared.theirs - self.compared.ours if self.compared else 0

    @property
    def is_empty(self) -> bool:
        return not (self.accounted or self.gone or (self.compared and self.compared.theirs) or self.windows)

    def of(self, state: str) -> int:
        return sum(number for (held, _), number in self.numbers.items() if held == state)

    def reasons(self, state: str) -> list[tuple[str, int]]:
        """Why those were not more than that, the most frequent first."""
        return Counter({why: number for (held, why), number in self.numbers.items() if held == state and why}).most_common()


async def days_of_sent(mailbox: Mailbox, zone: ZoneInfo) -> list[DayOfSent]:
    """The last days on which anything was sent, or could not be seen; newest first."""
    days = {day.date: DayOfSent(day) for day in last_days(zone)}
    start = min(one.day.start for one in days.values())
    for row in await rows(BY_DAY, mailbox.id, start, None, zone.key):
        add(days.get(row["day"]), row)
    for compared in await ComparedDay.objects().where((ComparedDay.mailbox == mailbox.id) & (ComparedDay.day >= min(days))):
        if compared.day in days:
            days[compared.day].compared = compared
    await mark_incomplete(mailbox, days.values(), start)
    return [day for day in reversed(days.values()) if not day.is_empty]


def add(day: DayOfSent | None, row: dict[str, Any]) -> None:
    if day is not None and row["gone"]:
        day.gone += row["number"]
    elif day is not None:
        day.numbers[row["state"], row["why"]] += row["number"]


async def mark_incomplete(mailbox: Mailbox, days: Iterable[DayOfSent], start: datetime) -> None:
    """What could not be read on a day may be missing in it still."""
    windows = await windows_touching(mailbox.workspace, mailbox.person, start, now(), mailbox.id)
    for day in days:
        day.windows = [one for one in windows if touches(one, day.day)]


def touches(window: Window, day: Day) -> bool:
    return (day.end is None or window.since < day.end) and (window.until is None or window.until > day.start)


async def mails_of_day(mailbox: UUID, day: Day) -> Sequence[dict[str, Any]]:
    """Each mail of a day, newest first: words and people only of those that are logged."""
    return await rows(OF_DAY, mailbox, day.start, day.end)


def day_named(zone: ZoneInfo, named: date) -> Day | None:
    return next((day for day in last_days(zone) if day.date == named), None)
