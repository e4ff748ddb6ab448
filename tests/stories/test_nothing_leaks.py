"""Nothing leaks: whatever route there is, nobody but Miriam gets at what is Miriam's.

The cases come from the app's own route table. A route with a new parameter fails until Miriam has a row for it here;
a page that needs no session fails until its reason stands in PUBLIC.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from app.clock import new_id, now
from app.contacts.tables import DoNotLog
from app.feed.tables import Activity
from app.identity.tables import OWNER, Invitation, Membership
from app.mailboxes.tables import Alias, SetAside
from app.main import assembled
from app.notifications.tables import Device
from app.outbox.tables import Attachment, Dispatch, Draft, Recurrence, Scheduled
from app.reminders.noting import WAITING
from app.reminders.tables import FollowUpText, Reminder, ReminderStep
from app.reminders.travelling import TAKEN_ALONG
from app.threads.tables import SENT, Message, Recipient, Thread
from app.tracking.tables import OPEN, PERSON, Hit, Verdict
from tests import people
from tests.people import Rep
from tests.visitor import Visitor, visiting

SUBJECT, WORDS, ADDRESS = "Geheimangebot 4711", "Zwölf Sensoren zum Sonderpreis", "miriam@brueckner.example"
CONTACT, COMPANY = "Anna Weber-Geheim", "anna@alpenblick-geheim.example"
HERS = (SUBJECT, WORDS)
THE_WORKSPACES = (*HERS, CONTACT, COMPANY)

PUBLIC = {
    "/health": "Load balancers have no session; it says nothing about anybody.",
    "/health/live": "As /health.",
    "/metrics": "Prometheus comes with a token of its own.",
    "/static/{file_path:path}": "Style, script and icons of the sign-in page, too.",
    "/first-run": "Only while there is no workspace.",
    "/sign-in": "The door itself.",
    "/sign-out": "Ends the session of whoever asks; without one it does nothing.",
    "/enter/{token:str}": "The secret in the link is the key.",
    "/invitation/{token:str}": "The secret in the link is the key.",
    "/mailboxes/allowed": "An administrator who allowed Nachfass at Microsoft comes back here, with no place in it; it says nothing about anybody.",
    "/hooks/gmail": "Google's signature is the key; whoever knocks without it learns nothing.",
    "/hooks/outlook": "Graph's subscription id and its secret are the key; nobody learns whether they fit.",
    "/hooks/outlook/lifecycle": "As /hooks/outlook.",
    "/look/{token:str}": "A link of the morning digest: signed, for a week, names and subjects to look at; whoever wants to act signs in.",
    "/sw.js": "The browser's worker: script, as /static; it looks after every page, so it has to be at the root.",
    "/push/renewed": "The browser's worker has no session to show; the old secret address of the browser is the key, and nobody else knew it.",
    "/t/{token:str}": "The contact's own page: the signed token in their mail is the key.",
}
SHARED = {"contact_id": "Contacts belong to the whole workspace."}
UNENDING = ("/feed/stream",)


@dataclass(frozen=True)
class Case:
    """One route in one method."""

    method: str
    path: str
    parameters: tuple[str, ...]
    queries: tuple[str, ...]

    def filled(self, owned: dict[str, UUID | date]) -> str:
        return re.sub(r"\{(\w+):\w+\}", lambda found: str(owned[found[1]]), self.path)


@pytest.fixture
async def cases(visitor: Visitor, served: "Watched") -> list[Case]:
    """Every route in every method that the app answers."""
    await visitor.get("/sign-in")
    assert served.litestar is not None
    return [
        Case(method, route.path, tuple(route.path_parameters), tuple(handler.parsed_fn_signature.parameters))
        for route in served.litestar.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"})
    ]


class Watched:
    """The app as it is served, and a look at the Litestar inside it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.litestar: Litestar | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)
        self.litestar = scope.get("litestar_app")


@pytest.fixture(scope="session")
def served() -> Watched:
    return Watched(assembled("web"))


@pytest.fixture
async def visitor(served: Watched, database: None) -> AsyncIterator[Visitor]:
    async with visiting(served) as somebody:
        yield somebody


@pytest.fixture
async def miriam(database: None) -> Rep:
    return await people.miriam()


@pytest.fixture
async def owned(miriam: Rep) -> dict[str, UUID | date]:
    """One row of Miriam's for every name that a route asks for."""
    place, person = miriam.workspace.id, miriam.person.id
    both = {"workspace": place, "person": person}
    mailbox = await people.mailbox(miriam)
    contact = await people.contact(miriam.workspace, CONTACT, COMPANY)
    thread = Thread(**both, mailbox=mailbox.id, subject=SUBJECT)
    await thread.save()
    message = Message(
        **both, mailbox=mailbox.id, thread=thread.id, direction=SENT, subject=SUBJECT, html=f"<p>{WORDS}</p>", text=WORDS, snippet=WORDS,
        message_id=f"<{new_id()}@brueckner.example>", sender=ADDRESS, opens_tracked=True, sending=new_id(),
    )  # fmt: skip
    await message.save()
    await Recipient(workspace=place, message=message.id, contact=contact.id, address=COMPANY, name=CONTACT).save()
    hit = Hit(workspace=place, message=message.id, kind=OPEN, method="GET")
    await hit.save()
    await Verdict(id=hit.id, workspace=place, message=message.id, kind=OPEN, verdict=PERSON).save()
    said = {"subject": SUBJECT, "contact": CONTACT}
    await Activity(
        workspace=place, person=person, kind="opened", contact=contact.id, thread=thread.id, message=message.id, hit=hit.id, said=said
    ).save()
    draft = Draft(**both, mailbox=mailbox.id, subject=SUBJECT, html=WORDS)
    queued = Draft(**both, mailbox=mailbox.id, subject=SUBJECT, html=WORDS, queued_at=now())
    attachment = Attachment(workspace=place, draft=draft.id, name=SUBJECT, content=WORDS.encode())
    dispatch = Dispatch(
        **both, mailbox=mailbox.id, draft=queued.id, message_id=f"<{new_id()}@brueckner.example>", sending=message.sending, unknown_at=now(),
        due_at=None,
    )  # fmt: skip
    reminder = Reminder(**both, thread=thread.id, message=message.id, rang_at=now())
    never = DoNotLog(**both, pattern="geheim.example")
    aside = SetAside(workspace=place, mailbox=mailbox.id, provider_id="1", why=WORDS)
    invitation = Invitation(workspace=place, invited_by=person, token=new_id().bytes, expires_at=now().replace(year=now().year + 1))
    text = FollowUpText(**both, name=SUBJECT, text=WORDS)
    alias = Alias(workspace=place, mailbox=mailbox.id, address=ADDRESS, name=WORDS)
    wall = {"zone": "Europe/Berlin", **both}
    again = Draft(**both, mailbox=mailbox.id, subject=SUBJECT, html=WORDS)
    recurrence = Recurrence(**wall, draft=again.id, rule="FREQ=WEEKLY", starts=now().replace(tzinfo=None))
    scheduled = Scheduled(**wall, draft=queued.id, wall=now().replace(tzinfo=None), due_at=now() + timedelta(days=1))
    for row in (text, alias, draft, queued, again, recurrence, scheduled, attachment, dispatch, reminder, never, aside, invitation):
        await row.save()
    journey = new_id()
    went = {"journey": str(journey), "from_city": "Europe/Berlin", "to_city": "Asia/Tokyo"}
    await ReminderStep(workspace=place, reminder=reminder.id, what=WAITING, why=TAKEN_ALONG, values=went).save()
    session = await people.session(miriam)
    device = Device(**both, session=session.id, digest=new_id().bytes, sealed=b"gAAAAA", host=SUBJECT)
    await device.save()
    membership = await Membership.objects().where(Membership.person == person).first()
    assert membership is not None
    return {
        "mailbox_id": mailbox.id,
        "alias_id": alias.id,
        "day": now().date(),
        "contact_id": contact.id,
        "thread_id": thread.id,
        "message_id": message.id,
        "hit_id": hit.id,
        "draft_id": draft.id,
        "attachment_id": attachment.id,
        "dispatch_id": dispatch.id,
        "scheduled_id": scheduled.id,
        "recurrence_id": recurrence.id,
        "sending": message.sending,
        "reminder_id": reminder.id,
        "text_id": text.id,
        "journey": journey,
        "entry_id": never.id,
        "aside_id": aside.id,
        "invitation_id": invitation.id,
        "session_id": session.id,
        "membership_id": membership.id,
        "device_id": device.id,
    }


@pytest.fixture
async def robin(miriam: Rep) -> Rep:
    return await people.rep("Robin Vogt", "robin@brueckner.example", miriam.workspace)


@pytest.fixture
async def sabotage(database: None) -> Rep:
    return await people.rep("Sabotage", "owner@else.example", await people.workspace("Anderswo GmbH"), OWNER)


def needs_session(case: Case) -> bool:
    return case.path not in PUBLIC


async def test_every_parameter_of_a_route_stands_for_a_row_of_miriams(cases: list[Case], owned: dict[str, UUID | date]) -> None:
    named = {name for case in cases if needs_session(case) for name in case.parameters}

    assert named - set(owned) == set()


async def test_what_is_public_has_a_route_and_a_reason(cases: list[Case]) -> None:
    assert {path for path in PUBLIC if not path.startswith("/static")} - {case.path for case in cases} == set()


async def test_without_a_session_every_route_leads_to_the_door(visitor: Visitor, cases: list[Case], owned: dict[str, UUID | date]) -> None:
    let_through = []
    for case in filter(needs_session, cases):
        answer = await visitor.ask(case.method, case.filled(owned))
        if answer.status_code != 303 or not answer.headers["location"].startswith("/sign-in"):
            let_through.append((case.method, case.path, answer.status_code))

    assert let_through == []


async def test_miriam_reaches_each_of_her_pages(visitor: Visitor, cases: list[Case], owned: dict[str, UUID | date], miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)
    missed = []
    for case in filter(needs_session, cases):
        if case.method == "GET" and case.parameters:
            answer = await visitor.get(case.filled(owned))
            if answer.status_code not in (200, 303):
                missed.append((case.path, answer.status_code))

    assert missed == []


@pytest.mark.parametrize("who", ["robin", "sabotage"])
async def test_nobody_else_reaches_what_is_miriams(
    visitor: Visitor, cases: list[Case], owned: dict[str, UUID | date], robin: Rep, sabotage: Rep, who: str
) -> None:
    await visitor.signed_in_as(robin if who == "robin" else sabotage)
    reached = []
    for case in filter(needs_session, cases):
        if not case.parameters or (who == "robin" and set(case.parameters) <= set(SHARED)):
            continue
        answer = await visitor.ask(case.method, case.filled(owned))
        if answer.status_code != 404:
            reached.append((case.method, case.path, answer.status_code))

    assert reached == []


@pytest.mark.parametrize("who", ["robin", "sabotage"])
async def test_no_page_of_anybody_else_shows_a_word_of_miriams(
    visitor: Visitor, cases: list[Case], owned: dict[str, UUID | date], robin: Rep, sabotage: Rep, who: str
) -> None:
    await visitor.signed_in_as(robin if who == "robin" else sabotage)
    forbidden = HERS if who == "robin" else THE_WORKSPACES
    shown = []
    for case in cases:
        if case.method != "GET" or case.path in (*PUBLIC, *UNENDING):
            continue
        for query in ("", asking_for(owned, case.queries)):
            text = (await visitor.get(case.filled(owned) + query)).text
            shown += [(case.path + query, word) for word in forbidden if word in text]

    assert shown == []


def asking_for(owned: dict[str, UUID | date], queries: tuple[str, ...]) -> str:
    """Every filter of a page set to something of Miriam's: `contact`, `contact_id`, `mailbox`, …"""
    wanted = {name: owned.get(name) or owned.get(f"{name}_id") for name in queries}
    return "?" + "&".join([*(f"{name}={value}" for name, value in wanted.items() if value), "q=geheim"])
