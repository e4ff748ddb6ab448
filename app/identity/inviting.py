"""Colleagues: inviting them by a link, letting them in, and ending their place."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.clock import new_id, now
from app.database import together
from app.errors import NotHere, Refused
from app.identity import naming
from app.identity.guarding import Me, owner
from app.identity.signing_in import Entry, open_session, proven
from app.identity.tables import OWNER, REP, Invitation, Membership, Person, Session, Workspace
from app.identity.visiting import Visit
from app.security.passwords import check_strength, hashed
from app.security.signing import digest, secret_token

ROLES = (REP, OWNER)
LINK_WORKS_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Invited:
    """An invitation that is open, and the workspace it leads to."""

    invitation: Invitation
    workspace: Workspace


async def invite(me: Me, role: str) -> str:
    """The path of a page where one colleague can come in. It is shown now and never again."""
    owner(me)
    if role not in ROLES:
        raise Refused("Choose whether they come as owner or as rep.", field="role")
    token = secret_token()
    await Invitation(
        workspace=me.workspace.id, invited_by=me.person.id, role=role, token=digest(token), created_at=now(), expires_at=now() + LINK_WORKS_FOR
    ).save()
    return f"/invitation/{token}"


async def open_invitations(me: Me) -> list[Invitation]:
    """Those that can still be used, with who made them, latest first."""
    return (
        await Invitation.objects(Invitation.invited_by)
        .where(
            Invitation.workspace == owner(me).workspace.id,
            Invitation.used_at.is_null(),
            Invitation.withdrawn_at.is_null(),
            Invitation.expires_at > now(),
        )
        .order_by(Invitation.created_at, ascending=False)
    )


async def withdraw(me: Me, invitation_id: UUID) -> None:
    """The link stops working."""
    withdrawn = (
        await Invitation.update({Invitation.withdrawn_at: now()})
        .where(
            Invitation.id == invitation_id,
            Invitation.workspace == owner(me).workspace.id,
            Invitation.used_at.is_null(),
            Invitation.withdrawn_at.is_null(),
        )
        .returning(Invitation.id)
    )
    if not withdrawn:
        raise NotHere("There is no such invitation, or it was used already.")


async def invited_by(token: str) -> Invited:
    """What the link stands for; raises NotHere once it no longer works."""
    invitation = (
        await Invitation.objects(Invitation.workspace)
        .where(Invitation.token == digest(token), Invitation.used_at.is_null(), Invitation.withdrawn_at.is_null(), Invitation.expires_at > now())
        .first()
    )
    if invitation is None:
        raise not_open()
    return Invited(invitation, invitation.workspace)


async def come_in(token: str, visit: Visit, *, name: str, email: str, password: str, locale: str, time_zone: str = "Europe/Berlin") -> Entry:
    """Use up the invitation. Somebody with an account here proves it with their password; everybody else gets one."""
    invited = await invited_by(token)
    address = naming.email(email)
    known = await Person.exists().where(Person.email == address)
    if known:
        person = await proven(address, password, visit)
    else:
        person = Person(id=new_id(), name=naming.person_name(name), email=address, locale=locale, time_zone=naming.time_zone(time_zone))
        check_strength(password, address, person.name, invited.workspace.name)
        person.password = await hashed(password)
    async with together():
        await use_up(invited.invitation)
        if not known:
            await person.save()
        return await open_session(await joined(invited, person), visit)


async def use_up(invitation: Invitation) -> None:
    """Two who come at the same moment: one is too late."""
    used = (
        await Invitation.update({Invitation.used_at: now()})
        .where(Invitation.id == invitation.id, Invitation.used_at.is_null(), Invitation.withdrawn_at.is_null())
        .returning(Invitation.id)
    )
    if not used:
        raise not_open()


async def joined(invited: Invited, person: Person) -> Membership:
    """Their place; who comes back takes the old one up again, and nobody loses a role by following a link."""
    known = await Membership.objects().where(Membership.workspace == invited.workspace.id, Membership.person == person.id).first()
    if known is None:
        made = Membership(workspace=invited.workspace.id, person=person.id, role=invited.invitation.role)
        await made.save()
        return made
    if known.ended_at is not None:
        await known.update_self({Membership.ended_at: None, Membership.role: invited.invitation.role, Membership.joined_at: now()})
    return known


def not_open() -> NotHere:
    return NotHere("This invitation was used already, withdrawn, or it is older than seven days. Ask for a new one.")


async def members(me: Me) -> list[Membership]:
    """Everybody in my workspace, with their person, in the order they joined."""
    return (
        await Membership.objects(Membership.person)
        .where(Membership.workspace == me.workspace.id, Membership.ended_at.is_null())
        .order_by(Membership.joined_at)
    )


async def end_membership(me: Me, membership_id: UUID) -> Person:
    """Somebody leaves: they are signed out at once. The last owner has to stay."""
    owner(me)
    async with together():
        places = (
            await Membership.objects(Membership.person)
            .where(Membership.workspace == me.workspace.id, Membership.ended_at.is_null())
            .lock_rows("UPDATE", of=(Membership,))
        )
        place = next((each for each in places if each.id == membership_id), None)
        if place is None:
            raise NotHere("Nobody with this place is in your workspace.")
        if place.role == OWNER and sum(each.role == OWNER for each in places) == 1:
            raise Refused("A workspace needs an owner. Invite another owner first.")
        left: Person = place.person
        await place.update_self({Membership.ended_at: now()})
        await Session.update({Session.ended_at: now()}).where(
            Session.person == left.id, Session.workspace == me.workspace.id, Session.ended_at.is_null()
        )
    return left
