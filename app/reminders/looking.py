"""Links that let one look without signing in, and do nothing: what a digest spoke of, as it stands now.

A link is its own key: signed, bound to one digest or to one reminder in it, good for a week. It ends before that when the rep ends
the links, leaves the workspace, or the operator takes the signing key away.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from json import loads
from uuid import UUID

from app.clock import now
from app.errors import NotHere
from app.identity.tables import Membership, Person
from app.reminders.asking import Shown, shown
from app.reminders.tables import Digest, DigestChoice
from app.security.signing import sign, verified
from app.settings import settings

PURPOSE = "look"
GOOD_FOR = timedelta(days=7)
ID, SECONDS = 16, 5
OVER = "This link does not work (any more): links in a digest are good for a week. Sign in to see your reminders; nothing was changed."


@dataclass(frozen=True)
class Look:
    """What a link lets one see: the reminders of one morning, or one of them; whose they are."""

    digest: Digest
    person: Person
    reminders: list[Shown]
    is_one: bool


def look_url(digest: UUID, reminder: UUID | None = None, at: datetime | None = None) -> str:
    """The address of the page; without a reminder that of the whole digest. It is good for a week from `at`."""
    expires = int(((at or now()) + GOOD_FOR).timestamp()).to_bytes(SECONDS, "big")
    return f"{settings().base_url}/look/{sign(PURPOSE, expires + digest.bytes + (reminder.bytes if reminder else b''))}"


async def look(token: str) -> Look:
    """What the link shows now; raises NotHere, in the same words whatever is wrong with it."""
    digest_id, wanted = opened(token)
    digest = await Digest.objects().where(Digest.id == digest_id).first()
    person = await still_there(digest) if digest else None
    if digest is None or person is None:
        raise NotHere(OVER)
    told = [UUID(one) for one in loads(digest.reminders)]
    if wanted is not None and wanted not in told:
        raise NotHere(OVER)
    mine = [one for one in await shown([wanted] if wanted else told) if one.reminder.person == person.id]
    return Look(digest, person, mine, wanted is not None)


def opened(token: str) -> tuple[UUID, UUID | None]:
    """The digest and the reminder that a link names, if we made it and its week is not over."""
    body = verified(PURPOSE, token) or b""
    if len(body) not in (SECONDS + ID, SECONDS + 2 * ID):
        raise NotHere(OVER)
    if datetime.fromtimestamp(int.from_bytes(body[:SECONDS], "big"), UTC) < now():
        raise NotHere(OVER)
    first, second = body[SECONDS : SECONDS + ID], body[SECONDS + ID :]
    return UUID(bytes=first), UUID(bytes=second) if second else None


async def still_there(digest: Digest) -> Person | None:
    """Whose it is, while they belong to the workspace and have not ended the links since."""
    place = Membership.person == digest.person, Membership.workspace == digest.workspace, Membership.ended_at.is_null()
    ended = DigestChoice.person == digest.person, DigestChoice.links_since > digest.made_at
    if not await Membership.exists().where(*place) or await DigestChoice.exists().where(*ended):
        return None
    return await Person.objects().where(Person.id == digest.person).first()
