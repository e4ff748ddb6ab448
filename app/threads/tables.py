"""Threads, their messages, and whom each went to."""

from piccolo.columns import JSONB, UUID, Boolean, Date, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from app.clock import new_id, now
from app.contacts.tables import Contact
from app.identity.tables import Person, Workspace
from app.mailboxes.tables import Mailbox
from app.threads.recognising.kinds import OTHER

SENT, RECEIVED = "sent", "received"


class Thread(Table):
    """A conversation in one mailbox."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    mailbox = ForeignKey(Mailbox, null=False)
    provider_thread = Varchar(length=500, index=True, help_text="threadId or conversationId; empty until the provider told us.")
    subject = Varchar(length=998)
    last_at = Timestamptz(default=now)
    created_at = Timestamptz(default=now)


class Message(Table):
    """A mail in a thread. The times say how far it got; a later step implies the ones before it."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    mailbox = ForeignKey(Mailbox, null=False)
    thread = ForeignKey(Thread, null=False, index=True)
    direction = Varchar(length=8, help_text="sent or received")
    kind = Varchar(length=24, default=OTHER, help_text="Of a received one, see recognising.kinds; human_reply only if it answers a mail of ours.")
    rules = JSONB(default="[]", help_text="The rules that said so: [name].")
    why = JSONB(default="[]", help_text="The same in words: [[catalogue sentence, values]].")
    answers = UUID(null=True, default=None, index=True, help_text="The sent message that this one replies to or reports on.")
    may_answer = UUID(null=True, default=None, index=True, help_text="The sent message that it may reply to: only a person can tell.")
    judged_at = Timestamptz(null=True, default=None, help_text="When the rep said whether it does.")
    provider_id = Varchar(length=500, index=True, help_text="Its id in the mailbox; changes when the provider files it.")
    send_id = UUID(null=True, default=None, index=True, help_text="The Dispatch it went out with: what X-Nachfass-Send-Id says.")
    sending = UUID(null=True, default=None, index=True, help_text="The same mail went to others separately: it names them all.")
    message_id = Varchar(length=998, index=True, help_text="Message-ID as we fixed it, or as received; with its brackets.")
    provider_message_id = Varchar(length=998, index=True, help_text="Message-ID as the provider rewrote it; else the same.")
    refers_to = Text(help_text="In-Reply-To and References, space separated.")
    sender = Varchar(length=320)
    sender_name = Varchar(length=200)
    subject = Varchar(length=998)
    html = Text(help_text="As written, before pixel and links went in; sanitised again when shown.")
    text = Text()
    snippet = Varchar(length=300)
    attachments = JSONB(default="[]", help_text="[{name, type, size}]")
    at = Timestamptz(default=now, help_text="Sent or received, by the provider's clock.")
    logged = Boolean(default=True)
    opens_tracked = Boolean(default=False)
    clicks_tracked = Boolean(default=False)
    links = JSONB(default="[]", help_text="Tracked destinations in order: [{url, words}].")
    left_out = Varchar(length=20, help_text="Why neither opens nor clicks of it are tracked, or why it is not logged: the words of accounting.py.")
    imported = Boolean(default=False, help_text="Found in the mailbox, not sent from here.")
    verified_at = Timestamptz(null=True, default=None, help_text="Seen in the provider's Sent folder.")
    asks_read = Boolean(default=False, help_text="It asked for a read receipt.")
    asks_delivery = Boolean(default=False, help_text="It asked for a delivery receipt.")
    delivered_at = Timestamptz(null=True, default=None, help_text="A server confirmed it first; empty again when all of these came back later.")
    delivered_by = Varchar(length=255, help_text="That server, or whose address the report came from.")
    fetched_at = Timestamptz(null=True, default=None, help_text="First fetch by a machine.")
    opened_at = Timestamptz(null=True, default=None)
    clicked_at = Timestamptz(null=True, default=None)
    read_at = Timestamptz(null=True, default=None, help_text="The first read receipt.")
    read_by = Varchar(length=320, help_text="Whose receipt it was.")
    declined_at = Timestamptz(null=True, default=None, help_text="Somebody sent no read receipt, and said so. Never an open.")
    declined_by = Varchar(length=320)
    replied_at = Timestamptz(null=True, default=None)
    failed_at = Timestamptz(null=True, default=None, help_text="It bounced.")
    opens = Integer(default=0, help_text="By people.")
    clicks = Integer(default=0, help_text="By people.")
    opened_by = JSONB(default="[]", help_text="Of several it went to, who it probably was: [name].")
    forwarded_why = JSONB(default="[]", help_text="Why it may have been forwarded: [[catalogue sentence, values]]. Never more than a suspicion.")
    created_at = Timestamptz(default=now)


class ReplyDecision(Table):
    """What the rep said about a new mail: that it is the answer, or not. Kept when it is taken back."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    message = ForeignKey(Message, null=False, index=True)
    sent = UUID(help_text="The mail of ours in question.")
    is_answer = Boolean()
    thread_before = UUID(null=True, default=None, help_text="Where the mail lay before a yes moved it.")
    at = Timestamptz(default=now)
    taken_back_at = Timestamptz(null=True, default=None)


class Underway(Table):
    """A mail that its provider was told to send and that is not filed yet: its answer may be here before we know what it answers."""

    id = UUID(primary_key=True, help_text="The Message it will be.")
    workspace = ForeignKey(Workspace, null=False)
    mailbox = ForeignKey(Mailbox, null=False, index=True)
    since = Timestamptz(default=now)


class SentMail(Table):
    """A mail in a mailbox's Sent folder, accounted for: which message it is here, or why it is none. It holds no word and no address."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    mailbox = ForeignKey(Mailbox, null=False)
    provider_id = Varchar(length=500)
    at = Timestamptz(default=now, help_text="Sent, by the provider's clock.")
    message = ForeignKey(Message, null=True, default=None, index=True, on_delete=OnDelete.set_null)
    why = Varchar(length=20, help_text="Why it is not logged: the words of accounting.py.")
    gone_at = Timestamptz(null=True, default=None, help_text="When it was found not to lie in Sent any more: deleted or moved.")
    noted_at = Timestamptz(default=now)
    one_mail_in_sent = Unique([mailbox, provider_id])


class Comparison(Table):
    """When a mailbox's Sent folder is compared with what is accounted for, and what came of it the last time."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    mailbox = ForeignKey(Mailbox, null=False, unique=True)
    due_at = Timestamptz(default=now, index=True)
    claimed_at = Timestamptz(null=True, default=None)
    compared_at = Timestamptz(null=True, default=None)
    since = Timestamptz(null=True, default=None, help_text="How far back it reached.")
    total = Integer(default=0, help_text="All mails in Sent, as the provider counts them.")
    older = Integer(default=0, help_text="Of these, from before `since`.")
    found = Integer(default=0, help_text="Taken in by it, as reading had missed them.")
    problem = Text(help_text="The catalogue sentence of the last error.")


class ComparedDay(Table):
    """One day of a Sent folder by its owner's clock: the provider's count, and ours at the same moment."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    mailbox = ForeignKey(Mailbox, null=False)
    day = Date()
    theirs = Integer(default=0)
    ours = Integer(default=0)
    compared_at = Timestamptz(default=now)
    one_day_of_sent = Unique([mailbox, day])


class Recipient(Table):
    """Somebody a message went to (or, of a received one, came to)."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    message = ForeignKey(Message, null=False, index=True)
    contact = ForeignKey(Contact, null=True, default=None, index=True, on_delete=OnDelete.set_null, help_text="Nobody for what is not logged.")
    kind = Varchar(length=3, default="to", help_text="to, cc, bcc")
    address = Varchar(length=320, index=True)
    name = Varchar(length=200)
    delivered_at = Timestamptz(null=True, default=None, help_text="Stays when it came back later: then the delivery is taken back.")
    delivered_by = Varchar(length=255)
    read_at = Timestamptz(null=True, default=None)
    declined_at = Timestamptz(null=True, default=None)
    failed_at = Timestamptz(null=True, default=None)
    failure = Text(help_text="In the other server's words.")
    reason = Text(help_text="The catalogue sentence for it.")
    for_good = Boolean(default=True, help_text="Of a failure: the address is no good. Else it may be tried again later.")
    delayed_at = Timestamptz(null=True, default=None, help_text="Their server has not taken it yet and keeps trying.")
