"""What pages ask about hits: found through the person whose message they touched, and ready to be told."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from babel.core import Locale

from app.database import rows
from app.errors import NotHere
from app.identity.guarding import Me
from app.threads.asking import message_of
from app.threads.tables import Message
from app.tracking.rules import FOR, RULES
from app.tracking.tables import CLICK, PERSON, PastTouch, Verdict

MOST_SHOWN = 100


@dataclass(frozen=True)
class Why:
    """One reason in words; `side` says whether it speaks for the verdict, against it, or for neither."""

    rule: str
    side: str
    sentence: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Touch:
    """A hit as people are told of it."""

    id: UUID
    at: datetime
    kind: str
    words: str
    verdict: str
    percent: int
    device: dict[str, Any]
    reasons: list[Why]
    judged_at: datetime
    is_overruled: bool
    likely: str = ""
    is_part: bool = False

    @property
    def is_click(self) -> bool:
        return self.kind == CLICK


async def verdict_of(me: Me, hit: UUID) -> Verdict:
    """A verdict on a hit of the signed-in person's own message."""
    found = await Verdict.objects().where(Verdict.id == hit, Verdict.workspace == me.workspace.id).output(load_json=True).first()
    mine = found is not None and await rows("SELECT 1 AS one FROM message WHERE id = $1 AND person = $2", found.message, me.person.id)
    if found is None or not mine:
        raise NotHere("There is no such open or click here. It may have been removed with its message, or it is a colleague's.")
    return found


async def touch_of(me: Me, hit: UUID, language: str) -> Touch:
    verdict = await verdict_of(me, hit)
    return told(verdict, await message_of(me, verdict.message), language)


async def touches_of(me: Me, message_id: UUID, language: str) -> list[Touch]:
    """Every judged hit of a message, newest first; of an endless row the latest."""
    message = await message_of(me, message_id)
    ours = (Verdict.message == message.id) & (Verdict.workspace == me.workspace.id)
    found = await Verdict.objects().where(ours).order_by(Verdict.hit_at, ascending=False).limit(MOST_SHOWN).output(load_json=True)
    return [told(verdict, message, language) for verdict in found]


async def past_of(me: Me, message_id: UUID) -> PastTouch | None:
    """What retention took away from a message, summed up."""
    message = await message_of(me, message_id)
    return await PastTouch.objects().where(PastTouch.message == message.id).first()


def told(verdict: Verdict, message: Message, language: str) -> Touch:
    # Piccolo types JSONB as text, also when loaded
    device, rules, likely = cast(Any, verdict.device), cast(Any, verdict.rules), cast(Any, verdict.likely)
    return Touch(
        id=verdict.id, at=verdict.hit_at, kind=verdict.kind, words=link_words(message, verdict.link), verdict=verdict.verdict,
        percent=round(verdict.confidence * 100), device=placed(device, language), reasons=[*whys(rules), *guesses(likely)],
        judged_at=verdict.judged_at, is_overruled=verdict.overruled_at is not None,
        likely=likely.get("name", "") if verdict.verdict == PERSON else "", is_part=verdict.repeats is not None,
    )  # fmt: skip


def link_words(message: Message, number: int) -> str:
    """What the link is called in the mail, else its address."""
    links = cast(list[dict[str, Any]], message.links)
    if not 0 <= number < len(links):
        return ""
    link = links[number]
    return str(link.get("words") or link.get("url", ""))


def placed(device: dict[str, Any], language: str) -> dict[str, Any]:
    """The device with the country's name in the reader's language."""
    country = device.get("country", "")
    return {**device, "place": Locale.parse(language).territories.get(country, "") if country else ""}


def guesses(likely: dict[str, Any]) -> list[Why]:
    """Why it was probably this one of them."""
    return whys([[likely["rule"], FOR, likely["values"]]]) if likely else []


def whys(kept: list[list[Any]]) -> list[Why]:
    """The reasons in words. A rule that a later version no longer knows is left out."""
    return [Why(rule, side, RULES[rule], values) for rule, side, values in kept if rule in RULES]
