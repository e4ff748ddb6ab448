"""When a mailbox could not be read is a row in its place in time: in the feed, in the timeline of whom it had written to, and beside the numbers."""

from datetime import timedelta

import pytest

from app.clock import later, now
from app.contacts.tables import Contact
from app.database import rows, together
from app.feed import reading
from app.feed.pages import whose_feed
from app.feed.reading import Wish
from app.happenings import MailboxBroke, MailboxDisconnected, MailboxRestored, announce
from app.identity.guarding import Me
from app.mailboxes.losing_sight import count_found, latest_window, lose_sight, see_again
from app.mailboxes.tables import Mailbox
from tests import people
from tests.feed.stage import ANNA, HENRIK, reply, send
from tests.feed.test_pages import words
from tests.people import Rep
from tests.visitor import Visitor


async def blind(mailbox: Mailbox, why: str = "retry") -> None:
    async with together():
        await lose_sight(mailbox, why)
        await announce(MailboxDisconnected(mailbox.id) if why == "disconnected" else MailboxBroke(mailbox.id))


async def seen_again(mailbox: Mailbox, found: int) -> None:
    async with together():
        window = await latest_window(mailbox.id)
        assert window is not None
        for _ in range(found):
            await count_found(mailbox, window.id)
        await see_again(mailbox, mailbox, found)
        await Mailbox.update({Mailbox.synced_at: now()}).where(Mailbox.id == mailbox.id)


async def contact(address: str) -> Contact:
    found = await Contact.objects().where(Contact.address == address).first()
    assert found is not None
    return found


async def test_an_open_window_says_since_when_and_a_closed_one_until_when_and_what_was_found(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    await blind(gmail)
    while_open = words((await browser.get("/")).text)
    await seen_again(gmail, 7)
    over = words((await browser.get("/")).text)

    assert "miriam@brueckner.example has not been connected since" in while_open
    assert "miriam@brueckner.example could not be read from" in over
    assert "7 messages found afterwards." in over
    assert "has not been connected" not in over
    assert (await rows("SELECT count(*) AS n FROM activity"))[0]["n"] == 1


async def test_who_was_written_to_before_has_the_window_in_their_timeline_and_nobody_else(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    await send(miriam, gmail, ANNA)
    await blind(gmail)
    await seen_again(gmail, 1)
    with later(timedelta(hours=1)):
        await send(miriam, gmail, HENRIK)

        annas = words((await browser.get(f"/feed/of-contact/{(await contact(ANNA.address)).id}")).text)
        henriks = words((await browser.get(f"/feed/of-contact/{(await contact(HENRIK.address)).id}")).text)

    assert "could not be read from" in annas
    assert "could not be read from" not in henriks


async def test_a_window_of_another_mailbox_is_none_of_this_contacts(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    other = await people.mailbox(miriam, address="m.kessler@brueckner-mess.example")
    await send(miriam, gmail, ANNA)
    await blind(other)

    page = words((await browser.get(f"/feed/of-contact/{(await contact(ANNA.address)).id}")).text)

    assert "has not been connected" not in page


async def test_a_contacts_timeline_hears_of_a_window(miriam: Rep, gmail: Mailbox) -> None:
    await send(miriam, gmail, ANNA)
    await blind(gmail)
    me = Me(miriam.person, miriam.workspace, await people.session(miriam), "owner")
    anna = await contact(ANNA.address)
    [row] = await rows("SELECT id, at FROM activity WHERE kind = 'broke'")

    heard = await reading.named_events(whose_feed(me), Wish(contacts=(anna.id,), of=anna.id), [row["id"]], [row["at"]])

    assert [one.kind for one in heard] == ["broke"]


@pytest.mark.parametrize(("why", "said"), [("silent", "has not been read since"), ("disconnected", "You disconnected it.")])
async def test_the_row_says_why(browser: Visitor, miriam: Rep, gmail: Mailbox, why: str, said: str) -> None:
    await blind(gmail, why)

    assert said in words((await browser.get("/")).text)


async def test_what_is_learnt_later_joins_the_row_and_makes_no_second(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    await blind(gmail, "silent")
    await blind(gmail, "reconnect")
    await seen_again(gmail, 0)
    window = await latest_window(gmail.id)
    assert window is not None
    async with together():
        await announce(MailboxRestored(gmail.id, window.since, 3))

    assert "3 messages found afterwards." in words((await browser.get("/")).text)
    assert (await rows("SELECT count(*) AS n FROM activity"))[0]["n"] == 1


async def test_todays_numbers_are_incomplete_while_and_after_a_window_and_not_the_next_day(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    before = words((await browser.get("/feed/today")).text)
    await blind(gmail)
    while_open = words((await browser.get("/feed/today")).text)
    await seen_again(gmail, 2)
    after = words((await browser.get("/feed/today")).text)
    with later(timedelta(days=2)):
        await Mailbox.update({Mailbox.synced_at: now()}).where(Mailbox.id == gmail.id)
        another_day = words((await browser.get("/feed/today")).text)

    assert ["incomplete" in one for one in (before, while_open, after, another_day)] == [False, True, True, False]


async def test_numbers_are_incomplete_even_while_no_worker_is_there_to_say_so(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    await Mailbox.update({Mailbox.tokens: b"sealed"}).where(Mailbox.id == gmail.id)

    with later(timedelta(hours=3)):
        today = words((await browser.get("/feed/today")).text)

    assert "miriam@brueckner.example has not been read since" in today


async def test_a_threads_ladder_says_that_not_yet_may_be_wrong(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    waiting, answered = await send(miriam, gmail, ANNA), await send(miriam, gmail, HENRIK, subject="Answered")
    await blind(gmail)
    await reply(answered, HENRIK)

    ladders = [words((await browser.get(f"/messages/{one.id}/truth")).text) for one in (waiting, answered)]
    thread = words((await browser.get(f"/threads/{waiting.thread}")).text)
    listed = words((await browser.get(f"/threads/of-contact/{(await contact(ANNA.address)).id}")).text)

    assert ["incomplete" in one for one in ladders] == [True, False]
    assert "incomplete" in thread
    assert "1 message incomplete" in listed
