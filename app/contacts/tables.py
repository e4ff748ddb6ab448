"""Contacts, what they consented to, and the list of whom we never log."""

from piccolo.columns import UUID, Date, ForeignKey, Text, Timestamptz, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from app.clock import new_id, now
from app.identity.tables import Person, Workspace

UNKNOWN, GIVEN, REFUSED = "unknown", "given", "refused"


class Contact(Table):
    """Somebody we write to, shared by the workspace."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    address = Varchar(length=320, help_text="Lower case.")
    name = Varchar(length=200)
    company = Varchar(length=200)
    notes = Text()
    time_zone = Varchar(length=64, help_text="IANA name, empty if we do not know.")
    country = Varchar(length=2, default="", help_text="Whose public holidays are free; empty: the one of their time zone. The region is one of it.")
    region = Varchar(length=60, default="")
    consent = Varchar(length=10, default=UNKNOWN, help_text="unknown, given or refused; its history is in Consent.")
    consent_source = Varchar(length=300, help_text="Where we know it from, in words.")
    consent_at = Timestamptz(null=True, default=None)
    last_activity_at = Timestamptz(null=True, default=None, index=True)
    last_activity = Varchar(length=20, default="", help_text="The tick of the latest activity: sent, opened, clicked, replied, …")
    back_on = Date(null=True, default=None, help_text="The first day back, as their latest automatic reply says.")
    away_said_at = Timestamptz(null=True, default=None, help_text="When that automatic reply came.")
    stand_in = Varchar(length=400, help_text="Who answers meanwhile, as it says.")
    unreachable_at = Timestamptz(null=True, default=None, help_text="When a mail to this address came back for good.")
    works_at = Timestamptz(null=True, default=None, help_text="When a mail from there, a receipt or the rep last showed that it works.")
    unreachable_why = Text(help_text="The catalogue sentence of the reason.")
    edited_at = Timestamptz(null=True, default=None, help_text="When a person made it or last changed it by hand.")
    created_at = Timestamptz(default=now)
    one_address = Unique([workspace, address])


class Consent(Table):
    """One change of what a contact allows: the proof behind Contact.consent."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    contact = ForeignKey(Contact, null=False)
    state = Varchar(length=10)
    source = Varchar(length=300)
    noted_by = ForeignKey(Person, null=True, default=None, help_text="Nobody when the contact did it themselves.")
    at = Timestamptz(default=now)


class DoNotLog(Table):
    """An address or a domain whose mail a person never wants logged."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    pattern = Varchar(length=320, help_text="anna@acme.com, or acme.com for everybody there and below; lower case.")
    created_at = Timestamptz(default=now)
    once = Unique([person, pattern])


class StoppedAsking(Table):
    """A contact of whom a rep does not want to be reminded by itself any more; deleted when they want to be again."""

    id = UUID(primary_key=True, default=new_id)
    workspace = ForeignKey(Workspace, null=False)
    person = ForeignKey(Person, null=False)
    contact = ForeignKey(Contact, null=False)
    stopped_at = Timestamptz(default=now)
    asked_for_once = Unique([person, contact])
