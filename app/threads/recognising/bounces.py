"""Letters of mail servers that send no report part: qmail, older Exim, Exchange, Domino, Gmail and many more."""

import re
from dataclasses import replace
from functools import cache

from app.threads.recognising import server_wordings as said
from app.threads.recognising.delivery import recipients_of, result_of
from app.threads.recognising.failing import failing_addresses, results_in_words
from app.threads.recognising.reasons import HOST_UNKNOWN, MAILBOX_FULL, MOVED, SUSPENDED, USER_UNKNOWN, by_words
from app.threads.recognising.seen import Seen
from app.threads.recognising.verdict import DELAYED, Result, Sentence
from app.web.locale import N_

WORDS_LOOKED_AT = 12_000
SHORT = 1_500
FLAGS = re.IGNORECASE | re.VERBOSE
SUBJECT, DELAY, GENERAL = (re.compile(pattern, FLAGS) for pattern in (said.SUBJECT, said.DELAYED, said.GENERAL))
GOODS = re.compile(
    r"(paket|parcel|package|sendung|shipment|bestellung|\border\b|lieferung|commande|colis|pedido|env[ií]o\b|paquete|pacco|spedizione|ordine|pakket|zending|encomenda)",
    re.IGNORECASE,
)
NOT_A_BOUNCE = re.compile(
    r"(password|receipt|invoice|quarantine (report|summary|digest)|spam (digest|report|quarantine)|welcome|subscription|confirm|vacation"
    r"|out of (the )?office|account created)",
    re.IGNORECASE,
)
WARNS = re.compile(r"warning|delay", re.IGNORECASE)
LOOKS_LIKE_A_REPORT = re.compile(r"^(final-recipient|original-recipient)[ \t]*:.{3,300}$", re.IGNORECASE | re.MULTILINE)
ACTION = re.compile(r"^action[ \t]*:[ \t]*(fail|delay|deliver|relay|expand)", re.IGNORECASE | re.MULTILINE)

OF_AN_ADDRESS = (USER_UNKNOWN, HOST_UNKNOWN, MOVED, MAILBOX_FULL, SUSPENDED)

SERVER = Sentence(N_("A mail server writes that it could not deliver the mail."))


@cache
def servers() -> list[tuple[str, re.Pattern[str]]]:
    return [(name, re.compile(pattern, FLAGS)) for name, pattern in said.SERVERS]


def letter_of_a_server(seen: Seen) -> tuple[tuple[str, ...], list[Result]] | None:
    """The rules that speak for it, and what became of the mail at each recipient; None if it is no such letter."""
    rules = bounce_rules(seen)
    if not rules:
        return None
    reported = fields_in_words(seen)
    if reported:
        return ("rfc3464-in-the-text", *rules), reported
    return rules, with_delay(seen, results_in_words(seen, failing_addresses(seen)))


def bounce_rules(seen: Seen) -> tuple[str, ...]:
    """A header of the server's, or a mailer's letter that says so, or sentences that only a server writes."""
    if seen.header("x-ms-exchange-message-is-ndr") or "x-ms-exchange-message-is-ndr" in seen.mail.headers:
        return ("header-exchange-ndr",)
    server = server_in(seen)
    if seen.header("x-failed-recipients") and not written_by_a_person(seen):
        return ("header-x-failed-recipients", *named(server))
    if seen.mail.report_type == "delivery-status" and (seen.is_mailer or server or SUBJECT.match(seen.subject)):
        return ("rfc3464-report-without-its-part", *named(server))
    return mailers_letter(seen, server) or anybodys_letter(seen, server)


def mailers_letter(seen: Seen, server: str) -> tuple[str, ...]:
    """From a postmaster or from nobody."""
    if not seen.is_mailer or seen.forward_subject:
        return ()
    subject, words = SUBJECT.match(seen.subject), GENERAL.search(words_of(seen))
    if seen.is_daemon and words_of(seen) and not NOT_A_BOUNCE.search(seen.subject):
        return ("sender-is-a-mailer-daemon", *named(server), *(["bounce-subject"] if subject else []), *(["bounce-wording"] if words else []))
    if NOT_A_BOUNCE.search(seen.subject) and not subject and server not in said.SURE:
        return ()
    if server or subject or words:
        return ("sender-is-a-mail-server", *named(server), *(["bounce-subject"] if subject else []), *(["bounce-wording"] if words else []))
    return ("sender-is-a-mail-server", "reason-in-words") if names_a_reason(seen) else ()


def names_a_reason(seen: Seen) -> bool:
    """It says of an address that is not ours why nothing can be delivered there, in whatever words around it."""
    reason = by_words(words_of(seen))
    return reason is not None and reason in OF_AN_ADDRESS and not seen.reply_subject and bool(failing_addresses(seen))


def anybodys_letter(seen: Seen, server: str) -> tuple[str, ...]:
    """Servers that write under a person's or a company's name: the subject or the path has to agree with the words."""
    if written_by_a_person(seen):
        return ()
    subject = SUBJECT.match(seen.subject) is not None
    words = GENERAL.search(words_of(seen)) is not None
    machine = seen.null_path or seen.auto_submitted not in ("", "no") or not seen.from_somebody or seen.is_robot
    if server in said.SURE and (subject or machine or words):
        return (*named(server), "bounce-wording")
    if server and words and seen.null_path and not NOT_A_BOUNCE.search(seen.subject):
        return ("null-return-path", "bounce-wording", *named(server))
    if GOODS.search(seen.subject):
        return ()
    if subject and words and (machine or server or seen.returned_at < len(seen.lines) or seen.mail.returned):
        return ("bounce-subject", "bounce-wording", *named(server))
    if words and machine and len(seen.server_words) < SHORT and names_a_reason(seen):
        return ("bounce-wording", "reason-in-words")
    return ()


def written_by_a_person(seen: Seen) -> bool:
    """Somebody answers or passes on such a letter: that is mail of a person."""
    if seen.is_mailer or seen.null_path:
        return False
    return seen.reply_subject or seen.forward_subject


def server_in(seen: Seen) -> str:
    text = words_of(seen)
    return next((name for name, pattern in servers() if pattern.search(text)), "")


def words_of(seen: Seen) -> str:
    """What the server wrote, in one line, as its sentences may be folded anywhere."""
    return " ".join(seen.server_words[:WORDS_LOOKED_AT].replace("’", "'").split())


def named(server: str) -> list[str]:
    return [f"server-{server}"] if server else []


def fields_in_words(seen: Seen) -> list[Result]:
    """The fields of a delivery report, written into the letter or into a part of another type."""
    for text in (seen.text, *seen.mail.notes):
        if LOOKS_LIKE_A_REPORT.search(text) and ACTION.search(text):
            return [result_of(block, "") for block in recipients_of(text) if "action" in block]
    return []


def with_delay(seen: Seen, results: list[Result]) -> list[Result]:
    """A letter that the server goes on trying is no failure yet."""
    text = f"{seen.subject}\n{words_of(seen)}"
    if not DELAY.search(text):
        return results
    refused = any(one.status.startswith("5") and one.diagnostic for one in results)
    if refused and not WARNS.search(text[:2_000]):
        return results
    return [replace(one, action=DELAYED) for one in results]
