"""What stays on the clock of another place, offered where the time zone is set."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, URLEncodedBody
from litestar.response import Template

from app.identity.guarding import Me
from app.reminders.answering import done
from app.reminders.travelling import go_back, stays, take_along
from app.web.locale import N_
from app.web.replies import Asked, partial

ONE_WENT = N_("1 reminder is on the clock in %(city)s now.")
WENT = N_("%(number)d reminders are on the clock in %(city)s now.")
NONE_BACK = N_("Something has happened with all of them since, so none was moved back.")
ONE_BACK, BACK = N_("1 reminder is back on its old clock."), N_("%(number)d reminders are back on their old clock.")


@dataclass
class From:
    """The zone whose reminders come along."""

    zone: str = ""


class TravellingPages(Controller):
    path = "/reminders/elsewhere"

    @get()
    async def show(self, me: NamedDependency[Me]) -> Template:
        return partial("reminders/elsewhere", stays=await stays(me.person), here=me.person.time_zone)

    @post(status_code=200)
    async def create(self, request: Asked, me: NamedDependency[Me], data: URLEncodedBody[From]) -> Response[Any]:
        journey, number = await take_along(me.person, data.zone)
        undo, sentence = f"/reminders/elsewhere/{journey}/undone", ONE_WENT if number == 1 else WENT
        return done(request, sentence, undo=undo, number=number, city=me.person.time_zone)

    @post("/{journey:uuid}/undone", status_code=200)
    async def create_undone(self, request: Asked, me: NamedDependency[Me], journey: FromPath[UUID]) -> Response[Any]:
        number = await go_back(me.person, journey)
        return done(request, NONE_BACK if not number else ONE_BACK if number == 1 else BACK, number=number)


PAGES = [TravellingPages]
