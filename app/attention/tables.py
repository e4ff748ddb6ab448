"""What somebody wants to be told of, and what of one thread."""

from piccolo.columns import UUID, Array, ForeignKey, OnDelete, Time, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from app.attention.kinds import KINDS
from app.clock import new_id, now
from app.identity.tables import Person, Workspace
from app.threads.tables import Thread

NOTHING, REPLIES_ONLY, EVERYTHING = "nothing", "replies", "everything"


def every_kind() -> list[str]:
    return list(KINDS)


class Attention(Table):
    """What a person wants to be told of by which way, and when they want quiet. Who has no row has chosen nothing yet: see `choosing`."""

    id = UUID(primary_key=True, default=new_id)
    person = ForeignKey(Person, null=False, unique=True)
    push = Array(base_column=Varchar(length=20), default=every_kind, help_text="Kinds (see kinds.py) that go to browsers with no tab open.")
    desktop = Array(base_column=Varchar(length=20), default=list, help_text="Kinds that an open tab tells.")
    mail = Array(base_column=Varchar(length=20), default=list, help_text="Kinds that go into their own inbox, several together.")
    quiet_from = Time(null=True, default=None, help_text="By the person's clock; empty: never quiet.")
    quiet_until = Time(null=True, default=None)
    urgent = Array(base_column=Varchar(length=20), default=list, help_text="Kinds that are told in quiet hours too.")
    changed_at = Timestamptz(default=now)


class Mute(Table):
    """A thread of which its rep wants to hear nothing, only replies, or everything, whatever their settings say; the feed goes on showing it."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    thread = ForeignKey(Thread, null=False, on_delete=OnDelete.cascade)
    since = Timestamptz(default=now)
    hears = Varchar(length=10, default=NOTHING, help_text="nothing, replies, everything")
    one_mute_a_thread = Unique([person, thread])
