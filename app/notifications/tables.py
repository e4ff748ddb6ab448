"""Browsers that take pushes, the key that proves who sends them, and each thing that is told by each way."""

from piccolo.columns import JSONB, UUID, Boolean, Bytea, ForeignKey, Integer, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from app.clock import new_id, now
from app.identity.tables import Person, Session, Workspace

ONLY = "vapid"


class PushKey(Table):
    """The key with which this installation signs what it gives to push services (VAPID, RFC 8292). There is one, and browsers are bound to it."""

    id = UUID(primary_key=True, default=new_id)
    name = Varchar(length=10, default=ONLY, unique=True)
    private = Bytea(help_text="Sealed: the 32 octets of the key on P-256.")
    public = Varchar(length=100, help_text="The uncompressed point, base64url: what browsers subscribe with.")
    made_at = Timestamptz(default=now)


class Device(Table):
    """A browser that takes pushes, for as long as its session is open."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False, index=True)
    session = ForeignKey(Session, null=False, help_text="Signing out ends it.")
    digest = Bytea(unique=True, help_text="sha256 of the endpoint.")
    sealed = Bytea(help_text="Sealed JSON: endpoint, p256dh, auth (Push API, PushSubscription).")
    host = Varchar(length=253, help_text="Whose push service it is.")
    created_at = Timestamptz(default=now)
    delivered_at = Timestamptz(null=True, default=None, help_text="When its push service last took something.")
    problem = Text(help_text="The catalogue sentence that says why the last one was not taken.")
    problem_code = Varchar(length=100)


class Delivery(Table):
    """One thing that a person is told by one way: written with the fact, once for each device, and worked on until it is there or of no use."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False, index=True)
    activity = UUID(help_text="The row of the feed, whose id the browser knows it by.")
    way = Varchar(length=10, help_text="push, mail")
    place = UUID(index=True, help_text="The device it goes to; for mail the person.")
    kind = Varchar(length=20, help_text="As in the feed, or test.")
    at = Timestamptz(default=now, help_text="When it happened.")
    thread = UUID(null=True, default=None)
    message = UUID(null=True, default=None)
    about = UUID(null=True, default=None, index=True, help_text="The reminder that rang, or the mailbox: when that is over, nobody is told any more.")
    said = JSONB(default="{}", help_text="What the sentence needs; gone when it is delivered.")
    due_at = Timestamptz(null=True, default=now, index=True, help_text="When to deliver it, or to try again; empty: nothing more to do.")
    held = Boolean(default=False, help_text="It came in quiet hours: told afterwards, together.")
    good_until = Timestamptz(default=now, help_text="Nobody wants to be told after that.")
    claimed_at = Timestamptz(null=True, default=None)
    tries = Integer(default=0)
    delivered_at = Timestamptz(null=True, default=None)
    problem = Text(help_text="The catalogue sentence that says why not (yet).")
    problem_code = Varchar(length=100)
    one_delivery_a_way = Unique([activity, way, place])
