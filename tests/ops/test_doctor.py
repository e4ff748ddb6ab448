"""The doctor tells what is well, what is not, and what to do about it."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from rich.console import Console

from app import doctor
from app.clock import now
from app.database import rows
from app.doctor import Finding
from app.mailboxes.tables import OUTLOOK
from app.notifications.tables import PushKey
from app.notifications.vouching import make_key
from app.pushes import examine_push
from app.settings import Google, Microsoft, settings
from tests import people
from tests.waiting import until

pytestmark = pytest.mark.anyio
PUBLIC = "https://nachfass.brueckner.example"


@pytest.fixture
async def client(sandbox: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=5) as outside:
        yield outside


def google(secret: str = "google-secret") -> Google:
    found = settings().google
    assert found is not None
    return replace(found, client_secret=secret)


def microsoft(secret: str = "microsoft-secret") -> Microsoft:
    found = settings().microsoft
    assert found is not None
    return replace(found, client_secret=secret)


def answering(answer: httpx.Response) -> httpx.AsyncClient:
    """A client whose every request is answered so."""
    return httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answer))


async def test_a_provider_that_knows_the_app_is_well(client: httpx.AsyncClient) -> None:
    chosen = replace(settings(), google=google(), microsoft=microsoft())

    assert (await doctor.examine_google(client, chosen)).good is True
    assert (await doctor.examine_microsoft(client, chosen)).good is True


async def test_a_wrong_secret_is_told_apart_and_says_which_one_to_change(client: httpx.AsyncClient) -> None:
    chosen = replace(settings(), google=google("wrong"), microsoft=microsoft("wrong"))

    from_google, from_microsoft = await doctor.examine_google(client, chosen), await doctor.examine_microsoft(client, chosen)

    assert from_google.good is False
    assert "GOOGLE_CLIENT_SECRET" in from_google.todo
    assert from_microsoft.good is False
    assert "MICROSOFT_CLIENT_SECRET" in from_microsoft.todo


async def test_an_expired_secret_of_microsoft_is_told_as_such() -> None:
    body = {"error": "invalid_client", "error_description": "AADSTS7000222: …", "error_codes": [7000222]}

    found = await doctor.examine_microsoft(answering(httpx.Response(401, json=body)), replace(settings(), microsoft=microsoft()))

    assert found.good is False
    assert "expired" in found.said


async def test_a_redirect_address_that_google_does_not_expect_is_shown_for_copying() -> None:
    refusal = answering(httpx.Response(400, json={"error": "redirect_uri_mismatch"}))

    found = await doctor.examine_google(refusal, replace(settings(), google=google(), base_url=PUBLIC))

    assert f"{PUBLIC}/mailboxes/connected/gmail" in found.todo


@pytest.mark.parametrize("answer", [httpx.Response(503, text="<html>down</html>"), httpx.Response(200, content=b""), httpx.Response(200, json=[])])
async def test_a_provider_that_does_not_answer_in_json_is_not_well(answer: httpx.Response) -> None:
    found = await doctor.examine_google(answering(answer), replace(settings(), google=google()))

    assert found.good is False


async def test_without_any_provider_there_are_mailboxes_by_password_only() -> None:
    found = doctor.nobody(replace(settings(), google=None, microsoft=None))

    assert [(finding.good, "password only" in finding.said) for finding in found] == [(None, True)]


async def test_an_authority_for_mail_servers_that_is_none_is_not_well(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")

    assert doctor.examine_mail_servers(replace(settings(), mail_ca=tmp_path / "ca.pem")).good is False
    assert doctor.examine_mail_servers(settings()).good is True


async def test_an_address_on_this_machine_is_fine_for_trying_out_only() -> None:
    found = await doctor.examine_addresses(answering(httpx.Response(200)), replace(settings(), base_url="http://localhost:8025"))

    assert {finding.good for finding in found} == {None}


async def test_a_public_address_without_https_is_not_well() -> None:
    chosen = replace(settings(), base_url="http://nachfass.brueckner.example", tracking_url="http://nachfass.brueckner.example")

    found = await doctor.examine_addresses(answering(httpx.Response(200)), chosen)

    assert found[0].good is False


async def test_a_private_tracking_address_behind_a_public_one_is_not_well() -> None:
    chosen = replace(settings(), base_url=PUBLIC, tracking_url="http://10.1.2.3")

    _, tracking = await doctor.examine_addresses(answering(httpx.Response(200, json={"live": True})), chosen)

    assert tracking.good is False


async def test_somebody_else_answering_at_our_address_is_noticed() -> None:
    found = await doctor.who_answers(answering(httpx.Response(200, text="<h1>Welcome to nginx</h1>")), "Base URL", PUBLIC)

    assert found.good is False


@pytest.fixture
async def durable(database: None) -> AsyncIterator[None]:
    """As an operator runs it; the other tests need not outlive a power cut."""
    await set_fsync("on")
    yield
    await set_fsync("off")


async def set_fsync(to: str) -> None:
    """The server takes it over a moment after it was told."""
    await rows(f"ALTER SYSTEM SET fsync = {to}")
    await rows("SELECT pg_reload_conf()")

    async def took_it_over() -> bool:
        return bool((await rows("SHOW fsync"))[0]["fsync"] == to)

    await until(took_it_over, f"fsync is {to}", every=0.01)


async def test_the_migrated_database_is_well(durable: None) -> None:
    found = await doctor.examine_database()

    assert [(finding.what, finding.good) for finding in found] == [
        ("Database", True),
        ("Migrations", True),
        ("Durability", True),
        ("Clocks", True),
    ], found


async def test_mailboxes_that_stand_still_because_of_us_are_told(database: None) -> None:
    wrong = {"problem": "operator", "problem_code": "AADSTS7000222", "broken_at": now()}
    await people.mailbox(await people.miriam(), OUTLOOK, **wrong)

    found = next(finding for finding in await doctor.examine_database() if finding.what == "Mailboxes")

    assert found.good is False
    assert "1 mailbox stands still" in found.said
    assert "Microsoft says AADSTS7000222" in found.said
    assert found.todo.startswith("The client secret has expired.")


async def test_a_database_that_is_away_says_what_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nachfass@127.0.0.1:1/nachfass")

    [found] = await doctor.examine_database()

    assert found.good is False
    assert "DATABASE_URL" in found.todo


async def test_an_empty_database_needs_migrations_and_stays_empty(postgresql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "settings", lambda: replace(settings(), database_url=postgresql))
    server = await asyncpg.connect(postgresql)
    await server.execute("CREATE DATABASE empty")
    address = urlsplit(postgresql)._replace(path="/empty").geturl()
    monkeypatch.setenv("DATABASE_URL", address)
    try:
        found = {finding.what: finding for finding in await doctor.examine_database()}
        empty = await asyncpg.connect(address)
        tables = await empty.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        await empty.close()
    finally:
        await server.execute("DROP DATABASE empty WITH (FORCE)")
        await server.close()

    assert found["Migrations"].good is False
    assert tables == 0


def test_a_folder_that_cannot_be_made_is_not_well(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", "utf-8")

    assert doctor.examine_folder(tmp_path / "file" / "var").good is False
    assert doctor.examine_folder(tmp_path / "var").good is True


def test_hits_that_wait_in_the_spool_are_told(tmp_path: Path) -> None:
    (tmp_path / "hits-1").write_bytes(b"x" * 1234)
    (tmp_path / "hits-2").write_bytes(b"")

    found = doctor.examine_spool(tmp_path)

    assert found.good is None
    assert "1,234 bytes" in found.said
    assert doctor.examine_spool(tmp_path / "none").good is True


def test_hits_that_the_database_refused_are_a_fault_of_ours(tmp_path: Path) -> None:
    (tmp_path / "refused.jsonl").write_bytes(b"{}")

    assert doctor.examine_spool(tmp_path).good is False


def test_keys_that_can_be_guessed_or_are_doubled_are_not_well() -> None:
    assert doctor.examine_keys(replace(settings(), secret_keys=("ab" * 20,))).good is False
    assert doctor.examine_keys(replace(settings(), secret_keys=("0123456789abcdef" * 2,) * 2)).good is False
    assert doctor.examine_keys(replace(settings(), secret_keys=("0123456789abcdef" * 2,))).good is True


def test_something_bad_ends_with_one_and_something_to_know_with_nought(capsys: pytest.CaptureFixture[str]) -> None:
    say = Console(width=120)

    assert doctor.printed(say, [Finding("Clocks", None, "They differ a little.")]) == 0
    assert doctor.printed(say, [Finding("Database", False, "It is away.", "Start it.")]) == 1
    assert "→ Start it." in capsys.readouterr().out


def test_the_doctor_shows_a_wrong_setting_and_stops(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("NACHFASS_SECRET_KEYS", "short")
    settings.cache_clear()
    try:
        code = doctor.report(Console(width=200))
    finally:
        monkeypatch.undo()
        settings.cache_clear()

    assert code == 1
    assert "NACHFASS_SECRET_KEYS" in capsys.readouterr().out
    assert len(os.environ["NACHFASS_SECRET_KEYS"]) > 32


async def test_a_missing_key_for_pushes_is_told_made_once_and_then_well(database: None) -> None:
    (missing,) = await examine_push()
    assert (missing.good, missing.todo) == (None, "Run: nachfass doctor --fix")
    assert await make_key()
    assert not await make_key()
    (there,) = await examine_push()
    assert there.good
    assert "0 browsers are told" in there.said


async def test_a_key_for_pushes_that_nobody_can_open_is_not_well(database: None) -> None:
    await make_key()
    await PushKey.update({PushKey.private: b"sealed by another"}, force=True)
    (found,) = await examine_push()
    assert found.good is False
    assert "NACHFASS_SECRET_KEYS" in found.todo
