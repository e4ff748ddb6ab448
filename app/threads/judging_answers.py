"""Is a new mail with the same subject the answer? Only the rep can tell, and may think again."""

from uuid import UUID

from app.clock import now
from app.contacts.finding import acted, known
from app.database import rows, together
from app.errors import NotHere, Refused
from app.happenings import PossibleReplyJudged, ReplyReceived, announce
from app.threads.filing import alone
from app.threads.following_up import set_once
from app.threads.matching import PERSON, get
from app.threads.recognising.kinds import HUMAN_REPLY, OTHER
from app.threads.tables import Message, ReplyDecision, Thread

JUDGED = """
UPDATE message SET judged_at = $2 WHERE id = $1 AND may_answer IS NOT NULL AND answers IS NULL AND (judged_at IS NULL) = $3 RETURNING id
"""
TAKEN_BACK = """
UPDATE reply_decision SET taken_back_at = $2 WHERE message = $1 AND taken_back_at IS NULL RETURNING thread_before, is_answer
"""
FIRST_REPLY = "SELECT min(at) AS at FROM message WHERE answers = $1 AND kind = $2"


async def take_as_answer(message: Message) -> None:
    """It joins the conversation of the mail it answers, and settles what waits for an answer there."""
    async with together():
        sent = await asked_about(message)
        if message.answers is not None:
            raise Refused("This mail counts as the answer already. Nothing was changed.")
        await decide(message, sent, is_answer=True)
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
        if message.answers is not None:
            raise Refused("This mail counts as the answer already. Nothing was changed.")
        if await rows(JUDGED, message.id, now(), True):
            await decide(message, sent, is_answer=False)
            await announce(PossibleReplyJudged(message.id, sent.id, False))


async def ask_again(message: Message) -> None:
    """Take back a yes or a no: the question stands as before, and what was said stays on record."""
    async with together():
        sent = await asked_about(message)
        decision = await rows(TAKEN_BACK, message.id, now())
        if message.answers is not None:
            await let_go_of(message, sent, decision[0]["thread_before"] if decision else None)
        elif not await rows(JUDGED, message.id, None, False):
            return
        await announce(PossibleReplyJudged(message.id, sent.id, None))


async def decide(message: Message, sent: Message, *, is_answer: bool) -> None:
    """Earlier decisions are over, but stay."""
    await rows(TAKEN_BACK, message.id, now())
    await ReplyDecision(
        workspace=message.workspace, person=message.person, message=message.id, sent=sent.id, is_answer=is_answer, thread_before=message.thread
    ).save()


async def let_go_of(message: Message, sent: Message, thread: UUID | None) -> None:
    """It lies where it lay, and the mail is as answered as the other replies make it."""
    back = thread if thread and await Thread.exists().where(Thread.id == thread) else message.thread
    await message.update_self({Message.judged_at: None, Message.answers: None, Message.thread: back, Message.kind: OTHER})
    first = (await rows(FIRST_REPLY, sent.id, HUMAN_REPLY))[0]["at"]
    await sent.update_self({Message.replied_at: first})


async def asked_about(message: Message) -> Message:
    """The sent mail in question; refused where there is no question."""
    await alone(message.person)
    await message.refresh()
    if message.may_answer is None:
        raise NotHere("Nobody asked whether this mail is an answer.")
    sent = await get(message.may_answer)
    if sent is None:
        raise Refused("The mail that it may answer was removed. Nothing was changed.")
    return sent
