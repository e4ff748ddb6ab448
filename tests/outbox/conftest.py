"""Miriam the rep with her mailbox, Anna and Henrik whom she writes to, and a provider in memory that can die at any step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes

import pytest

from app.clock import new_id, now
from app.contacts.finding import meet
from app.errors import GoneThere
from app.identity.guarding import Me
from app.identity.tables import OWNER, Membership, Person, Session, Workspace
from app.mailboxes.providers.base import SEND_ID_HEADER, SentCopy
from app.mailboxes.tables import FULL_TIER, GMAIL, OUTLOOK, READ, RESURFACE, SEND, SEND_TIER, Mailbox
from app.outbox import dispatching
from app.outbox.addressing import Somebody, parse
from app.outbox.drafting import Written, save
from app.outbox.tables import Dispatch, Draft
from app.security.signing import digest


class Killed(BaseException):
    """kill -9."""


@dataclass
class Held:
    """A mail at the provider: a draft until it is sent, visible in Sent from `seen_at` on."""

    mime: bytes
    thread: str
    sent_at: datetime | None = None
    seen_at: datetime | None = None


@dataclass
class FakeProvider:
    """A mailbox in memory. `before` and `after` are called around each step with its name: there tests break things."""

    holds_drafts = True
    files_late: timedelta | None = None
    mails: dict[str, Held] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    before: Callable[[str], None] = lambda step: None
    after: Callable[[str], None] = lambda step: None

    async def draft(self, mime: bytes, send_id: str, thread: str) -> str:
        self.begin("draft")
        key = f"draft-{len(self.mails)}"
        self.mails[key] = Held(mime, thread)
        self.after("draft")
        return key

    async def find_draft(self, send_id: str, message_id: str) -> str | None:
        self.begin("find_draft")
        return next((key for key, held in self.mails.items() if held.sent_at is None and self.send_id(held) == send_id), None)

    async def send_draft(self, draft: str) -> SentCopy | None:
        self.begin("send_draft")
        held = self.mails.get(draft)
        if held is None or held.sent_at is not None:
            raise GoneThere("The draft is not there.")
        return self.go(draft, held, "send_draft")

    async def send(self, mime: bytes, thread: str) -> SentCopy | None:
        self.begin("send")
        key = f"sent-{len(self.mails)}"
        self.mails[key] = Held(mime, thread)
        self.go(key, self.mails[key], "send")
        return None

    async def find_sent(self, send_id: str, message_id: str, since: datetime) -> SentCopy | None:
        self.begin("find_sent")
        return next(
            (self.copy(key, held) for key, held in self.mails.items() if held.seen_at and held.seen_at <= now() and self.send_id(held) == send_id),
            None,
        )

    def go(self, key: str, held: Held, step: str) -> SentCopy | None:
        held.sent_at, held.seen_at = now(), now() + (self.files_late or timedelta(0))
        self.after(step)
        return self.copy(key, held) if self.files_late is None else None

    def copy(self, key: str, held: Held) -> SentCopy:
        assert held.sent_at is not None
        return SentCopy(f"copy-of-{key}", held.thread or "thread-1", f"<rewritten-{key}@provider.example>", held.sent_at)

    def begin(self, step: str) -> None:
        self.calls.append(step)
        self.before(step)

    def send_id(self, held: Held) -> str:
        return str(message_from_bytes(held.mime)[SEND_ID_HEADER])

    @property
    def sent(self) -> list[Held]:
        return [held for held in self.mails.values() if held.sent_at]


@pytest.fixture
async def miriam(database: None) -> Me:
    workspace, person = Workspace(name="Brückner Messtechnik"), Person(email="miriam@brueckner.example", name="Miriam Kessler")
    await workspace.save()
    await person.save()
    await Membership(workspace=workspace.id, person=person.id, role=OWNER).save()
    session = Session(workspace=workspace.id, person=person.id, token=digest("miriams-session"))
    await session.save()
    return Me(person, workspace, session, OWNER)


async def a_mailbox(me: Me, provider: str = GMAIL, tier: str = FULL_TIER) -> Mailbox:
    rights = [SEND, READ, RESURFACE] if tier == FULL_TIER else [SEND]
    made = Mailbox(
        workspace=me.workspace.id, person=me.person.id, provider=provider, address=f"miriam@{provider}.example", name="Miriam Kessler",
        account=new_id().hex, tier=tier, rights=rights,
    )  # fmt: skip
    await made.save()
    return made


@pytest.fixture
async def gmail(miriam: Me) -> Mailbox:
    return await a_mailbox(miriam)


@pytest.fixture
async def outlook(miriam: Me) -> Mailbox:
    return await a_mailbox(miriam, OUTLOOK)


@pytest.fixture
async def send_only(miriam: Me) -> Mailbox:
    return await a_mailbox(miriam, GMAIL, SEND_TIER)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> FakeProvider:
    fake = FakeProvider()

    async def opened(_: Mailbox) -> FakeProvider:
        return fake

    monkeypatch.setattr(dispatching, "open_mailbox", opened)
    return fake


async def a_draft(me: Me, mailbox: Mailbox, to: str = "Anna Weber <anna@acme.example>", cc: str = "", bcc: str = "", **written: object) -> Draft:
    given = {"subject": "Offer 2026", "html": '<div>See <a href="https://brueckner.example/offer">the offer</a>.</div>', **written}
    return await save(me, new_id(), Written(to=parse(to), cc=parse(cc), bcc=parse(bcc), mailbox=mailbox.id, **given))  # type: ignore[arg-type]


async def anna(me: Me, name: str = "Anna Weber", address: str = "anna@acme.example") -> "object":
    return await meet(me.workspace.id, address, name)


async def again(dispatch: Dispatch) -> Dispatch:
    found = await Dispatch.objects().where(Dispatch.id == dispatch.id).output(load_json=True).first()
    assert found is not None
    return found


def somebody(address: str, name: str = "") -> Somebody:
    return Somebody(name=name, address=address, typed="")


def fails(step: str, error: BaseException, times: int = 1) -> Callable[[str], None]:
    """Something that goes wrong at a step, so many times."""
    left = [times]

    def strike(at: str) -> None:
        if at == step and left[0]:
            left[0] -= 1
            raise error

    return strike
