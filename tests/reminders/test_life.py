"""The life of reminders against a simple model: any order of mail, silence, broken mailboxes, deaths, snoozes and clock changes.

No reminder rings after a reply could be read, none is lost, none rings twice. `NACHFASS_HISTORIES=10000` runs as many histories as a release wants.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from app import clock, reactions
from app.database import DB, connected, rows, together
from app.happenings import CLICKED_NO_REPLY, CONDITIONS, NO_REPLY, NOT_CLICKED, NOT_OPENED, OPENED_NO_REPLY, REGARDLESS, AutoReplyReceived, announce
from app.mailboxes.freshness import STAYS_FRESH
from app.mailboxes.tables import Mailbox
from app.reminders import ringing
from app.reminders.letting_go import let_go, take_back
from app.reminders.noting import HELD, LET_GO, RUNG, SETTLED, SNOOZED, WAITING, state
from app.reminders.ringing import ring_anyway, ring_due
from app.reminders.snoozing import MOST_SNOOZES, snooze
from app.reminders.tables import Reminder
from app.threads.recognising.kinds import AUTO_REPLY
from app.threads.tables import Message
from app.tracking.tables import CLICK, MACHINE, OPEN, PERSON, UNKNOWN
from tests import people
from tests.feed.stage import ANNA, bounce, break_down, hit, judge_again, read_now, received, reply, send

HISTORIES = int(os.environ.get("NACHFASS_HISTORIES", "25"))
STEPS = 25
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
STARTS = tuple(
    datetime.fromisoformat(f"{moment}+00:00")
    for moment in ("2026-03-27T11:00", "2026-10-23T11:00", "2026-03-06T16:00", "2026-10-30T16:00", "2026-04-03T00:00", "2026-06-10T08:00")
)
"""Shortly before the clocks change in one of these zones, and once in the middle of a summer."""
SPANS = ("1h", "4h", "1d", "3d")
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (10, 45, 90, 600, 3630, 4 * 3600, 86400, 3 * 86400))
CLICKS = (CLICKED_NO_REPLY, NOT_CLICKED)
REPLY, ABSENCE, RETURN, BOUNCE = "reply", "absence", "return", "bounce"


class Killed(BaseException):
    """The worker died here."""


@dataclass
class Hit:
    """Somebody or something touched a mail."""

    id: UUID
    message: UUID
    kind: str
    verdict: str


@dataclass
class Thing:
    """What the model knows of one thread and its reminder. Of those that go by opens and clicks it knows only when they may ring."""

    sent: Message
    condition: str
    waits_on: Message
    due: datetime | None = None
    state: str = ""
    lost: bool = False
    snoozes: int = 0
    rings: int = 0
    rings_of: dict[UUID, int] = field(default_factory=dict)
    forced: bool = False
    before: str = ""
    why_settled: str = ""
    lies_unread: list[tuple[datetime, str, Message]] = field(default_factory=list)
    replies_read: list[datetime] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)

    @property
    def is_simple(self) -> bool:
        return self.condition == NO_REPLY

    @property
    def waited_since(self) -> datetime:
        return self.waits_on.at

    @property
    def is_open(self) -> bool:
        return self.state not in ("", SETTLED)

    def answered(self) -> bool:
        return any(at > self.waited_since for at in self.replies_read)

    def touched(self) -> bool:
        """Did a person open it (click, where that is what it waits for), as far as anybody knows today? A click implies an open."""
        persons = [hit for hit in self.hits if hit.message == self.waits_on.id and hit.verdict == PERSON]
        return any(hit.kind == CLICK or self.condition not in CLICKS for hit in persons)

    def may_ring(self) -> bool:
        if self.condition == REGARDLESS:
            return True
        if self.condition in (NOT_OPENED, NOT_CLICKED) and self.touched():
            return False
        return not self.answered() and (self.condition not in (OPENED_NO_REPLY, CLICKED_NO_REPLY) or self.touched())


class Life(RuleBasedStateMachine):
    """One rep, one mailbox, up to three threads, at a clock that only moves when a rule says so."""

    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.things: list[Thing] = []
        self.broken = False

    def go(self, work: Awaitable[Any]) -> Any:
        async def until_done() -> Any:
            return await work

        return self.runner.run(until_done())

    @initialize(start=st.sampled_from(STARTS), zone=st.sampled_from(ZONES))
    def begin(self, start: datetime, zone: str) -> None:
        self.clock = Clock(start)
        self.patched = patch.object(clock, "datetime", self.clock)
        self.patched.start()
        self.rep, self.mailbox = self.go(self.settle_in(zone))
        self.synced = self.clock.at

    async def settle_in(self, zone: str) -> tuple[people.Rep, Mailbox]:
        place = await people.workspace()
        rep = await people.rep("Miriam Kessler", f"miriam-{clock.new_id()}@brueckner.example", place, time_zone=zone)
        return rep, await people.mailbox(rep)

    # What happens outside

    @precondition(lambda self: len(self.things) < 3)
    @rule(span=st.sampled_from(SPANS), condition=st.sampled_from((NO_REPLY, *CONDITIONS)))
    def she_writes(self, span: str, condition: str) -> None:
        sent = self.go(send(self.rep, self.mailbox, ANNA, reminds=span, reminds_if=condition))
        self.things.append(Thing(sent, condition, sent, self.due_of(sent), WAITING))
        self.pass_a_moment()

    @precondition(lambda self: self.things)
    @rule(which=st.integers(0, 2), span=st.sampled_from(("", *SPANS)))
    def she_writes_again(self, which: int, span: str) -> None:
        thing = self.pick(which)
        sent = self.go(send(self.rep, self.mailbox, ANNA, thread=thing.sent.thread, reminds=span, reminds_if=thing.condition))
        was, thing.sent = thing.state, sent
        if was == RUNG and not span:
            self.end(thing)
        elif thing.is_open or span:
            thing.waits_on, thing.lost = sent, False
        if span:
            thing.state, thing.snoozes, thing.due = WAITING, 0, self.due_of(sent)
        self.pass_a_moment()

    @precondition(lambda self: self.things)
    @rule(which=st.integers(0, 2), kind=st.sampled_from((REPLY, REPLY, ABSENCE, RETURN, BOUNCE)))
    def a_mail_comes(self, which: int, kind: str) -> None:
        """It lies in the mailbox; nobody here knows of it before the mailbox is read."""
        thing = self.pick(which)
        thing.lies_unread.append((self.clock.at, kind, thing.sent))
        self.pass_a_moment()

    @precondition(lambda self: self.things)
    @rule(which=st.integers(0, 2), kind=st.sampled_from((OPEN, CLICK)), verdict=st.sampled_from((PERSON, MACHINE, UNKNOWN)))
    def something_touches_it(self, which: int, kind: str, verdict: str) -> None:
        thing = self.pick(which)
        known = self.go(hit(thing.sent, verdict, kind))
        thing.hits.append(Hit(known, thing.sent.id, kind, verdict))
        self.pass_a_moment()

    @precondition(lambda self: any(thing.hits for thing in self.things))
    @rule(which=st.integers(0, 2), latest=st.booleans(), verdict=st.sampled_from((PERSON, MACHINE)))
    def hindsight_changes_a_verdict(self, which: int, latest: bool, verdict: str) -> None:
        thing = self.pick(which)
        touched = thing.hits[-1 if latest else 0] if thing.hits else None
        if touched is not None and touched.verdict != verdict:
            self.go(rejudged(touched, verdict))
            touched.verdict = verdict

    @rule(pause=st.sampled_from(PAUSES))
    def time_passes(self, pause: timedelta) -> None:
        self.clock.at += pause

    @rule()
    def the_mailbox_breaks(self) -> None:
        self.go(break_down(self.mailbox))
        self.broken = True

    @rule()
    def the_mailbox_is_read(self) -> None:
        """Everything that lies there is taken in before the mailbox counts as read."""
        for thing in self.things:
            for at, kind, answers in thing.lies_unread:
                self.take_in(thing, at, kind, answers)
            thing.lies_unread.clear()
        self.go(read_now(self.mailbox))
        self.broken, self.synced = False, self.clock.at

    # What the worker does

    @rule(workers=st.integers(1, 3))
    def reminders_ring(self, workers: int) -> None:
        self.go(several(ring_due, workers))
        for thing in self.things:
            self.expect_examined(thing)

    @rule(examined=st.integers(0, 2))
    def the_worker_dies_while_reminders_ring(self, examined: int) -> None:
        """What it had not finished is as it was, and somebody else does it."""
        with dying_after(examined), suppress(Killed):
            self.go(ring_due())
        self.reminders_ring(1)

    # What she does

    @precondition(lambda self: self.things)
    @rule(which=st.integers(0, 2), choice=st.sampled_from(("tomorrow", "in_3_days", "next_week", "in 2 hours")))
    def she_snoozes(self, which: int, choice: str) -> None:
        thing = self.pick(which)
        reminder = self.reminder_of(thing)
        if reminder is None or not thing.is_open or thing.snoozes >= MOST_SNOOZES:
            return
        found = self.go(snooze(reminder, self.rep.person, choice))
        thing.state, thing.due, thing.snoozes = SNOOZED, found.due_at, thing.snoozes + 1

    @precondition(lambda self: self.things)
    @rule(which=st.integers(0, 2))
    def she_lets_it_go(self, which: int) -> None:
        thing = self.pick(which)
        reminder = self.reminder_of(thing)
        if reminder is not None and thing.is_open:
            self.go(let_go(reminder))
            thing.before = thing.state
            self.end(thing, LET_GO)

    @precondition(lambda self: self.things)
    @rule(which=st.integers(0, 2))
    def she_takes_that_back(self, which: int) -> None:
        thing = self.pick(which)
        reminder = self.reminder_of(thing)
        if reminder is None or thing.state != SETTLED or thing.why_settled != LET_GO:
            return
        self.go(take_back(reminder))
        thing.why_settled = ""
        if not thing.answered() or thing.condition == REGARDLESS:
            thing.state = thing.before

    @precondition(lambda self: self.things)
    @rule(which=st.integers(0, 2))
    def she_lets_a_held_one_ring(self, which: int) -> None:
        thing = self.pick(which)
        reminder = self.reminder_of(thing)
        if reminder is not None and thing.state == HELD:
            self.go(ring_anyway(reminder))
            self.rang(thing, although_unread=True)
            thing.forced = True

    # What must hold

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        for thing in self.things:
            reminder = self.reminder_of(thing)
            assert reminder is not None
            if not thing.is_simple:
                self.take_over(thing, reminder)
            assert state(reminder) == thing.state, f"{reminder.why} instead of {thing.state}"
            assert reminder.settled_at is not None or reminder.due_at == thing.due

    @invariant()
    def it_rang_as_often_as_the_model(self) -> None:
        if self.things:
            told = self.go(rows("SELECT count(*) AS number FROM activity WHERE person = $1 AND kind = 'rang'", self.rep.person.id))
            assert told[0]["number"] == sum(thing.rings for thing in self.things)

    def teardown(self) -> None:
        """Whatever happened: in the end every reminder rang or was settled."""
        try:
            if self.things:
                for _ in range(3):
                    self.clock.at = max([self.clock.at, *(thing.due for thing in self.things if thing.due)]) + timedelta(minutes=40)
                    self.the_mailbox_is_read()
                    self.it_is_as_the_model_says()
                    self.reminders_ring(2)
                    self.it_is_as_the_model_says()
                assert {thing.state for thing in self.things} <= {RUNG, SETTLED}
                self.it_is_as_the_model_says()
                self.it_rang_as_often_as_the_model()
        finally:
            if hasattr(self, "patched"):
                self.patched.stop()

    # The model

    def take_over(self, thing: Thing, reminder: Reminder) -> None:
        """Of one that goes by opens and clicks: it rang once at most since the last look, and only when it might."""
        told = self.go(rows("SELECT count(*) AS number FROM activity WHERE reminder = $1 AND kind = 'rang'", reminder.id))[0]["number"]
        rang = told - thing.rings_of.get(reminder.id, 0)
        assert rang in (0, 1)
        assert not rang or (thing.state != RUNG and (thing.may_ring() or thing.forced))
        thing.rings_of[reminder.id] = told
        thing.rings += rang
        thing.state, thing.due, thing.snoozes, thing.forced = state(reminder), reminder.due_at, reminder.snoozes, False

    def expect_examined(self, thing: Thing) -> None:
        """What a look at a reminder comes to."""
        if not thing.is_simple or not thing.is_open or thing.state == RUNG or thing.due is None or thing.due > self.clock.at:
            return
        fresh = not self.broken and self.clock.at - self.synced <= STAYS_FRESH
        if thing.lost and (not fresh or self.synced >= thing.due):
            self.end(thing)
        elif fresh and self.synced >= thing.due:
            self.rang(thing)
        elif not fresh:
            thing.state = HELD

    def rang(self, thing: Thing, although_unread: bool = False) -> None:
        """The promise itself: it rings only if there was nothing to read."""
        if not thing.is_simple:
            return
        assert not thing.answered()
        assert although_unread or not any(kind == REPLY and thing.waited_since < at <= self.synced for at, kind, _ in thing.lies_unread)
        thing.state, thing.rings = RUNG, thing.rings + 1

    def take_in(self, thing: Thing, at: datetime, kind: str, answers: Message) -> None:
        if kind == REPLY:
            self.go(self.came_at(at, reply(answers)))
            thing.replies_read.append(at)
            if thing.is_open and at > thing.waited_since:
                self.end(thing)
        elif kind == BOUNCE:
            self.go(bounce(answers))
            thing.lost = thing.lost or answers.id == thing.waits_on.id
            if thing.is_open and thing.lost:
                self.end(thing)
        else:
            self.go(self.came_at(at, absence(answers, back_on=at + timedelta(days=5) if kind == RETURN else None)))
            self.take_over_new_date(thing)

    def take_over_new_date(self, thing: Thing) -> None:
        """A return date moves what is open and has not rung, and only ever to later; where to is tested elsewhere."""
        reminder = self.reminder_of(thing)
        if reminder is None or not thing.is_open or thing.due is None:
            return
        assert reminder.due_at >= thing.due
        if reminder.due_at > thing.due:
            assert thing.state != RUNG
            thing.state, thing.due = WAITING, reminder.due_at

    def end(self, thing: Thing, why: str = "") -> None:
        thing.state, thing.why_settled = SETTLED, why

    def pick(self, which: int) -> Thing:
        return self.things[which % len(self.things)]

    def pass_a_moment(self) -> None:
        """No two mails in the same second."""
        self.clock.at += timedelta(seconds=2)

    async def came_at(self, at: datetime, work: Awaitable[Message]) -> None:
        present, self.clock.at = self.clock.at, at
        try:
            await work
        finally:
            self.clock.at = present

    def reminder_of(self, thing: Thing) -> Reminder | None:
        async def found() -> Reminder | None:
            mine = await Reminder.objects().where(Reminder.thread == thing.sent.thread).order_by(Reminder.created_at).order_by(Reminder.id)
            return mine[-1] if mine else None

        return self.go(found())

    def due_of(self, sent: Message) -> datetime:
        async def found() -> datetime:
            reminders = await Reminder.select(Reminder.due_at).where(Reminder.thread == sent.thread, Reminder.settled_at.is_null())
            return reminders[0]["due_at"]

        return self.go(found())


class Clock:
    """Stands still until somebody moves it; in the place of `datetime` in `app.clock`."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self, zone: Any = UTC) -> datetime:
        return self.at.astimezone(zone)


async def several(verb: Callable[[], Awaitable[Any]], times: int) -> None:
    await asyncio.gather(*(verb() for _ in range(times)))


@contextmanager
def dying_after(examined: int) -> Iterator[None]:
    """The worker is killed when it has decided about so many reminders, before the last decision is committed."""
    decide, left = ringing.decide, [examined]

    async def decide_and_die(reminder: Reminder) -> None:
        await decide(reminder)
        left[0] -= 1
        if left[0] < 0:
            raise Killed

    with patch.object(ringing, "decide", decide_and_die):
        yield


async def rejudged(touched: Hit, verdict: str) -> None:
    sent = await Message.objects().get(Message.id == touched.message)
    assert sent is not None
    await judge_again(sent, touched.id, touched.verdict, verdict)


async def absence(sent: Message, back_on: datetime | None) -> None:
    """A machine answers for Anna, and says when she is back if it knows."""
    async with together():
        answer = await received(sent, AUTO_REPLY, ANNA, "I am away.")
        await announce(AutoReplyReceived(answer.id, sent.id, back_on.date() if back_on else None))


@pytest.fixture
def runner(postgresql: str) -> Iterator[asyncio.Runner]:
    """A loop and a pool of its own: hypothesis calls rules one after another, without a loop."""
    kept, DB.pool = DB.pool, None
    reactions.wire()
    with asyncio.Runner() as runner:
        opened = connected(4)
        runner.run(opened.__aenter__())
        try:
            yield runner
        finally:
            runner.run(opened.__aexit__(None, None, None))
            DB.pool = kept


def test_whatever_happens_a_reminder_rings_once_or_says_why_not(pool: None, runner: asyncio.Runner) -> None:
    machine = type("Life", (Life,), {"runner": runner})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=HISTORIES, stateful_step_count=STEPS, deadline=None, print_blob=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
        ),
    )  # fmt: skip
