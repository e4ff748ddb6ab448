"""Miriam has a Gmail mailbox and has sent Anna an offer an hour ago."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from app import happenings
from app.clock import new_id, now
from app.database import together
from app.happenings import (
    AutoReplyReceived,
    BounceReceived,
    DeliveryDelayed,
    LoggingStopped,
    MessageSent,
    PossibleReplyReceived,
    ReplyReceived,
)
from app.mailboxes.tables import Mailbox
from app.threads.filing import Sent, To, file_sent
from app.threads.forgetting import forget
from app.threads.tables import Message
from tests import people
from tests.threads.mails import ANNA, MIRIAM

OFFER_ID = "<offer@brueckner.example>"


@dataclass
class Desk:
    """Miriam, her mailbox, and the offer that went to Anna."""

    miriam: people.Rep
    mailbox: Mailbox
    offer: Message


def outgoing(rep: people.Rep, mailbox: Mailbox, **changes: Any) -> Sent:
    sent = Sent(
        id=new_id(), workspace=rep.workspace.id, person=rep.person.id, mailbox=mailbox.id, to=[To(ANNA, "Anna Weber")], subject="Offer 2026",
        html="<p>Dear Anna, here is the offer.</p>", at=now() - timedelta(hours=1), message_id=OFFER_ID, sender=MIRIAM, sender_name="Miriam Kessler",
        send_id=new_id(), provider_id="p-offer", provider_thread="t1", provider_message_id="<rewritten@mail.gmail.example>", opens_tracked=True,
    )  # fmt: skip
    return replace(sent, **changes)


@pytest.fixture
async def desk(database: None) -> Desk:
    rep = await people.miriam()
    mailbox = await people.mailbox(rep, connected_at=now() - timedelta(days=2))
    return Desk(rep, mailbox, await file_sent(outgoing(rep, mailbox)))


@pytest.fixture
def told() -> Iterator[list[Any]]:
    """Every fact about threads that was announced, in order; nothing else follows from them here."""
    said: list[Any] = []

    async def note(fact: object) -> None:
        said.append(fact)

    before = dict(happenings._reactions)
    for fact in (MessageSent, ReplyReceived, AutoReplyReceived, BounceReceived, PossibleReplyReceived, DeliveryDelayed):
        happenings.when(fact, note)
    happenings.when(LoggingStopped, forget)
    yield said
    happenings._reactions.clear()
    happenings._reactions.update(before)


@pytest.fixture
async def transaction() -> AsyncIterator[None]:
    async with together():
        yield
