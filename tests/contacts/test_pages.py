"""The pages of contacts, as Miriam uses them."""

from datetime import timedelta

from app.clock import now
from app.contacts.being_away import note_away
from app.contacts.reaching import came_back
from app.contacts.tables import Contact, DoNotLog
from app.identity.tables import Person
from app.threads.filing import To, file_sent
from app.threads.receiving import receive
from app.threads.tables import Message
from app.web.locale import date_in_words
from tests import people
from tests.contacts.conftest import Browser, browser
from tests.threads import mails
from tests.threads.conftest import OFFER_ID, outgoing
from tests.threads.mails import ANNA, HENRIK


async def rep_of(miriam: Browser) -> people.Rep:
    return people.Rep(miriam.me.person, miriam.me.workspace)


async def test_an_empty_list_says_what_to_do(miriam: Browser) -> None:
    shown = await miriam.http.get("/contacts")
    assert shown.status_code == 200
    assert "No contacts yet" in shown.text


async def test_contacts_are_searched_by_name_company_and_address(miriam: Browser) -> None:
    await people.contact(miriam.me.workspace, company="Alpenblick Hotels")
    await people.contact(miriam.me.workspace, "Henrik 100% Larsen", HENRIK)
    for typed in ("weber", "alpenblick hot", "anna@"):
        shown = await miriam.http.get("/contacts", params={"q": typed})
        assert "Anna Weber" in shown.text
        assert "Henrik" not in shown.text
    assert "Henrik" in (await miriam.http.get("/contacts", params={"q": "100%"})).text
    assert "Nobody fits" in (await miriam.http.get("/contacts", params={"q": "nobody%"})).text


async def test_every_contact_is_on_exactly_one_page(miriam: Browser) -> None:
    for number in range(120):
        seen = now() - timedelta(minutes=number // 3) if number % 2 else None
        await people.contact(miriam.me.workspace, f"Contact {number % 40:03}", f"c{number}@x.example", last_activity_at=seen)
    for sort in ("last", "name"):
        found: list[str] = []
        url = f"/contacts?sort={sort}"
        while url:
            text = (await miriam.http.get(url)).text
            found += [part.split('"')[0] for part in text.split('<a href="/contacts/')[1:]]
            more = text.split('class="button quiet" href="/contacts?')
            url = "/contacts?" + more[1].split('"')[0].replace("&amp;", "&") if len(more) > 1 else ""
        assert len(found) == len(set(found)) == 120


async def test_a_damaged_link_to_more_is_refused_with_a_sentence(miriam: Browser) -> None:
    for sort in ("last", "name"):
        shown = await miriam.http.get("/contacts", params={"sort": sort, "after": "x~y"})
        assert shown.status_code == 422
        assert "damaged" in shown.text


async def test_a_contact_is_edited_in_place_and_what_was_typed_is_kept(miriam: Browser) -> None:
    anna = await people.contact(miriam.me.workspace)
    form = {"name": "Anna  Weber-Huber", "company": "Alpenblick", "notes": "Board meets on Fridays", "time_zone": "Mars/Olympus"}
    refused = await miriam.http.post(f"/contacts/{anna.id}", data=form)
    assert refused.status_code == 422
    assert "Board meets on Fridays" in refused.text
    assert "Mars/Olympus" in refused.text

    saved = await miriam.http.post(f"/contacts/{anna.id}", data=form | {"time_zone": "Europe/Vienna"})
    await anna.refresh()
    assert saved.status_code == 303
    assert (anna.name, anna.company, anna.time_zone) == ("Anna Weber-Huber", "Alpenblick", "Europe/Vienna")
    assert anna.edited_at is not None
    shown = await miriam.http.get(f"/contacts/{anna.id}")
    assert "Vienna" in shown.text


async def test_a_new_contact_is_refused_when_the_address_is_none_or_known(miriam: Browser) -> None:
    await people.contact(miriam.me.workspace)
    for address, sentence in (("anna", "is not a mail address"), (ANNA.upper(), "There is a contact with the address")):
        refused = await miriam.http.post("/contacts", data={"address": address, "name": "Anna"})
        assert refused.status_code == 422
        assert sentence in refused.text
    assert (await miriam.http.post("/contacts", data={"address": HENRIK, "name": "Henrik"})).status_code == 303


async def test_a_refusal_is_noted_with_its_proof(miriam: Browser) -> None:
    anna = await people.contact(miriam.me.workspace)
    assert "How do you know?" in (await miriam.http.get(f"/contacts/{anna.id}/consent?answer=refused")).text
    assert (await miriam.http.post(f"/contacts/{anna.id}/consent", data={"state": "refused", "source": " "})).status_code == 422
    assert (await miriam.http.post(f"/contacts/{anna.id}/consent", data={"state": "refused", "source": "on the phone"})).status_code == 303
    shown = (await miriam.http.get(f"/contacts/{anna.id}")).text
    assert "Nothing will be tracked: Anna Weber refused on" in shown
    assert "on the phone" in shown


async def test_the_never_log_list_says_what_it_removes_before_it_does(miriam: Browser) -> None:
    mailbox = await people.mailbox(await rep_of(miriam))
    await file_sent(outgoing(await rep_of(miriam), mailbox))
    assert "brueckner.example" in (await miriam.http.get("/never-log")).text

    told = await miriam.http.get("/never-log/preview", params={"pattern": "@alpenblick.example"})
    assert "This removes 1 message on 1 contact." in told.text
    assert await Message.count() == 1

    await miriam.http.post("/never-log", data={"pattern": "alpenblick.example"})
    assert (await Message.count(), await Contact.count()) == (0, 0)
    entry = await DoNotLog.objects().first()
    assert entry is not None
    assert (await miriam.http.post(f"/never-log/{entry.id}/remove")).status_code == 303
    assert await DoNotLog.count() == 0


async def test_nonsense_is_no_pattern(miriam: Browser) -> None:
    for typed in ("", "com", "a b.example", "@", "x@@y.example"):
        assert (await miriam.http.get("/never-log/preview", params={"pattern": typed})).status_code == 422
        assert (await miriam.http.post("/never-log", data={"pattern": typed})).status_code == 422


async def test_a_thread_shows_its_mails_and_how_far_they_got(miriam: Browser) -> None:
    rep = await rep_of(miriam)
    mailbox = await people.mailbox(rep)
    evil = "<p>Dear Anna</p><img src='http://localhost:8025/o/x.gif'><script>x()</script><a href='https://x.example'>calibration</a>"
    pdf = [{"name": "offer.pdf", "type": "application/pdf", "size": 412_000}]
    message = await file_sent(outgoing(rep, mailbox, html=evil, subject="", attachments=pdf))
    await receive(mailbox, mails.reply(OFFER_ID, now()), imported=False)

    shown = await miriam.http.get(f"/threads/{message.thread}")
    assert shown.status_code == 200
    wanted = [
        "(no subject)", "A person wrote it, and it names the mail that it answers.", "calibration", 'rel="noopener nofollow noreferrer"',
        "offer.pdf · 412 KB", "both halls please.", "The whole mail",
    ]  # fmt: skip
    assert [words for words in wanted if words not in shown.text] == []
    assert "/o/x.gif" not in shown.text
    assert "<script>x()" not in shown.text
    truth = await miriam.http.get(f"/messages/{message.id}/truth")
    assert f'id="when-{message.id}" hx-swap-oob="true"' in truth.text
    anna = await Contact.objects().where(Contact.address == ANNA).first()
    assert anna is not None
    assert f"/threads/{message.thread}" in (await miriam.http.get(f"/threads/of-contact/{anna.id}")).text
    for view in ("timeline", "messages", "reminders", "details"):
        assert (await miriam.http.get(f"/contacts/{anna.id}?view={view}")).status_code == 200


async def test_a_colleague_shares_contacts_but_not_threads(miriam: Browser) -> None:
    rep = await rep_of(miriam)
    message = await file_sent(outgoing(rep, await people.mailbox(rep), to=[To(ANNA, "Anna Weber")]))
    robin = await browser(await people.rep("Robin", "robin@brueckner.example", rep.workspace))
    anna = await Contact.objects().where(Contact.address == ANNA).first()
    assert anna is not None

    assert (await robin.http.get(f"/contacts/{anna.id}")).status_code == 200
    for hidden in (f"/threads/{message.thread}", f"/messages/{message.id}/truth"):
        assert (await robin.http.get(hidden)).status_code == 404
    assert "Offer 2026" not in (await robin.http.get(f"/threads/of-contact/{anna.id}")).text


async def test_another_workspace_sees_nothing(miriam: Browser) -> None:
    anna = await people.contact(miriam.me.workspace)
    elsewhere = await browser(await people.rep("Sabotage", "s@elsewhere.example", await people.workspace("Elsewhere")))
    for hidden in (f"/contacts/{anna.id}", f"/contacts/{anna.id}/consent", f"/threads/of-contact/{anna.id}"):
        assert (await elsewhere.http.get(hidden)).status_code == 404
    assert "Anna" not in (await elsewhere.http.get("/contacts")).text


async def test_the_pages_speak_german(miriam: Browser) -> None:
    await Person.update({Person.locale: "de"}).where(Person.id == miriam.me.person.id)
    assert (await miriam.http.get("/contacts")).status_code == 200


async def test_an_address_that_is_no_good_says_so_until_somebody_knows_better(miriam: Browser) -> None:
    anna = await people.contact(miriam.me.workspace)
    await came_back(miriam.me.workspace.id, anna.address, now(), "The address does not exist.")
    shown = await miriam.http.get(f"/contacts/{anna.id}")
    assert f"{anna.address} does not work" in shown.text
    assert "The address does not exist." in shown.text

    await miriam.http.post(f"/contacts/{anna.id}/reachable")
    assert "does not work" not in (await miriam.http.get(f"/contacts/{anna.id}")).text


async def test_an_absence_is_shown_until_they_are_back(miriam: Browser) -> None:
    anna = await people.contact(miriam.me.workspace)
    back_on = (now() + timedelta(days=9)).date()
    await note_away(miriam.me.workspace.id, anna.address, back_on, "Jonas Falk <jonas@alpenblick.example>", now())
    shown = await miriam.http.get(f"/contacts/{anna.id}")
    assert f"is away and back on {date_in_words(back_on, 'en')}" in shown.text
    assert "Meanwhile answers: Jonas Falk &lt;jonas@alpenblick.example&gt;." in shown.text

    await miriam.http.post(f"/contacts/{anna.id}/back")
    assert "is away and back" not in (await miriam.http.get(f"/contacts/{anna.id}")).text


async def test_an_older_automatic_reply_does_not_replace_a_newer_one(miriam: Browser) -> None:
    anna = await people.contact(miriam.me.workspace)
    back_on = (now() + timedelta(days=9)).date()
    await note_away(miriam.me.workspace.id, anna.address, back_on, "", now())
    await note_away(miriam.me.workspace.id, anna.address, back_on - timedelta(days=7), "", now() - timedelta(days=1))
    await anna.refresh()
    assert anna.back_on == back_on
