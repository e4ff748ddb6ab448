"""The addresses a mailbox sends from are known, signed as the provider or the rep says, and ours."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from litestar import Litestar
from litestar.di import Provide
from litestar.template import TemplateConfig

from app.clock import later, now
from app.identity.guarding import COOKIE, Me, signed_in
from app.mailboxes.aliasing import aliases_of, cleaned, note, refresh_aliases
from app.mailboxes.pages import PAGES
from app.mailboxes.providers.base import SendAs
from app.mailboxes.tables import GMAIL, OUTLOOK, SEND_TIER, Alias, Mailbox
from app.security.signing import digest
from app.threads.filing import addresses_of, own_addresses
from app.web.errors import HANDLERS
from app.web.templates import engine
from tests import people
from tests.mailboxes.conftest import ADDRESSES, Connect, Strings

SALES = {"address": "vertrieb@brueckner.example", "name": "Brückner Vertrieb", "reply_to": "team@brueckner.example", "default": True}
PENDING = {"address": "anna@alpenblick.example", "pending": True}
SIGNATURE = '<div style="color:#333;position:fixed"><b>Miriam Kessler</b><script>x()</script><img src="https://x.example/l.png" onerror="y()"></div>'


async def test_gmails_addresses_come_with_name_reply_to_and_signature(miriam: Me, connect: Connect, strings: Strings) -> None:
    await strings.pull(f"mailboxes/{ADDRESSES[GMAIL]}", provider="google", name="Miriam Kessler", signature=SIGNATURE, aliases=[SALES, PENDING])
    mailbox = await connect(miriam, GMAIL)

    assert await refresh_aliases() == 1

    sales, own = await aliases_of([mailbox.id])
    assert (sales.address, sales.name, sales.reply_to, sales.is_default) == (SALES["address"], SALES["name"], SALES["reply_to"], True)
    assert own.address == ADDRESSES[GMAIL]
    assert "Miriam Kessler" in own.signature
    assert [gone for gone in ("script", "onerror", "position") if gone in own.signature] == []
    assert "color:#333" in own.signature.replace(" ", "")


async def test_outlooks_addresses_are_those_exchange_delivers_to(miriam: Me, connect: Connect, strings: Strings) -> None:
    await strings.pull(f"mailboxes/{ADDRESSES[OUTLOOK]}", provider="microsoft", name="Miriam Kessler", aliases=[{"address": "miriam@brueckner.eu"}])
    mailbox = await connect(miriam, OUTLOOK)
    await refresh_aliases()
    assert [one.address for one in await aliases_of([mailbox.id])] == [ADDRESSES[OUTLOOK], "miriam@brueckner.eu"]


async def test_an_address_that_waits_to_be_confirmed_is_not_ours_and_can_not_be_sent_from(miriam: Me, connect: Connect, strings: Strings) -> None:
    await strings.pull(f"mailboxes/{ADDRESSES[GMAIL]}", provider="google", aliases=[SALES, PENDING])
    mailbox = await connect(miriam, GMAIL)
    await refresh_aliases()
    assert await own_addresses(miriam.workspace.id) == await addresses_of(mailbox) == {ADDRESSES[GMAIL], SALES["address"]}
    assert [one.address for one in await aliases_of([mailbox.id], pending=True) if not one.verified_at] == [PENDING["address"]]


async def test_an_address_that_is_gone_there_can_not_be_chosen_and_stays_ours(miriam: Me, connect: Connect, strings: Strings) -> None:
    await strings.pull(f"mailboxes/{ADDRESSES[GMAIL]}", provider="google", aliases=[SALES])
    mailbox = await connect(miriam, GMAIL)
    await refresh_aliases()
    await strings.pull(f"mailboxes/{ADDRESSES[GMAIL]}", provider="google", aliases=[])
    with later(timedelta(hours=25)):
        assert await refresh_aliases() == 1
        assert [one.address for one in await aliases_of([mailbox.id])] == [ADDRESSES[GMAIL]]
    assert SALES["address"] in await own_addresses(miriam.workspace.id)


async def test_they_are_asked_for_once_a_day_and_after_trouble_in_an_hour(miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox = await connect(miriam, GMAIL)
    await strings.fault("500", path="/settings/sendAs", count=3)
    assert [await refresh_aliases(), await refresh_aliases()] == [1, 0]
    assert await aliases_of([mailbox.id]) == []
    with later(timedelta(minutes=61)):
        assert [await refresh_aliases(), await refresh_aliases()] == [1, 0]
    assert [one.address for one in await aliases_of([mailbox.id])] == [ADDRESSES[GMAIL]]


async def test_a_mailbox_that_may_only_send_is_not_asked(miriam: Me, connect: Connect) -> None:
    await connect(miriam, GMAIL, SEND_TIER, decision="all")
    assert await refresh_aliases() == 0


async def test_a_signature_keeps_its_look_and_loses_what_runs() -> None:
    said = cleaned('<a href="javascript:x()">a</a><a href="https://brueckner.example">b</a><iframe src="https://x.example"></iframe><style>p{}</style>')
    assert said == '<a>a</a><a href="https://brueckner.example">b</a>'


@pytest.fixture
async def rep(database: None) -> people.Rep:
    return await people.miriam()


@pytest.fixture
async def miriams(rep: people.Rep) -> AsyncIterator[httpx.AsyncClient]:
    app = Litestar(
        route_handlers=PAGES, dependencies={"me": Provide(signed_in)}, template_config=TemplateConfig(instance=engine()),
        exception_handlers=HANDLERS, openapi_config=None,
    )  # fmt: skip
    await people.session(rep, token=digest("miriams-session"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8025", cookies={COOKIE: "miriams-session"}) as client:
        yield client


async def known(rep: people.Rep) -> tuple[Mailbox, Alias, Alias]:
    mailbox = await people.mailbox(rep)
    sales = SendAs("vertrieb@brueckner.example", signature="<b>Vertrieb</b>")
    await note(mailbox, [SendAs(mailbox.address, "Miriam Kessler", is_default=True), sales])
    own, other = await aliases_of([mailbox.id])
    return mailbox, own, other


async def test_a_rep_signs_where_the_provider_gives_no_signature(miriams: httpx.AsyncClient, rep: people.Rep) -> None:
    mailbox, own, sales = await known(rep)
    page = await miriams.get(f"/mailboxes/{mailbox.id}/aliases")
    assert "This signature comes from Google" in page.text
    saved = await miriams.post(f"/mailboxes/{mailbox.id}/aliases/{own.id}", data={"typed": "Miriam Kessler\r\nBrückner", "signs": "on"})
    assert saved.status_code == 303
    await miriams.post(f"/mailboxes/{mailbox.id}/aliases/{sales.id}", data={"typed": ""})
    after = {one.address: one for one in await aliases_of([mailbox.id])}
    assert (after[own.address].typed, after[own.address].signs) == ("Miriam Kessler\nBrückner", True)
    assert after[sales.address].signs is False


async def test_a_signature_that_is_too_long_is_refused_at_its_field_and_kept_there(miriams: httpx.AsyncClient, rep: people.Rep) -> None:
    mailbox, own, _ = await known(rep)
    told = await miriams.post(f"/mailboxes/{mailbox.id}/aliases/{own.id}", data={"typed": "x" * 20_001}, headers={"hx-request": "true"})
    assert told.status_code == 422
    assert "more than 20000 characters" in told.text
    assert "x" * 20_001 in told.text


async def test_nobody_signs_for_a_colleague(miriams: httpx.AsyncClient, rep: people.Rep) -> None:
    robin = await people.rep("Robin Vogt", "robin@brueckner.example", rep.workspace)
    mailbox = await people.mailbox(robin, address="robin@brueckner.example")
    await note(mailbox, [SendAs(mailbox.address)])
    [alias] = await Alias.objects()
    assert (await miriams.post(f"/mailboxes/{mailbox.id}/aliases/{alias.id}", data={"typed": "x"})).status_code == 404
    assert now() > alias.seen_at
