"""Bringing together what is judged together: a mail with all that touched it, its recipients, what is known of their gateways, and its neighbours."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from json import loads
from typing import Any
from uuid import UUID

import structlog

from app.database import rows
from app.tracking.learning import gateways_of
from app.tracking.looking_up import providers_of
from app.tracking.scenes import Mail, OwnPlace, Seen
from app.tracking.tables import SELF

log = structlog.get_logger()

NEIGHBOURS = 300
MOST_SIBLINGS = 100
OWN_PLACES_SINCE = timedelta(hours=36)

MESSAGES = """
    SELECT message.id, message.workspace, message.at, message.sender, jsonb_array_length(message.links) AS links,
        ARRAY(SELECT recipient.address FROM recipient WHERE recipient.message = message.id ORDER BY recipient.id) AS recipients
    FROM message WHERE id = ANY($1::uuid[]) ORDER BY id
"""
LOCK = "SELECT id FROM message WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"
NEW_HITS = """
    SELECT hit.* FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) AS claimed (workspace, id, at) JOIN hit USING (workspace, id, at)
"""
JUDGED_HITS = """
    SELECT near.*, verdict.verdict, verdict.overruled_at
    FROM unnest($1::uuid[], $2::uuid[]) AS touched (workspace, message)
    CROSS JOIN LATERAL (
        SELECT * FROM hit WHERE hit.workspace = touched.workspace AND hit.message = touched.message ORDER BY at DESC, id DESC LIMIT $3
    ) near
    JOIN verdict ON verdict.id = near.id
"""
SIBLINGS = """
    SELECT DISTINCT near.message FROM unnest($1::uuid[], $2::timestamptz[], $3::text[]) AS new (workspace, at, network)
    CROSS JOIN LATERAL (
        SELECT close.message FROM (
            (SELECT id, message, hit_at FROM verdict WHERE workspace = new.workspace
                AND hit_at >= new.at AND hit_at <= new.at + interval '1 second' ORDER BY hit_at, id LIMIT 20)
            UNION
            (SELECT id, message, hit_at FROM verdict WHERE workspace = new.workspace
                AND hit_at < new.at AND hit_at >= new.at - interval '1 second' ORDER BY hit_at DESC, id LIMIT 20)
            UNION
            (SELECT id, message, hit_at FROM verdict WHERE workspace = new.workspace AND network = new.network AND network <> ''
                AND hit_at >= new.at AND hit_at <= new.at + interval '5 minutes' ORDER BY hit_at, id LIMIT 20)
            UNION
            (SELECT id, message, hit_at FROM verdict WHERE workspace = new.workspace AND network = new.network AND network <> ''
                AND hit_at < new.at AND hit_at >= new.at - interval '5 minutes' ORDER BY hit_at DESC, id LIMIT 20)
        ) close
        ORDER BY abs(extract(epoch FROM close.hit_at - new.at)), close.id LIMIT 20
    ) near
    ORDER BY near.message LIMIT $4
"""
"""Four short walks along an index for each hit, however much happens around it; the nearest of them all count."""
OWN_PLACES = """
    SELECT workspace, network, tomorrows_network, user_agent FROM session
    WHERE workspace = ANY($1::uuid[]) AND network <> '' AND seen_at > $2
"""


@dataclass
class Case:
    """A mail, those of its hits that nobody judged yet, and what was said of the others."""

    mail: Mail
    new: list[Seen] = field(default_factory=list)
    known: dict[UUID, str] = field(default_factory=dict)


async def gathered(claimed: list[dict[str, Any]]) -> list[Case]:
    """The mails that these hits touched, and their neighbours; all stay locked, so that two workers never count one at the same time."""
    if not claimed:
        return []
    fresh = await rows(NEW_HITS, *columns(claimed, "workspace", "id", "at"))
    touched = sorted({row["message"] for row in claimed} | set(await siblings(fresh)))
    await rows(LOCK, touched)
    cases = await cases_of(touched)
    lost = 0
    for row in fresh:
        if case := cases.get(row["message"]):
            case.new.append(seen(row))
            case.mail.hits.append(case.new[-1])
        else:
            lost += 1
    if lost:
        log.warning("Hits name messages that are not there; they stay unjudged", hits=lost)
    return [in_order(case) for case in cases.values()]


async def siblings(hits: Sequence[dict[str, Any]]) -> list[UUID]:
    """Other mails that were touched in the same second, or from the same network within minutes."""
    once = {(hit["workspace"], hit["at"].replace(microsecond=0), hit["network"]): hit for hit in hits}
    return [row["message"] for row in await rows(SIBLINGS, *columns(list(once.values()), "workspace", "at", "network"), MOST_SIBLINGS)]


async def cases_of(messages: Sequence[UUID], most: int = NEIGHBOURS) -> dict[UUID, Case]:
    """These mails with their judged hits, and everything that is known around them."""
    cases = {row["id"]: Case(mail_of(row)) for row in await rows(MESSAGES, messages)}
    touched = [{"workspace": case.mail.workspace, "message": id} for id, case in cases.items()]
    for row in await rows(JUDGED_HITS, *columns(touched, "workspace", "message"), most):
        case, hit = cases[row["message"]], seen(row)
        case.mail.hits.append(hit)
        case.known[hit.id] = row["verdict"]
        if row["overruled_at"] is not None or row["verdict"] == SELF:
            case.mail.settled[hit.id] = row["verdict"]
    mails = [case.mail for case in cases.values()]
    await add_companies(mails)
    await add_own_places(mails)
    return {id: in_order(case) for id, case in cases.items()}


def in_order(case: Case) -> Case:
    case.mail.hits.sort(key=lambda hit: (hit.at, hit.id))
    return case


async def add_companies(mails: Sequence[Mail]) -> None:
    """Where the recipients' mailboxes are, and how their gateways behave."""
    domains = {domain for mail in mails for domain in mail.domains_of_all()}
    providers, gateways = await providers_of(domains), await gateways_of(mails)
    for mail in mails:
        mail.providers = {domain: providers[domain] for domain in mail.domains_of_all() if domain in providers}
        mail.gateways = gateways.get(mail.id, {})


async def add_own_places(mails: Sequence[Mail]) -> None:
    """Where anybody of the workspace was signed in around the time of the hits: colleagues look at each other's mail, too."""
    times = [hit.at for mail in mails for hit in mail.hits] or [mail.sent_at for mail in mails if mail.sent_at]
    if not times:
        return
    places: dict[UUID, list[OwnPlace]] = defaultdict(list)
    for row in await rows(OWN_PLACES, list({mail.workspace for mail in mails}), min(times) - OWN_PLACES_SINCE):
        places[row["workspace"]] += own_places(row["user_agent"], row["network"], row["tomorrows_network"])
    for mail in mails:
        mail.own = tuple(places[mail.workspace])


def own_places(user_agent: str, *networks: str) -> Iterable[OwnPlace]:
    """A network's name changes at midnight (UTC): what is open in the evening is still theirs the next day."""
    return [OwnPlace(network, user_agent) for network in networks if network]


def mail_of(row: dict[str, Any]) -> Mail:
    return Mail(row["id"], row["workspace"], row["at"], row["links"], sender=row["sender"], recipients=tuple(row["recipients"]))


def seen(row: dict[str, Any]) -> Seen:
    headers = row["headers"]
    return Seen(
        id=row["id"], workspace=row["workspace"], message=row["message"], at=row["at"], link=row["link"], kind=row["kind"], method=row["method"],
        user_agent=row["user_agent"], headers=loads(headers) if isinstance(headers, str) else headers,
        network=row["network"], role=row["role"], country=row["country"],
    )  # fmt: skip


def columns(lines: list[dict[str, Any]], *names: str) -> list[list[Any]]:
    return [[line[name] for line in lines] for name in names]
