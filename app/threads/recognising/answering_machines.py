"""Automatic answers (RFC 3834, and all that came before and beside it): away, received, prove that you are human."""

# ruff: noqa: E501 - tables of wordings

import re
from functools import cache

from app.threads.recognising import auto_wordings as said
from app.threads.recognising.kinds import AUTO_REPLY, OTHER
from app.threads.recognising.listing import is_list
from app.threads.recognising.seen import Seen
from app.threads.recognising.verdict import Recognition, Sentence
from app.web.locale import N_

FLAGS = re.IGNORECASE | re.VERBOSE
LOOKED_AT = 5_000
OPENING = 400
LONGEST_NOTE = 2_500
CHALLENGE_RULE = "challenge-response"

ANSWERING_HEADERS = (
    "x-autoreply", "x-auto-reply", "x-autorespond", "x-autoresponder", "x-autoresponse", "x-autoreply-from", "x-mail-autoreply", "x-auto-reply-from",
    "x-fc-machinegenerated", "x-vacation", "x-autoresponder-for", "x-ooo", "x-out-of-office", "x-amazon-auto-reply", "x-autosubmitted-reply", "x-mailman-autoreply",
)  # fmt: skip
ANSWERING_PROGRAMS = re.compile(r"vacation|auto-?(reply|respond)|out ?of ?office|mailbox rules agent|autoresponder|answering ?machine", re.IGNORECASE)
CHALLENGERS = re.compile(
    r"[@.](spamarrest\.com|boxbe\.com|mailinblack\.com|bluebottle\.com|cleanmail\.\w+|sendio\.\w+|totalblock\.\w+)$|[-+]confirm[-+.@]|^tmda",
    re.IGNORECASE,
)
ABOUT_MAIL = re.compile(r"\(verification\)|spam ?arrest|boxbe|message|delivery|sender|human|nachricht|zustell|mensaje|messaggio|bericht", re.IGNORECASE)
DO_THIS = re.compile(r"https?://|\breply\b|\bclick\b|klick|cliqu|\bhaga clic|fai clic|antworten sie", re.IGNORECASE)
DEFINITE = re.compile(
    r"^\W{0,3}(auto|out.of|r[ée]p|resp|risp|abwesenheits|abwesend|autosvar|ooo|fuera de|fuori (sede|ufficio)|hors du bureau|absence du"
    r"|niet op kantoor|afwezigheid|fora do escr|aus[eê]ncia (tempor|do)|away from my|.{2,60} is away\b|自|자|부재|不在|رد|الرد|авто|отсутств|вне офиса|αυτόματ|απουσ|εκτός γραφείου|automat|otomatik|ofis dışı|r[aă]spuns"
    r"|frånvar|fravær|ikke (på|til stede)|ej på|inte på|poissa|nieobecn|poza biurem|nepřít|mimo kancel|házon kívül|távollét|szabadság|thank you for your e-?mail\W{0,3}$)",
    re.IGNORECASE,
)
SIGNATURE = re.compile(r"^(?:-- ?|_{3,})$", re.MULTILINE)
NUMBERED = re.compile(
    r"(ticket|case|vorgang|request|incident|reference|referenz|nummer|ref|numéro|n[uú]mero|dossier|zgłoszeni\w+|номер\w*|工单)\S{0,8}\s?.{0,30}[#\[(:]?\s?[\w-]{0,20}\d{3,}", re.IGNORECASE
)

Found = tuple[str, Sentence]

SUBMITTED = Sentence(N_("Its header Auto-Submitted says that a machine answered."))
GENERATED = Sentence(N_("A program generated it as an answer to the mail."))
HEADER = Sentence(N_("It carries a header that only answering machines set."))
EXCHANGE = Sentence(N_("Exchange marked it as an automatic answer of a mailbox."))
SUBJECT = Sentence(N_("Its subject is that of an automatic answer."))
AWAY = Sentence(N_("Its text says that somebody is away, as answering machines word it."))
MACHINE = Sentence(N_("Its text says that it is an automatic answer."))
RECEIVED = Sentence(N_("It acknowledges a request, as ticket systems do."))
CHALLENGE = Sentence(N_("It asks us to prove that a person wrote the mail: somebody has to do that."))
BULK = Sentence(N_("It answers the mail, but is marked as bulk or takes no bounces: a machine wrote it."))
NOTIFICATION = Sentence(N_("A program generated it, and it answers nothing."))


@cache
def pattern(name: str) -> re.Pattern[str]:
    return re.compile(getattr(said, name), FLAGS)


def says(name: str, text: str) -> bool:
    return pattern(name).search(text) is not None


def automatic_answer(seen: Seen) -> Recognition | None:
    """The first rule that knows it for an automatic answer, headers before words."""
    found = challenge(seen) or by_header(seen) or by_subject(seen) or by_words(seen) or acknowledgement(seen) or by_path(seen)
    return Recognition(AUTO_REPLY, (found[0],), (found[1],)) if found else generated(seen)


def words_of(seen: Seen) -> str:
    """The writer's own words in one line, without what they sign with."""
    return " ".join(SIGNATURE.split(seen.own_words[:LOOKED_AT], maxsplit=1)[0].replace("’", "'").split())


def challenge(seen: Seen) -> Found | None:
    if is_list(seen) and not seen.answers:
        return None
    by_service = CHALLENGERS.search(seen.mail.sender) is not None
    worded, subject = says("CHALLENGE", words_of(seen)), says("CHALLENGE_SUBJECT", seen.subject)
    machine = seen.null_path or seen.is_robot or is_marked(seen) or subject
    held = says("HELD", words_of(seen))
    asked = seen.answers or seen.null_path or held or (subject and ABOUT_MAIL.search(seen.subject))
    unmarked = held and DO_THIS.search(words_of(seen)) and not (seen.quotes or seen.greets_us)
    if by_service or (worded and ((machine and asked) or unmarked)):
        return CHALLENGE_RULE, CHALLENGE
    return None


def is_marked(seen: Seen) -> bool:
    if seen.auto_submitted not in ("", "no") or seen.precedence in ("bulk", "junk", "auto_reply"):
        return True
    return any(seen.header(name) for name in ANSWERING_HEADERS)


def by_header(seen: Seen) -> Found | None:
    """RFC 3834, 5; `auto-generated` is an answer only if it answers something, and is none on a list."""
    keyword = seen.auto_submitted
    if keyword == "auto-replied" and not (seen.header("list-id") or seen.header("list-post")):
        return "rfc3834-auto-replied", SUBMITTED
    if keyword.startswith("auto-") and not is_list(seen) and (seen.answers or says("SUBJECT", seen.subject)):
        return "rfc3834-auto-generated-answer", GENERATED
    return None if is_list(seen) else by_older_header(seen)


def by_older_header(seen: Seen) -> Found | None:
    """X-Auto-Response-Suppress alone is a sender's wish on ordinary mail and proves nothing."""
    marked = any(seen.header(name).lower() not in ("", "no", "false", "0") for name in ANSWERING_HEADERS)
    if marked or "reply" in seen.header("x-autogenerated").lower():
        return "header-autoreply", HEADER
    if any("auto" in word for word in (seen.precedence, seen.header("x-precedence").lower(), seen.header("preference").lower())):
        return "header-precedence-auto", HEADER
    if ANSWERING_PROGRAMS.search(seen.header("x-ms-exchange-generated-message-source")):
        return "header-exchange-rules-agent", EXCHANGE
    if seen.header("x-auto-response-suppress").lower() == "all" and seen.header("x-ms-exchange-inbox-rules-loop"):
        return "header-exchange-inbox-rules", EXCHANGE
    if ANSWERING_PROGRAMS.search(f"{seen.header('x-mailer')} {seen.header('user-agent')} {seen.header('delivered-to')} {seen.header('x-loop')} {seen.header('x-post-messageclass')}"):
        return "header-answering-program", HEADER
    return None


def by_subject(seen: Seen) -> Found | None:
    """Anchored at the start: “Re: Automatic reply: …” is a person's answer to one, unless it says away itself and quotes nothing."""
    if is_list(seen) or not says("SUBJECT", seen.subject):
        return None
    if not seen.reply_subject and not seen.forward_subject:
        return ("subject-automatic", SUBJECT) if plausible(seen) else None
    return None


def plausible(seen: Seen) -> bool:
    """A subject such as “Urlaub” may be a person's first mail; one that answers or sounds like a machine is not."""
    text = words_of(seen)
    if DEFINITE.match(seen.subject) or seen.answers or seen.null_path or not text:
        return True
    return any(says(name, text) for name in ("AWAY", "MACHINE", "RECEIVED", "ON_RETURN"))


def by_words(seen: Seen) -> Found | None:
    """Without a mark, two signs are needed: a person also writes that they are away."""
    text = words_of(seen)
    if is_list(seen) or seen.forward_subject or not text or len(text) > LONGEST_NOTE:
        return None
    away, machine = says("AWAY", text[:OPENING]), says("MACHINE", text)
    returning = says("ON_RETURN", text)
    if machine and (away or (seen.answers and not seen.quotes) or seen.null_path or (returning and away)):
        return "wording-automatic", MACHINE
    polite = says("POLITE", text) and not says("CONTRASTS", text)
    if away and (returning or polite) and not talks(seen):
        return "wording-away", AWAY
    return None


def talks(seen: Seen) -> bool:
    """Does it quote what it answers, as people's programs do, call us by name, or go into it with a question or a decision?"""
    if says("DECIDES", words_of(seen)):
        return True
    return seen.quotes or seen.greets_us or "?" in seen.own_words or (not seen.answers and not seen.null_path and not seen.reply_subject)


def acknowledgement(seen: Seen) -> Found | None:
    """A ticket system: it says that it received something, and either names a number or nobody signs."""
    text = words_of(seen)[:2_500]
    received, registered = says("RECEIVED", text), says("REGISTERED", text)
    if is_list(seen) or not (received or registered):
        return None
    numbered, machine = says("TICKET_SUBJECT", seen.subject) or NUMBERED.search(f"{text}\n{seen.subject}") is not None, says("MACHINE", text)
    marked = seen.is_robot or is_marked(seen) or machine
    if registered and numbered and (marked or not seen.greets_us or says("TICKET_SUBJECT", seen.subject)):
        return "wording-registered", RECEIVED
    by_somebody = seen.quotes or seen.greets_us or seen.is_signed
    if by_somebody and not (machine or numbered or (marked and not seen.quotes)):
        return None
    return ("wording-acknowledgement", RECEIVED) if nobody_signs(seen, text, numbered) else None


def nobody_signs(seen: Seen, text: str, numbered: bool) -> bool:
    """Two signs that a system wrote it, and that it did so because of a mail."""
    stated = says("RECEIPT_SUBJECT", seen.subject) and not seen.reply_subject
    titled = stated or (says("RECEIVED_SUBJECT", seen.subject) and not seen.reply_subject)
    machine = says("MACHINE", text)
    promises = [says("SOON", text), says("IMPERSONAL", text)]
    signs = sum([numbered, machine, seen.is_robot, is_marked(seen), titled]) + (any(promises) if seen.reply_subject else sum(promises))
    asked = seen.answers or seen.null_path or numbered or seen.is_robot or stated or (machine and titled) or signs > 2
    return signs >= 2 and asked


def by_path(seen: Seen) -> Found | None:
    """vacation(1) marks nothing but Precedence: bulk or an empty return path."""
    if is_list(seen) or seen.is_mailer:
        return None
    if seen.null_path and not seen.forward_subject:
        return "null-return-path", BULK
    answers = seen.answers or seen.reply_subject or says("AWAY", words_of(seen)[:OPENING])
    if answers and seen.precedence in ("bulk", "junk") and not seen.auto_submitted:
        return "precedence-bulk-answer", BULK
    return None


def generated(seen: Seen) -> Recognition | None:
    """What a program sends without having been asked."""
    if is_list(seen) or seen.auto_submitted in ("", "no"):
        return None
    return Recognition(OTHER, ("rfc3834-auto-generated",), (NOTIFICATION,))
