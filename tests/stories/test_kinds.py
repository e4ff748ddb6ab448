"""Every kind of mail that comes in, seen for what it is: in the feed, on the thread's page, with the reason behind it."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.people import PROVIDERS
from tests.stories.at_work import Miriam, People, at_work, said
from tests.stories.processes import served

pytestmark = pytest.mark.parametrize("provider", PROVIDERS)

OFFER = "<div>Dear customer, here is the offer.</div>"


@dataclass(frozen=True)
class Kind:
    """What somebody's mail program or server does, and what Miriam reads of it; empty: the feed is silent."""

    who: str
    act: str
    feed: str
    badge: str
    why: str
    asked: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"{self.who.split()[0].lower()}@firma.example"

    @property
    def subject(self) -> str:
        return f"Offer to {self.who}"


KINDS = [
    Kind("Anna Weber", "reply", "Anna Weber replied to", "received", "it names the mail that it answers", {"text": "Both halls, please."}),
    Kind("Henrik Sand", "out-of-office", "A machine answered Offer to Henrik Sand", "automatic reply", "a machine answered"),
    Kind("Sabine Falk", "challenge", "confirm, or they may never see your mail", "asks whether you are human", "prove that a person wrote"),
    Kind("Tom Hartley", "unknown", "Offer to Tom Hartley to Tom Hartley came back", "did not arrive", "The address does not exist."),
    Kind("Ute Lind", "returned", "Offer to Ute Lind to Ute Lind came back", "did not arrive", "Their mailbox is full."),
    Kind("Vera Noll", "delayed", "Offer to Vera Noll has not arrived at Vera Noll yet", "not delivered yet", "report says that it is delayed."),
    Kind("Ben Kraft", "delivered", "Offer to Ben Kraft arrived at Ben Kraft", "delivery receipt", "A delivery report says that it arrived."),
    Kind("Nora Roth", "receipt", "Nora Roth sent a read receipt for", "read receipt", "A read receipt says that it was displayed."),
    Kind("Paul Busch", "decline", "Paul Busch gave no read receipt for", "read receipt declined", "They declined to send a read receipt."),
    Kind("Lea Winter", "complaint", "Lea Winter reported Offer to Lea Winter as spam", "complaint", "the recipient marked it as spam"),
    Kind("Emil Hansen", "list", "", "mailing list", "It came over a mailing list"),
]


@pytest.fixture
async def cast(database: None, sandbox: str, tmp_path: Path, provider: str) -> AsyncIterator[tuple[Miriam, People]]:
    async with served("all", tmp_path) as house:
        async with at_work(house.base, sandbox) as (miriam, people):
            await miriam.begins()
            await miriam.connects(provider)
            yield miriam, people
        assert house.faults() == []


async def test_every_kind_of_mail_is_seen_for_what_it_is(cast: tuple[Miriam, People], provider: str) -> None:
    miriam, people = cast
    for kind in KINDS:
        await miriam.sends(f"{kind.who} <{kind.address}>", kind.subject, OFFER)
    for kind in KINDS:
        await people.act(kind.address, await people.got(kind.address, kind.subject), kind.act, **kind.asked)

    await miriam.sees("/", *(kind.feed for kind in KINDS if kind.feed), reading=True)
    for kind in KINDS:
        await miriam.sees(await miriam.thread_of(kind.subject), kind.badge, kind.why, reading=not kind.feed)

    await other_mail_is_nobodys_answer(miriam, people, KINDS[0])


async def other_mail_is_nobodys_answer(miriam: Miriam, people: People, kind: Kind) -> None:
    """A contact's mail about something else lies in their history; a program's notice is none of ours."""
    mail = await people.got(kind.address, kind.subject)
    await people.act(kind.address, mail, "notice")
    await people.act(kind.address, mail, "write", subject="Parking at the fair", text="Where do we park?")
    page = await miriam.sees(f"/contacts?q={kind.who.split()[1]}", kind.who)
    contact = re.search(r'href="/contacts/([0-9a-f-]{36})"', page.html)
    assert contact
    page = await miriam.sees(f"/threads/of-contact/{contact.group(1)}", "Parking at the fair", reading=True)
    assert "visitor pass" not in said(page.html)
    assert "Parking at the fair" not in said((await miriam.browser.open("/")).html)
