"""Whose mail is never logged: addresses and whole domains, each rep's own list."""

from uuid import UUID

from app.clock import new_id, now
from app.contacts.addresses import DOMAIN, company_domain, domain_of, is_address, normal
from app.contacts.tables import DoNotLog
from app.database import rows, together
from app.errors import NotHere, Refused
from app.happenings import LoggingStopped, announce
from app.identity.guarding import Me


def pattern_of(text: str) -> str:
    """What the rep typed as an address or a domain: `anna@acme.com`, `acme.com`, also `@acme.com` and `*.acme.com`."""
    typed = normal(text).removeprefix("mailto:").removeprefix("https://").removeprefix("http://").split("/")[0]
    domain = typed.removeprefix("*").lstrip("@.").removeprefix("www.")
    if is_address(typed):
        return typed
    if DOMAIN.fullmatch(domain):
        return domain
    raise Refused(
        "“%(text)s” is neither an address nor a domain. Write anna@example.com, or example.com for everybody there.",
        field="pattern",
        text=text.strip()[:100],
    )


def covers(pattern: str, address: str) -> bool:
    """Does the pattern mean this address? A domain means itself and everything below it."""
    if "@" in pattern:
        return pattern == address
    domain = domain_of(address)
    return domain == pattern or domain.endswith("." + pattern)


def patterns_for(address: str) -> list[str]:
    """Every pattern that would mean this address: itself, its domain and the domains above."""
    labels = domain_of(normal(address)).split(".")
    return [normal(address), *(".".join(labels[start:]) for start in range(len(labels) - 1))]


async def refuses(person: UUID, address: str) -> DoNotLog | None:
    """The entry of the person's never-log list that means this address, if one does."""
    return await DoNotLog.objects().where((DoNotLog.person == person) & DoNotLog.pattern.is_in(patterns_for(address))).first()


async def refused(person: UUID, addresses: set[str]) -> set[str]:
    """Those of many addresses that the person never logs, in one question."""
    asked = {normal(address) for address in addresses}
    wanted = sorted({pattern for address in asked for pattern in patterns_for(address)})
    listed = await DoNotLog.select(DoNotLog.pattern).where((DoNotLog.person == person) & DoNotLog.pattern.is_in(wanted)) if wanted else []
    patterns = [row["pattern"] for row in listed]
    return {address for address in asked if any(covers(pattern, address) for pattern in patterns)}


async def listed(me: Me) -> list[DoNotLog]:
    return await DoNotLog.objects().where((DoNotLog.person == me.person.id) & (DoNotLog.workspace == me.workspace.id)).order_by(DoNotLog.pattern)


def suggestion(me: Me, entries: list[DoNotLog]) -> str:
    """The rep's own company, unless it is on the list already: mail among colleagues is nobody's sales history."""
    own = company_domain(me.person.email)
    return "" if any(covers(entry.pattern, f"anybody@{own}") for entry in entries) else own


async def stop_logging(me: Me, text: str) -> str:
    """Put a pattern on the list, for what was logged before too: reactions remove that in the same transaction."""
    pattern = pattern_of(text)
    async with together():
        await rows(
            "INSERT INTO do_not_log (id, workspace, person, pattern, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            new_id(), me.workspace.id, me.person.id, pattern, now(),
        )  # fmt: skip
        await announce(LoggingStopped(me.person.id, pattern))
    return pattern


async def log_again(me: Me, entry_id: UUID) -> str:
    """Take a pattern off the list: from now on its mail is logged again; what was removed stays removed."""
    mine = (DoNotLog.id == entry_id) & (DoNotLog.person == me.person.id) & (DoNotLog.workspace == me.workspace.id)
    entry = await DoNotLog.objects().where(mine).first()
    if entry is None:
        raise NotHere("This entry is not on your never-log list (any more).")
    await entry.remove()
    return str(entry.pattern)
