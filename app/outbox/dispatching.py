"""Carrying mail out, provably once: every step is written down before the next begins, and the mailbox is asked before any is repeated.

Why no mail doubles: only the draft that a Dispatch names is ever sent, it names one for good, and no provider sends a draft twice.
Why none is lost: a Dispatch stays due until it was sent, refused, taken back, or a person decided.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from piccolo.columns import Column

from app.clock import now
from app.database import rows, together
from app.errors import ProviderError
from app.happenings import MailboxConnected
from app.identity.tables import Workspace
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers.base import DropsDrafts, Provider, RecipientSaid, SentCopy, SetsSender, TakesPieces
from app.mailboxes.tables import OUTLOOK, READ, Mailbox
from app.outbox import requesting
from app.outbox.enclosing import bring, goes_in_pieces
from app.outbox.filing import file_away, file_copy, note_sent_copy
from app.outbox.hearing_recipients import heard_by, keep
from app.outbox.hindering import BLIND, BROKE_OFF, hindered, hold
from app.outbox.marking import LONGEST_LOOK, LOOK_AGAIN, TakenOver, Trip, claim, come_back, fail, mark, release, rest, unclear, waits
from app.outbox.promising import promises
from app.outbox.rationing import Full, full_now
from app.outbox.tables import Dispatch
from app.outbox.writing import draft_of, letter, sender_of
from app.threads.expecting import told_to_go
from app.web.locale import N_

log = structlog.get_logger()

AT_ONCE = 3
"""Of Graph's four parallel calls a mailbox, one is left to reading."""
IN_TRANSPORT = timedelta(minutes=2)
"""Exchange may show a draft as a draft while it is already on its way."""

UNSEEN = N_("Unknown, please decide. No answer came, and the mail is neither among the drafts nor in Sent.")
DISCONNECTED = N_("Not sent. %(address)s is not connected any more. Choose another mailbox and send again.")
REWRITTEN = N_("Sent, but the provider wrote %(given)s into From instead of %(wanted)s: it does not let this mailbox send from there.")


class NoRoom(Exception):
    """The provider takes no more mail from this mailbox for now."""

    def __init__(self, full: Full) -> None:
        self.full = full


async def dispatch_due() -> int:
    """Carry on with everything that is due; how many dispatches were worked on."""
    done = 0
    while claimed := await claim(AT_ONCE):
        done += len(claimed)
        outcomes = await asyncio.gather(*(carry(dispatch) for dispatch in claimed), return_exceptions=True)
        if unforeseen := [outcome for outcome in outcomes if outcome is not None]:
            raise BaseExceptionGroup("Some mail could not be carried on; it is taken up again when its claim has ended.", unforeseen)
    return done


async def carry(dispatch: Dispatch) -> None:
    """Take one dispatch as far as it goes now, and write down what hindered it."""
    mailbox = await Mailbox.objects().get(Mailbox.id == dispatch.mailbox)
    assert mailbox is not None  # a foreign key
    trip = Trip(dispatch, mailbox, unclear=dispatch.sending_at is not None and dispatch.sent_at is None)
    try:
        await go(trip)
    except NoRoom as found:
        await hold(trip, found.full)
    except TakenOver:
        log.warning("A dispatch was taken over by another worker", dispatch=str(dispatch.id))
    except asyncio.CancelledError:
        await asyncio.shield(release(dispatch))
        raise
    except ProviderError as error:
        await hindered(trip, error)


async def go(trip: Trip) -> None:
    if trip.mailbox.disconnected_at and trip.dispatch.cancelled_at:
        await rest(trip.dispatch)
        return
    if trip.mailbox.disconnected_at and trip.dispatch.sent_at is None:
        await (unclear(trip, BROKE_OFF, address=trip.mailbox.address) if trip.unclear else fail(trip, DISCONNECTED, address=trip.mailbox.address))
        return
    provider = await open_mailbox(trip.mailbox)
    if trip.dispatch.cancelled_at is not None:
        await take_back(trip, provider)
    elif trip.dispatch.sent_at is not None:
        await verify(trip, provider)
    elif trip.may_look and trip.dispatch.sending_at is not None:
        await ask(trip, provider)
    elif not (trip.may_look and provider.holds_drafts):
        await send_at_once(trip, provider)
    else:
        await look_for_room(trip)
        await put_draft(trip, provider)
        await send_draft(trip, provider)


async def take_back(trip: Trip, provider: Provider) -> None:
    """The person changed their mind while it waited: no draft of it stays behind at the provider."""
    if isinstance(provider, DropsDrafts):
        await provider.drop_draft(trip.dispatch.provider_draft)
    await rest(trip.dispatch)


async def look_for_room(trip: Trip) -> None:
    """Before the provider is troubled with a draft that has to wait anyway."""
    if full := await full_now(trip.mailbox, await draft_of(trip.dispatch), trip.dispatch, in_turn=True):
        raise NoRoom(full)


async def put_draft(trip: Trip, provider: Provider) -> None:
    """Have the provider hold the mail, unless it already does."""
    dispatch = trip.dispatch
    if dispatch.drafted_at is not None:
        return
    held = None
    if dispatch.tries > 1:
        if copy := await find_copy(dispatch, provider):
            await went_out(trip, copy)
            return
        held = await provider.find_draft(str(dispatch.id), dispatch.message_id)
    if held is None:
        await ask_consent_again(dispatch)
        held = await made(trip, provider)
    await complete(trip, provider, held)
    await mark(dispatch, {Dispatch.provider_draft: held, Dispatch.drafted_at: now()})


async def made(trip: Trip, provider: Provider) -> str:
    """A new draft; large files follow it in pieces where the provider wants it so."""
    whole = not isinstance(provider, TakesPieces) or not await goes_in_pieces(trip.dispatch, trip.mailbox)
    written = await letter(trip.dispatch, trip.mailbox, files=whole)
    return await provider.draft(written.mime, str(trip.dispatch.id), written.provider_thread)


async def complete(trip: Trip, provider: Provider, held: str) -> None:
    """What is not inside the MIME. Every part of it can be done again, and goes on where a dead worker left it."""
    sender = sender_of(trip.dispatch, trip.mailbox)
    if isinstance(provider, SetsSender) and sender["address"] != trip.mailbox.address:
        await provider.set_sender(held, sender["name"], sender["address"])
    await requesting.ask(provider, held, await draft_of(trip.dispatch))
    if isinstance(provider, TakesPieces) and await goes_in_pieces(trip.dispatch, trip.mailbox):
        await bring(trip, provider, held)


async def send_draft(trip: Trip, provider: Provider) -> None:
    """Say that it is told to go, then tell it."""
    if trip.dispatch.sent_at is not None:
        return
    await tell_to_go(trip)
    trip.unclear = False
    await went_out(trip, await provider.send_draft(trip.dispatch.provider_draft))


async def send_at_once(trip: Trip, provider: Provider) -> None:
    """In one step. Where nobody can be asked afterwards and we do not know how it ended, a person decides."""
    if trip.unclear:
        await unclear(trip, BLIND)
        return
    if trip.may_look and trip.dispatch.tries > 1 and (copy := await find_copy(trip.dispatch, provider)):
        await went_out(trip, copy)
        return
    await ask_consent_again(trip.dispatch)
    written = await letter(trip.dispatch, trip.mailbox)
    await tell_to_go(trip)
    try:
        copy = await requesting.send(provider, written.mime, written.provider_thread, await draft_of(trip.dispatch))
    except ProviderError:
        await keep(trip.dispatch, heard_by(provider))
        raise
    await went_out(trip, copy, heard_by(provider))


async def tell_to_go(trip: Trip) -> None:
    """One mail of a mailbox after the other, so that no two of them take the last room."""
    async with together():
        await rows("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"sending {trip.mailbox.id}")
        await look_for_room(trip)
        await mark(trip.dispatch, {Dispatch.sending_at: now()})
        await told_to_go(trip.dispatch.message, trip.mailbox)


async def ask(trip: Trip, provider: Provider) -> None:
    """It was told to go and we do not know how that ended: ask the mailbox, and repeat only what it says was not done."""
    dispatch = trip.dispatch
    if copy := await find_copy(dispatch, provider):
        await went_out(trip, copy)
        return
    told = now() - dispatch.sending_at
    held = await provider.find_draft(str(dispatch.id), dispatch.message_id)
    if held == dispatch.provider_draft and (trip.mailbox.provider != OUTLOOK or told >= IN_TRANSPORT):
        await send_draft(trip, provider)
    elif told > LONGEST_LOOK:
        await unclear(trip, UNSEEN)
    else:
        await come_back(dispatch, now() + waits(dispatch))


async def find_copy(dispatch: Dispatch, provider: Provider) -> SentCopy | None:
    return await provider.find_sent(str(dispatch.id), dispatch.message_id, dispatch.created_at - LONGEST_LOOK)


async def ask_consent_again(dispatch: Dispatch) -> None:
    """Somebody may have refused since the rep pressed Send."""
    workspace = await Workspace.objects().get(Workspace.id == dispatch.workspace)
    assert workspace is not None  # a foreign key
    allowed = await promises(await draft_of(dispatch), workspace)
    opens, clicks = dispatch.opens_tracked and allowed.opens, dispatch.clicks_tracked and allowed.clicks
    if (opens, clicks) != (dispatch.opens_tracked, dispatch.clicks_tracked):
        await mark(dispatch, {Dispatch.opens_tracked: opens, Dispatch.clicks_tracked: clicks})


async def went_out(trip: Trip, copy: SentCopy | None, said: Sequence[RecipientSaid] = ()) -> None:
    """The provider took it: file it, and unless its copy in Sent is known, look for that later."""
    dispatch = trip.dispatch
    looks = copy is None and trip.may_look
    async with together():
        await mark(
            dispatch,
            {
                Dispatch.sent_at: copy.at if copy else now(),
                Dispatch.due_at: now() + LOOK_AGAIN if looks else None,
                Dispatch.claimed_at: None,
                **rewritten(trip, copy),
            },
        )
        await keep(dispatch, said)
        await file_away(dispatch, trip.mailbox, copy)


def rewritten(trip: Trip, copy: SentCopy | None) -> dict[Column | str, Any]:
    """Nothing is wrong with a mail that went out, unless it went out under another address than the person chose."""
    wanted = sender_of(trip.dispatch, trip.mailbox)["address"].lower()
    if copy is None or copy.sender in ("", wanted):
        return {Dispatch.problem: "", Dispatch.problem_values: {}}
    return {Dispatch.problem: REWRITTEN, Dispatch.problem_values: {"given": copy.sender, "wanted": wanted}}


async def verify(trip: Trip, provider: Provider) -> None:
    """Find the copy in Sent of a mail that went out, to learn what the provider made of its ids."""
    dispatch = trip.dispatch
    copy = await find_copy(dispatch, provider) or await file_copy(dispatch, trip.mailbox, provider)
    if copy is None and now() - dispatch.sent_at < LONGEST_LOOK:
        await come_back(dispatch, now() + waits(dispatch))
        return
    async with together():
        await mark(dispatch, {Dispatch.due_at: None, Dispatch.claimed_at: None, **rewritten(trip, copy)})
        if copy:
            await note_sent_copy(dispatch, copy)


async def ask_again(fact: MailboxConnected) -> None:
    """The mailbox can be asked again: what was unclear about its mail may now be known."""
    await look_into(fact.mailbox)


async def look_into(mailbox: UUID) -> None:
    readable = await Mailbox.exists().where(Mailbox.id == mailbox, Mailbox.rights.any(READ))
    if readable:
        unclear = Dispatch.mailbox == mailbox, Dispatch.unknown_at.is_not_null(), Dispatch.sent_at.is_null(), Dispatch.dismissed_at.is_null()
        await Dispatch.update({Dispatch.unknown_at: None, Dispatch.due_at: now(), Dispatch.sending_at: now()}).where(*unclear)
