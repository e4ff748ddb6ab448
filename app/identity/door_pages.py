"""Pages for whoever is not signed in yet: first run, sign in, a sign-in link, an invitation."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from litestar import Controller, Response, get, post
from litestar.params import FromPath, FromQuery, URLEncodedBody

from app.errors import NotHere, Refused
from app.identity.first_run import begin, is_first_run
from app.identity.guarding import COOKIE, known
from app.identity.inviting import come_in, invited_by
from app.identity.signing_in import Entry, enter, sign_in, sign_out
from app.identity.tables import TRACK
from app.identity.visiting import visit_of
from app.security.throttling import TooOften
from app.settings import settings
from app.web import locale
from app.web.locale import language_of, translate
from app.web.replies import Asked, page, redirect

DEFAULT_ZONE = "Europe/Berlin"
COOKIE_AGE = timedelta(days=400)
"""As long as browsers keep one (RFC 6265bis); whether the session still counts is decided here, 30 days after it was last used."""


@dataclass(frozen=True)
class FirstRun:
    """The form of the first visit."""

    workspace: str = ""
    name: str = ""
    email: str = ""
    password: str = ""
    unknown_consent: str = TRACK
    time_zone: str = ""


@dataclass(frozen=True)
class Credentials:
    """The sign-in form, and the page to go to afterwards."""

    email: str = ""
    password: str = ""
    next: str = ""


@dataclass(frozen=True)
class Newcomer:
    """The form behind an invitation."""

    name: str = ""
    email: str = ""
    password: str = ""
    time_zone: str = ""


class DoorPages(Controller):
    """The way in."""

    @get("/first-run")
    async def show_first_run(self, request: Asked) -> Response[Any]:
        if not await is_first_run():
            return redirect("/sign-in")
        return door(request, "identity/first_run", form=FirstRun())

    @post("/first-run")
    async def begin(self, request: Asked, data: URLEncodedBody[FirstRun]) -> Response[Any]:
        try:
            entry = await begin(
                visit_of(request),
                workspace=data.workspace,
                name=data.name,
                email=data.email,
                password=data.password,
                unknown_consent=data.unknown_consent,
                locale=language_of(request),
                time_zone=zone_or_default(data.time_zone),
            )
        except Refused as refused:
            return door(request, "identity/first_run", refused, form=data)
        return await let_in(request, entry, "/mailboxes")

    @get("/sign-in")
    async def show_sign_in(self, request: Asked, next: FromQuery[str] = "") -> Response[Any]:
        if await is_first_run():
            return redirect("/first-run")
        if await known(request):
            return redirect(local(next))
        return door(request, "identity/sign_in", form=Credentials(next=next))

    @post("/sign-in")
    async def sign_in(self, request: Asked, data: URLEncodedBody[Credentials]) -> Response[Any]:
        try:
            entry = await sign_in(data.email, data.password, visit_of(request))
        except Refused as refused:
            return door(request, "identity/sign_in", refused, form=data)
        return await let_in(request, entry, local(data.next))

    @post("/sign-out")
    async def sign_out(self, request: Asked) -> Response[Any]:
        await sign_out(request.cookies.get(COOKIE, ""))
        answer = redirect("/sign-in")
        answer.delete_cookie(COOKIE)
        return answer

    @get("/enter/{token:str}")
    async def enter(self, request: Asked, token: FromPath[str]) -> Response[Any]:
        try:
            entry = await enter(token, visit_of(request))
        except NotHere:
            if await known(request):
                return redirect("/")
            raise
        return await let_in(request, entry, "/")

    @get("/invitation/{token:str}")
    async def show_invitation(self, request: Asked, token: FromPath[str]) -> Response[Any]:
        return door(request, "identity/invitation", form=Newcomer(), invited=await invited_by(token))

    @post("/invitation/{token:str}")
    async def come_in(self, request: Asked, token: FromPath[str], data: URLEncodedBody[Newcomer]) -> Response[Any]:
        invited = await invited_by(token)
        try:
            entry = await come_in(
                token,
                visit_of(request),
                name=data.name,
                email=data.email,
                password=data.password,
                locale=language_of(request),
                time_zone=zone_or_default(data.time_zone),
            )
        except Refused as refused:
            return door(request, "identity/invitation", refused, form=data, invited=invited)
        return await let_in(request, entry, "/mailboxes")


def door(request: Asked, template: str, refused: Refused | None = None, **context: Any) -> Response[Any]:
    """A page before the door; a language chosen there is remembered."""
    answer = page(template, status_code=status_of(refused), **errors_of(request, refused), **context)
    if isinstance(refused, TooOften):
        answer.headers["retry-after"] = str(refused.values.get("seconds", 60))
    if request.query_params.get("lang") in locale.LANGUAGES:
        answer.set_cookie(locale.COOKIE, request.query_params["lang"], max_age=int(COOKIE_AGE.total_seconds()), samesite="lax")
    return answer


def status_of(refused: Refused | None) -> int:
    return 200 if refused is None else 429 if isinstance(refused, TooOften) else 422


def errors_of(request: Asked, refused: Refused | None) -> dict[str, Any]:
    """For a form: the sentence at the field it is about, or above the form."""
    if refused is None:
        return {"errors": {}, "problem": ""}
    sentence = translate(language_of(request), refused.sentence, **refused.values)
    return {"errors": {refused.field: sentence}, "problem": ""} if refused.field else {"errors": {}, "problem": sentence}


async def let_in(request: Asked, entry: Entry, way: str) -> Response[Any]:
    """Hand out the cookie: not for scripts, not for requests from other sites, and over HTTPS only where there is HTTPS."""
    await sign_out(request.cookies.get(COOKIE, ""))
    answer = redirect(way)
    answer.set_cookie(
        COOKIE, entry.token, max_age=int(COOKIE_AGE.total_seconds()), httponly=True, samesite="lax", secure=settings().secure_cookies, path="/"
    )
    return answer


def local(way: str) -> str:
    """A path of ours to go to; whatever could lead elsewhere leads to the feed."""
    parts = urlsplit(way)
    safe = way.startswith("/") and not way.startswith(("//", "/\\")) and not parts.netloc and way.isprintable() and "\\" not in way
    return way if safe and not way.startswith("/sign-") else "/"


def zone_or_default(time_zone: str) -> str:
    """What the browser said, if we know such a zone: nobody is asked for it at the door."""
    return time_zone if time_zone in available_timezones() else DEFAULT_ZONE
