"""What the mail server said to each recipient: kept, so that a mail of which one was refused is never failed or sent without a word."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.clock import new_id, now
from app.database import rows
from app.identity.guarding import Me
from app.mailboxes.providers.base import HearsRecipients, Provider, RecipientSaid
from app.outbox.tables import Dispatch

KEEP = """
INSERT INTO recipient_answer (id, workspace, dispatch, address, code, words, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (dispatch, address) DO UPDATE SET code = excluded.code, words = excluded.words, at = excluded.at
"""
KEPT = "SELECT dispatch, address, code, words FROM recipient_answer WHERE dispatch = ANY($1) ORDER BY code DESC, address"
OF_MESSAGE = """
SELECT a.address, a.code, a.words FROM recipient_answer a JOIN dispatch d ON d.id = a.dispatch
WHERE d.message = $1 AND d.person = $2 AND d.workspace = $3 ORDER BY a.code DESC, a.address
"""


@dataclass(frozen=True)
class Heard:
    """One recipient as the server last answered: taken, put off, or refused."""

    address: str
    code: int
    words: str

    @property
    def taken(self) -> bool:
        return self.code < 400

    @property
    def put_off(self) -> bool:
        return 400 <= self.code < 500


def heard_by(provider: Provider) -> Sequence[RecipientSaid]:
    """What the last mail heard; nothing where a provider answers for all recipients at once."""
    return provider.answers if isinstance(provider, HearsRecipients) else []


async def keep(dispatch: Dispatch, said: Sequence[RecipientSaid]) -> None:
    """The last word to each recipient. Joins the caller's `together()`, if there is one."""
    for one in said:
        await rows(KEEP, new_id(), dispatch.workspace, dispatch.id, one.address[:320], one.code, one.words, now())


async def kept_of(dispatches: Iterable[UUID]) -> dict[UUID, list[Heard]]:
    """By dispatch, refusals first."""
    found: dict[UUID, list[Heard]] = {}
    for row in await rows(KEPT, list(dispatches)):
        found.setdefault(row["dispatch"], []).append(Heard(row["address"], row["code"], row["words"]))
    return found


async def of_message(me: Me, message: UUID) -> list[Heard]:
    """Of a mail that the person sent."""
    return [Heard(**row) for row in await rows(OF_MESSAGE, message, me.person.id, me.workspace.id)]
