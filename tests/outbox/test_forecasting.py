"""Can an open be expected to be seen? One line with its reason, before the mail goes out."""

from datetime import timedelta

import pytest

from app.clock import new_id, now
from app.contacts.consent import record
from app.contacts.finding import meet
from app.contacts.tables import REFUSED
from app.database import rows
from app.identity.guarding import Me
from app.mailboxes.tables import Mailbox
from app.outbox.forecasting import CLIP, HARDLY, LIKELY, NEVER, PERHAPS, Forecast, forecast
from app.outbox.promising import promises
from app.outbox.tables import Draft
from app.threads.filing import Sent, To, file_sent
from app.threads.tables import Message
from app.tracking.tables import MailHost, Verdict
from tests.outbox.conftest import a_draft

TWO = "Anna Weber <anna@acme.example>, Henrik Larsen <henrik@nord.example>"


async def told(me: Me, draft: Draft) -> Forecast:
    found = await forecast(draft, me, await promises(draft, me.workspace))
    assert found
    return found


async def at(domain: str, provider: str) -> None:
    await MailHost(domain=domain, provider=provider).save()


async def earlier(me: Me, mailbox: Mailbox, number: int, **happened: object) -> None:
    """Mails to Anna alone, ten days ago."""
    for _ in range(number):
        message = await file_sent(Sent(
            id=new_id(), workspace=me.workspace.id, person=me.person.id, mailbox=mailbox.id, to=[To("anna@acme.example", "Anna Weber")],
            subject="Earlier", html="", at=now() - timedelta(days=10), message_id=f"<{new_id()}@brueckner.example>", opens_tracked=True,
        ))  # fmt: skip
        if happened:
            await Message.update(happened).where(Message.id == message.id)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("provider", "outlook", "words"),
    [("google", LIKELY, "at Google"), ("yahoo", LIKELY, "at Yahoo"), ("microsoft", PERHAPS, "Outlook often asks"), ("apple", HARDLY, "at Apple"),
     ("other", PERHAPS, "Nothing is known")],
)  # fmt: skip
async def test_without_earlier_mail_the_provider_decides(provider: str, outlook: str, words: str, miriam: Me, gmail: Mailbox) -> None:
    await at("acme.example", provider)
    found = await told(miriam, await a_draft(miriam, gmail))
    assert found.outlook == outlook
    assert words in found.words


async def test_where_mail_lives_that_nobody_knows_is_looked_up_later(miriam: Me, gmail: Mailbox) -> None:
    found = await told(miriam, await a_draft(miriam, gmail))
    assert "is being looked up" in found.words
    assert await MailHost.exists().where(MailHost.domain == "acme.example", MailHost.provider == "")


async def test_what_the_contact_did_before_counts_more_than_their_provider(miriam: Me, gmail: Mailbox) -> None:
    await at("acme.example", "microsoft")
    await earlier(miriam, gmail, 2, opened_at=now() - timedelta(days=9))
    await earlier(miriam, gmail, 1)
    found = await told(miriam, await a_draft(miriam, gmail))
    assert found == Forecast(LIKELY, "An open will probably be seen: of the last 3 mails to Anna Weber, 2 showed one.")


async def test_somebody_who_answered_unseen_blocks_pictures(miriam: Me, gmail: Mailbox) -> None:
    await at("acme.example", "google")
    await earlier(miriam, gmail, 1, replied_at=now() - timedelta(days=9))
    found = await told(miriam, await a_draft(miriam, gmail))
    assert (found.outlook, "pictures are blocked" in found.words) == (HARDLY, True)


async def test_apples_privacy_known_from_earlier_mail_is_said(miriam: Me, gmail: Mailbox) -> None:
    await earlier(miriam, gmail, 1)
    message = await Message.objects().first()
    assert message
    await Verdict(workspace=miriam.workspace.id, message=message.id, kind="open", verdict="unknown", device='{"hidden_by": "Apple"}').save()
    found = await told(miriam, await a_draft(miriam, gmail))
    assert (found.outlook, "Apple Mail loads every picture" in found.words) == (HARDLY, True)


async def test_who_refused_and_what_was_switched_off_is_never_seen(miriam: Me, gmail: Mailbox) -> None:
    off = await told(miriam, await a_draft(miriam, gmail, tracks_opens=False))
    await record(await meet(miriam.workspace.id, "anna@acme.example", "Anna Weber"), REFUSED, "on the phone", miriam.person.id)
    refused = await told(miriam, await a_draft(miriam, gmail))
    assert (off.outlook, refused.outlook) == (NEVER, NEVER)
    assert refused.words == "Opens will not be seen: they may not be tracked for Anna Weber."


async def test_several_people_share_one_pixel_unless_it_is_sent_separately(miriam: Me, gmail: Mailbox) -> None:
    await at("acme.example", "google")
    await at("nord.example", "microsoft")
    shared = await told(miriam, await a_draft(miriam, gmail, to=TWO))
    apart = await told(miriam, await a_draft(miriam, gmail, to=TWO, separately=True))
    assert "someone of 2" in shared.words
    assert apart.words.startswith("Opens can be expected to be seen of 1 of 2. An open may be seen: nord.example")


async def test_what_gmail_cuts_off_is_said(miriam: Me, gmail: Mailbox) -> None:
    await at("acme.example", "google")
    found = await told(miriam, await a_draft(miriam, gmail, html=f"<div>{'x' * CLIP}</div>"))
    assert "cuts this mail off after 102 KB (it has 100)" in found.words or "(it has 10" in found.words


async def test_nobody_to_write_to_needs_no_forecast(miriam: Me, gmail: Mailbox) -> None:
    draft = await a_draft(miriam, gmail, to="")
    assert await forecast(draft, miriam, await promises(draft, miriam.workspace)) is None
    assert await rows("SELECT 1 AS one FROM mail_host") == []
