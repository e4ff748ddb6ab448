"""Whom a sent mail did not reach, by what came back."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.threads.reading import Letter
from app.threads.recognising.verdict import FAILED, Recognition, Result

LOOKED_AT = 60_000


@dataclass(frozen=True)
class Failure:
    """One address that was not reached; the words are the other server's, or ours where it has none."""

    address: str
    why: str


def failures(found: Recognition, mail: Letter, addresses: Sequence[str]) -> list[Failure]:
    """Who was not reached, of those the mail went to (`addresses`); a delay is no failure.

    A report may name the address behind an alias: with one recipient it can only mean them. A letter may name
    several in one sentence: all that it names are meant.
    """
    failed = [one for one in found.results if one.action == FAILED]
    known = [failure_of(one, one.address) for one in failed if one.address in addresses]
    if known or not failed:
        return known
    if len(addresses) == 1:
        return [failure_of(failed[0], addresses[0])]
    text = mail.text[:LOOKED_AT].lower()
    return [failure_of(failed[0], address) for address in addresses if address in text] or [failure_of(failed[0], failed[0].address)]


def failure_of(result: Result, address: str) -> Failure:
    return Failure(address, result.diagnostic or result.reason.words)
