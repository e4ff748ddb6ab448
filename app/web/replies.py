"""Answers: a whole page, a fragment of one, or the way to another."""

import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any, cast

from litestar import Request, Response
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.response import Redirect, Template
from litestar.types import Message, Scope
from markupsafe import Markup

from app.clock import now
from app.web.locale import language_of, zone_of

TOAST = "toast"
Asked = Request[Any, Any, Any]


class Html(Template):
    """A template rendered with what every page needs: who reads it, in which language and zone, and the CSRF field."""

    def create_template_context(self, request: Asked) -> dict[str, Any]:
        own = super().create_template_context(request)
        return {**everywhere(request), **own, "csrf_input": Markup(own["csrf_input"])}  # noqa: S704 - Litestar's own markup


def everywhere(request: Asked) -> dict[str, Any]:
    """Names that every template may use: me, language, zone, now, nonce, toast, request."""
    return {
        "request": request,
        "me": request.scope.get("state", {}).get("me"),
        "language": language_of(request),
        "zone": zone_of(request),
        "now": now(),
        "nonce": nonce_of(request),
        "toast": toast_of(request),
    }


def page(template: str, *, status_code: int = 200, **context: Any) -> Template:
    """A whole page."""
    return Html(template_name=template_file(template), context=context, status_code=status_code)


def partial(template: str, *, status_code: int = 200, headers: dict[str, str] | None = None, **context: Any) -> Template:
    """A fragment of a page, to be put in its place by htmx."""
    return Html(template_name=template_file(template), context=context, status_code=status_code, headers=headers)


def rendered(request: Asked, template: str, **context: Any) -> str:
    """A fragment as text, for streams."""
    made = request.app.template_engine.get_template(template_file(template))  # type: ignore[union-attr]
    return str(made.render(**{**everywhere(request), "csrf_input": Markup(""), **context}))


def template_file(name: str) -> str:
    return name if name.endswith(".html") else f"{name}.html"


def redirect(url: str) -> Redirect:
    """See Other: the browser asks for the next page with GET (htmx is told to go there, see `towards`)."""
    return Redirect(url, status_code=303)


def wants_partial(request: Asked) -> bool:
    """Does htmx ask, for a part of the page?"""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"


def nonce_of(request: Asked) -> str:
    """One per answer, for the style element that Trix makes."""
    state = request.scope.setdefault("state", {})
    return str(state.setdefault("nonce", secrets.token_urlsafe(12)))


def flash(request: Asked, sentence: str, *, undo: str = "", **values: object) -> None:
    """Say a sentence on the next page that is shown; `undo` is a local path that takes POST."""
    request.scope.setdefault("state", {})["flash"] = {"sentence": sentence, "values": values, "undo": undo}


def acted(request: Asked, sentence: str, then: str, *, changed: Sequence[str], undo: str = "", **values: object) -> Response[Any]:
    """An act is over: a toast says so, and the parts of the page that show any of `changed` read themselves anew; without htmx on to `then`.

    It is said on the body: a toast whose Undo was pressed is gone by then, and what is said on it nobody hears.
    """
    if wants_partial(request):
        trigger = json.dumps({name: {"target": "body"} for name in changed})
        return partial("parts/toast", headers={"HX-Trigger": trigger}, said={"sentence": sentence, "values": values, "undo": undo})
    flash(request, sentence, undo=undo, **values)
    return cast(Response[Any], redirect(then))


def toast_of(request: Asked) -> dict[str, Any] | None:
    """What the last act wanted to have said."""
    raw = request.cookies.get(TOAST)
    if not raw:
        return None
    try:
        said = json.loads(urlsafe_b64decode(raw))
        sentence, values, undo = str(said["sentence"]), dict(said["values"]), str(said["undo"])
    except (ValueError, KeyError, TypeError):
        return None
    if not wants_partial(request):
        request.scope.setdefault("state", {})["toast_shown"] = True
    return {"sentence": sentence, "values": values, "undo": undo if undo.startswith("/") and not undo.startswith("//") else ""}


async def towards(message: Message, scope: Scope) -> None:
    """Before an answer leaves: keep the toast for the next page, forget it once shown."""
    state = scope.get("state", {})
    if message["type"] != "http.response.start":
        return
    if said := state.get("flash"):
        content = urlsafe_b64encode(json.dumps(said, default=str).encode()).decode()
        add_cookie(message, Cookie(TOAST, value=content, max_age=60, httponly=True, samesite="lax"))
    elif state.get("toast_shown"):
        add_cookie(message, Cookie(TOAST, value="", max_age=0, httponly=True, samesite="lax"))


def add_cookie(message: Message, cookie: Cookie) -> None:
    MutableScopeHeaders.from_message(message).add("set-cookie", cookie.to_header(header=""))
