"""Durable before answered: what arrives is in the ledger exactly once, whatever happens to the database meanwhile."""

import asyncio
import json
import multiprocessing
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest
from msgspec.structs import replace

from app.clock import new_id, now
from app.database import rows
from app.tracking import recording
from app.tracking.edge import GIF, fronted
from app.tracking.ledger import make_partitions
from app.tracking.recording import Lines, Recorder, drain_spool, spool_folder, store
from app.tracking.spooling import Arrival, Spool, closed_spools
from app.tracking.tokens import link_url, pixel_url

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
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spool:
    monkeypatch.setattr(recording, "spool_folder", lambda: tmp_path / "spool")
    return Spool(tmp_path / "spool")


async def never(arrivals: Sequence[Arrival]) -> None:
    await asyncio.Event().wait()


async def refused(arrivals: Sequence[Arrival]) -> None:
    raise ConnectionRefusedError


async def ledger() -> list[dict[str, object]]:
    return await rows("SELECT * FROM hit ORDER BY id")


async def test_a_pixel_is_in_the_ledger_before_it_is_answered(database: None, spool: Spool) -> None:
    async with visiting(Recorder(spool)) as browser:
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


async def test_a_click_leads_where_it_was_sealed_to_and_keeps_only_telling_headers(database: None, spool: Spool) -> None:
    headers = {"Referer": "https://mail.example.com/u/anna?secret=1", "Sec-Fetch-Mode": "navigate", "Accept-Language": "de", "Cookie": "secret=1"}
    async with visiting(Recorder(spool)) as browser:
        answer = await browser.get(link_url(WORKSPACE, MESSAGE, 3, OFFER), headers=headers)
        (hit,) = await ledger()
    assert answer.status_code == 302
    assert answer.headers["location"] == "https://br%C3%BCckner.example/offer?hall=1&hall=3"
    assert (hit["kind"], hit["link"]) == ("click", 3)
    kept = json.loads(str(hit["headers"]))
    assert kept["referer"] == "mail.example.com"
    assert kept["sec-fetch-mode"] == "navigate"
    assert "secret" not in str(hit)


async def test_a_changed_click_leads_nowhere_and_a_changed_pixel_is_still_a_picture(database: None, spool: Spool) -> None:
    async with visiting(Recorder(spool)) as browser:
        click = await browser.get(link_url(WORKSPACE, MESSAGE, 0, OFFER).replace("brueckner", "evil").replace("hall=3", "hall=4"))
        pixel = await browser.get("/o/" + "A" * 64 + ".gif")
        odd = await browser.get("/o/x/y?z")
    assert click.status_code == 404
    assert "location" not in click.headers
    assert pixel.content == odd.content == GIF
    assert await ledger() == []


async def test_head_is_answered_and_recorded_as_head(database: None, spool: Spool) -> None:
    async with visiting(Recorder(spool)) as browser:
        pixel = await browser.head(pixel_url(WORKSPACE, MESSAGE))
        click = await browser.head(link_url(WORKSPACE, MESSAGE, 0, OFFER))
    assert (pixel.status_code, pixel.content, click.status_code) == (200, b"", 302)
    assert [hit["method"] for hit in await ledger()] == ["HEAD", "HEAD"]


async def test_everything_else_goes_on_to_the_app(database: None, spool: Spool) -> None:
    async with visiting(Recorder(spool)) as browser:
        answers = [await browser.get("/"), await browser.get("/offers/x"), await browser.get("/o"), await browser.post("/o/x.gif")]
    assert [answer.status_code for answer in answers] == [418] * 4


async def test_hits_that_arrive_together_are_stored_together(database: None, spool: Spool) -> None:
    batches: list[int] = []

    async def counting(arrivals: Sequence[Arrival]) -> None:
        batches.append(len(arrivals))
        await store(arrivals)

    recorder = Recorder(spool, counting)
    await asyncio.gather(*[recorder.record(arrival()) for _ in range(500)])
    assert len(await ledger()) == 500
    assert len(batches) < 5


async def test_a_reader_who_hangs_up_takes_no_neighbour_along(database: None, spool: Spool) -> None:
    recorder = Recorder(spool)
    kept = [recorder.record(arrival()) for _ in range(10)]
    kept[4].cancel()
    await asyncio.gather(*kept, return_exceptions=True)
    assert len(await ledger()) == 10


async def test_one_impossible_hit_does_not_spoil_its_neighbours(database: None, spool: Spool) -> None:
    recorder = Recorder(spool)
    hits = [arrival() for _ in range(20)]
    hits[7] = replace(hits[7], user_agent="a\0b")
    hits[13] = replace(hits[13], country="Germany")
    await asyncio.gather(*[recorder.record(hit) for hit in hits])
    assert {hit["id"] for hit in await ledger()} == {hit.id for hit in hits} - {hits[7].id, hits[13].id}
    assert (spool.folder / "refused.jsonl").read_bytes().count(b"Mozilla") + (spool.folder / "refused.jsonl").read_bytes().count(b"u0000") == 2


@pytest.mark.parametrize("silent", [never, refused])
async def test_without_the_database_hits_wait_on_disk_and_are_in_the_ledger_once_afterwards(
    database: None, spool: Spool, silent: recording.Store
) -> None:
    recorder = Recorder(spool, silent, patience=0.02)
    for _ in range(5):
        await asyncio.gather(*[recorder.record(arrival()) for _ in range(20)])
    assert await ledger() == []
    assert await drain_spool() == 0, "its writer still holds it"
    await recorder.settle()
    assert await drain_spool() == 100
    assert await drain_spool() == 0
    assert len(await ledger()) == 100
    assert len(await rows("SELECT * FROM unjudged")) == 100


async def test_a_process_that_starts_without_a_database_records_all_the_same(database: None, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "address", lambda: "postgresql://nobody@127.0.0.1:9/nothing")
    async with recording.recording() as recorder, visiting(recorder) as browser:
        answers = [await browser.get(pixel_url(WORKSPACE, MESSAGE)), await browser.get(link_url(WORKSPACE, MESSAGE, 0, OFFER))]
    assert [answer.status_code for answer in answers] == [200, 302]
    await drain_spool()
    assert len(await ledger()) == 2


async def test_a_hit_that_is_there_already_is_passed_over_and_its_neighbours_are_kept(database: None) -> None:
    early, both, late = arrival(), arrival(), arrival()
    async with aclosing(Lines()) as lines:
        await lines.store([early, both])
        await lines.store([both, late])

    assert {hit["id"] for hit in await ledger()} == {early.id, both.id, late.id}
    assert len(await rows("SELECT * FROM unjudged")) == 3


async def test_an_arrival_has_the_columns_of_the_ledger_in_their_order(database: None) -> None:
    columns = await rows("SELECT attname FROM pg_attribute WHERE attrelid = 'hit'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum")

    assert [column["attname"] for column in columns] == [*Arrival.__struct_fields__]


async def test_a_late_commit_and_the_spool_make_one_hit(database: None, spool: Spool) -> None:
    release = asyncio.Event()

    async def late(arrivals: Sequence[Arrival]) -> None:
        await release.wait()
        await store(arrivals)

    recorder = Recorder(spool, late, patience=0.02)
    await recorder.record(arrival())
    stuck = list(recorder.stuck)
    release.set()
    await asyncio.wait(stuck)
    await recorder.settle()
    assert await drain_spool() == 1
    assert len(await ledger()) == len(await rows("SELECT * FROM unjudged")) == 1


async def test_with_database_and_disk_gone_the_reader_still_gets_the_page(database: None, tmp_path: Path) -> None:
    (tmp_path / "spool").write_text("not a folder")
    async with visiting(Recorder(Spool(tmp_path / "spool"), refused)) as browser:
        answer = await browser.get(link_url(WORKSPACE, MESSAGE, 0, OFFER))
    assert answer.status_code == 302


async def test_a_torn_line_spoils_only_itself(database: None, spool: Spool) -> None:
    spool.write([arrival()])
    assert spool.file is not None
    spool.file.write(b'12345678 ["torn')
    spool.file.flush()
    spool.write([arrival()])
    spool.close()
    assert await drain_spool() == 2


async def test_what_a_dead_process_left_is_brought_in(database: None, spool: Spool) -> None:
    dying = multiprocessing.get_context("spawn").Process(target=write_and_die, args=(spool.folder,))
    dying.start()
    await asyncio.to_thread(dying.join)
    assert dying.exitcode == 9
    assert await drain_spool() == 1


def write_and_die(folder: Path) -> None:
    Spool(folder).write([arrival()])
    os._exit(9)


async def test_what_cannot_be_brought_in_stays(database: None, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    spool.write([arrival()])
    spool.close()

    async def down(arrivals: Sequence[Arrival], into: recording.Store = store) -> list[Arrival]:
        raise asyncpg.CannotConnectNowError

    with monkeypatch.context() as broken:
        broken.setattr(recording, "sift", down)
        with pytest.raises(asyncpg.CannotConnectNowError):
            await drain_spool()
    assert await drain_spool() == 1


async def test_somebody_who_refused_is_answered_but_not_recorded(database: None, spool: Spool) -> None:
    await rows("ALTER TABLE silence DISABLE TRIGGER ALL")
    await rows("INSERT INTO silence (id, workspace) VALUES ($1, $2)", MESSAGE, WORKSPACE)
    await rows("ALTER TABLE silence ENABLE TRIGGER ALL")
    async with visiting(Recorder(spool)) as browser:
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
