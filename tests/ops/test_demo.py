"""The demo's fortnight is lived through with the app's own verbs, and leaves no page empty."""

from collections.abc import Iterator

import httpx
import pytest

from app import demo, happenings
from app.clock import now
from app.database import rows
from app.fortnight import PEOPLE, STORY, Mail
from app.identity.guarding import by_token
from app.identity.signing_in import enter
from app.identity.visiting import Visit

KINDS = {
    "sent", "opened", "clicked", "machine", "unknown", "replied", "auto_replied", "bounced", "rang", "held", "blind", "refused", "given",
}  # fmt: skip
WAITING = "settled_at IS NULL AND rang_at IS NULL AND snoozed_at IS NULL"


@pytest.fixture(autouse=True)
def unwired() -> Iterator[None]:
    """The demo wires the house; the next test finds it as it was."""
    before = dict(happenings._reactions)
    yield
    happenings._reactions.clear()
    happenings._reactions.update(before)


async def number(what: str) -> int:
    return int((await rows(f"SELECT count(*) AS n FROM {what}"))[0]["n"])


async def test_a_fortnight_leaves_something_on_every_page_and_breaks_no_promise(database: None, sandbox: str) -> None:
    await demo.furnish(sandbox)

    await every_page_has_something()
    await everything_happened_in_order()
    await every_mail_went_out_once(sandbox)


async def every_page_has_something() -> None:
    assert {row["kind"] for row in await rows("SELECT DISTINCT kind FROM activity")} >= KINDS
    assert await number("contact") == len(PEOPLE)
    assert await number("message WHERE direction = 'sent' AND NOT imported") == sum(isinstance(event, Mail) for event in STORY)
    assert await number("message WHERE imported AND direction = 'sent'") == 3
    for state in (WAITING, "rang_at IS NOT NULL AND settled_at IS NULL", "snoozed_at IS NOT NULL AND rang_at IS NULL", "settled_at IS NOT NULL"):
        assert await number(f"reminder WHERE {state}") > 0, state
    assert await number("mailbox WHERE broken_at IS NULL AND disconnected_at IS NULL AND imported_at IS NOT NULL") == 1


async def everything_happened_in_order() -> None:
    """Nothing lies ahead, and nothing happened to a mail before it was sent (by the second: the sandbox files the Sent copy a little late)."""
    assert await rows("SELECT kind, at FROM activity WHERE at > $1", now()) == []
    sent = "activity a JOIN message m ON m.id = a.message AND m.direction = 'sent'"
    early = f"SELECT a.kind, a.at, m.at FROM {sent} WHERE a.at < m.at - interval '1 second'"
    assert await rows(early) == []


async def every_mail_went_out_once(sandbox: str) -> None:
    async with httpx.AsyncClient(base_url=sandbox) as client:
        sent = (await client.get(f"/control/mailboxes/{demo.OUTLOOK_ADDRESS}/messages?folder=sent")).json()["messages"]
    ids = [value for mail in sent for name, value in mail["headers"] if name == "X-Nachfass-Send-Id"]
    assert len(ids) == len(set(ids)) == sum(isinstance(event, Mail) for event in STORY)
    assert await number("message WHERE direction = 'sent' AND verified_at IS NULL") == 0


async def test_the_link_of_the_demo_opens_the_door_once(database: None, sandbox: str) -> None:
    way_in = await demo.furnish(sandbox, empty=True)

    entry = await enter(way_in.removeprefix("/enter/"), Visit())

    me = await by_token(entry.token)
    assert me is not None
    assert (me.person.name, me.workspace.name, me.is_owner) == ("Miriam Kessler", "Brückner Messtechnik", True)
    assert await number("activity") == 0
