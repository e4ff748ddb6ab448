"""Every condition of a reminder, with Gmail and with Outlook: asked for in compose or on the contact's page, and seen to ring or to stay silent."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.database import rows
from tests.people import PROVIDERS
from tests.stories.at_work import Miriam, People, at_work
from tests.stories.processes import served

pytestmark = pytest.mark.parametrize("provider", PROVIDERS)

OFFER = '<div>Dear customer, <a href="https://brueckner.example/offer?no=4711">our offer</a>.</div>'
Act = tuple[str, dict[str, object]]


def opens(device: str) -> Act:
    """Each on a program of their own: what touches mail to many companies within minutes is taken for a machine."""
    return "open", {"as": device}


CLICKS: Act = ("click", {"as": "iphone", "link": 0})
REPLIES: Act = ("reply", {"text": "Thank you, we take it."})
SCANS: Act = ("scan", {})


@dataclass(frozen=True)
class Case:
    """What Miriam asks for, what they do, and what she reads of it when it is due, under which state."""

    who: str
    condition: str
    acts: Sequence[Act]
    state: str
    says: str

    @property
    def address(self) -> str:
        first, last = self.who.lower().split()
        return f"{first}@{last}.example"


CASES = [
    Case("Anna Weber", "not_opened", [opens("iphone")], "settled", "Anna Weber opened it"),
    Case("Henrik Sand", "not_opened", [SCANS], "rung", "It was due, and nobody had opened it."),
    Case("Sabine Falk", "opened_no_reply", [opens("outlook")], "rung", "and nobody had replied."),
    Case("Tom Hartley", "opened_no_reply", [], "waiting", "but nobody has opened it, so there is no reply to miss yet."),
    Case("Vera Noll", "opened_no_reply", [opens("chrome"), REPLIES], "settled", "Vera Noll replied."),
    Case("Ute Lind", "clicked_no_reply", [CLICKS], "rung", "A link in it was followed"),
    Case("Ben Kraft", "not_clicked", [opens("mac")], "rung", "It was due, and nobody had followed a link in it."),
    Case("Nora Roth", "regardless", [REPLIES], "rung", "and you wanted to be reminded in any case."),
    Case("Emil Hansen", "no_reply", [], "rung", "It was due, and nobody had answered."),
]


@pytest.fixture
async def cast(database: None, sandbox: str, tmp_path: Path, provider: str) -> AsyncIterator[tuple[Miriam, People]]:
    async with served("all", tmp_path) as house:
        async with at_work(house.base, sandbox) as (miriam, people):
            await miriam.begins()
            await miriam.connects(provider)
            yield miriam, people
        assert house.faults() == []


async def time_passes(minutes: int) -> None:
    """Everything sent so far was sent that much earlier, and every reminder was asked for and is due that much sooner."""
    await rows("UPDATE message SET at = at - make_interval(mins => $1)", minutes)
    await rows("UPDATE reminder SET due_at = due_at - make_interval(mins => $1)", minutes)


async def test_each_condition_rings_or_stays_silent_as_it_says(cast: tuple[Miriam, People], provider: str) -> None:
    miriam, people = cast
    for case in CASES:
        await miriam.sends(f"{case.who} <{case.address}>", f"Offer to {case.who}", OFFER, reminds="1h", reminds_if=case.condition)
    mails = {case.who: await people.got(case.address, f"Offer to {case.who}") for case in CASES}
    await miriam.sees("/reminders?state=waiting", *(case.who for case in CASES))

    await time_passes(2)
    for case in CASES:
        for what, asked in case.acts:
            await people.act(case.address, mails[case.who], what, **asked)
    await miriam.sees("/", "Vera Noll replied to", "Nora Roth replied to", "A machine, not Henrik Sand", reading=True)

    await time_passes(120)
    for case in CASES:
        await miriam.sees(f"/reminders?state={case.state}", f"{case.who} · Offer to {case.who}", case.says, reading=True)

    page = await miriam.sees("/reminders?state=settled", "Anna Weber")
    story = re.search(r'href="(/reminders/[0-9a-f-]{36})"', page.html)
    assert story
    await miriam.sees(story.group(1), "What you asked for", "You wrote, and asked to be reminded.", "Read up to")

    await a_contact_is_waited_for(miriam, people, CASES[0])


async def a_contact_is_waited_for(miriam: Miriam, people: People, case: Case) -> None:
    """Asked for on the contact's page; a mail about something else settles it."""
    page = await miriam.sees(f"/contacts?q={case.who.split()[1]}", case.who)
    contact = re.search(r'href="/contacts/([0-9a-f-]{36})"', page.html)
    assert contact
    page = await miriam.browser.open(f"/reminders/of-contact/{contact.group(1)}/new")
    await miriam.presses(page, f"/reminders/of-contact/{contact.group(1)}", when="2w")
    await miriam.sees("/reminders?state=waiting", case.who, "Rings if nothing is heard from them.")
    mail = await people.got(case.address, f"Offer to {case.who}")
    await people.act(case.address, mail, "write", subject="Parking at the fair", text="Where do we park?")
    await miriam.sees("/reminders?state=settled", f"{case.who} wrote.", reading=True)
