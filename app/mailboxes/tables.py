"""Mailboxes, the places we have read to, and the consents under way."""

from datetime import datetime

from piccolo.columns import UUID, Array, Bytea, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from app.clock import new_id, now
from app.identity.tables import Person, Session, Workspace

GMAIL, OUTLOOK, IMAP = "gmail", "outlook", "imap"
SEND, READ, RESURFACE = "send", "read", "resurface"
FULL_TIER, SEND_TIER = "full", "send"


class Mailbox(Table):
    """A rep's mailbox at a provider. Its state is told by its times: broken, disconnected, fresh."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    provider = Varchar(length=10)
    address = Varchar(length=320)
    name = Varchar(length=200, help_text="The name that goes into From.")
    account = Varchar(length=200, help_text="Who it is for the provider (sub; tid.oid): an address may change, this does not.")
    tier = Varchar(length=4, default=FULL_TIER)
    rights = Array(base_column=Varchar(length=20), help_text="Of send, read, resurface: those that were granted.")
    tokens = Bytea(null=True, default=None, help_text="Sealed.")
    connected_at = Timestamptz(default=now)
    disconnected_at = Timestamptz(null=True, default=None)
    broken_at = Timestamptz(null=True, default=None, help_text="Since when it can't be read.")
    problem = Varchar(length=20, default="", help_text="reconnect, admin, operator, retry: what has to be done about it.")
    problem_words = Text(help_text="The catalogue sentence that says what happened.")
    problem_code = Varchar(length=100, help_text="The provider's own word.")
    synced_at = Timestamptz(null=True, default=None, help_text="When everything was last read without an error.")
    due_at = Timestamptz(default=now, index=True, help_text="When to read it next.")
    claimed_at = Timestamptz(null=True, default=None)
    heard_until = Timestamptz(null=True, default=None, help_text="Until when a worker listens for news of it (IDLE).")
    failures = Integer(default=0, help_text="In a row, for backing off.")
    import_total = Integer(default=0)
    import_done = Integer(default=0)
    imported_at = Timestamptz(null=True, default=None)
    one_account = Unique([workspace, provider, account])

    def is_history(self, at: datetime) -> bool:
        """Was it there before the mailbox was connected? Providers tell when a mail came in whole seconds."""
        return at < self.connected_at.replace(microsecond=0)


class Cursor(Table):
    """How far we have read one part of a mailbox (historyId, deltaLink), or the import's page."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    mailbox = ForeignKey(Mailbox, null=False)
    folder = Varchar(length=50)
    value = Text()
    moved_at = Timestamptz(default=now)
    one_a_folder = Unique([mailbox, folder])


class SetAside(Table):
    """A message that could not be understood: kept in view, no longer in the way."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    mailbox = ForeignKey(Mailbox, null=False)
    provider_id = Varchar(length=500)
    tries = Integer(default=1)
    why = Text()
    at = Timestamptz(default=now)
    one_a_message = Unique([mailbox, provider_id])


class Handshake(Table):
    """A consent under way at a provider: bound to the session that started it, good for one return."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    session = ForeignKey(Session, null=False)
    person = ForeignKey(Person, null=False)
    provider = Varchar(length=10)
    tier = Varchar(length=4)
    mailbox = ForeignKey(Mailbox, null=True, default=None, help_text="The one being connected again.")
    state = Bytea(unique=True, help_text="sha256 of the state that travels.")
    flow = Bytea(help_text="Sealed: PKCE verifier, nonce.")
    expires_at = Timestamptz(default=now)
    used_at = Timestamptz(null=True, default=None)
