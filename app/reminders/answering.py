"""How an act on a reminder is answered: a toast for htmx, else the page one came from."""

from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from litestar import Response

from app.clock import now
from app.identity.guarding import Me
from app.identity.working import calendar_of
from app.reminders.keeping_texts import menu
from app.reminders.tables import Reminder
from app.reminders.timing import choices
from app.web.locale import clock, day
from app.web.replies import Asked, acted


async def acts(me: Me) -> dict[str, Any]:
    """The menus of a row: when to snooze until, and which texts to follow up with."""
    return {"snoozes": choices(now(), calendar_of(me.person), me.person.rings_at_work), "texts": await menu(me)}


def moment(me: Me, reminder: Reminder) -> dict[str, str]:
    zone = ZoneInfo(me.person.time_zone)
    return {"day": day(reminder.due_at, zone, me.person.locale), "clock": clock(reminder.due_at, zone, me.person.locale)}


def done(request: Asked, sentence: str, *, undo: str = "", **values: object) -> Response[Any]:
    """An act is over: htmx shows a toast, and every part of the page that shows reminders reads itself anew."""
    return acted(request, sentence, back(request), changed=["reminders"], undo=undo, **values)


def back(request: Asked) -> str:
    """The page the form was on, if it was one of ours; from a page that is only the form, to the reminders."""
    came_from = urlsplit(request.headers.get("referer", ""))
    if came_from.netloc != request.headers.get("host", ""):
        return "/reminders"
    path = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    return path if path.startswith("/") and not path.startswith("//") and not came_from.path.endswith("/new") else "/reminders"
