"""Speaking HTTP to a provider: one function that asks, and what to think of an answer before its words are read."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from weakref import WeakValueDictionary

import httpx
import stamina

from app.clock import now
from app.errors import GiveUp, ProviderError, RetryLater, Unanswered
from app.web.locale import N_

Json = dict[str, Any]
Meaning = Callable[["Answer"], ProviderError]

TIMEOUT = httpx.Timeout(20, connect=10)
LARGEST_ANSWER = 100_000_000
"""Bytes: a mail of 50 MB in base64 inside JSON, and room around it."""
AT_ONCE = 4
"""Requests for one mailbox at the same time: Graph takes no more of an app."""
PATIENCE = timedelta(seconds=4)
"""How long a read waits for the provider by itself; what takes longer is tried again by the schedule."""
MAIL_SENDING, MAIL_SENDING_SAID = "mailSending", b"(Mail sending)"
"""Gmail has had enough mail from this mailbox; reading goes on."""
SHORTEST_WAIT = timedelta(milliseconds=50)
LONGEST_WAIT = timedelta(hours=24)

OUT_OF_REACH = N_("%(provider)s is out of reach. Nothing is lost: it is tried again by itself.")
NO_ANSWER = N_("%(provider)s did not answer. Nothing is lost: it is asked again by itself.")
BUSY = N_("%(provider)s asked for a pause. Nothing is lost: it is tried again by itself.")
FAILING = N_("%(provider)s has trouble of its own. Nothing is lost: it is tried again by itself.")
GARBLED = N_("%(provider)s answered something that can't be understood. Nothing is lost: it is asked again by itself.")
USED_UP = N_(
    "%(provider)s lets this whole Nachfass ask no more until its quota of the day is renewed. It is not about your mailbox, and nothing is lost: "
    "it goes on by itself. Your operator is told."
)
TOO_LARGE = N_("%(provider)s answered more than Nachfass takes at once.")


class Throttled(RetryLater):
    """Too much was asked for. `sending`: only sending has to pause, reading goes on (Gmail: "… (Mail sending)")."""

    def __init__(self, sentence: str, *, code: str = "", at: datetime | None = None, sending: bool = False, **values: object) -> None:
        super().__init__(sentence, code=code, at=at, **values)
        self.sending = sending


class UsedUp(RetryLater):
    """The project, and with it every mailbox of this installation, has used up its day: nobody asks before `at`."""


_lines: dict[asyncio.AbstractEventLoop, httpx.AsyncClient] = {}
_lanes: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()


def line() -> httpx.AsyncClient:
    """The connections of this process, kept open between requests."""
    loop = asyncio.get_running_loop()
    if loop not in _lines or _lines[loop].is_closed:
        _lines[loop] = httpx.AsyncClient(timeout=TIMEOUT, limits=httpx.Limits(max_connections=100, max_keepalive_connections=20))
    return _lines[loop]


async def hang_up() -> None:
    """Close the connections, when the process ends."""
    if client := _lines.pop(asyncio.get_running_loop(), None):
        await client.aclose()


def lane(mailbox: str) -> asyncio.Semaphore:
    """What all requests for one mailbox pass through."""
    return _lanes.setdefault(mailbox, asyncio.Semaphore(AT_ONCE))


@dataclass(frozen=True)
class Question:
    """One request. `reads`: asking twice does no harm, so it may be asked again after no answer. `fine`: statuses from 300 on that are a yes."""

    method: str
    url: str
    reads: bool
    params: Mapping[str, str | list[str]] | None = None
    headers: Mapping[str, str] | None = None
    json: Json | None = None
    content: bytes | None = None
    fine: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Answer:
    """What came back."""

    provider: str
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def json(self) -> Json:
        """The body as an object; an error if it is anything else, an empty body included."""
        found = parsed(self.body)
        if found is None:
            raise garbled(self.provider)
        return found

    @property
    def said(self) -> Json:
        """The body of a refusal, as far as it can be read."""
        return parsed(self.body) or {}


def parsed(body: bytes) -> Json | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def garbled(provider: str) -> RetryLater:
    return RetryLater(GARBLED, code="garbled", provider=provider)


async def ask(provider: str, question: Question, token: str, meaning: Meaning) -> Answer:
    """Ask once and answer what came back, if it is a yes; else raise what it means. Without a token nobody is told who asks."""
    try:
        answer = await exchange(provider, question, token)
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
        raise RetryLater(OUT_OF_REACH, code="unreachable", provider=provider) from None
    except httpx.HTTPError as error:
        raise lost(provider, question, NO_ANSWER, type(error).__name__) from None
    if answer.status >= 300 and answer.status not in question.fine:
        raise trouble(question, answer) or meaning(answer)
    return answer


async def exchange(provider: str, question: Question, token: str) -> Answer:
    """The bare request; an answer without end is cut off."""
    request = line().build_request(
        question.method, question.url, params=question.params, json=question.json, content=question.content,
        headers={**(question.headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})},
    )  # fmt: skip
    response = await line().send(request, stream=True)
    body = bytearray()
    try:
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > LARGEST_ANSWER:
                raise GiveUp(TOO_LARGE, code="too-large", provider=provider)
    finally:
        await response.aclose()
    return Answer(provider, response.status_code, response.headers, bytes(body))


def trouble(question: Question, answer: Answer) -> ProviderError | None:
    """What a status means at every provider; nothing if its words decide."""
    if answer.status == 429:
        return throttled(answer, code_of(answer, "429"))
    if answer.status == 408 or answer.status >= 500:
        return lost(answer.provider, question, FAILING, code_of(answer, str(answer.status)), retry_at(answer))
    return None


def throttled(answer: Answer, code: str) -> Throttled:
    return Throttled(BUSY, code=code, at=retry_at(answer), sending=b"(mail sending)" in answer.body[:5000].lower(), provider=answer.provider)


def lost(provider: str, question: Question, sentence: str, code: str, at: datetime | None = None) -> RetryLater:
    """No usable answer: harmless after reading, while a write may have been done."""
    kind = RetryLater if question.reads else Unanswered
    return kind(sentence, code=code, at=at, provider=provider)


def code_of(answer: Answer, default: str) -> str:
    """The provider's own word for an error: Google's reason, Graph's code; of the one that Google only tells in its sentence, ours."""
    if MAIL_SENDING_SAID in answer.body[:5000]:
        return MAIL_SENDING
    error = answer.said.get("error")
    error = error if isinstance(error, dict) else {}
    reasons = [entry.get("reason") for entry in error.get("errors") or [] if isinstance(entry, dict)]
    word = next((reason for reason in reasons if reason), None) or error.get("code")
    return str(word)[:100] if isinstance(word, str) else default


SPOKEN_TIME = re.compile(r"[Rr]etry after (\d{4}-\d\d-\d\dT[\d:.]+Z)")


def retry_at(answer: Answer) -> datetime | None:
    """When to ask again: Retry-After in seconds or as a date (RFC 9110, 10.2.3), or Gmail's sentence; never beyond a day."""
    told = answer.headers.get("retry-after", "").strip()
    spoken = SPOKEN_TIME.search(answer.body[:5000].decode("utf-8", "replace"))
    at = moment(told) or (moment(spoken[1]) if spoken else None)
    return min(max(at, now()), now() + LONGEST_WAIT) if at else None


def moment(text: str) -> datetime | None:
    try:
        if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
            return now() + timedelta(seconds=float(text))
        at = datetime.fromisoformat(text) if text[:4].isdecimal() else parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def worth_waiting(error: Exception) -> bool | timedelta:
    """Is a read asked again at once? Not when the provider wants more patience than a caller has."""
    if not isinstance(error, RetryLater):
        return False
    pause = error.at - now() if error.at else None
    return pause is None or (pause <= PATIENCE and max(pause, SHORTEST_WAIT))


def again() -> Any:
    """Three tries for what only reads."""
    return stamina.retry_context(on=worth_waiting, attempts=3, timeout=30, wait_initial=0.2, wait_max=2.0, wait_jitter=0.3)


def text(found: Json, name: str, provider: str) -> str:
    """A word that the contract promises."""
    value = found.get(name)
    if not isinstance(value, str) or not value:
        raise garbled(provider)
    return value


def number(found: Json, name: str, provider: str) -> int:
    """A count that was asked for."""
    value = found.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise garbled(provider)
    return value


def objects(found: Json, name: str) -> list[Json]:
    """A list of objects; none where the provider leaves an empty list out."""
    value = found.get(name)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
