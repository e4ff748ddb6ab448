"""For people who want to check us: what we make of user agents and of hits from a file, by the same code that judges live ones."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from json import JSONDecodeError, loads
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from app.security.signing import parsed
from app.tracking import devices
from app.tracking.deciding import decide, lessons_of, with_lessons
from app.tracking.describing import described
from app.tracking.devices import class_of, device_of
from app.tracking.edge import host_of
from app.tracking.networks import name_in_file, place_in_file
from app.tracking.readers import COMPUTER, PHONE, TABLET
from app.tracking.rules import RULES
from app.tracking.scenes import Judgement, Mail, OwnPlace, Seen
from app.tracking.tables import CLICK, OPEN
from app.tracking.tokens import DECOY

OWN_PLACES_SINCE = timedelta(hours=36)
WORKSPACE = UUID(int=0)
PLAUSIBLE = range(1970, 2200)
UNKNOWN_LINK, ALTERED = -2, -3
CAPTURED = ("accept", "accept-language", "sec-fetch-mode", "accept-encoding")
Line = dict[str, Any]


class Garbled(Exception):
    """A line that can't be read, with the sentence that says why."""


def explained_agent(user_agent: str) -> Line:
    """Class, client, system and kind of device of a user agent; empty where it does not say."""
    device = device_of(user_agent)
    kind = device.kind if device.is_persons and device.kind in (PHONE, TABLET, COMPUTER) else ""
    return {
        "user_agent": user_agent, "class": class_of(device), "client": device.client or device.name, "system": device.system,
        "device": kind or ("unknown" if device.is_persons or device.nature == devices.NOTHING_KNOWN else "server"),
    }  # fmt: skip


@dataclass(frozen=True)
class Scenario:
    """A scenario as it is judged, and the given names of its hits in their given order."""

    name: Any
    mails: list[Mail]
    hits: list[tuple[Any, Seen]]
    encrypted: bool


def explained_hits(line: str) -> list[Line]:
    """The verdict on each hit of a scenario as it stands a day after the last.

    :raises Garbled: the line is no scenario.
    """
    scenario = scenario_in(line)
    lessons = lessons_of(scenario.mails, decide(scenario.mails, scenario.encrypted))
    decided = decide([with_lessons(mail, lessons) for mail in scenario.mails], scenario.encrypted)
    return [explained_hit(scenario.name, name, hit, decided[hit.id]) for name, hit in scenario.hits]


def explained_hit(scenario: Any, name: Any, hit: Seen, judgement: Judgement) -> Line:
    told = described(hit, judgement.verdict)
    reasons = [RULES[reason.rule] % dict(reason.values) for reason in judgement.reasons]
    return {
        "scenario": scenario, "hit": name, "verdict": judgement.verdict, "confidence": round(judgement.confidence, 3),
        "rules": judgement.rules, "why": "; ".join(reasons), "device": told["kind"] or "unknown", "client": told["hidden_by"] or told["client"],
        "system": hit.device.system if told["system"] else "", "place": told["country"],
    }  # fmt: skip


def scenario_in(line: str) -> Scenario:
    try:
        given = loads(line)
    except (JSONDecodeError, RecursionError) as error:
        raise Garbled(f"it is not JSON ({error})") from None
    if not isinstance(given, dict):
        raise Garbled("it is not an object")
    messages = objects(given, "messages")
    hits = objects(given, "hits")
    mails = [mail_from(message, place) for place, message in enumerate(messages)] or [mail_from({}, 0)]
    by_name = {str(message.get("id")): (mail, message) for mail, message in zip(mails, messages, strict=False)}
    only = (mails[0], messages[0] if messages else {})
    judged = [(hit.get("id"), hit_from(hit, place, by_name, only, hits)) for place, hit in enumerate(hits)]
    homes = {mail.id: mail for mail in mails}
    for _, seen in judged:
        homes[seen.message].hits.append(seen)
    for mail in mails:
        mail.hits.sort(key=lambda seen: seen.at)
        mail.own = own_places(objects(given, "own_sessions"), mail.hits)
    return Scenario(given.get("scenario"), mails, judged, any("sec-fetch-mode" in headers_of(hit) for hit in hits))


def objects(given: Line, name: str) -> list[Line]:
    found = given.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Garbled(f"“{name}” is not a list of objects")
    return found


def mail_from(message: Line, place: int) -> Mail:
    providers = message.get("mail_provider")
    return Mail(
        uuid5(NAMESPACE_URL, f"message {place}"), WORKSPACE, time_in(message, "sent_at"), len(listed(message, "links")),
        delivered_at=time_in(message, "delivered_at"), sender=text(message, "sender"),
        recipients=tuple(str(address) for address in listed(message, "recipients")),
        providers={str(domain).lower(): str(provider) for domain, provider in providers.items()} if isinstance(providers, dict) else {},
    )  # fmt: skip


def hit_from(hit: Line, place: int, by_name: dict[str, tuple[Mail, Line]], only: tuple[Mail, Line], hits: list[Line]) -> Seen:
    """A hit with what is derived of its address, as if it had arrived."""
    mail, message = by_name.get(str(hit.get("message")), only)
    at = time_in(hit, "at") or when_unknown(mail, hits)
    headers = headers_of(hit)
    address = text(hit, "ip")
    where = place_in_file(address, at) if address else None
    kind = text(hit, "kind").lower() or (CLICK if hit.get("link") else OPEN)
    if kind not in (OPEN, CLICK):
        raise Garbled(f"a hit's kind is “{kind}”, not open or click")
    link = link_of(hit, message) if kind == CLICK else -1
    return Seen(
        id=uuid5(NAMESPACE_URL, f"hit {place}"), workspace=WORKSPACE, message=mail.id, at=at, link=max(link, UNKNOWN_LINK), kind=kind,
        method=(text(hit, "method") or "GET").upper(), user_agent=headers.get("user-agent", ""), headers=headers,
        network=where.network if where else "", role=where.role if where else "", country=where.country if where else "",
        recipient=text(hit, "recipient").lower(), knows_agent=bool(headers) or "user_agent" in hit,
        knows_headers=any(name in headers_of(other) for other in hits for name in CAPTURED), is_altered=link == ALTERED,
        knows_language=any(name == "accept-language" or name.startswith("sec-") for other in hits for name in headers_of(other)),
    )  # fmt: skip


def link_of(hit: Line, message: Line) -> int:
    """The number of the link: by its address or its place; an address that only resembles one of ours was altered on its way."""
    given, links, decoy = hit.get("link"), [str(link) for link in listed(message, "links")], message.get("decoy_link")
    if given is None:
        return UNKNOWN_LINK
    if str(given) == str(decoy):
        return DECOY
    if str(given) in links:
        return links.index(str(given))
    if isinstance(given, int):
        return given if 0 <= given < max(len(links), 1) else UNKNOWN_LINK
    return ALTERED if any(resembles(str(given), link) for link in links if "/" in link) else UNKNOWN_LINK


def resembles(given: str, link: str) -> bool:
    """The same but for its case, or with something hung on to its path: `%27/`, a quotation mark."""
    tail = given[len(link) :]
    return given.lower() == link.lower() or (given.startswith(link) and tail[:1] in ("%", "'", '"', "/", "\\"))


def when_unknown(mail: Mail, hits: list[Line]) -> datetime:
    """A hit without a time came some day later, as far as anyone knows."""
    known = [at for other in hits if (at := time_in(other, "at"))]
    return max([*known, *([mail.sent_at] if mail.sent_at else [])], default=datetime(2026, 1, 1, tzinfo=UTC)) + timedelta(days=1)


def headers_of(hit: Line) -> dict[str, str]:
    """Names in lower case; of a referer only the host, as the ledger has it."""
    given = hit.get("headers")
    found = {str(name).lower(): str(value) for name, value in given.items() if value is not None} if isinstance(given, dict) else {}
    if "user-agent" not in found and hit.get("user_agent"):
        found["user-agent"] = str(hit["user_agent"])
    if "referer" in found:
        found["referer"] = host_of(found["referer"]) or found["referer"]
    return found


def own_places(sessions: Iterable[Line], hits: list[Seen]) -> tuple[OwnPlace, ...]:
    """Sessions of our own people, their networks named as on the days of the hits that follow within a day and a half."""
    return tuple(place for session in sessions for place in places_of(session, hits))


def places_of(session: Line, hits: list[Seen]) -> Iterator[OwnPlace]:
    address, at = text(session, "ip"), time_in(session, "at")
    if address and parsed(address):
        near = (hit.at for hit in hits if at is None or abs(hit.at - at) <= OWN_PLACES_SINCE)
        for network in sorted({name_in_file(address, hit_at) for hit_at in near}):
            yield OwnPlace(network, text(session, "user_agent"))


def time_in(given: Line, name: str) -> datetime | None:
    value = given.get(name)
    if value is None or value == "":
        return None
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise Garbled(f"“{name}” is no ISO 8601 time: {value}") from None
    if at.year not in PLAUSIBLE:
        raise Garbled(f"“{name}” is no time at which there was mail: {value}")
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def listed(given: Line, name: str) -> list[Any]:
    found = given.get(name)
    return found if isinstance(found, list) else []


def text(given: Line, name: str) -> str:
    value = given.get(name)
    return "" if value is None else str(value)
