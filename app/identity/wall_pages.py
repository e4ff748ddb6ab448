"""What a time in words means on the person's wall, shown before anything is saved."""

from zoneinfo import ZoneInfo

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.response import Template

from app.clock import now
from app.identity.guarding import Me
from app.web.moments import LONGEST, moment
from app.web.replies import Asked, partial


class WallPages(Controller):
    path = "/moment"

    @get()
    async def read(self, request: Asked, me: NamedDependency[Me]) -> Template:
        """The moment that the words in `field` name, for reading, and for the date field `into` to take over."""
        asked = request.query_params
        words, into = asked.get(asked.get("field", "words"), "").strip(), asked.get("into", "")
        found = moment(words[: LONGEST + 1], now(), ZoneInfo(me.person.time_zone)) if words else None
        return partial("parts/moment", words=words, found=found, is_past=found is not None and found <= now(), into=into)
