"""The people of the tests. Miriam sells for Brückner; Robin is her colleague; Sabotage works elsewhere."""

from dataclasses import dataclass

from app.clock import new_id, now
from app.contacts.tables import Contact
from app.identity.tables import OWNER, REP, Membership, Person, Session, Workspace
from app.mailboxes.tables import GMAIL, OUTLOOK, READ, RESURFACE, SEND, Mailbox


@dataclass(frozen=True)
class Rep:
    """Somebody with a place in a workspace."""

    person: Person
    workspace: Workspace


async def workspace(name: str = "Brückner Messtechnik", **columns: object) -> Workspace:
    made = Workspace(name=name, **columns)
    await made.save()
    return made


async def rep(name: str, address: str, place: Workspace, role: str = REP, **columns: object) -> Rep:
    person = Person(name=name, email=address, **columns)
    await person.save()
    await Membership(workspace=place.id, person=person.id, role=role).save()
    return Rep(person, place)


async def miriam(**columns: object) -> Rep:
    return await rep("Miriam Kessler", "miriam@brueckner.example", await workspace(), OWNER, **columns)


async def mailbox(owner: Rep, provider: str = GMAIL, address: str = "", **columns: object) -> Mailbox:
    """A connected mailbox that was read just now; its tokens are not real."""
    address = address or ("miriam@brueckner.example" if provider == GMAIL else "m.kessler@brueckner-mess.example")
    made = Mailbox(
        **{
            "workspace": owner.workspace.id,
            "person": owner.person.id,
            "provider": provider,
            "address": address,
            "name": owner.person.name,
            "account": f"account-{new_id()}",
            "rights": [SEND, READ, RESURFACE],
            "synced_at": now(),
            "imported_at": now(),
            **columns,
        }
    )
    await made.save()
    return made


async def contact(place: Workspace, name: str = "Anna Weber", address: str = "anna@alpenblick.example", **columns: object) -> Contact:
    made = Contact(workspace=place.id, name=name, address=address, **columns)
    await made.save()
    return made


async def session(owner: Rep, **columns: object) -> Session:
    made = Session(**{"workspace": owner.workspace.id, "person": owner.person.id, "token": new_id().bytes, "user_agent": "", **columns})
    await made.save()
    return made


PROVIDERS = (GMAIL, OUTLOOK)
