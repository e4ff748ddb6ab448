"""Reminders and the story of each."""

from piccolo.columns import JSONB, UUID, ForeignKey, OnDelete, SmallInt, Text, Timestamptz, Varchar
from piccolo.table import Table

from app.clock import new_id, now
from app.identity.tables import Person, Workspace
from app.threads.tables import Message, Thread


class Reminder(Table):
    """A promise to look at a quiet thread again. Its times tell its state; settled_at ends it."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    thread = ForeignKey(Thread, null=False)
    message = ForeignKey(Message, null=True, default=None, on_delete=OnDelete.set_null, help_text="The one nobody has answered yet.")
    due_at = Timestamptz(default=now, index=True)
    created_at = Timestamptz(default=now)
    held_at = Timestamptz(null=True, default=None, help_text="It was due, but the mailbox was not fresh.")
    rang_at = Timestamptz(null=True, default=None)
    snoozed_at = Timestamptz(null=True, default=None)
    snoozes = SmallInt(default=0)
    settled_at = Timestamptz(null=True, default=None, help_text="They answered, it bounced, or we let it go.")
    why = Text(help_text="The catalogue sentence of the latest change; its values are in the step.")
    surfaces_at = Timestamptz(null=True, default=None, help_text="When to bring the thread back on top of the inbox; empty: nothing to do.")
    surfacing_claimed_at = Timestamptz(null=True, default=None)
    surfacing_tries = SmallInt(default=0)
    surfaced_at = Timestamptz(null=True, default=None)
    note_id = Varchar(length=500, help_text="The provider's id of the note we put on top, to clean it up.")
    note_message_id = Varchar(length=998, help_text="Its Message-ID, fixed before it is put there.")


class ReminderStep(Table):
    """One change of a reminder, with its reason and what was examined."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    reminder = ForeignKey(Reminder, null=False)
    at = Timestamptz(default=now)
    what = Varchar(length=10, help_text="waiting, held, rung, snoozed, settled, surfaced")
    why = Text(help_text="Catalogue sentence.")
    values = JSONB(default="{}")
    examined = JSONB(default="{}", help_text="{messages: n, synced_at, matched}: what we looked at.")
