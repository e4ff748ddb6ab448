"""A mail of Miriam's whose pixel and links get touched."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from app.clock import new_id
from app.threads.tables import Message
from app.tracking.packing import Arrival
from app.tracking.tables import Verdict
from tests import people
from tests.arrivals import store

LINKS = [{"url": f"https://brueckner.example/{n}", "words": f"Link {n}"} for n in range(3)]


@dataclass
class Offer:
    """Miriam's mail to Anna, sent an hour ago."""

    rep: people.Rep
    message: Message

    async def touched(self, after: float, agent: str, kind: str = "open", link: int = -1, **more: Any) -> Arrival:
        at = self.message.at + timedelta(seconds=after)
        headers = {"accept": "text/html", "accept-language": "de"} if kind == "click" else {"accept-language": "de"}
        plain = Arrival(new_id(), self.rep.workspace.id, at, self.message.id, link, kind, "GET", agent, headers, "network", "", "DE")
        arrival = replace(plain, **more)
        await store([arrival])
        return arrival

    async def state(self) -> Message:
        found = await Message.objects().get(Message.id == self.message.id)
        assert found is not None
        return found

    async def verdict(self, arrival: Arrival) -> Verdict:
        found = await Verdict.objects().get(Verdict.id == arrival.id)
        assert found is not None
        return found
