"""The labelled hits and user agents that ship with us, and the commands that let people check us."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import nachfass
from app.tracking.checking import AGENTS, SCENARIOS, agents, agents_tallied, reported, tallied
from app.tracking.devices import class_of, device_of
from app.tracking.rules import RULES
from app.tracking.tables import MACHINE, PERSON
from tests import scenarios
from tests.tracking.seen import GMAIL, OUTLOOK, SAFARI, chrome

CORPUS = next((place for parent in Path(__file__).parents if (place := parent / "shared/corpora/user_agents/corpus.tsv").exists()), None)


def test_we_are_right_as_often_as_we_say() -> None:
    tally = tallied(SCENARIOS.read_text(encoding="utf-8").splitlines())
    assert tally.counts.total() > 800
    assert tally.precision(PERSON) >= 0.98, tally.wrong
    assert tally.recall(PERSON) >= 0.95, tally.wrong
    assert min(tally.precision(MACHINE), tally.recall(MACHINE)) >= 0.95, tally.wrong


def test_no_gateway_we_know_of_passes_for_a_person() -> None:
    known = tuple(f"{name}:" for name in scenarios.GATEWAYS)
    lines = [line for line in SCENARIOS.read_text(encoding="utf-8").splitlines() if any(name in json.loads(line)["scenario"] for name in known)]
    tally = tallied(lines)
    assert len(lines) == 9 * len(known)
    assert tally.counts[MACHINE, PERSON] == 0, tally.wrong
    assert tally.recall(PERSON) == 1.0, tally.wrong


def test_the_scenarios_are_made_the_same_way_every_time(tmp_path: Path) -> None:
    scenarios.chance.seed(20261123)
    scenarios.main(tmp_path / "again.jsonl")
    assert (tmp_path / "again.jsonl").read_text(encoding="utf-8") == SCENARIOS.read_text(encoding="utf-8")


def test_our_own_user_agents_are_all_told_right() -> None:
    assert {name: right == known for name, (right, known) in agents_tallied(agents()).items()} == dict.fromkeys(
        ("class", "client", "system", "device"), True
    )
    assert AGENTS.exists()


def test_the_report_names_what_went_wrong() -> None:
    report = list(reported())
    assert report[1].split() == ["precision", "recall"]
    assert any("called person" in line for line in report)


def test_the_readme_shows_what_the_command_prints() -> None:
    table = "\n".join(list(reported())[:9])
    assert table in (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.skipif(CORPUS is None, reason="The corpus of user agents is not near this checkout.")
def test_of_a_thousand_strange_user_agents_nearly_all_are_told_right() -> None:
    assert CORPUS is not None
    with CORPUS.open(encoding="utf-8") as source:
        lines = [line for line in csv.DictReader(source, delimiter="\t", quoting=csv.QUOTE_NONE) if is_scored(line)]
    people = [line for line in lines if line["expected_class"] == "human_client"]
    machines = [line["user_agent"] for line in lines if line["expected_class"] != "human_client"]
    systems = [line for line in people if line["expected_os"]]
    kinds = {"desktop": "computer", "smartphone": "phone", "tablet": "tablet"}
    held = [line for line in people if line["expected_device_class"] in kinds]
    assert share(class_of(device_of(agent)) not in ("person_client", "unknown") for agent in machines) >= 0.98
    assert share(class_of(device_of(line["user_agent"])) not in ("person_client", "unknown") for line in people) <= 0.008
    assert share(device_of(line["user_agent"]).system == line["expected_os"] for line in systems) >= 0.97
    assert share(device_of(line["user_agent"]).kind == kinds[line["expected_device_class"]] for line in held) >= 0.93


def is_scored(line: dict[str, str]) -> bool:
    return "UA alone" not in line["source"] and line["expected_class"] != "unknown"


def share(found: Any) -> float:
    every = list(found)
    return sum(every) / len(every)


def explained(*scenarios: object) -> tuple[list[dict[str, Any]], str, int]:
    lines = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in scenarios)
    done = CliRunner().invoke(nachfass, ["explain-hits", "-"], input=lines)
    return [json.loads(line) for line in done.stdout.splitlines()], done.stderr, done.exit_code


def mail(**more: Any) -> dict[str, Any]:
    return {
        "id": "m", "sender": "miriam@brueckner.example", "sent_at": "2026-10-01T10:00:00+02:00", "delivered_at": "2026-10-01T08:00:02Z",
        "recipients": ["anna@alpenblick.example"], "links": ["https://b.example/1", "https://b.example/2"], **more,
    }  # fmt: skip


def touch(at: str, agent: str | None, kind: str = "click", **more: Any) -> dict[str, Any]:
    headers = {"USER-AGENT": agent, "Accept": "text/html", "Accept-Language": "de"}
    return {"id": at, "at": f"2026-10-01T{at}Z", "kind": kind, "message": "m", "link": "https://b.example/1", "headers": headers, **more}


def test_hits_are_explained_with_verdict_rules_and_device() -> None:
    found, said, code = explained({"scenario": "s", "messages": [mail()], "hits": [touch("09:00:00", SAFARI, ip="91.12.44.3", method="GET")]})
    assert (said, code) == ("", 0)
    (one,) = found
    assert (one["scenario"], one["hit"], one["verdict"], one["device"], one["client"], one["system"], one["place"]) == (
        "s", "09:00:00", "person", "phone", "Safari", "iOS", "DE",
    )  # fmt: skip
    assert set(one["rules"]) <= set(RULES)
    assert "A current browser" in one["why"]


def test_a_garbled_line_is_told_and_the_others_are_judged() -> None:
    good = {"scenario": 1, "messages": [mail()], "hits": [touch("09:00:00", SAFARI)]}
    found, said, code = explained("{", [], good, {"hits": [{"at": "noon"}]}, {"hits": [{"at": "0001-01-01T00:00:00+14:00", "ip": "1.2.3.4"}]})
    assert [one["verdict"] for one in found] == ["person"]
    assert code == 1
    assert [line.partition(" was left out")[0] for line in said.splitlines()] == ["Line 1", "Line 2", "Line 4", "Line 5"]


def test_what_is_missing_decides_nothing() -> None:
    found, _, code = explained({"hits": [{"id": 1}, {"id": 2, "headers": None, "message": None, "ip": None, "link": None, "kind": None}]})
    assert code == 0
    assert [one["verdict"] for one in found] == ["unknown", "unknown"]


def test_headers_that_nobody_recorded_do_not_speak_against_anyone() -> None:
    hit = {"id": 1, "at": "2026-10-01T09:00:00Z", "kind": "click", "message": "m", "headers": {"user-agent": chrome()}}
    found, _, _ = explained({"messages": [mail()], "hits": [hit]})
    assert found[0]["verdict"] == "person"


def test_a_proxy_that_does_not_fit_the_mailbox_opened_somebody_elses_copy() -> None:
    opened = touch("09:00:00", GMAIL, "open", ip="66.249.93.84")
    mails = {provider: mail(mail_provider={"alpenblick.example": provider}) for provider in ("google", "microsoft", "other")}
    told = {provider: explained({"messages": [one], "hits": [opened]})[0][0] for provider, one in mails.items()}
    assert {provider: one["verdict"] for provider, one in told.items()} == {"google": "person", "microsoft": "unknown", "other": "person"}
    assert told["microsoft"]["rules"][0] == "A18"
    assert (told["google"]["device"], told["google"]["client"], told["google"]["system"], told["google"]["place"]) == ("hidden", "Google", "", "")


def test_ones_own_sessions_are_known_again_the_next_morning() -> None:
    session = {"at": "2026-10-01T20:00:00Z", "ip": "91.12.44.3", "user_agent": chrome()}
    mine = {**touch("09:00:00", chrome(), "open", ip="91.12.44.3"), "at": "2026-10-02T07:00:00Z"}
    desk = {**mine, "id": "desk", "headers": {"user-agent": OUTLOOK}}
    phone = {**mine, "id": "phone", "headers": {"user-agent": SAFARI}}
    found, _, _ = explained({"messages": [mail()], "own_sessions": [session], "hits": [mine, desk, phone]})
    assert [one["verdict"] for one in found] == ["self", "self", "unknown"]


def test_user_agents_are_explained_one_a_line() -> None:
    done = CliRunner().invoke(nachfass, ["explain-agents", "-"], input=f"{SAFARI}\nSlackbot 1.0\n\n")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        {"user_agent": SAFARI, "class": "person_client", "client": "Safari", "system": "iOS", "device": "phone"},
        {"user_agent": "Slackbot 1.0", "class": "preview", "client": "Slack", "system": "", "device": "server"},
        {"user_agent": "", "class": "library", "client": "", "system": "", "device": "server"},
    ]


def test_a_record_that_keeps_no_languages_says_nothing_of_somebody_without_one() -> None:
    chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/152.0.0.0 Safari/537.36"
    bare = touch("09:00:00", chrome) | {"headers": {"User-Agent": chrome, "Accept": "text/html"}}
    other = touch("11:00:00", chrome, ip="91.12.44.7")
    (alone,), _, _ = explained({"scenario": 1, "messages": [mail()], "hits": [bare]})
    (beside, _), _, _ = explained({"scenario": 2, "messages": [mail()], "hits": [bare, other]})
    assert (alone["verdict"], beside["verdict"]) == ("person", "unknown")
