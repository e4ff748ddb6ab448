"""Carrying mail out, provably once: every step is written down before the next begins, and the mailbox is asked before any is repeated.

Why no mail doubles: only the draft that a Dispatch names is ever sent, it names one for good, and no provider sends a draft twice.
Why none is lost: a Dispatch stays due until it was sent, refused, or a person decided.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from piccolo.columns import Column

from app.clock import now
from app.database import rows, together
from app.errors import GoneThere, ProviderError, RetryLater, Unanswered
from app.happenings import MailboxConnected, SendFailed, SendUnclear, announce
from app.identity.tables import Workspace
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers.base import Provider, SentCopy
from app.mailboxes.tables import OUTLOOK, READ, Mailbox
from app.outbox.filing import file_away, file_copy, note_sent_copy
from app.outbox.promising import promises
from app.outbox.tables import Dispatch, Draft
from app.outbox.writing import draft_of, letter
from app.threads.expecting import stayed, told_to_go
from app.web.locale import N_

log = structlog.get_logger()

AT_ONCE = 3
"""Of Graph's four parallel calls a mailbox, one is left to reading."""
CLAIM_LASTS = timedelta(minutes=10)
LOOK_AGAIN = timedelta(seconds=3)
LONGEST_LOOK = timedelta(minutes=15)
LONGEST_TRY = timedelta(hours=24)
IN_TRANSPORT = timedelta(minutes=2)
"""Exchange may show a draft as a draft while it is already on its way."""
LONGEST_PAUSE = timedelta(minutes=10)

UNSEEN = N_("Unknown, please decide. No answer came, and the mail is neither among the drafts nor in Sent.")
BLIND = N_("Unknown, please decide. No answer came, and this mailbox may only send, so it can't be asked.")
BROKE_OFF = N_("Unknown, please decide. %(address)s broke off and can't be asked until it is connected again.")
TOO_LONG = N_("Not sent. It was tried for a day; the last answer was: %(problem)s")
DISCONNECTED = N_("Not sent. %(address)s is not connected any more. Choose another mailbox and send again.")


class TakenOver(Exception):
    """Another worker has this dispatch now: ours was thought dead."""


@dataclass
class Trip:
    """One dispatch under way. `unclear`: an earlier try may have sent it, and nobody has been asked yet."""

    dispatch: Dispatch
    mailbox: Mailbox
    unclear: bool

    @property
    def may_look(self) -> bool:
        return READ in self.mailbox.rights


async def dispatch_due() -> int:
    """Carry on with everything that is due; how many dispatches were worked on."""
    done = 0
    while claimed := await claim(AT_ONCE):
        done += len(claimed)
        outcomes = await asyncio.gather(*(carry(dispatch) for dispatch in claimed), return_exceptions=True)
        if unforeseen := [outcome for outcome in outcomes if outcome is not None]:
            raise BaseExceptionGroup("Some mail could not be carried on; it is taken up again when its claim has ended.", unforeseen)
    return done


async def claim(most: int) -> list[Dispatch]:
    """Take what is due, for ten minutes; of two workers each gets its own."""
    taken = await rows(
        "WITH due AS MATERIALIZED (SELECT id FROM dispatch WHERE due_at <= $1 AND (claimed_at IS NULL OR claimed_at < $2) "
        "ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED) "
        "UPDATE dispatch SET claimed_at = $1, tries = tries + 1 FROM due WHERE dispatch.id = due.id RETURNING dispatch.id",
        now(),
        now() - CLAIM_LASTS,
        most,
    )
    ids = [row["id"] for row in taken]
    return await Dispatch.objects().where(Dispatch.id.is_in(ids)).order_by(Dispatch.id) if ids else []


async def carry(dispatch: Dispatch) -> None:
    """Take one dispatch as far as it goes now, and write down what hindered it."""
    mailbox = await Mailbox.objects().get(Mailbox.id == dispatch.mailbox)
    assert mailbox is not None  # a foreign key
    trip = Trip(dispatch, mailbox, unclear=dispatch.sending_at is not None and dispatch.sent_at is None)
    try:
        await go(trip)
    except TakenOver:
        log.warning("A dispatch was taken over by another worker", dispatch=str(dispatch.id))
    except asyncio.CancelledError:
        await asyncio.shield(release(dispatch))
        raise
    except ProviderError as error:
        await hindered(trip, error)


async def go(trip: Trip) -> None:
    if trip.mailbox.disconnected_at and trip.dispatch.sent_at is None:
        await (unclear(trip, BROKE_OFF, address=trip.mailbox.address) if trip.unclear else fail(trip, DISCONNECTED, address=trip.mailbox.address))
        return
    provider = await open_mailbox(trip.mailbox)
    if trip.dispatch.sent_at is not None:
        await verify(trip, provider)
    elif trip.may_look and trip.dispatch.sending_at is not None:
        await ask(trip, provider)
    elif not (trip.may_look and provider.holds_drafts):
        await send_at_once(trip, provider)
    else:
        await put_draft(trip, provider)
        await send_draft(trip, provider)


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
        written = await letter(dispatch, trip.mailbox)
        held = await provider.draft(written.mime, str(dispatch.id), written.provider_thread)
    await mark(dispatch, {Dispatch.provider_draft: held, Dispatch.drafted_at: now()})


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
    await went_out(trip, await provider.send(written.mime, written.provider_thread))


async def tell_to_go(trip: Trip) -> None:
    async with together():
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


async def went_out(trip: Trip, copy: SentCopy | None) -> None:
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
                Dispatch.problem: "",
                Dispatch.problem_values: {},
            },
        )
        await file_away(dispatch, trip.mailbox, copy)


async def verify(trip: Trip, provider: Provider) -> None:
    """Find the copy in Sent of a mail that went out, to learn what the provider made of its ids."""
    dispatch = trip.dispatch
    copy = await find_copy(dispatch, provider) or await file_copy(dispatch, trip.mailbox, provider)
    if copy is None and now() - dispatch.sent_at < LONGEST_LOOK:
        await come_back(dispatch, now() + waits(dispatch))
        return
    async with together():
        await mark(dispatch, {Dispatch.due_at: None, Dispatch.claimed_at: None})
        if copy:
            await note_sent_copy(dispatch, copy)


async def hindered(trip: Trip, error: ProviderError) -> None:
    """What an error means depends on how far the mail had got: never call failed what may have gone out."""
    dispatch = trip.dispatch
    log.warning("A dispatch was hindered", dispatch=str(dispatch.id), kind=type(error).__name__, code=error.code)
    if dispatch.sent_at is not None:
        await (come_back(dispatch, pause(dispatch, error)) if isinstance(error, RetryLater) else rest(dispatch))
    elif isinstance(error, Unanswered):
        await no_answer(trip, error)
    elif isinstance(error, GoneThere) and dispatch.sending_at is not None:
        await come_back(dispatch, now() + LOOK_AGAIN)
    elif isinstance(error, RetryLater):
        await refused_for_now(trip, error)
    elif trip.unclear:
        await unclear(trip, BROKE_OFF, address=trip.mailbox.address)
    else:
        await fail(trip, error.sentence, **error.values)


async def no_answer(trip: Trip, error: Unanswered) -> None:
    """A request went out and may have been done: where the mailbox can be asked we ask, else the person decides."""
    if trip.dispatch.sending_at is not None and not trip.may_look:
        await unclear(trip, BLIND)
    elif trip.unclear or trip.dispatch.sending_at is not None:
        await keep_asking(trip, error)
    else:
        await refused_for_now(trip, error)


async def keep_asking(trip: Trip, error: RetryLater) -> None:
    if now() - trip.dispatch.sending_at > LONGEST_TRY:
        await unclear(trip, BROKE_OFF, address=trip.mailbox.address)
    else:
        await come_back(trip.dispatch, pause(trip.dispatch, error), error)


async def refused_for_now(trip: Trip, error: RetryLater) -> None:
    """Certainly not done: try again later, for a day."""
    if trip.unclear:
        await keep_asking(trip, error)
    elif now() - trip.dispatch.created_at > LONGEST_TRY:
        await fail(trip, TOO_LONG, problem=str(error))
    else:
        async with together():
            await come_back(trip.dispatch, pause(trip.dispatch, error), error, {Dispatch.sending_at: None})
            await stayed(trip.dispatch.message)


def pause(dispatch: Dispatch, error: RetryLater) -> datetime:
    """When to ask again: when the provider said, else a little later every time."""
    return max(error.at or now(), now() + waits(dispatch))


def waits(dispatch: Dispatch) -> timedelta:
    """A little longer every time."""
    doublings: int = min(max(dispatch.tries - 2, 0) // 2, 10)
    return min(LOOK_AGAIN * (1 << doublings), LONGEST_PAUSE)


async def come_back(dispatch: Dispatch, at: datetime, error: ProviderError | None = None, more: dict[Column | str, Any] | None = None) -> None:
    told: dict[Column | str, Any] = {Dispatch.problem: error.sentence, Dispatch.problem_values: plain(error.values)} if error else {}
    await mark(dispatch, {Dispatch.due_at: at, Dispatch.claimed_at: None, **told, **(more or {})})


async def rest(dispatch: Dispatch) -> None:
    await mark(dispatch, {Dispatch.due_at: None, Dispatch.claimed_at: None})


async def fail(trip: Trip, sentence: str, **values: object) -> None:
    """It did not go out: say why, and give the draft back to be corrected."""
    async with together():
        await end(trip.dispatch, Dispatch.failed_at, sentence, values)
        await stayed(trip.dispatch.message)
        await Draft.update({Draft.queued_at: None}).where(Draft.id == trip.dispatch.draft)
        await announce(SendFailed(trip.dispatch.id))


async def unclear(trip: Trip, sentence: str, **values: object) -> None:
    """Nobody can say: the person decides."""
    async with together():
        await end(trip.dispatch, Dispatch.unknown_at, sentence, values)
        await announce(SendUnclear(trip.dispatch.id))


async def end(dispatch: Dispatch, ended_at: Column, sentence: str, values: dict[str, object]) -> None:
    await mark(
        dispatch,
        {
            ended_at: now(),
            Dispatch.due_at: None,
            Dispatch.claimed_at: None,
            Dispatch.problem: sentence,
            Dispatch.problem_values: plain(values),
        },
    )


def plain(values: dict[str, object]) -> dict[str, object]:
    return {name: value if isinstance(value, (str, int, float)) else str(value) for name, value in values.items()}


async def mark(dispatch: Dispatch, changes: dict[Column | str, Any]) -> None:
    """Write how far it got, if it is still ours; and remember it in the row at hand."""
    held = Dispatch.id == dispatch.id, Dispatch.claimed_at == dispatch.claimed_at
    if not await Dispatch.update(changes).where(*held).returning(Dispatch.id):
        raise TakenOver
    for column, value in changes.items():
        setattr(dispatch, column if isinstance(column, str) else column._meta.name, value)


async def release(dispatch: Dispatch) -> None:
    """Let another worker take it at once, when this one is told to stop."""
    await Dispatch.update({Dispatch.claimed_at: None}).where(Dispatch.id == dispatch.id, Dispatch.claimed_at == dispatch.claimed_at)


async def ask_again(fact: MailboxConnected) -> None:
    """The mailbox can be asked again: what was unclear about its mail may now be known."""
    await look_into(fact.mailbox)


async def look_into(mailbox: UUID) -> None:
    readable = await Mailbox.exists().where(Mailbox.id == mailbox, Mailbox.rights.any(READ))
    if readable:
        unclear = Dispatch.mailbox == mailbox, Dispatch.unknown_at.is_not_null(), Dispatch.sent_at.is_null(), Dispatch.dismissed_at.is_null()
        await Dispatch.update({Dispatch.unknown_at: None, Dispatch.due_at: now(), Dispatch.sending_at: now()}).where(*unclear)
