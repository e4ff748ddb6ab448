"""Reading when a mail is to go out, from compose or from the page of scheduled mail."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from multidict import MultiMapping

from app.clock import now
from app.errors import Refused
from app.identity.guarding import Me
from app.identity.working import calendar_of
from app.outbox.offering import Offer, offers
from app.outbox.tables import Draft
from app.outbox.wording_rules import NEVER, ON_DAY, ONCE, Wish
from app.web.moments import LONGEST, moment
from app.web.walls import Wall, asked_as, shown_at

AT = "at"
PICKED = "%Y-%m-%dT%H:%M"
EARLIEST_YEAR, LATEST_YEAR = 1970, 2200


@dataclass(frozen=True)
class Typed:
    """As it was typed, to be shown again with what is wrong."""

    at: str = ""
    words: str = ""
    unless_replied: bool = True
    wish: Wish = field(default_factory=Wish)

    @property
    def is_open(self) -> bool:
        return bool(self.at or self.words or self.wish.repeats)


def typed(form: MultiMapping[Any]) -> Typed:
    days = tuple(str(day) for day in form.getall("days", []))
    wish = Wish(
        word(form, "repeats") or ONCE, word(form, "every") or "1", days, word(form, "monthly") or ON_DAY, word(form, "ends") or NEVER,
        word(form, "until"), word(form, "count"), word(form, "rule"),
    )  # fmt: skip
    return Typed(word(form, "later_at"), word(form, "later_words"), word(form, "unless_replied") != "", wish)


def word(form: MultiMapping[Any], name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def when_of(me: Me, asked: Typed) -> Wall:
    """The moment that the words name; without words the one that was picked."""
    zone = me.person.time_zone
    if asked.words:
        found = moment(asked.words[: LONGEST + 1], now(), calendar_of(me.person))
        if found is None:
            raise Refused("“%(words)s” names no moment we can read. Try “next Tuesday 9:00”, or pick a date; the mail is kept.",
                          field="later", words=asked.words[:40])  # fmt: skip
        return within_reason(asked_as(found) or as_wall(found, zone))
    try:
        return within_reason(Wall(datetime.strptime(asked.at[:16], PICKED), zone))
    except ValueError:
        raise Refused("Choose when this mail is to go out; it is kept as a draft.", field="later") from None


def within_reason(wall: Wall) -> Wall:
    """Not at either end of the calendar, where nothing can be reckoned with it."""
    if not EARLIEST_YEAR <= wall.at.year <= LATEST_YEAR:
        raise Refused("Choose a time to come, within the next three years; the mail is kept as a draft.", field="later")
    return wall


def as_wall(instant: datetime, zone: str) -> Wall:
    """A span of hours is an instant, kept where nothing can move it if the wall shows it twice."""
    return shown_at(instant.astimezone(ZoneInfo(zone)), zone) or Wall(instant.astimezone(UTC).replace(tzinfo=None), "UTC")


async def offered(me: Me, draft: Draft, key: str) -> Offer:
    found, _ = await offers(me, draft)
    offer = next((one for one in found if one.key == key), None)
    if offer is None:
        raise Refused("This time can’t be offered any more, since the recipients have changed. Choose another; the mail is kept.", field="later")
    return offer
