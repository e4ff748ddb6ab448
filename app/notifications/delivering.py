"""Pushing what is due: claimed with a date, so that a killed worker loses nothing; told again under the same id, which a browser shows once."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import structlog

from app.attention.choosing import Choice, choices_of
from app.attention.kinds import CLICKS, KIND_OF, OPENS, RECEIPTS
from app.attention.resting import quiet_until
from app.clock import now
from app.database import rows
from app.errors import GoneThere, OperatorNeeded, ProviderError, RetryLater
from app.notifications.pushing import TOO_LARGE_CODE, Address, Parcel, push
from app.notifications.subscribing import TEST, live
from app.notifications.tables import Delivery, Device
from app.notifications.vouching import base64url, opened_key
from app.notifications.wording import pushed, pushed_together

log = structlog.get_logger()

BATCH, AT_ONCE = 100, 10
CLAIM_LASTS = timedelta(minutes=2)
"""A push takes at most half a minute; what a killed worker had claimed must not be late by much."""
FIRST_REST, LONGEST_REST = timedelta(seconds=15), timedelta(hours=1)
TOPIC_LENGTH = 32
"""Characters of base64url (RFC 8030, 5.4)."""
TOO_LATE = "too-late"

CLAIM = """
UPDATE delivery SET claimed_at = $1 WHERE id IN (
    SELECT id FROM delivery WHERE way = 'push' AND due_at <= $1 AND (claimed_at IS NULL OR claimed_at < $2)
    ORDER BY due_at, place LIMIT $3 FOR UPDATE SKIP LOCKED
) RETURNING id
"""


@dataclass(frozen=True)
class Trip:
    """What goes to one browser at once: one thing, or what was held for the end of quiet hours."""

    device: UUID
    address: Address
    choice: Choice
    what: Sequence[Delivery]


async def deliver_due() -> int:
    """Push what is due to the browsers it is for; how many were worked on. Any number of workers may."""
    claimed = [row["id"] for row in await rows(CLAIM, now(), now() - CLAIM_LASTS, BATCH)]
    if not claimed:
        return 0
    due = await Delivery.objects().output(load_json=True).where(Delivery.id.is_in(claimed)).order_by(Delivery.at)
    choices, there = await choices_of({one.person for one in due}), await live({one.place for one in due})
    ready = [one for one in due if await is_ready(one, choices[one.person], there)]
    if not ready:
        return len(claimed)
    try:
        key = await opened_key()
    except OperatorNeeded as error:
        await try_again(ready, error)
        return len(claimed)
    gate = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(carry(trip, key, gate) for trip in trips(ready, choices, there)))
    return len(claimed)


async def is_ready(one: Delivery, choice: Choice, there: dict[UUID, Address]) -> bool:
    """Is it still of use, its browser still there, and nobody asleep? If not, that is noted."""
    if one.place not in there:
        await one.remove()
    elif one.good_until < now():
        await close([one], {Delivery.problem_code: TOO_LATE})
    elif quiet := quiet_until(choice, one.kind, now()) if one.kind != TEST else None:
        good_until = max(one.good_until, quiet + LONGEST_REST)
        await one.update_self({Delivery.due_at: quiet, Delivery.held: True, Delivery.claimed_at: None, Delivery.good_until: good_until})
    else:
        return True
    return False


def trips(ready: Sequence[Delivery], choices: dict[UUID, Choice], there: dict[UUID, Address]) -> list[Trip]:
    """What was held for one browser goes together, everything else by itself."""
    held: dict[UUID, list[Delivery]] = defaultdict(list)
    alone: list[list[Delivery]] = []
    for one in ready:
        if one.held:
            held[one.place].append(one)
        else:
            alone.append([one])
    return [Trip(what[0].place, there[what[0].place], choices[what[0].person], what) for what in [*alone, *held.values()]]


async def carry(trip: Trip, key: Any, gate: asyncio.Semaphore) -> None:
    async with gate:
        try:
            await push(trip.address, parcel_of(trip), key)
        except GoneThere:
            await let_go(trip.device)
        except RetryLater as error:
            await try_again(trip.what, error)
        except ProviderError as error:
            await give_up(trip, error)
        else:
            await done(trip)


def parcel_of(trip: Trip) -> Parcel:
    """What a push service found too large goes again with the fewest words."""
    first = trip.what[0]
    words = pushed_together(trip.what, trip.choice) if len(trip.what) > 1 else pushed(first, trip.choice, short=first.problem_code == TOO_LARGE_CODE)
    topic = base64url(sha256(words["tag"].encode()).digest())[:TOPIC_LENGTH]
    matters_less = KIND_OF.get(first.kind) in (OPENS, CLICKS, RECEIPTS)
    return Parcel(words, max(one.good_until for one in trip.what) - now(), "normal" if matters_less else "high", topic)


async def done(trip: Trip) -> None:
    """The push service took it."""
    await close(trip.what, {Delivery.delivered_at: now(), Delivery.problem: "", Delivery.problem_code: ""})
    await Device.update({Device.delivered_at: now(), Device.problem: "", Device.problem_code: ""}).where(Device.id == trip.device)


async def try_again(what: Sequence[Delivery], error: ProviderError) -> None:
    """Later, with the reason, as long as somebody may still want to be told."""
    for one in what:
        rest = min(FIRST_REST * 2 ** min(one.tries, 12), LONGEST_REST)
        at = error.at if isinstance(error, RetryLater) and error.at else now() + rest
        changes: dict[Any, Any] = {
            Delivery.tries: one.tries + 1, Delivery.due_at: at, Delivery.claimed_at: None, Delivery.problem: error.sentence,
            Delivery.problem_code: error.code[:100],
        }  # fmt: skip
        await one.update_self(changes)
    await blame({one.place for one in what}, error)


async def give_up(trip: Trip, error: ProviderError) -> None:
    """Asking again would give the same answer; the settings say why."""
    log.warning("A push service refused a notification", device=str(trip.device), code=error.code)
    await close(trip.what, {Delivery.problem: error.sentence, Delivery.problem_code: error.code[:100]})
    await blame({trip.device}, error)


async def close(what: Sequence[Delivery], changes: dict[Any, Any]) -> None:
    """Nothing more to do; what was said is kept no longer."""
    over: dict[Any, Any] = {Delivery.due_at: None, Delivery.claimed_at: None, Delivery.said: {}, **changes}
    await Delivery.update(over).where(Delivery.id.is_in([one.id for one in what]))


async def blame(devices: set[UUID], error: ProviderError) -> None:
    await Device.update({Device.problem: error.sentence, Device.problem_code: error.code[:100]}).where(Device.id.is_in(list(devices)))


async def let_go(device: UUID) -> None:
    """The browser ended its subscription: nothing is kept for it any more."""
    await Device.delete().where(Device.id == device)
    await rows("DELETE FROM delivery WHERE place = $1", device)
