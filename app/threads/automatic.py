"""Person or machine? Reports first, then bounces in words, then auto-replies, then lists; who is left is a person."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.threads import report
from app.threads.reading import Letter
from app.threads.tables import AUTO_REPLY, BOUNCE, OTHER, RECEIPT, REPLY


@dataclass(frozen=True)
class Finding:
    """What a received mail is, and the rule that decided."""

    kind: str
    rule: str


@dataclass(frozen=True)
class Failure:
    """One address that was not reached; the words are the other server's."""

    address: str
    why: str


Rule = tuple[str, Callable[[Letter], str | None]]

MAILER = re.compile(
    r"^(mailer-?daemon|postmaster|mail[-.]?delivery(?:[-.]sub)?(?:[-.]?system)?|mdaemon|mmdf|mailerdaemon|bounces?)([+@.-]|$)", re.IGNORECASE
)
BOUNCED_SUBJECT = re.compile(
    r"""^\W{0,3}(
      undeliver(ed|able) | delivery\ (status\ notification|failure|has\ failed|error) | returned\ (mail|to\ sender) | failure\ notice | non.?delivery
    | (mail|message|returned\ mail)\b.{0,30}\b(failed|failure|failing|returned|undeliver) | mail\ (system\ error|could\ not\ be\ delivered)
    | could\ not\ deliver | unable\ to\ deliver | warning:\ (could\ not\ send|message) | rejected\ mail | nondeliverable
    | unzustellbar | nicht\ zugestellt | zustellung.{0,20}fehlgeschlagen | onbestelbaar | niet\ bezorg
    | non\ remis | échec | impossible\ de\ remettre | devolu | no\ se\ puede\ entregar
    )""",
    re.IGNORECASE | re.VERBOSE,
)
BOUNCED_WORDS = re.compile(
    r"""
      (could\ not|couldn't|wasn't|was\ not|not)\ be(en)?\ delivered | was(\ not|n't)\ delivered | unable\ to\ deliver | undeliver
    | delivery\ (to|has)\ .{0,80}failed | permanent\ (fatal\ )?error | user\ unknown | unknown\ user | no\ such\ user | couldn't\ find
    | mailbox\ (is\ )?(full|unavailable) | over\ ?quota | returned\ to\ sender | recipient.{0,30}(rejected|unknown) | address(es)?\ failed
    | message\ .{0,40}(rejected|bounced) | konnte\ nicht\ zugestellt | nicht\ zugestellt\ werden | empfänger\ unbekannt
    """,
    re.IGNORECASE | re.VERBOSE,
)
DELAY_WORDS = re.compile(
    r"warning message only|do not need to (re)?send|will (be retried|retry|keep trying)|still trying|delayed|noch nicht zugestellt", re.IGNORECASE
)
AWAY_SUBJECT = re.compile(
    r"""^\W{0,3}(
      \(?auto(matic|mated|matische|matisch)?[\ _-]?(reply|response|responder|antwort|answer|erwiderung) | autoreply | auto:
    | out[\ -]of[\ -](the[\ -])?office | ooo\b | away\ from | on\ (vacation|holiday|leave) | vacation | i\ am\ away | absent
    | abwesen(d|heit) | nicht\ im\ (büro|haus) | urlaub | automatisch(e|es)?\ (antwort|antwoord) | afwezig
    | réponse\ automatique | absence\ du\ bureau | respuesta\ automática | fuera\ de\ la\ oficina | risposta\ automatica | fuori\ (sede|ufficio)
    | resposta\ automática | autosvar | automatisk\ svar | frånvaro | poza\ biurem | automatyczna\ odpowied | automaattinen\ vastaus | auto-?odpov
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def recognised(mail: Letter) -> Finding:
    """The first rule that knows what it is."""
    return next((Finding(kind, name) for name, rule in RULES if (kind := rule(mail))), Finding(REPLY, "person"))


def complaint(mail: Letter) -> str | None:
    return OTHER if report.part(mail, report.FEEDBACK) else None


def read_receipt(mail: Letter) -> str | None:
    seen = report.displayed(mail)
    return None if seen is None else RECEIPT if seen else OTHER


def delivery_report(mail: Letter) -> str | None:
    """The action counts, not the report's type: delivered is a receipt, delayed is neither here nor there."""
    actions = {block.action for block in report.blocks(mail)}
    if report.FAILED in actions:
        return BOUNCE
    if actions & {report.DELIVERED, report.RELAYED}:
        return RECEIPT
    return OTHER if report.DELAYED in actions else None


def declared_bounce(mail: Letter) -> str | None:
    """Exchange says so in a header; Gmail and Exim name who was not reached."""
    declared = mail.header("x-ms-exchange-message-is-ndr") or mail.header("x-failed-recipients")
    return later_or_never(mail) if declared or mail.report_type == "delivery-status" else None


def bounce_in_words(mail: Letter) -> str | None:
    """Older servers only write a letter. A person who forwards or answers one is not a mail server."""
    subject, words = BOUNCED_SUBJECT.search(mail.subject), BOUNCED_WORDS.search(mail.text[:20_000])
    if is_machine(mail):
        return later_or_never(mail) if subject or words else None
    nobody_to_answer = mail.header("return-path").strip() == "<>"
    return later_or_never(mail) if nobody_to_answer and subject and words else None


def is_machine(mail: Letter) -> bool:
    """A mail server, or somebody without an address: a person has one."""
    return not mail.sender or MAILER.match(mail.sender) is not None


def later_or_never(mail: Letter) -> str:
    return OTHER if DELAY_WORDS.search(mail.text[:20_000]) and not report.STATUS.search(mail.text[:20_000].replace(" 4.", "")) else BOUNCE


def auto_submitted(mail: Letter) -> str | None:
    """RFC 3834, 5. `auto-generated` is an answer only if it answers something."""
    value = mail.header("auto-submitted").split(";")[0].strip().lower()
    if not value or value == "no":
        return None
    if is_list(mail) or (value.startswith("auto-generated") and not mail.refers_to):
        return OTHER
    return AUTO_REPLY


def auto_headers(mail: Letter) -> str | None:
    """What came before the standard. X-Auto-Response-Suppress alone is only a wish, and stands on ordinary mail."""
    if any(mail.header(name) for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-autogenerated")):
        return AUTO_REPLY
    if "auto" in mail.header("precedence").lower():
        return AUTO_REPLY
    exchange = mail.header("x-auto-response-suppress").lower() == "all" and mail.header("x-ms-exchange-inbox-rules-loop")
    return AUTO_REPLY if exchange else None


def away_subject(mail: Letter) -> str | None:
    """Anchored at the start: “Re: Automatic reply: …” is a person's answer to one."""
    return AUTO_REPLY if AWAY_SUBJECT.search(mail.subject) else None


def bulk_answer(mail: Letter) -> str | None:
    """vacation(1) marks nothing but Precedence: bulk or an empty return path."""
    if is_list(mail):
        return OTHER
    bulk = mail.header("precedence").strip().lower() in ("bulk", "junk")
    return AUTO_REPLY if bulk or mail.header("return-path").strip() == "<>" else None


def mailing_list(mail: Letter) -> str | None:
    return OTHER if is_list(mail) or is_machine(mail) else None


def is_list(mail: Letter) -> bool:
    return any(mail.header(name) for name in ("list-id", "list-unsubscribe", "list-post")) or mail.header("precedence").strip().lower() == "list"


def failures(mail: Letter, addresses: list[str]) -> list[Failure]:
    """Who was not reached and why; `addresses` are those the mail went to, looked for in a letter without fields."""
    told = [Failure(block.address, block.why) for block in report.blocks(mail) if block.action == report.FAILED]
    named = [Failure(address, reason(mail)) for address in report.addresses_in(mail.header("x-failed-recipients"))]
    text = mail.text[: report.LOOKED_AT].lower()
    found = [Failure(address, reason(mail)) for address in addresses if address in text]
    return told or named or found or [Failure(addresses[0] if len(addresses) == 1 else "", reason(mail))]


def reason(mail: Letter) -> str:
    """The line of the letter that says why: one with a status code, else one that sounds like it."""
    lines = [" ".join(line.split()) for line in mail.text[:20_000].splitlines() if line.strip()]
    coded = next((line for line in lines if report.STATUS.search(line) or re.search(r"\b[45]\d\d[ -]", line)), "")
    return (coded or next((line for line in lines if BOUNCED_WORDS.search(line)), mail.subject))[: report.LONGEST_WHY]


RULES: list[Rule] = [
    ("complaint", complaint),
    ("read receipt", read_receipt),
    ("delivery report", delivery_report),
    ("declared bounce", declared_bounce),
    ("bounce in words", bounce_in_words),
    ("Auto-Submitted", auto_submitted),
    ("auto-reply header", auto_headers),
    ("away subject", away_subject),
    ("bulk answer", bulk_answer),
    ("list", mailing_list),
]
