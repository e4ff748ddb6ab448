"""Who answers instead of somebody who is away."""

# ruff: noqa: E501 - tables of wordings

import re

from app.contacts.addresses import normal
from app.threads.recognising.fields import ADDRESSES
from app.threads.recognising.seen import Seen
from app.threads.recognising.verdict import StandIn

LOOKED_AT = 4_000
BEFORE, AFTER = 160, 80

ASKS = re.compile(
    r"""
      contact | reach\ out | get\ in\ touch | (e-?mail|write|call|send|turn|refer|speak)\ (to\ )? | urgent | colleague | in\ my\ absence | assist | stand-?in | covering
    | wenden | kontaktier\w* | vertret\w+ | kolleg\w+ | dringend\w* | in\ meiner\ abwesenheit | schreiben\ sie | erreichen\ sie
    | contacter | adresser | collègue | urgence | en\ mon\ absence | joindre | contacte | contactar | póngase | dirij\w+ | diríj\w+ | compañer\w+ | urgen\w+ | mi\ ausencia
    | contattare | rivolger\w+ | collega | urgenz\w* | mia\ assenza | contact\ opnemen | neem | wend\w* | spoed | dringende | contate | contat\w+ | dirig\w+ | colega | urgência
    """,
    re.IGNORECASE | re.VERBOSE,
)
WORD = r"[^\W\d_][\w'’.-]{0,30}"
NAME = re.compile(r"((?:(?:Dr|Prof|Mr|Mrs|Ms|Herrn|Herr|Frau|M|Mme|Sr|Sra|Dott|Dhr|Mevr)\.?\s)?[A-ZÀ-ÖØ-ÞŁŚŻ][\w'’-]{1,30}(?:\s(?:von|van|de|der|den|di|da|del|la|le|zu|du|dos)){0,2}(?:\s[A-ZÀ-ÖØ-ÞŁŚŻ][\w'’-]{1,30}){1,2})\s{0,2}[\s(<\[,:–-]{0,4}(?:(?:at|unter|via|e-?mail|mail|per mail|an|à|op|al|em|su|a|auf)\s?:?\s?)?[(<\[]?(?:mailto:)?$")
COLLEAGUE = r"(?:(?:(?i:my|our|meine[nrm]?|unsere[nrm]?|mon|ma|mi|il mio|la mia|mijn|o meu|a minha)\s)?(?i:colleagues?|kolleg(?:e|en|in)|assistants?|assistentin|vertret(?:er|ung|erin)|collègue|compañer[oa]|collega|colega)\s)?"
ASKED = re.compile(
    r"(?:(?i:contact|contacter|contacte(?: con| a| o)?|contactar(?: con| a| o)?|contattare|rivolger(?:si|ti|vi) a|opnemen met|an|kontaktieren sie|reach out to|adresser à))\s(?:(?i:bitte|please)\s)?"
    + COLLEAGUE
    + r"(?:(?:Mr|Mrs|Ms|Dr|Herrn|Herr|Frau|M|Mme|Sr|Sra)\.?\s){0,2}([A-ZÀ-Þ][\w'’-]{1,30}\s[A-ZÀ-Þ][\w'’-]{1,30})(?=[\s,.;:(]|$)"
)
TITLES = re.compile(r"^(Herrn?|Frau|Mr|Mrs|Ms|M|Mme|Sr|Sra|Dhr|Mevr)\.?\s")
NO_NAME = frozenset(["please", "contact", "my", "colleague", "urgent", "matters", "bitte", "kontaktieren", "sie", "wenden", "fällen", "in", "for", "the", "case", "office", "de", "per", "favore", "neem", "wij", "merci", "veuillez"])


def stand_in(seen: Seen) -> StandIn | None:
    """The first other address in the text that the words around it offer for the meantime, with the name before it."""
    text = " ".join(seen.own_words[:LOOKED_AT].split())
    known = {seen.mail.sender, *(address for _, _, address in seen.mail.to)}
    for found in ADDRESSES.finditer(text):
        address = normal(found[0].rstrip("."))
        if address not in known and ASKS.search(text[max(0, found.start() - BEFORE) : found.start()]):
            return StandIn(name_before(text[max(0, found.start() - AFTER) : found.start()]), address)
    return named_without_address(text)


def named_without_address(text: str) -> StandIn | None:
    """“Please contact Jonas Falk”, with a telephone number at best."""
    found = ASKED.search(text)
    return StandIn(found[1], "") if found else None


def name_before(text: str) -> str:
    found = NAME.search(text)
    if not found:
        return ""
    words = TITLES.sub("", found[1]).split()
    while words and words[0].lower().strip(",.") in NO_NAME:
        words = words[1:]
    return " ".join(words)[:100]
