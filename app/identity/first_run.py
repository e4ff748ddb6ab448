"""The first visit of all: a workspace, its owner, and what it decides about people who were not asked."""

from app.clock import new_id
from app.database import rows, together
from app.errors import NotHere, Refused
from app.identity import naming
from app.identity.signing_in import Entry, open_session
from app.identity.tables import CLICKS_ONLY, NOTHING, OWNER, TRACK, Membership, Person, Workspace
from app.identity.visiting import Visit
from app.security.passwords import check_strength, hashed

CHOICES = (TRACK, CLICKS_ONLY, NOTHING)
ONE_AT_A_TIME = 8025


async def is_first_run() -> bool:
    """There is no workspace yet."""
    return not await Workspace.exists()


async def begin(
    visit: Visit,
    *,
    workspace: str,
    name: str,
    email: str,
    password: str,
    unknown_consent: str = TRACK,
    locale: str = "en",
    time_zone: str = "Europe/Berlin",
) -> Entry:
    """Found the workspace and sign its owner in. Only one can be first."""
    place = Workspace(id=new_id(), name=naming.workspace_name(workspace), unknown_consent=choice(unknown_consent))
    person = Person(id=new_id(), name=naming.person_name(name), email=naming.email(email), locale=locale, time_zone=naming.time_zone(time_zone))
    check_strength(password, person.email, person.name, place.name)
    person.password = await hashed(password)
    async with together():
        await rows("SELECT pg_advisory_xact_lock($1)", ONE_AT_A_TIME)
        if not await is_first_run():
            raise NotHere("Nachfass is set up already. Sign in, or ask the owner of the workspace for an invitation.")
        await place.save()
        await person.save()
        membership = Membership(workspace=place.id, person=person.id, role=OWNER)
        await membership.save()
        return await open_session(membership, visit)


def choice(unknown_consent: str) -> str:
    """What may be decided about people who were not asked."""
    if unknown_consent not in CHOICES:
        raise Refused("Choose what happens while somebody has not been asked.", field="unknown_consent")
    return unknown_consent
