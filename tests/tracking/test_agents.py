"""User agents written down from memory, none of them in the set our rules were made with: what a rule knows in general, it knows here."""

from collections import Counter
from csv import QUOTE_NONE, DictReader
from pathlib import Path

import pytest

from app.tracking.checking import AGENTS
from app.tracking.explaining import explained_agent

FILE = Path(__file__).parent / "agents.tsv"
PERSON = "person_client"
PHONE_SHELL = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


def labelled() -> list[dict[str, str]]:
    with FILE.open(encoding="utf-8") as source:
        return list(DictReader(source, delimiter="\t", quoting=QUOTE_NONE))


def plain(name: str) -> str:
    return "".join(name.lower().replace("-", " ").split())


def test_none_of_them_is_in_the_set_that_ships() -> None:
    with AGENTS.open(encoding="utf-8") as source:
        shipped = {line["user_agent"] for line in DictReader(source, delimiter="\t", quoting=QUOTE_NONE)}
    assert len(labelled()) > 200
    assert len([line for line in labelled() if line["user_agent"] in shipped]) < 25


def test_programs_are_told_from_people_and_people_by_what_they_hold() -> None:
    right = Counter[str]()
    for line in labelled():
        found = explained_agent(line["user_agent"])
        is_person = line["class"] == PERSON
        asked = {"people" if is_person else "machines": (found["class"] == PERSON) == is_person}
        if is_person:
            same = plain(found["client"]) == plain(line["client"])
            asked |= {"clients": same, "devices": found["device"] == line["device"], "systems": plain(found["system"]) == plain(line["system"])}
            asked |= {"mail programs": same} if line["mail"] else {}
        right.update(name for name, is_right in asked.items() if is_right)
    shares = {name: right[name] / count for name, count in counted(labelled()).items()}
    assert shares["machines"] >= 0.98
    assert shares["people"] >= 0.992
    assert shares["systems"] >= 0.97
    assert shares["devices"] >= 0.93
    assert shares["clients"] >= 0.88
    assert shares["mail programs"] >= 0.90


def counted(lines: list[dict[str, str]]) -> dict[str, int]:
    people = [line for line in lines if line["class"] == PERSON]
    mail = [line for line in people if line["mail"]]
    number = dict.fromkeys(("people", "clients", "devices", "systems"), len(people))
    return {**number, "machines": len(lines) - len(people), "mail programs": len(mail)}


@pytest.mark.parametrize("name", ["Windows Live Mail/16.4", "Windows_Live_Mail/16.4", "windows-live-mail 16.4", "WindowsLiveMail"])
def test_a_mail_program_is_known_however_its_name_is_joined(name: str) -> None:
    assert explained_agent(name) == {"user_agent": name, "class": PERSON, "client": "Windows Live Mail", "system": "Windows", "device": "computer"}


@pytest.mark.parametrize("app", ["UrlManager/1.2", "NewsServer/3.0", "Robotics/2.1", "Shop(a|b) Tools/1"])
def test_an_app_in_a_phones_browser_may_call_itself_what_it_likes(app: str) -> None:
    assert explained_agent(f"{PHONE_SHELL} {app}")["class"] == PERSON


@pytest.mark.parametrize("word", ["LensBot/0.3", "(compatible; +https://lens.example)"])
def test_a_bot_in_the_disguise_of_a_phone_is_still_a_machine(word: str) -> None:
    assert explained_agent(f"{PHONE_SHELL} {word}")["class"] == "crawler"


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (compatible; Orbital/1.0; rv:1)", "Orbital"),
        ("Mozilla/5.0 (compatible; Night Watch 2.1)", "Night Watch"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0 Safari/537.36 LinkAudit", "LinkAudit"),
        ("Mozilla/5.0 Orbital", "Orbital"),
        ("Mozilla/5.0 (Orbital)", "Orbital"),
        ("Mozilla", ""),
    ],
)
def test_no_machine_is_called_mozilla(agent: str, name: str) -> None:
    found = explained_agent(agent)
    assert found["class"] != PERSON
    assert found["client"] == name


@pytest.mark.parametrize(
    ("agent", "system", "device"),
    [
        ("MobileSafari/8619.1 CFNetwork/1568.100.1 Darwin/24.0.0", "", "unknown"),
        ("Outlook/16.99 CFNetwork/1568.100.1 Darwin/24.0.0", "macOS", "computer"),
        ("Boxer/24.11 CFNetwork/1568.100.1 Darwin/24.0.0", "iOS", "phone"),
        ("Mozilla/5.0 (Linux; Ubuntu 22.04 like Android 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/87 Mobile Safari/537.36", "Linux", "phone"),
        ("Mozilla/5.0 (Mobile; Hotphone; Android; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", "KaiOS", "phone"),
    ],
)
def test_a_system_is_believed_only_where_it_is_told(agent: str, system: str, device: str) -> None:
    found = explained_agent(agent)
    assert (found["class"], found["system"], found["device"]) == (PERSON, system, device)
