"""Complaints that a recipient called it spam (RFC 5965, and providers that word it themselves)."""

import re

from app.threads.recognising.fields import address_in, addresses_in, fields
from app.threads.recognising.kinds import COMPLAINT, OTHER
from app.threads.recognising.reasons import ARRIVED
from app.threads.recognising.seen import Seen
from app.threads.recognising.verdict import DELIVERED, Recognition, Result, Sentence
from app.web.locale import N_

NO_COMPLAINT = ("auth-failure", "not-spam", "dmarc", "other-notice")
JUNK_PROGRAM = re.compile(r"^complaint about message from\b|^\W?hotmail (jmrp|complaint)|^microsoft.{0,20}junk.{0,20}report", re.IGNORECASE)
JUNK_HEADERS = ("x-hmxmroriginalrecipient", "x-hotmail-junk-mail-reporting", "x-abuse-report-type")
JUNK_RECIPIENT = re.compile(r"^x-hmxmroriginalrecipient[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
IN_WORDS = re.compile(
    r"(spam|abuse) (complaint|report)|(marked|reported|classified) .{0,40}(as|to be) (spam|junk|unsolicited)|feedback loop", re.IGNORECASE
)
STATED = re.compile(
    r"\b(this|the following) is an? (\w+ )?(e-?mail )?(abuse|spam|fraud|opt-?out|feedback) (report|complaint)\b.{0,60}(message|mail|network)",
    re.IGNORECASE | re.DOTALL,
)
DESK = re.compile(r"^(abuse|feedback|fbl|complaints?|feedbackloop|scomp|staff)[-+@._]", re.IGNORECASE)

MARKED = Sentence(N_("A complaint report says that the recipient marked it as spam."))
NO_SPAM_REPORT = Sentence(N_("It is a report of a mail system, but nobody complained."))


def complaint(seen: Seen) -> Recognition | None:
    told = next((one.content for one in seen.mail.reports if one.type == "message/feedback-report"), "")
    if told or seen.mail.report_type == "feedback-report":
        return of_feedback(seen, fields(told))
    return of_junk_program(seen) or in_words(seen)


def of_feedback(seen: Seen, found: dict[str, str]) -> Recognition:
    """The type decides (RFC 5965, 3.1; RFC 6591 for failed authentication)."""
    kind = found.get("feedback-type", "abuse").lower()
    if any(kind.startswith(other) for other in NO_COMPLAINT):
        return Recognition(OTHER, (f"rfc5965-{kind[:20]}",), (NO_SPAM_REPORT,))
    address = address_in(found.get("original-rcpt-to", "")) or address_in(found.get("removal-recipient", "")) or junk_recipient(seen)
    return complained("rfc5965-feedback-report", address)


def complained(rule: str, address: str) -> Recognition:
    return Recognition(COMPLAINT, (rule,), (MARKED,), results=(Result(address, DELIVERED, "", "", ARRIVED),))


def of_junk_program(seen: Seen) -> Recognition | None:
    """Microsoft's Junk Mail Reporting Program sends the mail back in a plain letter."""
    marked = any(seen.header(name) for name in JUNK_HEADERS) or junk_recipient(seen)
    if JUNK_PROGRAM.match(seen.subject) or (marked and not seen.reply_subject):
        return complained("microsoft-jmrp", junk_recipient(seen))
    return None


def junk_recipient(seen: Seen) -> str:
    contents = [seen.mail.headers.get("x-hmxmroriginalrecipient", [""])[0], *(one.content[:60_000] for one in seen.mail.returned)]
    found = [address for content in contents for line in JUNK_RECIPIENT.findall(content) for address in addresses_in(line)]
    return next(iter(found), "")


def in_words(seen: Seen) -> Recognition | None:
    """An abuse desk that returns our mail and says why in words."""
    returns = bool(seen.mail.returned) or seen.returned_at < len(seen.lines)
    if not returns or seen.answers or seen.reply_subject:
        return None
    if STATED.search(seen.server_words[:300]) or (DESK.match(seen.mail.sender) and IN_WORDS.search(f"{seen.subject}\n{seen.server_words[:3_000]}")):
        return complained("abuse-desk-wording", junk_recipient(seen))
    return None
