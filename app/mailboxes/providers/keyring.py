"""Where a provider keeps its tokens: read afresh under a lock, saved before they are used."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass


@dataclass(frozen=True)
class Held:
    """The tokens while nobody else may change them."""

    tokens: bytes
    save: Callable[[bytes], Awaitable[None]]


@dataclass(frozen=True)
class Keyring:
    """The tokens of one mailbox: as they were when it was opened, and how to hold them."""

    mailbox: str
    tokens: bytes
    held: Callable[[], AbstractAsyncContextManager[Held]]
