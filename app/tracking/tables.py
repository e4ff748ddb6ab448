"""Hits as they came, and what we made of them.

`Hit` is a ledger: no foreign keys, key (workspace, id, at), one partition a month; its migration is written by hand.
"""

from piccolo.columns import JSONB, UUID, ForeignKey, Integer, Real, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from app.clock import new_id, now
from app.identity.tables import Person, Workspace

OPEN, CLICK = "open", "click"
PERSON, MACHINE, SELF, UNKNOWN = "person", "machine", "self", "unknown"


class Hit(Table):
    """One request for a pixel or a link, raw and never changed. The address it came from is not in it."""

    id = UUID(primary_key=True, default=new_id)
    workspace = UUID(default=None, null=True)
    at = Timestamptz(default=now)
    message = UUID(default=None, null=True)
    link = Integer(default=-1, help_text="Which tracked link, from 0; -1 for the pixel.")
    kind = Varchar(length=5)
    method = Varchar(length=7)
    user_agent = Varchar(length=512)
    headers = JSONB(default="{}", help_text="The few that tell people from machines, lower-case names.")
    network = Varchar(length=64, help_text="That day's keyed hash of the address.")
    role = Varchar(length=60, help_text="Who owns the network, where that tells something: apple-relay, microsoft-365-protection, …")
    country = Varchar(length=2)


class Verdict(Table):
    """Who did it: a person, a machine, the sender themselves, or nobody can tell; with the rules that say so."""

    id = UUID(primary_key=True, default=new_id, help_text="The hit's own id.")
    workspace = ForeignKey(Workspace, null=False)
    message = UUID(index=True, default=None, null=True)
    hit_at = Timestamptz(default=now)
    kind = Varchar(length=5)
    link = Integer(default=-1)
    network = Varchar(length=64, help_text="The hit's, so that its neighbours are found without touching the ledger.")
    verdict = Varchar(length=7)
    confidence = Real(default=0.0, help_text="0 to 1")
    rules = JSONB(default="[]", help_text="[[rule id, for or against or unknown, values]], strongest first.")
    device = JSONB(default="{}", help_text="{kind, system, client, hidden_by, country}: what is known, no more.")
    repeats = UUID(null=True, default=None, help_text="The open that this request is a part of: one showing of a mail may load its pixel twice.")
    likely = JSONB(default="{}", help_text="Of several it went to, who it probably was: {contact, name, rule, values}; {} if nobody can say.")
    judged_at = Timestamptz(default=now)
    overruled_by = ForeignKey(Person, null=True, default=None)
    overruled_at = Timestamptz(null=True, default=None)


class PastTouch(Table):
    """What the opens and clicks of a message added up to that retention took away: they count on, their details are gone."""

    message = UUID(primary_key=True, default=None)
    workspace = ForeignKey(Workspace, null=False)
    touches = Integer(default=0, help_text="All of them, machines' too.")
    opens = Integer(default=0, help_text="By people.")
    clicks = Integer(default=0, help_text="By people.")
    opened_at = Timestamptz(null=True, default=None)
    clicked_at = Timestamptz(null=True, default=None)
    fetched_at = Timestamptz(null=True, default=None)
    before = Timestamptz(default=now, help_text="Everything older is gone.")


class GatewayLesson(Table):
    """How the mail gateway of a company fetched one mail of ours: in which seconds after delivery. One row a mail and domain."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    domain = Varchar(length=255)
    message = UUID(default=None, null=True)
    earliest = Real(default=0.0, help_text="seconds")
    latest = Real(default=0.0, help_text="seconds")
    learned_at = Timestamptz(default=now)
    one_a_mail = Unique([workspace, domain, message])


class MailHost(Table):
    """Where a domain's mailboxes are, as its mail exchangers say."""

    domain = Varchar(length=255, primary_key=True)
    provider = Varchar(length=9, default="", help_text="google, microsoft, yahoo, apple, other; nothing before DNS answered.")
    asks_at = Timestamptz(default=now, index=True, help_text="When DNS is asked (again).")


class Silence(Table):
    """Hits on this message are not recorded any more: somebody it went to refused."""

    id = UUID(primary_key=True, default=new_id, help_text="The message's own id.")
    workspace = ForeignKey(Workspace, null=False)
    since = Timestamptz(default=now)
