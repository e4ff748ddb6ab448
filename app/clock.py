"""The one place that knows what time it is, and the one that makes ids."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from uuid import UUID

import uuid_utils.compat

_shift: ContextVar[timedelta] = ContextVar("shift", default=timedelta(0))


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC) + _shift.get()


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): made before the row is written, so that a retry is harmless."""
    return uuid_utils.compat.uuid7()


@contextmanager
def later(shift: timedelta) -> Iterator[None]:
    """Live some time later (or earlier), for tests and for made-up history."""
    token = _shift.set(_shift.get() + shift)
    try:
        yield
    finally:
        _shift.reset(token)
