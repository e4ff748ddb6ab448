"""What will be tracked about whom, asked of their consent and said in plain words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from app.contacts.consent import Allowance, allowed
from app.contacts.finding import known
from app.contacts.refusing import refused
from app.identity.tables import Person, Workspace
from app.outbox.addressing import Somebody, called
from app.outbox.separating import everybody
from app.outbox.tables import Draft
from app.web.locale import N_, translate

NEVER_LOGGED = N_("Nothing will be logged or tracked: %(name)s is on your never-log list.")
SWITCHED_OFF = N_("Nothing will be tracked: you switched it off for this mail.")
BY_OTHERS = N_("Nothing will be tracked about %(name)s either: one mail has one pixel for everybody, and not everybody allows it.")
ONLY_OPENS = N_("About %(name)s only opens will be tracked in this mail.")
ONLY_CLICKS = N_("About %(name)s only clicks will be tracked in this mail.")
DISCLOSED = N_("A line in the mail says so and lets them opt out.")


@dataclass(frozen=True)
class Promise:
    """What one recipient allows. `contact` is who they are, if we know them."""

    who: Somebody
    kind: str
    allowance: Allowance
    contact: UUID | None
    never_logged: bool


@dataclass(frozen=True)
class Promises:
    """What a mail will do, all recipients considered: it has one pixel, so the strictest of them decides."""

    each: tuple[Promise, ...]
    opens: bool
    clicks: bool

    @property
    def refusing(self) -> set[str]:
        """Addresses about whom nothing may be tracked."""
        return {promise.who["address"] for promise in self.each if not promise.allowance.opens and not promise.allowance.clicks}

    @property
    def disclosed(self) -> list[Promise]:
        """Those to whom a line in the mail has to tell it."""
        return [promise for promise in self.each if promise.allowance.discloses and (self.opens or self.clicks)]


@dataclass(frozen=True)
class Line:
    """A sentence under the editor, in the reader's language."""

    words: str
    tracked: bool


async def promises(draft: Draft, workspace: Workspace) -> Promises:
    """Ask contacts what each recipient allows, and the draft what is wanted."""
    people = everybody(draft)
    addresses = {one["address"] for _, one in people}
    contacts, never = await known(workspace.id, addresses), await refused(draft.person, addresses)
    made = []
    for kind, one in people:
        contact = contacts.get(one["address"])
        asked = allowed(workspace, contact, called(one))
        promise = Promise(one, kind, asked, contact.id if contact else None, one["address"] in never)
        made.append(replace(promise, allowance=restricted(promise)))
    return together(made, draft)


def together(made: Sequence[Promise], draft: Draft) -> Promises:
    """What one mail to all of them does."""
    return Promises(
        tuple(made),
        opens=bool(made) and draft.tracks_opens and all(promise.allowance.opens for promise in made),
        clicks=bool(made) and draft.tracks_clicks and all(promise.allowance.clicks for promise in made),
    )


def restricted(promise: Promise) -> Allowance:
    """Less than consent allows, for those who are never logged."""
    return Allowance(False, False, False, NEVER_LOGGED, {"name": called(promise.who)}) if promise.never_logged else promise.allowance


def lines(found: Promises, draft: Draft, person: Person) -> list[Line]:
    """One sentence a recipient; one for all if the rep switched tracking off. Sent separately, nobody decides for the others."""
    if found.each and not draft.tracks_opens and not draft.tracks_clicks:
        return [Line(translate(person.locale, SWITCHED_OFF), False)]
    return [line(promise, together([promise], draft) if draft.separately else found, person.locale) for promise in found.each]


def line(promise: Promise, found: Promises, language: str) -> Line:
    """Their own reason where it is the whole truth, else what the mail as a whole does."""
    allowance, tracked = promise.allowance, found.opens or found.clicks
    if (allowance.opens, allowance.clicks) == (found.opens, found.clicks):
        return Line(allowance.words(language), tracked)
    sentence = (ONLY_OPENS if found.opens else ONLY_CLICKS) if tracked else BY_OTHERS
    words = translate(language, sentence, name=called(promise.who))
    return Line(f"{words} {translate(language, DISCLOSED)}" if tracked and allowance.discloses else words, tracked)
