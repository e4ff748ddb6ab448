"""The one place that knows what time it is, and the one that makes ids."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from time import time_ns
from uuid import UUID

import uuid_utils.compat

MICROSECOND = timedelta(microseconds=1)
_shift: ContextVar[timedelta] = ContextVar("shift", default=timedelta(0))


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC) + _shift.get()


def microseconds() -> int:
    """The present moment in microseconds since 1970 (UTC), for what is asked for thousands of times a second."""
    shift = _shift.get()
    return time_ns() // 1000 + (shift // MICROSECOND if shift else 0)


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): made before the row is written, so that a retry is harmless."""
    return uuid_utils.compat.uuid7()


def new_id_octets() -> bytes:
    """The same as 16 octets, for what is asked for thousands of times a second."""
    return uuid_utils.uuid7().bytes


@contextmanager
def later(shift: timedelta) -> Iterator[None]:
    """Live some time later (or earlier), for tests and for made-up history."""
    token = _shift.set(_shift.get() + shift)
    try:
        yield
    finally:
        _shift.reset(token)
