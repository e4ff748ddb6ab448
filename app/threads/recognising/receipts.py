"""Receipts for having read a mail (RFC 8098), and those that programs word as a letter."""

# ruff: noqa: E501 - tables of wordings

import re

from app.threads.recognising.delivery import TYPES as DELIVERY_TYPES
from app.threads.recognising.fields import MESSAGE_IDS, address_in, fields
from app.threads.recognising.kinds import BOUNCE_SOFT, OTHER, READ_RECEIPT, READ_RECEIPT_DECLINED
from app.threads.recognising.reasons import ARRIVED, POLICY
from app.threads.recognising.seen import Seen
from app.threads.recognising.verdict import DELIVERED, FAILED, Recognition, Result, Sentence
from app.web.locale import N_

TYPES = ("message/disposition-notification", "message/global-disposition-notification")

READ = re.compile(
    r"^(read|gelesen|lu|leído|letto|gelezen|lida|lido|läst|lest|læst|przeczytano|přečteno|luettu|read receipt|read-receipt|return receipt|lesebestätigung|empfangsbestätigung|accusé de lecture|confirmation de lecture"
    r"|confirmación de lectura|conferma di lettura|ricevuta di (lettura|ritorno)|leesbevestiging|ontvangstbevestiging|confirmação de leitura|recibo de leitura|disposition notification|已读|既読|開封済み|прочитано)\s?[:：\-–]",
    re.IGNORECASE,
)
NOT_READ = re.compile(
    r"^(not read|deleted|ungelesen|gelöscht|nicht gelesen|non lu|no leído|non letto|niet gelezen|não lida|não lido|ej läst|ulest|ikke læst|nie przeczytano|未读|未開封|не прочитано|return receipt \(deleted\))\s?[:：\-–]",
    re.IGNORECASE,
)
SAYS_READ = re.compile(
    r"""
      \bwas\ (read|opened|displayed|viewed)\ (on|at|by|:) | has\ been\ (read|displayed|opened)\b | message\ (was\ |has\ been\ )?(displayed|read|opened)\b | return\ receipt\ (for|acknowledges)
    | wurde\ am\ .{4,60}(gelesen|geöffnet|angezeigt) | (wurde|ist)\ .{0,40}(gelesen|angezeigt|geöffnet)\ (am|worden|um) | nachricht\ wurde\ gelesen | a\ [ée]t[ée]\ (lu|affich|ouvert) | a\ été\ lu
    | (ha\ sido|fue)\ (leíd|abiert|mostrad|visualizad) | (è|e')\ stato\ (letto|visualizzato|aperto) | (is|werd)\ gelezen | foi\ (lid|exibid|abert|visualizad) | zosta[łl]a?\ (przeczytan|wyświetlon)
    """,
    re.IGNORECASE | re.VERBOSE,
)
SAYS_DELETED = re.compile(
    r"was deleted without being read|deleted unread|wurde .{0,60}ungelesen gelöscht|gelöscht, ohne|sans (avoir été|être) lu|eliminad[oa] sin (ser )?leer|eliminato senza|verwijderd zonder|excluíd[ao] sem",
    re.IGNORECASE,
)
REJECTED = re.compile(r"reject|refus|not accept|abgelehnt|rejet|rechaz", re.IGNORECASE)
LONGEST_LETTER = 3_000

DISPLAYED = Sentence(N_("A read receipt says that it was displayed."))
DELETED = Sentence(N_("A read receipt says that it was deleted without being displayed."))
DENIED = Sentence(N_("They declined to send a read receipt."))
PROCESSED = Sentence(N_("A receipt says that a program dealt with it; nothing tells whether somebody read it."))
SIEVE = Sentence(N_("The recipient's filter rejected it."))
WORDED = Sentence(N_("It is a read receipt in words: “%(subject)s”."))


def read_receipt(seen: Seen) -> Recognition | None:
    """By the disposition (RFC 8098, 3.2.6), never by the subject where there is a disposition."""
    told = next((one.content for one in seen.mail.reports if one.type in TYPES), "")
    found = fields(told) if told else {}
    if "disposition" not in found and seen.mail.report_type != "disposition-notification":
        return in_words(seen)
    address = address_in(found.get("final-recipient", "")) or address_in(found.get("original-recipient", "")) or seen.mail.sender
    return of_disposition(seen, found.get("disposition", ""), address)


def of_disposition(seen: Seen, disposition: str, address: str) -> Recognition:
    kind = disposition.lower().rpartition(";")[2] or disposition.lower()
    if "displayed" in kind or (not kind.strip() and not NOT_READ.match(seen.subject)):
        return told(READ_RECEIPT, "rfc8098-displayed", DISPLAYED, address)
    if "denied" in kind:
        return told(READ_RECEIPT_DECLINED, "rfc8098-denied", DENIED, address)
    if "deleted" in kind and "automatic-action" in disposition.lower() and REJECTED.search(seen.subject):
        result = Result(address, FAILED, "5.7.1", disposition, POLICY)
        return Recognition(BOUNCE_SOFT, ("rfc5429-sieve-reject",), (SIEVE,), status="5.7.1", results=(result,))
    if "deleted" in kind or not kind.strip():
        return told(READ_RECEIPT_DECLINED, "rfc8098-deleted", DELETED, address)
    return Recognition(OTHER, ("rfc8098-processed",), (PROCESSED,))


def told(kind: str, rule: str, why: Sentence, address: str) -> Recognition:
    return Recognition(kind, (rule,), (why,), results=(Result(address, DELIVERED, "", "", ARRIVED),))


def in_words(seen: Seen) -> Recognition | None:
    """Notes, GroupWise and web mailers write a letter instead of a report: the subject and the letter have to agree."""
    if any(one.type in DELIVERY_TYPES for one in seen.mail.reports) or seen.quotes or len(seen.text) > LONGEST_LETTER:
        return None
    why = Sentence(WORDED.words, {"subject": seen.subject[:100]})
    if NOT_READ.match(seen.subject) and (SAYS_DELETED.search(seen.text) or SAYS_READ.search(seen.text)):
        return told(READ_RECEIPT_DECLINED, "receipt-wording-deleted", why, seen.mail.sender)
    if READ.match(seen.subject) and SAYS_READ.search(seen.text):
        return told(READ_RECEIPT, "receipt-wording-displayed", why, seen.mail.sender)
    return None


def named_by_receipt(seen: Seen) -> list[str]:
    """Original-Message-ID; a receipt without it (Exchange) answers the mail instead."""
    contents = [one.content for one in seen.mail.reports if one.type in TYPES]
    return [found for content in contents for found in MESSAGE_IDS.findall(fields(content).get("original-message-id", ""))]
