"""What a time means on the walls it is about, shown before anything is saved."""

from collections.abc import Mapping
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Template

from app.clock import now
from app.contacts.clocks import calendar_of as calendar_of_contact
from app.contacts.clocks import elsewhere, whose_clock
from app.contacts.finding import contact_of
from app.contacts.tables import Contact
from app.identity.guarding import Me
from app.identity.tables import Person
from app.identity.working import calendar_of
from app.outbox.addressing import parse
from app.reminders.reckoning import Reckoned, reckoned, whose_thread
from app.reminders.timing import Due, due_at
from app.threads.asking import thread_of
from app.web.moments import LONGEST
from app.web.replies import Asked, partial
from app.web.walls import asked_as
from app.web.wishes import THEM, Wish

COMPOSE, A_DATE = "reminds_words", "date"


class WallPages(Controller):
    path = "/moment"

    @get()
    async def read(
        self, request: Asked, me: NamedDependency[Me], contact: FromQuery[UUID | None] = None, thread: FromQuery[UUID | None] = None
    ) -> Template:
        """The moment that the words in `field` name, or what was chosen beside them, for reading, and for the date field `into` to take over.

        `thread`, `contact` or `to` (whom a mail goes to) say whom it is about: their clock is shown too. With `rings` it is when a reminder
        would ring, which may be another time than was asked for.
        """
        asked = request.query_params
        wish = wished_for(asked)
        them = await whom(me, contact, thread, asked.getall("to", []))
        found = meant(wish, me.person, them, bool(asked.get("rings"))) if wish.text else None
        due, (sentence, values) = found and found.due, found.words() if found else ("", {})
        wall = ZoneInfo(them.time_zone if them and wish.is_by_them and them.time_zone else me.person.time_zone)
        hung = asked_as(due.at) if due else None
        return partial(
            "parts/moment", skipped=hung if hung and hung.is_skipped else None, twice=hung if hung and hung.is_twice else None,
            words=wish.text, due=due, is_past=due is not None and due.at <= now(), sentence=sentence, values=values,
            them=elsewhere(them), contact=them, wish=wish, wall=wall,
            into=asked.get("into", "") if asked.get(asked.get("field", "words")) else "",
        )  # fmt: skip


def wished_for(asked: Mapping[str, str]) -> Wish:
    """Words before a date before a span: what is most exact counts. In compose, words and dates count only where "a date" was chosen."""
    words = asked.get(asked.get("field", "words"), "").strip()[: LONGEST + 1]
    if asked.get("field") == COMPOSE:
        when = asked.get("reminds", A_DATE)
        return Wish((words or asked.get("reminds_at", "")) if when == A_DATE else when, THEM if asked.get("reminds_by") else "")
    return Wish(words or asked.get("date", "").strip() or asked.get("when", "").strip(), THEM if asked.get("by") else "")


def meant(wish: Wish, person: Person, them: Contact | None, rings: bool) -> Reckoned | None:
    """As a reminder where one is asked for, else just the moment."""
    if rings:
        return reckoned(str(wish), person, them)
    theirs = calendar_of_contact(them) if them and wish.is_by_them else None
    at = due_at(wish.text, now(), theirs or calendar_of(person))
    return Reckoned(Due(at, at), wish, person, them) if at else None


async def whom(me: Me, contact: UUID | None, thread: UUID | None, written_to: list[str]) -> Contact | None:
    """Whose clock is meant: the contact's, that of who got the latest mail of the thread, or of who is written to."""
    if contact:
        return await contact_of(me, contact)
    if thread:
        return await whose_thread((await thread_of(me, thread)).id)
    return await whose_clock(me.workspace.id, [one["address"] for one in parse(", ".join(written_to)) if one["address"]])


PAGES = [WallPages]
