"""Miriam's offer to Anna, and who touched it. Hypothesis runs without a clock: this machine may be busy."""

from collections import defaultdict
from datetime import timedelta

import pytest
from hypothesis import settings

from app import happenings
from app.clock import new_id, now
from app.happenings import LinkClicked, MachineTouched, MessageOpened, VerdictChanged
from app.threads.filing import Sent, To, file_sent
from tests import people
from tests.tracking.offers import LINKS, Offer

settings.register_profile("tracking", deadline=None)
settings.load_profile("tracking")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every fact that was announced about hits."""
    said: list[object] = []

    async def listen(fact: object) -> None:
        said.append(fact)

    wired = {fact: [listen] for fact in (MessageOpened, LinkClicked, MachineTouched, VerdictChanged)}
    monkeypatch.setattr(happenings, "_reactions", defaultdict(list, wired))
    return said


@pytest.fixture
async def offer(database: None, heard: list[object]) -> Offer:
    rep = await people.miriam()
    box = await people.mailbox(rep)
    message = await file_sent(
        Sent(
            id=new_id(), workspace=rep.workspace.id, person=rep.person.id, mailbox=box.id, to=[To("anna@alpenblick.example", "Anna Weber")],
            subject="Offer 2026", html="<p>Hello</p>", at=now() - timedelta(hours=1), message_id=f"<{new_id()}@brueckner.example>",
            links=LINKS, opens_tracked=True, clicks_tracked=True,
        )
    )  # fmt: skip
    return Offer(rep, message)
