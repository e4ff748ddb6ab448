"""User agents written down from memory, none of them in the set our rules were made with: what a rule knows in general, it knows here."""

from collections import Counter
from csv import QUOTE_NONE, DictReader
from pathlib import Path

from app.tracking.checking import AGENTS
from app.tracking.explaining import explained_agent

FILE = Path(__file__).parent / "agents.tsv"
PERSON = "person_client"


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
