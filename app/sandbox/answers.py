"""How the pretend providers answer: JSON as the real ones write it, refusals included."""

import json
from typing import Any

from litestar import Request, Response
from litestar.datastructures import State

from app.clock import now
from app.sandbox.grants import Access
from app.sandbox.world import Box, World

Ask = Request[Any, Any, State]
Json = dict[str, Any]


class Refusal(Exception):
    """A provider's own error answer."""

    def __init__(self, status: int, body: Json, headers: dict[str, str] | None = None) -> None:
        super().__init__(str(body))
        self.status, self.body, self.headers = status, body, headers or {}


def refused(_: Ask, refusal: Refusal) -> Response[bytes]:
    return told(refusal.body, refusal.status, refusal.headers)


def told(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response[bytes]:
    """A JSON answer."""
    return Response(json.dumps(body).encode(), status_code=status, media_type="application/json; charset=utf-8", headers=headers)


def silent(status: int = 204, headers: dict[str, str] | None = None) -> Response[bytes]:
    """An answer without a body."""
    return Response(b"", status_code=status, headers=headers, media_type="text/plain")


def world_of(request: Ask) -> World:
    world: World = request.app.state["world"]
    return world


def bearer(world: World, authorization: str) -> Access | None:
    """The access behind an Authorization header, expired and revoked ones included."""
    kind, _, token = authorization.partition(" ")
    return world.grants.access.get(token.strip()) if kind.lower() == "bearer" else None


def live(access: Access | None, provider: str) -> bool:
    return access is not None and access.grant.provider == provider and access.grant.revoked_at is None and access.expires_at > now()


def box_of(world: World, access: Access) -> Box:
    return world.box(access.grant.mailbox)


async def body_of(request: Ask) -> Json:
    """The JSON object that was sent; an empty body is an empty object."""
    data = await request.body()
    try:
        found = json.loads(data or b"{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NotJson
    return found


class NotJson(Exception):
    """The request's body is not a JSON object; each provider says it in its own words."""


def whole(text: str | None, default: int) -> int:
    return int(text) if text and text.isdecimal() else default


def not_json(request: Ask, _: NotJson) -> Response[bytes]:
    if request.url.path.startswith("/microsoft"):
        sentence = "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."
        return told({"error": {"code": "BadRequest", "message": sentence}}, 400)
    sentence = "Invalid JSON payload received. Parser terminated before end of string"
    error = {"code": 400, "message": sentence, "errors": [{"message": sentence, "domain": "global", "reason": "parseError"}]}
    return told({"error": {**error, "status": "INVALID_ARGUMENT"}}, 400)
