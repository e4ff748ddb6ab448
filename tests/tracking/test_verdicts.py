"""From a hit in the ledger to a fact, with Anna reading what Miriam wrote."""

from dataclasses import dataclass
from typing import Any

import pytest

from app import happenings
from app.clock import new_id, now
from app.contacts.consent import refuse
from app.contacts.tables import Contact
from app.database import rows
from app.happenings import ConsentRefused, LinkClicked, LoggingStopped, MachineTouched, MessageOpened, VerdictChanged
from app.tracking.asking import touches_of
from app.tracking.forgetting import forget
from app.tracking.overruling import ME, NOT_THEM, THEM, overrule
from app.tracking.silencing import silence
from app.tracking.verdicts import judge_new
from tests import people
from tests.tracking.offers import Offer
from tests.tracking.seen import APPLE_MAIL, GMAIL, OLD_CHROME, OUTLOOK, SAFARI, chrome


async def test_anna_opens_it_and_the_message_knows(offer: Offer, heard: list[object]) -> None:
    opened = await offer.touched(1800, APPLE_MAIL)
    assert await judge_new() == 1
    assert heard == [MessageOpened(offer.message.id, opened.id)]
    state = await offer.state()
    assert (state.opens, state.clicks, state.opened_at, state.fetched_at) == (1, 0, opened.at, None)


async def test_a_click_implies_an_open(offer: Offer, heard: list[object]) -> None:
    clicked = await offer.touched(1800, SAFARI, "click", 1)
    await judge_new()
    assert heard == [LinkClicked(offer.message.id, clicked.id)]
    state = await offer.state()
    assert (state.opens, state.clicks, state.opened_at, state.clicked_at) == (0, 1, clicked.at, clicked.at)


async def test_a_machine_is_told_but_not_counted(offer: Offer, heard: list[object]) -> None:
    touched = await offer.touched(1, OLD_CHROME)
    await judge_new()
    assert heard == [MachineTouched(offer.message.id, touched.id)]
    state = await offer.state()
    assert (state.opens, state.opened_at, state.fetched_at) == (0, None, touched.at)


async def test_a_hit_is_judged_once(offer: Offer, heard: list[object]) -> None:
    await offer.touched(1800, APPLE_MAIL)
    assert [await judge_new(), await judge_new()] == [1, 0]
    assert len(heard) == 1


async def test_a_scanner_that_shows_itself_late_takes_its_earlier_hits_along(offer: Offer, heard: list[object]) -> None:
    first = await offer.touched(1800, chrome(), "click", 0)
    await judge_new()
    assert (await offer.state()).clicks == 1
    rest = [await offer.touched(1800 + n, chrome(), "click", n) for n in (1, 2)]
    await judge_new()
    assert VerdictChanged(offer.message.id, first.id, "person", "machine") in heard
    assert {(await offer.verdict(one)).verdict for one in [first, *rest]} == {"machine"}
    state = await offer.state()
    assert (state.clicks, state.clicked_at, state.opened_at) == (0, None, None)


async def test_what_was_too_quick_to_tell_counts_once_the_same_device_comes_back(offer: Offer, heard: list[object]) -> None:
    at_once = await offer.touched(0.7, OUTLOOK)
    await judge_new()
    assert (await offer.state()).opens == 0
    again = await offer.touched(2400, OUTLOOK)
    await judge_new()
    assert heard[1:] == [MessageOpened(offer.message.id, again.id), VerdictChanged(offer.message.id, at_once.id, "unknown", "person")]
    state = await offer.state()
    assert (state.opens, state.opened_at) == (2, at_once.at)


async def test_a_person_has_the_last_word_and_hindsight_leaves_it_alone(offer: Offer, heard: list[object]) -> None:
    first = await offer.touched(1800, chrome(), "click", 0)
    await judge_new()
    await overrule(await offer.verdict(first), offer.rep.person.id, THEM)
    for n in (1, 2):
        await offer.touched(1800 + n, chrome(), "click", n)
    await judge_new()
    assert (await offer.verdict(first)).verdict == "person"
    assert (await offer.state()).clicks == 1


async def test_overruling_counts_anew_and_says_so(offer: Offer, heard: list[object]) -> None:
    opened = await offer.touched(1800, APPLE_MAIL)
    await judge_new()
    await overrule(await offer.verdict(opened), offer.rep.person.id, ME)
    assert heard[-1] == VerdictChanged(offer.message.id, opened.id, "person", "self")
    assert ((await offer.state()).opens, (await offer.state()).opened_at) == (0, None)
    await overrule(await offer.verdict(opened), offer.rep.person.id, NOT_THEM)
    await overrule(await offer.verdict(opened), offer.rep.person.id, THEM)
    state, verdict = await offer.state(), await offer.verdict(opened)
    assert (state.opens, state.opened_at) == (1, opened.at)
    assert (verdict.confidence, verdict.overruled_by) == (1.0, offer.rep.person.id)
    assert verdict.rules.count('"O') == 1


async def test_miriam_on_her_own_computer_is_herself(offer: Offer, heard: list[object]) -> None:
    await people.session(offer.rep, network="home", user_agent=chrome(), seen_at=offer.message.at)
    opened = await offer.touched(1800, chrome(), network="home")
    await judge_new()
    assert (await offer.verdict(opened)).verdict == "self"
    assert heard == [MachineTouched(offer.message.id, opened.id)]


async def test_a_scanner_quicker_than_our_filing_waits_for_its_message(offer: Offer, heard: list[object]) -> None:
    early = await offer.touched(1800, APPLE_MAIL, message=new_id(), at=now())
    lost = await offer.touched(-7200, APPLE_MAIL, message=new_id())
    assert await judge_new() == 1
    assert heard == []
    assert [row["id"] for row in await rows("SELECT id FROM unjudged")] == [early.id]
    assert {row["id"] for row in await rows("SELECT id FROM hit")} == {early.id, lost.id}


async def test_many_workers_judge_every_hit_once_and_count_exactly(offer: Offer, heard: list[object]) -> None:
    for n in range(40):
        await offer.touched(1000 + n * 30, APPLE_MAIL)
    done = [await judge_new(limit=7) for _ in range(8)]
    assert sum(done) == len(heard) == (await offer.state()).opens == 40


async def test_gmail_hides_the_device_and_we_say_so(offer: Offer, heard: list[object]) -> None:
    await offer.touched(1800, GMAIL, role="", country="US")
    await judge_new()
    me = Asking(offer.rep)
    (touch,) = await touches_of(me, offer.message.id, "de")  # type: ignore[arg-type]
    assert (touch.verdict, touch.percent, touch.device["hidden_by"], touch.device["place"]) == ("person", 80, "Google", "")
    assert [why.rule for why in touch.reasons] == ["A15", "P1"]


@dataclass
class Asking:
    rep: people.Rep

    @property
    def person(self) -> Any:
        return self.rep.person

    @property
    def workspace(self) -> Any:
        return self.rep.workspace


async def test_after_a_refusal_nothing_more_is_recorded_for_mail_already_sent(
    offer: Offer, heard: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(happenings._reactions, ConsentRefused, [silence])
    (anna,) = await Contact.objects()
    await refuse(anna, "by phone", offer.rep.person.id)
    await offer.touched(1800, APPLE_MAIL)
    assert await rows("SELECT * FROM hit") == []
    assert await judge_new() == 0


async def test_what_is_forgotten_leaves_no_hit(offer: Offer, heard: list[object]) -> None:
    await offer.touched(1800, APPLE_MAIL)
    await judge_new()
    await forget(LoggingStopped(offer.rep.person.id, "alpenblick.example"))
    assert await rows("SELECT id FROM hit UNION ALL SELECT id FROM verdict") == []
