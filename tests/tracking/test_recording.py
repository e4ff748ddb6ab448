"""Durable before answered: what arrives is in the ledger exactly once, whatever happens to the database meanwhile."""

import asyncio
import json
import multiprocessing
import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from app.clock import new_id, now
from app.database import connection, rows
from app.tracking import lines as app_lines
from app.tracking import recording
from app.tracking.edge import GIF, fronted
from app.tracking.ledger import make_partitions
from app.tracking.lines import Line
from app.tracking.packing import Arrival, Row, packed, unpacked
from app.tracking.recording import ENOUGH, Recorder, drain_spool, spool_folder
from app.tracking.spooling import Spool, closed_spools, framed, unframed
from app.tracking.storing import OUT_OF_REACH, Begin, Landed, Lines, Outcome, UnderWay
from app.tracking.tokens import link_url, pixel_url
from tests.arrivals import store
from tests.waiting import until_holds

WORKSPACE, MESSAGE = new_id(), new_id()
OFFER = "https://brückner.example/offer?hall=1&hall=3"


def arrival(agent: str = "Mozilla/5.0", message: UUID = MESSAGE) -> Arrival:
    return Arrival(new_id(), WORKSPACE, now(), message, -1, "open", "GET", agent, {}, "network", "", "DE")


async def beyond(scope: object, receive: object, send: object) -> None:
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"the app"})


@asynccontextmanager
async def visiting(recorder: Recorder) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(fronted(beyond, lambda: recorder), client=("127.0.0.1", 5))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8025") as client:
        yield client


@pytest.fixture
async def lines(database: None) -> AsyncIterator[Lines]:
    with closing(Lines()) as opened:
        yield opened


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spool:
    monkeypatch.setattr(recording, "spool_folder", lambda: tmp_path / "spool")
    return Spool(tmp_path / "spool")


@contextmanager
def no_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as away:
        away.setattr(app_lines, "address", lambda: "postgresql://nobody@127.0.0.1:9/nothing")
        yield


def never(rows: Sequence[Row], landed: Landed) -> UnderWay:
    return asyncio.get_running_loop().create_future()


def refused(rows: Sequence[Row], landed: Landed) -> UnderWay:
    asyncio.get_running_loop().call_soon(landed, ConnectionRefusedError())
    return asyncio.get_running_loop().create_future()


def possible_hits() -> st.SearchStrategy[Arrival]:
    """Anything that a request may bring, as `edge` lets it through."""

    def words(most: int) -> st.SearchStrategy[str]:
        return st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=most)

    return st.builds(
        Arrival,
        id=st.builds(new_id),
        workspace=st.uuids(),
        at=st.datetimes(datetime(2001, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
        message=st.uuids(),
        link=st.integers(-1, 0xFFFF),
        kind=st.sampled_from(["open", "click"]),
        method=st.sampled_from(["GET", "HEAD"]),
        user_agent=words(512),
        headers=st.dictionaries(words(40), words(200), max_size=4),
        network=words(64),
        role=words(60),
        country=words(2),
    )


async def sent(lines: Lines, arrivals: Sequence[Arrival]) -> Outcome:
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    lines.begin([packed(one) for one in arrivals], outcome.set_result)
    return await outcome


async def hung_up(line: Line) -> None:
    await rows("SELECT pg_terminate_backend($1)", line.libpq.backend_pid)
    await until_holds(lambda: not line.is_open, "the line is closed")


async def ledger() -> list[dict[str, object]]:
    return await rows("SELECT * FROM hit ORDER BY id")


async def test_a_pixel_is_in_the_ledger_before_it_is_answered(lines: Lines, spool: Spool) -> None:
    async with visiting(Recorder(spool, lines.begin)) as browser:
        answer = await browser.get(
            pixel_url(WORKSPACE, MESSAGE), headers={"User-Agent": "Apple\0Mail" + "x" * 600, "X-Forwarded-For": "203.0.113.9, 80.187.84.7"}
        )
        (hit,) = await ledger()
    assert answer.status_code == 200
    assert answer.content == GIF
    assert len(GIF) == 43
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert (hit["message"], hit["workspace"], hit["link"], hit["kind"], hit["method"], hit["country"]) == (
        MESSAGE,
        WORKSPACE,
        -1,
        "open",
        "GET",
        "DE",
    )
    assert "\0" not in hit["user_agent"]
    assert len(hit["user_agent"]) == 512
    assert "80.187" not in str(hit)
    assert [row["id"] for row in await rows("SELECT id FROM unjudged")] == [hit["id"]]


async def test_a_click_leads_where_it_was_sealed_to_and_keeps_only_telling_headers(lines: Lines, spool: Spool) -> None:
    headers = {"Referer": "https://mail.example.com/u/anna?secret=1", "Sec-Fetch-Mode": "navigate", "Accept-Language": "de", "Cookie": "secret=1"}
    async with visiting(Recorder(spool, lines.begin)) as browser:
        answer = await browser.get(link_url(WORKSPACE, MESSAGE, 3, OFFER), headers=headers)
        (hit,) = await ledger()
    assert answer.status_code == 302
    assert answer.headers["location"] == "https://br%C3%BCckner.example/offer?hall=1&hall=3"
    assert (hit["kind"], hit["link"]) == ("click", 3)
    kept = json.loads(str(hit["headers"]))
    assert kept["referer"] == "mail.example.com"
    assert kept["sec-fetch-mode"] == "navigate"
    assert "secret" not in str(hit)


async def test_a_changed_click_leads_nowhere_and_a_changed_pixel_is_still_a_picture(lines: Lines, spool: Spool) -> None:
    async with visiting(Recorder(spool, lines.begin)) as browser:
        click = await browser.get(link_url(WORKSPACE, MESSAGE, 0, OFFER).replace("brueckner", "evil").replace("hall=3", "hall=4"))
        pixel = await browser.get("/o/" + "A" * 64 + ".gif")
        odd = await browser.get("/o/x/y?z")
    assert click.status_code == 404
    assert "location" not in click.headers
    assert pixel.content == odd.content == GIF
    assert await ledger() == []


async def test_head_is_answered_and_recorded_as_head(lines: Lines, spool: Spool) -> None:
    async with visiting(Recorder(spool, lines.begin)) as browser:
        pixel = await browser.head(pixel_url(WORKSPACE, MESSAGE))
        click = await browser.head(link_url(WORKSPACE, MESSAGE, 0, OFFER))
    assert (pixel.status_code, pixel.content, click.status_code) == (200, b"", 302)
    assert [hit["method"] for hit in await ledger()] == ["HEAD", "HEAD"]


async def test_everything_else_goes_on_to_the_app(lines: Lines, spool: Spool) -> None:
    async with visiting(Recorder(spool, lines.begin)) as browser:
        answers = [await browser.get("/"), await browser.get("/offers/x"), await browser.get("/o"), await browser.post("/o/x.gif")]
    assert [answer.status_code for answer in answers] == [418] * 4


async def test_hits_that_arrive_together_are_stored_together(lines: Lines, spool: Spool) -> None:
    batches: list[int] = []

    def counting(rows: Sequence[Row], landed: Landed) -> UnderWay:
        batches.append(len(rows))
        return lines.begin(rows, landed)

    recorder = Recorder(spool, counting)
    await asyncio.gather(*[recorder.record(packed(arrival())) for _ in range(500)])
    assert len(await ledger()) == 500
    assert len(batches) < 5


async def test_a_reader_who_hangs_up_takes_no_neighbour_along(lines: Lines, spool: Spool) -> None:
    recorder = Recorder(spool, lines.begin)
    kept = [recorder.record(packed(arrival())) for _ in range(10)]
    kept[4].cancel()
    await asyncio.gather(*kept, return_exceptions=True)
    assert len(await ledger()) == 10


async def test_one_impossible_hit_does_not_spoil_its_neighbours(lines: Lines, spool: Spool) -> None:
    recorder = Recorder(spool, lines.begin)
    hits = [arrival() for _ in range(20)]
    hits[7] = replace(hits[7], user_agent="a\0b")
    hits[13] = replace(hits[13], country="Germany")
    await asyncio.gather(*[recorder.record(packed(hit)) for hit in hits])
    assert {hit["id"] for hit in await ledger()} == {hit.id for hit in hits} - {hits[7].id, hits[13].id}
    assert (spool.folder / "refused.jsonl").read_bytes().count(b"Mozilla") + (spool.folder / "refused.jsonl").read_bytes().count(b"u0000") == 2


@pytest.mark.parametrize("silent", [never, refused])
async def test_without_the_database_hits_wait_on_disk_and_are_in_the_ledger_once_afterwards(database: None, spool: Spool, silent: Begin) -> None:
    recorder = Recorder(spool, silent, patience=0.02)
    for _ in range(5):
        await asyncio.gather(*[recorder.record(packed(arrival())) for _ in range(20)])
    assert await ledger() == []
    assert await drain_spool() == 0, "its writer still holds it"
    await recorder.settle()
    assert await drain_spool() == 100
    assert await drain_spool() == 0
    assert len(await ledger()) == 100
    assert len(await rows("SELECT * FROM unjudged")) == 100


async def test_a_process_that_starts_without_a_database_records_all_the_same(database: None, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    with no_database(monkeypatch):
        async with recording.recording() as recorder, visiting(recorder) as browser:
            answers = [await browser.get(pixel_url(WORKSPACE, MESSAGE)), await browser.get(link_url(WORKSPACE, MESSAGE, 0, OFFER))]
    assert [answer.status_code for answer in answers] == [200, 302]
    await drain_spool()
    assert len(await ledger()) == 2


async def test_a_hit_that_is_there_already_is_passed_over_and_its_neighbours_are_kept(lines: Lines) -> None:
    early, both, late = arrival(), arrival(), arrival()
    await sent(lines, [early, both])
    await sent(lines, [both, late])

    assert {hit["id"] for hit in await ledger()} == {early.id, both.id, late.id}
    assert len(await rows("SELECT * FROM unjudged")) == 3


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hits=st.lists(possible_hits(), min_size=1, max_size=5))
async def test_any_hit_is_in_the_ledger_as_it_came(lines: Lines, hits: list[Arrival]) -> None:
    assert await sent(lines, hits) == []

    by_id = {row["id"]: row for row in await ledger()}
    kept = [Arrival(**by_id[hit.id] | {"headers": json.loads(str(by_id[hit.id]["headers"]))}) for hit in hits]
    assert kept == hits


@given(hit=possible_hits())
def test_a_row_can_be_read_again_and_survives_the_spool(hit: Arrival) -> None:
    row = packed(hit)

    assert unpacked(row) == hit
    assert unframed(framed(row).rstrip(b"\n"), "a file") == row


IMPOSSIBLE: dict[str, object] = {"country": "Germany", "user_agent": "a\0b", "headers": {"accept": "a\0b"}}


@pytest.mark.parametrize("column", IMPOSSIBLE)
async def test_one_impossible_hit_on_a_line_is_refused_and_its_neighbours_are_kept(lines: Lines, column: str) -> None:
    good, bad, fine = arrival(), replace(arrival(), **{column: IMPOSSIBLE[column]}), arrival()
    outcome = await sent(lines, [good, bad, fine])
    again = await sent(lines, [arrival()])

    assert outcome == [packed(bad)]
    assert again == []
    assert {good.id, fine.id} < {hit["id"] for hit in await ledger()}


async def test_a_line_that_the_database_hung_up_is_replaced_by_a_new_one(lines: Lines) -> None:
    await sent(lines, [arrival()])
    for _ in range(3):  # a new line may get the file number of the old one
        (line,) = lines.free
        await hung_up(line)
        assert await sent(lines, [arrival()]) == []
        assert line not in lines.free

    assert len(await ledger()) == 4


async def test_a_batch_whose_connection_is_cut_ends_with_the_error(lines: Lines) -> None:
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    await sent(lines, [arrival()])
    (line,) = lines.free
    async with connection() as other, other.transaction():
        await other.execute("LOCK TABLE hit IN ACCESS EXCLUSIVE MODE")
        lines.begin([packed(arrival())], outcome.set_result)
        await rows("SELECT pg_terminate_backend($1)", line.libpq.backend_pid)
        assert isinstance(await outcome, Exception)
    assert lines.free == []

    assert len(await ledger()) == 1


async def test_a_batch_that_is_given_up_is_not_heard_of_again(lines: Lines) -> None:
    outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
    await sent(lines, [arrival()])
    lines.begin([packed(arrival())], outcome.set_result).cancel()
    assert await sent(lines, [arrival()]) == []

    assert not outcome.done()


async def test_many_more_bytes_than_a_socket_takes_at_once_arrive(lines: Lines) -> None:
    hits = [replace(arrival(), headers={"accept": "ä" * 20_000}) for _ in range(300)]
    assert await sent(lines, hits) == []

    assert len(await ledger()) == 300


async def test_a_crowd_is_set_off_before_all_of_it_has_come(spool: Spool) -> None:
    batches: list[int] = []

    def begin(rows: Sequence[Row], landed: Landed) -> UnderWay:
        batches.append(len(rows))
        waiting.append(landed)
        return asyncio.get_running_loop().create_future()

    waiting: list[Landed] = []
    recorder = Recorder(spool, begin)
    kept = [recorder.record(packed(arrival())) for _ in range(3 * ENOUGH)]
    assert batches == [ENOUGH, ENOUGH], "two are on their way while the third still comes"
    while waiting:
        waiting.pop(0)([])
    await asyncio.gather(*kept)
    assert batches == [ENOUGH] * 3


async def test_an_arrival_has_the_columns_of_the_ledger_in_their_order(database: None) -> None:
    columns = await rows("SELECT attname FROM pg_attribute WHERE attrelid = 'hit'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum")

    assert [column["attname"] for column in columns] == [*Arrival.__struct_fields__]


async def test_a_late_commit_and_the_spool_make_one_hit(lines: Lines, spool: Spool) -> None:
    late: list[tuple[Sequence[Row], Landed]] = []

    def begin(rows: Sequence[Row], landed: Landed) -> UnderWay:
        late.append((rows, landed))
        return asyncio.get_running_loop().create_future()

    recorder = Recorder(spool, begin, patience=0.02)
    await recorder.record(packed(arrival()))
    ((batch, landed),) = late
    await lines.store(batch)
    landed([])
    assert not recorder.stuck

    await recorder.settle()
    assert await drain_spool() == 1
    assert len(await ledger()) == len(await rows("SELECT * FROM unjudged")) == 1


async def test_with_database_and_disk_gone_the_reader_still_gets_the_page(database: None, tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("not a folder")
    async with visiting(Recorder(Spool(tmp_path / "spool"), refused)) as browser:
        answer = await browser.get(link_url(WORKSPACE, MESSAGE, 0, OFFER))
    assert answer.status_code == 302


async def test_a_torn_line_spoils_only_itself(database: None, spool: Spool) -> None:
    spool.write([packed(arrival())])
    assert spool.file is not None
    spool.file.write(b'12345678 ["torn')
    spool.file.flush()
    spool.write([packed(arrival())])
    spool.close()
    assert await drain_spool() == 2


async def test_what_a_dead_process_left_is_brought_in(database: None, spool: Spool) -> None:
    dying = multiprocessing.get_context("spawn").Process(target=write_and_die, args=(spool.folder,))
    dying.start()
    await asyncio.to_thread(dying.join)
    assert dying.exitcode == 9
    assert await drain_spool() == 1


def write_and_die(folder: Path) -> None:
    Spool(folder).write([packed(arrival())])
    os._exit(9)


async def test_what_cannot_be_brought_in_stays(database: None, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    spool.write([packed(arrival())])
    spool.close()

    with no_database(monkeypatch), pytest.raises(OUT_OF_REACH):
        await drain_spool()
    assert await drain_spool() == 1


async def test_somebody_who_refused_is_answered_but_not_recorded(lines: Lines, spool: Spool) -> None:
    await rows("ALTER TABLE silence DISABLE TRIGGER ALL")
    await rows("INSERT INTO silence (id, workspace) VALUES ($1, $2)", MESSAGE, WORKSPACE)
    await rows("ALTER TABLE silence ENABLE TRIGGER ALL")
    async with visiting(Recorder(spool, lines.begin)) as browser:
        answer = await browser.get(pixel_url(WORKSPACE, MESSAGE))
    assert answer.content == GIF
    assert await ledger() == []


async def test_partitions_are_made_once_and_take_what_waited(database: None) -> None:
    await store([arrival()])
    await make_partitions()
    await make_partitions()
    assert len(await ledger()) == 1
    assert (await rows("SELECT count(*) AS n FROM hit_default"))[0]["n"] == 0
    months = await rows("SELECT relname FROM pg_class WHERE relname ~ '^hit_20\\d\\d_\\d\\d$'")
    assert len(months) >= 3


def test_the_spool_is_under_var() -> None:
    assert spool_folder().name == "spool"
    assert list(closed_spools(Path("nowhere"))) == []
