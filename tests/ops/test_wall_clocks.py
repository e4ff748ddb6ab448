"""The doctor knows which rules of time zones this machine follows."""

import pytest

from app.clock import now
from app.identity.tables import ZoneRules
from app.wall_clocks import examine_wall_clocks, judged
from app.web import zone_rules

pytestmark = pytest.mark.anyio
THIS_YEAR = f"{now().year}a"


@pytest.mark.parametrize(
    ("release", "newest", "good", "said"),
    [
        (THIS_YEAR, "", True, f"Release {THIS_YEAR} of the tz database (the system's files)."),
        (THIS_YEAR, THIS_YEAR, True, f"Release {THIS_YEAR}"),
        (THIS_YEAR, f"{now().year}b", False, "is older than"),
        ("2019c", "", None, "is old"),
        ("unnamed-4711", "", None, "Nothing says which release"),
    ],
)
def test_a_release_is_judged(release: str, newest: str, good: bool | None, said: str) -> None:
    found = judged(release, zone_rules.SOURCE, newest)

    assert found.good is good
    assert said in found.said


async def test_what_another_node_reckoned_with_is_looked_up(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zone_rules, "release", lambda: THIS_YEAR)
    await ZoneRules(kind="reminders", release="2999a").save()

    [found] = await examine_wall_clocks()

    assert (found.good, "2999a" in found.said) == (False, True)
