"""Every refusal that the providers document has one meaning: wait, connect again, ask the administrator, mend our registration, or it is gone."""

import base64
import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from google.auth.exceptions import RefreshError

from app.clock import later, now
from app.errors import (
    AdminNeeded,
    GiveUp,
    GoneThere,
    MailboxGone,
    OperatorNeeded,
    ProviderError,
    ReconnectNeeded,
    Refused,
    RetryLater,
)
from app.identity.guarding import Me
from app.mailboxes import connecting
from app.mailboxes.checking import check_due
from app.mailboxes.opening import open_mailbox, opened
from app.mailboxes.providers import gmail, gmail_tokens, outlook, outlook_tokens
from app.mailboxes.providers.speaking import TokenRefused
from app.mailboxes.providers.wire import Answer, Question, Throttled, UsedUp, trouble
from app.mailboxes.syncing import problem_of, sync_due
from app.mailboxes.tables import GMAIL, OUTLOOK, READ, RESURFACE, SEND, SEND_TIER, Mailbox
from tests.mailboxes.conftest import ADDRESSES, Connect, Strings
from tests.mailboxes.heard import Heard

BOTH = pytest.mark.parametrize("provider", [GMAIL, OUTLOOK])
GOOGLE, MICROSOFT = ADDRESSES[GMAIL], ADDRESSES[OUTLOOK]


async def nothing_comes(_mailbox: Mailbox, _mail: object, _imported: bool) -> bool:
    return False


async def row(mailbox: Mailbox) -> Mailbox:
    found = await Mailbox.objects().get(Mailbox.id == mailbox.id)
    assert found is not None
    return found


async def expired(strings: Strings, address: str) -> None:
    """The next request needs a new access token, and msal has forgotten what it was told."""
    await strings.pull(f"mailboxes/{address}/expire")
    outlook_tokens.remembered().clear()


# The token endpoints

MICROSOFT_SAYS = [
    (50173, "invalid_grant", ReconnectNeeded), (700082, "invalid_grant", ReconnectNeeded), (70008, "invalid_grant", ReconnectNeeded),
    (700084, "invalid_grant", OperatorNeeded), (50076, "interaction_required", ReconnectNeeded), (50079, "interaction_required", ReconnectNeeded),
    (50158, "interaction_required", ReconnectNeeded), (53003, "interaction_required", ReconnectNeeded), (65001, "invalid_grant", AdminNeeded),
    (90094, "invalid_grant", AdminNeeded), (50105, "invalid_grant", AdminNeeded), (7000215, "invalid_client", OperatorNeeded),
    (7000222, "invalid_client", OperatorNeeded), (700016, "unauthorized_client", OperatorNeeded), (54005, "invalid_grant", ReconnectNeeded),
    (70000, "invalid_grant", ReconnectNeeded), (9002313, "invalid_request", ReconnectNeeded), (50196, "invalid_grant", RetryLater),
    (50034, "invalid_grant", MailboxGone), (50057, "invalid_grant", MailboxGone), (90033, "temporarily_unavailable", RetryLater),
]  # fmt: skip


@pytest.mark.parametrize(("code", "word", "kind"), MICROSOFT_SAYS)
async def test_each_aadsts_code_has_its_meaning(code: int, word: str, kind: type[ProviderError]) -> None:
    told = outlook_tokens.judged({"error": word, "error_codes": [code], "error_description": f"AADSTS{code}: …"})

    assert (type(told), told.code) == (kind, f"AADSTS{code}")


GOOGLE_SAYS = [
    ({"error": "invalid_grant", "error_description": "Token has been expired or revoked."}, ReconnectNeeded),
    ({"error": "invalid_grant", "error_subtype": "invalid_rapt"}, ReconnectNeeded),
    ({"error": "invalid_grant", "error_description": "Account has been deleted"}, MailboxGone),
    ({"error": "invalid_client", "error_description": "The OAuth client was not found."}, OperatorNeeded),
    ({"error": "invalid_client", "error_description": "Unauthorized"}, OperatorNeeded),
    ({"error": "unauthorized_client"}, OperatorNeeded),
    ({"error": "deleted_client"}, OperatorNeeded),
    ({"error": "org_internal"}, OperatorNeeded),
    ({"error": "admin_policy_enforced"}, AdminNeeded),
    ({"error": "internal_failure"}, RetryLater),
    ("<html>503 Service Unavailable</html>", RetryLater),
]  # fmt: skip


@pytest.mark.parametrize(("said", "kind"), GOOGLE_SAYS)
async def test_each_word_of_googles_token_endpoint_has_its_meaning(said: object, kind: type[ProviderError]) -> None:
    assert type(gmail_tokens.judged(said)) is kind


# The interfaces


def google_answer(status: int, reason: str) -> Answer:
    error = {"code": status, "message": "…", "errors": [{"reason": reason, "domain": "global", "message": "…"}], "status": "…"}
    return Answer("Google", status, httpx.Headers(), json.dumps({"error": error}).encode())


GMAIL_SAYS = [
    (400, "badRequest", GiveUp), (400, "failedPrecondition", MailboxGone), (401, "authError", TokenRefused),
    (403, "dailyLimitExceeded", UsedUp),
    (403, "userRateLimitExceeded", Throttled), (429, "userRateLimitExceeded", Throttled), (403, "rateLimitExceeded", Throttled),
    (429, "rateLimitExceeded", Throttled), (403, "domainPolicy", AdminNeeded), (403, "insufficientPermissions", ReconnectNeeded),
    (403, "accessNotConfigured", OperatorNeeded), (404, "notFound", GoneThere), (500, "backendError", RetryLater), (503, "backendError", RetryLater),
]  # fmt: skip


@pytest.mark.parametrize(("status", "reason", "kind"), GMAIL_SAYS)
async def test_each_refusal_of_gmail_has_its_meaning(status: int, reason: str, kind: type[ProviderError]) -> None:
    answer = google_answer(status, reason)

    told = trouble(Question("GET", "https://…", reads=True), answer) or gmail.meaning(answer)

    assert type(told) is kind


GRAPH_SAYS = [
    (404, "ErrorItemNotFound", GoneThere), (403, "ErrorAccessDenied", ReconnectNeeded), (400, "ErrorInvalidIdMalformed", GiveUp),
    (404, "ErrorMailboxNotEnabledForRESTAPI", MailboxGone), (404, "MailboxNotEnabledForRESTAPI", MailboxGone), (403, "ErrorSendAsDenied", GiveUp),
    (413, "ErrorMessageSizeExceeded", GiveUp), (400, "ErrorQuotaExceeded", GiveUp), (400, "ErrorInvalidRecipients", GiveUp),
    (400, "ErrorExceededMessageLimit", RetryLater), (401, "InvalidAuthenticationToken", TokenRefused), (429, "ApplicationThrottled", Throttled),
    (503, "ServiceUnavailable", RetryLater), (504, "GatewayTimeout", RetryLater),
]  # fmt: skip


@pytest.mark.parametrize(("status", "code", "kind"), GRAPH_SAYS)
async def test_each_refusal_of_graph_has_its_meaning(status: int, code: str, kind: type[ProviderError]) -> None:
    answer = Answer("Microsoft", status, httpx.Headers(), json.dumps({"error": {"code": code, "message": "…"}}).encode())

    told = trouble(Question("GET", "https://…", reads=True), answer) or outlook.meaning(answer)

    assert type(told) is kind


PROBLEMS = [
    (ReconnectNeeded, "reconnect"), (AdminNeeded, "admin"), (OperatorNeeded, "operator"), (MailboxGone, "gone"), (RetryLater, "retry"),
    (GiveUp, "retry"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "problem"), PROBLEMS)
async def test_each_kind_says_who_has_to_act(kind: type[ProviderError], problem: str) -> None:
    assert problem_of(kind("…")) == problem


# In the life of a mailbox


@pytest.mark.parametrize(("code", "problem"), [(50173, "reconnect"), (65001, "admin"), (7000222, "operator"), (50057, "gone"), (700084, "operator")])
async def test_an_outlook_mailbox_says_who_has_to_act(miriam: Me, connect: Connect, strings: Strings, heard: Heard, code: int, problem: str) -> None:
    mailbox = await connect(miriam, OUTLOOK)
    await strings.pull(f"mailboxes/{MICROSOFT}", provider="microsoft", aadsts=code)
    await expired(strings, MICROSOFT)

    await sync_due(nothing_comes)

    after = await row(mailbox)
    assert (after.problem, after.problem_code, after.broken_at is None) == (problem, f"AADSTS{code}", False)
    assert bool(after.tokens)


GMAIL_REFUSES = [("403 domainPolicy", "admin"), ("403 accessNotConfigured", "operator"), ("400 failedPrecondition", "gone")]


@pytest.mark.parametrize(("refusal", "problem"), GMAIL_REFUSES)
async def test_a_gmail_mailbox_says_who_has_to_act(miriam: Me, connect: Connect, strings: Strings, heard: Heard, refusal: str, problem: str) -> None:
    mailbox = await connect(miriam, GMAIL)
    await strings.pull(f"mailboxes/{GOOGLE}", provider="google", api_error=refusal)

    await sync_due(nothing_comes)

    assert (await row(mailbox)).problem == problem


async def test_a_wrong_secret_of_ours_asks_no_rep_to_connect_again(miriam: Me, connect: Connect, strings: Strings, heard: Heard) -> None:
    mailbox = await connect(miriam, GMAIL)
    await strings.pull(f"mailboxes/{GOOGLE}", provider="google", google_error="invalid_client", google_says="Unauthorized")
    await expired(strings, GOOGLE)

    await sync_due(nothing_comes)
    await strings.pull(f"mailboxes/{GOOGLE}", provider="google", google_error="")
    with later(timedelta(minutes=16)):
        broken = await row(mailbox)
        await sync_due(nothing_comes)

    assert (broken.problem, broken.problem_code) == ("operator", "invalid_client")
    assert (await row(mailbox)).problem == ""


async def test_a_consent_that_ends_after_a_week_tells_of_testing(miriam: Me, connect: Connect, strings: Strings, heard: Heard) -> None:
    mailbox = await connect(miriam, GMAIL)
    await strings.pull(f"mailboxes/{GOOGLE}/revoke")

    with later(timedelta(days=7)):
        await sync_due(nothing_comes)

    after = await row(mailbox)
    assert (after.problem, after.problem_code) == ("reconnect", "in-testing")
    assert "production" in after.problem_words


async def test_what_microsoft_wants_proven_travels_with_the_person(miriam: Me, connect: Connect, strings: Strings, heard: Heard) -> None:
    claims = '{"access_token":{"capolids":{"essential":true,"values":["c1"]}}}'
    mailbox = await connect(miriam, OUTLOOK)
    await strings.pull(f"mailboxes/{MICROSOFT}", provider="microsoft", aadsts=50076, claims=claims)
    await expired(strings, MICROSOFT)
    await sync_due(nothing_comes)

    asked = parse_qs(urlsplit(await connecting.start(miriam, OUTLOOK, "full", mailbox.id)).query)

    assert json.loads(asked["claims"][0])["access_token"] == json.loads(claims)["access_token"]
    await strings.pull(f"mailboxes/{MICROSOFT}", provider="microsoft", aadsts=0, claims="")
    assert (await connect(miriam, OUTLOOK, mailbox=mailbox)).claims == ""


async def test_a_token_that_is_challenged_is_replaced_by_one_that_satisfies(miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox = await connect(miriam, OUTLOOK)
    await strings.pull(f"mailboxes/{MICROSOFT}", provider="microsoft", challenge='{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}')

    assert (await (await open_mailbox(mailbox)).account()).address == MICROSOFT
    assert (await strings.pull(f"mailboxes/{MICROSOFT}", provider="microsoft"))["manners"]["challenge"] == ""


async def test_a_challenge_that_is_no_json_is_none() -> None:
    garbage = base64.b64encode(b"{broken").decode()
    answer = Answer("Microsoft", 401, httpx.Headers({"WWW-Authenticate": f'Bearer claims="{garbage}"'}), b"{}")

    assert outlook.challenge(answer) == ""


async def test_a_loop_that_microsoft_sees_is_broken_off(miriam: Me, connect: Connect, strings: Strings, heard: Heard) -> None:
    mailbox = await connect(miriam, OUTLOOK)
    await strings.pull(f"mailboxes/{MICROSOFT}", provider="microsoft", aadsts=50196)
    await expired(strings, MICROSOFT)

    await sync_due(nothing_comes)

    after = await row(mailbox)
    assert (after.problem, after.due_at > now() + timedelta(minutes=4)) == ("retry", True)


# Consent


@BOTH
async def test_a_token_for_somebody_elses_app_connects_nothing(miriam: Me, connect: Connect, strings: Strings, provider: str) -> None:
    at = {GMAIL: "google", OUTLOOK: "microsoft"}[provider]
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}", provider=at, token_claims={"aud": "another-app"})

    with pytest.raises(Refused, match="did not say clearly"):
        await connect(miriam, provider)
    assert await Mailbox.count() == 0


async def test_a_token_without_a_directory_connects_nothing(miriam: Me, connect: Connect, strings: Strings) -> None:
    await strings.pull(f"mailboxes/{MICROSOFT}", provider="microsoft", token_claims={"tid": ""})

    with pytest.raises(Refused, match="did not say clearly"):
        await connect(miriam, OUTLOOK)


@BOTH
async def test_an_answer_for_another_nonce_connects_nothing_and_keeps_no_token(miriam: Me, connect: Connect, strings: Strings, provider: str) -> None:
    at = {GMAIL: "google", OUTLOOK: "microsoft"}[provider]
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}", provider=at, token_claims={"nonce": "somebody-elses"})

    with pytest.raises(Refused, match="did not say clearly"):
        await connect(miriam, provider)
    assert await Mailbox.count() == 0


async def test_who_chose_sending_only_gives_no_more_though_google_adds_what_was_allowed_before(miriam: Me, connect: Connect) -> None:
    await connect(miriam, GMAIL)

    again = await connect(miriam, GMAIL, SEND_TIER)

    assert again.rights == [SEND]


@BOTH
async def test_sending_only_grows_to_everything_and_what_was_before_is_history(miriam: Me, connect: Connect, provider: str) -> None:
    small = await connect(miriam, provider, SEND_TIER)

    full = await connect(miriam, provider, mailbox=small)

    assert (small.read_since, small.id) == (None, full.id)
    assert set(full.rights) == {READ, RESURFACE, SEND}
    assert full.read_since is not None
    assert full.imported_at is None


@BOTH
async def test_a_mailbox_that_only_sends_does_not_stop_silently(miriam: Me, connect: Connect, strings: Strings, heard: Heard, provider: str) -> None:
    mailbox = await connect(miriam, provider, SEND_TIER)
    assert await check_due() == 1
    assert await check_due() == 0
    await strings.pull(f"mailboxes/{ADDRESSES[provider]}/revoke")
    outlook_tokens.remembered().clear()

    with later(timedelta(hours=1, minutes=1)):
        await check_due()

    after = await row(mailbox)
    assert (after.problem, after.synced_at) == ("reconnect", None)


async def test_msal_without_an_account_wants_a_new_consent(miriam: Me, connect: Connect) -> None:
    mailbox = await connect(miriam, OUTLOOK)
    kept = json.loads(opened(mailbox.tokens))

    with pytest.raises(ReconnectNeeded):
        outlook_tokens.fetched({**kept, "cache": "{}"}, "")


async def test_a_refusal_that_msal_remembers_ends_with_a_new_consent(miriam: Me, connect: Connect, strings: Strings, heard: Heard) -> None:
    mailbox = await connect(miriam, OUTLOOK)
    await strings.pull(f"mailboxes/{MICROSOFT}/revoke")
    await sync_due(nothing_comes)
    broken = (await row(mailbox)).problem

    again = await connect(miriam, OUTLOOK, mailbox=mailbox)
    await sync_due(nothing_comes)

    assert (broken, (await row(again)).problem) == ("reconnect", "")


async def test_a_rotated_refresh_token_is_kept_before_it_is_used(miriam: Me, connect: Connect, strings: Strings) -> None:
    mailbox = await connect(miriam, OUTLOOK)
    before = opened((await row(mailbox)).tokens)
    await expired(strings, MICROSOFT)
    await strings.fault("drop", provider="microsoft", path="/graph/", count=-1, skip=1)
    provider = await open_mailbox(mailbox)

    with pytest.raises(RetryLater):
        await provider.account()

    assert opened((await row(mailbox)).tokens) != before


async def test_a_google_refresh_that_fails_without_json_does_not_end_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise RefreshError("503 <html>", retryable=False)  # type: ignore[no-untyped-call]

    monkeypatch.setattr("app.mailboxes.providers.gmail_tokens.Credentials.refresh", fails)

    with pytest.raises(RetryLater):
        gmail_tokens.refreshed({"refresh": "1//x", "access": "", "until": now().isoformat(), "account": {}})
