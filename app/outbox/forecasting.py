"""Whether an open of this mail can be expected to be seen, in one line with its reason, before it is sent. It never holds a mail up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.clock import now
from app.database import rows
from app.identity.guarding import Me
from app.outbox.addressing import called
from app.outbox.promising import Promise, Promises
from app.outbox.tables import Draft
from app.tracking.looking_up import providers_of, want
from app.tracking.scenes import APPLE, GOOGLE, MICROSOFT, YAHOO, domain_of
from app.web.locale import N_, translate

LIKELY, PERHAPS, HARDLY, NEVER = "likely", "perhaps", "hardly", "never"
ORDER = (NEVER, HARDLY, PERHAPS, LIKELY)
CLIP = 102_400
"""Octets of HTML after which Gmail shows “Message clipped” instead of the rest."""
OF_A_LINK = 170
"""Octets that sealing adds to an address, about."""
LOOKED_BACK, TO_BE_OPENED = 10, timedelta(days=3)
FEWEST = 3
AHEAD = ("proton.me", "protonmail.com", "pm.me")
TAKES_OUT = ("hey.com", "duck.com")

OFF = N_("Opens will not be seen: you switched that off for this mail.")
NOT_ALLOWED = N_("Opens will not be seen: they may not be tracked for %(name)s.")
SHARED = N_("An open will show as “someone of %(count)d”: one mail has one pixel for everybody. Send it separately to see who.")
SOME = N_("Opens can be expected to be seen of %(likely)d of %(count)d.")
PRIVACY = N_("An open of %(name)s can't be told: their Apple Mail loads every picture by itself. A click or a reply will tell.")
SEEN_BEFORE = N_("An open will probably be seen: of the last %(mails)d mails to %(name)s, %(seen)d showed one.")
SEEN_LAST = N_("An open will probably be seen: the last mail to %(name)s showed one.")
SEEN_SELDOM = N_("An open may be seen: of the last %(mails)d mails to %(name)s, %(seen)d showed one.")
BLOCKED = N_("An open will hardly be seen: %(name)s answered mail that never showed one, so pictures are blocked there. Clicks and replies are seen.")
NEVER_SEEN = N_("An open will hardly be seen: none of the last %(mails)d mails to %(name)s showed one.")
LOADED_AHEAD = N_("An open of %(name)s can't be told: Proton loads pictures ahead of reading. A click or a reply will tell.")
TAKEN_OUT = N_("An open will hardly be seen: %(domain)s takes tracking pictures out of mail.")
AT_GOOGLE = N_("An open will probably be seen: %(domain)s has its mail at Google, which loads pictures when a mail is opened, and hides the device.")
AT_YAHOO = N_("An open will probably be seen: %(domain)s has its mail at Yahoo, which loads pictures when a mail is opened, and hides the device.")
AT_MICROSOFT = N_("An open may be seen: %(domain)s has its mail at Microsoft, and Outlook often asks before it shows pictures.")
AT_APPLE = N_("An open can hardly be told: %(domain)s has its mail at Apple, which mostly loads pictures by itself. A click or a reply will tell.")
ELSEWHERE = N_("An open may be seen: it depends on whether the mail program of %(name)s shows pictures. Nothing is known of that yet.")
NOT_LOOKED_UP = N_("An open may be seen: where %(domain)s has its mail is being looked up.")
CLIPPED = N_("Gmail cuts this mail off after 102 KB (it has %(size)d): an open is still seen by the picture at its top, links below may stay hidden.")

HISTORY = """
SELECT c.id, h.* FROM unnest($1::uuid[]) AS c (id) CROSS JOIN LATERAL (
  SELECT count(*)::int AS mails, count(*) FILTER (WHERE opened_at IS NOT NULL)::int AS seen,
    count(*) FILTER (WHERE opened_at IS NULL AND replied_at IS NOT NULL)::int AS blind, count(*) FILTER (WHERE by_itself)::int AS by_itself
  FROM (
    SELECT m.opened_at, m.replied_at, m.opened_at IS NULL AND EXISTS (
        SELECT FROM verdict v WHERE v.message = m.id AND v.kind = 'open' AND v.device ->> 'hidden_by' = 'Apple') AS by_itself
    FROM recipient r JOIN message m ON m.id = r.message
    WHERE r.contact = c.id AND m.workspace = $2 AND m.person = $3 AND m.direction = 'sent' AND m.opens_tracked AND m.failed_at IS NULL
      AND (m.opened_at IS NOT NULL OR m.replied_at IS NOT NULL OR m.at < $4)
      AND NOT EXISTS (SELECT FROM recipient other WHERE other.message = m.id AND other.id <> r.id)
    ORDER BY m.at DESC LIMIT $5
  ) lately
) h
"""


@dataclass(frozen=True)
class Forecast:
    """How likely an open is to be seen, and the sentence with its reason, in the reader's language."""

    outlook: str
    words: str


@dataclass(frozen=True)
class Expected:
    """The same, not yet in anybody's language."""

    outlook: str
    sentence: str
    values: dict[str, Any]

    def words(self, language: str) -> str:
        return translate(language, self.sentence, **self.values)


async def forecast(draft: Draft, me: Me, found: Promises) -> Forecast | None:
    """Nothing while there is nobody to write to."""
    if not found.each:
        return None
    language = me.person.locale
    if not draft.tracks_opens:
        return Forecast(NEVER, translate(language, OFF))
    each = await expected_of(found.each, me)
    outlook, words = told(each, draft, found, language)
    kilobytes = size(draft) // 1024
    if outlook != NEVER and size(draft) > CLIP and GOOGLE in (await providers(found.each)).values():
        words = f"{words} {translate(language, CLIPPED, size=kilobytes)}"
    return Forecast(outlook, words)


def told(each: Sequence[Expected], draft: Draft, found: Promises, language: str) -> tuple[str, str]:
    """One line for everybody: what a mail to all of them can show, or of each what is the least sure."""
    worst = min(each, key=lambda one: ORDER.index(one.outlook))
    if len(each) == 1:
        return worst.outlook, worst.words(language)
    if not draft.separately:
        return (worst.outlook, worst.words(language)) if not found.opens else (PERHAPS, translate(language, SHARED, count=len(each)))
    likely = sum(one.outlook == LIKELY for one in each)
    counted = translate(language, SOME, likely=likely, count=len(each))
    if not likely:
        return worst.outlook, worst.words(language)
    return (LIKELY, counted) if likely == len(each) else (PERHAPS, f"{counted} {worst.words(language)}")


async def expected_of(people: Sequence[Promise], me: Me) -> list[Expected]:
    known = await history([one.contact for one in people if one.contact], me)
    hosts = await providers(people)
    await want(domain for one in people if (domain := domain_of(one.who["address"])) not in hosts)
    return [expected(one, known.get(one.contact), hosts.get(domain_of(one.who["address"]), "")) for one in people]


async def providers(people: Sequence[Promise]) -> dict[str, str]:
    return await providers_of({domain_of(one.who["address"]) for one in people})


async def history(contacts: Sequence[UUID], me: Me) -> dict[UUID | None, dict[str, Any]]:
    """What became of the latest mails to each of them alone that were tracked and had their time."""
    found = await rows(HISTORY, list(contacts), me.workspace.id, me.person.id, now() - TO_BE_OPENED, LOOKED_BACK)
    return {row["id"]: row for row in found if row["mails"]}


def expected(one: Promise, past: dict[str, Any] | None, host: str) -> Expected:
    """What is known of the person first, then what their provider does."""
    values = {"name": called(one.who), "domain": domain_of(one.who["address"])}
    if not one.allowance.opens:
        return Expected(NEVER, NOT_ALLOWED, values)
    outlook, sentence = (by_history(past) if past else None) or by_provider(values["domain"], host)
    return Expected(outlook, sentence, {**values, **(past or {})})


def by_history(past: dict[str, Any]) -> tuple[str, str] | None:
    """Three mails are the least to say that somebody never shows an open; one answered unseen says as much."""
    if past["by_itself"] > past["seen"]:
        return HARDLY, PRIVACY
    if past["mails"] == past["seen"] == 1:
        return LIKELY, SEEN_LAST
    if past["seen"]:
        return (LIKELY, SEEN_BEFORE) if past["seen"] * 2 >= past["mails"] else (PERHAPS, SEEN_SELDOM)
    if past["blind"]:
        return HARDLY, BLOCKED
    return (HARDLY, NEVER_SEEN) if past["mails"] >= FEWEST else None


def by_provider(domain: str, host: str) -> tuple[str, str]:
    if domain in AHEAD:
        return HARDLY, LOADED_AHEAD
    if domain in TAKES_OUT:
        return HARDLY, TAKEN_OUT
    known = {
        GOOGLE: (LIKELY, AT_GOOGLE), YAHOO: (LIKELY, AT_YAHOO), MICROSOFT: (PERHAPS, AT_MICROSOFT), APPLE: (HARDLY, AT_APPLE),
        "": (PERHAPS, NOT_LOOKED_UP),
    }  # fmt: skip
    return known.get(host, (PERHAPS, ELSEWHERE))


def size(draft: Draft) -> int:
    """Octets of the HTML as it will go out, about."""
    html = draft.html + draft.quote
    return len(html.encode()) + html.count("<a ") * OF_A_LINK
