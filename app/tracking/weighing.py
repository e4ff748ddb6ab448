"""The signs that speak for a person or against, each with its weight in log odds; none of them decides alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from app.tracking import devices
from app.tracking.devices import Device
from app.tracking.hands import is_same_network
from app.tracking.networks import MAILBOX, PROBABLE, RELAY, WEAK, name_of
from app.tracking.readers import COMPUTER
from app.tracking.scenes import OwnPlace, Scene, Seen, delay
from app.tracking.tables import CLICK, MACHINE, OPEN, PERSON

PRIOR = {OPEN: 0.8, CLICK: 0.6}
CHROME_131 = datetime(2024, 11, 12, tzinfo=UTC)
MAJORS_A_YEAR = 12
CURRENT_MAJORS, STALE_MAJORS = 18, 24
FETCH_METADATA_SINCE = 90
WEBMAIL = ("mail.", "webmail.", "outlook.", "roundcube.", "owa.", "email.", "navigator-bs.", "deref-")
HASTE = {CLICK: ((10.0, -2.0), (30.0, -1.0), (60.0, -0.4)), OPEN: ((10.0, -0.6), (60.0, -0.2))}
AT_GATEWAY = ((120.0, -4.0), (3600.0, -3.0))
LATE_AT_GATEWAY = -1.0
AROUND_GATEWAY = 2.0
VERSIONS_BACK = 3
"""Several browsers of a household or an office are updated on different days."""
OLD_AND_EARLY = ((30.0, -1.2), (120.0, -0.6))
WEAK_HEADER, SILENT_CLICK = -0.4, -0.7
"""Nobody has published how often people's browsers lack these headers."""


@dataclass(frozen=True)
class Sign:
    """One thing that speaks for a person (positive) or against."""

    rule: str
    weight: float
    values: dict[str, str | int] = field(default_factory=dict)


def signs_of(hit: Seen, scene: Scene) -> Iterator[Sign]:
    yield from by_program(hit, scene)
    yield from by_network(hit, scene)
    yield from by_time(hit, scene)
    yield from by_headers(hit)
    yield from by_history(hit, scene)


def by_program(hit: Seen, scene: Scene) -> Iterator[Sign]:
    device = hit.device
    if is_mailbox_server(hit):
        return
    if device.nature == devices.READER:
        yield Sign("B1", +0.3 if hit.is_among_machines else +2.5, {"client": device.client or device.called})
    elif is_stale(device, hit.at):
        yield from by_age(hit, scene)
    elif not hit.is_among_machines and is_current(device, hit.at) and not is_silent_click(hit):
        yield Sign("B2", +0.8)
    if hit.kind == CLICK and scene.encrypted and hit.knows_headers and says_where_from(device) and not hit.goes_to_a_page:
        yield Sign("B3", -1.5, {"client": device.client})


def is_mailbox_server(hit: Seen) -> bool:
    """What fetches pictures for a mailbox's readers is not their own: its age and manners say nothing of them."""
    return hit.certainty == MAILBOX and hit.device.nature == devices.BROWSER


def is_silent_click(hit: Seen) -> bool:
    """Every browser says which language it reads when it goes to a page; one that does not is no browser in somebody's hands, or is kept from it."""
    return hit.is_click and hit.knows_language and not hit.says_language


def by_age(hit: Seen, scene: Scene) -> Iterator[Sign]:
    """In the minutes when gateways look at a mail an old browser tells something; later it is only old."""
    seconds = delay(hit, scene)
    if hit.is_among_machines:
        yield Sign("B4", -2.5)
    elif is_silent_click(hit):
        yield Sign("B4", -1.2)
    elif seconds is not None and (weight := next((weight for span, weight in OLD_AND_EARLY if seconds < span), 0.0)):
        yield Sign("B4", weight)


def is_stale(device: Device, at: datetime) -> bool:
    """A Chrome on a computer updates itself: one that is two years behind is kept so by somebody, often a scanner. Internet Explorer has ended."""
    if device.kind != COMPUTER:
        return False
    return device.client == "Internet Explorer" or (bool(device.engine) and device.engine <= current_major(at) - STALE_MAJORS)


def is_current(device: Device, at: datetime) -> bool:
    if device.engine:
        return device.engine >= current_major(at) - CURRENT_MAJORS
    return device.system == "iOS" or device.client == "Safari" or device.major >= current_major(at) - CURRENT_MAJORS


def says_where_from(device: Device) -> bool:
    """Browsers that send Fetch Metadata over HTTPS with every request."""
    return device.client in ("Chrome", "Edge", "Firefox") and device.system != "iOS" and max(device.major, device.engine) >= FETCH_METADATA_SINCE


def by_network(hit: Seen, scene: Scene) -> Iterator[Sign]:
    certainty = hit.certainty
    if certainty == PROBABLE:
        seconds = delay(hit, scene) or 0.0
        yield Sign("B5", next((weight for span, weight in AT_GATEWAY if seconds < span), LATE_AT_GATEWAY), {"name": name_of(hit.role)})
    elif is_mailbox_server(hit):
        yield Sign("B6m", -0.4, {"name": name_of(hit.role)})
    elif certainty == WEAK:
        yield Sign("B6", -1.2 if hit.kind == CLICK else -0.4, {"name": name_of(hit.role)})
    elif certainty == RELAY and hit.device.client == "Safari":
        yield Sign("B7", +0.8 if hit.kind == CLICK else +0.3)
    if scene.is_internal and own_places(hit, scene):
        yield Sign("B14n", -1.5)


def own_places(hit: Seen, scene: Scene) -> list[OwnPlace]:
    """Where one of us was signed in, in the hit's network."""
    return [place for place in scene.own if hit.network and place.network == hit.network]


def by_time(hit: Seen, scene: Scene) -> Iterator[Sign]:
    seconds = delay(hit, scene)
    if seconds is None:
        return
    seconds = max(seconds, 0.0)
    if seconds < 2:
        yield Sign("B8", -3.0, {"seconds": int(seconds)})
    elif weight := next((weight for span, weight in HASTE[hit.kind] if seconds < span), 0.0):
        yield Sign("B8m", weight, {"seconds": int(seconds)})
    if (gateway := scene.gateway) and gateway.earliest - AROUND_GATEWAY <= seconds <= gateway.latest + AROUND_GATEWAY:
        yield Sign("G1", -3.0, {"domain": gateway.domain, "seconds": max(1, round(gateway.latest))})


def by_headers(hit: Seen) -> Iterator[Sign]:
    if not hit.knows_headers:
        return
    if hit.kind == CLICK and "text/html" not in hit.headers.get("accept", ""):
        yield Sign("B9", WEAK_HEADER)
    if is_mailbox_server(hit):
        return
    if hit.device.nature == devices.BROWSER and not hit.says_language:
        yield Sign("B10", SILENT_CLICK if is_silent_click(hit) else WEAK_HEADER)
    elif hit.device.nature == devices.BROWSER and not hit.is_among_machines:
        yield Sign("B2l", +0.7)
    if hit.kind == OPEN and hit.goes_to_a_page:
        yield Sign("B17", -1.5)
    if hit.kind == OPEN and hit.headers.get("referer", "").removeprefix("https://").startswith(WEBMAIL):
        yield Sign("B12", +0.7)


def by_history(hit: Seen, scene: Scene) -> Iterator[Sign]:
    """What the same device did before; a scanner's user agent from a data centre counts against, a person's device for."""
    same = [(one, verdict) for one, verdict in scene.earlier if is_same_device(one, hit)]
    if any(verdict == PERSON for _, verdict in same):
        yield Sign("B11", +2.0)
    elif hit.kind == CLICK and any(verdict == PERSON and is_next_step(one, hit) for one, verdict in scene.earlier):
        yield Sign("B16", +1.5)
    elif any(verdict == MACHINE and is_same_network(one, hit) and not one.is_ahead for one, verdict in same):
        yield Sign("B15", -1.5)


def is_same_device(one: Seen, later: Seen) -> bool:
    """As far as anyone can tell, on the same network or in the same country. No device goes back to an old version, or stops saying its language."""
    near = is_same_network(one, later) or (one.place == later.place and not later.is_among_machines)
    falls_silent = later.is_click == one.is_click and one.says_language and not later.says_language
    return near and one.device.same_as(later.device) and later.device.major >= one.device.major - VERSIONS_BACK and not falls_silent


def is_next_step(opened: Seen, clicked: Seen) -> bool:
    """A mail program shows the mail, and the browser beside it follows the link: another program, the same device on the same network."""
    together = is_same_network(opened, clicked)
    return opened.kind == OPEN and together and (opened.device.kind, opened.device.system) == (clicked.device.kind, clicked.device.system)


def current_major(at: datetime) -> int:
    """About which version Chrome, Edge and Firefox have at that time: they have counted in step, monthly, since 2021."""
    return 131 + int((at - CHROME_131) / timedelta(days=365) * MAJORS_A_YEAR)
