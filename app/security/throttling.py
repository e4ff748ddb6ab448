"""What must not be tried without end: each further failure waits longer, and succeeding clears the account's slate."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.clock import now
from app.database import rows, together
from app.errors import Refused
from app.security.signing import keyed
from app.security.tables import Attempt


@dataclass(frozen=True)
class Limit:
    """How often something may fail before it has to wait, and how long at first and at most."""

    what: str
    free: int
    first: timedelta
    longest: timedelta

    def wait_after(self, failures: int) -> timedelta:
        """Doubles with each failure beyond the free ones."""
        beyond = failures - self.free
        return timedelta(0) if beyond < 0 else min(self.first * 2 ** min(beyond, 20), self.longest)


ACCOUNT = Limit("account", free=5, first=timedelta(seconds=20), longest=timedelta(minutes=10))
NETWORK = Limit("network", free=30, first=timedelta(seconds=20), longest=timedelta(minutes=30))
REMEMBERED = timedelta(hours=2)


class TooOften(Refused):
    """Tried too often: `at` is when the next try is looked at."""

    def __init__(self, sentence: str, at: datetime, **values: object) -> None:
        super().__init__(sentence, field=None, **values)
        self.at = at


@dataclass(frozen=True)
class Try:
    """A try under way. It counts as failed from the start, so that many at once do not slip through."""

    attempts: tuple[Attempt, ...]
    account: str

    async def succeeded(self) -> None:
        """It was right: the account starts afresh, and the network is not blamed for this one."""
        async with together():
            await Attempt.delete().where(Attempt.id.is_in([attempt.id for attempt in self.attempts]))
            await Attempt.delete().where(Attempt.key == self.account)


async def try_once(account: str, network: str) -> Try:
    """Note a try on an account from a network, whether or not there is such an account; raises TooOften."""
    keys = {key_of(ACCOUNT, account): ACCOUNT, key_of(NETWORK, network): NETWORK}
    async with together():
        for key in sorted(keys):
            await rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", key)
        refuse_until(max([await next_try(key, limit) for key, limit in keys.items()]))
        attempts = tuple(Attempt(key=key) for key in keys)
        await Attempt.insert(*attempts)
    return Try(attempts, key_of(ACCOUNT, account))


async def wait_of(account: str, network: str) -> timedelta:
    """How long the next try would have to wait now."""
    at = max(await next_try(key_of(ACCOUNT, account), ACCOUNT), await next_try(key_of(NETWORK, network), NETWORK))
    return max(at - now(), timedelta(0))


async def next_try(key: str, limit: Limit) -> datetime:
    found = await rows("SELECT count(*) AS failures, max(at) AS last FROM attempt WHERE key = $1 AND at > $2", key, now() - REMEMBERED)
    last: datetime | None = found[0]["last"]
    return now() if last is None else last + limit.wait_after(int(found[0]["failures"]))


def refuse_until(at: datetime) -> None:
    seconds = (at - now()).total_seconds()
    if seconds > 90:
        raise TooOften("That was tried too often. You can try again in %(minutes)d minutes.", at, minutes=round(seconds / 60))
    if seconds > 0:
        raise TooOften("That was tried too often. You can try again in %(seconds)d seconds.", at, seconds=max(1, round(seconds)))


def key_of(limit: Limit, who: str) -> str:
    return f"{limit.what}:{keyed('throttle', who.strip().lower())}"


async def forget_attempts() -> None:
    """Drop what no longer counts."""
    await Attempt.delete().where(Attempt.at < now() - REMEMBERED)
