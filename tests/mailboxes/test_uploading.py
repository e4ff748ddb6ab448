"""Large mail: brought in pieces, going on where a broken line left off, and refused before it travels where it can't be taken."""

from collections.abc import Awaitable, Callable

import pytest

from app.clock import new_id
from app.errors import GiveUp, ProviderError, RetryLater
from app.identity.guarding import Me
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers import gmail_uploading, wire
from app.mailboxes.providers.base import LARGEST_AT_ONCE, Piecewise
from app.mailboxes.providers.outlook import Outlook
from app.mailboxes.providers.outlook_enclosing import PIECE
from app.mailboxes.tables import GMAIL, OUTLOOK
from tests.mailboxes.conftest import ADDRESSES, Connect, Strings
from tests.mailboxes.contracted import Checker
from tests.mailboxes.test_providers import named, offer, until_found

FILM = bytes(range(256)) * 13_700
"""Some 3.5 MB: a whole piece of an upload session, and a bit."""
PUT = r"PUT .*/upload/"


def file(session: str = "", begun: Callable[[str], Awaitable[None]] | None = None, content: bytes = FILM, name: str = "Prüfstand.mp4") -> Piecewise:
    async def forget(_: str) -> None:
        return

    async def read(start: int, count: int) -> bytes:
        return content[start : start + count]

    return Piecewise(name, "video/mp4", len(content), session, begun or forget, read)


async def test_a_mail_too_large_for_one_request_goes_to_gmail_in_pieces_and_joins_its_thread(
    miriam: Me, connect: Connect, strings: Strings, wires: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gmail_uploading, "LARGEST_AT_ONCE", 3_600_000)
    mailbox, first, second = await open_mailbox(await connect(miriam, GMAIL)), str(new_id()), str(new_id())
    before = await mailbox.send_draft(await mailbox.draft(offer(first, ADDRESSES[GMAIL]), first, ""))
    assert before
    large = offer(second, ADDRESSES[GMAIL], "Re: Angebot", size=7_000_000, In_Reply_To=before.message_id)

    after = await mailbox.send_draft(await mailbox.draft(large, second, before.thread))

    assert after
    assert after.thread == before.thread
    assert [asked for asked in wires.asked if asked.startswith("PUT")] == ["PUT /google/upload/gmail/v1/users/me/drafts"] * 3
    assert (await strings.copies(ADDRESSES[GMAIL], "sent"))[-1]["attachments"] == ["Angebot.pdf"]


@pytest.mark.parametrize("kind", ["drop", "drop-after", "503"])
async def test_a_line_that_breaks_during_an_upload_to_gmail_costs_one_piece_at_most(
    kind: str, miriam: Me, connect: Connect, strings: Strings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gmail_uploading, "LARGEST_AT_ONCE", 3_600_000)
    mailbox, send_id = await open_mailbox(await connect(miriam, GMAIL)), str(new_id())
    await strings.fault(kind, path=r"PUT /google/upload", skip=1)

    await mailbox.draft(offer(send_id, ADDRESSES[GMAIL], size=6_000_000), send_id, "")

    [draft] = await strings.copies(ADDRESSES[GMAIL], "drafts")
    assert draft["attachments"] == ["Angebot.pdf"]


async def test_a_large_file_is_brought_to_an_outlook_draft_whose_headers_stay(miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox, first, send_id = await open_mailbox(await connect(miriam, OUTLOOK)), str(new_id()), str(new_id())
    assert isinstance(mailbox, Outlook)
    await mailbox.send_draft(await mailbox.draft(offer(first, ADDRESSES[OUTLOOK]), first, ""))
    before = await until_found(mailbox, first)
    letter = offer(send_id, ADDRESSES[OUTLOOK], "Re: Angebot", In_Reply_To=before.message_id, References=before.message_id)

    draft = await mailbox.draft(letter, send_id, "")
    await mailbox.enclose(draft, file())
    await mailbox.enclose(draft, file(content=b"kurz", name="Notiz.txt"))
    assert await mailbox.enclosed(draft) == ["Prüfstand.mp4", "Notiz.txt"]
    await mailbox.send_draft(draft)
    copy = await until_found(mailbox, send_id)

    mail = await mailbox.fetch(copy.provider_id)
    assert mail
    assert copy.thread == before.thread
    sent = next(one for one in await strings.copies(ADDRESSES[OUTLOOK], "sent") if one["id"] == copy.provider_id)
    assert sent["attachments"] == ["Prüfstand.mp4", "Notiz.txt"]
    assert ["In-Reply-To", before.message_id] in sent["headers"]
    assert len(mail.raw) > len(FILM)


async def test_an_upload_to_outlook_goes_on_where_it_broke_off(miriam: Me, connect: Connect, strings: Strings, wires: Checker) -> None:
    mailbox, send_id = await open_mailbox(await connect(miriam, OUTLOOK)), str(new_id())
    assert isinstance(mailbox, Outlook)
    draft, kept = await mailbox.draft(offer(send_id, ADDRESSES[OUTLOOK]), send_id, ""), []

    async def begun(session: str) -> None:
        kept.append(session)

    await strings.fault("drop", path=r"PUT /microsoft/upload", skip=1)
    with pytest.raises(RetryLater):
        await mailbox.enclose(draft, file(begun=begun))
    assert await mailbox.enclosed(draft) == []
    await mailbox.enclose(draft, file(session=kept[0], begun=begun))

    assert len(kept) == 1
    assert await mailbox.enclosed(draft) == ["Prüfstand.mp4"]
    assert sum(asked.startswith("PUT") for asked in wires.asked) == -(-len(FILM) // PIECE)


async def test_a_session_that_is_gone_is_begun_anew(miriam: Me, connect: Connect) -> None:
    mailbox, send_id = await open_mailbox(await connect(miriam, OUTLOOK)), str(new_id())
    assert isinstance(mailbox, Outlook)
    draft = await mailbox.draft(offer(send_id, ADDRESSES[OUTLOOK]), send_id, "")

    await mailbox.enclose(draft, file(session=f"{mailbox.me.partition('/graph')[0]}/upload/{ADDRESSES[OUTLOOK]}/long-gone"))

    assert await mailbox.enclosed(draft) == ["Prüfstand.mp4"]


async def test_the_address_of_an_upload_never_gets_our_token(miriam: Me, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox, send_id, tokens = await open_mailbox(await connect(miriam, OUTLOOK)), str(new_id()), []
    assert isinstance(mailbox, Outlook)
    draft = await mailbox.draft(offer(send_id, ADDRESSES[OUTLOOK]), send_id, "")
    asked = wire.ask

    async def heard(provider: str, question: wire.Question, token: str, meaning: wire.Meaning) -> wire.Answer:
        if question.method == "PUT":
            tokens.append(token)
        return await asked(provider, question, token, meaning)

    monkeypatch.setattr(wire, "ask", heard)
    await mailbox.enclose(draft, file())

    assert tokens == ["", ""]


async def test_a_mail_that_graph_does_not_take_in_one_request_is_refused_with_a_sentence(miriam: Me, connect: Connect) -> None:
    mailbox, send_id = await open_mailbox(await connect(miriam, OUTLOOK)), str(new_id())
    with pytest.raises(GiveUp, match="larger than your organisation allows"):
        await mailbox.draft(offer(send_id, ADDRESSES[OUTLOOK], size=LARGEST_AT_ONCE[OUTLOOK] + 200_000), send_id, "")
    assert await mailbox.find_draft(send_id, named(send_id)) is None


async def test_a_mailbox_that_has_sent_enough_says_until_when(miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox, send_id = await open_mailbox(await connect(miriam, GMAIL)), str(new_id())
    draft = await mailbox.draft(offer(send_id, ADDRESSES[GMAIL]), send_id, "")
    await strings.fault("429-sending", retry_after=7200)
    with pytest.raises(ProviderError) as refused:
        await mailbox.send_draft(draft)
    assert refused.value.code == "mailSending"
    assert isinstance(refused.value, RetryLater)
    assert refused.value.at
    assert await mailbox.find_draft(send_id, named(send_id)) == draft
