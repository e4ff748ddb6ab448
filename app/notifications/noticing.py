"""What came into somebody's feed is told to whoever wants to hear of it elsewhere: a row for each way and each browser, with the fact."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.attention.choosing import Choice, choices_of
from app.attention.deciding import ONE_NEWS, News, is_news, ways_for
from app.attention.kinds import BY_PEOPLE, CLICKS, KIND_OF, MAIL, OPENS, PUSH
from app.attention.muting import chosen_among
from app.attention.resting import quiet_until
from app.clock import new_id, now
from app.database import rows
from app.happenings import MailboxRestored, ReminderMoved, ReminderSettled, ReminderSnoozed, ToldInFeed
from app.identity.guarding import KEPT_FOR
from app.tracking.tables import CLICK, PERSON

MAIL_GATHERS = timedelta(minutes=10)
"""So long a mail waits for what else happens: one mail tells of all of it."""
GOOD_FOR, TOUCHES_GOOD_FOR = timedelta(days=1), timedelta(hours=4)
"""Nobody wants to hear tomorrow that a mail was opened today."""
OWN_DOING = ("disconnected", "sends_only")
"""Why a mailbox can't be read, where its person just decided it."""
KEPT_OF = ("who", "names", "subject", "words", "why", "values", "problem", "address", "since")
"""What the sentences need of what the feed says. Of a reply its words stay in the feed."""

LISTENERS = """
SELECT d.person, d.workspace, d.id AS place, 'push' AS way FROM device d JOIN session s ON s.id = d.session
WHERE d.person = ANY($1::uuid[]) AND s.ended_at IS NULL AND s.seen_at > $2
UNION ALL SELECT a.person, NULL, a.person, 'mail' FROM attention a WHERE a.person = ANY($1::uuid[]) AND cardinality(a.mail) > 0
"""
TOUCHES = "SELECT id, message, hit_at AS at, kind, link FROM verdict WHERE message = ANY($1::uuid[]) AND verdict = $2 AND hit_at > $3"
WRITE = """
INSERT INTO delivery (id, workspace, person, activity, way, place, kind, at, thread, message, about, said, due_at, held, good_until, tries, problem,
  problem_code)
SELECT *, 0, '', '' FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::timestamptz[], $9::uuid[],
  $10::uuid[], $11::uuid[], $12::jsonb[], $13::timestamptz[], $14::bool[], $15::timestamptz[]) ON CONFLICT (activity, way, place) DO NOTHING
"""
IS_OVER = "DELETE FROM delivery WHERE about = $1 AND delivered_at IS NULL"


@dataclass(frozen=True)
class Touch:
    """A person's open or click, as far as it matters for whether the next one is news."""

    id: UUID
    at: datetime
    kind: str
    thread: UUID | None
    message: UUID | None
    link: int | None = None


@dataclass(frozen=True)
class Listener:
    """Where somebody is told: a browser (of one workspace), or their own inbox."""

    place: UUID
    way: str
    workspace: UUID | None


async def notice(facts: Sequence[ToldInFeed]) -> None:
    """Write down what is to be delivered. Where nobody listens, which is the rule, that is one question."""
    worth = [fact for fact in facts if fact.kind in KIND_OF and fact.said.get("why") not in OWN_DOING]
    listeners = await listeners_of({fact.person for fact in worth}) if worth else {}
    worth = [fact for fact in worth if fact.person in listeners]
    if not worth:
        return
    choices, chosen = await choices_of(list(listeners)), await chosen_among(listeners, [fact.thread for fact in worth])
    before = await touches_before(worth)
    lines: list[tuple[Any, ...]] = []
    for fact in worth:
        hears = chosen.get((fact.person, fact.thread), "") if fact.thread else ""
        if is_news(as_touch(fact), before.get(fact.activity, []), hears) is News.TOLD:
            choice = choices[fact.person]
            ways = ways_for(fact.kind, choice, hears)
            lines += [line(fact, one, choice) for one in listeners[fact.person] if one.way in ways and one.workspace in (None, fact.workspace)]
    if lines:
        await rows(WRITE, *[list(column) for column in zip(*lines, strict=True)])


async def listeners_of(persons: set[UUID]) -> dict[UUID, list[Listener]]:
    """Those of these people who listen, and where."""
    found: dict[UUID, list[Listener]] = defaultdict(list)
    for row in await rows(LISTENERS, list(persons), now() - KEPT_FOR):
        found[row["person"]].append(Listener(row["place"], row["way"], row["workspace"]))
    return dict(found)


async def touches_before(facts: Sequence[ToldInFeed]) -> dict[UUID, list[Touch]]:
    """What people did to the same mails shortly before, for each fact about an open or a click of the same link."""
    of_people = [fact for fact in facts if fact.kind in BY_PEOPLE and fact.message]
    if not of_people:
        return {}
    found = await rows(TOUCHES, [fact.message for fact in of_people], PERSON, min(fact.at for fact in of_people) - ONE_NEWS)
    touches = [Touch(row["id"], row["at"], kind_of(row["kind"]), None, row["message"], row["link"]) for row in found]
    return {fact.activity: [one for one in touches if one.kind == "opened" or one.link == fact.said.get("link")] for fact in of_people}


def kind_of(touch: str) -> str:
    return "clicked" if touch == CLICK else "opened"


def as_touch(fact: ToldInFeed) -> Touch:
    """Named by its hit, so that it is not taken for one before itself."""
    return Touch(fact.hit or fact.activity, fact.at, fact.kind, fact.thread, fact.message)


def line(fact: ToldInFeed, listener: Listener, choice: Choice) -> tuple[Any, ...]:
    """The row in the order of the statement."""
    quiet = quiet_until(choice, fact.kind, now())
    due_at = quiet or now() + (MAIL_GATHERS if listener.way == MAIL else timedelta())
    good_for = TOUCHES_GOOD_FOR if listener.way == PUSH and KIND_OF[fact.kind] in (OPENS, CLICKS) else GOOD_FOR
    said = {name: fact.said[name] for name in KEPT_OF if name in fact.said and not (name == "words" and fact.kind != "clicked")}
    about = fact.reminder or (fact.mailbox if fact.thread is None else None)
    named = (new_id(), fact.workspace, fact.person, fact.activity, listener.way, listener.place, fact.kind, fact.at, fact.thread, fact.message, about)
    return (*named, json.dumps(said), due_at, quiet is not None, due_at + good_for)


async def withdraw(fact: ReminderSettled | ReminderSnoozed | ReminderMoved | MailboxRestored) -> None:
    """What it was about is over: who was not told of it yet is not told any more."""
    await rows(IS_OVER, fact.mailbox if isinstance(fact, MailboxRestored) else fact.reminder)
