"""Delivery reports (RFC 3464; RFC 6533 for addresses in all scripts): each recipient on its own, by the action first."""

from app.threads.reading import Letter
from app.threads.recognising.fields import address_in, best_status, codes_in, field_blocks, is_general, reply_code, with_reply
from app.threads.recognising.reasons import ARRIVED, UNCLEAR, Reason, by_reply, by_status, by_words, weighed
from app.threads.recognising.reasons import DELAYED as WAITING
from app.threads.recognising.seen import Seen
from app.threads.recognising.verdict import DELAYED, DELIVERED, EXPANDED, FAILED, RELAYED, Result

LONGEST_DIAGNOSTIC = 300
MOST_RECIPIENTS = 100
ACTIONS = (FAILED, DELAYED, DELIVERED, RELAYED, EXPANDED)
OF_A_RECIPIENT = ("final-recipient", "original-recipient", "action", "status", "diagnostic-code")
TYPES = ("message/delivery-status", "message/global-delivery-status", "message/xdelivery-status")

Fields = dict[str, str]


def reported(seen: Seen) -> str:
    """The machine's part of the report; some servers put it into the letter as text."""
    return "\n\n".join(one.content for one in seen.mail.reports if one.type in TYPES)


def reported_by(mail: Letter) -> str:
    """Reporting-MTA (RFC 3464, 2.2.2) without its type; where a report names none, the domain it came from."""
    told = next((one.content for one in mail.reports if one.type in TYPES), "")
    named = next((value for block in field_blocks(told) for name, value in block if name == "reporting-mta"), "")
    return named.rpartition(";")[2].partition("(")[0].strip().lower() or mail.sender.rpartition("@")[2]


def results_in(report: str, letter: str) -> list[Result]:
    """What the report says of each recipient; `letter` is what the same server wrote for people, for what the report leaves open."""
    blocks = recipients_of(report)
    alone = len(blocks) == 1
    return [result_of(block, letter if alone else "") for block in blocks][:MOST_RECIPIENTS]


def recipients_of(report: str) -> list[Fields]:
    """A block for each recipient, though a server forgot the blank line between two or put one inside."""
    found: list[Fields] = []
    for paragraph in field_blocks(report):
        if not found or (names_somebody(dict(paragraph)) and names_somebody(found[-1])):
            found.append({})
        for name, value in paragraph:
            if name in found[-1] and name in OF_A_RECIPIENT and name != "diagnostic-code":
                found.append({})
            if name in OF_A_RECIPIENT:
                found[-1].setdefault(name, value)
    return [block for block in found if "action" in block or "final-recipient" in block or "original-recipient" in block or "status" in block]


def names_somebody(block: Fields) -> bool:
    return "final-recipient" in block or "original-recipient" in block


def result_of(block: Fields, letter: str) -> Result:
    address = address_in(block.get("final-recipient", "")) or address_in(block.get("original-recipient", ""))
    diagnostic = block.get("diagnostic-code", "")
    diagnostic = diagnostic.partition(";")[2].strip() or diagnostic
    told, _, comment = block.get("status", "").partition(" ")
    diagnostic = diagnostic or comment.strip("() ")
    action = action_of(block.get("action", "")) or action_by(told) or FAILED
    status = best_status(told, diagnostic)
    if is_general(status) and action in (FAILED, DELAYED) and not codes_in(diagnostic):
        status = best_status(status, letter)
    reason = reason_of(action, status, diagnostic, letter)
    return Result(address, action, with_class(action, status, reason), (diagnostic or status)[:LONGEST_DIAGNOSTIC], reason)


def action_of(value: str) -> str:
    """`relayed (to non-DSN-aware mailer)`, `Failed`, `deliverable`: the first letters decide."""
    word = value.strip().lower()
    return next((action for action in ACTIONS if word.startswith(action[:6])), "")


def action_by(status: str) -> str:
    return {"5": FAILED, "4": DELAYED, "2": DELIVERED}.get(status[:1], "")


def with_class(action: str, status: str, reason: Reason) -> str:
    return status or ("" if reason is UNCLEAR else reason.status if action != DELAYED else "4" + reason.status[1:])


def reason_of(action: str, status: str, diagnostic: str, letter: str) -> Reason:
    """The other server's words before its codes, those before what our own server wrote."""
    if action in (DELIVERED, RELAYED, EXPANDED):
        return ARRIVED
    specific = "" if is_general(status) else status
    spoken = by_words(diagnostic) or (None if specific and by_status(specific) else by_words(letter)) or by_reply(reply_code(diagnostic))
    reason = weighed(spoken, with_reply(status, diagnostic), f"{diagnostic} {letter}") or UNCLEAR
    return WAITING if action == DELAYED and reason is UNCLEAR else reason
