"""Reactions that keep “last activity” of a contact true."""

from uuid import UUID

from app.clock import now
from app.contacts.finding import acted
from app.happenings import BounceReceived, LinkClicked, MessageOpened, ReadConfirmed
from app.threads.asking import contacts_of_message
from app.threads.matching import get


async def note_open(fact: MessageOpened) -> None:
    await note(fact.message, "opened")


async def note_click(fact: LinkClicked) -> None:
    await note(fact.message, "clicked")


async def note_bounce(fact: BounceReceived) -> None:
    await note(fact.answers, "failed")


async def note_receipt(fact: ReadConfirmed) -> None:
    await note(fact.answers, "receipt")


async def note(message_id: UUID, what: str) -> None:
    """Only where one contact got the mail: of several, nobody can say who it was."""
    message = await get(message_id)
    people = await contacts_of_message(message) if message is not None else []
    if len(people) == 1:
        await acted([people[0].id], what, now())
