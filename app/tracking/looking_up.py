"""Where the mailboxes of a domain are, by its mail exchangers: asked by a scheduled verb, kept for a month, never in anybody's way."""

from collections.abc import Iterable
from datetime import timedelta

import structlog
from dns.asyncresolver import Resolver
from dns.exception import DNSException
from dns.resolver import NXDOMAIN, NoAnswer

from app.clock import now
from app.database import rows
from app.tracking.scenes import APPLE, GOOGLE, MICROSOFT, OTHER, YAHOO

log = structlog.get_logger()

KEPT_FOR = timedelta(days=30)
AGAIN_AFTER = timedelta(hours=6)
TIMEOUT_SECONDS = 5.0
AT_ONCE = 20
RESERVED = (".example", ".test", ".invalid", ".localhost", ".local", ".internal", "example.com", "example.net", "example.org")
"""RFC 2606 and RFC 6761: nobody is asked about these."""
EXCHANGERS = (
    (GOOGLE, ("google.com", "googlemail.com")),
    (MICROSOFT, ("protection.outlook.com", "olc.protection.outlook.com", "outlook.com", "hotmail.com", "mx.microsoft")),
    (YAHOO, ("yahoodns.net", "yahoo.com", "aol.com")),
    (APPLE, ("mail.icloud.com", "icloud.com", "apple.com")),
)

WANT = "INSERT INTO mail_host (domain) SELECT DISTINCT unnest($1::text[]) AS domain ORDER BY domain ON CONFLICT DO NOTHING"
DUE = """
    UPDATE mail_host SET asks_at = $1::timestamptz + $3::interval WHERE domain = ANY(ARRAY(
        SELECT domain FROM mail_host WHERE asks_at <= $1 ORDER BY asks_at LIMIT $2 FOR UPDATE SKIP LOCKED
    )) RETURNING domain
"""
KEEP = "UPDATE mail_host SET provider = $2, asks_at = $3 WHERE domain = $1"
KNOWN = "SELECT domain, provider FROM mail_host WHERE domain = ANY($1::text[]) AND provider <> ''"


async def want(domains: Iterable[str]) -> None:
    """Note domains to be asked about; those that are known already stay as they are."""
    if wanted := sorted({domain for domain in domains if domain}):
        await rows(WANT, wanted)


async def providers_of(domains: Iterable[str]) -> dict[str, str]:
    """google, microsoft, yahoo, apple or other, for those domains that were asked about."""
    return {row["domain"]: row["provider"] for row in await rows(KNOWN, sorted(domains))}


async def look_up_due(limit: int = AT_ONCE) -> int:
    """Ask DNS about domains that are new or a month old; says how many. One that can't be answered is asked again in some hours."""
    due = await rows(DUE, now(), limit, AGAIN_AFTER)
    for row in due:
        if provider := await provider_at(row["domain"]):
            await rows(KEEP, row["domain"], provider, now() + KEPT_FOR)
    return len(due)


async def provider_at(domain: str) -> str:
    """Whose mailboxes a domain's mail goes to by its MX records (RFC 5321, 5.1); nothing when DNS does not answer."""
    if domain.endswith(RESERVED):
        return OTHER
    resolver = Resolver()
    try:
        answer = await resolver.resolve(domain, "MX", lifetime=TIMEOUT_SECONDS)
    except (NXDOMAIN, NoAnswer):
        return OTHER
    except DNSException as error:
        log.info("A domain's mail exchangers can't be asked for now", domain=domain, error=repr(error))
        return ""
    return provider_named([str(record.exchange) for record in answer])


def provider_named(exchangers: Iterable[str]) -> str:
    """Whose mailboxes these exchangers belong to; a gateway in front of them hides it, which is `other`."""
    for exchanger in exchangers:
        host = exchanger.rstrip(".").lower()
        for provider, domains in EXCHANGERS:
            if any(host == domain or host.endswith(f".{domain}") for domain in domains):
                return provider
    return OTHER
