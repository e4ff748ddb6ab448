"""What a hindrance means for a mail depends on how far it had got: what may have gone out is never called failed."""

from datetime import timedelta

import structlog

from app.clock import now
from app.database import together
from app.errors import GoneThere, ProviderError, RetryLater, Unanswered
from app.mailboxes.providers.wire import MAIL_SENDING, UsedUp
from app.mailboxes.tables import Mailbox
from app.outbox.marking import LOOK_AGAIN, Trip, come_back, fail, mark, pause, rest, unclear
from app.outbox.rationing import PAUSED, Full, values
from app.outbox.tables import Dispatch
from app.threads.expecting import stayed
from app.web.locale import N_

log = structlog.get_logger()

LONGEST_TRY = timedelta(hours=24)
ENOUGH_SENT = {MAIL_SENDING, "ErrorExceededMessageLimit"}
"""Gmail's and Exchange's words for a mailbox that has sent what it may. It may go on reading."""
LET_REST = timedelta(hours=1)

USED_UP = N_("%(provider)s lets this whole Nachfass ask no more for now; it goes out %(when)s, when the quota of the day is renewed.")
BLIND = N_("Unknown, please decide. No answer came, and this mailbox may only send, so it can't be asked.")
BROKE_OFF = N_("Unknown, please decide. %(address)s broke off and can't be asked until it is connected again.")
TOO_LONG = N_("Not sent. It was tried for a day; the last answer was: %(problem)s")


async def hindered(trip: Trip, error: ProviderError) -> None:
    """What an error means depends on how far the mail had got: never call failed what may have gone out."""
    dispatch = trip.dispatch
    log.warning("A dispatch was hindered", dispatch=str(dispatch.id), kind=type(error).__name__, code=error.code)
    if dispatch.sent_at is not None or dispatch.cancelled_at is not None:
        await (come_back(dispatch, pause(dispatch, error)) if isinstance(error, RetryLater) else rest(dispatch))
    elif isinstance(error, Unanswered):
        await no_answer(trip, error)
    elif isinstance(error, RetryLater) and error.code in ENOUGH_SENT and not trip.unclear:
        await paused(trip, error)
    elif isinstance(error, UsedUp) and not trip.unclear:
        until = error.at or now() + LET_REST
        await hold(trip, Full(until, USED_UP, values(until, provider=error.values.get("provider", ""))))
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
    elif now() - max(trip.dispatch.created_at, trip.dispatch.held_until or trip.dispatch.created_at) > LONGEST_TRY:
        await fail(trip, TOO_LONG, problem=str(error))
    else:
        async with together():
            await come_back(trip.dispatch, pause(trip.dispatch, error), error, {Dispatch.sending_at: None})
            await stayed(trip.dispatch.message)


async def paused(trip: Trip, error: RetryLater) -> None:
    """The provider takes no more mail from this mailbox: all of its mail waits until it said, not only this one."""
    until = error.at or now() + LET_REST
    await Mailbox.update({Mailbox.sending_paused_until: until}).where(Mailbox.id == trip.mailbox.id)
    await hold(trip, Full(until, PAUSED, values(until, address=trip.mailbox.address)))


async def hold(trip: Trip, full: Full) -> None:
    """Certainly not sent, and queued for when there is room again."""
    async with together():
        await mark(trip.dispatch, {
            Dispatch.due_at: full.until, Dispatch.held_until: full.until, Dispatch.claimed_at: None, Dispatch.sending_at: None,
            Dispatch.problem: full.sentence, Dispatch.problem_values: full.values,
        })  # fmt: skip
        await stayed(trip.dispatch.message)
