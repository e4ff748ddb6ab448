"""Is a new mail with the same subject the answer? Only the rep can tell, and may think again after a no."""

from app.clock import now
from app.contacts.finding import acted, known
from app.database import rows, together
from app.errors import NotHere, Refused
from app.happenings import PossibleReplyJudged, ReplyReceived, announce
from app.threads.filing import alone
from app.threads.following_up import set_once
from app.threads.matching import PERSON, get
from app.threads.recognising.kinds import HUMAN_REPLY
from app.threads.tables import Message

JUDGED = """
UPDATE message SET judged_at = $2 WHERE id = $1 AND may_answer IS NOT NULL AND answers IS NULL AND (judged_at IS NULL) = $3 RETURNING id
"""


async def take_as_answer(message: Message) -> None:
    """It joins the conversation of the mail it answers, and settles what waits for an answer there."""
    async with together():
        sent = await asked_about(message)
        await message.update_self({Message.judged_at: now(), Message.answers: sent.id, Message.thread: sent.thread, Message.kind: HUMAN_REPLY})
        await set_once(sent, Message.replied_at, message.at)
        writer = await known(message.workspace, [message.sender])
        await acted([one.id for one in writer.values()], "replied", message.at)
        await announce(PossibleReplyJudged(message.id, sent.id, True))
        await announce(ReplyReceived(message.id, sent.id, PERSON))


async def take_as_no_answer(message: Message) -> None:
    """It is another matter: what waits goes on waiting."""
    async with together():
        sent = await asked_about(message)
        if await rows(JUDGED, message.id, now(), True):
            await announce(PossibleReplyJudged(message.id, sent.id, False))


async def ask_again(message: Message) -> None:
    """Take back to have said no."""
    async with together():
        sent = await asked_about(message)
        if await rows(JUDGED, message.id, None, False):
            await announce(PossibleReplyJudged(message.id, sent.id, None))


async def asked_about(message: Message) -> Message:
    """The sent mail in question; refused where there is no question (any more)."""
    await alone(message.person)
    await message.refresh()
    if message.may_answer is None:
        raise NotHere("Nobody asked whether this mail is an answer.")
    if message.answers is not None:
        raise Refused("This mail counts as the answer already. Nothing was changed.")
    sent = await get(message.may_answer)
    if sent is None:
        raise Refused("The mail that it may answer was removed. Nothing was changed.")
    return sent
