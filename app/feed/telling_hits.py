"""What happened to our mail at the other end: each judged hit becomes a row of the feed, many at a time."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.clock import new_id
from app.database import rows
from app.feed.naming import Mailing, link_words, mailings
from app.feed.telling import CHANNEL, CLICKED, OPENED
from app.happenings import LinkClicked, MachineTouched, MessageOpened, ToldInFeed, VerdictChanged, announce_all
from app.tracking.tables import CLICK, OPEN, PERSON

VERDICTS = """
SELECT id, message, hit_at, kind, link, verdict, confidence, rules, device, likely FROM verdict WHERE id = ANY($1::uuid[]) ORDER BY hit_at, id
"""
TELL = """
WITH told AS (
    INSERT INTO activity (id, workspace, person, at, kind, contact, mailbox, thread, message, hit, said)
    SELECT * FROM unnest(
        $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[], $7::uuid[], $8::uuid[], $9::uuid[], $10::uuid[], $11::uuid[], $12::jsonb[]
    ) RETURNING person, id, at
)
SELECT pg_notify($1, concat_ws(':', person, id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'))) FROM told
"""
RETELL = """
WITH told AS (
    UPDATE activity SET kind = judged.kind, said = activity.said || judged.said
    FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::jsonb[]) AS judged (workspace, message, hit, kind, said)
    WHERE activity.workspace = judged.workspace AND activity.message = judged.message AND activity.hit = judged.hit
    RETURNING person, id, at
)
SELECT pg_notify($1, concat_ws(':', person, id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'))) FROM told
"""


async def tell_hits(facts: Sequence[MessageOpened | LinkClicked | MachineTouched]) -> None:
    """What hits turned out to be, with the devices behind them; the streams hear of it when this transaction commits."""
    told = [(line(mail, verdict), verdict, mail) for mail, verdict in await judged(facts)]
    if told:
        await rows(TELL, CHANNEL, *[list(column) for column in zip(*[one for one, _, _ in told], strict=True)])
        await announce_all([told_of(*one) for one in told if one[1]["verdict"] == PERSON])


async def tell_verdicts(facts: Sequence[VerdictChanged]) -> None:
    """The rows of hits that are judged otherwise now say so, in their places."""
    again = await judged(facts)
    if again:
        lines = [
            (mail.workspace, mail.id, verdict["id"], kind_of(verdict["verdict"], verdict["kind"]), json.dumps(device_of(verdict, mail)))
            for mail, verdict in again
        ]
        await rows(RETELL, CHANNEL, *[list(column) for column in zip(*lines, strict=True)])


async def judged(facts: Sequence[MessageOpened | LinkClicked | MachineTouched | VerdictChanged]) -> list[tuple[Mailing, dict[str, Any]]]:
    """The mails and the verdicts that facts speak of, as far as they are still kept, in the order the hits came."""
    mails = await mailings({fact.message for fact in facts})
    messages: dict[UUID, UUID] = {fact.hit: fact.message for fact in facts}
    verdicts = await rows(VERDICTS, list(messages))
    return [(mails[messages[verdict["id"]]], verdict) for verdict in verdicts if messages[verdict["id"]] in mails]


def line(mail: Mailing, verdict: dict[str, Any]) -> tuple[Any, ...]:
    """The row in the order of the statement; without Piccolo's objects, which would take longer than everything else here."""
    kind = kind_of(verdict["verdict"], verdict["kind"])
    said = {**mail.whom(), "subject": mail.subject, **device_of(verdict, mail)}
    owned = (new_id(), mail.workspace, mail.person, verdict["hit_at"], kind)
    return (*owned, mail.contact, mail.mailbox, mail.thread, mail.id, verdict["id"], json.dumps(said))


def told_of(written: tuple[Any, ...], verdict: dict[str, Any], mail: Mailing) -> ToldInFeed:
    """What a person did. Machines' doings are told to nobody beyond the feed, so they are not stated."""
    said = {**mail.whom(), "subject": mail.subject, **touched(verdict, mail), **guessed(verdict, mail)}
    activity, workspace, person, at, kind = written[:5]
    return ToldInFeed(activity, workspace, person, at, kind, said, thread=mail.thread, message=mail.id, hit=verdict["id"])


def kind_of(verdict: str, touch: str) -> str:
    """Only a person's hit is an open or a click; the others go by who did it."""
    if verdict != PERSON:
        return verdict
    return CLICKED if touch == CLICK else OPENED


def touched(verdict: dict[str, Any], mail: Mailing) -> dict[str, Any]:
    link = verdict["link"]
    return {"touch": CLICK, "link": link, "words": link_words(mail.links, link)} if verdict["kind"] == CLICK else {"touch": OPEN}


def device_of(verdict: dict[str, Any], mail: Mailing) -> dict[str, Any]:
    device, rules = json.loads(verdict["device"]), [list(rule) for rule in json.loads(verdict["rules"])]
    told = {"device": device, "confidence": round(verdict["confidence"], 3), "rules": rules}
    return {**touched(verdict, mail), **told, **guessed(verdict, mail)}


def guessed(verdict: dict[str, Any], mail: Mailing) -> dict[str, Any]:
    """What is only probable: which of several it was, and that the mail was passed on. A machine is nobody of them."""
    by_person = verdict["verdict"] == PERSON
    likely = json.loads(verdict["likely"]) if by_person else {}
    forwarded = list(mail.forwarded_why) if by_person else []
    return {"probably": likely.get("name", ""), "probably_contact": likely.get("contact", ""), "forwarded": forwarded}
