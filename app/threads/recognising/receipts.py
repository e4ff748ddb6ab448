"""Receipts for having read a mail (RFC 8098), and those that programs word as a letter."""

import re

from app.threads.recognising import receipt_wordings as said
from app.threads.recognising.delivery import TYPES as DELIVERY_TYPES
from app.threads.recognising.fields import MESSAGE_IDS, address_in, fields
from app.threads.recognising.kinds import BOUNCE_SOFT, OTHER, READ_RECEIPT, READ_RECEIPT_DECLINED
from app.threads.recognising.reasons import ARRIVED, POLICY
from app.threads.recognising.seen import Seen
from app.threads.recognising.verdict import DELIVERED, FAILED, Recognition, Result, Sentence
from app.web.locale import N_

TYPES = ("message/disposition-notification", "message/global-disposition-notification")

FLAGS = re.IGNORECASE | re.VERBOSE
READ, NOT_READ, SAYS_READ, SURELY = (re.compile(words, FLAGS) for words in (said.READ, said.NOT_READ, said.SAYS_READ, said.SURELY))
SAYS_DELETED, SAYS_DENIED = (re.compile(words, FLAGS) for words in (said.SAYS_DELETED, said.SAYS_DENIED))
LAYOUT = re.compile(said.LAYOUT, FLAGS | re.MULTILINE)
REJECTED = re.compile(r"reject|refus|not accept|abgelehnt|rejet|rechaz", re.IGNORECASE)
LONGEST_LETTER, OPENING = 3_000, 700

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
    kind = disposition_type(disposition)
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


def disposition_type(disposition: str) -> str:
    """What stands after the modes, before modifiers such as `/error` and what some programs write after them (RFC 8098, 3.2.6)."""
    parts = disposition.lower().split(";")
    return next((one.strip() for one in parts[1:2] if one.strip()), parts[0].strip())


def told(kind: str, rule: str, why: Sentence, address: str) -> Recognition:
    return Recognition(kind, (rule,), (why,), results=(Result(address, DELIVERED, "", "", ARRIVED),))


def in_words(seen: Seen) -> Recognition | None:
    """Notes, GroupWise and web mailers write a letter instead of a report: its subject and its words have to agree, or the words be plain."""
    reported = any(one.type in DELIVERY_TYPES for one in seen.mail.reports)
    if reported or seen.is_mailer or seen.forward_subject or seen.quotes or len(seen.text) > LONGEST_LETTER:
        return None
    words = " ".join(seen.text.replace("’", "'").split())
    titled, denied = titled_as(seen), SAYS_DENIED.search(words) is not None
    surely = SURELY.search(words[:OPENING]) is not None
    if not (titled or surely or marked(seen)):
        return None
    why = Sentence(WORDED.words, {"subject": seen.subject[:100]})
    if denied and (titled or surely):
        return told(READ_RECEIPT_DECLINED, "receipt-wording-denied", why, seen.mail.sender)
    if SAYS_DELETED.search(words) or (titled == "not-read" and tells_of_a_mail(seen, words)):
        return told(READ_RECEIPT_DECLINED, "receipt-wording-deleted", why, seen.mail.sender)
    if surely or marked(seen) or (titled == "read" and tells_of_a_mail(seen, words)):
        return told(READ_RECEIPT, "receipt-wording-displayed", why, seen.mail.sender)
    return None


def titled_as(seen: Seen) -> str:
    return "not-read" if NOT_READ.match(seen.subject) else "read" if READ.match(seen.subject) else ""


def marked(seen: Seen) -> bool:
    """Exchange 2000 and 2003 name the class of what they send."""
    return seen.header("content-class").lower() == "urn:content-classes:mdn"


def tells_of_a_mail(seen: Seen, words: str) -> bool:
    """It says that it was read, or repeats to whom and under which subject it went, as Outlook does in every language."""
    return SAYS_READ.search(words) is not None or LAYOUT.search(seen.text[:2_000]) is not None


def named_by_receipt(seen: Seen) -> list[str]:
    """Original-Message-ID; a receipt without it (Exchange) answers the mail instead."""
    contents = [one.content for one in seen.mail.reports if one.type in TYPES]
    return [found for content in contents for found in MESSAGE_IDS.findall(fields(content).get("original-message-id", ""))]
