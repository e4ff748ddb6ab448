"""Every fact that belongs in somebody's feed becomes a row there, in the transaction that made it true."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.clock import new_id, now
from app.contacts.tables import Contact
from app.database import rows, tell
from app.feed.naming import Mailing, mailing, named
from app.feed.tables import Activity
from app.happenings import (
    AutoReplyReceived,
    BounceReceived,
    ComplaintReceived,
    ConsentGiven,
    ConsentRefused,
    DeliveryConfirmed,
    DeliveryDelayed,
    MessageSent,
    PossibleReplyJudged,
    PossibleReplyReceived,
    ReadConfirmed,
    ReadDeclined,
    ReplyReceived,
    SendFailed,
    SendUnclear,
    ToldInFeed,
    announce,
)
from app.outbox.separating import as_sent
from app.outbox.tables import Dispatch, Draft

CHANNEL = "feed"
SENT, FAILED, UNCLEAR, BOUNCED = "sent", "failed", "unclear", "bounced"
OPENED, CLICKED, REPLIED, AUTO_REPLIED = "opened", "clicked", "replied", "auto_replied"
MAY_ANSWER, DELAYED, COMPLAINED = "may_answer", "delayed", "complained"
DELIVERED, RELAYED, RECEIPT, DECLINED = "delivered", "relayed", "receipt", "declined"
MACHINE, UNKNOWN, SELF = "machine", "unknown", "self"
REFUSED, GIVEN = "refused", "given"
UNCOUNTED = (MACHINE, UNKNOWN, SELF)

IS_A_REPLY = """
UPDATE activity SET kind = 'replied', said = (said - 'question') || $1::jsonb, thread = $2
WHERE workspace = $3 AND person = $4 AND message = $5 AND kind = 'may_answer' RETURNING id, at, person
"""
IS_NO_REPLY_AFTER_ALL = """
UPDATE activity SET kind = 'may_answer', said = (said - 'match') || $1::jsonb, thread = $2
WHERE workspace = $3 AND person = $4 AND message = $5 AND kind = 'replied' AND said->>'match' = 'person' RETURNING id, at, person
"""
JUDGED = """
UPDATE activity SET said = said || $1::jsonb
WHERE workspace = $2 AND person = $3 AND message = $4 AND kind = 'may_answer' RETURNING id, at, person
"""
BESIDE = """
SELECT (SELECT count(DISTINCT address)::int FROM dispatch WHERE sending = $1 AND cancelled_at IS NULL) AS mails, EXISTS (
    SELECT FROM activity WHERE workspace = $2 AND person = $3 AND at > $4 AND kind = 'sent' AND said ->> 'sending' = $1::text) AS told
"""
LATELY = timedelta(days=2)
"""A day's allowance may hold some of them until tomorrow."""
WRITERS = "SELECT DISTINCT m.person FROM recipient r JOIN message m ON m.id = r.message WHERE r.contact = $1 AND m.direction = 'sent'"


# Mail that went out


async def tell_sent(fact: MessageSent) -> None:
    """A mail of ours is on its way, or was found in Sent."""
    mail = await mailing(fact.message)
    if mail and not mail.kept_out:
        await record(about(mail, SENT, mail.at, elsewhere=mail.imported, **await apart(mail)))


async def apart(mail: Mailing) -> dict[str, Any]:
    """Of a mail sent separately the first row tells of all (`apart`: how many), the others (`beside`) only show with their contacts."""
    if mail.sending is None:
        return {}
    found = (await rows(BESIDE, mail.sending, mail.workspace, mail.person, mail.at - LATELY))[0]
    return {"sending": str(mail.sending), **({"beside": True} if found["told"] else {"apart": found["mails"]})}


async def tell_failed(fact: SendFailed) -> None:
    await tell_dispatch(fact.dispatch, FAILED)


async def tell_unclear(fact: SendUnclear) -> None:
    await tell_dispatch(fact.dispatch, UNCLEAR)


async def tell_dispatch(dispatch_id: UUID, kind: str) -> None:
    """There is no message yet, only the draft it was to be."""
    dispatch = await Dispatch.objects().where(Dispatch.id == dispatch_id).first()
    draft = await Draft.objects().output(load_json=True).where(Draft.id == dispatch.draft).first() if dispatch else None
    if dispatch is None or draft is None:
        return
    draft = as_sent(draft, dispatch)
    people = [await named(dispatch.workspace, one["address"], one.get("name", "")) for one in [*draft.to, *draft.cc, *draft.bcc]]
    whom = {"who": people[0].name} if len(people) == 1 else {"who": "", "names": [one.name for one in people]}
    said = {**whom, "subject": draft.subject, "problem": dispatch.problem, "values": loaded(dispatch.problem_values), "dispatch": str(dispatch.id)}
    contact = people[0].contact if len(people) == 1 else None
    await record(
        Activity(
            workspace=dispatch.workspace, person=dispatch.person, at=now(), kind=kind, contact=contact, mailbox=dispatch.mailbox,
            thread=draft.thread, said=said,
        )
    )  # fmt: skip


# What came back


async def tell_reply(fact: ReplyReceived) -> None:
    """A new row, or that of a mail of which nobody could tell before."""
    theirs, ours = await mailing(fact.message), await mailing(fact.answers)
    said = json.dumps({"match": fact.match, "subject": ours.subject if ours else ""})
    if theirs is None or not await change(IS_A_REPLY, said, theirs.thread, theirs.workspace, theirs.person, fact.message):
        await tell_received(fact.message, fact.answers, REPLIED, match=fact.match)


async def tell_possible_reply(fact: PossibleReplyReceived) -> None:
    await tell_received(fact.message, fact.answers, MAY_ANSWER, question=str(fact.message))


async def tell_judged(fact: PossibleReplyJudged) -> None:
    """The row asks no more, or again."""
    theirs = await mailing(fact.message)
    if theirs is None:
        return
    said = json.dumps({"question": str(fact.message) if fact.is_answer is None else ""})
    taken_back = fact.is_answer is None and await change(IS_NO_REPLY_AFTER_ALL, said, theirs.thread, theirs.workspace, theirs.person, fact.message)
    if not taken_back:
        await change(JUDGED, said, theirs.workspace, theirs.person, fact.message)


async def tell_auto_reply(fact: AutoReplyReceived) -> None:
    back_on = fact.back_on.isoformat() if fact.back_on else ""
    await tell_received(fact.message, fact.answers, AUTO_REPLIED, back_on=back_on, asks=fact.asks)


async def tell_received(message: UUID, answers: UUID, kind: str, **more: object) -> None:
    """Somebody's mail, told under the subject of the one it answers."""
    theirs, ours = await mailing(message), await mailing(answers)
    if theirs is None or ours is None or ours.kept_out or (ours.logged and theirs.kept_out):
        return
    sender = await named(theirs.workspace, theirs.sender, theirs.sender_name)
    said = {"who": sender.name, "subject": ours.subject, "words": theirs.snippet, **more}
    await record(row(theirs, kind, theirs.at, said, sender.contact))


async def tell_bounce(fact: BounceReceived) -> None:
    """Our mail came back; the reason is in the other server's own words."""
    await tell_undelivered(fact, BOUNCED, for_good=fact.for_good, reason=fact.reason)


async def tell_delayed(fact: DeliveryDelayed) -> None:
    await tell_undelivered(fact, DELAYED)


async def tell_undelivered(fact: BounceReceived | DeliveryDelayed, kind: str, **more: object) -> None:
    report, ours = await mailing(fact.message), await mailing(fact.answers)
    if ours is None or ours.kept_out:
        return
    whom = await named(ours.workspace, fact.address)
    said = {"who": whom.name, "subject": ours.subject, "address": fact.address, "words": fact.why, **more}
    await record(row(ours, kind, report.at if report else now(), said, whom.contact))


async def tell_delivered(fact: DeliveryConfirmed) -> None:
    await tell_receipt_of(fact.message, fact.answers, fact.address, DELIVERED if fact.final else RELAYED, by=fact.by)


async def tell_receipt(fact: ReadConfirmed) -> None:
    await tell_receipt_of(fact.message, fact.answers, fact.address, RECEIPT)


async def tell_declined(fact: ReadDeclined) -> None:
    await tell_receipt_of(fact.message, fact.answers, fact.address, DECLINED)


async def tell_complaint(fact: ComplaintReceived) -> None:
    """Somebody called our mail spam."""
    await tell_receipt_of(fact.message, fact.answers, fact.address, COMPLAINED)


async def tell_receipt_of(message: UUID, answers: UUID, address: str, kind: str, **more: object) -> None:
    """What a receipt says of our mail and one who got it."""
    receipt, ours = await mailing(message), await mailing(answers)
    if ours is None or ours.kept_out:
        return
    whom = await named(ours.workspace, address) if address else None
    said = {"who": whom.name if whom else "", "subject": ours.subject, "address": address, **more}
    await record(row(ours, kind, receipt.at if receipt else now(), said, whom.contact if whom else None))


# What they allow


async def tell_refused(fact: ConsentRefused) -> None:
    await tell_consent(fact.contact, REFUSED)


async def tell_given(fact: ConsentGiven) -> None:
    await tell_consent(fact.contact, GIVEN)


async def tell_consent(contact_id: UUID, kind: str) -> None:
    """To everybody of the workspace who wrote to them."""
    contact = await Contact.objects().where(Contact.id == contact_id).first()
    if contact is None:
        return
    writers = await rows(WRITERS, contact_id)
    said = {"who": contact.name or contact.address, "words": contact.consent_source}
    for writer in writers:
        await record(Activity(workspace=contact.workspace, person=writer["person"], at=now(), kind=kind, contact=contact.id, said=said))


# How it is written


def about(mail: Mailing, kind: str, at: datetime, **more: object) -> Activity:
    """A row about a mail of ours."""
    return row(mail, kind, at, {**mail.whom(), "subject": mail.subject, **more}, mail.contact)


def row(mail: Mailing, kind: str, at: datetime, said: dict[str, Any], contact: UUID | None) -> Activity:
    return Activity(
        workspace=mail.workspace, person=mail.person, at=at, kind=kind, contact=contact, mailbox=mail.mailbox, thread=mail.thread,
        message=mail.id, said=said,
    )  # fmt: skip


async def record(activity: Activity) -> None:
    """Write it down, wake the streams (they hear of it when this transaction commits), and state that it was told."""
    activity.id = new_id()
    await activity.save()
    await notify(activity.person, activity.id, activity.at)
    await announce(told_of(activity))


def told_of(activity: Activity) -> ToldInFeed:
    return ToldInFeed(
        activity=activity.id, workspace=activity.workspace, person=activity.person, at=activity.at, kind=activity.kind, said=loaded(activity.said),
        thread=activity.thread, message=activity.message, hit=activity.hit, reminder=activity.reminder, mailbox=activity.mailbox,
    )  # fmt: skip


async def change(statement: str, *values: object) -> Sequence[dict[str, Any]]:
    """Change rows already written, and wake the streams for each; the statement returns id, at and person."""
    changed = await rows(statement, *values)
    for one in changed:
        await notify(one["person"], one["id"], one["at"])
    return changed


async def notify(person: UUID, activity: UUID, at: datetime) -> None:
    await tell(CHANNEL, f"{person}:{activity}:{at.isoformat()}")


def loaded(value: Any) -> Any:
    """JSONB arrives as text unless it was asked for otherwise."""
    return json.loads(value) if isinstance(value, str) else value
