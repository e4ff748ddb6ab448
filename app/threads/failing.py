"""Whom a sent mail did not reach, or has not reached yet, by what came back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.contacts.reaching import came_back
from app.threads.confirming import take_back
from app.threads.reading import Letter
from app.threads.recognising.verdict import DELAYED, FAILED, Recognition, Result
from app.threads.tables import Message, Recipient

LOOKED_AT = 60_000


@dataclass(frozen=True)
class Failure:
    """One address that was not reached: `why` in the other server's words (ours where it has none), `reason` in ours.

    `for_good`: the address is no good; else the same mail may arrive another time.
    """

    address: str
    why: str
    reason: str
    for_good: bool


def failures(found: Recognition, mail: Letter, addresses: Sequence[str], action: str = FAILED) -> list[Failure]:
    """Who was not reached (with DELAYED: not yet), of those the mail went to (`addresses`); a delay is no failure.

    A report may name the address behind an alias: with one recipient it can only mean them. A letter may name
    several in one sentence: all that it names are meant.
    """
    failed = [one for one in found.results if one.action == action]
    known = [failure_of(one, one.address) for one in failed if one.address in addresses]
    if known or not failed:
        return known
    if len(addresses) == 1:
        return [failure_of(failed[0], addresses[0])]
    text = mail.text[:LOOKED_AT].lower()
    return [failure_of(failed[0], address) for address in addresses if address in text] or [failure_of(failed[0], failed[0].address)]


def failure_of(result: Result, address: str) -> Failure:
    return Failure(address, result.diagnostic or result.reason.words, result.reason.words, result.is_hard)


async def fail(sent: Message, found: Recognition, letter: Letter, at: datetime) -> list[Failure]:
    """Mark whom it did not reach, and their address if it is no good; the mail itself failed if that is everybody."""
    recipients = await Recipient.objects().where(Recipient.message == sent.id)
    failed = failures(found, letter, [one.address for one in recipients])
    for failure in failed:
        for one in recipients:
            if one.address == failure.address and (one.failed_at is None or (failure.for_good and not one.for_good)):
                await mark(one, failure, at)
        if failure.for_good:
            await came_back(sent.workspace, failure.address, at, failure.reason)
    await take_back(sent, recipients)
    if failed and sent.failed_at is None and all(one.failed_at is not None for one in recipients):
        await sent.update_self({Message.failed_at: at})
    return failed


async def mark(recipient: Recipient, failure: Failure, at: datetime) -> None:
    changes: dict[Any, Any] = {
        Recipient.failed_at: at, Recipient.failure: failure.why, Recipient.reason: failure.reason, Recipient.for_good: failure.for_good,
        Recipient.delayed_at: None,
    }  # fmt: skip
    await recipient.update_self(changes)


async def delay(sent: Message, found: Recognition, letter: Letter, at: datetime) -> list[Failure]:
    """Mark whom it has not reached yet; who was reached, or never will be, stays as they are."""
    recipients = await Recipient.objects().where(Recipient.message == sent.id)
    waiting = failures(found, letter, [one.address for one in recipients], DELAYED)
    named = {one.address for one in waiting}
    late = [one for one in recipients if one.address in named and one.failed_at is None and sent.replied_at is None]
    for one in late:
        await one.update_self({Recipient.delayed_at: at})
    return [one for one in waiting if one.address in {recipient.address for recipient in late}]


async def arrived(sent: Message, addresses: Sequence[str]) -> None:
    """Somebody answered, or a server took the mail: what was late is not late any more."""
    if addresses:
        here = (Recipient.message == sent.id) & Recipient.address.is_in(list(addresses)) & Recipient.delayed_at.is_not_null()
        await Recipient.update({Recipient.delayed_at: None}).where(here)
