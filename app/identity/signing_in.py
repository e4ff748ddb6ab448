"""Signing in and out, the places where somebody is signed in, and links that open the door once."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.clock import now
from app.database import together
from app.errors import NotHere, Refused
from app.identity.guarding import KEPT_FOR, Me
from app.identity.naming import sign_in_name
from app.identity.tables import Membership, Person, Session, SignInLink, Workspace
from app.identity.visiting import Visit
from app.security.passwords import belongs, hashed, is_outdated
from app.security.signing import digest, secret_token
from app.security.throttling import try_once, wait_of

LINK_WORKS_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class Entry:
    """Somebody came in: the session, and the secret for their cookie, which is kept nowhere else."""

    session: Session
    token: str


async def sign_in(email: str, password: str, visit: Visit) -> Entry:
    """Open a session for whoever the address and the password belong to. Nobody learns which of the two was wrong."""
    person = await proven(email, password, visit)
    place = await place_of(person)
    if place is None:
        raise Refused("You belong to no workspace here any more. Ask the owner of yours for a new invitation.")
    return await open_session(place, visit)


async def proven(email: str, password: str, visit: Visit) -> Person:
    """The person whom the password belongs to; it takes as long, counts and answers the same if there is no such person."""
    name = sign_in_name(email)
    attempt = await try_once(name, visit.network)
    person = await Person.objects().where(Person.email == name).first()
    if not await belongs(password, person.password if person else "") or person is None:
        raise await mismatch(name, visit.network)
    await attempt.succeeded()
    if is_outdated(person.password):
        await person.update_self({Person.password: await hashed(password)})
    return person


async def mismatch(name: str, network: str) -> Refused:
    seconds = round((await wait_of(name, network)).total_seconds())
    if seconds:
        return Refused("E-mail and password do not belong together. You can try again in %(seconds)d seconds.", field="password", seconds=seconds)
    return Refused("E-mail and password do not belong together.", field="password")


async def place_of(person: Person) -> Membership | None:
    """The workspace that the person joined last."""
    return (
        await Membership.objects()
        .where(Membership.person == person.id, Membership.ended_at.is_null())
        .order_by(Membership.joined_at, ascending=False)
        .first()
    )


async def open_session(place: Membership, visit: Visit) -> Entry:
    token = secret_token()
    session = Session(
        workspace=place.workspace,
        person=place.person,
        token=digest(token),
        user_agent=visit.user_agent,
        country=visit.country,
        network=visit.network,
        tomorrows_network=visit.tomorrows_network,
        created_at=now(),
        seen_at=now(),
    )
    await session.save()
    return Entry(session, token)


async def make_link(person: Person, workspace: Workspace, works_for: timedelta = LINK_WORKS_FOR) -> str:
    """The path of a page that signs the person in, once."""
    token = secret_token()
    await SignInLink(workspace=workspace.id, person=person.id, token=digest(token), expires_at=now() + works_for).save()
    return f"/enter/{token}"


async def enter(token: str, visit: Visit) -> Entry:
    """Use up a sign-in link."""
    async with together():
        used = (
            await SignInLink.update({SignInLink.used_at: now()})
            .where(SignInLink.token == digest(token), SignInLink.used_at.is_null(), SignInLink.expires_at > now())
            .returning(SignInLink.person, SignInLink.workspace)
        )
        place = await still_there(used[0]["person"], used[0]["workspace"]) if used else None
        if place is None:
            raise NotHere("This sign-in link was used already, or it is too old. Sign in with your password.")
        return await open_session(place, visit)


async def still_there(person: UUID, workspace: UUID) -> Membership | None:
    return await Membership.objects().where(Membership.person == person, Membership.workspace == workspace, Membership.ended_at.is_null()).first()


async def sign_out(token: str) -> None:
    """End the session of a cookie; harmless if it has ended."""
    await Session.update({Session.ended_at: now()}).where(Session.token == digest(token), Session.ended_at.is_null())


async def sessions_of(me: Me) -> list[Session]:
    """Everywhere I am signed in, this place first and the latest after it."""
    found = (
        await Session.objects()
        .where(Session.person == me.person.id, Session.ended_at.is_null(), Session.seen_at > now() - KEPT_FOR)
        .order_by(Session.seen_at, ascending=False)
    )
    return sorted(found, key=lambda session: session.id != me.session.id)


async def end_session(me: Me, session_id: UUID) -> Session:
    """Sign myself out in one place."""
    session = await Session.objects().where(Session.id == session_id, Session.person == me.person.id).first()
    if session is None:
        raise NotHere("You are not signed in there.")
    await session.update_self({Session.ended_at: now()})
    return session


async def end_other_sessions(me: Me) -> int:
    """Sign myself out everywhere but here."""
    ended = (
        await Session.update({Session.ended_at: now()})
        .where(Session.person == me.person.id, Session.id != me.session.id, Session.ended_at.is_null())
        .returning(Session.id)
    )
    return len(ended)
