"""What the browser's own worker asks for: its script, and to be known under a new address. Nobody is at the keyboard then."""

from dataclasses import dataclass
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import JSONBody

from app.notifications.subscribing import renew
from app.web.files import folder

LARGEST_RENEWAL = 10_000
"""Octets: two addresses and two keys."""
SCRIPT = "text/javascript; charset=utf-8"


@dataclass(frozen=True)
class Renewed:
    """The address a browser had, and the one it has now."""

    old: str
    endpoint: str
    p256dh: str
    auth: str


class WorkerPages(Controller):
    """At the root, so that it may look after every page [Service Workers, Service-Worker-Allowed]."""

    @get("/sw.js")
    async def script(self) -> Response[bytes]:
        """Looked for anew each time: an old one must not outlive an upgrade."""
        return Response((folder("static") / "sw.js").read_bytes(), media_type=SCRIPT, headers={"cache-control": "no-cache"})

    @post("/push/renewed", exclude_from_csrf=True, request_max_body_size=LARGEST_RENEWAL)
    async def renewed(self, data: JSONBody[Renewed]) -> Response[Any]:
        """The old address is proof enough: only this browser and its push service ever knew it."""
        known = await renew(data.old, data.endpoint, data.p256dh, data.auth)
        return Response(None, status_code=204 if known else 404)
