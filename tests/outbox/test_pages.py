"""Compose and drafts over HTTP: as a plain form, and as it is saved while typing."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.template import TemplateConfig

from app.clock import new_id, now
from app.contacts.being_away import note_away
from app.contacts.consent import record
from app.contacts.finding import meet
from app.contacts.reaching import came_back
from app.contacts.tables import GIVEN, REFUSED, Contact
from app.identity.guarding import COOKIE, Me, signed_in
from app.identity.tables import Person
from app.mailboxes.providers.base import RecipientSaid
from app.mailboxes.tables import OUTLOOK, SEND_TIER, Mailbox
from app.outbox.composing import queue
from app.outbox.dispatching import dispatch_due
from app.outbox.drafting import attachment_room
from app.outbox.hearing_recipients import keep
from app.outbox.pages import PAGES
from app.outbox.tables import Attachment, Dispatch, Draft
from app.threads.tables import Message, Thread
from app.web.errors import HANDLERS
from app.web.templates import engine
from tests.outbox.conftest import FakeProvider, a_draft, a_mailbox

HTMX = {"hx-request": "true"}
FORM: dict[str, object] = {
    "to": "Anna Weber <anna@acme.example>",
    "subject": "Offer 2026",
    "html": "<div>Hello</div>",
    "logs": "on",
    "tracks_opens": "on",
    "tracks_clicks": "on",
    "reminds": "3d",
}


@pytest.fixture
async def miriams(miriam: Me) -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(
        route_handlers=PAGES,
        dependencies={"me": Provide(signed_in)},
        template_config=TemplateConfig(instance=engine()),
        exception_handlers=HANDLERS,
        openapi_config=None,
        request_max_body_size=60_000_000,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8025", cookies={COOKIE: "miriams-session"}) as client:
        yield client


def drafted(html: str) -> UUID:
    found = re.search(r'action="/drafts/([0-9a-f-]{36})"', html)
    assert found
    return UUID(found[1])


async def test_a_new_mail_is_kept_only_once_something_is_typed(miriams: httpx.AsyncClient, gmail: Mailbox) -> None:
    page = await miriams.get("/compose")
    draft = drafted(page.text)
    await miriams.put(f"/drafts/{draft}", data={"mailbox": str(gmail.id)}, headers=HTMX)
    assert await Draft.count() == 0
    saved = await miriams.put(f"/drafts/{draft}", data=FORM | {"mailbox": str(gmail.id), "to": "anna@", "subject": "Off"}, headers=HTMX)
    assert "Draft saved" in saved.text
    again = await miriams.get(f"/drafts/{draft}")
    assert 'value="Off"' in again.text
    assert 'value="anna@"' in again.text


async def test_an_address_in_the_link_is_a_recipient(miriams: httpx.AsyncClient, gmail: Mailbox) -> None:
    page = await miriams.get("/compose", params={"to": "Anna Weber <anna@acme.example>"})
    assert "&lt;anna@acme.example&gt;" in page.text
    assert "Anna Weber has not been asked" in page.text


async def test_whose_address_is_no_good_and_who_is_away_is_said_while_writing(miriams: httpx.AsyncClient, gmail: Mailbox, miriam: Me) -> None:
    for name in ("anna", "henrik"):
        await meet(miriam.workspace.id, f"{name}@acme.example", f"{name.title()} Weber")
    await came_back(miriam.workspace.id, "anna@acme.example", now(), "The address does not exist.")
    await note_away(miriam.workspace.id, "henrik@acme.example", (now() + timedelta(days=9)).date(), "", now())
    page = await miriams.get("/compose", params={"to": "anna@acme.example, henrik@acme.example"})
    assert "Mail to anna@acme.example came back on" in page.text
    assert "The address does not exist. Ask for another address or call." in page.text
    assert "Henrik Weber is away and back on" in page.text


async def test_a_wrong_address_is_named_at_its_field_and_nothing_is_lost(miriams: httpx.AsyncClient, gmail: Mailbox) -> None:
    wrong = FORM | {"mailbox": str(gmail.id), "cc": "henrik@nord"}
    answer = await miriams.post(f"/drafts/{new_id()}/dispatch", data=wrong)
    assert answer.status_code == 422
    assert "“henrik@nord” is not an e-mail address" in answer.text
    assert 'id="cc-error"' in answer.text
    assert "Offer 2026" in answer.text
    assert "Hello" in answer.text
    assert "anna@acme.example" in answer.text
    assert await Dispatch.count() == 0


async def test_the_page_names_who_was_refused_and_who_would_be_taken(miriams: httpx.AsyncClient, gmail: Mailbox, miriam: Me) -> None:
    dispatch = await queue(miriam, await a_draft(miriam, gmail))
    said = [RecipientSaid("anna@acme.example", 250, "2.1.5 Ok"), RecipientSaid("nobody@acme.example", 550, "5.1.1 <User> unknown")]
    await keep(dispatch, said)
    await dispatch.update_self({Dispatch.failed_at: now(), Dispatch.due_at: None, Dispatch.problem: "Nothing was sent."})
    await Draft.update({Draft.queued_at: None}).where(Draft.id == dispatch.draft)

    page = (await miriams.get("/drafts")).text
    assert page.index("nobody@acme.example</b>") < page.index("refused") < page.index("5.1.1 &lt;User&gt; unknown")
    assert "would be taken; nothing was sent there either" in page
    alone = await miriams.get(f"/outbox/answers/{dispatch.message}")
    part = await miriams.get(f"/outbox/answers/{dispatch.message}", headers=HTMX)
    assert ("<html" in alone.text, "<html" in part.text) == (True, False)
    assert "taken by the mail server" in part.text
    assert (await miriams.get(f"/outbox/answers/{new_id()}", headers=HTMX)).status_code == 404


async def test_pressing_send_twice_sends_once(miriams: httpx.AsyncClient, gmail: Mailbox, provider: FakeProvider) -> None:
    draft, form = new_id(), FORM | {"mailbox": str(gmail.id)}
    answers = [await miriams.post(f"/drafts/{draft}/dispatch", data=form) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    await dispatch_due()
    assert len(provider.sent) == 1
    assert await Message.count() == 1


async def test_the_list_turns_from_waiting_to_sent_without_reloading(miriams: httpx.AsyncClient, gmail: Mailbox, provider: FakeProvider) -> None:
    await miriams.post(f"/drafts/{new_id()}/dispatch", data=FORM | {"mailbox": str(gmail.id)})
    waiting = await miriams.get("/outbox/outgoing", headers=HTMX)
    assert "Waiting to be sent." in waiting.text
    assert "every 1s" in waiting.text
    await dispatch_due()
    sent = await miriams.get("/outbox/outgoing", headers=HTMX)
    assert "tick-sent" in sent.text
    assert "every 1s" not in sent.text


async def test_without_script_the_plain_field_is_the_letter(miriams: httpx.AsyncClient, gmail: Mailbox) -> None:
    draft = new_id()
    await miriams.post(f"/drafts/{draft}", data=FORM | {"html": "", "text": "Dear Anna,\n5 < 6 & so on"})
    found = await Draft.objects().get(Draft.id == draft)
    assert found
    assert found.html == "<div>Dear Anna,<br>5 &lt; 6 &amp; so on</div>"


async def test_a_token_is_removed_by_its_button(miriams: httpx.AsyncClient, miriam: Me, gmail: Mailbox) -> None:
    draft = await a_draft(miriam, gmail, to="anna@acme.example, tom@hartley.example")
    form = FORM | {"to": ["anna@acme.example", "tom@hartley.example", ""], "remove": "to:tom@hartley.example"}
    answer = await miriams.put(f"/drafts/{draft.id}", params={"line": "to"}, data=form, headers=HTMX)
    assert 'id="to-line"' in answer.text
    assert "anna@acme.example" in answer.text
    assert "tom@hartley.example" not in answer.text


async def test_a_file_is_attached_listed_and_removed(miriams: httpx.AsyncClient, gmail: Mailbox) -> None:
    draft, form = new_id(), FORM | {"mailbox": str(gmail.id)}
    listed = await miriams.post(f"/drafts/{draft}/attachments", data=form, files={"files": ("a.pdf", b"x" * 5000, "application/pdf")}, headers=HTMX)
    assert "a.pdf" in listed.text
    assert "5 KB" in listed.text
    [file] = await Attachment.select(Attachment.id)
    await miriams.post(f"/drafts/{draft}/attachments/{file['id']}/remove", data=form)
    assert await Attachment.count() == 0


async def test_a_file_that_is_too_large_is_refused_with_a_sentence_and_the_mail_is_kept(miriams: httpx.AsyncClient, miriam: Me) -> None:
    outlook = await a_mailbox(miriam, OUTLOOK, SEND_TIER)
    draft, large = new_id(), b"x" * (attachment_room(outlook) + 1000)
    answer = await miriams.post(
        f"/drafts/{draft}", data=FORM | {"mailbox": str(outlook.id)}, files={"files": ("large.zip", large, "application/zip")}
    )
    assert answer.status_code == 422
    assert "large.zip was not attached" in answer.text
    assert await Draft.exists().where(Draft.id == draft, Draft.subject == "Offer 2026")


async def test_a_discarded_draft_comes_back_by_undo(miriams: httpx.AsyncClient, miriam: Me, gmail: Mailbox) -> None:
    draft = await a_draft(miriam, gmail)
    await miriams.post(f"/drafts/{draft.id}/discard")
    assert f'href="/drafts/{draft.id}"' not in (await miriams.get("/drafts")).text
    await miriams.post(f"/drafts/{draft.id}/restore")
    assert f'href="/drafts/{draft.id}"' in (await miriams.get("/drafts")).text


async def test_the_lines_under_the_editor_say_what_consent_allows(miriams: httpx.AsyncClient, miriam: Me, gmail: Mailbox) -> None:
    await record(await meet(miriam.workspace.id, "anna@acme.example", "Anna Weber"), GIVEN, "a form", miriam.person.id)
    await record(await meet(miriam.workspace.id, "einkauf@ulm.example", "Einkauf Ulm"), REFUSED, "a call", miriam.person.id)
    one = await miriams.put(f"/drafts/{new_id()}", data=FORM, headers=HTMX)
    assert "Opens and clicks will be tracked: Anna Weber agreed" in one.text
    both = await miriams.put(f"/drafts/{new_id()}", data=FORM | {"cc": "einkauf@ulm.example"}, headers=HTMX)
    assert "Nothing will be tracked: Einkauf Ulm refused" in both.text
    assert "Nothing will be tracked about Anna Weber either" in both.text
    clicks = await miriams.put(f"/drafts/{new_id()}", data={key: value for key, value in FORM.items() if key != "tracks_opens"}, headers=HTMX)
    assert "About Anna Weber only clicks will be tracked" in clicks.text


async def test_completion_finds_contacts_for_the_last_letters_typed(miriams: httpx.AsyncClient, miriam: Me) -> None:
    await meet(miriam.workspace.id, "anna@acme.example", "Anna Weber")
    answer = await miriams.get("/outbox/people", params={"cc": "tom@hartley.example, web"}, headers=HTMX)
    assert "Anna Weber &lt;anna@acme.example&gt;" in answer.text


async def test_a_colleagues_draft_is_not_there(miriams: httpx.AsyncClient, miriam: Me, gmail: Mailbox) -> None:
    draft = await a_draft(miriam, gmail)
    await Draft.update({Draft.person: await a_colleague()}).where(Draft.id == draft.id)
    for method, way in [
        ("GET", ""),
        ("PUT", ""),
        ("POST", ""),
        ("POST", "/dispatch"),
        ("POST", "/discard"),
        ("POST", "/restore"),
        ("POST", "/attachments"),
    ]:
        answer = await miriams.request(method, f"/drafts/{draft.id}{way}", data=FORM if method != "GET" else None)
        assert answer.status_code == 404, (method, way)


async def a_colleague() -> UUID:
    robin = Person(email="robin@brueckner.example", name="Robin Adler")
    await robin.save()
    return robin.id  # type: ignore[no-any-return]


async def test_a_colleagues_mail_can_not_be_quoted_by_naming_it(miriams: httpx.AsyncClient, miriam: Me, gmail: Mailbox) -> None:
    thread = Thread(workspace=miriam.workspace.id, person=await a_colleague(), mailbox=gmail.id)
    await thread.save()
    secret = Message(workspace=miriam.workspace.id, person=thread.person, mailbox=gmail.id, thread=thread.id, direction="sent", text="Robin's own")
    await secret.save()
    draft = new_id()
    await miriams.put(f"/drafts/{draft}", data=FORM | {"answers": str(secret.id), "quotes": "on"}, headers=HTMX)
    shown = await miriams.get(f"/drafts/{draft}")
    assert "Robin's own" not in shown.text
    taken = await miriams.put(f"/drafts/{new_id()}", data=FORM | {"answers": str(secret.id), "thread": str(thread.id), "quotes": "on"}, headers=HTMX)
    assert taken.status_code == 404


async def test_the_composer_inside_a_thread_has_no_plain_field_that_would_empty_the_letter(
    miriams: httpx.AsyncClient, miriam: Me, gmail: Mailbox
) -> None:
    thread = Thread(workspace=miriam.workspace.id, person=miriam.person.id, mailbox=gmail.id, subject="Offer 2026")
    await thread.save()
    inside = await miriams.get(f"/outbox/of-thread/{thread.id}", headers=HTMX)
    alone = await miriams.get(f"/threads/{thread.id}/reply")
    assert "<noscript>" not in inside.text
    assert '<textarea class="input editor" name="text"' in alone.text


async def test_the_page_says_honestly_what_becomes_of_a_delivery_receipt(miriams: httpx.AsyncClient, gmail: Mailbox, outlook: Mailbox) -> None:
    draft = drafted((await miriams.get("/compose")).text)
    asked = FORM | {"asks_read": "on", "asks_delivery": "on"}
    by_gmail = await miriams.put(f"/drafts/{draft}", data=asked | {"mailbox": str(gmail.id)}, headers=HTMX)
    by_outlook = await miriams.put(f"/drafts/{draft}", data=asked | {"mailbox": str(outlook.id)}, headers=HTMX)
    assert "Gmail gives no delivery receipts" in by_gmail.text
    assert "It says that the mail arrived, not that it was read." in by_outlook.text
    kept = await Draft.objects().get(Draft.id == draft)
    assert kept
    assert (kept.asks_read, kept.asks_delivery) == (True, True)


async def test_a_mail_starts_with_the_receipts_that_the_person_always_asks_for(miriam: Me, miriams: httpx.AsyncClient, gmail: Mailbox) -> None:
    await miriam.person.update_self({Person.asks_read: True})
    page = (await miriams.get("/compose")).text
    assert re.search(r'name="asks_read"[^>]*checked', page)
    assert not re.search(r'name="asks_delivery"[^>]*checked', page)


THREE = FORM | {"cc": "Henrik Larsen <henrik@nord.example>", "bcc": "sabine@ulm.example", "separately": "on"}


async def test_the_switch_to_send_separately_says_what_it_does_and_is_kept(miriams: httpx.AsyncClient, gmail: Mailbox) -> None:
    draft = new_id()
    shown = await miriams.put(f"/drafts/{draft}", data=THREE | {"mailbox": str(gmail.id)}, headers=HTMX)
    assert "Goes out as 3 mails, each addressed to one person alone: nobody sees the others" in shown.text
    assert "an answer settles the reminder of whoever wrote it" in shown.text
    assert 'id="forecast"' in shown.text
    assert re.search(r'name="separately"[^>]*checked', (await miriams.get(f"/drafts/{draft}")).text)


async def test_a_mail_to_several_says_before_sending_that_nobody_will_know_who_opened_it(miriams: httpx.AsyncClient, gmail: Mailbox) -> None:
    shared = {key: value for key, value in THREE.items() if key != "separately"}
    shown = await miriams.put(f"/drafts/{new_id()}", data=shared | {"mailbox": str(gmail.id)}, headers=HTMX)
    assert "An open will show as “someone of 3”" in shown.text
    assert "Goes out as" not in shown.text


async def test_what_went_out_separately_is_one_row_and_one_group(miriams: httpx.AsyncClient, gmail: Mailbox, provider: FakeProvider) -> None:
    draft = new_id()
    await miriams.post(f"/drafts/{draft}/dispatch", data=THREE | {"mailbox": str(gmail.id)})
    waiting = (await miriams.get("/outbox/outgoing", headers=HTMX)).text
    await dispatch_due()
    row = (await miriams.get("/outbox/outgoing", headers=HTMX)).text
    message = await Message.objects().where(Message.sending == draft).first()
    assert message
    await Message.update({Message.opened_at: now()}).where(Message.id == message.id)
    group = " ".join((await miriams.get(f"/outbox/sending/{draft}?message={message.id}", headers=HTMX)).text.split())
    assert "3 waiting" in waiting
    assert row.count('<li id="dispatch-') == 1
    assert "3 sent" in row
    assert "Sent separately to 3 people: 1 opened" in group
    assert "Henrik Larsen" in group


async def test_a_date_is_kept_on_the_wall_on_which_it_was_chosen(miriam: Me, gmail: Mailbox, miriams: httpx.AsyncClient) -> None:
    picked, spoken, hours = new_id(), new_id(), new_id()
    await miriams.put(f"/drafts/{picked}", data={**FORM, "reminds": "date", "reminds_at": "2031-03-17T09:00"})
    await miriams.put(f"/drafts/{spoken}", data={**FORM, "reminds": "date", "reminds_words": "17 March 2031 10:00"})
    await miriams.put(f"/drafts/{hours}", data={**FORM, "reminds": "date", "reminds_words": "in 4 hours"})
    drafts = {draft.id: draft.reminds for draft in await Draft.objects()}

    assert drafts[picked] == "2031-03-17T09:00[Europe/Berlin]"
    assert drafts[spoken] == "2031-03-17T10:00[Europe/Berlin]"
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d\+00:00", drafts[hours])
    assert 'value="2031-03-17T10:00"' in (await miriams.get(f"/drafts/{spoken}")).text
    assert "selected" in (await miriams.get(f"/drafts/{hours}")).text


async def test_a_reminder_by_the_recipients_clock_is_kept_so(miriam: Me, gmail: Mailbox, miriams: httpx.AsyncClient) -> None:
    anna = await meet(miriam.workspace.id, "anna@acme.example", "Anna Weber")
    await anna.update_self({Contact.time_zone: "Asia/Tokyo"})
    spanned, spoken = new_id(), new_id()
    await miriams.put(f"/drafts/{spanned}", data={**FORM, "reminds_by": "on"})
    words = {"reminds": "date", "reminds_words": "17 March 2031", "reminds_by": "on"}
    await miriams.put(f"/drafts/{spoken}", data={**FORM, **words})
    drafts = {draft.id: draft.reminds for draft in await Draft.objects()}
    page = (await miriams.get(f"/drafts/{spanned}")).text

    assert drafts == {spanned: "3d[them]", spoken: "2031-03-17T09:00[them]"}
    assert re.search(r'name="reminds_by" value="on" form="compose" checked', page)
    assert re.search(r'<option value="3d" selected', page)


async def test_a_date_that_is_over_by_the_recipients_clock_is_not_sent(miriam: Me, gmail: Mailbox, miriams: httpx.AsyncClient) -> None:
    """In Tokyo it is later than in Berlin: an hour ahead of now here has passed there."""
    anna = await meet(miriam.workspace.id, "anna@acme.example", "Anna Weber")
    await anna.update_self({Contact.time_zone: "Asia/Tokyo"})
    ahead = f"{(now() + timedelta(hours=2)).astimezone(ZoneInfo('Europe/Berlin')):%Y-%m-%dT%H:%M}"
    form = {**FORM, "mailbox": str(gmail.id), "reminds": "date", "reminds_at": ahead, "reminds_by": "on"}

    refused = await miriams.post(f"/drafts/{new_id()}/dispatch", data=form)
    await anna.update_self({Contact.time_zone: "America/New_York"})
    sent = await miriams.post(f"/drafts/{new_id()}/dispatch", data=form)

    assert "date has passed" in refused.text
    assert sent.status_code == 303


async def test_what_two_windows_write_in_one_draft_is_kept_both(miriams: httpx.AsyncClient, gmail: Mailbox) -> None:
    draft, form = new_id(), FORM | {"mailbox": str(gmail.id)}
    one, other = str(new_id()), str(new_id())
    await miriams.put(f"/drafts/{draft}", data=form | {"page": one, "subject": "From the first"}, headers=HTMX)
    refused = await miriams.put(f"/drafts/{draft}", data=form | {"page": other, "subject": "From the second"}, headers=HTMX)
    assert refused.status_code == 422
    assert "changed in another window" in refused.text

    sent = await miriams.post(f"/drafts/{draft}/dispatch", data=form | {"page": other, "subject": "From the second"})
    assert sent.status_code == 303
    assert sent.headers["location"] != f"/drafts/{draft}"
    assert not await Dispatch.exists()
    assert {row["subject"] for row in await Draft.select(Draft.subject)} == {"From the first", "From the second"}


async def test_a_page_that_was_opened_after_a_change_may_change_it_again(miriams: httpx.AsyncClient, gmail: Mailbox) -> None:
    draft, form = new_id(), FORM | {"mailbox": str(gmail.id)}
    await miriams.put(f"/drafts/{draft}", data=form | {"page": str(new_id())}, headers=HTMX)
    page = (await miriams.get(f"/drafts/{draft}")).text
    keys = {name: re.search(rf'name="{name}" value="([0-9a-f-]+)"', page)[1] for name in ("page", "seen")}  # type: ignore[index]
    for subject in ("Once", "Twice"):
        assert (await miriams.put(f"/drafts/{draft}", data=form | keys | {"subject": subject}, headers=HTMX)).status_code == 200
