"""The feed as a browser gets it."""

import re
from datetime import timedelta

from litestar import Litestar

from app.attention.kinds import KINDS
from app.attention.tables import Attention
from app.clock import later, new_id, now
from app.contacts.tables import Contact
from app.mailboxes.tables import Mailbox
from app.outbox.tables import Dispatch, Draft
from app.reminders.ringing import ring_due
from app.threads.tables import Message
from app.tracking.tables import CLICK, MACHINE, SELF, UNKNOWN
from tests.feed.stage import ANNA, HENRIK, SABINE, WINDOWS, absence, bounce, break_down, hit, read_now, reply, send
from tests.people import Rep
from tests.visitor import Visitor, visiting


def words(html: str) -> str:
    """What somebody reads."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


async def test_an_empty_feed_says_what_to_do_in_three_steps(browser: Visitor) -> None:
    answer = await browser.get("/")
    assert answer.status_code == 200
    assert "Nothing has happened yet" in answer.text
    assert answer.text.count("<li>") >= 3


async def test_the_feed_says_who_did_what_with_which_device(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA)
    await hit(sent)
    await hit(sent, device=WINDOWS)
    await hit(sent, kind=CLICK)
    await hit(sent, verdict=MACHINE, kind=CLICK, link=0)
    await hit(sent, verdict=MACHINE)
    await reply(sent, words="That suits us.")
    said = words((await browser.get("/")).text)
    assert "Anna Weber opened Offer 2026 2 times" in said
    assert "2 opens on 2 devices , and 1 machine not counted" in said.replace("devices,", "devices ,")
    assert "Anna Weber clicked price-list.pdf in Offer 2026" in said
    assert "A machine, not Anna Weber , followed 1 link in Offer 2026" in said
    assert "Mimecast checked this mail for safety" in said
    assert "That suits us." in said


async def test_every_kind_of_row_can_be_shown(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    await Attention(person=miriam.person.id, desktop=list(KINDS)).save()
    sent = await send(miriam, gmail, ANNA, HENRIK, reminds="1h", subject="<script>alert(1)</script>")
    await hit(sent, verdict=UNKNOWN, device={"client": "Apple Mail", "hidden_by": "Apple"})
    await hit(sent, verdict=UNKNOWN, kind=CLICK)
    await hit(sent, verdict=SELF)
    await hit(sent, verdict=SELF, kind=CLICK)
    await absence(sent)
    await bounce(sent, HENRIK.address)
    with later(timedelta(hours=2)):
        await break_down(gmail)
        await ring_due()
    with later(timedelta(hours=3)):
        await read_now(gmail)
        await ring_due()
        answer = await browser.get("/")
    said = words(answer.text)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "No reply from Someone of 2 in 3 hours" in said
    assert "It was due, and nobody had answered." in said


async def test_the_feed_speaks_german_to_who_reads_german(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    await miriam.person.update_self({"locale": "de"})
    await hit(await send(miriam, gmail, ANNA))
    assert '<html lang="de"' in (await browser.get("/")).text


async def test_older_events_come_as_rows_that_go_on_under_the_same_day(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    for number in range(60):
        await send(miriam, gmail, ANNA, subject=f"Offer {number}")
    first = (await browser.get("/")).text
    older = re.search(r'hx-get="(/\?before=[^"]+)"', first)
    assert older is not None
    second = (await browser.get(older[1].replace("&amp;", "&"), **{"hx-request": "true"})).text
    assert "<html" not in second
    assert "<h2" not in second
    assert len(re.findall(r'id="event-', first)) == 50
    assert len(re.findall(r'id="event-', second)) == 10


async def test_a_damaged_link_to_older_events_is_refused(browser: Visitor) -> None:
    answer = await browser.get("/?before=yesterday")
    assert answer.status_code == 422


async def test_filters_that_fit_nothing_say_so_and_lead_back(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    await send(miriam, gmail, ANNA)
    for query in ("kind=clicks", "contact=nobody", "mailbox=not-an-id&kind=replies"):
        answer = await browser.get(f"/?{query}")
        assert answer.status_code == 200
        assert "Nothing fits these filters" in answer.text


async def test_a_contact_s_timeline_is_a_part_of_their_page(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    await hit(await send(miriam, gmail, ANNA))
    anna = await Contact.objects().where(Contact.address == ANNA.address).first()
    assert anna is not None
    answer = await browser.get(f"/feed/of-contact/{anna.id}")
    assert "Anna Weber opened Offer 2026" in words(answer.text)
    assert (await browser.get("/feed/today")).status_code == 200


async def test_who_is_not_signed_in_gets_no_stream(house: Litestar, miriam: Rep) -> None:
    async with visiting(house) as stranger:
        assert (await stranger.get("/feed/stream")).status_code == 303


async def test_of_a_mail_that_went_to_several_separately_within_a_thread_the_first_stands_for_all(
    browser: Visitor, miriam: Rep, gmail: Mailbox
) -> None:
    sending = new_id()
    first = await send(miriam, gmail, ANNA, sending=sending)
    await send(miriam, gmail, HENRIK, sending=sending, thread=first.thread)
    shown = (await browser.get(f"/threads/{first.thread}")).text
    assert shown.count('class="fold copy"') == 1
    assert "The same mail to Henrik Larsen" in words(shown)
    assert f'hx-get="/outbox/sending/{sending}?message={first.id}"' in shown
    assert f'hx-get="/threads/{first.thread}/muting"' in shown


async def test_an_open_of_a_mail_to_several_is_by_someone_of_them_on_its_thread_too(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await send(miriam, gmail, ANNA, HENRIK)
    await Message.update({Message.opened_at: now(), Message.opened_by: '["Anna Weber"]'}).where(Message.id == sent.id)
    said = words((await browser.get(f"/threads/{sent.thread}")).text)
    assert "by someone of 2, probably Anna Weber" in said


async def test_what_went_out_separately_is_one_row_of_the_feed_and_one_of_each_contact(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sending, draft = new_id(), Draft(workspace=miriam.workspace.id, person=miriam.person.id)
    await draft.save()
    for to in (ANNA, HENRIK, SABINE):
        await Dispatch(
            workspace=miriam.workspace.id, person=miriam.person.id, mailbox=gmail.id, draft=draft.id, sending=sending, address=to.address,
            message_id=f"<{to.address}>",
        ).save()  # fmt: skip
    for to in (ANNA, HENRIK, SABINE):
        await send(miriam, gmail, to, sending=sending)
    said = words((await browser.get("/")).text)
    henrik = await Contact.objects().get(Contact.address == HENRIK.address)
    assert henrik
    of_henrik = words((await browser.get(f"/feed/of-contact/{henrik.id}", **{"hx-request": "true"})).text)
    assert said.count("You sent") == 1
    assert "separately to 3 people" in said
    assert "You sent Offer 2026 to Henrik Larsen" in of_henrik
