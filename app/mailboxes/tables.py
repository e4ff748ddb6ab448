"""Mailboxes, the places we have read to, and the consents under way."""

from datetime import datetime

from piccolo.columns import JSONB, UUID, Array, BigInt, Boolean, Bytea, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from app.clock import new_id, now
from app.identity.tables import Person, Session, Workspace

GMAIL, OUTLOOK, IMAP = "gmail", "outlook", "imap"
SEND, READ, RESURFACE = "send", "read", "resurface"
FULL_TIER, SEND_TIER, IMAP_TIER = "full", "send", "imap"
"""What a consent page is asked for: everything by the provider's API, only sending by it, or everything by IMAP and SMTP."""
A_MONTH = 30


class Mailbox(Table):
    """A rep's mailbox at a provider. Its state is told by its times: broken, disconnected, fresh."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    provider = Varchar(length=10)
    address = Varchar(length=320)
    former = Array(base_column=Varchar(length=320), help_text="Addresses it had before: what was written from them is still ours.")
    identified_at = Timestamptz(null=True, default=None, help_text="When the provider last said which address it has.")
    name = Varchar(length=200, help_text="The name that goes into From.")
    account = Varchar(length=200, help_text="Who it is for the provider (sub; tid.oid): an address may change, this does not.")
    consents = Varchar(length=10, default="", help_text="gmail or outlook: an IMAP mailbox that their consent lets in; empty: by password.")
    tier = Varchar(length=4, default=FULL_TIER)
    rights = Array(base_column=Varchar(length=20), help_text="Of send, read, resurface: those that were granted.")
    tokens = Bytea(null=True, default=None, help_text="Sealed.")
    connected_at = Timestamptz(default=now)
    read_since = Timestamptz(null=True, default=None, help_text="When reading was first allowed; what was written elsewhere before is history.")
    disconnected_at = Timestamptz(null=True, default=None)
    broken_at = Timestamptz(null=True, default=None, help_text="Since when it can't be read.")
    problem = Varchar(length=20, default="", help_text="reconnect, admin, operator, gone, retry: what has to be done about it.")
    problem_words = Text(help_text="The catalogue sentence that says what happened.")
    problem_code = Varchar(length=100, help_text="The provider's own word.")
    claims = Text(help_text="What Microsoft wants proven when the person signs in again (a claims challenge), as JSON.")
    synced_at = Timestamptz(null=True, default=None, help_text="When everything was last read without an error.")
    due_at = Timestamptz(default=now, index=True, help_text="When to read it next.")
    pushed_until = Timestamptz(null=True, default=None, help_text="Until when its provider tells us at once; empty: it is looked at often.")
    claimed_at = Timestamptz(null=True, default=None)
    heard_until = Timestamptz(null=True, default=None, help_text="Until when a worker listens for news of it (IDLE).")
    failures = Integer(default=0, help_text="In a row, for backing off.")
    import_days = Integer(default=A_MONTH, help_text="How far back the import reaches; 0 for everything there is.")
    import_stopped_at = Timestamptz(null=True, default=None, help_text="The person stopped it; what is in stays, the rest waits.")
    import_total = Integer(default=0)
    import_done = Integer(default=0)
    imported_at = Timestamptz(null=True, default=None)
    aliases_due_at = Timestamptz(default=now, index=True, help_text="When to ask next which addresses it may send from.")
    daily_limit = Integer(null=True, default=None, help_text="What the provider lets it send in 24 hours, where the rep knows better than we do.")
    sending_paused_until = Timestamptz(null=True, default=None, help_text="The provider takes no more mail until then.")
    one_account = Unique([workspace, provider, account])

    @property
    def keeper(self) -> str:
        """At whom the mail really lies, as far as we know: whose limits hold and whose consent it takes."""
        return str(self.consents or self.provider)

    def is_history(self, at: datetime) -> bool:
        """Was it there before the mailbox was connected? Providers tell when a mail came in whole seconds."""
        return at < self.connected_at.replace(microsecond=0)

    def was_unread(self, at: datetime) -> bool:
        """Was it there before we were to read this mailbox? A mailbox that only sent may have been connected for long by then."""
        return at < (self.read_since or self.connected_at).replace(microsecond=0)


class Alias(Table):
    """An address that a mailbox may send from, its own included, as the provider last told it."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    mailbox = ForeignKey(Mailbox, null=False)
    address = Varchar(length=320)
    name = Varchar(length=200)
    reply_to = Varchar(length=320, help_text="Where answers go, if not to the address itself.")
    is_default = Boolean(default=False, help_text="What the provider's own mail program begins a mail with.")
    signature = Text(help_text="The provider's, as HTML that was cleaned; empty where it has none or does not tell.")
    typed = Text(help_text="The rep's own, as plain text, where the provider gives none.")
    signs = Boolean(default=True, help_text="Does a new mail from here begin with its signature?")
    verified_at = Timestamptz(null=True, default=None, help_text="Since when the provider lets it be used.")
    seen_at = Timestamptz(default=now)
    gone_at = Timestamptz(null=True, default=None, help_text="The provider does not name it any more; what was sent from it stays ours.")
    one_an_address = Unique([mailbox, address])


class Cursor(Table):
    """How far we have read one part of a mailbox (historyId, deltaLink), or the import's page."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    mailbox = ForeignKey(Mailbox, null=False)
    folder = Varchar(length=50)
    value = Text()
    taken = Text(help_text="JSON: ids of the page behind `value` that are in already, so that a page that broke off is not begun anew.")
    moved_at = Timestamptz(default=now)
    one_a_folder = Unique([mailbox, folder])


class ToImport(Table):
    """A thread that an import still has to bring in. Gone in the transaction that filed its mails."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    mailbox = ForeignKey(Mailbox, null=False)
    place = BigInt(help_text="Newest first.")
    thread = Varchar(length=500, help_text="The provider's name for it; that of the sent mail where it has none.")
    provider_id = Varchar(length=500, help_text="A sent mail of it.")
    sent = Integer(default=1, help_text="How many sent mails it has.")
    one_a_thread = Unique([mailbox, thread])


class BlindWindow(Table):
    """A period in which a mailbox could not be read: nobody knows yet what came inside it. At most one of a mailbox is open."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    mailbox = ForeignKey(Mailbox, null=False, index=True)
    since = Timestamptz(default=now, help_text="Everything before it is known.")
    until = Timestamptz(null=True, default=None, help_text="When what came inside had been read; empty while it is open.")
    why = Varchar(length=20, help_text="A problem of the mailbox (reconnect, admin, operator, retry), or silent, disconnected, sends_only.")
    words = Text(help_text="The catalogue sentence that says what happened, if a provider said something.")
    code = Varchar(length=100)
    found = Integer(default=0, help_text="Messages that came inside it and were found afterwards.")
    told_at = Timestamptz(null=True, default=None, help_text="When it was announced; one that is over within a round is announced at its end.")


class Standstill(Table):
    """A provider that lets this installation ask no more for now, whichever mailbox it is for: everything of it waits until then."""

    id = UUID(primary_key=True, default=new_id)
    provider = Varchar(length=10, unique=True)
    since = Timestamptz(default=now)
    until = Timestamptz(default=now)
    code = Varchar(length=100, help_text="The provider's own word.")


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


class Letter(Table):
    """A mail from Nachfass to its own person: put into their inbox, never sent. Its words go once it is there."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    key = Varchar(length=200, help_text="What it is about, in its writer's words: the same key twice is one letter.")
    mailbox = ForeignKey(Mailbox, null=True, default=None, help_text="Chosen before it is put there, and kept while it may be there already.")
    subject = Text()
    text = Text()
    html = Text(help_text="Empty: the text alone.")
    message_id = Varchar(length=998, help_text="Fixed before it is put there, so that a second try finds the first.")
    written_at = Timestamptz(default=now)
    due_at = Timestamptz(null=True, default=now, index=True, help_text="When to put it there, or to try again; empty: nothing more to do.")
    good_until = Timestamptz(default=now, help_text="Nobody wants to read it after that.")
    claimed_at = Timestamptz(null=True, default=None)
    tries = Integer(default=0)
    put_at = Timestamptz(null=True, default=None)
    problem = Text(help_text="The catalogue sentence that says why it is not there (yet).")
    problem_values = JSONB(default="{}")
    problem_code = Varchar(length=100, help_text="The provider's own word, or ours.")
    one_a_key = Unique([workspace, person, key])


class Watch(Table):
    """A provider's promise to tell us when a mailbox changes: a Gmail watch, or a subscription at Graph."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    mailbox = ForeignKey(Mailbox, null=False, unique=True)
    provider_id = Varchar(length=200, index=True, help_text="Graph's subscription; empty while there is none.")
    secret = Bytea(null=True, default=None, help_text="sha256 of the clientState that Graph says back with every notice.")
    expires_at = Timestamptz(null=True, default=None)
    due_at = Timestamptz(default=now, index=True, help_text="When to begin or renew it.")
    claimed_at = Timestamptz(null=True, default=None)
    told_at = Timestamptz(null=True, default=None, help_text="When a notice last came.")
    doubted_at = Timestamptz(null=True, default=None, help_text="When we found mail that nobody had told us of; a later notice ends the doubt.")
    failures = Integer(default=0, help_text="In a row, for backing off.")
    problem_code = Varchar(length=100, help_text="The provider's own word, or ours.")


class Handshake(Table):
    """A consent under way at a provider: bound to the session that started it, good for one return."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    session = ForeignKey(Session, null=False)
    person = ForeignKey(Person, null=False)
    provider = Varchar(length=10)
    tier = Varchar(length=4)
    mailbox = ForeignKey(Mailbox, null=True, default=None, help_text="The one being connected again.")
    import_days = Integer(default=A_MONTH, help_text="How much of the past was asked for; 0 for everything.")
    state = Bytea(unique=True, help_text="sha256 of the state that travels.")
    flow = Bytea(help_text="Sealed: PKCE verifier, nonce.")
    expires_at = Timestamptz(default=now)
    used_at = Timestamptz(null=True, default=None)
