"""One provider's line for one mailbox: a token for every request, a second one when the first is refused."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Protocol

from app.errors import ProviderError, ReconnectNeeded, RetryLater, Unanswered
from app.mailboxes.providers import wire
from app.mailboxes.providers.pacing import pace
from app.mailboxes.providers.wire import Answer, Json, Meaning, Question, Throttled, UsedUp

UsedUpVerb = Callable[[RetryLater], Awaitable[None]]
"""What is done when the project has used up its day: everybody else has to know before they ask."""
MOST_THROTTLED = 8
"""How often a read is asked again because it was one too many."""


class TokenRefused(ProviderError):
    """401: the access token is not taken (any more); a fresh one may be, if it satisfies `claims` (a claims challenge as JSON)."""

    def __init__(self, sentence: str, *, code: str = "", claims: str = "", **values: object) -> None:
        super().__init__(sentence, code=code, **values)
        self.claims = claims


class Tokens(Protocol):
    """Where access tokens come from."""

    async def access(self, refused: str = "", claims: str = "") -> str:
        """A token that is good now, and not the one that was refused; with `claims`, one that satisfies them."""


class Line:
    """Asks for one mailbox."""

    def __init__(self, provider: str, mailbox: str, tokens: Tokens, meaning: Meaning, used_up: UsedUpVerb | None = None) -> None:
        self.provider, self.tokens, self.meaning, self.used_up = provider, tokens, meaning, used_up
        self.lane, self.pace = wire.lane(mailbox), pace(provider, mailbox)

    async def read(self, url: str, asked: Mapping[str, str | list[str]] | None = None, headers: Mapping[str, str] | None = None) -> Json:
        """GET an object, asked again when no good answer comes. `asked` replaces the query of the URL, if there is any."""
        question = Question("GET", url, reads=True, params=asked or None, headers=headers)
        async for attempt in wire.again():
            with attempt:
                return (await self.ask(question)).json
        raise AssertionError("unreachable")

    async def read_raw(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        """GET bytes; an empty answer is no answer."""
        async for attempt in wire.again():
            with attempt:
                answer = await self.ask(Question("GET", url, reads=True, headers=headers))
                if not answer.body:
                    raise wire.garbled(self.provider)
                return answer.body
        raise AssertionError("unreachable")

    async def write(self, question: Question) -> Answer:
        """Anything that changes something: asked once."""
        return await self.ask(question)

    async def made(self, question: Question) -> Json:
        """Write, and read what was made; if that can't be understood it may still have been made."""
        answer = await self.ask(question)
        try:
            return answer.json
        except RetryLater as error:
            raise Unanswered(error.sentence, code=error.code, provider=self.provider) from None

    async def ask(self, question: Question) -> Answer:
        """Within the provider's limits. A read that was one too many is asked again after the pause, if that is short."""
        for _ in range(MOST_THROTTLED):
            try:
                return await self.in_turn(question)
            except Throttled:
                if not question.reads or self.pace.held(question) > wire.PATIENCE:
                    raise
        return await self.in_turn(question)

    async def in_turn(self, question: Question) -> Answer:
        """Wait outside the lane, so that what need not wait gets through; spend inside, when it really goes out."""
        while True:
            await self.pace.wait(question)
            async with self.lane:
                if self.pace.pause(question) <= timedelta(0):
                    return await self.authorised(question)

    async def authorised(self, question: Question) -> Answer:
        token = await self.tokens.access()
        try:
            return await self.once(question, token)
        except TokenRefused as error:
            token = await self.tokens.access(refused=token, claims=error.claims)
        try:
            return await self.once(question, token)
        except TokenRefused as error:
            raise ReconnectNeeded(error.sentence, code=error.code, claims=error.claims, provider=self.provider) from None

    async def once(self, question: Question, token: str) -> Answer:
        self.pace.spend(question)
        try:
            answer = await wire.ask(self.provider, question, token, self.meaning)
        except RetryLater as error:
            self.pace.refused(error)
            if isinstance(error, UsedUp) and self.used_up:
                await self.used_up(error)
            raise
        self.pace.went_through()
        return answer

    async def ask_openly(self, question: Question) -> Answer:
        """Without a token, at an address that the provider gave for one upload: whoever knows it may write there."""
        async with self.lane:
            return await wire.ask(self.provider, question, "", self.meaning)
