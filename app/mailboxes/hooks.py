"""Where providers tell us that a mailbox has changed: no session, no form, and nothing to learn for whoever else knocks."""

import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator
from typing import Any

import structlog
from litestar import Controller, Request, Response, post
from litestar.datastructures import State
from litestar.enums import MediaType
from litestar.exceptions import HTTPException

from app.mailboxes.hearing import Notice, hear_gmail, hear_outlook
from app.mailboxes.providers.google_keys import NotGoogle, prove
from app.mailboxes.tables import GMAIL, OUTLOOK
from app.mailboxes.watching import pushes

log = structlog.get_logger()
Asked = Request[Any, Any, State]

LARGEST_NOTICE = 512_000
LONGEST_WORD = 1_000
VALIDATION = "validationToken"

HEARD, NOT_FOR_US, NOT_PROVED = "Heard.", "Nobody listens here.", "This was not signed for us."
NO_JSON, NO_NOTICE, NO_TOKEN = "This is not JSON.", "This is not a notice.", "This is not a validation token."
REFUSALS = {405: "Only POST is taken here.", 413: "That is larger than any notice."}


class NoNotice(Exception):
    """What came is not what this provider sends; the sentence says why, as far as a stranger may know."""


def answered(sentence: str, status: int) -> Response[str]:
    """Plain words: a machine asked, and what it sent is never sent back as a page."""
    return Response(sentence, status_code=status, media_type=MediaType.TEXT)


def garbage(_: Asked, error: NoNotice) -> Response[str]:
    return answered(str(error), 400)


def refused(_: Asked, error: HTTPException) -> Response[str]:
    return answered(REFUSALS.get(error.status_code, NO_NOTICE), error.status_code)


class Hooks(Controller):
    path = "/hooks"
    opt = {"exclude_from_csrf": True}  # noqa: RUF012 - Litestar reads it so
    request_max_body_size = LARGEST_NOTICE
    exception_handlers = {NoNotice: garbage, HTTPException: refused}  # noqa: RUF012 - Litestar reads it so

    @post("/gmail")
    async def gmail(self, request: Asked) -> Response[str]:
        """A push of Pub/Sub. Whatever is proved is answered with yes, or it would come again for a week."""
        if not pushes(GMAIL):
            return answered(NOT_FOR_US, 404)
        try:
            await prove(bearer(request))
        except NotGoogle as error:
            log.warning("A push that Google did not sign for us", why=str(error))
            return answered(NOT_PROVED, 401)
        await hear_gmail(address_in(await body(request)))
        return answered(HEARD, 200)

    @post(["/outlook", "/outlook/lifecycle"])
    async def outlook(self, request: Asked) -> Response[str]:
        """Graph's handshake, its notices and its lifecycle events, at either address. Nobody learns whether a notice was believed."""
        if not pushes(OUTLOOK):
            return answered(NOT_FOR_US, 404)
        if VALIDATION in request.query_params:
            return shaken(request.query_params[VALIDATION])
        await hear_outlook(notices_in(await body(request)))
        return answered(HEARD, 202)


def bearer(request: Asked) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def shaken(token: str) -> Response[str]:
    """The token as it came, decoded, within ten seconds, as text/plain."""
    return answered(token, 200) if 0 < len(token) <= LONGEST_WORD and token.isprintable() else answered(NO_TOKEN, 400)


async def body(request: Asked) -> dict[str, Any]:
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise NoNotice(NO_JSON) from None
    if not isinstance(found, dict):
        raise NoNotice(NO_NOTICE)
    return found


def address_in(said: dict[str, Any]) -> str:
    """`{"message": {"data": base64({"emailAddress", "historyId"})}}`; the history id is only a hint and left alone."""
    message = said.get("message")
    data = message.get("data") if isinstance(message, dict) else None
    try:
        inside = json.loads(b64decode(data, validate=True)) if isinstance(data, str) else None
    except (ValueError, NotBase64, RecursionError):
        inside = None
    address = inside.get("emailAddress") if isinstance(inside, dict) else None
    if not isinstance(address, str) or not is_word(address):
        raise NoNotice(NO_NOTICE)
    return address


def notices_in(said: dict[str, Any]) -> list[Notice]:
    """`{"value": [{subscriptionId, clientState, changeType or lifecycleEvent, …}]}`."""
    value = said.get("value")
    if not isinstance(value, list):
        raise NoNotice(NO_NOTICE)
    return list(read(value))


def read(value: list[Any]) -> Iterator[Notice]:
    for entry in value:
        if isinstance(entry, dict):
            words = [entry.get("subscriptionId"), entry.get("clientState"), entry.get("lifecycleEvent") or ""]
            spoken = [word for word in words if isinstance(word, str) and is_word(word)]
            if len(spoken) == len(words):
                yield Notice(*spoken)


def is_word(text: str) -> bool:
    """PostgreSQL keeps neither NUL nor half a character, and nothing of ours is longer."""
    return len(text) <= LONGEST_WORD and (not text or text.isprintable())


HOOKS: list[type[Controller]] = [Hooks]
