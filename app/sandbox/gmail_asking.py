"""Who may ask Gmail what, and its refusals word for word."""

from collections.abc import Iterable
from datetime import datetime

from app.sandbox import filing
from app.sandbox.answers import Ask, Json, Refusal, bearer, body_of, box_of, live, world_of
from app.sandbox.world import Box, Copy

AUTH = "https://www.googleapis.com/auth/"
EVERYTHING = "https://mail.google.com/"
MODIFY, READONLY, METADATA, COMPOSE, SEND, INSERT, LABELS, SETTINGS = (
    AUTH + f"gmail.{name}" for name in ("modify", "readonly", "metadata", "compose", "send", "insert", "labels", "settings.basic")
)
READ = (MODIFY, READONLY)
LOOK = (*READ, METADATA)


def refusal(status: int, message: str, reason: str, word: str, domain: str = "global", **more: object) -> Refusal:
    error: Json = {"code": status, "message": message, "errors": [{"message": message, "domain": domain, "reason": reason}], "status": word}
    return Refusal(status, {"error": {**error, **more}})


def not_found(message: str = "Requested entity was not found.") -> Refusal:
    return refusal(404, message, "notFound", "NOT_FOUND")


def bad_request(message: str) -> Refusal:
    return refusal(400, message, "badRequest", "INVALID_ARGUMENT")


def mail_sending(until: datetime) -> Refusal:
    """The mailbox has sent what it may; the time is told in words only."""
    sentence = f"User-rate limit exceeded.  Retry after {until:%Y-%m-%dT%H:%M:%S.000Z} (Mail sending)"
    return refusal(429, sentence, "rateLimitExceeded", "RESOURCE_EXHAUSTED", "usageLimits")


def unauthenticated() -> Refusal:
    told = refusal(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.",
        "authError",
        "UNAUTHENTICATED",
    )
    told.headers["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
    return told


def insufficient() -> Refusal:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "domain": "googleapis.com"}
    return refusal(403, "Request had insufficient authentication scopes.", "insufficientPermissions", "PERMISSION_DENIED", details=[info])


def scopes_of(request: Ask) -> set[str]:
    access = bearer(world_of(request), request.headers.get("authorization", ""))
    return set(access.scopes) if access else set()


def allowed(request: Ask, scopes: Iterable[str]) -> Box:
    """The mailbox behind the token, if it has one of these scopes."""
    access = bearer(world_of(request), request.headers.get("authorization", ""))
    if access is None or not live(access, "google"):
        raise unauthenticated()
    box = box_of(world_of(request), access)
    if box.manners.api_error:
        status, _, reason = box.manners.api_error.partition(" ")
        raise refusal(int(status), "The sandbox was asked to refuse.", reason, "PERMISSION_DENIED")
    if request.path_params["user"] not in ("me", box.address):
        raise refusal(403, f"Delegation denied for {box.address}", "forbidden", "PERMISSION_DENIED")
    if not {*scopes, EVERYTHING} & set(access.scopes):
        raise insufficient()
    filing.settle(box)
    return box


def format_asked(request: Ask, default: str = "full") -> str:
    """The format, refused when the grant shows headers only."""
    form: str = request.query_params.get("format") or default
    if form not in ("full", "metadata", "minimal", "raw"):
        raise bad_request(f"Invalid value at 'format': {form}")
    if form in ("full", "raw") and not {*READ, COMPOSE, EVERYTHING} & scopes_of(request):
        raise refusal(403, "Metadata scope doesn't allow format " + form.upper(), "forbidden", "PERMISSION_DENIED")
    return form


def message_asked(request: Ask, box: Box, identifier: str | None = None) -> Copy:
    copy = box.copies.get(identifier or request.path_params["id"])
    if copy is None:
        raise not_found()
    return copy


def thread_asked(request: Ask, box: Box) -> list[Copy]:
    """The messages of a thread, oldest first."""
    found = box.of_thread(request.path_params["id"])
    if not found:
        raise not_found()
    return sorted(found, key=lambda copy: copy.at)


async def labels_asked(request: Ask, box: Box) -> tuple[set[str], set[str]]:
    """Labels to add and to take away; unknown ones are refused."""
    asked = await body_of(request)
    more, less = set(asked.get("addLabelIds", [])), set(asked.get("removeLabelIds", []))
    unknown = {name for name in more | less if name not in SYSTEM_LABELS and name not in box.labels}
    if unknown:
        raise bad_request(f"Invalid label: {min(unknown)}")
    return more, less


SYSTEM_LABELS = (
    *("INBOX", "SENT", "DRAFT", "TRASH", "SPAM", "UNREAD", "STARRED", "IMPORTANT", "CHAT"),
    *(f"CATEGORY_{name}" for name in ("PERSONAL", "SOCIAL", "PROMOTIONS", "UPDATES", "FORUMS")),
)
