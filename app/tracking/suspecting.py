"""Whether a mail to one person was perhaps passed on: a suspicion with its reasons, from opens that do not fit one reader. Never a fact.

Stated rule, over the opens and clicks of people whose device is not hidden, for mail to one recipient:
F1: on one day, three devices in three networks, two of them never seen from that contact before;
F2: after it was opened in one country, another device was used in another, and neither that device nor that country is known from them.
One person with a computer and a telephone at home fits neither.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC
from json import dumps
from typing import NamedTuple
from uuid import UUID

from app.database import rows
from app.tracking.describing import described
from app.tracking.rules import RULES
from app.tracking.scenes import Judgement, Mail, Seen
from app.tracking.tables import PERSON

DEVICES, STRANGE = 3, 2

KNOWN = """
SELECT DISTINCT v.device ->> 'kind' AS kind, v.device ->> 'system' AS system, v.device ->> 'client' AS client, v.device ->> 'country' AS country
FROM recipient r JOIN recipient alone ON alone.contact = r.contact AND alone.message <> r.message
JOIN message m ON m.id = alone.message AND m.workspace = r.workspace AND m.direction = 'sent'
JOIN verdict v ON v.message = m.id AND v.verdict = 'person'
WHERE r.message = $1 AND NOT EXISTS (SELECT FROM recipient other WHERE other.message = m.id AND other.id <> alone.id) LIMIT 500
"""
NOTE = """
UPDATE message SET forwarded_why = found.why::jsonb FROM unnest($1::uuid[], $2::text[]) AS found (id, why)
WHERE message.id = found.id AND message.forwarded_why <> found.why::jsonb
"""


class Device(NamedTuple):
    """What can be told apart from outside."""

    kind: str
    system: str
    client: str


class Sighting(NamedTuple):
    """A device, where and when it was seen."""

    device: Device
    country: str
    network: str
    hit: Seen


async def suspect(mails: Iterable[Mail], decided: dict[UUID, Judgement]) -> None:
    """Note for each mail to one person whether it was perhaps forwarded, or that nothing speaks for it any more."""
    alone = {mail.id: sightings(mail, decided) for mail in mails if len(mail.recipients) == 1 and mail.hits}
    found = {id: dumps(reasons(seen, await rows(KNOWN, id)) if may_be(seen) else []) for id, seen in alone.items()}
    if found:
        await rows(NOTE, list(found), list(found.values()))


def sightings(mail: Mail, decided: dict[UUID, Judgement]) -> list[Sighting]:
    """What people did on devices of which something is known, in order."""
    found = []
    for hit in mail.hits:
        judgement = decided.get(hit.id)
        if judgement and mail.verdict_on(hit, judgement) == PERSON:
            device = described(hit, PERSON)
            if device["system"] and not device["hidden_by"]:
                found.append(Sighting(Device(device["kind"], device["system"], device["client"]), hit.place, hit.network, hit))
    return found


def may_be(seen: Sequence[Sighting]) -> bool:
    """Worth asking what is known of them at all?"""
    return len({one.device for one in seen}) >= DEVICES or len({one.country for one in seen if one.country}) > 1


def reasons(seen: Sequence[Sighting], known: Sequence[dict[str, str]]) -> list[list[object]]:
    devices = {Device(row["kind"], row["system"], row["client"]) for row in known}
    countries = {row["country"] for row in known}
    return [*crowd(seen, devices), *abroad(seen, devices, countries)][:1]


def crowd(seen: Sequence[Sighting], known: set[Device]) -> list[list[object]]:
    """Networks keep their name for a day (UTC) only, so only one day's are compared."""
    for day in dict.fromkeys(one.hit.at.astimezone(UTC).date() for one in seen):
        that_day = [one for one in seen if one.hit.at.astimezone(UTC).date() == day]
        devices, networks = {one.device for one in that_day}, {one.network for one in that_day if one.network}
        strange = len(devices - known - {seen[0].device})
        if len(devices) >= DEVICES and len(networks) >= DEVICES and strange >= STRANGE:
            return [[RULES["F1"], {"count": len(devices), "strange": strange}]]
    return []


def abroad(seen: Sequence[Sighting], known: set[Device], countries: set[str]) -> list[list[object]]:
    placed = [one for one in seen if one.country]
    for one in placed[1:]:
        first = placed[0]
        if one.country not in {first.country, *countries} and one.device != first.device and one.device not in known:
            return [[RULES["F2"], {"from_country": first.country, "country": one.country}]]
    return []
