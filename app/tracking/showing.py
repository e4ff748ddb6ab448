"""Requests that are one showing of a mail: its pixel stands at the top and at the bottom, so that one survives where Gmail cuts a mail off."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from app.tracking.hands import is_one_device
from app.tracking.scenes import Judgement, Seen

ONE_SHOWING = timedelta(seconds=10)


def repeats(hits: Sequence[Seen], decided: dict[UUID, Judgement]) -> dict[UUID, UUID]:
    """Which opens (in the order they came) are a part of an earlier one: same program, same network, same verdict, within seconds of it."""
    found: dict[UUID, UUID] = {}
    firsts: list[Seen] = []
    for hit in hits:
        if not hit.is_open or hit.id not in decided:
            continue
        first = next((one for one in reversed(firsts) if is_same_showing(one, hit) and decided[one.id].verdict == decided[hit.id].verdict), None)
        if first is None:
            firsts.append(hit)
        else:
            found[hit.id] = first.id
    return found


def is_same_showing(first: Seen, hit: Seen) -> bool:
    return is_one_device(first, hit) and first.method == hit.method and hit.at - first.at <= ONE_SHOWING
