"""Drafts, their attachments, and mail on its way."""

from piccolo.columns import JSONB, UUID, Boolean, Bytea, ForeignKey, Integer, OnDelete, Text, Timestamp, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from app.clock import new_id, now
from app.happenings import NO_REPLY
from app.identity.tables import Person, Workspace
from app.mailboxes.tables import Alias, Mailbox
from app.threads.tables import Message, Thread


class Draft(Table):
    """A mail being written."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    mailbox = ForeignKey(Mailbox, null=True, default=None)
    alias = ForeignKey(Alias, null=True, default=None, on_delete=OnDelete.set_null, help_text="Sent from there instead of the mailbox's own address.")
    thread = ForeignKey(Thread, null=True, default=None, on_delete=OnDelete.set_null, help_text="The one it answers in.")
    answers = ForeignKey(Message, null=True, default=None, on_delete=OnDelete.set_null)
    to = JSONB(default="[]", help_text="[{name, address}]; so are cc and bcc.")
    cc = JSONB(default="[]")
    bcc = JSONB(default="[]")
    subject = Varchar(length=998)
    html = Text()
    quote = Text(help_text="What is quoted below, cleaned of our own pixels and links.")
    signs = Boolean(default=True, help_text="Goes out with the signature of its sender.")
    logs = Boolean(default=True)
    tracks_opens = Boolean(default=True)
    tracks_clicks = Boolean(default=True)
    asks_read = Boolean(default=False, help_text="Asks for a read receipt (RFC 8098).")
    asks_delivery = Boolean(default=False, help_text="Asks for a delivery receipt (RFC 3461), where the mailbox can.")
    separately = Boolean(default=False, help_text="To each recipient a mail of their own.")
    sending = UUID(null=True, default=None, help_text="What is left of a mail sent separately: the draft that one was.")
    reminds = Varchar(length=90, default="", help_text="A wish (`web.wishes`): '' for no, 3d, 3d[them], 2026-03-17T09:00[Europe/Berlin].")
    reminds_if = Varchar(length=20, default=NO_REPLY, help_text="On which condition, one of happenings.CONDITIONS.")
    created_at = Timestamptz(default=now)
    saved_at = Timestamptz(default=now)
    queued_at = Timestamptz(null=True, default=None)
    discarded_at = Timestamptz(null=True, default=None)
    scheduled = UUID(null=True, default=None, help_text="The Scheduled or the Recurrence that it goes out with: it is changed there alone.")
    revises = UUID(null=True, default=None, help_text="The Scheduled whose words these are to replace.")
    page = UUID(null=True, default=None, help_text="The page on which it was last written, so that two of them do not overwrite each other.")


class Attachment(Table):
    """A file that goes with a draft."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    draft = ForeignKey(Draft, null=False)
    name = Varchar(length=255)
    type = Varchar(length=127, default="application/octet-stream")
    size = Integer(default=0)
    content = Bytea()


class Dispatch(Table):
    """A mail on its way, sent provably once. Its times say how far it got; they only ever move forward.

    waiting (created_at) → drafted_at (the provider holds the draft) → sending_at (told to send) → sent_at,
    or failed_at, or unknown_at (nobody can be asked: the person decides), or cancelled_at (taken back while it waited).
    """

    id = UUID(primary_key=True, default=new_id, help_text="Also the send id that travels in X-Nachfass-Send-Id.")
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    mailbox = ForeignKey(Mailbox, null=False)
    draft = ForeignKey(Draft, null=False)
    address = Varchar(length=320, help_text="The one recipient of this mail, where the draft is sent separately; empty: everybody in it.")
    sending = UUID(null=True, default=None, index=True, help_text="The draft as it was sent separately: names all its mails.")
    message = UUID(default=new_id, help_text="The id the Message will have, so that tokens can name it before it exists.")
    message_id = Varchar(length=998, unique=True, help_text="Message-ID, fixed before anything goes out.")
    opens_tracked = Boolean(default=False, help_text="After consent was asked; so is the next.")
    clicks_tracked = Boolean(default=False)
    decoyed = Boolean(default=False, help_text="Tracked links come with a decoy: the workspace's choice when it was queued.")
    sender = Varchar(length=320, help_text="From, fixed with the ids; empty in mail queued before there were aliases.")
    sender_name = Varchar(length=200)
    reply_to = Varchar(length=320)
    signature = Text(help_text="As HTML.")
    created_at = Timestamptz(default=now)
    due_at = Timestamptz(null=True, default=now, index=True, help_text="When to work on it next; empty once nothing is left to do.")
    claimed_at = Timestamptz(null=True, default=None)
    tries = Integer(default=0)
    provider_draft = Varchar(length=500)
    drafted_at = Timestamptz(null=True, default=None)
    sending_at = Timestamptz(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    failed_at = Timestamptz(null=True, default=None)
    unknown_at = Timestamptz(null=True, default=None)
    held_until = Timestamptz(null=True, default=None, help_text="When there was to be room again in what the provider lets one send.")
    cancelled_at = Timestamptz(null=True, default=None)
    dismissed_at = Timestamptz(null=True, default=None, help_text="No longer shown under “On its way”.")
    problem = Text(help_text="The catalogue sentence of the last error.")
    problem_values = JSONB(default="{}")


class RecipientAnswer(Table):
    """What the SMTP server last said to one recipient of a mail: it took the address, put it off, or refused it."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    dispatch = ForeignKey(Dispatch, null=False)
    address = Varchar(length=320)
    code = Integer(default=0, help_text="Of the reply (RFC 5321, 4.2): 2xx taken, 4xx not now, 5xx refused.")
    words = Varchar(length=500, help_text="The server's own.")
    at = Timestamptz(default=now)
    one_a_recipient = Unique([dispatch, address])


class Enclosure(Table):
    """A large file on its way into a provider's draft, piece by piece: where to go on after a break."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    dispatch = ForeignKey(Dispatch, null=False)
    attachment = ForeignKey(Attachment, null=False)
    provider_draft = Varchar(length=500, help_text="The draft that the session belongs to.")
    session = Bytea(help_text="Sealed: whoever knows the address of an upload may write there.")
    begun_at = Timestamptz(default=now)
    one_a_file = Unique([dispatch, attachment])


class Recurrence(Table):
    """A mail that goes out again and again. Its words are a draft of its own, of which each occurrence gets a copy."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    draft = ForeignKey(Draft, null=False)
    rule = Varchar(length=500, help_text="An RRULE (RFC 5545, 3.3.10) without its name.")
    starts = Timestamp(help_text="DTSTART on the wall.")
    zone = Varchar(length=64, help_text="IANA name of where that wall is.")
    unless_replied = Boolean(default=False, help_text="Until somebody answers in its conversation.")
    known_at = Timestamptz(null=True, default=None, help_text="Of when the newest mail of the conversation was that was here when it began.")
    created_at = Timestamptz(default=now)
    paused_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None, help_text="By the rep, by an answer, or because the rule names no more dates.")


class Scheduled(Table):
    """A mail that goes out at its time: once, or as one occurrence of a recurrence.

    waiting → went_at (its Dispatch was made), or asked_at (the rep decides), held_at (nobody can know yet whether somebody answered),
    stopped_at (somebody did); at any time dropped_at (the rep does not want it sent). missed_at: a newer occurrence was due when it was looked at.
    """

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    draft = ForeignKey(Draft, null=False, index=True)
    recurrence = ForeignKey(Recurrence, null=True, default=None)
    wall = Timestamp(help_text="When, as the clock on the wall shows it.")
    zone = Varchar(length=64, help_text="IANA name of where that wall is.")
    chosen = Text(help_text="The catalogue sentence of why then, where it was not picked by hand.")
    chosen_values = JSONB(default="{}")
    due_at = Timestamptz(help_text="The instant of it, by the zone's rules as they were when it was last reckoned.")
    looks_at = Timestamptz(null=True, default=None, help_text="When the worker looks at it next; empty while there is nothing to do.")
    unless_replied = Boolean(default=False, help_text="Not if somebody answers in its conversation meanwhile.")
    set_at = Timestamptz(default=now, help_text="When the rep decided it: what was here by then does not stop it.")
    known_at = Timestamptz(null=True, default=None, help_text="Of when the newest mail of the conversation was that was here by then.")
    held_at = Timestamptz(null=True, default=None)
    asked_at = Timestamptz(null=True, default=None)
    stopped_at = Timestamptz(null=True, default=None)
    went_at = Timestamptz(null=True, default=None)
    dropped_at = Timestamptz(null=True, default=None)
    missed_at = Timestamptz(null=True, default=None)
    why = Text(help_text="The catalogue sentence of why it is held, asks, was stopped, dropped or missed.")
    why_values = JSONB(default="{}")
    reply = UUID(null=True, default=None, help_text="The mail that stopped it, or may be the answer.")
    told_at = Timestamptz(null=True, default=None, help_text="Where the feed says so.")
    dispatch = UUID(null=True, default=None)
    one_a_date = Unique([recurrence, wall])
