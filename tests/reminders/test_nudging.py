"""A follow-up draft: in the same thread, to the same people, once; read before it is sent."""

import asyncio
import re
from datetime import timedelta
from html import unescape

from app.clock import later
from app.contacts.tables import Contact
from app.identity.guarding import Me
from app.mailboxes.tables import Mailbox
from app.outbox.tables import Dispatch, Draft
from app.reminders.keeping_texts import keep
from app.reminders.letting_go import let_go
from app.reminders.ringing import ring_due
from app.threads.filing import To
from app.threads.tables import Message
from tests import people
from tests.feed.stage import ANNA, HENRIK, read_now, received, send
from tests.people import Rep
from tests.reminders.asked import reminder_on
from tests.visitor import Visitor

DAYS = timedelta(days=3, hours=1)


async def rung(miriam: Rep, gmail: Mailbox, *to: To, subject: str = "Offer 2026") -> Message:
    sent = await send(miriam, gmail, *(to or (ANNA,)), subject=subject, reminds="3d")
    with later(DAYS):
        await read_now(gmail)
        await ring_due()
    return sent


async def only_draft() -> Draft:
    (draft,) = await Draft.objects().output(load_json=True)
    return draft  # type: ignore[no-any-return]


def plain(html: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", html.replace("<br>", "\n")))


async def test_one_click_drafts_it_and_nothing_is_sent(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await rung(miriam, gmail, ANNA)
    with later(DAYS):
        answer = await browser.post(f"/reminders/{(await reminder_on(sent)).id}/follow-up")
        draft = await only_draft()
        page = await browser.get(answer.headers["location"])

    assert (answer.status_code, answer.headers["location"]) == (303, f"/drafts/{draft.id}")
    assert [one["address"] for one in draft.to] == [ANNA.address]
    assert (draft.subject, draft.thread, draft.answers, draft.mailbox) == ("Re: Offer 2026", sent.thread, sent.id, gmail.id)
    assert "Hi Anna," in plain(draft.html)
    assert "I wrote to you 3 days ago about “Offer 2026”" in plain(draft.html)
    assert "Miriam Kessler" in plain(draft.html)
    assert "Read it before you send it." in unescape(page.text)
    assert await Dispatch.count() == 0


async def test_a_second_click_opens_the_same_draft_as_it_was_left(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    way = f"/reminders/{(await reminder_on(await rung(miriam, gmail))).id}/follow-up"
    first = await browser.post(way)
    await Draft.update({Draft.html: "<div>Changed by hand</div>"}, force=True)

    second = await browser.post(way, {"text": "short-en"})

    assert second.headers["location"] == first.headers["location"]
    assert (await only_draft()).html == "<div>Changed by hand</div>"


async def test_two_clicks_at_once_make_one_draft(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    way = f"/reminders/{(await reminder_on(await rung(miriam, gmail))).id}/follow-up"
    await browser.get("/reminders")

    answers = await asyncio.gather(*(browser.post(way) for _ in range(4)))

    assert {one.headers["location"] for one in answers} == {f"/drafts/{(await only_draft()).id}"}


async def test_after_it_was_discarded_a_click_makes_another(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    way = f"/reminders/{(await reminder_on(await rung(miriam, gmail))).id}/follow-up"
    first = await browser.post(way)
    await browser.post(f"{first.headers['location']}/discard")

    second = await browser.post(way)

    assert second.headers["location"] != first.headers["location"]


async def test_it_goes_to_those_the_mail_went_to_whoever_wrote_last(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await rung(miriam, gmail, ANNA, HENRIK)
    await received(sent, "auto_reply", To("robot@elsewhere.example", "Robot"), "I am away.")

    await browser.post(f"/reminders/{(await reminder_on(sent)).id}/follow-up")

    draft = await only_draft()
    assert [one["address"] for one in draft.to] == [ANNA.address, HENRIK.address]
    assert "Hi Anna, Henrik," in plain(draft.html)


async def test_nobody_without_a_name_is_greeted_by_address(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await rung(miriam, gmail, To("info@alpenblick.example", ""), subject="")

    await browser.post(f"/reminders/{(await reminder_on(sent)).id}/follow-up")

    said = plain((await only_draft()).html)
    assert "Hi," in said
    assert "“" not in said
    assert "{" not in said


async def test_the_rep_s_own_text_is_used_and_names_are_no_markup(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    mine = "Guten Tag {Vorname} von {Firma},\n\n<b>{Betreff}</b>?"
    from_settings = await browser.post("/settings/following-up/texts", {"name": "Kurz", "text": mine})
    assert from_settings.status_code == 303
    sent = await rung(miriam, gmail, To("eva@x.example", "Eva<script>"), subject="A & B")
    await Contact.update({Contact.company: "Müller & Co"}).where(Contact.address == "eva@x.example")

    await browser.post(f"/reminders/{(await reminder_on(sent)).id}/follow-up")

    assert (await only_draft()).html == "<div>Guten Tag Eva&lt;script&gt; von Müller &amp; Co,<br><br>&lt;b&gt;A &amp; B&lt;/b&gt;?</div>"


async def test_a_settled_reminder_is_not_followed_up(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    sent = await rung(miriam, gmail)
    await let_go(await reminder_on(sent))

    answer = await browser.post(f"/reminders/{(await reminder_on(sent)).id}/follow-up", **{"hx-request": "true"})

    assert answer.status_code == 422
    assert await Draft.count() == 0


async def test_an_unknown_place_is_refused_with_a_sentence_and_what_was_typed_stays(browser: Visitor) -> None:
    answer = await browser.post("/settings/following-up/texts", {"name": "Kurz", "text": "Hi {frist name}, how are you?"})

    assert answer.status_code == 422
    said = unescape(answer.text)
    assert "“{frist name}” is nothing we can fill in. Use {first name}," in said
    assert "Hi {frist name}, how are you?" in said


async def test_texts_are_kept_changed_removed_and_taken_back(browser: Visitor) -> None:
    await browser.post("/settings/following-up/texts/offered", {"key": "short-de"})
    page = (await browser.get("/settings/following-up")).text
    assert "Kurz" in page
    way = re.search(r'action="(/settings/following-up/texts/[0-9a-f-]{36})/remove"', page)
    assert way
    await browser.post(way[1], {"name": "Mein Text", "text": "Hallo {Vorname|zusammen},"})
    assert "Hallo Anna," in (await browser.get("/settings/following-up")).text
    await browser.post(f"{way[1]}/remove")
    assert "Mein Text" not in re.sub(r'<div class="toast.*', "", (await browser.get("/settings/following-up")).text, flags=re.S)
    await browser.post(f"{way[1]}/restore")
    assert "Mein Text" in (await browser.get("/settings/following-up")).text


async def test_a_colleague_s_text_can_not_be_used(browser: Visitor, miriam: Rep, gmail: Mailbox) -> None:
    robin = await people.rep("Robin Vogt", "robin@brueckner.example", miriam.workspace)
    session = await people.session(robin)
    theirs = await keep(Me(robin.person, robin.workspace, session, "rep"), "Robins", "Hi {first name},")
    sent = await rung(miriam, gmail)

    answer = await browser.post(f"/reminders/{(await reminder_on(sent)).id}/follow-up", {"text": str(theirs.id)})

    assert answer.status_code == 404
    assert await Draft.count() == 0
