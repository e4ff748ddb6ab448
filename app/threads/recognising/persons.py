"""Who is left is a person, or a program that says nothing of itself."""

import re

from app.threads.recognising.kinds import HUMAN_REPLY, OTHER
from app.threads.recognising.seen import Seen
from app.threads.recognising.verdict import Recognition, Sentence
from app.web.locale import N_

ANSWERS = Sentence(N_("A person wrote it, and it names the mail that it answers."))
SUBJECT = Sentence(N_("A person wrote it, and its subject is that of an answer."))
FIRST = Sentence(N_("A person wrote it, but it answers nothing."))
PROGRAM = Sentence(N_("A program sent it: its sender takes no answers."))
PASSES_ON = Sentence(N_("A person passes on what a mail server wrote."))


PASSED_ON = re.compile(r"^[>\s]{0,6}(?:from|von|de|da|van)\s?: .{0,60}(mailer-daemon|postmaster|mail delivery)", re.IGNORECASE | re.MULTILINE)

BOUNCED = re.compile(r"mailer-daemon|delivery-status", re.IGNORECASE)


def person_or_program(seen: Seen) -> Recognition:
    """RFC 5322, 3.6.4: In-Reply-To and References name what is answered; a subject says it less surely."""
    if seen.is_mailer or seen.is_robot:
        return Recognition(OTHER, ("sender-takes-no-answers",), (PROGRAM,))
    if seen.forward_subject and not seen.mail.in_reply_to and PASSED_ON.search(seen.text):
        return Recognition(OTHER, ("forwards-a-bounce",), (PASSES_ON,), by_person=True)
    if seen.answers:
        return Recognition(HUMAN_REPLY, ("rfc5322-in-reply-to",), (ANSWERS,), by_person=True)
    if seen.reply_subject:
        return Recognition(HUMAN_REPLY, ("reply-subject",), (SUBJECT,), by_person=True)
    if seen.forward_subject and any(BOUNCED.search(one.content[:5_000]) for one in seen.mail.returned):
        return Recognition(HUMAN_REPLY, ("forwards-a-bounce",), (PASSES_ON,), by_person=True)
    return Recognition(OTHER, ("first-mail",), (FIRST,), by_person=True)
