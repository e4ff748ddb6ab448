"""The morning digest: what waits for a rep, gathered once a working day at their time and written home.

Late is better than never on the same day, until six in the evening or two hours after the chosen time; on the next day it is old.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from json import dumps
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from app.clock import new_id, now
from app.database import rows, together
from app.identity.guarding import Me, absent
from app.identity.working import calendar_of
from app.mailboxes.asking import mailboxes_of
from app.mailboxes.freshness import BLIND, SENDS_ONLY, STALE, freshness
from app.mailboxes.letters import write_home
from app.mailboxes.tables import Mailbox
from app.outbox.outgoing import outgoing
from app.outbox.upcoming import schedule_of
from app.reminders.asking import Shown, counts, listed
from app.reminders.filling_in import first_name
from app.reminders.looking import look_url
from app.reminders.noting import HELD, RUNG, SNOOZED, WAITING
from app.reminders.tables import DigestChoice
from app.settings import settings
from app.web.calendars import Calendar
from app.web.locale import N_, day, translate
from app.web.templates import off_page

BATCH = 100
LOOKS_AGAIN = timedelta(hours=1)
LATE_UNTIL, LATE_FOR = time(18), timedelta(hours=2)
ASK_THE_REP = {"unknown": N_("Nobody can say whether it went out."), "failed": N_("It did not go out.")}

NOTHING_TO_SAY = N_("Nothing was waiting, so no mail was sent.")
SUBJECT = N_("Your morning: %(what)s")
SUBJECT_PARTS = {
    "rung": (N_("1 thread waits for you"), N_("%(number)d threads wait for you")),
    "held": (N_("1 is held"), N_("%(number)d are held")),
    "today": (N_("1 is due today"), N_("%(number)d are due today")),
    "mailboxes": (N_("a mailbox needs you"), N_("%(number)d mailboxes need you")),
    "decisions": (N_("a mail needs a decision"), N_("%(number)d mails need a decision")),
}

DUE = "SELECT id FROM digest_choice WHERE wanted AND due_at <= $1 ORDER BY due_at LIMIT $2"
STILL_DUE = "SELECT id FROM digest_choice WHERE id = $1 AND wanted AND due_at <= $2 FOR UPDATE SKIP LOCKED"
MAKE = """
INSERT INTO digest (id, workspace, person, day, made_at, reminders, problem) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (person, day) DO NOTHING RETURNING id
"""


@dataclass(frozen=True)
class Trouble:
    """A mailbox in which replies can't be seen: `blind` (it has to be connected again) or only not read lately."""

    mailbox: Mailbox
    since: datetime
    blind: bool


@dataclass(frozen=True)
class Decision:
    """A mail that does not go on by itself: why, as a catalogue sentence with its values, and the page where the rep decides."""

    subject: str
    why: str
    values: dict[str, Any]
    way: str


@dataclass(frozen=True)
class Morning:
    """What waits for a rep: rung, held, due before the day ends; mailboxes with problems; mail that needs a decision.

    `all_rung` and `all_held` count those that are too many to be shown, too.
    """

    all_rung: int
    all_held: int
    rung: list[Shown]
    held: list[Shown]
    today: list[Shown]
    troubles: list[Trouble]
    decisions: list[Decision]

    @property
    def numbers(self) -> dict[str, int]:
        """In the order they are said."""
        return {
            "rung": self.all_rung, "held": self.all_held, "today": len(self.today), "mailboxes": len(self.troubles),
            "decisions": len(self.decisions),
        }  # fmt: skip

    @property
    def is_empty(self) -> bool:
        return not any(self.numbers.values())

    @property
    def reminders(self) -> list[Shown]:
        return [*self.rung, *self.held, *self.today]


async def digest_due() -> int:
    """Make the digests whose time has come; how many people were looked at. Each is a transaction of its own."""
    number = 0
    while due := [row["id"] for row in await rows(DUE, now(), BATCH)]:
        looked_at = sum([await look_at(choice) for choice in due])
        number += looked_at
        if looked_at < len(due):
            break
    return number


async def look_at(choice_id: UUID) -> bool:
    """Is it time for this one? The next look is fixed in the same transaction as what was written."""
    async with together():
        if not await rows(STILL_DUE, choice_id, now()):
            return False
        choice = await DigestChoice.objects().where(DigestChoice.id == choice_id).first()
        assert choice is not None  # it is locked
        me = await absent(choice.person, choice.workspace)
        if me is not None and is_time(choice, now(), calendar_of(me.person)):
            await make(me)
        zone = ZoneInfo(me.person.time_zone) if me else ZoneInfo("UTC")
        await choice.update_self({DigestChoice.due_at: next_look(choice, now(), zone)})
    return True


def is_time(choice: DigestChoice, at: datetime, calendar: Calendar) -> bool:
    """Past the chosen time of a working day, not too late, and chosen before."""
    zone = ZoneInfo(calendar.zone)
    today = at.astimezone(zone).date()
    first = datetime.combine(today, choice.at, zone)
    late = max(datetime.combine(today, LATE_UNTIL, zone), first + LATE_FOR)
    return first <= at < late and choice.chosen_at <= first and calendar.is_worked(today)


def next_look(choice: DigestChoice, at: datetime, zone: ZoneInfo) -> datetime:
    """At the chosen time, but within the hour: who moves to another zone is found there."""
    today = at.astimezone(zone).date()
    ahead = (datetime.combine(today + timedelta(days=days), choice.at, zone) for days in (0, 1))
    return min(next(one for one in ahead if one > at), at + LOOKS_AGAIN)


async def make(me: Me) -> None:
    """Gather and write home; once a day, as the row says."""
    key, zone = new_id(), ZoneInfo(me.person.time_zone)
    today, morning = now().astimezone(zone).date(), for_mail(me, await gather(me))
    told = dumps([str(one.reminder.id) for one in morning.reminders])
    made = await rows(MAKE, key, me.workspace.id, me.person.id, today, now(), told, NOTHING_TO_SAY if morning.is_empty else "")
    if made and not morning.is_empty:
        await write(me, morning, key, today)


def for_mail(me: Me, morning: Morning) -> Morning:
    """Without what rang, for who chose to hear of that in other ways."""
    wants_rung = me.person.returns_in_digest
    return morning if wants_rung else replace(morning, all_rung=0, rung=[])


async def write(me: Me, morning: Morning, key: UUID, today: date) -> None:
    """It is no news tomorrow."""
    zone = ZoneInfo(me.person.time_zone)
    night = datetime.combine(today + timedelta(days=1), time(0), zone)
    text, html = (rendered(f"mail/digest{kind}.html", me, morning, key) for kind in ("_text", ""))
    await write_home(me.person.id, me.workspace.id, subject(morning, me), text, html, key=letter_key(today), good_for=night - now())


def letter_key(today: date) -> str:
    return f"digest {today.isoformat()}"


async def gather(me: Me) -> Morning:
    """As things stand now."""
    rung, held = await listed(me, RUNG), await listed(me, HELD)
    ahead = [*await listed(me, WAITING), *await listed(me, SNOOZED)]
    boxes = [trouble for mailbox in await mailboxes_of(me) if (trouble := trouble_of(mailbox))]
    number = await counts(me)
    return Morning(number[RUNG], number[HELD], rung, held, due_today(ahead, ZoneInfo(me.person.time_zone)), boxes, await decisions(me))


def due_today(ahead: list[Shown], zone: ZoneInfo) -> list[Shown]:
    """By the clock on the rep's wall, the next first."""
    night = datetime.combine(now().astimezone(zone).date() + timedelta(days=1), time(0), zone)
    return sorted((one for one in ahead if one.reminder.due_at < night), key=lambda one: one.reminder.due_at)


async def decisions(me: Me) -> list[Decision]:
    """Mail that got stuck on its way, and scheduled mail that is late, held or stopped."""
    stuck = [Decision(one.subject, ASK_THE_REP[one.state], {}, "/drafts") for one in await outgoing(me) if one.state in ASK_THE_REP]
    asking = (await schedule_of(me)).needing
    return stuck + [Decision(one.draft.subject, one.row.why, cast(dict[str, Any], one.row.why_values), "/later") for one in asking]


def trouble_of(mailbox: Mailbox) -> Trouble | None:
    """Does the rep have to know that replies can't be seen there?"""
    seen = freshness(mailbox)
    if seen.state not in (BLIND, STALE) or seen.why == SENDS_ONLY:
        return None
    return Trouble(mailbox, seen.since or now(), seen.state == BLIND)


def subject(morning: Morning, me: Me) -> str:
    """What there is, in a line."""
    language = me.person.locale
    parts = (translate(language, SUBJECT_PARTS[name][number > 1], number=number) for name, number in morning.numbers.items() if number)
    return translate(language, SUBJECT, what=", ".join(parts))


def rendered(template: str, me: Me, morning: Morning, key: UUID) -> str:
    """The mail in the rep's language and zone. Its links show, and do nothing."""
    at, zone = now(), ZoneInfo(me.person.time_zone)
    context: dict[str, Any] = {
        "language": me.person.locale, "zone": zone, "now": at, "name": first_name(me.person.name) or me.person.name, "morning": morning,
        "day": day(at, zone, me.person.locale), "look": lambda reminder=None: look_url(key, reminder, at), "base": settings().base_url,
    }  # fmt: skip
    return off_page().get_template(template).render(context)
