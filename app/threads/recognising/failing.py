"""Whom a letter of a mail server is about, and what it says of each."""

# ruff: noqa: E501 - tables of wordings

import re

from app.threads.recognising.delivery import LONGEST_DIAGNOSTIC, MOST_RECIPIENTS
from app.threads.recognising.fields import addresses_in, codes_in, is_general, reply_code, with_reply
from app.threads.recognising.reasons import UNCLEAR, Reason, by_reply, by_status, by_words, weighed
from app.threads.recognising.seen import MAILER, Seen
from app.threads.recognising.verdict import FAILED, Result

LINES_AFTER = 12
ALONE = re.compile(r"^[\s>*\-•]{0,8}(?:(?:to|recipient|an|für|destinataire|address|rcpt to|failed recipient|adresse|e-?mail)(?:\s{0,3}:\s{0,3}|\s{1,3}))?[\"'(<]{0,3}(?:rfc822;|smtp;|mailto:)?([^\s@<>(),;:\"\[\]']{1,64}@[\w.-]{3,200})[>)\"':.]{0,4}(?:\s|$)", re.IGNORECASE)
IN_BRACKETS = re.compile(r"(?:to|rcpt to|recipient|address|for|an|user|mailbox)\b[:\s]{0,3}<([^\s@<>]{1,64}@[\w.-]{3,200})>", re.IGNORECASE)
RETURNED_TO = re.compile(r"^[>|\s]{0,6}(?:to|x-original-to|delivered-to|x-failed-recipients|envelope-to)[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
RETURNED_FROM = re.compile(r"^[>|\s]{0,6}(?:from|return-path|sender|reply-to)[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)

def failing_addresses(seen: Seen) -> list[str]:
    """The addresses named as failed, best source first: header, lines that hold nothing else, the returned mail's own recipients."""
    named = addresses_in(seen.header("x-failed-recipients"))
    if named:
        return named
    ours = us(seen)
    told = [found for line in seen.server_words.split("\n") for found in named_in(line)]
    returned = returned_addresses(seen, RETURNED_TO)
    candidates = [one for one in dict.fromkeys(address.rstrip(".").lower() for address in told) if one not in ours and not MAILER.match(one)]
    agreed = [one for one in candidates if one in returned]
    mentioned = [one for one in returned if one in seen.server_words.lower()]
    anywhere = [one for one in addresses_in(seen.server_words) if one not in ours and not MAILER.match(one)]
    return (agreed or mentioned or candidates or [one for one in returned if one not in ours][:1] or anywhere[:1])[:MOST_RECIPIENTS]

def named_in(line: str) -> list[str]:
    alone = ALONE.match(line[:400])
    return [alone[1]] if alone else IN_BRACKETS.findall(line[:1_000])

def us(seen: Seen) -> set[str]:
    """The sender of what came back, and whom the letter is addressed to."""
    return {address for _, _, address in seen.mail.to} | set(returned_addresses(seen, RETURNED_FROM)) | ({seen.mail.sender} if seen.is_mailer else set())

def returned_addresses(seen: Seen, pattern: re.Pattern[str]) -> list[str]:
    heads = [one.content[:20_000].split("\n\n", 1)[0] for one in seen.mail.returned] + [seen.returned_text[:20_000]]
    return [address for head in heads for line in pattern.findall(head)[:20] for address in addresses_in(line)]

def results_in_words(seen: Seen, addresses: list[str]) -> list[Result]:
    """Each address with the lines that follow its name; one alone with the whole letter."""
    if len(addresses) < 2:
        return [in_words(next(iter(addresses), ""), seen.server_words, f"{seen.server_words}\n{notes_of(seen)}\n{seen.subject}")]
    return [in_words(address, passage(seen, address, addresses), seen.server_words) for address in addresses]

def notes_of(seen: Seen) -> str:
    return "\n".join(note[:4_000] for note in seen.mail.notes[:3])

def passage(seen: Seen, address: str, others: list[str]) -> str:
    """From the line that names the address to the one that names another."""
    lines = seen.server_words.split("\n")
    start = next((number for number, line in enumerate(lines) if address in line.lower()), 0)
    kept = lines[start : start + 1]
    for line in lines[start + 1 : start + LINES_AFTER]:
        if any(other in line.lower() for other in others if other != address):
            break
        kept.append(line)
    return "\n".join(kept)

def in_words(address: str, near: str, everything: str) -> Result:
    diagnostic = telling_line(near) or telling_line(everything)
    status = status_in(diagnostic, near, everything)
    reason = reason_in(diagnostic, near, everything, status)
    return Result(address, FAILED, status or reason.status, diagnostic[:LONGEST_DIAGNOSTIC], reason)

def telling_line(text: str) -> str:
    """The line with a status code, folded lines after it included; else one with a reply code; else one that gives a reason."""
    lines = [" ".join(line.split()) for line in text[:8_000].split("\n")]
    for test in (codes_in, reply_code, by_words):
        for number, line in enumerate(lines):
            if line and test(line):
                return " ".join(lines[number : number + 3])[:600]
    return ""

def status_in(*texts: str) -> str:
    return next((found for text in texts if (found := next((code for code in codes_in(text) if code[0] != "2"), ""))), "")

def reason_in(diagnostic: str, near: str, everything: str, status: str) -> Reason:
    specific = "" if is_general(status) else status
    known = by_status(specific) if specific else None
    spoken = by_words(diagnostic) or (None if known else by_words(near) or by_words(everything)) or by_reply(reply_code(diagnostic))
    return weighed(spoken, with_reply(status, diagnostic), everything) or UNCLEAR

