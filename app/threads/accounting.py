"""Accounting for every mail in a Sent folder: tracked, logged only, or not logged, and why. No word and no address of what is not logged."""

from datetime import datetime
from uuid import UUID

from app.clock import new_id, now
from app.database import rows
from app.mailboxes.providers.base import Mail
from app.mailboxes.tables import Mailbox
from app.threads.reading import Letter
from app.threads.tables import SentMail

TRACKED, LOGGED, NOT_LOGGED = "tracked", "logged", "not_logged"

PHONE, ALIAS, PLAIN, ELSEWHERE = "phone", "alias", "plain", "elsewhere"
NO_CONSENT, SWITCHED_OFF = "no_consent", "switched_off"
NEVER_LOG, LOG_OFF, NOT_ASKED_TO, NOBODY_OUTSIDE = "never_log", "log_off", "not_asked_to", "nobody_outside"
NOTE, RECEIVED, DUPLICATE, BEFORE, UNREADABLE, UNDER_WAY, REMOVED = "note", "received", "duplicate", "before", "unreadable", "under_way", "removed"

PHONES = ("iphone", "ipad", "android", "mobile")

ACCOUNT = """
INSERT INTO sent_mail (id, workspace, mailbox, provider_id, at, message, why, gone_at, noted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8)
ON CONFLICT (mailbox, provider_id) DO UPDATE SET at = excluded.at, message = coalesce(excluded.message, sent_mail.message),
why = CASE WHEN excluded.message IS NULL AND sent_mail.message IS NULL THEN excluded.why ELSE '' END, gone_at = NULL
"""


async def account(mailbox: Mailbox, mail: Mail, message: UUID | None = None, why: str = "") -> None:
    """This mail in Sent is that message here, or none, and why. What is learnt later counts. Joins the caller's `together()`."""
    await rows(ACCOUNT, new_id(), mailbox.workspace, mailbox.id, mail.provider_id, mail.at, message, why, now())


async def accounted(mailbox: UUID, since: datetime) -> dict[str, SentMail]:
    """What is accounted for since then, by the provider's id; also what has left Sent."""
    found = await SentMail.objects().where((SentMail.mailbox == mailbox) & (SentMail.at >= since))
    return {one.provider_id: one for one in found}


async def known_of(mailbox: UUID, provider_ids: list[str]) -> set[str]:
    """Those of some mails that are accounted for and lie in Sent."""
    found = await rows("SELECT provider_id FROM sent_mail WHERE mailbox = $1 AND provider_id = ANY($2) AND gone_at IS NULL", mailbox, provider_ids)
    return {row["provider_id"] for row in found}


def why_elsewhere(letter: Letter, own: set[str]) -> str:
    """Why nothing in a mail written outside Nachfass is tracked, as exactly as its headers tell."""
    if letter.sender and letter.sender not in own:
        return ALIAS
    program = f"{letter.header('x-mailer')} {letter.header('user-agent')}".lower()
    if any(phone in program for phone in PHONES):
        return PHONE
    return ELSEWHERE if letter.html else PLAIN
