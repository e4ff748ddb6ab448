"""Graph's behaviour, every body checked against Graph's metadata."""

import asyncio
import base64
import json
from datetime import timedelta

import httpx
import pytest

from app.clock import later, now
from tests.contracts import check_graph
from tests.sandbox.conftest import KESSLER, mail

SEND_ID = "String {6d1a7a5e-4c1d-4b0a-9a4f-7c8f5f1d2b10} Name nachfassSendId"
SENT = "/me/mailFolders/sentitems/messages"


async def drafted(outlook, message=None, send_id="send-1"):
    body = base64.b64encode(message or mail())
    answer = await outlook.post("/me/messages", content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 201
    check_graph("message", answer.json())
    mark = {"singleValueExtendedProperties": [{"id": SEND_ID, "value": send_id}]}
    check_graph("message", mark)
    check_graph("message", (await outlook.patch(f"/me/messages/{answer.json()['id']}", json=mark)).json())
    return answer.json()


def by_send_id(value="send-1"):
    return {"$filter": f"singleValueExtendedProperties/Any(ep: ep/id eq '{SEND_ID}' and ep/value eq '{value}')"}


async def listed(outlook, path, **query):
    answer = await outlook.get(path, params=query)
    assert answer.status_code == 200, answer.text
    check_graph("collection.message", answer.json())
    return answer.json()["value"]


async def test_the_sent_copy_comes_late_with_another_id_and_another_message_id(outlook, web):
    await web.patch("/control/manners", json={"sent_after": 60})
    draft = await drafted(outlook)
    answer = await outlook.post(f"/me/messages/{draft['id']}/send")
    assert (answer.status_code, answer.content) == (202, b"")
    assert await listed(outlook, SENT) == []
    assert [found["isDraft"] for found in await listed(outlook, "/me/messages", **by_send_id())] == [True]
    with later(timedelta(seconds=61)):
        found = (await listed(outlook, "/me/messages", **by_send_id()))[0]
    assert found["id"] != draft["id"]
    assert not found["isDraft"]
    assert found["internetMessageId"] != "<own@nachfass.example>"
    assert (await outlook.get(f"/me/messages/{draft['id']}")).status_code == 404


async def test_a_draft_sent_again_while_in_transport_goes_out_twice(outlook, web, letters):
    await web.patch("/control/manners", json={"sent_after": 60})
    draft = await drafted(outlook)
    await outlook.post(f"/me/messages/{draft['id']}/send")
    await outlook.post(f"/me/messages/{draft['id']}/send")
    assert len(await letters("anna@alpenblick.example")) == 2


async def test_a_withheld_copy_appears_when_released(outlook, web):
    await web.post("/control/faults", json={"kind": "withheld-sent", "mailbox": KESSLER})
    draft = await drafted(outlook)
    await outlook.post(f"/me/messages/{draft['id']}/send")
    assert await listed(outlook, SENT) == []
    await web.post(f"/control/mailboxes/{KESSLER}/release")
    assert len(await listed(outlook, SENT)) == 1


async def test_the_message_id_stays_where_it_is_left_alone(outlook, web):
    await web.patch("/control/manners", json={"rewrites_message_id": False})
    draft = await drafted(outlook)
    await outlook.post(f"/me/messages/{draft['id']}/send")
    found = await listed(outlook, "/me/messages", **{"$filter": "internetMessageId eq '<own@nachfass.example>'"})
    assert len(found) == 1


async def test_json_takes_five_own_headers_and_no_more(outlook):
    message = {
        "subject": "Offer", "body": {"contentType": "html", "content": "<p>Hello</p>"},
        "toRecipients": [{"emailAddress": {"name": "Anna", "address": "anna@alpenblick.example"}}],
        "internetMessageHeaders": [{"name": f"x-nachfass-{number}", "value": "1"} for number in range(6)],
    }  # fmt: skip
    check_graph("message", message)
    refused = await outlook.post("/me/messages", json=message)
    check_graph("odataError", refused.json())
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "InvalidInternetMessageHeaderCollection")
    message["internetMessageHeaders"] = message["internetMessageHeaders"][:5]
    check_graph("message", (await outlook.post("/me/messages", json=message)).json())


async def test_send_mail_answers_nothing_but_accepted(outlook, letters):
    wrong = await outlook.post("/me/sendMail", content=b"no base64!", headers={"Content-Type": "text/plain"})
    right = await outlook.post("/me/sendMail", content=base64.b64encode(mail()), headers={"Content-Type": "text/plain"})
    assert wrong.json()["error"]["code"] == "ErrorMimeContentInvalidBase64String"
    assert (right.status_code, right.content) == (202, b"")
    assert len(await letters("anna@alpenblick.example")) == 1
    assert await listed(outlook, "/me/mailFolders/drafts/messages") == []


async def test_an_answer_is_in_the_same_conversation(outlook, web):
    draft = await drafted(outlook)
    await outlook.post(f"/me/messages/{draft['id']}/send")
    await web.post("/control/people/anna@alpenblick.example/messages/latest/reply", json={"text": "Yes."})
    answer, sent = (await listed(outlook, "/me/mailFolders/inbox/messages"))[0], (await listed(outlook, SENT))[0]
    assert answer["conversationId"] == sent["conversationId"]
    assert answer["from"]["emailAddress"]["address"] == "anna@alpenblick.example"
    value = await outlook.get(f"/me/messages/{answer['id']}/$value")
    assert sent["internetMessageId"].encode() in value.content


async def delta(outlook, address, size=2):
    """All pages of a round, and where the next begins."""
    rows = []
    while True:
        answer = await outlook.get(address, headers={"Prefer": f'IdType="ImmutableId", odata.maxpagesize={size}'})
        assert answer.status_code == 200, answer.text
        check_graph("collection.message", answer.json())
        rows += answer.json()["value"]
        if "@odata.deltaLink" in answer.json():
            return rows, answer.json()["@odata.deltaLink"]
        address = answer.json()["@odata.nextLink"]


async def test_delta_tells_what_came_changed_and_left(outlook, web):
    for number in range(5):
        await web.post(f"/control/mailboxes/{KESSLER}/messages", json={"folder": "inbox", "subject": f"Nr {number}", "read": False})
    rows, link = await delta(outlook, "/me/mailFolders/inbox/messages/delta?$select=subject,isRead")
    assert sorted(row["subject"] for row in rows) == [f"Nr {number}" for number in range(5)]
    assert all("body" not in row for row in rows)
    assert (await delta(outlook, link))[0] == []
    await outlook.patch(f"/me/messages/{rows[0]['id']}", json={"isRead": True})
    moved = await outlook.post(f"/me/messages/{rows[1]['id']}/move", json={"destinationId": "archive"})
    assert moved.status_code == 201
    changed, link = await delta(outlook, link)
    assert {row["id"]: row.get("isRead", row.get("@removed")) for row in changed} == {rows[0]["id"]: True, rows[1]["id"]: {"reason": "changed"}}
    await web.post(f"/control/mailboxes/{KESSLER}/forget")
    gone = await outlook.get(link)
    check_graph("odataError", gone.json())
    assert gone.status_code == 410


async def test_a_note_is_created_in_the_inbox_as_a_mail_not_as_a_draft(outlook):
    note = {
        "subject": "Offer 2026", "body": {"contentType": "text", "content": "Nobody has answered."},
        "from": {"emailAddress": {"name": "Nachfass", "address": KESSLER}},
        "toRecipients": [{"emailAddress": {"address": KESSLER}}],
        "singleValueExtendedProperties": [{"id": "Integer 0x0E07", "value": "0"}, {"id": "SystemTime 0x0E06", "value": "2026-11-23T22:00:00Z"}],
    }  # fmt: skip
    check_graph("message", note)
    made = await outlook.post("/me/mailFolders/inbox/messages", json=note)
    check_graph("message", made.json())
    assert not made.json()["isDraft"]
    assert not made.json()["isRead"]
    assert [found["subject"] for found in await listed(outlook, "/me/mailFolders/inbox/messages")] == ["Offer 2026"]
    flag = {"flag": {"flagStatus": "flagged", "dueDateTime": {"dateTime": "2026-12-01T09:00:00", "timeZone": "UTC"}}, "categories": ["Follow-up"]}
    check_graph("message", (await outlook.patch(f"/me/messages/{made.json()['id']}", json=flag)).json())


async def test_only_an_immutable_id_outlives_a_move(outlook):
    draft = await drafted(outlook)
    plain = (await outlook.get(f"/me/messages/{draft['id']}", headers={"Prefer": ""})).json()["id"]
    moved = (await outlook.post(f"/me/messages/{plain}/move", json={"destinationId": "archive"}, headers={"Prefer": ""})).json()["id"]
    assert len({plain, moved, draft["id"]}) == 3
    assert (await outlook.get(f"/me/messages/{plain}")).status_code == 404
    assert (await outlook.get(f"/me/messages/{draft['id']}")).json()["id"] == draft["id"]


async def test_a_large_attachment_goes_up_in_pieces(outlook, letters):
    draft, data, grain = await drafted(outlook), bytes(range(256)) * 3000, 320 * 1024
    item = {"AttachmentItem": {"attachmentType": "file", "name": "offer.pdf", "size": len(data), "contentType": "application/pdf"}}
    session = await outlook.post(f"/me/messages/{draft['id']}/attachments/createUploadSession", json=item)
    check_graph("uploadSession", session.json())
    crooked = {"Content-Range": f"bytes 0-4095/{len(data)}"}
    assert (await outlook.put(session.json()["uploadUrl"], content=data[:4096], headers=crooked)).status_code == 400
    for start in range(0, len(data), grain):
        piece = data[start : start + grain]
        place = f"bytes {start}-{start + len(piece) - 1}/{len(data)}"
        answer = await outlook.put(session.json()["uploadUrl"], content=piece, headers={"Content-Range": place})
    found = (await outlook.get(f"/me/messages/{draft['id']}/attachments")).json()
    check_graph("collection.attachment", {**found, "value": []})
    check_graph("fileAttachment", found["value"][0])
    await outlook.post(f"/me/messages/{draft['id']}/send")
    assert answer.status_code == 201
    assert base64.b64decode(found["value"][0]["contentBytes"]) == data
    assert (await letters("anna@alpenblick.example"))[0]["attachments"] == ["offer.pdf"]


async def test_me_and_folders_fit_the_metadata(outlook):
    assert (await outlook.get("/me")).json()["mail"] == KESSLER
    check_graph("collection.mailFolder", (await outlook.get("/me/mailFolders")).json())
    check_graph("mailFolder", (await outlook.get("/me/mailFolders/inbox")).json())
    missing = await outlook.get("/me/messages/nothing")
    check_graph("odataError", missing.json())
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "ErrorItemNotFound")


async def test_the_fifth_request_at_once_is_turned_away(outlook, app):
    app.state["world"].box(KESSLER).busy = 4
    crowded = await outlook.get("/me")
    app.state["world"].box(KESSLER).busy = 3
    check_graph("odataError", crowded.json())
    assert (crowded.status_code, crowded.json()["error"]["code"], crowded.headers["Retry-After"]) == (429, "ApplicationThrottled", "1")
    assert (await outlook.get("/me")).status_code == 200


class Receiver:
    """Where Graph sends its notices."""

    def __init__(self) -> None:
        self.notices: list[httpx.Request] = []
        self.polite = True

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if "validationToken" in request.url.params:
            return httpx.Response(200, text=request.url.params["validationToken"] if self.polite else "no")
        self.notices.append(request)
        return httpx.Response(202)


@pytest.fixture
def beacon() -> Receiver:
    return Receiver()


def subscription():
    return {
        "changeType": "created,updated", "notificationUrl": "https://app.example/notices", "resource": "/me/mailFolders('inbox')/messages",
        "expirationDateTime": (now() + timedelta(minutes=4200)).isoformat(), "clientState": "secret",
    }  # fmt: skip


async def test_a_subscription_begins_with_a_handshake_and_tells_of_new_mail(outlook, web, beacon):
    made = await outlook.post("/subscriptions", json=subscription())
    check_graph("subscription", made.json())
    await web.post(f"/control/receive?to={KESSLER}", content=mail(to=KESSLER), headers={"Content-Type": "message/rfc822"})
    for _ in range(20):
        await asyncio.sleep(0)
    check_graph("changeNotificationCollection", json.loads(beacon.notices[0].content))
    assert made.status_code == 201


async def test_who_does_not_say_the_token_back_gets_no_subscription(outlook, beacon):
    beacon.polite = False
    refused = await outlook.post("/subscriptions", json=subscription())
    check_graph("odataError", refused.json())
    assert refused.status_code == 400
