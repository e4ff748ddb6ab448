"""The ledger of what happened.

It has no foreign keys, key (workspace, id, at), one partition a month; its migration is written by hand.
"""

from piccolo.columns import JSONB, UUID, Timestamptz, Varchar
from piccolo.table import Table

from app.clock import new_id, now


class Activity(Table):
    """One line of a person's feed, written by a reaction and never by a page."""

    id = UUID(primary_key=True, default=new_id)
    workspace = UUID(default=None, null=True)
    person = UUID(default=None, null=True, help_text="Whose feed.")
    at = Timestamptz(default=now)
    kind = Varchar(length=20, help_text="sent, opened, clicked, machine, replied, bounced, rang, … (the kinds of feed/telling.py)")
    contact = UUID(default=None, null=True)
    mailbox = UUID(default=None, null=True)
    thread = UUID(default=None, null=True)
    message = UUID(default=None, null=True)
    hit = UUID(default=None, null=True)
    reminder = UUID(default=None, null=True)
    said = JSONB(default="{}", help_text="What the sentence needs: names, subject, device, reason; no joins when read.")
