"""A received mail as the rules look at it: whose words are whose."""

# ruff: noqa: E501 - tables of wordings

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

from app.threads.reading import Letter

LOOKED_AT = 30_000
LONGEST_LINE = 2_000
LONGEST_GREETING = 60
LINES_OF_A_SIGNATURE = 8
TEAM = re.compile(r"support|service|team|help|info\b|desk|kunden|sales|vertrieb|office|contact|care\b", re.IGNORECASE)

MAILER = re.compile(
    r"^(mailer[-_.]?daemon|post[-_]?master|mail[-._]?delivery([-._]?(sub)?system)?|mail[-_]?system|mdaemon|mmdf|ndr|nondelivery|double-?bounce|mail-?admin|smtp[-_]?(daemon|admin)?|bounces?|mail[-_]?bounce"
    r"|maildeliverysystem|delivery[-_]?(subsystem|failure|status|report)|returned-?mail|microsoftexchange[0-9a-f]{8,40}|mailerdaemon|uucp|x400|mail-?router|mailmaster|listserv-?error|imss|interscan"
    r"|mail[-_.]?gateway|mail\.?marshal|undeliverable)([+@.=-]|$)",
    re.IGNORECASE,
)
CERTIFIED_RECEIPT = "x-ricevuta"
"""Only a provider of certified mail sets it (RFC 6109): the people's own mails carry X-Trasporto."""
DAEMON = re.compile(r"^(mailer[-_.]?daemon|mail[-._]?delivery[-._]?(subsystem|system))([+@.=-]|$)", re.IGNORECASE)
MAILER_NAME = re.compile(
    r"mail delivery (sub)?system|mailer[- ]?daemon|mail delivery service|delivery (sub)?system|mail administrator|^\W?(electronic )?postmaster\b|mail system|system administrator|systemadministrator"
    r"|microsoft outlook$|microsoft exchange|mail router|internet mail (delivery|service)|mail delivery (software|agent|failure)|non-?delivery",
    re.IGNORECASE,
)
ROBOT = re.compile(
    r"^(no|do[-_.]?not|dont|nicht|ne|non)[-_.]?(reply|respond|answer|antworten|repondre|rispondere)|^noreply|^no[-_.]?responder|^notifications?([+@._-]|$)|^alerts?@|^auto[-_.]?(reply|responder|confirm|mail|matic)|^bounce"
    r"|^automat|^daemon@|^robot@|^mailbot|^cron@|^system@|^newsletters?@|^updates?@",
    re.IGNORECASE,
)
REPLY_SUBJECT = re.compile(
    r"^\W{0,3}(?:\[[^\]]{1,60}\]\s*)?(re|aw|antw|antwort|sv|vs|vá|odp|rif|ynt|atb|ang|ref|res|rép|rép\.|ré|回复|回覆|答复|答覆|返信|ответ|haл|απ|σχετ|r|rv|bls|doorst|hal|na|ats|отг)(\s?\[\d{1,3}\]|\s?\(\d{1,3}\)|\^\d{1,3})?\s?[:：]",
    re.IGNORECASE,
)
FORWARD_SUBJECT = re.compile(r"^\W{0,3}(fwd?|wg|tr|i|rv|enc|doorst|vs|vl|pd|转发|轉寄|fs|weiterleitung|forward|vb|továbbítás|ilt|pt)(\s?\[\d{1,3}\])?\s?[:：]", re.IGNORECASE)
QUOTE_STARTS = re.compile(
    r"^\s{0,4}(-{2,}\s?(original|urspr|message d'origine|mensaje original|messaggio originale|oorspronkelijk|mensagem original|forwarded|weitergeleitete|begin forwarded|reply message|antwort)"
    r"|_{10,}\s*$"
    r"|(on|am|le|el|il|op|em|den|w dniu|в|dne)\s.{4,200}(wrote|schrieb|écrit|a écrit|escribi[óo]|ha scritto|scrisse|schreef|escreveu|skrev|napisa[łl]).{0,120}:\s*$"
    r"|.{1,120}<[^<>\s]{3,100}>\s(wrote|schrieb|a écrit|escribió|ha scritto|schreef|escreveu)\s?:\s*$"
    r"|(from|von|de|da|van|från|od)\s?:\s.{0,120}@.{2,120}$)",
    re.IGNORECASE,
)
HEAD_LINE = re.compile(r"^[>|\s]{0,6}(return-path|received|x-[a-z0-9-]{2,40}|message-id|mime-version|content-[a-z-]{4,30}|dkim-signature|domainkey-signature|date|from|to|cc|subject|reply-to|sender|user-agent|references|in-reply-to|delivered-to|thread-[a-z]+|importance|priority|organization|authentication-results|received-spf|arc-[a-z-]{4,30}|envelope-to|list-[a-z]+)[ \t]*:", re.IGNORECASE)
RETURNED_STARTS = re.compile(
    r"^[>|\s]{0,6}[-=*#_|+] ?[-=*#_|+][-=*#_|+ ]*+.{0,40}(this (is a|is the|line is the) copy|copy of (the|your) (message|mail)|below this line|original (message|mail)|returned (message|mail)|unsent message|message header|headers? (follow|of)|message (text )?follows|undelivered message|your message|forwarded message|start of returned)",
    re.IGNORECASE,
)


NAMES_OURS = re.compile(r"(relates? to|concern(s|ing)|about|regarding) (a|the|your) (message|mail|e-mail)\b.{0,60}(header|following|:$)", re.IGNORECASE)
OF_A_MAIL = ("received", "message-id", "return-path", "mime-version", "content-type")


@dataclass(frozen=True)
class Seen:
    """One mail under examination; what several rules ask for is worked out once."""

    mail: Letter

    def header(self, name: str) -> str:
        return self.mail.header(name).strip()

    @property
    def subject(self) -> str:
        return self.mail.subject

    @cached_property
    def text(self) -> str:
        return self.mail.text[:LOOKED_AT]

    @cached_property
    def lines(self) -> list[str]:
        return [line[:LONGEST_LINE] for line in self.text.split("\n")]

    @cached_property
    def returned_at(self) -> int:
        """The line where a server's letter ends and the mail that it returns begins."""
        for number, line in enumerate(self.lines):
            if RETURNED_STARTS.match(line) or (HEAD_LINE.match(line) and self.heads_follow(number) and not self.is_named_before(number)):
                return number
        return len(self.lines)

    def is_named_before(self, number: int) -> bool:
        """Sun's and Oracle's servers name our mail by its headers before they say what became of it."""
        before = [line.strip() for line in self.lines[max(0, number - 12) : number]]
        gaps = [place for place, line in enumerate(before) if not line]
        introduction = next((line for line in reversed(before[: gaps[-1]] if gaps else before) if line), "")
        return NAMES_OURS.search(introduction) is not None

    def heads_follow(self, number: int) -> bool:
        """Three headers among the next lines, one of them of a kind that only mails have."""
        near = takewhile(str.strip, self.lines[number : number + 12])
        heads = [found[1].lower() for line in near if (found := HEAD_LINE.match(line))]
        return len(heads) >= 3 and any(head in OF_A_MAIL for head in heads) and any(head in ("from", "to", "subject", "received") for head in heads)

    @cached_property
    def server_words(self) -> str:
        """What a mail server wrote itself, before what it returns."""
        return "\n".join(self.lines[: self.returned_at])

    @cached_property
    def returned_text(self) -> str:
        return "\n".join(self.lines[self.returned_at :])

    @cached_property
    def own_words(self) -> str:
        """What the writer wrote, without what they quote."""
        kept: list[str] = []
        for line in self.lines:
            if QUOTE_STARTS.match(line[:400]) and any(kept):
                break
            if not line.lstrip().startswith((">", "|>")):
                kept.append(line)
        return "\n".join(kept).strip()

    @cached_property
    def greets_us(self) -> bool:
        """Does it begin with the name of somebody whom it is addressed to?"""
        names = {word for _, name, address in self.mail.to for word in re.split(r"\W+|_|\d", f"{name} {address.partition('@')[0]}".lower()) if len(word) > 2}
        opening = " ".join(self.own_words[:200].split())[:LONGEST_GREETING].lower()
        return any(word in names for word in re.split(r"\W+", opening))

    @cached_property
    def is_signed(self) -> bool:
        """Does it end with the first name of whoever sent it? A team signs otherwise."""
        first = re.split(r"[\s,._-]+", self.mail.sender_name.strip().lower(), maxsplit=1)[0]
        if len(first) < 3 or TEAM.search(self.mail.sender_name):
            return False
        ending = [line.strip().lower() for line in self.own_words.split("\n") if line.strip()][-LINES_OF_A_SIGNATURE:]
        return len(ending) > 1 and any(re.split(r"\W+", line, maxsplit=1)[0] == first for line in ending[1:])

    @cached_property
    def quotes(self) -> bool:
        return len(self.own_words) < len(self.text.strip()) - 20

    @cached_property
    def is_mailer(self) -> bool:
        """A mail server wrote it, or somebody without an address: a person has one."""
        mail = self.mail
        if self.header(CERTIFIED_RECEIPT):
            return True
        if not mail.sender:
            return not self.from_somebody or MAILER_NAME.search(self.header("from")) is not None
        return MAILER.match(mail.sender) is not None or MAILER_NAME.search(mail.sender_name) is not None

    @cached_property
    def is_daemon(self) -> bool:
        """The name that only programs have, unlike a postmaster's."""
        return DAEMON.match(self.mail.sender) is not None

    @cached_property
    def from_somebody(self) -> bool:
        """Is there a From, though without a proper address?"""
        return bool(self.header("from").strip("<> "))

    @cached_property
    def is_robot(self) -> bool:
        return ROBOT.match(self.mail.sender) is not None

    @cached_property
    def null_path(self) -> bool:
        """The empty reverse-path of notifications (RFC 5321, 4.5.5)."""
        return "return-path" in self.mail.headers and self.header("return-path").replace(" ", "") == "<>"

    @cached_property
    def answers(self) -> bool:
        """Does it name a mail that it answers?"""
        return bool(self.mail.refers_to)

    @cached_property
    def reply_subject(self) -> bool:
        return REPLY_SUBJECT.match(self.subject) is not None

    @cached_property
    def forward_subject(self) -> bool:
        return FORWARD_SUBJECT.match(self.subject) is not None

    @cached_property
    def auto_submitted(self) -> str:
        """RFC 3834, 5: the keyword, without parameters and comments."""
        return re.split(r"[;(\s]", self.header("auto-submitted").lower(), maxsplit=1)[0]

    @cached_property
    def precedence(self) -> str:
        return self.header("precedence").lower()
