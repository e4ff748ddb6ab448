"""The texts a rep keeps for following up, and those we offer to begin with."""

from dataclasses import dataclass
from uuid import UUID

from app.clock import now
from app.errors import NotHere, Refused
from app.identity.guarding import Me
from app.reminders.filling_in import LONGEST_NAME, checked
from app.reminders.tables import FollowUpText
from app.web.locale import LANGUAGES, N_, translate

MOST_TEXTS = 30
OFFERED = {
    "friendly": (
        N_("A friendly question"),
        N_(
            "Hi {first name},\n\nI wrote to you {days} days ago about “{subject}”. Did you have a chance to look at it?\n\n"
            "If anything is missing, tell me and I will send it.\n\nBest regards\n{my name}"
        ),
    ),
    "short": (
        N_("Short and quick"),
        N_("Hi {first name},\n\nis “{subject}” still on your desk? A short yes or no is enough for me.\n\nBest regards\n{my name}"),
    ),
    "last": (
        N_("A last try"),
        N_(
            "Hi {first name},\n\nI have not heard from you about “{subject}” in {days} days, so I take it that the time is not right. "
            "I will not write again unless you ask me to.\n\nAll the best\n{my name}"
        ),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Offered:
    """A text to take over, in one of our languages. `key` names it."""

    key: str
    language: str
    name: str
    text: str


def offered(language: str | None = None) -> list[Offered]:
    """What we offer in a language; in all of them without one."""
    languages = (language,) if language else LANGUAGES
    return [Offered(f"{key}-{one}", one, translate(one, name), translate(one, text)) for one in languages for key, (name, text) in OFFERED.items()]


async def texts_of(me: Me) -> list[FollowUpText]:
    """In the order they were made."""
    mine = FollowUpText.person == me.person.id, FollowUpText.workspace == me.workspace.id, FollowUpText.removed_at.is_null()
    return await FollowUpText.objects().where(*mine).order_by(FollowUpText.created_at)


async def text_of(me: Me, text_id: UUID) -> FollowUpText:
    """One of the rep's own, removed ones included."""
    mine = FollowUpText.id == text_id, FollowUpText.person == me.person.id, FollowUpText.workspace == me.workspace.id
    found = await FollowUpText.objects().where(*mine).first()
    if found is None:
        raise NotHere("There is no such text here. It may be somebody else's.")
    return found


async def keep(me: Me, name: str, text: str) -> FollowUpText:
    """One more."""
    name, text = named(name), checked(text)
    if len(await texts_of(me)) >= MOST_TEXTS:
        raise Refused("You keep %(most)d texts already. Remove one first.", field="name", most=MOST_TEXTS)
    made = FollowUpText(workspace=me.workspace.id, person=me.person.id, name=name, text=text, created_at=now())
    await made.save()
    return made


async def take_over(me: Me, key: str) -> FollowUpText:
    """One of ours becomes the rep's own, to be changed as they like. Twice is once."""
    found = next((one for one in offered() if one.key == key), None)
    if found is None:
        raise Refused("There is no such text to take over. Choose one from the list.", field="text")
    same = next((one for one in await texts_of(me) if one.text == found.text), None)
    return same or await keep(me, found.name, found.text)


async def change(text: FollowUpText, name: str, words: str) -> None:
    await text.update_self({FollowUpText.name: named(name), FollowUpText.text: checked(words)})


async def remove(text: FollowUpText) -> None:
    """Out of the list; `restore` brings it back."""
    await text.update_self({FollowUpText.removed_at: now()})


async def restore(text: FollowUpText) -> None:
    await text.update_self({FollowUpText.removed_at: None})


def named(name: str) -> str:
    line = " ".join("".join(char if char.isprintable() else " " for char in name).split())
    if not line:
        raise Refused("Give the text a name, so that you find it in the menu.", field="name")
    if len(line) > LONGEST_NAME:
        raise Refused("Use at most %(most)d characters.", field="name", most=LONGEST_NAME)
    return line


async def menu(me: Me) -> list[tuple[str, str]]:
    """What can be chosen on a row: (id, name) of the rep's own; else of those we offer in their language."""
    own = await texts_of(me)
    return [(str(one.id), str(one.name)) for one in own] or [(one.key, one.name) for one in offered(me.person.locale)]


async def words_of(me: Me, chosen: str) -> tuple[str, str]:
    """Name and text of what was chosen; of the first in the menu if nothing was."""
    key = chosen or (await menu(me))[0][0]
    ours = next((one for one in offered() if one.key == key), None)
    if ours is not None:
        return ours.name, ours.text
    try:
        own = await text_of(me, UUID(key))
    except ValueError:
        raise Refused("There is no such text (any more). Choose one from the menu.") from None
    return str(own.name), str(own.text)
