"""Connecting a mailbox counts once, in the session that started it, and for the account it was started for."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from app.clock import later, now
from app.errors import AdminNeeded, OperatorNeeded, Refused, RetryLater
from app.happenings import MailboxConnected, MailboxDisconnected
from app.identity.guarding import Me
from app.mailboxes import connecting, disconnecting
from app.mailboxes.opening import open_mailbox, opened
from app.mailboxes.tables import FULL_TIER, GMAIL, OUTLOOK, READ, RESURFACE, SEND, SEND_TIER, Handshake, Mailbox
from tests import people
from tests.mailboxes.conftest import ADDRESSES, AT_SANDBOX, Connect, Strings, signed_in
from tests.mailboxes.heard import Heard

BOTH = pytest.mark.parametrize("provider", [GMAIL, OUTLOOK])
MODIFY = "https://www.googleapis.com/auth/gmail.modify"
SEND_ONLY = "https://www.googleapis.com/auth/gmail.send"


@BOTH
async def test_miriam_connects_a_mailbox(miriam: Me, connect: Connect, provider: str, heard: Heard) -> None:
    mailbox = await connect(miriam, provider)

    assert mailbox.address == ADDRESSES[provider]
    assert set(mailbox.rights) == {SEND, READ, RESURFACE}
    assert (await (await open_mailbox(mailbox)).account()).key == mailbox.account
    assert heard.facts == [MailboxConnected(mailbox.id)]


@BOTH
async def test_tokens_are_sealed_and_the_state_is_kept_as_a_digest(miriam: Me, connect: Connect, provider: str) -> None:
    mailbox = await connect(miriam, provider)

    stored = bytes((await Mailbox.select(Mailbox.tokens).first())["tokens"])
    handshake = await Handshake.select().first()
    secrets = json.dumps(json.loads(opened(stored)))
    assert (b"sandbox" in stored, "sandbox" in secrets) == (False, True)
    assert (b"verifier" in bytes(handshake["flow"]), len(bytes(handshake["state"]))) == (False, 32)
    assert mailbox.problem == ""


@BOTH
async def test_the_smaller_tier_may_only_send(miriam: Me, connect: Connect, provider: str) -> None:
    mailbox = await connect(miriam, provider, SEND_TIER)

    assert (mailbox.tier, mailbox.rights) == (SEND_TIER, [SEND])


async def test_unticked_rights_are_missing_and_can_be_granted_later(miriam: Me, connect: Connect) -> None:
    mailbox = await connect(miriam, GMAIL, decision="allow", scope=[SEND_ONLY])
    assert mailbox.rights == [SEND]

    again = await connect(miriam, GMAIL, mailbox=mailbox)

    assert again.id == mailbox.id
    assert set(again.rights) == {SEND, READ, RESURFACE}


async def test_whoever_unticks_everything_connects_nothing(miriam: Me, connect: Connect) -> None:
    with pytest.raises(Refused, match="Every right was unticked"):
        await connect(miriam, GMAIL, decision="allow", scope=[])

    assert await Mailbox.count() == 0


@BOTH
async def test_a_no_at_the_provider_connects_nothing(miriam: Me, connect: Connect, provider: str) -> None:
    with pytest.raises(Refused, match="You did not allow it"):
        await connect(miriam, provider, decision="deny")

    assert await Mailbox.count() == 0


@BOTH
async def test_an_answer_counts_once(miriam: Me, strings: Strings, provider: str) -> None:
    answered = await strings.consent(await connecting.start(miriam, provider, FULL_TIER), ADDRESSES[provider])
    await connecting.finish(miriam, provider, answered)

    with pytest.raises(Refused, match="used already"):
        await connecting.finish(miriam, provider, answered)


async def test_an_answer_after_ten_minutes_is_too_late(miriam: Me, strings: Strings) -> None:
    answered = await strings.consent(await connecting.start(miriam, GMAIL, FULL_TIER), ADDRESSES[GMAIL])

    with later(timedelta(minutes=11)), pytest.raises(Refused, match="ten minutes"):
        await connecting.finish(miriam, GMAIL, answered)


async def test_an_answer_belongs_to_the_session_that_asked(miriam: Me, strings: Strings) -> None:
    answered = await strings.consent(await connecting.start(miriam, GMAIL, FULL_TIER), ADDRESSES[GMAIL])
    elsewhere = await signed_in(people.Rep(miriam.person, miriam.workspace))

    with pytest.raises(Refused, match="another session"):
        await connecting.finish(elsewhere, GMAIL, answered)
    assert await Mailbox.count() == 0


async def test_an_answer_nobody_asked_for_is_refused(miriam: Me) -> None:
    with pytest.raises(Refused, match="no request of yours"):
        await connecting.finish(miriam, GMAIL, {"state": "invented", "code": "4/stolen"})


async def test_a_code_that_was_spent_is_refused(miriam: Me, strings: Strings) -> None:
    answered = await strings.consent(await connecting.start(miriam, GMAIL, FULL_TIER), ADDRESSES[GMAIL])

    with pytest.raises(Refused, match="did not take the answer"):
        await connecting.finish(miriam, GMAIL, answered | {"code": "4/other"})


@BOTH
async def test_connecting_again_must_bring_the_same_account(miriam: Me, connect: Connect, provider: str) -> None:
    mailbox = await connect(miriam, provider)

    with pytest.raises(Refused, match=r"You allowed other@elsewhere\.example, but this mailbox is"):
        await connect(miriam, provider, mailbox=mailbox, address="other@elsewhere.example")
    assert await Mailbox.count() == 1


@BOTH
async def test_a_colleagues_mailbox_stays_hers(miriam: Me, connect: Connect, provider: str) -> None:
    await connect(miriam, provider)
    robin = await signed_in(await people.rep("Robin Vogt", "robin@brueckner.example", miriam.workspace))

    with pytest.raises(Refused, match="connected by somebody else"):
        await connect(robin, provider)


@BOTH
async def test_connecting_the_same_account_twice_is_one_mailbox(miriam: Me, connect: Connect, provider: str) -> None:
    first, second = await connect(miriam, provider), await connect(miriam, provider)

    assert first.id == second.id
    assert await Mailbox.count() == 1


async def test_a_broken_mailbox_stays_marked_until_it_was_read(miriam: Me, connect: Connect) -> None:
    mailbox = await connect(miriam, GMAIL)
    since = now()
    await mailbox.update_self({Mailbox.broken_at: since, Mailbox.problem: "reconnect"})

    again = await connect(miriam, GMAIL, mailbox=mailbox)

    assert (again.problem, again.broken_at) == ("", since)


async def test_an_organisation_that_wants_its_administrator_first_is_named(miriam: Me, connect: Connect, strings: Strings) -> None:
    await strings.pull(f"mailboxes/{ADDRESSES[OUTLOOK]}", provider="microsoft", needs_admin=True)

    with pytest.raises(AdminNeeded):
        await connect(miriam, OUTLOOK)


async def test_an_administrator_gets_a_page_for_the_whole_organisation() -> None:
    url = urlsplit(connecting.admin_consent_url())

    assert url.path.endswith("/organizations/v2.0/adminconsent")
    assert parse_qs(url.query)["redirect_uri"] == ["http://localhost:8025/mailboxes/allowed"]


@BOTH
async def test_a_token_endpoint_in_trouble_is_not_taken_for_a_no(miriam: Me, strings: Strings, provider: str) -> None:
    answered = await strings.consent(await connecting.start(miriam, provider, FULL_TIER), ADDRESSES[provider])
    await strings.fault("503", provider=AT_SANDBOX[provider], path="/token$", count=-1)

    with pytest.raises(RetryLater):
        await connecting.finish(miriam, provider, answered)


async def test_a_provider_without_an_app_is_refused(miriam: Me) -> None:
    with pytest.raises(Refused, match="not set up"):
        await connecting.start(miriam, "carrier-pigeon", FULL_TIER)


@BOTH
async def test_disconnecting_forgets_the_tokens_and_gives_the_grant_back(miriam: Me, connect: Connect, provider: str, heard: Heard) -> None:
    mailbox = await connect(miriam, provider)
    provided = await open_mailbox(mailbox)

    taken_back = await disconnecting.disconnect(mailbox)

    row = await Mailbox.objects().get(Mailbox.id == mailbox.id)
    assert row is not None
    assert (row.tokens, row.disconnected_at is None) == (None, False)
    assert taken_back is (provider == GMAIL)
    assert heard.facts[-1] == MailboxDisconnected(mailbox.id)
    if provider == GMAIL:
        with pytest.raises(Exception, match="not connected"):
            await provided.start("mail")


async def test_a_disconnected_mailbox_comes_back_with_its_history(miriam: Me, connect: Connect) -> None:
    mailbox = await connect(miriam, GMAIL)
    await disconnecting.disconnect(mailbox)

    again = await connect(miriam, GMAIL)

    assert again.id == mailbox.id
    assert (again.disconnected_at, bool(again.tokens)) == (None, True)


async def test_secrets_of_a_key_that_is_gone_are_the_operators_problem(miriam: Me, connect: Connect) -> None:
    mailbox = await connect(miriam, GMAIL)
    mailbox.tokens = b"sealed by somebody else"

    with pytest.raises(OperatorNeeded):
        await open_mailbox(mailbox)
