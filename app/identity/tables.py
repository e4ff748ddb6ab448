"""Workspaces, the people in them, and where they are signed in."""

from datetime import time

from piccolo.columns import UUID, Boolean, Bytea, ForeignKey, Integer, Text, Time, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from app.clock import new_id, now
from app.happenings import NO_REPLY

OWNER, REP = "owner", "rep"
TRACK, CLICKS_ONLY, NOTHING = "track", "clicks", "nothing"


class Workspace(Table):
    """A company, or the part of it that sells together."""

    id = UUID(primary_key=True, default=new_id)
    name = Varchar(length=200)
    unknown_consent = Varchar(length=10, default=TRACK, help_text="What we do while a contact has not been asked: track, clicks, nothing.")
    decoys = Boolean(default=False, help_text="Mail with tracked links carries one more that only programs find.")
    forgets_after = Integer(default=0, help_text="Months after which opens and clicks are deleted; 0: never. What they add up to stays.")
    created_at = Timestamptz(default=now)


class Person(Table):
    """Somebody who signs in."""

    id = UUID(primary_key=True, default=new_id)
    email = Varchar(length=320, unique=True, help_text="Lower case; the name to sign in with.")
    name = Varchar(length=200)
    password = Varchar(length=200, help_text="argon2id; empty for somebody who can't sign in by password.")
    locale = Varchar(length=10, default="en")
    time_zone = Varchar(length=64, default="Europe/Berlin")
    works_on = Varchar(length=7, default="", help_text="Days of the week, 1 for Monday: 12345; empty: as in the country of their time zone.")
    works_from = Time(default=time(9))
    works_to = Time(default=time(18))
    country = Varchar(length=2, default="", help_text="Whose public holidays are free; empty: the one of their time zone. The region is one of it.")
    region = Varchar(length=60, default="")
    rings_at_work = Boolean(default=False, help_text="Reminders that fall outside working time move to the next working moment.")
    theme = Varchar(length=5, default="", help_text="light, dark, or empty for the system's.")
    logs = Boolean(default=True, help_text="Default of the switch in compose; so are the next three.")
    tracks_opens = Boolean(default=True)
    tracks_clicks = Boolean(default=True)
    asks_read = Boolean(default=False, help_text="Default of the switch in compose; so is the next.")
    asks_delivery = Boolean(default=False)
    reminds_after = Varchar(length=10, default="3d", help_text="'' for never, else 1h, 4h, 1d, 2d, 3d, 1w, 2w.")
    reminds_if = Varchar(length=20, default=NO_REPLY, help_text="On which condition, one of happenings.CONDITIONS.")
    disclosure = Text(default="", help_text="Their own words for the line that tells recipients of tracking; empty: ours.")
    returns_in_inbox = Boolean(default=True, help_text="How a thread that is due comes back: by a note on top of the inbox; so are the next two.")
    returns_as_notification = Boolean(default=True, help_text="By the ways they chose for reminders.")
    returns_in_digest = Boolean(default=True, help_text="In the digest of the morning.")
    created_at = Timestamptz(default=now)


class Membership(Table):
    """A person's place in a workspace."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    role = Varchar(length=5, default=REP)
    joined_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)
    one_place = Unique([workspace, person])


class Session(Table):
    """One place where somebody is signed in."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    token = Bytea(unique=True, help_text="sha256 of the cookie, so a stolen dump signs nobody in.")
    user_agent = Varchar(length=512)
    country = Varchar(length=2, default="", help_text="From the address, which is not kept.")
    network = Varchar(length=64, default="", help_text="Today's keyed hash of the address, to know one's own opens.")
    tomorrows_network = Varchar(length=64, default="", help_text="What tomorrow's key will call it.")
    created_at = Timestamptz(default=now)
    seen_at = Timestamptz(default=now)
    ended_at = Timestamptz(null=True, default=None)


class Invitation(Table):
    """A link that lets a colleague in, once."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    invited_by = ForeignKey(Person, null=False)
    role = Varchar(length=5, default=REP)
    token = Bytea(unique=True, help_text="sha256 of the link's secret.")
    created_at = Timestamptz(default=now)
    expires_at = Timestamptz(default=now)
    used_at = Timestamptz(null=True, default=None)
    withdrawn_at = Timestamptz(null=True, default=None)


class SignInLink(Table):
    """A link that signs one person in, once: how `nachfass demo` opens the door."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    token = Bytea(unique=True)
    expires_at = Timestamptz(default=now)
    used_at = Timestamptz(null=True, default=None)


class ZoneRules(Table):
    """With which release of the tz database the instants of one kind of rows were reckoned, and how far it has come since there is another."""

    id = UUID(primary_key=True, default=new_id)
    kind = Varchar(length=20, unique=True, help_text="What is reckoned: reminders.")
    release = Varchar(length=80, default="", help_text="2025b; empty: nobody knows.")
    walks_to = Varchar(length=80, default="", help_text="The release being walked to; empty while nothing is under way.")
    walked = UUID(null=True, default=None, help_text="The last row looked at on the way there.")
    at = Timestamptz(default=now)
