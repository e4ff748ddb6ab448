"""Being told of changes: a notice is only a hint, whatever it says, and no promise of a provider is ever the last word."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from app import happenings, reactions
from app.clock import later, now
from app.identity.guarding import Me
from app.mailboxes import disconnecting, freshness, hearing, watching
from app.mailboxes.hooks import HOOKS, LARGEST_NOTICE
from app.mailboxes.providers import google_keys
from app.mailboxes.syncing import sync_due
from app.mailboxes.tables import GMAIL, OUTLOOK, Mailbox, Watch
from app.mailboxes.watching import watch_due
from app.settings import settings
from tests.contracts import check_graph
from tests.mailboxes.conftest import ADDRESSES, AT_SANDBOX, Connect, Strings
from tests.mailboxes.listening import Hook, listening
from tests.mailboxes.test_syncing import Desk, arrives, row

BOTH = pytest.mark.parametrize("provider", [GMAIL, OUTLOOK])
ROUND = timedelta(seconds=25)
SLOW = timedelta(minutes=6)
ACCOUNT = "push@nachfass.iam.gserviceaccount.com"


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def hook(monkeypatch: pytest.MonkeyPatch, unused_port: int, strings: Strings) -> AsyncIterator[Hook]:
    """Nachfass where the sandbox reaches it, with Pub/Sub set up at both ends."""
    base = f"http://127.0.0.1:{unused_port}"
    monkeypatch.setenv("NACHFASS_BASE_URL", base)
    monkeypatch.setenv("GOOGLE_PUBSUB_TOPIC", "projects/nachfass/topics/gmail")
    monkeypatch.setenv("GOOGLE_PUBSUB_SERVICE_ACCOUNT", ACCOUNT)
    settings.cache_clear()
    google_keys._keys.clear()
    await strings.pull("pubsub", endpoint=f"{base}/hooks/gmail", email=ACCOUNT)
    async with listening(Litestar(route_handlers=[*HOOKS], openapi_config=None), unused_port) as heard:
        yield heard
    settings.cache_clear()


@pytest.fixture
def wired(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the house does about facts, as far as promises go."""
    follows: dict[type, list[Any]] = {
        happenings.MailboxBroke: [], happenings.MailboxConnected: [watching.begin_again], happenings.MailboxRestored: [watching.begin_again],
        happenings.MailboxDisconnected: [watching.forget],
    }  # fmt: skip
    for fact, reactions_to_it in follows.items():
        monkeypatch.setitem(happenings._reactions, fact, reactions_to_it)


async def promise(mailbox: Mailbox) -> Watch:
    found = await watching.promise_of(mailbox.id)
    assert found is not None
    return found


async def watched(miriam: Me, connect: Connect, desk: Desk, provider: str) -> Mailbox:
    """Connected, promised, and read since."""
    mailbox = await connect(miriam, provider)
    assert await watch_due() == 1
    await sync_due(desk.receive)
    return await row(mailbox)


@BOTH
async def test_a_notice_makes_the_mailbox_due_at_once_and_otherwise_it_rests(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, hook: Hook, provider: str
) -> None:
    mailbox = await watched(miriam, connect, desk, provider)
    assert timedelta(minutes=4) < mailbox.due_at - now() <= freshness.PUSHED_POLLED_EVERY

    await arrives(strings, ADDRESSES[provider], "Sofort")
    answers = await hook.heard(1, f"/hooks/{provider}") if provider == GMAIL else await hook.heard(2, "/hooks/outlook")
    await until_due(mailbox)
    await sync_due(desk.receive)

    assert {answer.status_code for answer in answers} <= {200, 202}
    assert len(desk.about("Sofort")) == 1


async def until_due(mailbox: Mailbox) -> None:
    async with asyncio.timeout(20):
        while (await row(mailbox)).due_at > now():  # noqa: ASYNC110 - the row is written by the server
            await asyncio.sleep(0.02)


@BOTH
async def test_a_lost_notice_costs_minutes_and_no_mail_and_the_promise_is_doubted(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, hook: Hook, provider: str
) -> None:
    mailbox = await watched(miriam, connect, desk, provider)
    await strings.fault("lost-notice", provider=AT_SANDBOX[provider])
    await arrives(strings, ADDRESSES[provider], "Verschwiegen")

    with later(SLOW):
        await sync_due(desk.receive)
        doubted, promised = await row(mailbox), await promise(mailbox)
        assert doubted.due_at - now() <= freshness.POLLED_EVERY
    assert len(desk.about("Verschwiegen")) == 1
    assert (doubted.pushed_until, promised.doubted_at is None) == (None, False)

    before = len(hook.came)
    await arrives(strings, ADDRESSES[provider], "Gesagt")
    await hook.heard(before + 1)
    assert (await row(mailbox)).pushed_until == promised.expires_at
    assert (await promise(mailbox)).doubted_at is None


@BOTH
async def test_a_notice_that_comes_twice_or_late_brings_a_mail_once(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, hook: Hook, provider: str
) -> None:
    mailbox = await watched(miriam, connect, desk, provider)
    before = len(hook.came)
    await strings.fault("double-notice", provider=AT_SANDBOX[provider])
    await strings.fault("late-notice", provider=AT_SANDBOX[provider], seconds=0.3)
    await arrives(strings, ADDRESSES[provider], "Doppelt")

    await hook.heard(before + 2)
    await until_due(mailbox)
    await sync_due(desk.receive)
    with later(SLOW):
        await sync_due(desk.receive)

    assert len(desk.about("Doppelt")) == 1


async def test_a_notice_during_a_round_is_not_forgotten(miriam: Me, connect: Connect, strings: Strings, desk: Desk, hook: Hook) -> None:
    mailbox = await watched(miriam, connect, desk, OUTLOOK)
    await arrives(strings, ADDRESSES[OUTLOOK], "Eins")
    await hook.heard(3)
    subscription = (await promise(mailbox)).provider_id
    secret = json.loads(hook.came[-1][0].content)["value"][0]["clientState"]
    rounds = 0

    async def told_meanwhile(box: Mailbox, mail: Any, imported: bool) -> bool:
        nonlocal rounds
        rounds += 1
        await say(hook, [{"subscriptionId": subscription, "clientState": secret, "changeType": "created"}])
        return await desk.receive(box, mail, imported)

    assert await sync_due(told_meanwhile) == 2, "once for the mail, and once more for what was said meanwhile"
    assert rounds == 1


async def test_notices_renewals_and_readings_at_once_do_not_wait_for_each_other(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, hook: Hook
) -> None:
    mailbox = await watched(miriam, connect, desk, GMAIL)
    kept = await promise(mailbox)
    for _ in range(5):
        await strings.fault("lost-notice", provider="google", count=-1)
        await arrives(strings, ADDRESSES[GMAIL], f"Gedränge-{len(desk.mails)}")
        await strings.client.delete("/control/faults")
        await Mailbox.update({Mailbox.due_at: now()}).where(Mailbox.id == mailbox.id)
        await Watch.update({Watch.due_at: now()}).where(Watch.mailbox == mailbox.id)
        await asyncio.gather(sync_due(desk.receive), watch_due(), *(hearing.hint(kept.id, mailbox.id) for _ in range(6)))

    assert len(desk.mails) == 5
    assert ((await row(mailbox)).failures, (await promise(mailbox)).failures) == (0, 0)


async def say(hook: Hook, value: Any, path: str = "/hooks/outlook", **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=hook.base) as stranger:
        return await stranger.post(path, content=json.dumps({"value": value}), headers=headers)


async def test_graph_gets_lasting_ids_two_addresses_a_secret_and_an_end_it_accepts(
    miriam: Me, connect: Connect, desk: Desk, hook: Hook, strings: Strings
) -> None:
    mailbox = await watched(miriam, connect, desk, OUTLOOK)
    shaken = [(asked.url.path, answer.status_code, answer.headers["content-type"]) for asked, answer in hook.came]
    kept = await promise(mailbox)

    assert sorted(path for path, _, _ in shaken) == ["/hooks/outlook", "/hooks/outlook/lifecycle"]
    assert {(status, kind.partition(";")[0]) for _, status, kind in shaken} == {(200, "text/plain")}
    assert kept.expires_at is not None
    assert timedelta(minutes=4_190) < kept.expires_at - now() <= timedelta(minutes=4_200)
    assert timedelta(hours=20) < kept.due_at - now() <= timedelta(hours=24)
    await arrives(strings, ADDRESSES[OUTLOOK], "Neu")
    await hook.heard(3)
    said = json.loads(hook.came[-1][0].content)
    check_graph("changeNotificationCollection", said)
    assert bytes(kept.secret) != said["value"][0]["clientState"].encode()
    assert len(said["value"][0]["clientState"]) <= 128


async def test_gmails_watch_is_renewed_daily_and_ends_with_the_mailbox(
    miriam: Me, connect: Connect, desk: Desk, hook: Hook, wires: Any, wired: None
) -> None:
    mailbox = await watched(miriam, connect, desk, GMAIL)
    first = await promise(mailbox)

    with later(timedelta(hours=24)):
        assert await watch_due() == 1
    renewed = await promise(mailbox)
    await disconnecting.disconnect(await row(mailbox))

    assert renewed.due_at > first.due_at
    assert [asked.rpartition("/")[2] for asked in wires.asked if asked.endswith(("/watch", "/stop"))] == ["watch", "watch", "stop"]
    assert (await Watch.count(), (await row(mailbox)).pushed_until) == (0, None)


async def test_a_subscription_ends_with_the_mailbox_whose_tokens_are_forgotten(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, hook: Hook
) -> None:
    mailbox = await watched(miriam, connect, desk, OUTLOOK)

    await disconnecting.disconnect(await row(mailbox))

    assert (await strings.see(f"mailboxes/{ADDRESSES[OUTLOOK]}/subscriptions"))["subscriptions"] == []
    assert (await row(mailbox)).tokens is None


async def test_of_many_moves_graph_says_only_that_something_was_missed_and_the_mailbox_is_read(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, hook: Hook
) -> None:
    """More than 25 at once (graph-docs #14914): none of them is new mail, and what came among them is found."""
    mailbox = await watched(miriam, connect, desk, OUTLOOK)
    await strings.fault("lost-notice", provider="microsoft", count=-1)
    for _ in range(26):
        await arrives(strings, ADDRESSES[OUTLOOK], "Aufgeräumt")
    await Mailbox.update({Mailbox.due_at: now()}).where(Mailbox.id == mailbox.id)
    await sync_due(desk.receive)
    assert len(desk.mails) == 26
    await arrives(strings, ADDRESSES[OUTLOOK], "Neu")
    await strings.client.delete("/control/faults")
    await strings.fault("only-missed", provider="microsoft")
    before, told = len(await hook.heard(0, "/hooks/outlook/lifecycle")), len(hook.came)
    await Mailbox.update({Mailbox.due_at: now() + SLOW}).where(Mailbox.id == mailbox.id)

    await strings.pull(f"mailboxes/{ADDRESSES[OUTLOOK]}/move", subject="Aufgeräumt", to="archive")
    await hook.heard(before + 1, "/hooks/outlook/lifecycle")
    await sync_due(desk.receive)

    assert len(hook.came) == told + 1
    assert json.loads(hook.came[-1][0].content)["value"][0]["lifecycleEvent"] == "missed"
    assert len(desk.mails) == 27


@pytest.mark.parametrize("event", ["missed", "subscriptionRemoved", "reauthorizationRequired"])
async def test_what_happens_to_a_subscription_is_followed_once(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, hook: Hook, event: str, wires: Any
) -> None:
    mailbox = await watched(miriam, connect, desk, OUTLOOK)
    before = await promise(mailbox)
    await strings.fault("double-notice", provider="microsoft")

    await strings.pull(f"mailboxes/{ADDRESSES[OUTLOOK]}/{event}")
    answers = await hook.heard(3, "/hooks/outlook/lifecycle")
    async with asyncio.timeout(10):
        while event != "missed" and (await promise(mailbox)).due_at > now():  # noqa: ASYNC110 - the row is written by the server
            await asyncio.sleep(0.02)
    looked_after = [await watch_due(), await watch_due()]
    after = await promise(mailbox)

    assert {answer.status_code for answer in answers[1:]} == {202}
    asked = [one.split()[0] for one in wires.asked if "/subscriptions" in one]
    expected = {"missed": ["POST"], "subscriptionRemoved": ["POST", "POST"], "reauthorizationRequired": ["POST", "PATCH"]}
    assert asked == expected[event]
    assert looked_after == ([0, 0] if event == "missed" else [1, 0])
    assert (after.provider_id == before.provider_id) == (event != "subscriptionRemoved")
    if event != "reauthorizationRequired":
        assert (await row(mailbox)).due_at <= now()


async def test_timer_and_event_at_the_same_moment_renew_one_subscription(
    miriam: Me, connect: Connect, desk: Desk, hook: Hook, strings: Strings
) -> None:
    mailbox = await watched(miriam, connect, desk, OUTLOOK)
    await Watch.update({Watch.due_at: now()}).where(Watch.mailbox == mailbox.id)

    done = await asyncio.gather(watch_due(), watch_due(), strings.pull(f"mailboxes/{ADDRESSES[OUTLOOK]}/reauthorizationRequired"), watch_due())

    there = (await strings.see(f"mailboxes/{ADDRESSES[OUTLOOK]}/subscriptions"))["subscriptions"]
    assert sum(one for one in done if isinstance(one, int)) >= 1
    assert there == [(await promise(mailbox)).provider_id]


@pytest.mark.parametrize("status", ["400", "404"])
async def test_a_subscription_that_can_not_be_renewed_is_begun_anew(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, hook: Hook, status: str
) -> None:
    mailbox = await watched(miriam, connect, desk, OUTLOOK)
    before = await promise(mailbox)
    await strings.fault(status, provider="microsoft", path="^PATCH .*/subscriptions/")

    with later(timedelta(hours=24)):
        assert await watch_due() == 1
    after = await promise(mailbox)

    there = (await strings.see(f"mailboxes/{ADDRESSES[OUTLOOK]}/subscriptions"))["subscriptions"]
    assert (after.provider_id != before.provider_id, bytes(after.secret) != bytes(before.secret)) == (True, True)
    assert there == [after.provider_id]


async def test_without_an_answer_to_the_handshake_the_mailbox_is_polled(miriam: Me, connect: Connect, desk: Desk, hook: Hook) -> None:
    mailbox = await connect(miriam, OUTLOOK)
    hook.deaf = True

    assert await watch_due() == 1
    await sync_due(desk.receive)

    failed, looked_at = await promise(mailbox), await row(mailbox)
    assert (failed.failures, failed.problem_code, failed.expires_at) == (1, "ValidationError", None)
    assert timedelta(seconds=50) < failed.due_at - now() < timedelta(seconds=70)
    assert looked_at.due_at - now() <= freshness.POLLED_EVERY


async def test_a_promise_that_is_not_renewed_ends_and_the_mailbox_is_looked_at_often(miriam: Me, connect: Connect, desk: Desk, hook: Hook) -> None:
    mailbox = await watched(miriam, connect, desk, OUTLOOK)

    with later(timedelta(minutes=4_198)):
        await sync_due(desk.receive)
        assert (await row(mailbox)).due_at <= (await promise(mailbox)).expires_at
    with later(timedelta(minutes=4_201)):
        await sync_due(desk.receive)
        assert (await row(mailbox)).due_at - now() <= freshness.POLLED_EVERY


async def test_a_connection_anew_is_promised_anew(miriam: Me, connect: Connect, strings: Strings, desk: Desk, hook: Hook, wired: None) -> None:
    mailbox = await watched(miriam, connect, desk, OUTLOOK)
    await strings.pull(f"mailboxes/{ADDRESSES[OUTLOOK]}/revoke")
    with later(SLOW):
        await sync_due(desk.receive)
        assert await watch_due() == 0, "a mailbox that needs its person is not asked for"

    await connect(miriam, OUTLOOK, mailbox=await row(mailbox))

    assert await watch_due() == 1


@pytest.mark.parametrize("forged", ["audience", "email", "unverified", "issuer", "expired", "early", "key", "unknown-key", "unsigned"])
async def test_a_push_that_google_did_not_sign_for_us_has_no_effect(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, hook: Hook, forged: str
) -> None:
    mailbox = await watched(miriam, connect, desk, GMAIL)
    await strings.pull("pubsub", forged=forged)

    await arrives(strings, ADDRESSES[GMAIL], "Gefälscht")
    answers = await hook.heard(1, "/hooks/gmail")

    assert [(one.status_code, one.text) for one in answers] == [(401, "This was not signed for us.")]
    assert (await row(mailbox)).due_at > now()


async def test_googles_keys_are_fetched_once_and_nobody_can_make_us_fetch_them_all_the_time(strings: Strings, hook: Hook, database: None) -> None:
    good = (await strings.pull("pubsub"))["token"]
    unknown = (await strings.pull("pubsub", forged="unknown-key"))["token"]
    async with httpx.AsyncClient(base_url=hook.base) as stranger:
        for token in (good, good, unknown, unknown, good):
            await stranger.post("/hooks/gmail", json={}, headers={"Authorization": f"Bearer {token}"})

    assert (await strings.pull("pubsub"))["keys_asked"] == 1
    assert [answer.status_code for _, answer in hook.came] == [400, 400, 401, 401, 400]


async def test_old_keys_serve_while_google_does_not_answer(strings: Strings, hook: Hook, database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    good = (await strings.pull("pubsub"))["token"]
    await google_keys.prove(good)
    kept = google_keys._keys[settings().google.certs_url]  # type: ignore[union-attr]
    await strings.fault("503", provider="google", path="/certs")
    kept.good_until, kept.asked_at = now(), now() - timedelta(hours=1)

    await google_keys.prove(good)

    assert kept.good_until <= now()


GARBAGE = [b"", b"{", b"[]", b"null", b"{}", b'{"value": 3}', b'{"message": {"data": "%%%"}}', b'{"message": {"data": "bnVsbA=="}}', b"[" * 100_000]


@pytest.mark.parametrize("path", ["/hooks/gmail", "/hooks/outlook", "/hooks/outlook/lifecycle"])
async def test_garbage_gets_a_clear_answer(strings: Strings, hook: Hook, database: None, path: str) -> None:
    token = (await strings.pull("pubsub"))["token"]
    async with httpx.AsyncClient(base_url=hook.base, headers={"Authorization": f"Bearer {token}"}) as stranger:
        answers = [await stranger.post(path, content=body) for body in GARBAGE]
        large = await stranger.post(path, content=b" " * (LARGEST_NOTICE + 1))
        opened = await stranger.get(path)

    assert {(one.status_code, one.text) for one in answers} <= {(400, "This is not JSON."), (400, "This is not a notice.")}
    assert (large.status_code, opened.status_code) == (413, 405)
    assert {one.headers["content-type"].partition(";")[0] for one in (*answers, large)} == {"text/plain"}


async def test_only_the_secret_together_with_its_subscription_is_believed(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, hook: Hook
) -> None:
    mailbox = await watched(miriam, connect, desk, OUTLOOK)
    await arrives(strings, ADDRESSES[OUTLOOK], "Eins")
    await hook.heard(3)
    real = json.loads(hook.came[-1][0].content)["value"][0]
    await sync_due(desk.receive)
    forgeries: list[Any] = [
        {**real, "clientState": "guessed"}, {**real, "clientState": ""}, {**real, "clientState": None},
        {**real, "subscriptionId": "another"}, {**real, "subscriptionId": ""}, {"clientState": real["clientState"]},
        {**real, "subscriptionId": "\x00"}, {**real, "subscriptionId": "\ud800"},
        {**real, "clientState": "x", "lifecycleEvent": "subscriptionRemoved"}, "words", None, 7,
    ]  # fmt: skip

    answers = [await say(hook, [forged]) for forged in forgeries]

    assert {(one.status_code, one.text) for one in answers} == {(202, "Heard.")}
    assert (await row(mailbox)).due_at > now()
    assert (await promise(mailbox)).provider_id == real["subscriptionId"]
    assert (await say(hook, [{"id": "x"} | real])).text == "Heard."
    assert (await row(mailbox)).due_at <= now()


async def test_the_handshake_says_the_token_back_as_plain_text_and_nothing_else(hook: Hook, database: None) -> None:
    async with httpx.AsyncClient(base_url=hook.base) as graph:
        said = [await graph.post("/hooks/outlook", params={"validationToken": word}) for word in ("Validation: <b>ü</b> 1+1", "", "x" * 2_000)]

    assert [one.status_code for one in said] == [200, 400, 400]
    assert said[0].text == "Validation: <b>ü</b> 1+1"
    assert said[0].headers["content-type"].startswith("text/plain")


async def test_a_pause_that_the_provider_wants_is_longer_than_any_notice(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, hook: Hook
) -> None:
    mailbox = await watched(miriam, connect, desk, OUTLOOK)
    await strings.fault("429", provider="microsoft", path="/delta", retry_after=900)
    with later(SLOW):
        await sync_due(desk.receive)
    paused = (await row(mailbox)).due_at

    await arrives(strings, ADDRESSES[OUTLOOK], "Geduld")
    await hook.heard(3)

    assert (await row(mailbox)).due_at == paused


@BOTH
async def test_behind_a_private_address_nobody_is_asked_to_tell_us(
    miriam: Me, connect: Connect, hook: Hook, monkeypatch: pytest.MonkeyPatch, provider: str
) -> None:
    monkeypatch.setenv("GOOGLE_API_URL", "https://gmail.googleapis.com")
    monkeypatch.setenv("MICROSOFT_GRAPH_URL", "https://graph.microsoft.com/v1.0")
    settings.cache_clear()
    assert not watching.pushes(provider)
    async with httpx.AsyncClient(base_url=hook.base) as stranger:
        assert (await stranger.post(f"/hooks/{provider}", params={"validationToken": "x"})).status_code == 404

    for base, reached in (("https://nachfass.example.com", True), ("http://nachfass.example.com", False), ("https://10.0.0.5", False)):
        monkeypatch.setenv("NACHFASS_BASE_URL", base)
        settings.cache_clear()
        assert watching.pushes(provider) is reached


async def test_without_a_topic_gmail_is_polled(miriam: Me, connect: Connect, desk: Desk, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox = await watched(miriam, connect, desk, GMAIL)
    for name in ("GOOGLE_PUBSUB_TOPIC", "GOOGLE_PUBSUB_SERVICE_ACCOUNT"):
        monkeypatch.delenv(name)
    settings.cache_clear()

    assert (watching.pushes(GMAIL), watching.pushes(OUTLOOK)) == (False, True)
    assert await watch_due() == 0
    assert (mailbox.pushed_until is None, (await row(mailbox)).pushed_until) == (False, None)


async def test_the_first_notices_of_a_draft_and_of_a_move_bring_nothing_that_is_no_mail(
    miriam: Me, connect: Connect, strings: Strings, desk: Desk, hook: Hook
) -> None:
    """`created` comes for a draft, for the copy in transport that is gone when it is asked for, and for a mail that was only moved."""
    mailbox = await watched(miriam, connect, desk, OUTLOOK)
    await arrives(strings, ADDRESSES[OUTLOOK], "Abgelegt")
    await hook.heard(3)
    await sync_due(desk.receive)
    before = dict(desk.mails)

    await strings.pull(f"mailboxes/{ADDRESSES[OUTLOOK]}/messages", folder="drafts", subject="Entwurf", to="anna@alpenblick.example")
    await strings.pull(f"mailboxes/{ADDRESSES[OUTLOOK]}/move", subject="Abgelegt", to="archive")
    await strings.pull(f"mailboxes/{ADDRESSES[OUTLOOK]}/move", subject="Abgelegt", to="inbox")
    await hook.heard(6)
    with later(SLOW):
        await sync_due(desk.receive)

    assert [asked.content.count(b'"created"') for asked, _ in hook.came[2:]] >= [1, 1, 1]
    assert desk.mails.keys() == before.keys()
    assert (await row(mailbox)).failures == 0


async def test_reactions_know_of_promises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(happenings, "_reactions", dict(happenings._reactions))
    reactions.wire()

    assert watching.begin_again in happenings._reactions[happenings.MailboxConnected]
    assert watching.begin_again in happenings._reactions[happenings.MailboxRestored]
    assert watching.forget in happenings._reactions[happenings.MailboxDisconnected]
