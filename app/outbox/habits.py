"""When somebody usually opens and answers our mail: by the hour of their week, and only where there is enough to tell."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from app.clock import now
from app.contacts.tables import Contact
from app.database import rows
from app.web.calendars import Calendar
from app.web.walls import Wall

LOOKED_AT = timedelta(days=180)
LEAST, LEAST_DAYS = 8, 5
"""So many opens by the person or answers, on so many days: fewer are chance."""
LEAST_THEN = 3
"""On so many days within the best two hours: else no hour stands out."""
SPAN = timedelta(hours=2)
SOON = timedelta(minutes=15)
WEEKS = 6

SEEN = """
SELECT v.hit_at AS at FROM recipient r JOIN message m ON m.id = r.message JOIN verdict v ON v.message = m.id
WHERE r.contact = $1 AND m.person = $2 AND m.workspace = $3 AND m.direction = 'sent' AND v.verdict = 'person' AND v.repeats IS NULL AND v.hit_at > $5
AND NOT EXISTS (SELECT FROM recipient other WHERE other.message = m.id AND other.id <> r.id)
UNION ALL
SELECT m.at FROM recipient r JOIN message sent ON sent.id = r.message JOIN message m ON m.answers = sent.id
WHERE r.contact = $1 AND sent.person = $2 AND sent.workspace = $3 AND m.sender = $4 AND m.kind = 'human_reply' AND m.at > $5
"""
"""What a person did with a mail that went to them alone, and what they answered. Machines are not in it, nor who opened a mail to several."""


@dataclass(frozen=True)
class Habit:
    """Their best two hours: `weekday` (Monday is 0) and `hour` on their wall; `then` of `number` opens and answers fell into them."""

    weekday: int
    hour: int
    then: int
    number: int


async def habit_of(contact: Contact, person: UUID) -> Habit | None:
    """None where there is too little to tell, or nobody knows where they are."""
    if not contact.time_zone:
        return None
    found = await rows(SEEN, contact.id, person, contact.workspace, contact.address, now() - LOOKED_AT)
    return best((row["at"] for row in found), ZoneInfo(contact.time_zone))


def best(moments: Iterable[datetime], zone: ZoneInfo) -> Habit | None:
    """The two hours of the week in which they opened and answered on most days; the earlier ones if two are alike. Each hour of a day counts once."""
    hours = {at.astimezone(zone).replace(minute=0, second=0, microsecond=0, tzinfo=None) for at in moments}
    if len(hours) < LEAST or len({at.date() for at in hours}) < LEAST_DAYS:
        return None
    days: dict[tuple[int, int], set[object]] = {}
    then: Counter[tuple[int, int]] = Counter()
    for at in hours:
        for begins in (at, at - timedelta(hours=1)):
            slot = (begins.weekday(), begins.hour)
            days.setdefault(slot, set()).add(begins.date())
            then[slot] += 1
    weekday, hour = min(days, key=lambda slot: (-len(days[slot]), -then[slot], slot))
    return Habit(weekday, hour, then[weekday, hour], len(hours)) if len(days[weekday, hour]) >= LEAST_THEN else None


def next_time(habit: Habit, there: Calendar, start: datetime) -> Wall:
    """When these hours begin next on a day that is worked there, if one is within six weeks; a little ahead at least."""
    local = there.local(start)
    first = local.date() + timedelta(days=(habit.weekday - local.weekday()) % 7)
    days = [first + timedelta(weeks=week) for week in range(WEEKS)]
    walls = [wall for day in days if (wall := Wall(datetime.combine(day, time(habit.hour)), there.zone)).instant() > start + SOON]
    return next((wall for wall in walls if not there.holiday(wall.at.date())), walls[0])
