"""Beginning a reply: to whom, about what, and what it quotes."""

from datetime import datetime
from html import escape
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import nh3

from app.clock import new_id
from app.identity.guarding import Me
from app.outbox.addressing import Somebody, is_address
from app.outbox.appearing import Sender, choices, first
from app.outbox.drafting import LONGEST_SUBJECT, TAGS, being_written
from app.outbox.tables import Draft
from app.threads.asking import messages_of, recipients_of
from app.threads.filing import own_addresses
from app.threads.recognising.kinds import REPORTS
from app.threads.subjects import bare
from app.threads.tables import SENT, Message, Recipient, Thread
from app.tracking.instrumenting import clean
from app.web.locale import N_, full, translate

QUOTED_TAGS = TAGS | {"table", "tbody", "thead", "tr", "td", "th", "hr", "span"}
LONGEST_QUOTE = 500_000
WROTE = N_("On %(when)s, %(name)s wrote:")


async def draft_in(me: Me, thread: Thread) -> Draft:
    """The reply being written in a thread; if there is none, one to begin with that is not kept yet."""
    here = Draft.thread == thread.id, Draft.person == me.person.id, Draft.revises.is_null(), *being_written()
    kept = await Draft.objects().where(*here).order_by(Draft.saved_at, ascending=False).output(load_json=True).first()
    return kept or await reply(me, thread)


async def reply(me: Me, thread: Thread) -> Draft:
    """A reply to everybody of the last mail in the thread that a person wrote."""
    answered = next((one for one in reversed(await messages_of(thread)) if one.kind not in REPORTS), None)
    to, cc = await whom(me, answered) if answered else ([], [])
    return Draft(
        id=new_id(), workspace=me.workspace.id, person=me.person.id, thread=thread.id,
        answers=answered.id if answered else None, to=to, cc=cc, bcc=[], subject=subject_of(thread, answered), html="",
        quote=quote_of(me, answered) if answered else "", **defaults(me), **come_from(await sender_of(me, thread, answered)),
    )  # fmt: skip


def blank(me: Me, to: list[Somebody], sender: Sender | None) -> Draft:
    """A new mail, not kept yet, with the person's defaults."""
    return Draft(
        id=new_id(),
        workspace=me.workspace.id,
        person=me.person.id,
        to=to,
        cc=[],
        bcc=[],
        subject="",
        html="",
        quote="",
        **defaults(me),
        **come_from(sender),
    )


def defaults(me: Me) -> dict[str, Any]:
    person = me.person
    return {
        "logs": person.logs, "tracks_opens": person.tracks_opens, "tracks_clicks": person.tracks_clicks, "asks_read": person.asks_read,
        "asks_delivery": person.asks_delivery, "reminds": person.reminds_after, "reminds_if": person.reminds_if,
    }  # fmt: skip


def come_from(sender: Sender | None) -> dict[str, Any]:
    return {"mailbox": sender.mailbox.id, "alias": sender.alias_id, "signs": sender.signs} if sender else {"mailbox": None}


async def sender_of(me: Me, thread: Thread, answered: Message | None) -> Sender | None:
    """From the mailbox the thread is in, and from the address that the others know from it."""
    found = await choices(me)
    here = [one for one in found if one.mailbox.id == thread.mailbox]
    known = await seen_in(answered) if answered else set()
    return next((one for one in here if one.address.lower() in known), None) or first(here) or first(found)


async def seen_in(message: Message) -> set[str]:
    """Everybody a mail names."""
    return {message.sender, *(one.address for one in (await recipients_of([message.id]))[message.id])}


async def whom(me: Me, message: Message) -> tuple[list[Somebody], list[Somebody]]:
    """Whoever wrote it, and everybody else it went to; of our own mail those it went to. Never ourselves, nobody twice."""
    own = await own_addresses(me.workspace.id)
    went_to = (await recipients_of([message.id]))[message.id]
    if message.direction == SENT:
        return unique([one for one in went_to if one.kind == "to"], own), unique([one for one in went_to if one.kind == "cc"], own)
    others = unique(went_to, own | {message.sender})
    writer = [Somebody(name=message.sender_name, address=message.sender, typed="")] if is_address(message.sender) else []
    return writer, others


def unique(recipients: list[Recipient], without: set[str]) -> list[Somebody]:
    found = {
        one.address: Somebody(name=one.name, address=one.address, typed="")
        for one in recipients
        if one.address not in without and is_address(one.address)
    }
    return list(found.values())


def subject_of(thread: Thread, message: Message | None) -> str:
    """One “Re:”, however many there were; Gmail keeps a thread together only under the same subject."""
    return f"Re: {bare((message.subject if message else '') or thread.subject)}"[:LONGEST_SUBJECT]


async def quote_for(me: Me, answers: UUID) -> str:
    """The quotation of one's own mail that is being answered."""
    mine = (Message.id == answers) & (Message.workspace == me.workspace.id) & (Message.person == me.person.id)
    message = await Message.objects().where(mine).first()
    return quote_of(me, message) if message else ""


def quote_of(me: Me, message: Message) -> str:
    """What they wrote, without pictures, without our own pixels, and with every link as it was first written."""
    words = translate(me.person.locale, WROTE, when=when(message.at, me), name=message.sender_name or message.sender)
    inner = cleaned(message.html) if message.html else escape(message.text[:LONGEST_QUOTE]).replace("\n", "<br>\n")
    return f"<div>{escape(words)}</div><blockquote>{inner}</blockquote>"


def cleaned(html: str) -> str:
    silent = {"script", "style", "title", "head", "template"}
    return nh3.clean(clean(html[:LONGEST_QUOTE]), tags=QUOTED_TAGS, clean_content_tags=silent, attributes={"a": {"href"}}, link_rel=None)


def when(at: datetime, me: Me) -> str:
    return full(at, ZoneInfo(me.person.time_zone), me.person.locale).rpartition(":")[0]
