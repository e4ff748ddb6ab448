"""What only becomes clear when the other hits of a message are seen: a scanner touches every link at once."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from app.tracking.judging import Judgement, Seen
from app.tracking.rules import FOR, Reason
from app.tracking.tables import CLICK, MACHINE, OPEN

WINDOW = timedelta(seconds=10)
BURST = timedelta(seconds=1)
PAIR = timedelta(seconds=2)
AROUND = timedelta(seconds=60)
FEWEST, MOST_IN_BURST, MOST_IN_WINDOW = 3, 4, 5
SURE, LIKELY = 0.95, 0.70


def all_at_once(hits: Sequence[Seen], links: int) -> dict[UUID, Judgement]:
    """The clicks of whoever followed the links of a message faster than people do, and the opens by the same hand."""
    clicks = sorted((hit for hit in hits if hit.kind == CLICK and hit.method == "GET"), key=lambda hit: hit.at)
    found: dict[UUID, Judgement] = {}
    for start, first in enumerate(clicks):
        together = [hit for hit in clicks[start:] if hit.at - first.at <= WINDOW and same_hand(hit, first)]
        if (sweep := longest_sweep(together, links)) is not None:
            confidence, swept = sweep
            judged = swept_by(swept, links, confidence)
            found |= {hit.id: judged for hit in swept if hit.id not in found}
            found |= {hit.id: loaded(confidence) for hit in opens_around(hits, swept) if hit.id not in found}
    return found


def longest_sweep(clicks: list[Seen], links: int) -> tuple[float, list[Seen]] | None:
    """How sure it is that these clicks, the first of them included, were a machine's, and which."""
    for span, fewest, everything, confidence in (
        (WINDOW, FEWEST, True, SURE),
        (WINDOW, MOST_IN_WINDOW, False, SURE),
        (BURST, MOST_IN_BURST, False, SURE),
        (PAIR, 2, True, LIKELY),
    ):
        within = [hit for hit in clicks if hit.at - clicks[0].at <= span]
        touched = len({hit.link for hit in within})
        if touched >= fewest and (touched >= links or not everything):
            return confidence, within
    return None


def swept_by(swept: list[Seen], links: int, confidence: float) -> Judgement:
    touched = len({hit.link for hit in swept})
    seconds = max(1, round((swept[-1].at - swept[0].at).total_seconds()))
    rule = "C1" if touched >= links else "C1m"
    return Judgement(MACHINE, confidence, (Reason(rule, FOR, (("count", touched), ("seconds", seconds))),))


def loaded(confidence: float) -> Judgement:
    return Judgement(MACHINE, confidence, (Reason("C1o", FOR),))


def opens_around(hits: Sequence[Seen], swept: list[Seen]) -> Iterator[Seen]:
    return (hit for hit in hits if hit.kind == OPEN and any(abs(hit.at - click.at) <= AROUND and same_hand(hit, click) for click in swept[:1]))


def same_hand(one: Seen, other: Seen) -> bool:
    """One network or one user agent: scanners often change one of them, rarely both."""
    return bool(one.network and one.network == other.network) or one.user_agent == other.user_agent
