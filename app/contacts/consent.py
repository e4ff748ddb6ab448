"""What a contact allows to be recorded, and the proof of it."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from app.clock import now
from app.contacts.tables import GIVEN, REFUSED, UNKNOWN, Consent, Contact
from app.database import together
from app.errors import Refused
from app.happenings import ConsentGiven, ConsentRefused, announce
from app.identity.tables import CLICKS_ONLY, NOTHING, TRACK, Workspace
from app.web.locale import N_, date_in_words, translate

LONGEST_SOURCE = 300

ASKED_AND_GIVEN = N_("Opens and clicks will be tracked: %(name)s agreed on %(day)s (%(source)s).")
ASKED_AND_REFUSED = N_("Nothing will be tracked: %(name)s refused on %(day)s (%(source)s).")
NOT_ASKED = {
    TRACK: N_("%(name)s has not been asked. Opens and clicks will be tracked, a line in the mail says so and lets them opt out."),
    CLICKS_ONLY: N_("%(name)s has not been asked. Only clicks will be tracked, a line in the mail says so and lets them opt out."),
    NOTHING: N_("%(name)s has not been asked, so nothing will be tracked: your workspace decided that."),
}


@dataclass(frozen=True)
class Allowance:
    """What may be recorded about one recipient, and why: a catalogue sentence with its values."""

    opens: bool
    clicks: bool
    discloses: bool
    why: str
    values: dict[str, str] = field(default_factory=dict)
    at: datetime | None = None

    def words(self, language: str) -> str:
        """The reason in somebody's language, its day too."""
        day = {"day": date_in_words(self.at, language)} if self.at else {}
        return translate(language, self.why, **{**self.values, **day})


def allowed(workspace: Workspace, contact: Contact | None, name: str = "") -> Allowance:
    """What we may record about somebody; `name` is what to call them while they are no contact yet."""
    state = contact.consent if contact else UNKNOWN
    called = {"name": (contact.name or contact.address) if contact else name}
    if contact is None or state == UNKNOWN:
        choice = workspace.unknown_consent
        tracked = choice in (TRACK, CLICKS_ONLY)
        return Allowance(choice == TRACK, tracked, tracked, NOT_ASKED.get(choice, NOT_ASKED[NOTHING]), called)
    values = {**called, "source": contact.consent_source, "day": contact.consent_at.date().isoformat() if contact.consent_at else ""}
    agreed = state == GIVEN
    return Allowance(agreed, agreed, False, ASKED_AND_GIVEN if agreed else ASKED_AND_REFUSED, values, contact.consent_at)


async def give(contact: Contact, source: str, noted_by: UUID | None = None) -> None:
    """They allow tracking; `source` says in words how we know."""
    async with together():
        await note(contact, GIVEN, source, noted_by)
        await announce(ConsentGiven(contact.id))


async def refuse(contact: Contact, source: str, noted_by: UUID | None = None) -> None:
    """They do not want to be tracked: it holds at once, for mail already sent too."""
    async with together():
        await note(contact, REFUSED, source, noted_by)
        await announce(ConsentRefused(contact.id))


async def note(contact: Contact, state: str, source: str, noted_by: UUID | None) -> None:
    """Keep the change with its proof, and make it what holds now."""
    source = " ".join(source.split())[:LONGEST_SOURCE]
    if not source:
        raise Refused("Say how you know: a form, a mail, a call. Consent without a source proves nothing.", field="source")
    at = now()
    await Consent(workspace=contact.workspace, contact=contact.id, state=state, source=source, noted_by=noted_by, at=at).save()
    await contact.update_self({Contact.consent: state, Contact.consent_source: source, Contact.consent_at: at})


async def record(contact: Contact, state: str, source: str, noted_by: UUID | None = None) -> None:
    """What a form says about consent: given or refused."""
    if state not in (GIVEN, REFUSED):
        raise Refused("Choose whether they agreed or refused.", field="state")
    await (give if state == GIVEN else refuse)(contact, source, noted_by)


async def story(contact: Contact) -> list[Consent]:
    """Every change of consent, latest first, with who noted it."""
    return await Consent.objects(Consent.noted_by).where(Consent.contact == contact.id).order_by(Consent.at, ascending=False)
