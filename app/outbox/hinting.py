"""What the rep should know of the recipients before sending: whose address is no good, and who is away."""

from dataclasses import dataclass
from uuid import UUID

from app.contacts.being_away import is_away
from app.contacts.finding import known
from app.contacts.stopping import stopped_among
from app.contacts.tables import Contact
from app.identity.guarding import Me
from app.outbox.separating import everybody
from app.outbox.tables import Draft
from app.web.locale import N_, date_in_words, translate

CAME_BACK = N_(
    "Mail to %(address)s came back on %(day)s: %(why)s Ask for another address or call. If you know that it works again, say so on their page."
)
AWAY = N_("%(name)s is away and back on %(day)s, so do not expect an answer before.")
AWAY_WITH = N_("%(name)s is away and back on %(day)s, so do not expect an answer before. Meanwhile answers: %(stand_in)s.")
STOPPED = N_("No reminder starts by itself: you stopped asking for %(name)s. By hand you still can, in the thread.")


@dataclass(frozen=True)
class Hint:
    """A sentence about one contact, in the reader's language; `bad`: the mail will hardly arrive; `stopped`: no reminder comes of it."""

    contact: UUID
    words: str
    bad: bool
    stopped: bool = False


async def hints(draft: Draft, me: Me) -> list[Hint]:
    """The bad ones first. Nothing is forbidden: the rep may know better."""
    addresses = [one["address"] for _, one in everybody(draft)]
    found = (await known(me.workspace.id, addresses)).values() if addresses else []
    dead = [came_back(contact, me.person.locale) for contact in found if contact.unreachable_at is not None]
    gone = [away(contact, me.person.locale) for contact in found if contact.unreachable_at is None and is_away(contact)]
    return dead + gone + await not_asked_for(draft, me)


async def not_asked_for(draft: Draft, me: Me) -> list[Hint]:
    """Whom the rep stopped asking for, where that keeps a reminder from starting: nobody else is addressed."""
    asked = {one["address"] for kind, one in everybody(draft) if kind == "to"}
    stopped = await stopped_among(me.person.id, asked) if draft.reminds else {}
    if not asked or asked - set(stopped):
        return []
    return [Hint(one.id, translate(me.person.locale, STOPPED, name=one.name or one.address), False, True) for one in stopped.values()]


def came_back(contact: Contact, language: str) -> Hint:
    why, on = translate(language, contact.unreachable_why), date_in_words(contact.unreachable_at, language)
    return Hint(contact.id, translate(language, CAME_BACK, address=contact.address, day=on, why=why), True)


def away(contact: Contact, language: str) -> Hint:
    sentence = AWAY_WITH if contact.stand_in else AWAY
    on = date_in_words(contact.back_on, language)
    return Hint(contact.id, translate(language, sentence, name=contact.name or contact.address, day=on, stand_in=contact.stand_in), False)
