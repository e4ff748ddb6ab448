"""How far a dispatch got, written down by the worker that has it; another one's marks are refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from piccolo.columns import Column

from app.clock import now
from app.database import rows, together
from app.errors import ProviderError, RetryLater
from app.happenings import SendFailed, SendUnclear, announce
from app.mailboxes.tables import READ, Mailbox
from app.outbox.separating import give_back
from app.outbox.tables import Dispatch
from app.threads.expecting import stayed

CLAIM_LASTS = timedelta(minutes=10)
RENEWED_EVERY = timedelta(minutes=1)
LOOK_AGAIN = timedelta(seconds=3)
LONGEST_LOOK = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(minutes=10)


class TakenOver(Exception):
    """Another worker has this dispatch now: ours was thought dead."""


@dataclass
class Trip:
    """One dispatch under way. `unclear`: an earlier try may have sent it, and nobody has been asked yet."""

    dispatch: Dispatch
    mailbox: Mailbox
    unclear: bool

    @property
    def may_look(self) -> bool:
        return READ in self.mailbox.rights


async def claim(most: int) -> list[Dispatch]:
    """Take what is due, for ten minutes; of two workers each gets its own."""
    taken = await rows(
        "WITH due AS MATERIALIZED (SELECT id FROM dispatch WHERE due_at <= $1 AND (claimed_at IS NULL OR claimed_at < $2) "
        "ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED) "
        "UPDATE dispatch SET claimed_at = $1, tries = tries + 1 FROM due WHERE dispatch.id = due.id RETURNING dispatch.id",
        now(),
        now() - CLAIM_LASTS,
        most,
    )
    ids = [row["id"] for row in taken]
    return await Dispatch.objects().where(Dispatch.id.is_in(ids)).order_by(Dispatch.id) if ids else []


async def keep_claim(dispatch: Dispatch) -> None:
    """Say that the work goes on, in the midst of a long upload."""
    if now() - dispatch.claimed_at > RENEWED_EVERY:
        await mark(dispatch, {Dispatch.claimed_at: now()})


def pause(dispatch: Dispatch, error: RetryLater) -> datetime:
    """When to ask again: when the provider said, else a little later every time."""
    return max(error.at or now(), now() + waits(dispatch))


def waits(dispatch: Dispatch) -> timedelta:
    """A little longer every time."""
    doublings: int = min(max(dispatch.tries - 2, 0) // 2, 10)
    return min(LOOK_AGAIN * (1 << doublings), LONGEST_PAUSE)


async def come_back(dispatch: Dispatch, at: datetime, error: ProviderError | None = None, more: dict[Column | str, Any] | None = None) -> None:
    told: dict[Column | str, Any] = {Dispatch.problem: error.sentence, Dispatch.problem_values: plain(error.values)} if error else {}
    await mark(dispatch, {Dispatch.due_at: at, Dispatch.claimed_at: None, **told, **(more or {})})


async def rest(dispatch: Dispatch) -> None:
    await mark(dispatch, {Dispatch.due_at: None, Dispatch.claimed_at: None})


async def fail(trip: Trip, sentence: str, **values: object) -> None:
    """It did not go out: say why, and give the draft back to be corrected."""
    async with together():
        await end(trip.dispatch, Dispatch.failed_at, sentence, values)
        await stayed(trip.dispatch.message)
        await give_back(trip.dispatch.draft, [trip.dispatch])
        await announce(SendFailed(trip.dispatch.id))


async def unclear(trip: Trip, sentence: str, **values: object) -> None:
    """Nobody can say: the person decides."""
    async with together():
        await end(trip.dispatch, Dispatch.unknown_at, sentence, values)
        await announce(SendUnclear(trip.dispatch.id))


async def end(dispatch: Dispatch, ended_at: Column, sentence: str, values: dict[str, object]) -> None:
    await mark(
        dispatch,
        {
            ended_at: now(),
            Dispatch.due_at: None,
            Dispatch.claimed_at: None,
            Dispatch.problem: sentence,
            Dispatch.problem_values: plain(values),
        },
    )


def plain(values: dict[str, object]) -> dict[str, object]:
    return {name: value if isinstance(value, (str, int, float)) else str(value) for name, value in values.items()}


async def mark(dispatch: Dispatch, changes: dict[Column | str, Any]) -> None:
    """Write how far it got, if it is still ours; and remember it in the row at hand."""
    held = Dispatch.id == dispatch.id, Dispatch.claimed_at == dispatch.claimed_at
    if not await Dispatch.update(changes).where(*held).returning(Dispatch.id):
        raise TakenOver
    for column, value in changes.items():
        setattr(dispatch, column if isinstance(column, str) else column._meta.name, value)


async def release(dispatch: Dispatch) -> None:
    """Let another worker take it at once, when this one is told to stop."""
    await Dispatch.update({Dispatch.claimed_at: None}).where(Dispatch.id == dispatch.id, Dispatch.claimed_at == dispatch.claimed_at)
