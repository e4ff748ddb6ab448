"""What goes out: who decides what is tracked, what a reply carries, and what is refused before it leaves."""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, cast

import pytest

from app.clock import later, new_id, now
from app.contacts.consent import record
from app.contacts.finding import meet
from app.contacts.refusing import stop_logging
from app.contacts.tables import GIVEN, REFUSED, Contact
from app.database import together
from app.errors import Refused
from app.happenings import CLICKED_NO_REPLY, NOT_CLICKED, NOT_OPENED, OPENED_NO_REPLY, MessageSent, when
from app.identity.guarding import Me
from app.identity.tables import CLICKS_ONLY, NOTHING, Workspace
from app.mailboxes.tables import OUTLOOK, SEND_TIER, Mailbox
from app.outbox.answering import draft_in
from app.outbox.composing import queue
from app.outbox.deciding import count_as_sent, dismiss, send_again
from app.outbox.dispatching import dispatch_due
from app.outbox.drafting import Written, attach, save
from app.outbox.tables import Dispatch
from app.outbox.writing import letter
from app.threads.filing import Sent, To, file_sent
from app.threads.recognising.kinds import HUMAN_REPLY
from app.threads.tables import RECEIVED, Message, Recipient, Thread
from app.tracking.tables import Silence
from app.tracking.tokens import link_url, pixel_url
from tests.outbox.conftest import FakeProvider, a_draft, a_mailbox, again

HENRIK = "henrik@nord.example"


async def consents(me: Me, state: str, address: str = "anna@acme.example", name: str = "Anna Weber") -> Contact:
    contact = await meet(me.workspace.id, address, name)
    await record(contact, state, "asked on the phone", me.person.id)
    return contact


async def mail_of(dispatch: Dispatch, mailbox: Mailbox) -> EmailMessage:
    return parsed((await letter(dispatch, mailbox)).mime)


def parsed(mime: bytes) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(mime, policy=policy.default))


def html_of(mail: EmailMessage) -> str:
    return part_of(mail, "html")


def text_of(mail: EmailMessage) -> str:
    return part_of(mail, "plain")


def part_of(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


async def test_somebody_who_agreed_gets_a_pixel_and_sealed_links_without_a_line_about_it(miriam: Me, gmail: Mailbox) -> None:
    await consents(miriam, GIVEN)
    mail = await mail_of(await queue(miriam, await a_draft(miriam, gmail)), gmail)
    assert "/o/" in html_of(mail)
    assert "/c/" in html_of(mail)
    assert "/t/" not in html_of(mail)


async def test_somebody_who_was_not_asked_is_told_and_given_a_way_out(miriam: Me, gmail: Mailbox) -> None:
    mail = await mail_of(await queue(miriam, await a_draft(miriam, gmail)), gmail)
    text = mail.get_body(("plain",))
    assert "I can see whether this mail is opened" in html_of(mail)
    assert "/t/" in html_of(mail)
    assert text is not None
    assert "/t/" in text.get_content()


async def test_a_decoy_goes_out_only_where_the_owner_wants_it_and_changes_nothing_else(miriam: Me, gmail: Mailbox) -> None:
    dispatch = await queue(miriam, await a_draft(miriam, gmail))
    without = await letter(dispatch, gmail)
    await miriam.workspace.update_self({Workspace.decoys: True})
    assert await letter(dispatch, gmail) == without

    dispatch.decoyed = True
    with_one = await letter(dispatch, gmail)

    hidden = re.compile(r'<a href="[^"]*" aria-hidden="true" tabindex="-1" style="display:none"></a>')
    before, after = html_of(parsed(without.mime)), html_of(parsed(with_one.mime))
    assert (len(hidden.findall(before)), len(hidden.findall(after))) == (0, 1)
    assert hidden.sub("", after) == before
    assert text_of(parsed(with_one.mime)) == text_of(parsed(without.mime))
    assert text_of(parsed(with_one.mime)).count("/c/") == 1
    assert (with_one.html, with_one.text, with_one.links) == (without.html, without.text, without.links)


@pytest.mark.parametrize("wanted", [True, False])
async def test_the_owners_choice_of_decoys_is_fixed_when_a_mail_is_queued(wanted: bool, miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    await miriam.workspace.update_self({Workspace.decoys: wanted})
    await queue(miriam, await a_draft(miriam, gmail))
    await miriam.workspace.update_self({Workspace.decoys: not wanted})
    await dispatch_due()
    (held,) = provider.sent
    assert ("display:none" in html_of(parsed(held.mime))) == wanted


async def test_whose_links_are_not_tracked_gets_no_decoy(miriam: Me, gmail: Mailbox) -> None:
    await miriam.workspace.update_self({Workspace.decoys: True})
    await consents(miriam, REFUSED)
    assert "display:none" not in html_of(await mail_of(await queue(miriam, await a_draft(miriam, gmail)), gmail))


@pytest.mark.parametrize(("choice", "opens", "clicks"), [(CLICKS_ONLY, False, True), (NOTHING, False, False)])
async def test_what_unknown_means_is_the_workspaces_choice(choice: str, opens: bool, clicks: bool, miriam: Me, gmail: Mailbox) -> None:
    await miriam.workspace.update_self({Workspace.unknown_consent: choice})
    dispatch = await queue(miriam, await a_draft(miriam, gmail))
    assert (dispatch.opens_tracked, dispatch.clicks_tracked) == (opens, clicks)


async def test_one_who_refused_decides_for_everybody_as_there_is_one_pixel(miriam: Me, gmail: Mailbox) -> None:
    await consents(miriam, GIVEN)
    await consents(miriam, REFUSED, HENRIK, "Henrik")
    dispatch = await queue(miriam, await a_draft(miriam, gmail, bcc=HENRIK))
    html = html_of(await mail_of(dispatch, gmail))
    assert "/o/" not in html
    assert "https://brueckner.example/offer" in html
    assert "/t/" not in html


async def test_a_refusal_after_send_was_pressed_still_counts(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    dispatch = await queue(miriam, await a_draft(miriam, gmail))
    await consents(miriam, REFUSED)
    await dispatch_due()
    assert b"/o/" not in provider.sent[0].mime
    message = await Message.objects().get(Message.id == dispatch.message)
    assert message is not None
    assert not message.opens_tracked


async def test_a_refusal_while_the_mail_is_leaving_silences_it(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    contact = await meet(miriam.workspace.id, "anna@acme.example", "Anna Weber")
    dispatch = await queue(miriam, await a_draft(miriam, gmail))

    def refuses(step: str) -> None:
        if step == "send_draft":
            contact_refused.append(True)

    contact_refused: list[bool] = []
    provider.after = refuses
    original = provider.send_draft

    async def sends(draft: str):  # type: ignore[no-untyped-def]
        copy = await original(draft)
        await record(contact, REFUSED, "the link in the mail")
        return copy

    provider.send_draft = sends  # type: ignore[method-assign]
    await dispatch_due()
    assert await Silence.exists().where(Silence.id == dispatch.message)


async def test_somebody_on_the_never_log_list_is_neither_logged_nor_tracked(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    await stop_logging(miriam, "acme.example")
    dispatch = await queue(miriam, await a_draft(miriam, gmail, cc=HENRIK))
    await dispatch_due()
    assert not dispatch.opens_tracked
    assert await Recipient.select(Recipient.address).output(as_list=True) == [HENRIK]
    assert not await Contact.exists().where(Contact.address == "anna@acme.example")


async def test_ids_are_fixed_before_anything_goes_out_and_tokens_name_the_message(miriam: Me, gmail: Mailbox) -> None:
    dispatch = await queue(miriam, await a_draft(miriam, gmail))
    mail = await mail_of(dispatch, gmail)
    assert mail["Message-ID"] == f"<{dispatch.id}.nachfass@gmail.example>"
    assert mail["X-Nachfass-Send-Id"] == str(dispatch.id)
    assert pixel_url(miriam.workspace.id, dispatch.message) in html_of(mail)
    assert link_url(miriam.workspace.id, dispatch.message, 0, "https://brueckner.example/offer") in html_of(mail)


async def test_the_same_dispatch_gives_the_same_octets_later(miriam: Me, gmail: Mailbox) -> None:
    draft = await a_draft(miriam, gmail)
    await attach(draft, "Prüfbericht.pdf", "application/pdf", b"x" * 3000, gmail)
    dispatch = await queue(miriam, draft)
    first = await letter(dispatch, gmail)
    with later(timedelta(hours=3)):
        assert (await letter(await again(dispatch), gmail)).mime == first.mime


async def test_a_sent_mail_is_filed_as_written_with_its_files_and_links(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    draft = await a_draft(miriam, gmail, cc=HENRIK)
    await attach(draft, "offer.pdf", "application/pdf", b"x" * 3000, gmail)
    dispatch = await queue(miriam, draft)
    await dispatch_due()
    message = await Message.objects().where(Message.id == dispatch.message).output(load_json=True).first()
    assert message is not None
    assert message.attachments == [{"name": "offer.pdf", "type": "application/pdf", "size": 3000}]
    assert message.links == [{"url": "https://brueckner.example/offer", "words": "the offer"}]
    assert "/o/" not in message.html
    assert {one["kind"] for one in await Recipient.select(Recipient.kind)} == {"to", "cc"}


async def test_nobody_sends_from_a_colleagues_mailbox(miriam: Me, gmail: Mailbox) -> None:
    draft = await a_draft(miriam, gmail)
    await Mailbox.update({Mailbox.disconnected_at: now()}).where(Mailbox.id == gmail.id)
    with pytest.raises(Refused, match="no mailbox to send from"):
        await queue(miriam, draft)


async def test_a_send_only_mailbox_can_not_promise_a_reminder(miriam: Me, send_only: Mailbox) -> None:
    with pytest.raises(Refused, match="can't see replies"):
        await queue(miriam, await a_draft(miriam, send_only, reminds="3d"))


async def test_a_condition_on_what_is_not_tracked_is_refused_and_the_mail_kept(miriam: Me, gmail: Mailbox) -> None:
    untracked: list[dict[str, Any]] = [
        {"reminds_if": NOT_OPENED, "tracks_opens": False}, {"reminds_if": OPENED_NO_REPLY, "tracks_opens": False},
        {"reminds_if": NOT_CLICKED, "tracks_clicks": False}, {"reminds_if": CLICKED_NO_REPLY, "html": "<div>No link at all.</div>"},
    ]  # fmt: skip
    for asked in untracked:
        with pytest.raises(Refused, match="are not tracked") as refused:
            await queue(miriam, await a_draft(miriam, gmail, reminds="3d", **asked))
        assert refused.value.field == "reminds"
    assert not await Dispatch.exists()


async def test_a_condition_on_opens_is_refused_where_somebody_does_not_allow_them(miriam: Me, gmail: Mailbox) -> None:
    await consents(miriam, REFUSED)
    with pytest.raises(Refused, match="not everybody allows it"):
        await queue(miriam, await a_draft(miriam, gmail, reminds="3d", reminds_if=NOT_OPENED))
    assert await queue(miriam, await a_draft(miriam, gmail, reminds="", reminds_if=NOT_OPENED))


async def test_the_condition_goes_with_the_mail_and_with_each_that_is_sent_separately(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    told: list[MessageSent] = []

    async def hear(fact: MessageSent) -> None:
        told.append(fact)

    when(MessageSent, hear)
    to = "Anna <anna@acme.example>, Henrik <henrik@nordsee.example>"
    await queue(miriam, await a_draft(miriam, gmail, to, reminds="3d", reminds_if=NOT_CLICKED, separately=True))
    await dispatch_due()
    assert [(fact.reminds, fact.reminds_if) for fact in told] == [("3d", NOT_CLICKED)] * 2


async def test_a_reminder_in_the_past_is_refused(miriam: Me, gmail: Mailbox) -> None:
    with pytest.raises(Refused, match="has passed"):
        await queue(miriam, await a_draft(miriam, gmail, reminds="2020-01-01T09:00"))


async def test_files_that_fit_gmail_are_refused_when_the_mail_is_moved_to_an_outlook_that_only_sends(miriam: Me, gmail: Mailbox) -> None:
    outlook = await a_mailbox(miriam, OUTLOOK, SEND_TIER)
    draft = await a_draft(miriam, gmail)
    await attach(draft, "film.mp4", "video/mp4", b"x" * 4_000_000, gmail)
    moved = await save(miriam, draft.id, Written(to=draft.to, mailbox=outlook.id))  # type: ignore[arg-type]
    with pytest.raises(Refused, match="takes"):
        await queue(miriam, moved)
    assert not await Dispatch.exists()


async def a_thread(me: Me, mailbox: Mailbox) -> Thread:
    """Miriam wrote to Anna with Henrik in copy; Anna answered, quoting the mail with our pixel and a sealed link."""
    sent = Sent(
        id=new_id(),
        workspace=me.workspace.id,
        person=me.person.id,
        mailbox=mailbox.id,
        to=[To("anna@acme.example", "Anna Weber")],
        subject="Offer 2026",
        html="<div>See</div>",
        at=now(),
        message_id="<one@gmail.example>",
        provider_thread="thread-9",
        provider_message_id="<rewritten@mail.gmail.com>",
    )
    async with together():
        message = await file_sent(sent)
    ours = pixel_url(me.workspace.id, message.id), link_url(me.workspace.id, message.id, 0, "https://brueckner.example/offer?a=1&b=2")
    html = f'<p>Yes</p><blockquote><a href="{ours[1]}">offer</a><img src="{ours[0]}"><script>x()</script></blockquote>'
    answer = Message(
        workspace=me.workspace.id,
        person=me.person.id,
        mailbox=mailbox.id,
        thread=message.thread,
        direction=RECEIVED,
        kind=HUMAN_REPLY,
        html=html,
        text="Yes",
        sender="anna@acme.example",
        sender_name="Anna Weber",
        subject="AW: Re: Offer 2026",
        message_id="<answer@acme.example>",
        refers_to="<rewritten@mail.gmail.com>",
        at=now() + timedelta(seconds=1),
    )
    await answer.save()
    await Recipient(workspace=me.workspace.id, message=answer.id, kind="to", address=mailbox.address).save()
    await Recipient(workspace=me.workspace.id, message=answer.id, kind="cc", address=HENRIK, name="Henrik").save()
    thread = await Thread.objects().get(Thread.id == message.thread)
    assert thread is not None
    return thread


async def test_a_reply_goes_to_everybody_but_oneself_under_one_re(miriam: Me, gmail: Mailbox) -> None:
    draft = await draft_in(miriam, await a_thread(miriam, gmail))
    assert [one["address"] for one in draft.to] == ["anna@acme.example"]
    assert [one["address"] for one in draft.cc] == [HENRIK]
    assert draft.subject == "Re: Offer 2026"


async def test_a_quote_loses_our_pixel_and_gets_its_links_back(miriam: Me, gmail: Mailbox) -> None:
    draft = await draft_in(miriam, await a_thread(miriam, gmail))
    assert "/o/" not in draft.quote
    assert "/c/" not in draft.quote
    assert 'href="https://brueckner.example/offer?a=1&amp;b=2"' in draft.quote
    assert "script" not in draft.quote
    assert "Anna Weber wrote:" in draft.quote


async def test_a_reply_names_what_it_answers_and_stays_in_its_thread(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    thread = await a_thread(miriam, gmail)
    begun = await draft_in(miriam, thread)
    written = Written(
        to=begun.to, subject=begun.subject, html="<div>Thanks</div>", mailbox=gmail.id, thread=thread.id, answers=begun.answers, quote=begun.quote
    )  # type: ignore[arg-type]
    dispatch = await queue(miriam, await save(miriam, begun.id, written))
    mail = await mail_of(dispatch, gmail)
    assert mail["In-Reply-To"] == "<answer@acme.example>"
    assert mail["References"] == "<rewritten@mail.gmail.com> <answer@acme.example>"
    text = mail.get_body(("plain",))
    assert text is not None
    assert "> Yes" in text.get_content()
    await dispatch_due()
    assert provider.sent[0].thread == "thread-9"
    assert await Message.exists().where(Message.id == dispatch.message, Message.thread == thread.id)


async def unclear(miriam: Me, gmail: Mailbox) -> Dispatch:
    dispatch = await queue(miriam, await a_draft(miriam, gmail))
    await Dispatch.update({Dispatch.sending_at: now(), Dispatch.unknown_at: now(), Dispatch.due_at: None, Dispatch.tries: 3}).where(
        Dispatch.id == dispatch.id
    )
    return await again(dispatch)


async def test_counting_an_unclear_mail_as_sent_files_it_once(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    dispatch = await unclear(miriam, gmail)
    await count_as_sent(dispatch)
    with pytest.raises(Refused, match="decided already"):
        await count_as_sent(dispatch)
    await dispatch_due()
    assert await Message.count() == 1
    assert set(provider.calls) == {"find_sent"}


async def test_sending_an_unclear_mail_again_asks_the_mailbox_once_more_before(miriam: Me, gmail: Mailbox, provider: FakeProvider) -> None:
    dispatch = await unclear(miriam, gmail)
    await send_again(dispatch)
    await dispatch_due()
    assert provider.calls == ["find_sent", "find_draft", "draft", "send_draft"]
    assert (await again(dispatch)).sent_at


async def test_a_mail_under_way_can_not_be_hidden(miriam: Me, gmail: Mailbox) -> None:
    dispatch = await queue(miriam, await a_draft(miriam, gmail))
    with pytest.raises(Refused, match="still on its way"):
        await dismiss(dispatch)
