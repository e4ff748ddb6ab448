"""How a thread that is due comes back to its person: by a note on top of the inbox only if they want one, for those that wait already too."""

from app.clock import now
from app.database import rows
from app.happenings import ReturnChosen
from app.identity.tables import Person
from app.mailboxes.tables import RESURFACE

PUT_NOTES = """
UPDATE reminder SET surfaces_at = $2, surfacing_tries = 0,
  note_message_id = '<' || gen_random_uuid() || '.reminder@' || split_part(m.address, '@', 2) || '>'
FROM thread t JOIN mailbox m ON m.id = t.mailbox
WHERE t.id = reminder.thread AND reminder.person = $1 AND reminder.rang_at IS NOT NULL AND reminder.settled_at IS NULL
AND (reminder.note_id = '' OR reminder.surfacing_claimed_at IS NOT NULL)
AND reminder.surfaces_at IS NULL AND m.disconnected_at IS NULL AND $3 = ANY(m.rights)
"""
"""Under a new Message-ID: the old note may be in the trash, and would be found there. One that is just being cleared is put there anew after that."""


async def bring_back(fact: ReturnChosen) -> None:
    """What rings at the moment follows the new choice. Notes that nobody wants any more are taken away by the next round of `surface_due`."""
    wanted = await Person.select(Person.returns_in_inbox).where(Person.id == fact.person).first()
    if wanted and wanted["returns_in_inbox"]:
        await rows(PUT_NOTES, fact.person, now(), RESURFACE)
