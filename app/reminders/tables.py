"""Reminders and the story of each."""

from datetime import time

from piccolo.columns import JSONB, UUID, Boolean, Date, ForeignKey, OnDelete, SmallInt, Text, Time, Timestamp, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from app.clock import new_id, now
from app.contacts.tables import Contact
from app.happenings import NO_REPLY
from app.identity.tables import Person, Workspace
from app.threads.tables import Message, Thread

OF_THREAD, OF_MESSAGE, OF_CONTACT = "thread", "message", "contact"


class Reminder(Table):
    """A promise to look at a quiet thread, at one mail or at a contact again. Its times tell its state; settled_at ends it.

    A thread has one open reminder at most, of its latest mail (`thread`) or of one mail that it stays with (`message`);
    so has, for each person, a contact.
    """

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    scope = Varchar(length=7, default=OF_THREAD, help_text="thread, message or contact: what it was asked for.")
    condition = Varchar(length=20, default=NO_REPLY, help_text="On what it rings when due: one of happenings.CONDITIONS.")
    thread = ForeignKey(Thread, null=True, default=None, help_text="Nothing where it was asked for a contact.")
    contact = ForeignKey(Contact, null=True, default=None, help_text="Of whom nothing is heard; only where it was asked for a contact.")
    message = ForeignKey(Message, null=True, default=None, on_delete=OnDelete.set_null, help_text="The one nobody has answered yet.")
    due_at = Timestamptz(default=now, index=True)
    lapses_at = Timestamptz(null=True, default=None, help_text="It was due before anybody had opened (clicked): until then it waits for that.")
    wall_at = Timestamp(null=True, default=None, help_text="What due_at is on the wall in `zone`, as it was asked; empty: a span of hours was.")
    zone = Varchar(length=64, default="", help_text="IANA name; its rules may change, then due_at is reckoned anew.")
    by_them = Boolean(default=False, help_text="Due by the recipient's clock, in their working time.")
    created_at = Timestamptz(default=now)
    held_at = Timestamptz(null=True, default=None, help_text="It was due, but the mailbox was not fresh.")
    rang_at = Timestamptz(null=True, default=None)
    snoozed_at = Timestamptz(null=True, default=None)
    snoozes = SmallInt(default=0)
    settled_at = Timestamptz(null=True, default=None, help_text="They answered, it bounced, or we let it go.")
    why = Text(help_text="The catalogue sentence of the latest change; its values are in the step.")
    brings = ForeignKey(
        Thread, null=True, default=None, on_delete=OnDelete.set_null, help_text="Of a contact's reminder that rang: their latest thread."
    )
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
    examined = JSONB(
        default="{}",
        help_text="What we looked at: {messages: how many, seen: [ids], message: the one that decided, matched: the rule, synced_at, "
        "cursors: [[folder, position, moved_at]], hits: [[id, kind, verdict, at]], mailboxes: how many}.",
    )


class FollowUpText(Table):
    """Words a rep keeps for following up; their places ({first name}, {subject}, …) are filled in for each mail."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    name = Varchar(length=80)
    text = Text()
    created_at = Timestamptz(default=now)
    removed_at = Timestamptz(null=True, default=None)


class AwaitedOpen(Table):
    """A snooze that ends when a person opens the mail; it counts as long as its reminder is still snoozed since the same moment."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    reminder = ForeignKey(Reminder, null=False, index=True)
    thread = ForeignKey(Thread, null=False, index=True)
    since = Timestamptz(default=now, help_text="The reminder's snoozed_at; an open before it does not count.")
    until = Timestamptz(default=now, help_text="When it comes back although nobody opened it.")
    back_at = Timestamptz(null=True, default=None, help_text="When an open brought it back.")
    hit = UUID(null=True, default=None, index=True, help_text="That open, so that a verdict taken back takes this back too.")


class DigestChoice(Table):
    """Whether and when a rep gets the morning digest by mail."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False, unique=True)
    wanted = Boolean(default=False)
    at = Time(default=time(8), help_text="By the clock on the rep's wall.")
    chosen_at = Timestamptz(default=now, help_text="A morning before it is not made up for.")
    due_at = Timestamptz(default=now, index=True, help_text="When to look whether it is time; at least once an hour, as people move.")
    links_since = Timestamptz(null=True, default=None, help_text="Links in digests from before it are ended.")


class Digest(Table):
    """What a rep was told on one day, or that there was nothing to say. At most one a day, however many workers run."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    day = Date(help_text="By the clock on the rep's wall.")
    made_at = Timestamptz(default=now)
    reminders = JSONB(default="[]", help_text="The ids of those it spoke of: only these are seen through its links.")
    problem = Text(help_text="The catalogue sentence that says why no mail went out; empty: it did.")
    one_digest_a_day = Unique([person, day])
