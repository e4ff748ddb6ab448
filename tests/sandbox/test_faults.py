"""What goes wrong goes wrong as often as asked, where asked, and as it does at the real providers."""

import httpx
import pytest

from tests.contracts import check_graph
from tests.sandbox.conftest import KESSLER, MIRIAM, mail, raw

pytestmark = pytest.mark.anyio


async def breaks(web, kind, **more):
    answer = await web.post("/control/faults", json={"kind": kind, **more})
    assert answer.status_code == 200, answer.text


async def test_too_many_requests_come_with_a_time_and_end(gmail, web):
    await breaks(web, "429", provider="google", mailbox=MIRIAM, retry_after=7, count=2)
    statuses = [await gmail.get("/profile") for _ in range(3)]
    assert [answer.status_code for answer in statuses] == [429, 429, 200]
    assert statuses[0].headers["Retry-After"] == "7"
    assert statuses[0].json()["error"]["errors"][0]["reason"] == "rateLimitExceeded"


async def test_a_fault_strikes_only_where_it_was_asked_for(gmail, outlook, web):
    await breaks(web, "500", mailbox=KESSLER, path=r"^GET .*/me/messages$", skip=1)
    assert (await gmail.get("/messages")).status_code == 200
    assert (await outlook.get("/me")).status_code == 200
    assert [(await outlook.get("/me/messages")).status_code for _ in range(3)] == [200, 500, 200]


async def test_a_dropped_answer_leaves_the_work_done(gmail, web, letters):
    await breaks(web, "drop-after", path="messages/send")
    with pytest.raises(httpx.RemoteProtocolError):
        await gmail.post("/messages/send", json={"raw": raw(mail())})
    assert len(await letters("anna@alpenblick.example")) == 1


async def test_a_dropped_request_leaves_nothing_done(gmail, web, letters):
    await breaks(web, "drop", path="messages/send")
    with pytest.raises(httpx.RemoteProtocolError):
        await gmail.post("/messages/send", json={"raw": raw(mail())})
    assert await letters("anna@alpenblick.example") == []


async def test_a_request_can_hang(gmail, web):
    await breaks(web, "hang", seconds=0)
    with pytest.raises(httpx.ReadTimeout):
        await gmail.get("/profile")


async def test_an_expired_token_is_refused_and_stays_refused(outlook, web):
    await breaks(web, "expired-token", mailbox=KESSLER)
    for _ in range(2):
        answer = await outlook.get("/me")
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")


async def test_history_and_delta_can_be_lost(gmail, outlook, web):
    await breaks(web, "lost-history", count=2)
    first = (await gmail.get("/profile")).json()["historyId"]
    assert (await gmail.get("/history", params={"startHistoryId": first})).status_code == 404
    lost = await outlook.get("/me/mailFolders/inbox/messages/delta")
    check_graph("odataError", lost.json())
    assert lost.status_code == 410


@pytest.mark.parametrize(("kind", "status"), [("500", 500), ("503", 503), ("empty", 200)])
async def test_answers_need_not_be_json(gmail, web, kind, status):
    await breaks(web, kind)
    answer = await gmail.get("/profile")
    assert answer.status_code == status
    with pytest.raises(ValueError, match="Expecting value"):
        answer.json()


async def test_a_limit_can_come_as_forbidden(gmail, web):
    await breaks(web, "403-rate")
    answer = await gmail.get("/profile")
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (403, "userRateLimitExceeded")


async def test_everything_can_be_mended(gmail, web):
    await breaks(web, "500", count=-1)
    await web.delete("/control/faults")
    assert (await gmail.get("/profile")).status_code == 200


async def test_a_wrong_wish_is_refused_with_a_sentence(web):
    answer = await web.post("/control/faults", json={"kind": "earthquake"})
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("kind is one of 429")


async def test_over_the_wire_a_dropped_answer_is_a_broken_connection(sandbox):
    async with httpx.AsyncClient(base_url=sandbox) as client:
        await client.post("/control/faults", json={"kind": "drop-after"})
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/google/gmail/v1/users/me/profile")
