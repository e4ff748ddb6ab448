"""Who is asking: from the session cookie to `Me`, without whom nothing that belongs to somebody is found."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.clock import now
from app.errors import NotHere, SignInFirst
from app.identity.tables import OWNER, Membership, Person, Session, Workspace
from app.identity.visiting import Visit, visit_of
from app.security.signing import digest
from app.web.replies import Asked

COOKIE = "nachfass"
KEPT_FOR = timedelta(days=30)
NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Me:
    """The person who is asking, and their place in the workspace they are signed in to."""

    person: Person
    workspace: Workspace
    session: Session
    role: str

    @property
    def is_owner(self) -> bool:
        return self.role == OWNER


async def signed_in(request: Asked) -> Me:
    """The dependency `me`: whoever the cookie belongs to; raises SignInFirst."""
    me = await known(request)
    if me is None:
        raise SignInFirst
    return me


async def known(request: Asked) -> Me | None:
    """Whoever the cookie belongs to, if anybody; the page is then shown in their language and time zone."""
    me = await by_token(request.cookies.get(COOKIE, ""))
    if me is None:
        return None
    await note_visit(me.session, visit_of(request))
    request.scope.setdefault("state", {}).update({"me": me, "language": me.person.locale, "zone": me.person.time_zone})
    return me


async def by_token(token: str) -> Me | None:
    """The session must be open and used within 30 days, and its person still belong to the workspace."""
    if not token:
        return None
    session = await Session.objects().where(Session.token == digest(token), Session.ended_at.is_null(), Session.seen_at > now() - KEPT_FOR).first()
    if session is None:
        return None
    return await in_place(session)


async def absent(person: UUID, workspace: UUID) -> Me | None:
    """Whoever asked for something to be done later, when they are not there: with a session that nobody opened and no cookie names."""
    return await in_place(Session(person=person, workspace=workspace))


async def in_place(session: Session) -> Me | None:
    """None once the person does not belong to the workspace any more."""
    place = (
        await Membership.objects(Membership.person, Membership.workspace)
        .where(Membership.person == session.person, Membership.workspace == session.workspace, Membership.ended_at.is_null())
        .first()
    )
    return Me(place.person, place.workspace, session, place.role) if place else None


async def note_visit(session: Session, visit: Visit) -> None:
    """Remember when and from which network they were here last: that is how we know their own opens of their own mail."""
    if session.seen_at > now() - NOTED_EVERY and session.network == visit.network:
        return
    await session.update_self(
        {
            Session.seen_at: now(), Session.network: visit.network, Session.tomorrows_network: visit.tomorrows_network,
            Session.country: visit.country, Session.user_agent: visit.user_agent,
        }
    )  # fmt: skip


def owner(me: Me) -> Me:
    """Only an owner may; to everybody else it is not there."""
    if not me.is_owner:
        raise NotHere("This belongs to the owners of the workspace. Ask one of them to do it.")
    return me
