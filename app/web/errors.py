"""One place where errors are shown: to htmx as a note, to a browser as a page."""

from typing import Any
from urllib.parse import quote

import asyncpg
import structlog
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.status_codes import HTTP_404_NOT_FOUND, HTTP_405_METHOD_NOT_ALLOWED, HTTP_413_REQUEST_ENTITY_TOO_LARGE, HTTP_429_TOO_MANY_REQUESTS

from app.clock import new_id
from app.errors import NotHere, ProviderError, Refused, SignInFirst
from app.web.locale import N_
from app.web.replies import Asked, page, partial, redirect, wants_partial

log = structlog.get_logger()

SENTENCES = {
    403: N_("This form was open for too long, or in another window. Nothing was changed. Reload the page and try again."),
    HTTP_404_NOT_FOUND: N_("There is no page here. The address may be mistyped, or what was here is gone."),
    HTTP_405_METHOD_NOT_ALLOWED: N_("This address can't be used that way. Go back and use the button on the page."),
    HTTP_413_REQUEST_ENTITY_TOO_LARGE: N_("That is larger than Nachfass takes at once. Nothing was changed. Choose a smaller file."),
    HTTP_429_TOO_MANY_REQUESTS: N_("That was too often in a short time. Nothing was changed. Wait a minute and try again."),
}
BAD_INPUT = N_("Something in this request could not be read. Nothing was changed. Go back and check what you typed.")
OUR_FAULT = N_("Something went wrong on our side. What you had saved is kept. Try again, or tell your operator the number %(number)s.")


def shown(request: Asked, status: int, sentence: str, **values: object) -> Response[Any]:
    """A sentence as an answer: into the page's notices for htmx, on a page of its own otherwise."""
    if wants_partial(request):
        where = {"HX-Retarget": "#notices", "HX-Reswap": "innerHTML"}
        return partial("parts/notice", status_code=status, headers=where, sentence=sentence, values=values)
    return page("errors/told", status_code=status, sentence=sentence, values=values, status=status)


def refused(request: Asked, error: Refused) -> Response[Any]:
    return shown(request, 422, error.sentence, **error.values)


def not_here(request: Asked, error: NotHere) -> Response[Any]:
    return shown(request, HTTP_404_NOT_FOUND, error.sentence, **error.values)


def provider_failed(request: Asked, error: ProviderError) -> Response[Any]:
    log.warning("A provider did not do what was asked", kind=type(error).__name__, code=error.code, route=route_of(request))
    return shown(request, 502, error.sentence, **error.values)


def sign_in_first(request: Asked, _: SignInFirst) -> Response[Any]:
    """To the sign-in page, and back afterwards (only pages can be gone back to)."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    way = f"/sign-in?next={quote(asked)}" if request.method == "GET" and not wants_partial(request) else "/sign-in"
    if wants_partial(request):
        return Response(content=b"", status_code=200, headers={"HX-Redirect": way})
    return redirect(way)


def unstorable(request: Asked, error: Exception) -> Response[Any]:
    """PostgreSQL can't keep a NUL, nor a date beyond its calendar; no form needs either."""
    log.warning("The database refused what was sent", route=route_of(request), kind=type(error).__name__)
    return shown(request, 422, BAD_INPUT)


def http_error(request: Asked, error: HTTPException) -> Response[Any]:
    """What Litestar itself refuses: unknown pages, unreadable forms, stale CSRF tokens."""
    sentence = SENTENCES.get(error.status_code, BAD_INPUT if error.status_code < 500 else "")
    return shown(request, error.status_code, sentence) if sentence else our_fault(request, error)


def route_of(request: Asked) -> str:
    """What was asked for, without what stands in it: of some addresses a part is the key."""
    return str(request.scope.get("path_template", ""))


def our_fault(request: Asked, error: Exception) -> Response[Any]:
    """Anything nobody thought of: a number for the person, the whole story for the log."""
    number = str(new_id())[-8:]
    log.error("Something nobody thought of", number=number, route=route_of(request), exc_info=error)
    return shown(request, 500, OUR_FAULT, number=number)


HANDLERS: dict[Any, Any] = {
    Refused: refused,
    NotHere: not_here,
    ProviderError: provider_failed,
    SignInFirst: sign_in_first,
    HTTPException: http_error,
    asyncpg.DataError: unstorable,
    asyncpg.exceptions._base.DataError: unstorable,
    Exception: our_fault,
}
