"""The public endpoints, in front of everything else: a pixel and a redirect that never read the database.

`/o/<token>.gif` always answers its image, `/c/<token>?to=…` leads where it was sealed to, and both are kept before they are answered.
"""

import gc
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from html import escape
from typing import Any, Final, cast
from urllib.parse import quote, urlsplit

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from app.clock import microseconds, new_id_octets
from app.security.origin import origin
from app.tracking.networks import place_of
from app.tracking.packing import Row, row
from app.tracking.recording import Recorder
from app.tracking.tables import CLICK, OPEN
from app.tracking.tokens import Token, open_link, open_pixel
from app.web.locale import N_, preferred, translate

GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
HTTP: Final = ScopeType.HTTP
LONGEST_AGENT = 512
LONGEST_HEADER = 200
MOST_HEADERS = 24
KEPT = {name.encode(): name for name in ("accept", "accept-language", "purpose", "x-purpose", "x-moz")}
IN_LOCATION = "%/:?#[]@!$&'()*+,;=~"
FRESH = [
    (b"cache-control", b"no-store, no-cache, max-age=0, private"),
    (b"pragma", b"no-cache"),
    (b"x-robots-tag", b"noindex"),
    (b"x-content-type-options", b"nosniff"),
]
PIXEL_HEADERS = [
    (b"content-type", b"image/gif"),
    (b"content-length", str(len(GIF)).encode()),
    (b"cross-origin-resource-policy", b"cross-origin"),
    *FRESH,
]
PIXEL_START: Any = {"type": "http.response.start", "status": 200, "headers": PIXEL_HEADERS}
PIXEL_BODY: Any = {"type": "http.response.body", "body": GIF}
NO_BODY: Any = {"type": "http.response.body", "body": b""}
Answer = Callable[[HTTPScope, Send, Recorder], Awaitable[None]]
COLLECTOR_THRESHOLDS = (50_000, 20, 100)
SWITCH_SECONDS = 0.0001
"""The server's own threads wait this long for ours at most; with Python's 5 ms a hit cost half as much again, with 0.5 ms a twentieth."""
GONE_TITLE = N_("This link is not ours")
GONE = N_("This link was changed on its way and leads nowhere now. Open the mail again and use the link in it, or ask the sender for the address.")
GONE_PAGE = """<!doctype html>
<html lang="{language}">
<meta charset="utf-8">
<title>{title}</title>
<h1>{title}</h1>
<p>{sentence}</p>
</html>
"""


def fronted(app: ASGIApp, recorder: Callable[[], Recorder]) -> ASGIApp:
    """The app with the public endpoints in front of it; everything else goes on to the app.

    The front is no coroutine itself, only what it hands on to is: one less to wake for each hit.
    """

    def front(scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        answer = answer_for(scope)
        return answer(cast(HTTPScope, scope), send, recorder()) if answer else app(scope, receive, send)

    return front


def answer_for(scope: Scope) -> Answer | None:
    """Who answers this request, if it is one of ours."""
    if scope["type"] != HTTP or scope["method"] not in ("GET", "HEAD"):
        return None
    return ANSWERS.get(scope["path"][:3])


async def answer_pixel(scope: HTTPScope, send: Send, recorder: Recorder) -> None:
    token = open_pixel(scope["path"][3:].removesuffix(".gif"))
    if token:
        await recorder.record(arrived(scope, token, OPEN, -1))
    await send(PIXEL_START)
    await send(PIXEL_BODY if scope["method"] == "GET" else NO_BODY)


async def answer_click(scope: HTTPScope, send: Send, recorder: Recorder) -> None:
    found = open_link(scope["path"][3:], scope["query_string"])
    if not found:
        return await answer_gone(scope, send)
    token, destination = found
    await recorder.record(arrived(scope, token, CLICK, token.number))
    location = quote(destination, safe=IN_LOCATION).encode()
    headers = [(b"location", location), (b"content-length", b"0"), (b"referrer-policy", b"no-referrer"), *FRESH]
    await send({"type": "http.response.start", "status": 302, "headers": headers})
    return await send(NO_BODY)


ANSWERS: dict[str, Answer] = {"/o/": answer_pixel, "/c/": answer_click}


async def answer_gone(scope: HTTPScope, send: Send) -> None:
    """A changed link leads nowhere: a small page says so."""
    language = preferred(header(scope, b"accept-language"))
    title, sentence = (escape(translate(language, text)) for text in (GONE_TITLE, GONE))
    body = GONE_PAGE.format(language=language, title=title, sentence=sentence).encode()
    headers = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", str(len(body)).encode()), *FRESH]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b"", "more_body": False})


def arrived(scope: HTTPScope, token: Token, kind: str, link: int) -> Row:
    """What is kept of a request. The address is used here and goes no further."""
    at = microseconds()
    agent, kept = heard(scope["headers"])
    peer = scope["client"]
    place = place_of(origin(peer[0] if peer else "", scope["headers"]), at)
    return row(new_id_octets(), token.workspace_octets, at, token.subject_octets, link, kind, scope["method"], agent, kept, place)


def heard(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, dict[str, str]]:
    """The user agent, and the few headers that tell people from machines."""
    agent, kept = "", {}
    for name, value in headers:
        if name == b"user-agent":
            agent = text(value, LONGEST_AGENT)
        elif name == b"referer":
            kept["referer"] = host_of(text(value, LONGEST_AGENT))
        elif (name in KEPT or name[:4] == b"sec-") and len(kept) < MOST_HEADERS:
            kept[KEPT.get(name) or text(name, 40)] = text(value, LONGEST_HEADER)
    return agent, kept


def text(value: bytes, longest: int) -> str:
    """As PostgreSQL can keep it: no NUL, not without end."""
    return value.decode("latin-1").replace("\0", "")[:longest]


def host_of(referer: str) -> str:
    """Only the host: the rest of a webmail address may name a person."""
    try:
        return (urlsplit(referer).hostname or "")[:LONGEST_HEADER]
    except ValueError:
        return ""


def header(scope: HTTPScope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")


def calm_down() -> None:
    """What a process does once, when it has started and before it serves: so that nothing comes between requests but requests.

    What start-up made is taken out of the collector's sight: walking it under load costs 30 ms each time. And our thread does not
    interrupt the server's own whenever one of them hands it a request (sched(7), SCHED_BATCH): it finds several, for a fifth less each.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    sys.setswitchinterval(SWITCH_SECONDS)
    if hasattr(os, "SCHED_BATCH"):  # Linux
        with suppress(OSError):  # a sandbox may forbid it
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
