"""Both providers, spoken to over HTTP: sent once, found again, brought back on top, and every answer understood."""

import asyncio
import json
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import httpx
import pytest

from app.clock import new_id, now
from app.errors import AdminNeeded, CursorLost, GiveUp, GoneThere, MailboxGone, OperatorNeeded, ProviderError, ReconnectNeeded, RetryLater, Unanswered
from app.identity.guarding import Me
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers import gmail, gmail_tokens, outlook, outlook_tokens, wire
from app.mailboxes.providers.base import NOTE_HEADER, SEND_ID_HEADER, Note, Provider, SentCopy
from app.mailboxes.providers.speaking import TokenRefused
from app.mailboxes.providers.wire import Answer, Question, Throttled
from app.mailboxes.tables import GMAIL, OUTLOOK, SEND_TIER, Mailbox
from tests.mailboxes.conftest import ADDRESSES, AT_SANDBOX, Connect, Strings
from tests.mailboxes.contracted import Checker

BOTH = pytest.mark.parametrize("provider", [GMAIL, OUTLOOK])
ANNA = "anna@alpenblick.example"


def offer(send_id: str, sender: str, subject: str = "Angebot", size: int = 0, **headers: str) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, ANNA, subject
    mail["Message-ID"], mail[SEND_ID_HEADER] = f"<{send_id}.nachfass@brueckner.example>", send_id
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Guten Tag")
    if size:
        mail.add_attachment(b"x" * size, maintype="application", subtype="pdf", filename="Angebot.pdf")
    return mail.as_bytes()


def named(send_id: str) -> str:
    return f"<{send_id}.nachfass@brueckner.example>"


async def until_found(mailbox: Provider, send_id: str) -> SentCopy:
    """Graph files the copy a little later."""
    since = now() - timedelta(hours=1)
    for _ in range(200):
        if copy := await mailbox.find_sent(send_id, named(send_id), since):
            return copy
        await asyncio.sleep(0.05)
    raise AssertionError("the copy never appeared")


@BOTH
async def test_a_draft_is_sent_once_and_its_copy_is_known(miriam: Me, connect: Connect, strings: Strings, provider: str) -> None:
    mailbox, send_id = await open_mailbox(await connect(miriam, provider)), str(new_id())

    draft = await mailbox.draft(offer(send_id, ADDRESSES[provider]), send_id, "")
    held = await mailbox.find_draft(send_id, named(send_id))
    copy = await mailbox.send_draft(draft) or await until_found(mailbox, send_id)

    sent = await strings.copies(ADDRESSES[provider], "sent")
    assert held == draft
    assert [(one["id"], one["message_id"]) for one in sent] == [(copy.provider_id, copy.message_id)]
    assert copy.message_id != named(send_id)
    assert await mailbox.find_draft(send_id, named(send_id)) is None
    assert len((await strings.see(f"people/{ANNA}/messages"))["messages"]) == 1


@BOTH
async def test_a_lost_answer_is_unclear_and_the_mailbox_knows(miriam: Me, connect: Connect, strings: Strings, provider: str) -> None:
    mailbox, send_id = await open_mailbox(await connect(miriam, provider)), str(new_id())
    draft = await mailbox.draft(offer(send_id, ADDRESSES[provider]), send_id, "")
    await strings.fault("drop-after", provider=AT_SANDBOX[provider], path="/send$")

    with pytest.raises(Unanswered):
        await mailbox.send_draft(draft)

    assert (await until_found(mailbox, send_id)).provider_id
    assert len(await strings.copies(ADDRESSES[provider], "sent")) == 1


@BOTH
async def test_an_answer_that_is_empty_or_no_json_is_unclear_after_a_write(miriam: Me, connect: Connect, strings: Strings, provider: str) -> None:
    mailbox, send_id = await open_mailbox(await connect(miriam, provider)), str(new_id())
    for kind in ("empty", "500"):
        await strings.fault(kind, provider=AT_SANDBOX[provider], path="POST .*/(drafts|messages)$")
        with pytest.raises(Unanswered):
            await mailbox.draft(offer(send_id, ADDRESSES[provider]), send_id, "")

    assert await mailbox.find_draft(send_id, named(send_id)) is not None


@BOTH
async def test_a_throttled_write_was_certainly_not_done(miriam: Me, connect: Connect, strings: Strings, provider: str) -> None:
    mailbox, send_id = await open_mailbox(await connect(miriam, provider)), str(new_id())
    draft = await mailbox.draft(offer(send_id, ADDRESSES[provider]), send_id, "")
    await strings.fault("429", provider=AT_SANDBOX[provider], path="/send$", retry_after=30)

    with pytest.raises(RetryLater) as told:
        await mailbox.send_draft(draft)

    assert not isinstance(told.value, Unanswered)
    assert told.value.at is not None
    assert timedelta(seconds=25) < told.value.at - now() < timedelta(seconds=31)
    assert await strings.copies(ADDRESSES[provider], "sent") == []


@BOTH
async def test_a_draft_that_is_gone_is_said_to_be_gone(miriam: Me, connect: Connect, provider: str) -> None:
    mailbox = await open_mailbox(await connect(miriam, provider))

    with pytest.raises(GoneThere):
        await mailbox.send_draft("never-was")


@BOTH
async def test_a_mailbox_that_may_only_send_sends_in_one_step(miriam: Me, connect: Connect, strings: Strings, provider: str) -> None:
    mailbox, send_id = await open_mailbox(await connect(miriam, provider, SEND_TIER)), str(new_id())

    await mailbox.send(offer(send_id, ADDRESSES[provider]), "")

    assert len((await strings.see(f"people/{ANNA}/messages"))["messages"]) == 1
    with pytest.raises(ReconnectNeeded):
        await mailbox.draft(offer(send_id, ADDRESSES[provider]), send_id, "")


async def test_a_large_mail_is_uploaded_and_joins_its_thread(miriam: Me, connect: Connect, strings: Strings, wires: Checker) -> None:
    mailbox, first, second = await open_mailbox(await connect(miriam, GMAIL)), str(new_id()), str(new_id())
    before = await mailbox.send_draft(await mailbox.draft(offer(first, ADDRESSES[GMAIL]), first, ""))
    assert before is not None

    large = offer(second, ADDRESSES[GMAIL], "Re: Angebot", size=3_600_000, In_Reply_To=before.message_id)
    after = await mailbox.send_draft(await mailbox.draft(large, second, before.thread))

    assert after is not None
    assert after.thread == before.thread
    assert any("/upload/gmail/v1/users/me/drafts" in one for one in wires.asked)
    assert [one["attachments"] for one in await strings.copies(ADDRESSES[GMAIL], "sent")] == [[], ["Angebot.pdf"]]


async def test_a_draft_for_a_thread_that_is_gone_is_made_all_the_same(miriam: Me, connect: Connect) -> None:
    mailbox, send_id = await open_mailbox(await connect(miriam, GMAIL)), str(new_id())

    assert await mailbox.draft(offer(send_id, ADDRESSES[GMAIL]), send_id, "deadbeefdeadbeef")


@BOTH
async def test_a_mail_is_fetched_as_it_was_sent(miriam: Me, connect: Connect, provider: str) -> None:
    mailbox, send_id = await open_mailbox(await connect(miriam, provider)), str(new_id())
    draft = await mailbox.draft(offer(send_id, ADDRESSES[provider]), send_id, "")
    assert await mailbox.fetch(draft) is None
    copy = await mailbox.send_draft(draft) or await until_found(mailbox, send_id)

    mail = await mailbox.fetch(copy.provider_id)

    assert mail is not None
    assert (mail.folder, mail.thread) == ("sent", copy.thread)
    assert message_from_bytes(mail.raw)[SEND_ID_HEADER] == send_id
    assert await mailbox.thread_ids(copy.thread) == [copy.provider_id]
    assert await mailbox.fetch("never-was") is None


@BOTH
async def test_a_thread_comes_back_on_top_once_and_the_note_goes_away_again(miriam: Me, connect: Connect, strings: Strings, provider: str) -> None:
    mailbox, send_id = await open_mailbox(await connect(miriam, provider)), str(new_id())
    copy = await mailbox.send_draft(await mailbox.draft(offer(send_id, ADDRESSES[provider]), send_id, "")) or await until_found(mailbox, send_id)
    marks = {"X-Nachfass-Reminder": "1"}
    note = Note("<note-1@nachfass>", "Re: Angebot", "No reply in 3 days.", copy.thread, copy.message_id, copy.provider_id, marks)

    first, second = await mailbox.surface(note), await mailbox.surface(note)
    inbox = await strings.copies(ADDRESSES[provider], "inbox")

    assert first == second
    assert [(one["subject"], one["read"], one["message_id"], one["draft"]) for one in inbox] == [("Re: Angebot", False, "<note-1@nachfass>", False)]
    assert dict(inbox[0]["headers"])[NOTE_HEADER] == "1"
    assert (inbox[0]["thread"] == copy.thread) is (provider == GMAIL)
    await mailbox.clear(first)
    await mailbox.clear(first)
    assert await strings.copies(ADDRESSES[provider], "inbox") == [] or provider == GMAIL


@BOTH
async def test_many_who_need_a_token_fetch_one(miriam: Me, connect: Connect, strings: Strings, provider: str) -> None:
    mailbox = await connect(miriam, provider)
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}/expire")
    before = bytes(mailbox.tokens)

    opened = [await open_mailbox(mailbox) for _ in range(6)]
    folders = [(await one.folders())[0] for one in opened]
    await asyncio.gather(*(one.listed("sent", now() - timedelta(days=1), "") for one in opened))

    stored = await Mailbox.select(Mailbox.tokens).where(Mailbox.id == mailbox.id).first()
    assert len(set(folders)) == 1
    assert bytes(stored["tokens"]) != before


@BOTH
async def test_tokens_are_saved_before_they_are_used(miriam: Me, connect: Connect, strings: Strings, provider: str) -> None:
    mailbox = await connect(miriam, provider)
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}/expire")
    await strings.fault("500", provider=AT_SANDBOX[provider], path="/send$", skip=1, count=-1)

    with pytest.raises(ProviderError):
        await (await open_mailbox(mailbox)).send_draft("never-was")

    stored = await Mailbox.select(Mailbox.tokens).where(Mailbox.id == mailbox.id).first()
    assert bytes(stored["tokens"]) != bytes(mailbox.tokens)


@BOTH
async def test_a_token_endpoint_that_fails_is_not_the_end_of_the_connection(miriam: Me, connect: Connect, strings: Strings, provider: str) -> None:
    mailbox = await connect(miriam, provider)
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}/expire")
    await strings.fault("503", provider=AT_SANDBOX[provider], path="/token$", count=-1)

    with pytest.raises(RetryLater):
        await (await open_mailbox(mailbox)).listed("sent", now(), "")


@BOTH
async def test_a_revoked_grant_needs_the_person(miriam: Me, connect: Connect, strings: Strings, provider: str) -> None:
    mailbox = await connect(miriam, provider)
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}/revoke")

    with pytest.raises(ReconnectNeeded):
        await (await open_mailbox(mailbox)).listed("sent", now(), "")


async def test_a_link_to_another_host_never_gets_our_token(miriam: Me, connect: Connect) -> None:
    mailbox = await open_mailbox(await connect(miriam, OUTLOOK))

    with pytest.raises(CursorLost):
        await mailbox.changes("inbox", "0 https://thief.example/v1.0/me/delta")
    with pytest.raises(RetryLater):
        await mailbox.listed("sent", now(), "https://thief.example/v1.0/me/messages")


async def test_an_answer_without_end_is_cut_off(miriam: Me, connect: Connect, monkeypatch: pytest.MonkeyPatch, strings: Strings) -> None:
    mailbox = await open_mailbox(await connect(miriam, GMAIL))
    monkeypatch.setattr(wire, "LARGEST_ANSWER", 40)

    with pytest.raises(GiveUp):
        await mailbox.start("mail")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": "invalid_grant", "error_description": "Token has been expired or revoked."}, ReconnectNeeded),
        ({"error": "invalid_grant", "error_subtype": "invalid_rapt"}, ReconnectNeeded),
        ({"error": "invalid_client"}, OperatorNeeded),
        ({"error": "admin_policy_enforced"}, AdminNeeded),
        ({"error": "internal_failure"}, RetryLater),
        ("<html>", RetryLater),
        (None, RetryLater),
    ],
)
async def test_googles_token_errors_are_judged_by_their_json(body: Any, kind: type[ProviderError]) -> None:
    assert type(gmail_tokens.judged(body)) is kind


@pytest.mark.parametrize(
    ("code", "error", "kind"),
    [
        (50173, "invalid_grant", ReconnectNeeded), (700082, "invalid_grant", ReconnectNeeded), (50076, "interaction_required", ReconnectNeeded),
        (65001, "invalid_grant", AdminNeeded), (90094, "access_denied", AdminNeeded), (7000215, "invalid_client", OperatorNeeded),
        (7000222, "invalid_client", OperatorNeeded), (700016, "unauthorized_client", OperatorNeeded), (50196, "invalid_grant", RetryLater),
        (0, "temporarily_unavailable", RetryLater), (0, "invalid_grant", ReconnectNeeded), (0, "", RetryLater),
    ],
)  # fmt: skip
async def test_microsofts_token_errors_are_judged_by_their_number(code: int, error: str, kind: type[ProviderError]) -> None:
    in_list = {"error": error, "error_codes": [code] if code else []}
    in_words = {"error": error, "error_description": f"AADSTS{code}: something" if code else ""}

    assert type(outlook_tokens.judged(in_list)) is kind
    assert type(outlook_tokens.judged(in_words)) is kind


def answer(status: int, body: Any, **headers: str) -> Answer:
    return Answer("Google", status, httpx.Headers(headers), body if isinstance(body, bytes) else json.dumps(body).encode())


def google_error(status: int, reason: str, message: str = "") -> Answer:
    return answer(status, {"error": {"code": status, "message": message, "errors": [{"reason": reason, "message": message}]}})


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (google_error(403, "userRateLimitExceeded"), Throttled), (google_error(403, "domainPolicy"), AdminNeeded),
        (google_error(403, "insufficientPermissions"), ReconnectNeeded), (google_error(403, "accessNotConfigured"), OperatorNeeded),
        (google_error(403, "dailyLimitExceeded"), wire.UsedUp), (google_error(404, "notFound"), GoneThere),
        (google_error(400, "failedPrecondition"), MailboxGone), (google_error(401, "authError"), TokenRefused), (answer(400, b"<html>"), GiveUp),
        (answer(403, {"error": "a string"}), GiveUp), (answer(403, []), GiveUp),
    ],
)  # fmt: skip
async def test_gmails_refusals_are_judged_by_their_reason(said: Answer, kind: type[ProviderError]) -> None:
    assert type(gmail.meaning(said)) is kind


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "ErrorAccessDenied", ReconnectNeeded), (404, "ErrorItemNotFound", GoneThere), (404, "ErrorMailboxNotEnabledForRESTAPI", MailboxGone),
        (410, "SyncStateNotFound", CursorLost), (400, "SyncStateInvalid", CursorLost), (403, "ErrorQuotaExceeded", GiveUp),
        (413, "ErrorMessageSizeExceeded", GiveUp), (401, "InvalidAuthenticationToken", TokenRefused), (409, "ErrorServerBusy", RetryLater),
    ],
)  # fmt: skip
async def test_graphs_refusals_are_judged_by_their_code(status: int, code: str, kind: type[ProviderError]) -> None:
    assert type(outlook.meaning(answer(status, {"error": {"code": code, "message": ""}}))) is kind


@pytest.mark.parametrize(
    ("header", "body", "seconds"),
    [
        ("120", b"", 120), ("0", b"", 0), ("1e9", b"", None), ("soon", b"", None), ("99999999999999", b"", None), ("86400000", b"", 86400),
        ("", b"User-rate limit exceeded.  Retry after 2000-01-01T00:00:00.000Z (Mail sending)", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", b"", 0),
        ("\u00e9", b"\xff", None),
    ],
)  # fmt: skip
async def test_retry_after_is_read_in_every_form_and_never_trusted_beyond_a_day(header: str, body: bytes, seconds: int | None) -> None:
    at = wire.retry_at(Answer("Google", 429, httpx.Headers([(b"retry-after", header.encode("latin-1"))]), body))

    assert (at is None) is (seconds is None)
    assert at is None or abs((at - now()).total_seconds() - (seconds or 0)) < 2


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"<html>", b"\xff\xfe", b"[" * 200_000, b'{"a":' * 100_000, b"{}x"])
async def test_what_is_no_object_is_asked_for_again(body: bytes) -> None:
    with pytest.raises(RetryLater):
        _ = answer(200, body).json
    assert answer(400, body).said == {}


async def test_a_provider_out_of_reach_did_certainly_not_do_it() -> None:
    with pytest.raises(RetryLater) as told:
        await wire.ask("Google", Question("POST", "http://127.0.0.1:9/x", reads=False), "token", gmail.meaning)

    assert not isinstance(told.value, Unanswered)


async def test_huge_headers_of_an_answer_are_refused_not_kept(unused_port: int) -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX-Padding: " + b"x" * 5_000_000)
        writer.close()

    async with await asyncio.start_server(shout, "127.0.0.1", unused_port):
        with pytest.raises(RetryLater):
            await wire.ask("Google", Question("GET", f"http://127.0.0.1:{unused_port}/", reads=True), "token", gmail.meaning)
