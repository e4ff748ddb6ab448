"""A government changes its clocks after a reminder was asked for: it keeps its time on the wall."""

import asyncio
import contextvars
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app import migrating
from app.clock import later, now
from app.database import DB, rows, together
from app.identity import following_rules
from app.identity.tables import ZoneRules
from app.mailboxes.tables import Mailbox
from app.piccolo_app import APP_CONFIG
from app.reminders import obeying
from app.reminders.letting_go import let_go
from app.reminders.obeying import reckon_anew
from app.reminders.tables import Reminder
from app.threads.tables import Message
from app.web import zone_rules
from tests.feed.stage import ANNA, HENRIK, SABINE, send
from tests.people import Rep
from tests.reminders.asked import last_step, reminder_on, story_of

NINE = datetime(2027, 1, 15, 9, 0)
# As they were reckoned before: winter time in Jordan until tzdata 2022e, summer time in Mexico until 2022f, UTC+6 in Almaty until 2024a.
BEFORE = {
    "Asia/Amman": (NINE, datetime(2027, 1, 15, 7, 0, tzinfo=UTC), datetime(2027, 1, 15, 6, 0, tzinfo=UTC)),
    "Asia/Damascus": (NINE, datetime(2027, 1, 15, 7, 0, tzinfo=UTC), datetime(2027, 1, 15, 6, 0, tzinfo=UTC)),
    "America/Mexico_City": (NINE.replace(month=7), datetime(2027, 7, 15, 14, 0, tzinfo=UTC), datetime(2027, 7, 15, 15, 0, tzinfo=UTC)),
    "Asia/Almaty": (NINE, datetime(2027, 1, 15, 3, 0, tzinfo=UTC), datetime(2027, 1, 15, 4, 0, tzinfo=UTC)),
}


async def stored(sent: Message, zone: str, wall: datetime, due: datetime) -> Reminder:
    """As an older release of the tz database left it."""
    reminder = await reminder_on(sent)
    await reminder.update_self({Reminder.wall_at: wall, Reminder.zone: zone, Reminder.due_at: due})
    return reminder


async def known_by(release: str) -> None:
    await ZoneRules(kind=obeying.KIND, release=release).save()


async def now_known_by() -> str:
    found = await ZoneRules.objects().where(ZoneRules.kind == obeying.KIND).first()
    return str(found.release) if found else ""


@pytest.mark.parametrize("zone", BEFORE)
async def test_a_reminder_is_reckoned_anew_and_says_so(miriam: Rep, gmail: Mailbox, zone: str) -> None:
    wall, before, after = BEFORE[zone]
    reminder = await stored(await send(miriam, gmail, ANNA, reminds="3d"), zone, wall, before)
    await known_by("2022a")

    await reckon_anew()
    await reminder.refresh()
    step = await last_step(reminder)

    assert (reminder.due_at, reminder.wall_at, reminder.zone) == (after, wall, zone)
    assert step.why == obeying.NEW_RULES
    assert (step.values["city"], step.values["time"]) == (zone, "09:00")
    assert await now_known_by() == zone_rules.release()


async def test_only_what_really_moves_gets_a_step(miriam: Rep, gmail: Mailbox) -> None:
    berlin = await reminder_on(await send(miriam, gmail, ANNA, reminds="3d"))
    hours = await reminder_on(await send(miriam, gmail, HENRIK, reminds="4h"))
    let = await stored(await send(miriam, gmail, SABINE, reminds="3d"), "Asia/Amman", *BEFORE["Asia/Amman"][:2])
    await let_go(let)
    await known_by("2022a")

    await reckon_anew()

    assert await story_of(berlin) == ["waiting"]
    assert await story_of(hours) == ["waiting"]
    assert await story_of(let) == ["waiting", "settled"]


async def test_with_the_same_release_nothing_is_looked_at(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    await reckon_anew()

    async def looked(after: object) -> None:
        raise AssertionError("Nobody looks at a row while the rules are the same")

    monkeypatch.setattr(obeying, "reckon_some", looked)
    assert await reckon_anew() == 0


async def test_a_node_with_older_files_leaves_newer_ones_alone(miriam: Rep, gmail: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    reminder = await stored(await send(miriam, gmail, ANNA, reminds="3d"), "Asia/Amman", *BEFORE["Asia/Amman"][:2])
    await known_by("2031c")
    monkeypatch.setattr(zone_rules, "release", lambda: "2025b")

    assert await reckon_anew() == 0
    await reminder.refresh()
    assert reminder.due_at == BEFORE["Asia/Amman"][1]
    assert await now_known_by() == "2031c"


async def test_whoever_stops_in_the_middle_is_continued_where_they_stopped(miriam: Rep, gmail: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obeying, "BATCH", 2)
    reminders = [await stored(await send(miriam, gmail, ANNA, reminds="3d"), "Asia/Amman", *BEFORE["Asia/Amman"][:2]) for _ in range(5)]
    await known_by("2022a")
    seen: list[object] = []

    async def counted(after: object) -> object:
        seen.append(after)
        return await obeying.reckon_some(after)  # type: ignore[arg-type]

    assert await following_rules.one_batch(obeying.KIND, zone_rules.release(), counted)  # type: ignore[arg-type]
    await following_rules.follow_rules(obeying.KIND, counted)  # type: ignore[arg-type]

    assert seen[0] is None
    assert seen[1] == sorted(one.id for one in reminders)[1]
    for one in reminders:
        await one.refresh()
    assert {one.due_at for one in reminders} == {BEFORE["Asia/Amman"][2]}


async def test_two_nodes_do_not_walk_at_once(miriam: Rep, gmail: Mailbox) -> None:
    await known_by("2022a")
    async with together():
        await rows(following_rules.MINE, obeying.KIND)
        held = await in_another_transaction()

    assert held is False


async def in_another_transaction() -> bool:
    """What another node would get."""

    async def alone() -> bool:
        DB.current_transaction.set(None)
        return await following_rules.one_batch(obeying.KIND, zone_rules.release(), obeying.reckon_some)

    return await asyncio.get_running_loop().create_task(alone(), context=contextvars.copy_context())


async def test_a_zone_that_is_no_longer_known_keeps_its_instants(miriam: Rep, gmail: Mailbox) -> None:
    reminder = await stored(await send(miriam, gmail, ANNA, reminds="3d"), "Mars/Olympus", NINE, datetime(2027, 1, 15, 7, 0, tzinfo=UTC))

    await reckon_anew()
    await reminder.refresh()

    assert reminder.due_at == datetime(2027, 1, 15, 7, 0, tzinfo=UTC)


async def test_what_is_due_earlier_by_the_new_rules_is_due_at_once(miriam: Rep, gmail: Mailbox) -> None:
    reminder = await stored(await send(miriam, gmail, ANNA, reminds="3d"), "Asia/Amman", *BEFORE["Asia/Amman"][:2])
    await known_by("2022a")
    with later(datetime(2027, 1, 15, 6, 30, tzinfo=UTC) - now()):
        await reckon_anew()
        await reminder.refresh()
        assert timedelta(0) < now() - reminder.due_at < timedelta(hours=1)


def test_releases_are_ordered_and_a_digest_is_only_different() -> None:
    assert zone_rules.is_newer("2026a", "2025b")
    assert not zone_rules.is_newer("2025b", "2025b")
    assert not zone_rules.is_newer("2025a", "2025b")
    assert zone_rules.is_newer("2025b", "")
    assert zone_rules.is_newer("unnamed-4711", "2025b")
    assert not zone_rules.is_newer("unnamed-4711", "unnamed-4711")


def test_the_release_is_named_as_whoever_made_the_files_says(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Berlin").write_bytes(b"TZif2")
    monkeypatch.setattr(zone_rules.zoneinfo, "TZPATH", (str(tmp_path),))

    unnamed = zone_rules.release()
    (tmp_path / "Europe" / "Berlin").write_bytes(b"TZif2 with other rules")
    changed = zone_rules.release()
    (tmp_path / "tzdata.zi").write_text("# version 2026a\n# ddeps backzone\nR A 1916 o - Jun 14 23s 1 S\n")

    assert unnamed.startswith(zone_rules.UNNAMED)
    assert changed != unnamed
    assert zone_rules.release() == "2026a"
    assert zone_rules.source() == zone_rules.SOURCE



async def test_reminders_from_before_there_were_walls_are_hung_up_where_that_moves_none(miriam: Rep, gmail: Mailbox) -> None:
    """The migration fills them: by the person's zone, save in the hour that shows twice."""
    plain, twice, let = [await reminder_on(await send(miriam, gmail, to, reminds="3d")) for to in (ANNA, HENRIK, SABINE)]
    await plain.update_self({Reminder.due_at: datetime(2027, 7, 1, 12, 0, tzinfo=UTC)})
    await twice.update_self({Reminder.due_at: datetime(2027, 10, 31, 0, 30, tzinfo=UTC)})
    await let_go(let)
    await Reminder.update({Reminder.wall_at: None, Reminder.zone: ""}, force=True)

    await rows(migrating.modules(APP_CONFIG)["2026-11-26T04:49:30:000000"].FILL)  # type: ignore[attr-defined]
    for one in (plain, twice, let):
        await one.refresh()

    assert (plain.wall_at, plain.zone) == (datetime(2027, 7, 1, 14, 0), "Europe/Berlin")
    assert (twice.wall_at, twice.zone) == (None, "")
    assert (let.wall_at, let.zone) == (None, "")


def test_a_running_process_forgets_the_old_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    before = ZoneInfo("Europe/Berlin")
    seen = {"at": 0.0, "release": "2025a"}
    monkeypatch.setattr(zone_rules, "_seen", seen)
    monkeypatch.setattr(zone_rules, "release", lambda: "2025b")

    zone_rules.notice_changes()
    after = ZoneInfo("Europe/Berlin")
    zone_rules.notice_changes()

    assert after is not before
    assert ZoneInfo("Europe/Berlin") is after
    assert seen["release"] == "2025b"
