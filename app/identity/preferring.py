"""What a person and a workspace prefer: profile, password, the defaults of compose, consent."""

from dataclasses import dataclass

from app.database import together
from app.errors import Refused
from app.happenings import CONDITIONS
from app.identity import naming
from app.identity.first_run import choice
from app.identity.guarding import Me, owner
from app.identity.signing_in import end_other_sessions
from app.identity.tables import Person, Workspace
from app.identity.visiting import Visit
from app.security.passwords import belongs, check_strength, hashed
from app.security.throttling import try_once
from app.web.locale import LANGUAGES

THEMES = ("", "light", "dark")
REMINDS_AFTER = ("", "1h", "4h", "1d", "2d", "3d", "1w", "2w")
FORGETS_AFTER = ("0", "3", "6", "12", "24", "36")
"""Months; 0 for never."""
LONGEST_DISCLOSURE = 500


@dataclass(frozen=True)
class Writing:
    """The defaults of compose."""

    logs: bool
    tracks_opens: bool
    tracks_clicks: bool
    asks_read: bool
    asks_delivery: bool
    reminds_after: str
    reminds_if: str
    disclosure: str


async def change_profile(me: Me, *, name: str, locale: str, time_zone: str, theme: str) -> None:
    if locale not in LANGUAGES:
        raise Refused("Choose a language from the list.", field="locale")
    if theme not in THEMES:
        raise Refused("Choose how Nachfass looks from the list.", field="theme")
    await me.person.update_self(
        {Person.name: naming.person_name(name), Person.locale: locale, Person.time_zone: naming.time_zone(time_zone), Person.theme: theme}
    )


async def change_password(me: Me, current: str, password: str, visit: Visit) -> int:
    """Everywhere else they are signed out; says in how many places."""
    attempt = await try_once(me.person.email, visit.network)
    if me.person.password and not await belongs(current, me.person.password):
        raise Refused("This is not your current password.", field="current")
    await attempt.succeeded()
    check_strength(password, me.person.email, me.person.name, me.workspace.name)
    kept = await hashed(password)
    async with together():
        await me.person.update_self({Person.password: kept})
        return await end_other_sessions(me)


async def change_writing(me: Me, wanted: Writing) -> None:
    if wanted.reminds_after not in REMINDS_AFTER:
        raise Refused("Choose from the list when to be reminded.", field="reminds_after")
    if wanted.reminds_if not in CONDITIONS:
        raise Refused("Choose from the list on what to be reminded.", field="reminds_if")
    disclosure = naming.one_line(wanted.disclosure)
    if len(disclosure) > LONGEST_DISCLOSURE:
        raise Refused("Use at most %(most)d characters.", field="disclosure", most=LONGEST_DISCLOSURE)
    await me.person.update_self(
        {
            Person.logs: wanted.logs,
            Person.tracks_opens: wanted.tracks_opens,
            Person.tracks_clicks: wanted.tracks_clicks,
            Person.asks_read: wanted.asks_read,
            Person.asks_delivery: wanted.asks_delivery,
            Person.reminds_after: wanted.reminds_after,
            Person.reminds_if: wanted.reminds_if,
            Person.disclosure: disclosure,
        }
    )


async def change_workspace(me: Me, *, name: str, unknown_consent: str, decoys: bool, forgets_after: str) -> None:
    if forgets_after not in FORGETS_AFTER:
        raise Refused("Choose from the list how long opens and clicks are kept.", field="forgets_after")
    await owner(me).workspace.update_self(
        {
            Workspace.name: naming.workspace_name(name),
            Workspace.unknown_consent: choice(unknown_consent),
            Workspace.decoys: decoys,
            Workspace.forgets_after: int(forgets_after),
        }
    )
