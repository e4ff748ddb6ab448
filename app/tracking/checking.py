"""How often we are right: labelled hits and user agents, judged by the code that judges live ones, and counted."""

from collections import Counter
from collections.abc import Iterable, Iterator
from csv import QUOTE_NONE, DictReader
from dataclasses import dataclass, field
from json import loads

from app.tracking.explaining import explained_agent, explained_hits
from app.tracking.networks import DATA
from app.tracking.tables import MACHINE, PERSON, SELF, UNKNOWN

SCENARIOS, AGENTS = DATA / "scenarios.jsonl", DATA / "agents.tsv"
VERDICTS = (PERSON, MACHINE, SELF, UNKNOWN)
JUDGED_ON = ("class", "client", "system", "device")


@dataclass
class Tally:
    """(label, verdict) with how often, and the hits that came out differently."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def precision(self, verdict: str) -> float:
        """How many of those called so were."""
        return share(self.counts[verdict, verdict], sum(self.counts[label, verdict] for label in VERDICTS))

    def recall(self, verdict: str) -> float:
        """How many of those who were so were called so."""
        return share(self.counts[verdict, verdict], sum(self.counts[verdict, found] for found in VERDICTS))


def tallied(lines: Iterable[str]) -> Tally:
    """Scenarios as `explain-hits` reads them, with a `label` on each hit."""
    tally = Tally()
    for line in lines:
        labels = {hit["id"]: hit["label"] for hit in loads(line)["hits"]}
        for found in explained_hits(line):
            label = labels[found["hit"]]
            tally.counts[label, found["verdict"]] += 1
            if label != found["verdict"]:
                tally.wrong.append(f"{found['scenario']}, {found['hit']}: a {label} was called {found['verdict']} ({', '.join(found['rules'])})")
    return tally


def agents_tallied(lines: Iterable[dict[str, str]]) -> dict[str, tuple[int, int]]:
    """For class, client, system and device: how many were right, of how many with a label."""
    right: Counter[str] = Counter()
    known: Counter[str] = Counter()
    for line in lines:
        found = explained_agent(line["user_agent"])
        for name in JUDGED_ON:
            if line[name]:
                known[name] += 1
                right[name] += found[name] == line[name]
    return {name: (right[name], known[name]) for name in JUDGED_ON}


def agents() -> list[dict[str, str]]:
    with AGENTS.open(encoding="utf-8") as source:
        return list(DictReader(source, delimiter="\t", quoting=QUOTE_NONE))


def reported(scenarios: Iterable[str] | None = None) -> Iterator[str]:
    """The report, line by line."""
    tally = tallied(scenarios if scenarios is not None else SCENARIOS.read_text(encoding="utf-8").splitlines())
    yield f"{tally.counts.total()} labelled hits"
    yield row("", "precision", "recall")
    for verdict in (PERSON, MACHINE):
        yield row(verdict, percent(tally.precision(verdict)), percent(tally.recall(verdict)))
    yield ""
    yield row("who it was ↓ / verdict →", *VERDICTS)
    for label in VERDICTS:
        yield row(label, *(str(tally.counts[label, verdict]) for verdict in VERDICTS))
    yield from ["", *tally.wrong] if tally.wrong else []
    yield from agents_reported() if scenarios is None else []


def agents_reported() -> Iterator[str]:
    yield ""
    yield row("user agents", "right", "of")
    for name, (right, known) in agents_tallied(agents()).items():
        yield row(name, percent(share(right, known)), str(known))


def row(first: str, *cells: str) -> str:
    return first.ljust(26) + "".join(cell.rjust(11) for cell in cells)


def share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def percent(value: float) -> str:
    return f"{100 * value:.1f} %"
