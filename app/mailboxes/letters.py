"""Writing home: a mail from Nachfass to its own person is put into their inbox, as the note on top is. Nothing is sent, so nothing is in Sent.

It needs a mailbox that may be written into; for a person who has none the letter waits, and says so, until nobody wants to read it any more.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from app.clock import new_id, now
from app.database import rows
from app.errors import ProviderError, ReconnectNeeded, RetryLater, Unanswered
from app.mailboxes.opening import open_mailbox
from app.mailboxes.providers.base import Note
from app.mailboxes.tables import RESURFACE, Letter, Mailbox
from app.web.locale import N_

log = structlog.get_logger()

BATCH = 20
CLAIM_LASTS = timedelta(minutes=10)
GOOD_FOR = timedelta(days=1)
KEPT = timedelta(days=90)
"""So long a key keeps the same letter from being written twice."""
FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(hours=1)
NO_HOME = N_("None of your mailboxes lets Nachfass put mail into it. Connect one with full rights.")

WRITE = """
INSERT INTO letter (id, workspace, person, key, mailbox, subject, text, html, message_id, written_at, due_at, good_until, tries, problem,
  problem_values, problem_code)
VALUES ($1, $2, $3, $4, NULL, $5, $6, $7, '', $8, $8, $9, 0, '', '{}', '') ON CONFLICT (workspace, person, key) DO NOTHING RETURNING id
"""
CLAIM = """
UPDATE letter SET claimed_at = $1 WHERE id IN (
    SELECT id FROM letter WHERE due_at <= $1 AND (claimed_at IS NULL OR claimed_at < $2) ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
) RETURNING id
"""
HOME = """
SELECT id FROM mailbox WHERE person = $1 AND workspace = $2 AND disconnected_at IS NULL AND tokens IS NOT NULL AND $3 = ANY(rights)
AND EXISTS (SELECT FROM membership m WHERE m.person = mailbox.person AND m.workspace = mailbox.workspace AND m.ended_at IS NULL)
ORDER BY broken_at IS NOT NULL, connected_at LIMIT 1
"""


async def write_home(person: UUID, workspace: UUID, subject: str, text: str, html: str = "", *, key: str, good_for: timedelta = GOOD_FOR) -> bool:
    """Have a mail put into the person's inbox, within seconds; false if one with this key was written before.

    Only a row is written, in the caller's `together()` if there is one: `put_letters_due` does the rest. `text` is plain words, `html` the same
    as a whole page and trusted. It is not put there later than `good_for` from now.
    """
    at = now()
    written = await rows(WRITE, new_id(), workspace, person, key, subject, text, html, at, at + good_for)
    return bool(written)


async def home_of(person: UUID, workspace: UUID) -> Mailbox | None:
    """The mailbox in which the person gets mail from Nachfass: the first they connected that may be written into, one that works if there is one."""
    found = await rows(HOME, person, workspace, RESURFACE)
    return await Mailbox.objects().where(Mailbox.id == found[0]["id"]).first() if found else None


async def put_letters_due() -> int:
    """Put what waits into the inboxes; how many were worked on. Any number of workers may."""
    claimed = [row["id"] for row in await rows(CLAIM, now(), now() - CLAIM_LASTS, BATCH)]
    for letter in await Letter.objects().where(Letter.id.is_in(claimed)) if claimed else []:
        await put(letter)
    return len(claimed)


async def put(letter: Letter) -> None:
    """One letter. Mailbox and Message-ID are fixed before anything goes out: whoever comes after a kill -9 finds what is there already."""
    mailbox = await destined(letter)
    if letter.good_until < now():
        await give_up(letter)
    elif mailbox is None:
        await try_again(letter, ReconnectNeeded(NO_HOME, code="no-mailbox"))
    else:
        try:
            await (await open_mailbox(mailbox)).surface(note_of(letter))
        except ProviderError as error:
            await try_again(letter, error)
        else:
            await done(letter)


async def destined(letter: Letter) -> Mailbox | None:
    """Where it goes: where it may be already, else home."""
    if letter.mailbox is not None:
        return await Mailbox.objects().where(Mailbox.id == letter.mailbox).first()
    mailbox = await home_of(letter.person, letter.workspace)
    if mailbox is not None:
        message_id = f"<{letter.id}.{letter.tries}.letter@{mailbox.address.rpartition('@')[2]}>"
        await letter.update_self({Letter.mailbox: mailbox.id, Letter.message_id: message_id})
    return mailbox


def note_of(letter: Letter) -> Note:
    """As the providers put it there."""
    return Note(letter.message_id, letter.subject, letter.text, thread="", refers_to="", last_provider_id="", html=letter.html)


async def done(letter: Letter) -> None:
    """It is there; we need its words no more."""
    said: dict[Any, Any] = {Letter.problem: "", Letter.problem_values: {}, Letter.problem_code: ""}
    await letter.update_self({Letter.put_at: now(), **CLOSED, **said})


async def try_again(letter: Letter, error: ProviderError) -> None:
    """Later, with the reason. After a request without an answer the claim stays: it may be there. After a clear no, another mailbox may do."""
    rest = min(FIRST_REST * 2 ** min(letter.tries, 10), LONGEST_REST)
    wanted = error.at if isinstance(error, RetryLater) and error.at else now() + rest
    changes: dict[Any, Any] = {
        Letter.tries: letter.tries + 1, Letter.due_at: wanted, Letter.problem: error.sentence, Letter.problem_code: error.code[:100],
        Letter.problem_values: {name: str(value) for name, value in error.values.items()},
    }  # fmt: skip
    if not isinstance(error, Unanswered):
        changes[Letter.claimed_at] = None
    if not isinstance(error, RetryLater):
        changes[Letter.mailbox] = None
    await letter.update_self(changes)


async def give_up(letter: Letter) -> None:
    """Too late for it to be of use: the reason stays, the words go."""
    log.warning("A letter home was not put there in time", letter=str(letter.id), code=letter.problem_code)
    await letter.update_self(CLOSED)


async def forget_letters() -> int:
    """Those that are over and whose keys nobody writes again; how many there were."""
    return len(await rows("DELETE FROM letter WHERE due_at IS NULL AND written_at < $1 RETURNING id", now() - KEPT))


CLOSED: dict[Any, Any] = {Letter.due_at: None, Letter.claimed_at: None, Letter.text: "", Letter.html: ""}
