"""Reactions that keep “last activity” of a contact true."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from app.clock import now
from app.contacts.finding import acted
from app.database import rows
from app.happenings import BounceReceived, LinkClicked, MessageOpened, ReadConfirmed
from app.threads.asking import contacts_of_message
from app.threads.matching import get

ONE_CONTACT = """
SELECT m.id, (array_agg(DISTINCT r.contact))[1] AS contact FROM message m JOIN recipient r ON r.message = m.id
WHERE m.id = ANY($1::uuid[]) AND m.direction = 'sent' AND r.contact IS NOT NULL GROUP BY m.id HAVING count(DISTINCT r.contact) = 1
"""


async def note_opens(facts: Sequence[MessageOpened]) -> None:
    await note_all({fact.message for fact in facts}, "opened")


async def note_clicks(facts: Sequence[LinkClicked]) -> None:
    await note_all({fact.message for fact in facts}, "clicked")


async def note_bounce(fact: BounceReceived) -> None:
    await note(fact.answers, "failed")


async def note_receipt(fact: ReadConfirmed) -> None:
    await note(fact.answers, "receipt")


async def note_all(messages: Iterable[UUID], what: str) -> None:
    """Likewise for many mails of ours."""
    await acted([row["contact"] for row in await rows(ONE_CONTACT, sorted(messages))], what, now())


async def note(message_id: UUID, what: str) -> None:
    """Only where one contact got the mail: of several, nobody can say who it was."""
    message = await get(message_id)
    people = await contacts_of_message(message) if message is not None else []
    if len(people) == 1:
        await acted([people[0].id], what, now())
