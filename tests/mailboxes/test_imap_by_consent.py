"""Gmail and Outlook by IMAP and SMTP with a consent instead of a password: sandbox for the consent, real servers for the mail."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.clock import later, now
from app.errors import AdminNeeded, OperatorNeeded, ReconnectNeeded, Refused
from app.identity.guarding import Me
from app.mailboxes import connecting, disconnecting
from app.mailboxes.opening import open_mailbox, opened, sealed
from app.mailboxes.providers import imap_line, imap_pool, smtp
from app.mailboxes.providers.base import INBOX, SENT
from app.mailboxes.providers.imap import Imap
from app.mailboxes.providers.mail_login import unpacked
from app.mailboxes.syncing import sync
from app.mailboxes.tables import FULL_TIER, GMAIL, IMAP, IMAP_TIER, OUTLOOK, READ, RESURFACE, SEND, Mailbox
from app.settings import settings
from app.threads.receiving import receive
from tests import people
from tests.mailboxes.by_imap import letter, somebody
from tests.mailboxes.conftest import Connect, Strings
from tests.mailboxes.test_pages import house, visitor
from tests.people import Rep
from tests.post_office import PASSWORD, PostOffice, meddling
from tests.visitor import Visitor

__all__ = ["house", "visitor"]
BOTH = pytest.mark.parametrize("provider", [GMAIL, OUTLOOK])
GOOGLES = "https://mail.google.com/"
MICROSOFTS = {"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send"}
Elsewhere = Callable[..., None]


@pytest.fixture(autouse=True)
async def lines() -> AsyncIterator[None]:
    yield
    imap_pool.hang_up()


@pytest.fixture(autouse=True)
def elsewhere(post_office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Elsewhere]:
    """Both providers' mail servers are the post office, or somebody in front of it."""

    def are(imap: int = 0, smtp: int = 0) -> None:
        for name in ("GOOGLE", "MICROSOFT"):
            monkeypatch.setenv(f"{name}_IMAP", f"localhost:{imap or post_office.imap}")
            monkeypatch.setenv(f"{name}_SMTP", f"localhost:{smtp or post_office.starttls}")
        settings.cache_clear()

    are()
    yield are  # type: ignore[misc]
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def name() -> str:
    """Whose mailbox is still empty."""
    return somebody()


@pytest.fixture
def address(name: str) -> str:
    return f"{name}@brueckner.example"


@pytest.fixture
def rep(miriam: Me) -> Rep:
    return Rep(miriam.person, miriam.workspace)


async def again(mailbox: Mailbox) -> Mailbox:
    found = await Mailbox.objects().get(Mailbox.id == mailbox.id)
    assert found
    return found


@BOTH
async def test_the_consent_asks_for_imap_and_smtp_and_for_nothing_else(miriam: Me, strings: Strings, provider: str) -> None:
    asked = parse_qs(urlsplit(await connecting.start(miriam, provider, IMAP_TIER)).query)

    scopes = set(asked["scope"][0].split())
    identity = {"openid", "profile", "email"} if provider == GMAIL else {"openid", "profile", "offline_access"}
    assert scopes == identity | ({GOOGLES} if provider == GMAIL else MICROSOFTS)
    assert asked["code_challenge_method"] == ["S256"]


@BOTH
async def test_a_mailbox_is_connected_read_and_sent_from(
    miriam: Me, connect: Connect, provider: str, name: str, address: str, post_office: PostOffice
) -> None:
    mailbox = await connect(miriam, provider, IMAP_TIER, address)
    assert (mailbox.provider, mailbox.consents, mailbox.tier, mailbox.address) == (IMAP, provider, IMAP_TIER, address)
    assert set(mailbox.rights) == {SEND, READ, RESURFACE}
    kept = unpacked(opened(mailbox.tokens))
    assert (kept.password, kept.token, kept.oauth) == ("", "", provider)

    opened_box = await open_mailbox(mailbox)
    assert isinstance(opened_box, Imap)
    assert (await opened_box.account()).key == mailbox.account
    cursor = await opened_box.start(INBOX)
    post_office.deliver(name, letter("<1@alpenblick.example>", to=address))
    (new,) = (await opened_box.changes(INBOX, cursor)).ids
    assert await opened_box.fetch(new)
    anna = somebody()
    await opened_box.send(letter(sender=address, to=f"{anna}@alpenblick.example"), "")
    assert [said.code for said in opened_box.answers] == [250]


@BOTH
@pytest.mark.parametrize("tier", [FULL_TIER, IMAP_TIER])
async def test_the_token_that_came_with_the_consent_is_good_for_an_hour(miriam: Me, connect: Connect, provider: str, tier: str, address: str) -> None:
    """Nobody is asked for another one at every look."""
    mailbox = await connect(miriam, provider, tier, address)
    kept = opened((await again(mailbox)).tokens)

    await (await open_mailbox(await again(mailbox))).folders()

    assert opened((await again(mailbox)).tokens) == kept


@BOTH
async def test_a_refused_token_is_renewed_once_and_kept(
    miriam: Me, connect: Connect, strings: Strings, provider: str, address: str
) -> None:
    mailbox = await connect(miriam, provider, IMAP_TIER, address)
    before = opened((await again(mailbox)).tokens)
    await strings.pull(f"mailboxes/{address}/expire")
    imap_pool.hang_up()

    assert set(await (await open_mailbox(await again(mailbox))).folders()) == {INBOX, SENT}
    after = opened((await again(mailbox)).tokens)
    assert after != before
    assert unpacked(after).token == ""
    await strings.pull(f"mailboxes/{address}/expire")
    await (await open_mailbox(await again(mailbox))).send(letter(sender=address, to=address), "")  # type: ignore[misc]


@BOTH
async def test_connections_are_kept_although_tokens_change(
    miriam: Me, connect: Connect, strings: Strings, provider: str, address: str, post_office: PostOffice, elsewhere: Elsewhere
) -> None:
    async with meddling(post_office.imap, post_office.ca, tls=True) as meddler:
        elsewhere(imap=meddler.port)
        mailbox = await connect(miriam, provider, IMAP_TIER, address)
        first = await open_mailbox(await again(mailbox))
        await first.folders()
        many = meddler.connections
        await strings.pull(f"mailboxes/{address}/expire")
        with later(timedelta(hours=2)):
            await first.send(letter(sender=address, to=address), "")
            await (await open_mailbox(await again(mailbox))).folders()

        assert meddler.connections == many


@BOTH
async def test_a_revoked_grant_needs_the_person_and_the_same_account(
    miriam: Me, connect: Connect, strings: Strings, provider: str, name: str, address: str
) -> None:
    mailbox = await connect(miriam, provider, IMAP_TIER, address)
    await strings.pull(f"mailboxes/{address}/revoke")
    imap_pool.hang_up()
    await mailbox.update_self({Mailbox.claimed_at: now()})
    await sync(mailbox, receive)
    broken = await again(mailbox)
    assert (broken.problem, "%(provider)s ended the connection" in broken.problem_words) == ("reconnect", True)

    with pytest.raises(Refused, match="this mailbox is"):
        await connect(miriam, provider, IMAP_TIER, f"{somebody()}@brueckner.example", mailbox=mailbox)
    renewed = await connect(miriam, provider, IMAP_TIER, address, mailbox=mailbox)

    assert (renewed.id, renewed.problem, renewed.account) == (mailbox.id, "", mailbox.account)
    await (await open_mailbox(renewed)).folders()


async def test_a_token_endpoint_that_blames_our_app_is_the_operators_matter(
    miriam: Me, connect: Connect, strings: Strings, address: str
) -> None:
    mailbox = await connect(miriam, GMAIL, IMAP_TIER, address)
    await strings.pull(f"mailboxes/{address}", provider="google", google_error="invalid_client")
    await strings.pull(f"mailboxes/{address}/expire")
    imap_pool.hang_up()

    with pytest.raises(OperatorNeeded):
        await (await open_mailbox(await again(mailbox))).folders()


async def test_an_organisation_that_wants_its_administrator_asked_is_sent_there(miriam: Me, connect: Connect, strings: Strings, address: str) -> None:
    await strings.pull(f"mailboxes/{address}", provider="microsoft", needs_admin=True)

    with pytest.raises(AdminNeeded):
        await connect(miriam, OUTLOOK, IMAP_TIER, address)
    assert "IMAP.AccessAsUser.All" in connecting.admin_consent_url(IMAP_TIER)


async def test_google_unticked_is_nothing_even_if_the_api_was_allowed_before(miriam: Me, connect: Connect, address: str) -> None:
    api = await connect(miriam, GMAIL, FULL_TIER, address)
    await disconnecting.disconnect(api)
    await connect(miriam, GMAIL, FULL_TIER, address)
    await Mailbox.update({Mailbox.disconnected_at: now(), Mailbox.tokens: None}, force=True)

    with pytest.raises(Refused, match="Every right was unticked"):
        await connect(miriam, GMAIL, IMAP_TIER, address, decision="allow", scope=[])


async def test_what_microsoft_left_out_is_missing(
    miriam: Me, strings: Strings, visitor: Visitor, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not ticked by the person at Microsoft, but an organisation may allow SMTP alone."""
    monkeypatch.setattr("app.mailboxes.providers.outlook_tokens.SCOPES", {IMAP_TIER: ["https://outlook.office.com/SMTP.Send"]})
    away = await connecting.start(miriam, OUTLOOK, IMAP_TIER)
    mailbox = await connecting.finish(miriam, OUTLOOK, await strings.consent(away, address))

    assert mailbox.rights == [SEND]
    page = unescape((await visitor.get("/mailboxes")).text)
    assert "Without reading, Nachfass sees no replies" in page
    assert 'name="tier" value="imap">Allow the rest' in page


@pytest.mark.parametrize(("ways", "brand"), [((FULL_TIER, IMAP_TIER), "Gmail"), ((IMAP_TIER, FULL_TIER), "Gmail (IMAP)")])
async def test_a_mailbox_is_not_connected_in_two_ways(
    miriam: Me, connect: Connect, address: str, ways: tuple[str, str], brand: str
) -> None:
    await connect(miriam, GMAIL, ways[0], address)

    with pytest.raises(Refused) as refused:
        await connect(miriam, GMAIL, ways[1], address)
    assert refused.value.values["brand"] == brand
    assert await Mailbox.count() == 1


async def test_a_mailbox_with_an_app_password_goes_on_by_consent(
    miriam: Me, connect: Connect, name: str, address: str, post_office: PostOffice
) -> None:
    login = post_office.login(name)
    old = await people.mailbox(Rep(miriam.person, miriam.workspace), IMAP, address, account=address, tokens=sealed(login.packed()))

    mailbox = await connect(miriam, GMAIL, IMAP_TIER, address, mailbox=old)

    assert (mailbox.id, mailbox.consents) == (old.id, GMAIL)
    assert (await again(mailbox)).account != address
    await (await open_mailbox(await again(mailbox))).folders()


@BOTH
async def test_disconnecting_gives_the_grant_back_where_the_provider_takes_it(
    miriam: Me, connect: Connect, strings: Strings, provider: str, address: str
) -> None:
    mailbox = await connect(miriam, provider, IMAP_TIER, address)
    box = await open_mailbox(mailbox)

    assert await disconnecting.disconnect(mailbox) == (provider == GMAIL)
    if provider == GMAIL:
        with pytest.raises(ReconnectNeeded):
            await box.tokens.access(refused=await box.tokens.access())  # type: ignore[attr-defined]


@pytest.mark.parametrize(("server", "sentence"), [("imap", imap_line.NOT_LET_IN), ("smtp", smtp.NO_SUBMISSION)])
async def test_a_server_that_is_switched_off_for_the_account_is_said_before_anything_is_kept(
    miriam: Me, connect: Connect, address: str, post_office: PostOffice, elsewhere: Elsewhere, server: str, sentence: str
) -> None:
    """As Exchange says it: 535 5.7.139 SmtpClientAuthentication is disabled, and AUTHENTICATE failed."""
    imap, said = server == "imap", b"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.\r\n"
    async with meddling(post_office.imap if imap else post_office.bare, post_office.ca, tls=imap) as meddler:
        if imap:
            meddler.down = lambda data: data.replace(b" OK ", b" NO ", 1) if b"Logged in" in data else data
            elsewhere(imap=meddler.port)
        else:
            monkey = pytest.MonkeyPatch()
            monkey.setattr("app.mailboxes.providers.mail_grants.STARTTLS", "tls")
            meddler.down = lambda data: said if data.startswith(b"235") else data
            elsewhere(smtp=meddler.port)
        try:
            with pytest.raises(ReconnectNeeded) as refused:
                await connect(miriam, OUTLOOK, IMAP_TIER, address)
        finally:
            if not imap:
                monkey.undo()
    assert refused.value.sentence == sentence
    assert await Mailbox.count() == 0


# The pages


async def test_the_modest_way_stands_beside_each_provider_and_leads_there_and_back(visitor: Visitor, strings: Strings, address: str) -> None:
    page = await visitor.get("/mailboxes")
    assert page.text.count('name="tier" value="imap"') == 2

    away = await visitor.post("/mailboxes/connect/outlook", {"tier": "imap"})
    back = await strings.consent(away.headers["location"], address)
    done = await visitor.get(f"/mailboxes/connected/outlook?code={back['code']}&state={back['state']}")

    assert done.headers["location"] == "/mailboxes"
    page = await visitor.get("/mailboxes")
    assert "Outlook (IMAP)" in page.text
    await Mailbox.update({Mailbox.broken_at: now(), Mailbox.problem: "reconnect", Mailbox.problem_words: "x"}, force=True)
    page = await visitor.get("/mailboxes")
    assert 'name="tier" value="imap">Connect again' in page.text
    assert 'action="/mailboxes/connect/outlook"' in page.text


async def test_a_refusal_is_tried_again_in_the_same_way(visitor: Visitor) -> None:
    away = await visitor.post("/mailboxes/connect/gmail", {"tier": "imap"})
    state = parse_qs(urlsplit(away.headers["location"]).query)["state"][0]

    page = await visitor.get(f"/mailboxes/connected/gmail?error=access_denied&state={state}")

    assert 'name="tier" value="imap">Try again' in page.text


@pytest.mark.parametrize(
    ("typed", "fold"), [("miriam@gmail.com", "With an app password"), ("miriam@outlook.de", "This mailbox is on another server")]
)
async def test_whoever_types_such_an_address_is_offered_the_consent_first(visitor: Visitor, typed: str, fold: str) -> None:
    page = unescape((await visitor.get(f"/mailboxes/imap?address={typed}")).text)

    assert page.index('name="tier" value="imap"') < page.index(fold) < page.index('name="password"')
    assert "office365" not in page


async def test_a_password_is_never_sent_to_microsoft(visitor: Visitor) -> None:
    typed: dict[str, Any] = {
        "address": "miriam@outlook.de", "name": "Miriam", "user": "", "password": PASSWORD, "imap_host": "outlook.office365.com", "imap_port": "993",
        "smtp_host": "smtp.office365.com", "smtp_port": "587", "smtp_security": "starttls", "mailbox": "",
    }  # fmt: skip

    page = await visitor.post("/mailboxes/imap", typed)

    assert page.status_code == 422
    assert "takes no passwords from other programs any more" in unescape(page.text)


async def test_without_an_app_nobody_is_promised_a_way(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.mailboxes.imap_pages.configured", list)

    page = unescape((await visitor.get("/mailboxes/imap?address=miriam@outlook.de")).text)

    assert "until then there is no way" in page
    assert 'value="imap"' not in page


