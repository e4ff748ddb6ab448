"""Listening to what a room announces."""

from dataclasses import dataclass, field

from app import happenings


@dataclass
class Heard:
    """The facts that were stated, in order."""

    facts: list[object] = field(default_factory=list)

    async def hear(self, fact: object) -> None:
        self.facts.append(fact)


MAILBOX_FACTS = (happenings.MailboxConnected, happenings.MailboxBroke, happenings.MailboxRestored, happenings.MailboxDisconnected)
