"""When the rep wants to be reminded of the mail they write: read from the form, kept with the draft as a wish, checked before sending."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast
from zoneinfo import ZoneInfo

from litestar.datastructures import FormMultiDict

from app.clock import now
from app.contacts.clocks import calendar_of as calendar_of_contact
from app.contacts.clocks import whose_clock
from app.errors import Refused
from app.identity.guarding import Me
from app.identity.working import calendar_of
from app.outbox.addressing import Somebody, parse
from app.outbox.tables import Draft
from app.web.calendars import Calendar
from app.web.moments import moment
from app.web.walls import asked_as
from app.web.wishes import THEM, Wish

A_DATE = "date"
FIELD, DATE, WORDS, BY = "reminds", "reminds_at", "reminds_words", "reminds_by"


@dataclass(frozen=True)
class Chosen:
    """What the form shows as chosen: a span or a date, and whether it is on the recipient's clock. `date` is for the date field."""

    span: str
    date: str
    by_them: bool


def chosen(me: Me, draft: Draft, spans: tuple[str, ...]) -> Chosen:
    wish = Wish.read(draft.reminds)
    if wish.text in spans:
        return Chosen(wish.text, "", wish.is_by_them)
    at = datetime.fromisoformat(wish.text)
    return Chosen(A_DATE, f"{at.astimezone(ZoneInfo(me.person.time_zone)) if at.tzinfo else at:%Y-%m-%dT%H:%M}", wish.is_by_them)


async def wish_of(me: Me, form: FormMultiDict) -> str:
    """The span chosen; or the date, as the words name it, or as it was picked. A date remembers on whose wall it is, hours are an instant."""
    by, span = (THEM if BY in form else ""), word(form, FIELD)
    if span != A_DATE:
        return str(Wish(span, by))
    found = await named(me, form, by)
    if found is None:
        return str(Wish(word(form, DATE), by or me.person.time_zone))
    if asked_as(found) is None:
        return str(Wish(found.astimezone(UTC).isoformat(timespec="minutes"), by))
    return str(Wish(found.strftime("%Y-%m-%dT%H:%M"), by or me.person.time_zone))


async def named(me: Me, form: FormMultiDict, by: str) -> datetime | None:
    """The moment that the words mean, on the wall they are about."""
    written_to = [one["address"] for one in parse(", ".join(str(value) for value in form.getall("to", []))) if one["address"]]
    return moment(word(form, WORDS), now(), await clock_of(me, written_to, by), mornings=bool(by))


async def clock_of(me: Me, addresses: list[str], by: str) -> Calendar:
    """The recipient's, where it was asked for and is known; else the rep's."""
    them = await whose_clock(me.workspace.id, addresses) if by else None
    return (calendar_of_contact(them) if them else None) or calendar_of(me.person)


async def check_words(me: Me, form: FormMultiDict) -> None:
    """Nothing goes out on a guess about when to be reminded."""
    words = word(form, WORDS).strip()
    if word(form, FIELD) == A_DATE and words and await named(me, form, "") is None:
        raise Refused(
            "“%(words)s” names no moment we can read, so nothing was sent. Try “next Tuesday 9:00”, or pick a date; the mail is kept.",
            field="reminds", words=words[:40],
        )  # fmt: skip


async def check_date(me: Me, draft: Draft, sends_at: datetime) -> None:
    """A date must lie behind the moment at which the mail goes out, on the wall it is about."""
    wish = Wish.read(draft.reminds)
    try:
        at = datetime.fromisoformat(wish.text)
    except ValueError:
        raise Refused("“%(text)s” is not a date. Choose when to be reminded from the list.", field="reminds", text=wish.text) from None
    written_to = [one["address"] for one in cast(list[Somebody], draft.to)]
    zone = (await clock_of(me, written_to, THEM)).zone if wish.is_by_them else wish.clock or me.person.time_zone
    due = (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    if now() < due <= sends_at:
        raise Refused("The reminder would ring before this mail goes out. Choose a later one; the mail is kept as a draft.", field="reminds")
    if due <= sends_at:
        raise Refused("The reminder's date has passed. Choose a later one; the mail is kept as a draft.", field="reminds")


def word(form: FormMultiDict, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
