"""What follows from a received mail: what it says of the mail it answers, and of whoever wrote it."""

from datetime import datetime

from piccolo.columns import Column

from app.contacts.being_away import note_away
from app.contacts.reaching import works
from app.happenings import AutoReplyReceived, BounceReceived, ComplaintReceived, DeliveryDelayed, PossibleReplyReceived, ReplyReceived, announce
from app.threads.confirming import confirm
from app.threads.failing import arrived, delay, fail
from app.threads.matching import Match
from app.threads.reading import Letter
from app.threads.recognising.answering_machines import CHALLENGE_RULE as CHALLENGE
from app.threads.recognising.kinds import AUTO_REPLY, COMPLAINT, RECEIPTS
from app.threads.recognising.verdict import DELIVERED, Recognition
from app.threads.tables import Message


async def wonder(message: Message, sent: Message) -> None:
    """It may answer `sent`: that is asked, not decided."""
    await message.update_self({Message.may_answer: sent.id})
    await announce(PossibleReplyReceived(message.id, sent.id))


async def learn(message: Message, found: Recognition, letter: Letter) -> None:
    """What a mail tells of whoever wrote it: that their address works, or that they are away."""
    if not message.logged or not letter.sender:
        return
    if found.by_person:
        await works(message.workspace, [letter.sender], message.at)
    elif found.kind == AUTO_REPLY and found.return_date is not None:
        await note_away(message.workspace, letter.sender, found.return_date, named(found), message.at)


def named(found: Recognition) -> str:
    """Who stands in, as one would write it."""
    other = found.stand_in
    return " ".join(filter(None, [other.name, f"<{other.address}>" if other.name and other.address else other.address])) if other else ""


async def follow_up(message: Message, match: Match, found: Recognition, letter: Letter, quiet: bool) -> None:
    """Put the answer down on the mail it answers, and say so, unless it is history."""
    sent = match.message
    if found.by_person:
        await set_once(sent, Message.replied_at, message.at)
        await arrived(sent, [letter.sender])
        await say(quiet, ReplyReceived(message.id, sent.id, match.how))
    elif found.kind == AUTO_REPLY:
        await arrived(sent, [letter.sender])
        await say(quiet, AutoReplyReceived(message.id, sent.id, found.return_date, CHALLENGE in found.rules))
    elif found.kind == COMPLAINT:
        await say(quiet, ComplaintReceived(message.id, sent.id, next(iter(found.recipients), "")))
    elif found.is_bounce:
        for failure in await fail(sent, found, letter, message.at):
            await say(quiet, BounceReceived(message.id, sent.id, failure.address, failure.why, failure.for_good, failure.reason))
        for late in await delay(sent, found, letter, message.at):
            await say(quiet, DeliveryDelayed(message.id, sent.id, late.address, late.why))
    if found.kind in RECEIPTS or found.is_bounce:
        reached = [one.address for one in found.results if one.action == DELIVERED]
        await arrived(sent, reached)
        await works(message.workspace, reached, message.at)
        for receipt in await confirm(message.id, sent, found, letter, message.at):
            await say(quiet, receipt)


async def say(quiet: bool, fact: object) -> None:
    if not quiet:
        await announce(fact)


async def set_once(message: Message, column: Column, at: datetime) -> None:
    """The first time counts, also when an older answer is found later."""
    earlier = getattr(message, column._meta.name)
    if earlier is None or at < earlier:
        await message.update_self({column: at})
