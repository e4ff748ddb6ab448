"""Handing a finished draft over: checked, its ids fixed, and waiting to be carried out."""

from datetime import datetime, timedelta

from app.clock import new_id, now
from app.database import together
from app.errors import Refused
from app.happenings import ON_CLICKS, ON_OPENS
from app.identity.guarding import Me
from app.mailboxes.tables import READ, Mailbox
from app.outbox.addressing import check
from app.outbox.appearing import Sender, choices, chosen
from app.outbox.drafting import REMINDS, attachments, being_written, draft_of, ensure_open, largest_mime, on_the_wire
from app.outbox.linking import linked
from app.outbox.promising import promises
from app.outbox.rationing import full_now, limit_of, weight
from app.outbox.reminding import check_date
from app.outbox.separating import parts, recipients
from app.outbox.tables import Dispatch, Draft
from app.outbox.writing import compose
from app.tracking.instrumenting import read
from app.web.wishes import Wish

HEADERS_A_FILE = 500
A_TURN = timedelta(milliseconds=1)
"""Mails queued at once go out in their order."""


async def queue(me: Me, draft: Draft) -> Dispatch:
    """Send a draft: its Dispatch waits for the worker, or one for each recipient, of which this is the first. Pressing twice is pressing once."""
    if draft.queued_at is not None:
        return await latest(draft)
    sender = await checked(me, draft)
    mailbox = sender.mailbox
    async with together():
        open_still = Draft.id == draft.id, *being_written()
        if not await Draft.update({Draft.queued_at: now()}).where(*open_still).returning(Draft.id):
            return await latest(draft)
        draft = await draft_of(me, draft.id)
        made = [(await fixed(me, part, sender, address, place), part) for place, (address, part) in enumerate(parts(draft))]
        await check_size(*made[0], mailbox)
        for dispatch, part in made:
            await wait_for_room(dispatch, part, mailbox)
            await dispatch.save()
    return made[0][0]


async def checked(me: Me, draft: Draft, at: datetime | None = None) -> Sender:
    """Who a draft would go out from; refused with what hinders it. `at`: when it is to go, if not now."""
    ensure_open(draft)
    sender = await sender_of(me, draft)
    check(*recipients(draft).items())
    await check_reminder(me, draft, sender.mailbox, at or now())
    await check_condition(me, draft)
    check_possible(draft, sender.mailbox)
    return sender


async def check_ahead(me: Me, draft: Draft, at: datetime) -> Sender:
    """All that can be known now of whether a draft can go out at its time; nothing is fixed by it."""
    sender = await checked(me, draft, at)
    address, part = parts(draft)[0]
    await check_size(await fixed(me, part, sender, address), part, sender.mailbox)
    return sender


async def latest(draft: Draft) -> Dispatch:
    """The dispatch that a draft already has."""
    found = await Dispatch.objects().where(Dispatch.draft == draft.id).order_by(Dispatch.created_at, ascending=False).first()
    if found is None:
        raise Refused("This draft was discarded. Take it back from the list of drafts to go on writing.")
    return found


async def fixed(me: Me, draft: Draft, sender: Sender, address: str = "", place: int = 0) -> Dispatch:
    """The ids are fixed before anything goes out, and so is what is tracked: the strictest recipient decides.

    `address`: the only recipient, of a mail that is sent separately; `place`: its turn among the others.
    """
    allowed = await promises(draft, me.workspace)
    key = new_id()
    return Dispatch(
        id=key,
        workspace=me.workspace.id,
        person=me.person.id,
        mailbox=sender.mailbox.id,
        draft=draft.id,
        address=address,
        sending=(draft.sending or draft.id) if address else None,
        message=new_id(),
        message_id=f"<{key}.nachfass@{sender.mailbox.address.rpartition('@')[2]}>",
        opens_tracked=allowed.opens,
        clicks_tracked=allowed.clicks,
        decoyed=me.workspace.decoys,
        sender=sender.address,
        sender_name=sender.name,
        reply_to=sender.reply_to,
        signature=sender.signature if draft.signs else "",
        created_at=now() + place * A_TURN,
        due_at=now(),
    )


async def sender_of(me: Me, draft: Draft) -> Sender:
    """What it goes out from: a mailbox of the person's own that is able to send, and an address of it."""
    found = await choices(me)
    if not found:
        raise Refused("There is no mailbox to send from. Connect one under Mailboxes; the mail is kept as a draft.", field="mailbox")
    sender = chosen(found, draft)
    if sender is None and any(one.mailbox.id == draft.mailbox for one in found):
        raise Refused(
            "Choose the address to send from: the provider does not offer the one chosen before any more. The mail is kept as a draft.",
            field="mailbox",
        )
    if sender is None:
        raise Refused(
            "Choose the mailbox to send from: the one chosen before is not connected any more. The mail is kept as a draft.", field="mailbox"
        )
    if draft.mailbox and sender.mailbox.broken_at is not None:
        raise Refused("%(address)s is not connected. Connect it again under Mailboxes, or choose another one; the mail is kept as a draft.",
                      field="mailbox", address=sender.mailbox.address)  # fmt: skip
    return sender


async def check_reminder(me: Me, draft: Draft, mailbox: Mailbox, at: datetime) -> None:
    if not draft.reminds:
        return
    if READ not in mailbox.rights:
        raise Refused("%(address)s may only send, so Nachfass can't see replies there. Switch the reminder off, or grant reading under Mailboxes.",
                      field="reminds", address=mailbox.address)  # fmt: skip
    if Wish.read(draft.reminds).text not in REMINDS:
        await check_date(me, draft, at)


async def check_condition(me: Me, draft: Draft) -> None:
    """What can't be known of this mail is not promised: opens, or clicks, have to be tracked, and there must be something to click."""
    if not draft.reminds or draft.reminds_if not in (*ON_OPENS, *ON_CLICKS):
        return
    allowed = [await promises(part, me.workspace) for _, part in parts(draft)]
    if draft.reminds_if in ON_OPENS and not all(one.opens for one in allowed):
        raise Refused(
            "Opens of this mail are not tracked (switched off, or not everybody allows it), so nobody could tell whether it was opened. "
            "Choose “if there is no reply”; the mail is kept as a draft.",
            field="reminds",
        )
    if draft.reminds_if in ON_CLICKS and not (all(one.clicks for one in allowed) and has_links(draft)):
        raise Refused(
            "Clicks in this mail are not tracked (switched off, not everybody allows it, or it has no link), so nobody could tell whether "
            "one was followed. Choose “if there is no reply”; the mail is kept as a draft.",
            field="reminds",
        )


def has_links(draft: Draft) -> bool:
    """Is there anything to click in what the rep wrote? Addresses of mail and telephone are not tracked."""
    return bool(read(linked(draft.html)).links)


def check_possible(draft: Draft, mailbox: Mailbox) -> None:
    """A mail that is larger than a whole day's allowance would wait for ever."""
    limit = limit_of(mailbox)
    if len(parts(draft)) == 1 and weight(draft, limit) > limit.most:
        raise Refused("This mail has more recipients than %(address)s may write to in a day (%(most)d). Split the list; the mail is kept as a draft.",
                      field="to", address=mailbox.address, most=limit.most)  # fmt: skip


async def wait_for_room(dispatch: Dispatch, draft: Draft, mailbox: Mailbox) -> None:
    """Where the provider takes no more today, the mail waits from the beginning, and says until when."""
    if full := await full_now(mailbox, draft, dispatch):
        dispatch.due_at = dispatch.held_until = full.until
        dispatch.problem, dispatch.problem_values = full.sentence, full.values


async def check_size(dispatch: Dispatch, draft: Draft, mailbox: Mailbox) -> None:
    letter = await compose(dispatch, mailbox, draft, [])
    files = sum(on_the_wire(one.size) + HEADERS_A_FILE for one in await attachments(draft))
    largest = largest_mime(mailbox)
    if len(letter.mime) + files > largest:
        raise Refused(
            "This mail has %(size).1f MB, and %(address)s takes %(most).1f MB. Remove a file or send a link to it; the mail is kept as a draft.",
            field="files", size=(len(letter.mime) + files) / 1e6, most=largest / 1e6, address=mailbox.address,
        )  # fmt: skip
