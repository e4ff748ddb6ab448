"""Gmail's behaviour, every body checked against Google's discovery document."""

import pytest

from tests.contracts import check_gmail
from tests.sandbox.conftest import MIRIAM, google_allows, google_asks, google_token, mail, raw

pytestmark = pytest.mark.anyio


async def drafted(gmail, message, **more):
    body = {"message": {"raw": raw(message), **more}}
    answer = await gmail.post("/drafts", json=body)
    check_gmail("gmail.users.drafts.create", body, answer.json())
    return answer.json()["id"]


async def sent(gmail, message, **more):
    body = {"id": await drafted(gmail, message, **more)}
    answer = await gmail.post("/drafts/send", json=body)
    check_gmail("gmail.users.drafts.send", body, answer.json())
    return answer.json()


async def headers_of(gmail, identifier):
    found = (await gmail.get(f"/messages/{identifier}?format=metadata")).json()
    check_gmail("gmail.users.messages.get", None, found)
    return {header["name"]: header["value"] for header in found["payload"]["headers"]}


async def test_a_sent_draft_is_gone_and_its_message_has_another_id(gmail):
    draft = await drafted(gmail, mail())
    before = (await gmail.get(f"/drafts/{draft}")).json()
    check_gmail("gmail.users.drafts.get", None, before)
    message = (await gmail.post("/drafts/send", json={"id": draft})).json()
    assert message["id"] != before["message"]["id"]
    assert message["labelIds"] == ["SENT"]
    assert (await gmail.get(f"/drafts/{draft}")).status_code == 404


async def test_the_message_id_is_rewritten_and_own_headers_stay(gmail, letters):
    headers = await headers_of(gmail, (await sent(gmail, mail()))["id"])
    received = (await letters("anna@alpenblick.example"))[0]
    assert headers["Message-ID"] != "<own@nachfass.example>"
    assert headers["X-Nachfass-Send"] == "send-1"
    assert received["message_id"] == headers["Message-ID"]


async def test_a_blind_copy_arrives_and_nobody_else_sees_it(gmail, letters):
    await sent(gmail, mail(Bcc="tom@gipfel.example"))
    anna, tom = (await letters("anna@alpenblick.example"))[0], (await letters("tom@gipfel.example"))[0]
    assert "Bcc" not in dict(anna["headers"])
    assert "Bcc" not in dict(tom["headers"])


async def test_a_thread_is_joined_only_with_its_id_a_reference_and_the_same_subject(gmail):
    first = await sent(gmail, mail())
    reference = (await headers_of(gmail, first["id"]))["Message-ID"]
    joined = await sent(gmail, mail(subject="Re: Offer 2026", In_Reply_To=reference), threadId=first["threadId"])
    without_id = await sent(gmail, mail(subject="Re: Offer 2026", In_Reply_To=reference))
    without_reference = await sent(gmail, mail(subject="Re: Offer 2026"), threadId=first["threadId"])
    other_subject = await sent(gmail, mail(subject="Another", In_Reply_To=reference), threadId=first["threadId"])
    assert joined["threadId"] == first["threadId"]
    assert first["threadId"] not in {m["threadId"] for m in (without_id, without_reference, other_subject)}
    thread = (await gmail.get(f"/threads/{first['threadId']}")).json()
    check_gmail("gmail.users.threads.get", None, thread)
    assert len(thread["messages"]) == 2


async def test_an_answer_comes_into_the_thread(gmail, web):
    first = await sent(gmail, mail())
    await web.post("/control/people/anna@alpenblick.example/messages/latest/reply", json={"text": "Yes, please."})
    inbox = (await gmail.get("/messages", params={"q": "in:inbox"})).json()
    check_gmail("gmail.users.messages.list", None, inbox)
    assert [found["threadId"] for found in inbox["messages"]] == [first["threadId"]]


async def test_history_tells_every_step_in_pages_and_forgets(gmail, web):
    start = (await gmail.get("/profile")).json()
    check_gmail("gmail.users.getProfile", None, start)
    message = await sent(gmail, mail())
    seen, token = [], None
    while True:
        asked = {"startHistoryId": start["historyId"], "maxResults": 1, "historyTypes": ["messageAdded", "messageDeleted"]}
        page = (await gmail.get("/history", params=asked | ({"pageToken": token} if token else {}))).json()
        check_gmail("gmail.users.history.list", None, page)
        seen += page["history"]
        token = page.get("nextPageToken")
        if not token:
            break
    assert message["id"] in {e["message"]["id"] for record in seen for e in record.get("messagesAdded", [])}
    assert any("messagesDeleted" in record for record in seen)
    await web.post(f"/control/mailboxes/{MIRIAM}/forget")
    assert (await gmail.get("/history", params={"startHistoryId": start["historyId"]})).status_code == 404


async def test_a_thread_comes_back_to_the_inbox_through_an_inserted_note(gmail):
    first = await sent(gmail, mail())
    reference = (await headers_of(gmail, first["id"]))["Message-ID"]
    note = mail(to=MIRIAM, subject="Re: Offer 2026", In_Reply_To=reference)
    body = {"raw": raw(note), "threadId": first["threadId"], "labelIds": ["INBOX", "UNREAD"]}
    inserted = await gmail.post("/messages", json=body)
    check_gmail("gmail.users.messages.insert", body, inserted.json())
    assert inserted.json()["threadId"] == first["threadId"]
    assert (await headers_of(gmail, inserted.json()["id"]))["Message-ID"] == "<own@nachfass.example>"
    changed = await gmail.post(f"/threads/{first['threadId']}/modify", json={"addLabelIds": ["INBOX"]})
    check_gmail("gmail.users.threads.modify", {"addLabelIds": ["INBOX"]}, changed.json())
    trashed = await gmail.post(f"/messages/{inserted.json()['id']}/trash")
    check_gmail("gmail.users.messages.trash", None, trashed.json())
    assert "TRASH" in trashed.json()["labelIds"]


async def test_a_whole_message_is_readable_in_every_format(gmail):
    message = await sent(gmail, mail())
    for form in ("full", "metadata", "minimal", "raw"):
        found = (await gmail.get(f"/messages/{message['id']}", params={"format": form})).json()
        check_gmail("gmail.users.messages.get", None, found)
    some = (await gmail.get(f"/messages/{message['id']}", params={"format": "metadata", "metadataHeaders": ["X-Nachfass-Send"]})).json()
    assert some["payload"]["headers"] == [{"name": "X-Nachfass-Send", "value": "send-1"}]


async def test_search_finds_sent_mail_by_id_and_by_time(gmail):
    message = await sent(gmail, mail())
    found_id = (await headers_of(gmail, message["id"]))["Message-ID"]
    for query, expected in ((f"rfc822msgid:{found_id}", 1), ("in:sent after:1600000000", 1), ("in:sent after:4000000000", 0), ("in:inbox", 0)):
        answer = (await gmail.get("/messages", params={"q": query})).json()
        assert len(answer.get("messages", [])) == expected, query


async def test_mail_goes_up_as_it_is_and_with_its_thread(gmail, web, letters):
    headers = {"Authorization": gmail.headers["Authorization"]}
    upload = "/google/upload/gmail/v1/users/me/messages/send"
    plain = await web.post(upload + "?uploadType=media", content=mail(), headers=headers | {"Content-Type": "message/rfc822"})
    body = b'--b\r\nContent-Type: application/json\r\n\r\n{"threadId": "x"}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n'
    body += mail() + b"\r\n--b--\r\n"
    both = await web.post(upload + "?uploadType=multipart", content=body, headers=headers | {"Content-Type": "multipart/related; boundary=b"})
    assert (plain.status_code, both.status_code) == (200, 200)
    assert [found["html"].count("pixel.gif") for found in await letters("anna@alpenblick.example")] == [1, 1]


@pytest.mark.parametrize(
    ("path", "method"),
    [("/labels", "labels.list"), ("/settings/sendAs", "settings.sendAs.list"), ("/drafts", "drafts.list"), ("/threads", "threads.list"),
     ("/settings/vacation", "settings.getVacation"), ("/settings/autoForwarding", "settings.getAutoForwarding")],
)  # fmt: skip
async def test_what_else_can_be_read_fits_the_contract(gmail, path, method):
    await sent(gmail, mail())
    answer = await gmail.get(path)
    assert answer.status_code == 200
    check_gmail(f"gmail.users.{method}", None, answer.json())


async def test_a_watch_lasts_a_week(gmail):
    body = {"topicName": "projects/nachfass/topics/gmail", "labelIds": ["INBOX"]}
    answer = await gmail.post("/watch", json=body)
    check_gmail("gmail.users.watch", body, answer.json())


async def test_headers_alone_means_headers_alone(gmail, web):
    message = await sent(gmail, mail())
    asked = google_asks(scope="openid https://www.googleapis.com/auth/gmail.metadata")
    token = (await google_token(web, (await google_allows(web, asked))["code"])).json()["access_token"]
    gmail.headers["Authorization"] = f"Bearer {token}"
    assert (await gmail.get(f"/messages/{message['id']}?format=metadata")).status_code == 200
    assert (await gmail.get(f"/messages/{message['id']}?format=full")).status_code == 403
    assert (await gmail.get("/messages?q=in:sent")).status_code == 403
