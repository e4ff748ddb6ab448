"""What is told, in the person's language: the sentences of the feed as plain words."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.attention.choosing import Choice
from app.attention.deciding import tag_of, way_to
from app.notifications.tables import Delivery
from app.web.locale import N_, clock, translate
from app.web.templates import in_words

LONGEST = 300
"""Characters of one notification; a push takes about 3,900 octets."""
MOST_TOGETHER = 4
TITLE = "Nachfass"

QUOTED = N_("“%(subject)s”")
NO_SUBJECT = N_("(no subject)")
ONE_OF, SEVERAL = N_("Someone of %(n)s"), N_("%(n)s people")
SOMEBODY, TO_SOMEBODY = N_("Somebody"), N_("somebody")
SENTENCES = {
    "opened": N_("%(who)s opened %(what)s"),
    "clicked": N_("%(who)s clicked %(link)s in %(what)s"),
    "replied": N_("%(who)s replied to %(what)s"),
    "may_answer": N_("%(who)s wrote something that may answer %(what)s"),
    "receipt": N_("%(who)s sent a read receipt for %(what)s"),
    "bounced": N_("Your mail %(what)s to %(whom)s came back."),
    "complained": N_("%(who)s reported %(what)s as spam"),
    "failed": N_("Your mail %(what)s to %(whom)s was not sent."),
    "unclear": N_("Nobody can tell whether your mail %(what)s to %(whom)s went out."),
    "later_held": N_("Your scheduled mail %(what)s to %(whom)s is held."),
    "later_asks": N_("Your scheduled mail %(what)s to %(whom)s did not go out and waits for you."),
    "later_missed": N_("Your recurring mail %(what)s to %(whom)s missed its time."),
    "rang": N_("Your turn: %(what)s to %(whom)s."),
    "broke": N_("%(address)s can’t be read any more. See what to do."),
    "blind": N_("%(address)s was read again. See what came meanwhile."),
    "test": N_("This is how it looks when something happens. Everything works."),
}
GIVES_REASON = ("rang", "failed", "unclear", "later_held", "later_asks")
TURN_OF_CONTACT = N_("Your turn: %(whom)s.")
"""Of a reminder on a contact, which has no mail of its own."""
TOGETHER = N_("%(n)s things happened while you had quiet.")
AND_MORE = N_("and %(n)s more")
HAPPENED = N_("%(n)s things happened")


def sentence(one: Delivery, choice: Choice) -> str:
    """What happened; of a reminder also why it rang."""
    said, language = loaded(one), choice.language
    values = {
        "who": whom(said, language, ONE_OF, SOMEBODY), "whom": whom(said, language, SEVERAL, TO_SOMEBODY), "link": said.get("words", ""),
        "what": translate(language, QUOTED, subject=said.get("subject") or translate(language, NO_SUBJECT)), "address": said.get("address", ""),
    }  # fmt: skip
    words = TURN_OF_CONTACT if one.kind == "rang" and one.thread is None else SENTENCES[one.kind]
    told = translate(language, words, **values)
    return f"{told} {reason(said, choice)}".strip() if one.kind in GIVES_REASON else told


def loaded(one: Delivery) -> dict[str, Any]:
    said: Any = one.said  # read with load_json
    return dict(said)


def whom(said: dict[str, Any], language: str, many: str, nobody: str) -> str:
    """The other side: one name, how many, or nobody in particular."""
    names = said.get("names") or []
    if len(names) > 1:
        return translate(language, many, n=len(names))
    return str(said.get("who") or next(iter(names), "") or translate(language, nobody))


def reason(said: dict[str, Any], choice: Choice) -> str:
    values = {name: in_words(name, value, choice.language, choice.zone) for name, value in (said.get("values") or {}).items()}
    return translate(choice.language, said.get("why") or said.get("problem") or "", **values)


def pushed(one: Delivery, choice: Choice, *, short: bool = False) -> dict[str, Any]:
    """What a browser is given to show; `short`: as little as possible."""
    body = "" if short else sentence(one, choice)
    if one.kind == "test":
        return worded(one, choice, "test", body, "/settings/notifications")
    return worded(one, choice, tag_of(Told(one)), body, way_to(Told(one)))


def pushed_together(several: Sequence[Delivery], choice: Choice) -> dict[str, Any]:
    """Several as one, the latest first; a click opens the feed."""
    language, first = choice.language, sorted(several, key=lambda one: one.at, reverse=True)
    lines = [sentence(one, choice) for one in first[:MOST_TOGETHER]]
    more = [translate(language, AND_MORE, n=len(first) - MOST_TOGETHER)] if len(first) > MOST_TOGETHER else []
    body = "\n".join([translate(language, TOGETHER, n=len(first)), *lines, *more])
    return worded(first[0], choice, "together", body, "/")


def worded(one: Delivery, choice: Choice, tag: str, body: str, way: str) -> dict[str, Any]:
    return {
        "id": str(one.activity), "tag": tag, "title": TITLE, "body": shortened(body), "way": way, "at": int(one.at.timestamp() * 1000),
        "language": choice.language,
    }  # fmt: skip


def shortened(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


class Told:
    """A delivery as an event of the feed: what it is called there is its activity."""

    def __init__(self, one: Delivery) -> None:
        self.id: UUID = one.activity
        self.at: datetime = one.at
        self.kind: str = one.kind
        self.thread: UUID | None = one.thread
        self.message: UUID | None = one.message


def line(one: Delivery, choice: Choice) -> str:
    """For a mail: when, and what."""
    return f"{clock(one.at, choice.zone, choice.language)}  {sentence(one, choice)}"
