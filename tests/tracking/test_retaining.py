"""A workspace that keeps opens and clicks for some months only: details go, numbers stay true."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.clock import later, now
from app.contacts.tables import Contact
from app.database import months_of, rows
from app.feed.forgetting import forget_touches
from app.identity.tables import Workspace
from app.ledgers import examine_ledgers
from app.tracking.ledger import make_partitions
from app.tracking.overruling import NOT_THEM, THEM, overrule
from app.tracking.rejudging import rejudge
from app.tracking.retaining import kept_since, retain_due
from app.tracking.tables import Verdict
from app.tracking.tokens import opt_out_url
from app.tracking.verdicts import judge_new
from tests import people
from tests.tracking.offers import Offer
from tests.tracking.seen import APPLE_MAIL, GMAIL, OLD_CHROME, SAFARI, chrome
from tests.tracking.test_pages import HTMX, house
from tests.visitor import visiting

DAY = 86_400.0
YEARS = timedelta(days=800)
COUNTED = """
    SELECT (SELECT count(*) FROM verdict v WHERE v.message = m.id AND verdict = 'person' AND kind = 'open' AND repeats IS NULL)
            + coalesce(p.opens, 0) AS opens,
        (SELECT count(*) FROM verdict v WHERE v.message = m.id AND verdict = 'person' AND kind = 'click') + coalesce(p.clicks, 0) AS clicks,
        (SELECT count(*) FROM verdict v WHERE v.message = m.id) + coalesce(p.touches, 0) AS touches
    FROM message m LEFT JOIN past_touch p ON p.message = m.id WHERE m.id = $1
"""


@pytest.fixture
async def old(offer: Offer) -> Offer:
    """Miriam's offer went out two years ago, and her workspace keeps what happened for twelve months."""
    offer.message.at -= YEARS
    await rows("UPDATE message SET at = $1 WHERE id = $2", offer.message.at, offer.message.id)
    await keeps(offer, 12)
    return offer


@pytest.fixture
async def months() -> AsyncIterator[None]:
    """The ledger's months are there, also after a test that dropped some."""
    await make_partitions()
    yield
    await make_partitions()


async def keeps(offer: Offer, months: int) -> None:
    await Workspace.update({Workspace.forgets_after: months}).where(Workspace.id == offer.rep.workspace.id)


def figures(state: object) -> tuple[object, ...]:
    return tuple(getattr(state, name) for name in ("opens", "clicks", "opened_at", "clicked_at", "fetched_at"))


def test_whole_months_are_kept_at_least_as_long_as_was_wished() -> None:
    assert kept_since(12, datetime(2026, 11, 26, 8, tzinfo=UTC)) == datetime(2025, 11, 1, tzinfo=UTC)
    assert kept_since(3, datetime(2026, 3, 31, 23, 59, tzinfo=UTC)) == datetime(2025, 12, 1, tzinfo=UTC)


async def test_old_details_go_and_the_numbers_stay(old: Offer) -> None:
    await old.touched(DAY, APPLE_MAIL)
    await old.touched(2 * DAY, SAFARI, "click", 1)
    await old.touched(790 * DAY, APPLE_MAIL)
    await judge_new()
    before = figures(await old.state())
    assert before[:2] == (2, 1)
    assert await retain_due() > 0
    assert figures(await old.state()) == before
    assert len(await rows("SELECT FROM verdict")) == len(await rows("SELECT FROM hit")) == 1
    assert await retain_due() == 0


async def test_a_new_open_counts_on_from_what_is_gone(old: Offer) -> None:
    first = await old.touched(DAY, APPLE_MAIL)
    await judge_new()
    await retain_due()
    await old.touched(795 * DAY, APPLE_MAIL)
    await judge_new()
    state = await old.state()
    assert (state.opens, state.opened_at) == (2, first.at)


async def test_who_keeps_for_ever_loses_nothing(old: Offer) -> None:
    await keeps(old, 0)
    await old.touched(DAY, APPLE_MAIL)
    await judge_new()
    assert await retain_due() == 0
    assert len(await rows("SELECT FROM hit")) == 1


async def test_a_month_that_nobody_keeps_is_dropped_in_one_piece(offer: Offer, months: None) -> None:
    await keeps(offer, 3)
    await offer.touched(1800, APPLE_MAIL)
    await judge_new()
    this_month = now().date().replace(day=1)
    assert this_month in await months_of("hit")
    with later(timedelta(days=200)):
        await retain_due()
    assert this_month not in await months_of("hit")
    assert (await offer.state()).opens == 1


async def test_a_month_that_one_workspace_keeps_stays_for_it_alone(offer: Offer, months: None) -> None:
    await keeps(offer, 3)
    await people.workspace("Nordsee Logistik")
    await offer.touched(1800, APPLE_MAIL)
    await judge_new()
    with later(timedelta(days=200)):
        await retain_due()
    assert now().date().replace(day=1) in await months_of("hit")
    assert await rows("SELECT FROM hit") == []


async def test_rows_of_the_feed_about_old_opens_go_and_what_people_wrote_stays(old: Offer) -> None:
    insert = (
        "INSERT INTO activity (id, workspace, person, at, kind, message, hit) SELECT gen_random_uuid(), $1, $2, $3, kind, $4, hit "
        "FROM (VALUES ('sent', NULL::uuid), ('opened', gen_random_uuid())) AS told (kind, hit)"
    )
    for days in (1, 790):
        await rows(insert, old.rep.workspace.id, old.rep.person.id, old.message.at + timedelta(days=days), old.message.id)
    assert await forget_touches() == 1
    assert sorted(row["kind"] for row in await rows("SELECT kind FROM activity")) == ["opened", "sent", "sent"]


async def test_the_doctor_says_what_is_kept_and_where_hits_go(offer: Offer, months: None) -> None:
    ledgers, retention = await examine_ledgers()
    assert (ledgers.good, retention.good) == (True, None)
    await keeps(offer, 6)
    assert "after 6 months" in (await examine_ledgers())[1].said
    with later(timedelta(days=300)):
        assert (await examine_ledgers())[0].good is None


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("touch"), st.integers(1, 799), st.sampled_from([APPLE_MAIL, GMAIL, OLD_CHROME, SAFARI, chrome()]), st.integers(-1, 2)),
        st.tuples(st.sampled_from(["judge", "overrule", "rejudge", "retain"]), st.integers(0, 5)),
    ),
    min_size=3,
    max_size=14,
)


@given(STEPS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_numbers_of_a_mail_are_those_of_a_recount_whatever_happens(old: Offer, steps: list[tuple[object, ...]]) -> None:
    for step in steps:
        before = await old.state()
        await taken(old, step)
        if step[0] == "retain":
            assert figures(await old.state()) == figures(before)
    await judge_new()
    state, (counted,) = await old.state(), await rows(COUNTED, old.message.id)
    assert (state.opens, state.clicks) == (counted["opens"], counted["clicks"])


async def taken(offer: Offer, step: tuple[object, ...]) -> None:
    match step:
        case ("touch", int(day), str(agent), int(link)):
            await offer.touched(day * DAY, agent, "open" if link < 0 else "click", link)
        case ("judge", _):
            await judge_new()
        case ("rejudge", _):
            await rejudge(offer.message.at, write=True)
        case ("retain", _):
            await retain_due()
        case ("overrule", int(which)):
            verdicts = await Verdict.objects().order_by(Verdict.id)
            if verdicts:
                await overrule(verdicts[which % len(verdicts)], offer.rep.person.id, THEM if which % 2 else NOT_THEM)


async def test_a_mail_says_how_many_of_its_opens_are_only_numbers_by_now(old: Offer) -> None:
    await old.touched(DAY, APPLE_MAIL)
    await judge_new()
    await retain_due()
    async with visiting(house()) as browser:
        await browser.signed_in_as(old.rep)
        fold = await browser.get(f"/messages/{old.message.id}/hits", **HTMX)
    assert "1 older open or click is deleted" in fold.text
    assert "Nobody and nothing" not in fold.text


async def test_recipients_read_for_how_long_details_are_kept(old: Offer) -> None:
    (anna,) = await Contact.objects()
    async with visiting(house()) as browser:
        page = await browser.get(opt_out_url(old.rep.workspace.id, anna.id).removeprefix("http://localhost:8025"))
    assert "After 12 months only the numbers are left." in page.text
