"""The morning digest as a page, one reminder with its acts, and what a link in the mail shows to whoever holds it."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from app.clock import now
from app.identity.guarding import Me
from app.identity.working import calendar_of
from app.mailboxes.letters import home_of
from app.mailboxes.tables import Letter
from app.reminders.answering import acts
from app.reminders.asking import reminder_of, shown
from app.reminders.choosing_mornings import choice_of
from app.reminders.digesting import gather, letter_key
from app.reminders.looking import look
from app.reminders.tables import Digest, DigestChoice
from app.web.replies import Asked, page, partial, wants_partial

HIDDEN = {"referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow", "cache-control": "no-store"}
ACTS = ("follow-up", "snooze", "done")


@dataclass(frozen=True)
class Mailed:
    """What became of today's mail: `digest` if its time has come, `letter` if one was written; whether today is a working day."""

    choice: DigestChoice
    digest: Digest | None
    letter: Letter | None
    works_today: bool
    address: str


class DigestPages(Controller):
    path = "/digest"

    @get()
    async def show(self, request: Asked, me: NamedDependency[Me]) -> Template:
        """What waits now; the mail told of it as it stood then."""
        found = {"morning": await gather(me), "mailed": await mailed(me), **await acts(me)}
        return partial("reminders/morning", **found) if wants_partial(request) else page("reminders/digest", **found)

    @get("/{reminder_id:uuid}")
    async def show_one(self, request: Asked, me: NamedDependency[Me], reminder_id: FromPath[UUID], act: FromQuery[str] = "") -> Template:
        """One reminder with its buttons: where a link in the mail leads to once one has signed in. Nothing happens before a button is pressed."""
        one = (await shown([(await reminder_of(me, reminder_id)).id]))[0]
        found = {"one": one, "act": act if act in ACTS else "", **await acts(me)}
        return partial("reminders/one_row", **found) if wants_partial(request) else page("reminders/one", **found)


class LookPages(Controller):
    path = "/look"

    @get("/{token:str}")
    async def show(self, request: Asked, token: FromPath[str]) -> Template:
        """Nobody has to sign in to look; whoever wants to act has to."""
        seen = await look(token)
        request.scope.setdefault("state", {}).update({"language": seen.person.locale, "zone": seen.person.time_zone})
        answer = page("reminders/look", look=seen)
        answer.headers.update(HIDDEN)
        return answer


async def mailed(me: Me) -> Mailed:
    today = now().astimezone(ZoneInfo(me.person.time_zone)).date()
    digest = await Digest.objects().where((Digest.person == me.person.id) & (Digest.day == today)).first()
    mine = (Letter.person == me.person.id) & (Letter.workspace == me.workspace.id) & (Letter.key == letter_key(today))
    letter = await Letter.objects().where(mine).output(load_json=True).first() if digest else None
    home = await home_of(me.person.id, me.workspace.id)
    works = calendar_of(me.person).is_worked(today)
    return Mailed(await choice_of(me), digest, letter, works, home.address if home else "")
