"""Every exchange passes here: a fault that is due strikes before, instead of or after the work."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import cast
from urllib.parse import parse_qs

import httpx
from litestar.types import HTTPReceiveMessage, HTTPRequestEvent, HTTPScope, Message, Receive, Send

from app.clock import now
from app.sandbox import accounting
from app.sandbox.answers import Json, bearer
from app.sandbox.faults import Fault
from app.sandbox.graph_asking import problem
from app.sandbox.world import World

Work = Callable[..., Awaitable[None]]
PROVIDERS = ("google", "microsoft")
MOST_AT_ONCE = 4


async def exchange(world: World, work: Work, scope: HTTPScope, receive: Receive, send: Send) -> None:
    """One request and its answer, or whatever happens instead."""
    provider = scope["path"].split("/")[1]
    if provider not in PROVIDERS:
        await work(scope, receive, send)
        return
    receive, token = await refresh_token(scope, receive)
    mailbox = asking(world, scope, token)
    request = f"{scope['method']} {scope['path']}"
    within = mailbox is None or accounting.spend(world.box(mailbox), provider, request)
    fault = world.faults.strike(provider, mailbox, request) if within else Fault("403-rate")
    if fault:
        await strike(world, fault, provider, mailbox, work, scope, receive, send)
    elif mailbox and accounting.API.search(request):
        await crowded(world, provider, mailbox, work, scope, receive, send)
    else:
        await work(scope, receive, send)


async def refresh_token(scope: HTTPScope, receive: Receive) -> tuple[Receive, str]:
    """The refresh token in a token request; the body is put back for whoever reads it next."""
    if not scope["path"].endswith("/token"):
        return receive, ""
    body, more = b"", True
    while more:
        piece = cast(HTTPRequestEvent, await receive())
        body += piece.get("body", b"")
        more = piece.get("more_body", False)
    left: list[HTTPReceiveMessage] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> HTTPReceiveMessage:
        return left.pop() if left else cast(HTTPReceiveMessage, await receive())

    return cast(Receive, again), parse_qs(body.decode("utf-8", "replace")).get("refresh_token", [""])[0]


def asking(world: World, scope: HTTPScope, token: str) -> str | None:
    """Whose mailbox it is about."""
    given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
    access = bearer(world, given)
    grant = access.grant if access else world.grants.refresh.get(token)
    return grant.mailbox if grant else None


async def crowded(world: World, provider: str, mailbox: str, work: Work, scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Counted at both; Exchange serves four requests of an app to one mailbox at a time."""
    box = world.box(mailbox)
    box.most_at_once = max(box.most_at_once, box.busy + 1)
    if provider == "microsoft" and box.busy >= MOST_AT_ONCE:
        box.throttled += 1
        body = problem("ApplicationThrottled", "Application is over its MailboxConcurrency limit.")
        await answer(send, 429, json.dumps(body).encode(), {"retry-after": "1"})
        return
    box.busy += 1
    try:
        await asyncio.sleep(box.manners.latency)
        await work(scope, receive, send)
    finally:
        box.busy -= 1


async def strike(world: World, fault: Fault, provider: str, mailbox: str | None, work: Work, scope: HTTPScope, receive: Receive, send: Send) -> None:
    """What the fault does instead of a plain answer."""
    if fault.kind in ("drop-after", "hang-after", "empty"):
        await work(scope, receive, swallow)
    if fault.kind in ("hang", "hang-after"):
        await asyncio.sleep(fault.seconds)
        raise await broken_off(send, httpx.ReadTimeout("The sandbox let the request hang."))
    if fault.kind in ("drop", "drop-after"):
        raise await broken_off(send, httpx.RemoteProtocolError("The sandbox dropped the connection."))
    if fault.kind == "expired-token" and mailbox:
        world.grants.expire(mailbox)
        await work(scope, receive, send)
        return
    status, body = refusals(fault, provider)
    if mailbox and fault.kind in ("403-rate", "429", "429-sending"):
        world.box(mailbox).throttled += 1
    wait = {} if fault.retry_after is None else {"retry-after": waited(fault.retry_after, fault.dated)}
    await answer(send, status, body, wait)


def waited(seconds: float, dated: bool) -> str:
    """Retry-After in either form (RFC 9110)."""
    return format_datetime(now() + timedelta(seconds=seconds), usegmt=True) if dated else f"{seconds:g}"


async def swallow(_: Message) -> None:
    """The answer is lost on its way."""


async def broken_off(send: Send, error: httpx.TransportError) -> httpx.TransportError:
    """An answer that promises more than it brings: on the wire the connection breaks, in process the error itself comes out."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
    return error


def refusals(fault: Fault, provider: str) -> tuple[int, bytes]:
    """Status and body as this provider would say it."""
    if fault.kind == "empty":
        return 200, b""
    if fault.kind == "500":
        return 500, b"<html><title>Error 500 (Server Error)!!1</title><p>That is an error.</p></html>"
    if fault.kind == "503":
        return 503, b"upstream connect error or disconnect/reset before headers. reset reason: overflow"
    said = gmail_says(fault) if provider == "google" else microsoft_says(fault)
    return said[0], json.dumps(said[1]).encode()


def gmail_says(fault: Fault) -> tuple[int, Json]:
    if fault.kind == "revoked":
        return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    status, message, reason, domain, word = {
        "429": (429, "User-rate limit exceeded.", "rateLimitExceeded", "usageLimits", "RESOURCE_EXHAUSTED"),
        "429-sending": (429, sending_pauses(fault), "userRateLimitExceeded", "usageLimits", "RESOURCE_EXHAUSTED"),
        "400": (400, "Bad Request", "badRequest", "global", "INVALID_ARGUMENT"),
        "404": (404, "Requested entity was not found.", "notFound", "global", "NOT_FOUND"),
        "403-daily": (403, "Daily Limit Exceeded", "dailyLimitExceeded", "usageLimits", "PERMISSION_DENIED"),
        "403-rate": (403, "User Rate Limit Exceeded", "userRateLimitExceeded", "usageLimits", "PERMISSION_DENIED"),
        "lost-history": (404, "Requested entity was not found.", "notFound", "global", "NOT_FOUND"),
    }[fault.kind]
    error = {"code": status, "message": message, "status": word, "errors": [{"domain": domain, "reason": reason, "message": message}]}
    return status, {"error": error}


def sending_pauses(fault: Fault) -> str:
    return f"User-rate limit exceeded.  Retry after {now() + timedelta(seconds=fault.seconds):%Y-%m-%dT%H:%M:%S.000Z} (Mail sending)"


def microsoft_says(fault: Fault) -> tuple[int, Json]:
    if fault.kind == "revoked":
        sentence = "AADSTS50173: The provided grant has expired due to it being revoked, a fresh auth token is needed."
        stamp = f"{now():%Y-%m-%d %H:%M:%SZ}"
        return 400, {"error": "invalid_grant", "error_description": sentence, "error_codes": [50173], "timestamp": stamp, "suberror": "bad_token"}
    status, code, message = {
        "429": (429, "ApplicationThrottled", "Application is over its MailboxConcurrency limit."),
        "429-sending": (429, "ErrorExceededMessageLimit", "Cannot send mail. The message limit was exceeded."),
        "400": (400, "ExtensionError", "Operation: Update; Exception: [Status Code: BadRequest; Reason: Bad Request]"),
        "404": (404, "ErrorItemNotFound", "The specified object was not found in the store."),
        "403-rate": (429, "TooManyRequests", "Too many requests."),
        "403-daily": (429, "TooManyRequests", "Too many requests."),
        "lost-history": (410, "SyncStateNotFound", "The sync state generation is not found; resync is required."),
    }[fault.kind]
    return status, problem(code, message)


async def answer(send: Send, status: int, body: bytes, headers: dict[str, str]) -> None:
    kind = b"application/json" if body.startswith(b"{") else b"text/html"
    told = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    told += [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": told})
    await send({"type": "http.response.body", "body": body, "more_body": False})
