"""Who may ask Graph what, which message is meant, and its refusals."""

import base64
import hashlib
from collections.abc import Iterable

from app.clock import new_id, now
from app.sandbox import filing
from app.sandbox.answers import Ask, Json, Refusal, bearer, box_of, live, world_of
from app.sandbox.grants import unpadded
from app.sandbox.world import Box, Copy

GRAPH = "/microsoft/graph/v1.0"
URI = "https://graph.microsoft.com/"
READWRITE, READ, BASIC, SEND, SETTINGS, USER = "mail.readwrite", "mail.read", "mail.readbasic", "mail.send", "mailboxsettings.read", "user.read"
BODIES = (READWRITE, READ)
LOOK = (*BODIES, BASIC)
FOLDERS = {
    "inbox": "Inbox",
    "drafts": "Drafts",
    "sentitems": "Sent Items",
    "deleteditems": "Deleted Items",
    "archive": "Archive",
    "junkemail": "Junk Email",
    "outbox": "Outbox",
}


def problem(code: str, message: str) -> Json:
    ids = {"date": f"{now():%Y-%m-%dT%H:%M:%S}", "request-id": str(new_id()), "client-request-id": str(new_id())}
    return {"error": {"code": code, "message": message, "innerError": ids}}


def refusal(status: int, code: str, message: str) -> Refusal:
    return Refusal(status, problem(code, message))


def not_found() -> Refusal:
    return refusal(404, "ErrorItemNotFound", "The specified object was not found in the store.")


def bad_request(message: str, code: str = "ErrorInvalidRequest") -> Refusal:
    return refusal(400, code, message)


def rights(request: Ask) -> set[str]:
    access = bearer(world_of(request), request.headers.get("authorization", ""))
    return {scope.removeprefix(URI).lower() for scope in access.scopes} if access else set()


def allowed(request: Ask, scopes: Iterable[str]) -> Box:
    """The mailbox behind the token, if it has one of these rights."""
    access = bearer(world_of(request), request.headers.get("authorization", ""))
    if access is None or not live(access, "microsoft"):
        told = refusal(401, "InvalidAuthenticationToken", "Lifetime validation failed, the token is expired.")
        told.headers["WWW-Authenticate"] = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
        raise told
    manners = box_of(world_of(request), access).manners
    if manners.challenge:
        raise challenged(manners.challenge)
    if manners.api_error:
        status, _, code = manners.api_error.partition(" ")
        raise refusal(int(status), code, "The sandbox was asked to refuse.")
    if not {*scopes} & rights(request):
        raise refusal(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    box = box_of(world_of(request), access)
    filing.settle(box)
    return box


def challenged(claims: str) -> Refusal:
    """Continuous access evaluation: the token is still young, but something has happened; a new one must satisfy the claims."""
    told = refusal(401, "InvalidAuthenticationToken", "Continuous access evaluation resulted in challenge with result: InteractionRequired.")
    encoded = base64.b64encode(claims.encode()).decode()
    told.headers["WWW-Authenticate"] = f'Bearer realm="", error="insufficient_claims", claims="{encoded}"'
    return told


def preferences(request: Ask) -> dict[str, str]:
    """The Prefer header: `IdType="ImmutableId", odata.maxpagesize=50`."""
    wishes = ",".join(request.headers.getall("prefer", [])).split(",")
    pairs = (wish.strip().partition("=") for wish in wishes)
    return {name.lower(): value.strip('"') for name, _, value in pairs if name}


def immutable(request: Ask) -> bool:
    return preferences(request).get("idtype", "").lower() == "immutableid"


def shown_id(request: Ask, box: Box, copy: Copy) -> str:
    """The lasting id where it was asked for; else one that changes with the folder."""
    return copy.id if immutable(request) else moving_id(box, copy.id, copy.folder)


def moving_id(box: Box, identifier: str, folder: str) -> str:
    return "AAMkAGI2" + unpadded(hashlib.sha256(f"{box.address} {identifier} {folder}".encode()).digest())


def message_named(box: Box, identifier: str) -> Copy:
    """Both kinds of id lead to the message."""
    direct = box.copies.get(identifier)
    moving = (copy for copy in box.copies.values() if moving_id(box, copy.id, copy.folder) == identifier)
    copy = direct or next(moving, None)
    if copy is None:
        raise not_found()
    return copy


def message_asked(request: Ask, box: Box) -> Copy:
    return message_named(box, request.path_params["id"])


def folder_id(box: Box, name: str) -> str:
    """The opaque id of a folder; made-up folders are known by it already."""
    return name if name in box.folders else "AQMkAGI2" + unpadded(hashlib.sha256(f"{box.address} {name}".encode()).digest())


def folder_named(box: Box, asked: str) -> str:
    """A well-known name or an id, as this box calls the folder."""
    known = {**{name: name for name in FOLDERS}, **{folder_id(box, name): name for name in FOLDERS}, **{name: name for name in box.folders}}
    name = known.get(asked) or known.get(asked.lower())
    if name is None:
        raise refusal(404, "ErrorItemNotFound", "The specified folder could not be found in the store.")
    return name
