"""The ledger of what happened, and what its reader wants to hear nothing of.

The ledger has no foreign keys, key (workspace, id, at), one partition a month; its migration is written by hand.
"""

from piccolo.columns import JSONB, UUID, ForeignKey, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from app.clock import new_id, now
from app.identity.tables import Person, Workspace
from app.threads.tables import Thread


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


class Mute(Table):
    """A thread that its rep wants to hear nothing of, though the feed goes on showing it."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    thread = ForeignKey(Thread, null=False)
    since = Timestamptz(default=now)
    one_mute_a_thread = Unique([person, thread])
