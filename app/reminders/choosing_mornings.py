"""Whether and when the morning digest comes by mail: each rep's own choice."""

from datetime import datetime, time

from app.clock import new_id, now
from app.database import rows
from app.errors import Refused
from app.identity.guarding import Me
from app.reminders.tables import DigestChoice

USUAL = time(8)
EARLIEST, LATEST = time(5), time(20)
"""No clock change anywhere skips or repeats these hours."""

CHOOSE = """
INSERT INTO digest_choice (id, workspace, person, wanted, at, chosen_at, due_at) VALUES ($1, $2, $3, $4, $5, $6, $6)
ON CONFLICT (person) DO UPDATE SET workspace = $2, wanted = $4, at = $5, chosen_at = $6, due_at = $6
"""
END_LINKS = """
INSERT INTO digest_choice (id, workspace, person, wanted, at, chosen_at, due_at, links_since) VALUES ($1, $2, $3, false, $4, $5, $5, $5)
ON CONFLICT (person) DO UPDATE SET links_since = $5
"""


async def choice_of(me: Me) -> DigestChoice:
    """As it was chosen; before that, no mail."""
    found = await DigestChoice.objects().where(DigestChoice.person == me.person.id).first()
    return found or DigestChoice(workspace=me.workspace.id, person=me.person.id, wanted=False, at=USUAL)


async def choose(me: Me, wanted: bool, at: str) -> None:
    """`at` is HH:MM by the clock on the wall. What was due before the choice is not made up for."""
    hour = read(at)
    kept = await choice_of(me)
    if (kept.wanted, kept.at) != (wanted, hour):
        await rows(CHOOSE, new_id(), me.workspace.id, me.person.id, wanted, hour, now())


def read(at: str) -> time:
    try:
        hour = datetime.strptime(at.strip()[:5], "%H:%M").time()
    except ValueError:
        raise Refused("“%(at)s” is no time of day. Write it like 08:00.", field="at", at=at[:20]) from None
    if not EARLIEST <= hour <= LATEST:
        raise Refused("Choose a time between 05:00 and 20:00.", field="at")
    return hour


async def end_links(me: Me) -> None:
    """The links in every digest so far show nothing any more."""
    await rows(END_LINKS, new_id(), me.workspace.id, me.person.id, USUAL, now())
