"""Who of several it probably was: somebody whose device is known from mail that went to them alone. A guess with its reason, never a fact."""

from collections.abc import Iterable, Sequence
from json import dumps
from typing import Any
from uuid import UUID

from app.database import rows
from app.tracking.describing import described
from app.tracking.scenes import Judgement, Mail, Seen
from app.tracking.tables import PERSON

PARTS = ("kind", "system", "client", "country")

WHOSE = """
SELECT r.contact, coalesce(nullif(c.name, ''), c.address) AS name, count(DISTINCT v.message)::int AS count
FROM recipient r JOIN contact c ON c.id = r.contact
JOIN recipient alone ON alone.contact = r.contact AND alone.message <> r.message
JOIN message m ON m.id = alone.message AND m.workspace = r.workspace AND m.direction = 'sent'
JOIN verdict v ON v.message = m.id AND v.verdict = 'person' AND v.hit_at < $2 AND v.hit_at > $2 - interval '180 days' AND v.device @> $3::jsonb
JOIN hit h ON h.workspace = v.workspace AND h.id = v.id AND h.at = v.hit_at AND h.role = $4
WHERE r.message = $1 AND NOT EXISTS (SELECT FROM recipient other WHERE other.message = m.id AND other.id <> alone.id)
GROUP BY r.contact, c.id ORDER BY r.contact LIMIT 2
"""
NOTE = """
UPDATE verdict SET likely = guessed.likely::jsonb FROM unnest($1::uuid[], $2::text[]) AS guessed (id, likely)
WHERE verdict.id = guessed.id AND verdict.likely <> guessed.likely::jsonb
"""


async def guess(mails: Iterable[Mail], decided: dict[UUID, Judgement]) -> None:
    """Note for each hit of a person on a mail to several who it probably was, or that nobody can say. Same hits, same guess."""
    guesses: dict[UUID, str] = {}
    for mail in mails:
        if len(mail.recipients) > 1:
            known: dict[tuple[str, ...], dict[str, Any]] = {}
            guesses |= {hit.id: dumps(await likely(hit, mail.verdict_on(hit, decided[hit.id]), known)) for hit in mail.hits if hit.id in decided}
    if guesses:
        await rows(NOTE, list(guesses), list(guesses.values()))


async def likely(hit: Seen, verdict: str, known: dict[tuple[str, ...], dict[str, Any]]) -> dict[str, Any]:
    if verdict != PERSON:
        return {}
    device = described(hit, PERSON)
    if device["hidden_by"] or not (device["system"] and device["client"]):
        return {}
    place = (*(device[part] for part in PARTS), hit.role)
    if place not in known:
        wanted = {part: device[part] for part in PARTS}
        known[place] = only_one(await rows(WHOSE, hit.message, hit.at, dumps(wanted), hit.role))
    return known[place]


def only_one(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Known of exactly one of them; of two it tells nothing."""
    if len(found) != 1:
        return {}
    one = found[0]
    return {"contact": str(one["contact"]), "name": one["name"], "rule": "W1", "values": {"name": one["name"], "count": one["count"]}}
