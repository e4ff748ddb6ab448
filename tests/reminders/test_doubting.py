"""A new mail that may be the answer holds the reminder for the rep to say."""

from datetime import timedelta

from app.clock import later, now
from app.mailboxes.tables import Mailbox
from app.reminders.noting import MAY_BE_ANSWERED
from app.reminders.ringing import ring_due
from app.threads.asking import questions_in
from app.threads.judging_answers import ask_again, take_as_answer, take_as_no_answer
from app.threads.receiving import receive
from app.threads.tables import Message, ReplyDecision
from tests.feed.stage import ANNA, bounce, read_now, reply, send
from tests.people import Rep
from tests.reminders.asked import feed_kinds, last_step, reminder_on, state_of, story_of
from tests.threads import mails
from tests.visitor import Visitor

SOON = timedelta(hours=1, minutes=1)


async def writes_anew(gmail: Mailbox, sent: Message) -> Message:
    """Anna writes a new mail with the same subject."""
    await receive(gmail, mails.reply("", now(), thread="t9", Subject=sent.subject), imported=False)
    [theirs] = await questions_in(sent.thread)
    return theirs


async def due(gmail: Mailbox) -> None:
    await read_now(gmail)
    await ring_due()


async def test_it_waits_on_and_says_that_an_answer_may_be_there(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    theirs = await writes_anew(gmail, sent)
    step = await last_step(await reminder_on(sent))
    assert await state_of(sent) == "waiting"
    assert (step.values, step.examined) == ({"who": "Anna Weber"}, {"message": str(theirs.id)})
    assert (await feed_kinds(miriam.person.id))[0] == "may_answer"


async def test_when_due_it_is_held_once_and_neither_rings_nor_is_settled(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    await writes_anew(gmail, sent)
    with later(SOON):
        await due(gmail)
        await due(gmail)
        assert await ring_due() == 0
    reminder = await reminder_on(sent)
    assert (await state_of(sent), reminder.why) == ("held", MAY_BE_ANSWERED)
    assert (await story_of(reminder)).count("held") == 1


async def test_a_yes_settles_it_as_replied(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    theirs = await writes_anew(gmail, sent)
    with later(SOON):
        await due(gmail)
        await take_as_answer(theirs)
    step = await last_step(await reminder_on(sent))
    kinds = await feed_kinds(miriam.person.id)
    assert await state_of(sent) == "settled"
    assert (step.examined["matched"], step.examined["message"]) == ("person", str(theirs.id))
    assert kinds.count("replied") == 1
    assert "may_answer" not in kinds


async def test_a_yes_that_is_taken_back_asks_again_and_is_kept_on_record(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    theirs = await writes_anew(gmail, sent)
    before = theirs.thread
    with later(SOON):
        await due(gmail)
        await take_as_answer(theirs)
        await ask_again(theirs)
        assert await state_of(sent) == "waiting"
        await due(gmail)
    await theirs.refresh()
    await sent.refresh()
    assert await state_of(sent) == "held"
    assert (theirs.thread, theirs.kind, theirs.answers, sent.replied_at) == (before, "other", None, None)
    kinds = await feed_kinds(miriam.person.id)
    assert (kinds.count("may_answer"), kinds.count("replied")) == (1, 0)
    [decision] = await ReplyDecision.objects().where(ReplyDecision.message == theirs.id)
    assert decision.is_answer
    assert decision.taken_back_at is not None


async def test_a_yes_that_is_taken_back_leaves_the_other_answers_and_rings_as_it_had(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    with later(SOON):
        await due(gmail)
    theirs = await writes_anew(gmail, sent)
    await take_as_answer(theirs)
    with later(SOON + timedelta(minutes=1)):
        await reply(sent)
    await ask_again(theirs)
    await sent.refresh()
    assert sent.replied_at is not None
    assert sent.replied_at > theirs.at
    assert await state_of(sent) == "settled"


async def test_after_a_no_it_rings(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    theirs = await writes_anew(gmail, sent)
    with later(SOON):
        await due(gmail)
        await take_as_no_answer(theirs)
        await due(gmail)
    assert await state_of(sent) == "rung"


async def test_a_no_before_it_is_due_lets_it_ring_and_taking_it_back_holds_it(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    theirs = await writes_anew(gmail, sent)
    await take_as_no_answer(theirs)
    await ask_again(theirs)
    with later(SOON):
        await due(gmail)
    assert await state_of(sent) == "held"


async def test_a_certain_answer_settles_what_is_held_for_a_decision(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    await writes_anew(gmail, sent)
    with later(SOON):
        await due(gmail)
        await reply(sent)
    assert await state_of(sent) == "settled"


async def test_what_came_before_the_mail_it_waits_on_is_no_question(miriam: Rep, gmail: Mailbox) -> None:
    first = await send(miriam, gmail, ANNA)
    await writes_anew(gmail, first)
    with later(timedelta(hours=1)):
        await send(miriam, gmail, ANNA, thread=first.thread, reminds="1h")
    with later(timedelta(hours=3)):
        await due(gmail)
    assert await state_of(first) == "rung"


async def test_what_came_back_for_good_is_settled_in_spite_of_a_question(miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    await writes_anew(gmail, sent)
    with later(SOON):
        await due(gmail)
        await bounce(sent)
    assert await state_of(sent) == "settled"


async def test_the_question_stands_on_every_page_and_is_answered_there(miriam: Rep, gmail: Mailbox, browser: Visitor) -> None:
    sent = await send(miriam, gmail, ANNA, reminds="1h")
    theirs = await writes_anew(gmail, sent)
    with later(SOON):
        await due(gmail)
    for page in (f"/threads/{sent.thread}", f"/threads/{theirs.thread}", "/reminders?state=held", "/"):
        assert f'action="/messages/{theirs.id}/answer"' in (await browser.get(page)).text, page

    said = await browser.post(f"/messages/{theirs.id}/answer", {"judgement": "no"}, **{"hx-request": "true"})
    assert "It is no answer. A reminder goes on." in said.text
    assert "It is the answer after all" in (await browser.get(f"/threads/{theirs.thread}")).text
    assert (await browser.post(f"/messages/{theirs.id}/answer", {"judgement": "perhaps"})).status_code == 422
    await browser.post(f"/messages/{theirs.id}/answer", {"judgement": "yes"})
    assert await state_of(sent) == "settled"
    assert "You said so" in (await browser.get("/")).text

    assert "You said that it is the answer." in (await browser.get(f"/threads/{sent.thread}")).text
    assert (await browser.get(f"/threads/{theirs.thread}")).headers["location"] == f"/threads/{sent.thread}"
    said = await browser.post(f"/messages/{theirs.id}/question", {}, **{"hx-request": "true"})
    assert "The question stands again." in said.text
    assert f'action="/messages/{theirs.id}/answer"' in (await browser.get("/")).text
