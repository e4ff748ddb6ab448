"""The people who get mail: what they do reaches the tracker and the sender as from real devices."""

import base64
import email

import pytest

from app.clock import now
from tests.sandbox.conftest import MIRIAM, mail, raw

ANNA = "anna@alpenblick.example"

pytestmark = pytest.mark.anyio


@pytest.fixture
async def anna(gmail, web):
    """Anna has got an offer."""
    await gmail.post("/messages/send", json={"raw": raw(mail(Disposition_Notification_To=MIRIAM))})

    async def act(what, **asked):
        answer = await web.post(f"/control/people/{ANNA}/messages/latest/{what}", json=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return act


@pytest.mark.parametrize(
    ("device", "agent", "network"),
    [("iphone", "iPhone", "80.187."), ("gmail", "GoogleImageProxy", "66.249.93.84"), ("outlook", "Microsoft Outlook", "91."),
     ("apple-privacy", "Mozilla/5.0", "172.224.")],
)  # fmt: skip
async def test_an_open_loads_the_pixel_as_that_device(anna, beacon, device, agent, network):
    done = await anna("open", **{"as": device})
    asked = beacon.asked[0]
    assert [visit["status"] for visit in done["visited"]] == [200]
    assert str(asked.url) == "https://t.example/o/pixel.gif"
    assert agent in asked.headers["User-Agent"]
    assert asked.headers["X-Forwarded-For"].startswith(network)


async def test_a_click_goes_as_far_as_the_link_leads(anna, beacon):
    done = await anna("click", **{"as": "chrome", "link": 0})
    assert done["visited"] == [{"url": "https://t.example/c/link1", "status": 302, "location": "https://brueckner.example/offer"}]
    assert "Windows NT 10.0" in beacon.asked[0].headers["User-Agent"]


async def test_a_scanner_touches_everything_at_once_from_microsofts_networks(anna, beacon):
    await anna("scan")
    networks = {asked.headers["X-Forwarded-For"].rpartition(".")[0][:6] for asked in beacon.asked}
    assert {str(asked.url) for asked in beacon.asked} == {"https://t.example/o/pixel.gif", "https://t.example/c/link1"}
    assert networks == {"40.94.", "40.107"}


async def last_in_inbox(web):
    found = (await web.get(f"/control/mailboxes/{MIRIAM}/messages?folder=inbox")).json()["messages"]
    return found[-1]


async def test_a_reply_answers_the_message_id_that_was_sent(anna, web):
    await anna("reply", text="Yes, please.")
    answer, sent = await last_in_inbox(web), (await web.get(f"/control/mailboxes/{MIRIAM}/messages?folder=sent")).json()["messages"][0]
    assert dict(answer["headers"])["In-Reply-To"] == sent["message_id"]
    assert answer["subject"] == "Re: Offer 2026"
    assert answer["text"].startswith("Yes, please.")


async def test_out_of_office_is_an_automatic_answer_with_the_day(anna, web):
    await anna("out-of-office", until="9 March 2026")
    answer = await last_in_inbox(web)
    assert dict(answer["headers"])["Auto-Submitted"] == "auto-replied"
    assert "until 9 March 2026" in answer["text"]


async def test_a_forward_carries_the_pixel_to_somebody_else(anna, web, beacon):
    await anna("forward", to="tom@gipfel.example")
    await web.post("/control/people/tom@gipfel.example/messages/latest/open", json={"as": "iphone"})
    assert [str(asked.url) for asked in beacon.asked] == ["https://t.example/o/pixel.gif"]


async def test_a_read_receipt_names_the_mail_it_is_about(anna, gmail, web):
    await anna("receipt")
    answer = await last_in_inbox(web)
    found = (await gmail.get(f"/messages/{answer['id']}?format=raw")).json()["raw"]
    report = email.message_from_bytes(base64.urlsafe_b64decode(found))
    sent = (await web.get(f"/control/mailboxes/{MIRIAM}/messages?folder=sent")).json()["messages"][0]
    about = report.get_payload()[1].get_payload()[0]
    assert (report.get_content_type(), report.get_param("report-type")) == ("multipart/report", "disposition-notification")
    assert about["Original-Message-ID"] == sent["message_id"]


async def test_an_unknown_address_bounces_with_a_proper_report(gmail, web):
    await gmail.post("/messages/send", json={"raw": raw(mail(to="nobody@alpenblick.example"))})
    answer = await last_in_inbox(web)
    found = (await gmail.get(f"/messages/{answer['id']}?format=raw")).json()["raw"]
    report = email.message_from_bytes(base64.urlsafe_b64decode(found))
    recipient = report.get_payload()[1].get_payload()[1]
    sent = (await web.get(f"/control/mailboxes/{MIRIAM}/messages?folder=sent")).json()["messages"][0]
    assert report.get_param("report-type") == "delivery-status"
    assert (recipient["Action"], recipient["Status"]) == ("failed", "5.1.1")
    assert sent["message_id"] in str(report.get_payload()[2])


async def test_the_page_shows_a_mail_without_opening_it(anna, web, beacon):
    listed = await web.get(f"/inbox/{ANNA}")
    identifier = (await web.get(f"/control/people/{ANNA}/messages")).json()["messages"][0]["id"]
    page = await web.get(f"/inbox/{ANNA}/{identifier}")
    assert "Offer 2026" in listed.text
    assert "<img" not in page.text
    assert "https://t.example/c/link1" in page.text
    assert beacon.asked == []


async def test_a_button_on_the_page_opens_the_mail(anna, web, beacon):
    identifier = (await web.get(f"/control/people/{ANNA}/messages")).json()["messages"][0]["id"]
    pressed = await web.post(f"/inbox/{ANNA}/{identifier}/open", data={"as": "iphone"})
    assert pressed.status_code == 303
    assert "pixel.gif" in (await web.get(pressed.headers["location"])).text
    assert len(beacon.asked) == 1


async def test_broken_mail_and_huge_headers_are_delivered_as_they_are(gmail, web):
    broken = b"From: =?x?q?=\r\nSubject: \xff\xfe\r\nContent-Type: multipart/mixed; boundary=\r\n\r\nnot a part"
    body = {"to": MIRIAM, "raw": base64.b64encode(broken).decode(), "padding": 5_000_000}
    identifier = (await web.post("/control/receive", json=body)).json()["id"]
    for form in ("full", "metadata", "raw", "minimal"):
        found = await gmail.get(f"/messages/{identifier}", params={"format": form})
        assert found.status_code == 200
    assert found.json()["sizeEstimate"] > 5_000_000
    assert (await web.get(f"/inbox/{MIRIAM}/{identifier}")).status_code == 200


async def test_history_from_before_can_be_seeded(gmail, web):
    at = now().replace(year=2025, microsecond=0)
    seeded = {"folder": "sent", "to": [ANNA], "subject": "Earlier", "text": "Hello", "date": at.isoformat(), "headers": {"X-Old": "yes"}}
    identifier = (await web.post(f"/control/mailboxes/{MIRIAM}/messages", json=seeded)).json()["id"]
    found = (await gmail.get(f"/messages/{identifier}")).json()
    assert found["internalDate"] == str(int(at.timestamp() * 1000))
    assert {"name": "X-Old", "value": "yes"} in found["payload"]["headers"]
    assert (await web.get(f"/control/people/{ANNA}/messages")).json()["messages"] == []


@pytest.mark.parametrize(("what", "says"), [("receipt", "displayed"), ("decline", "denied")])
async def test_a_person_confirms_reading_or_declines_to(anna, gmail, web, what, says):
    await anna(what)
    found = (await gmail.get(f"/messages/{(await last_in_inbox(web))['id']}?format=raw")).json()["raw"]
    report = email.message_from_bytes(base64.urlsafe_b64decode(found))
    assert report.get_payload()[1].get_payload()[0]["Disposition"].endswith(f"; {says}")


@pytest.mark.parametrize(("what", "action"), [("delivered", "delivered"), ("returned", "failed"), ("unknown", "failed"), ("delayed", "delayed")])
async def test_their_server_confirms_a_delivery_keeps_the_mail_or_returns_it(anna, gmail, web, what, action):
    await anna(what)
    found = (await gmail.get(f"/messages/{(await last_in_inbox(web))['id']}?format=raw")).json()["raw"]
    report = email.message_from_bytes(base64.urlsafe_b64decode(found))
    assert report.get_payload()[1].get_payload()[1]["Action"] == action


@pytest.mark.parametrize(
    ("what", "header", "value"),
    [
        ("complaint", "Content-Type", 'multipart/report; report-type="feedback-report"'),
        ("challenge", "Auto-Submitted", "auto-replied"),
        ("list", "Precedence", "list"),
        ("notice", "Auto-Submitted", "auto-generated"),
    ],
)
async def test_other_machines_write_about_it_too(anna, gmail, web, what, header, value):
    await anna(what)
    found = (await gmail.get(f"/messages/{(await last_in_inbox(web))['id']}?format=raw")).json()["raw"]
    assert email.message_from_bytes(base64.urlsafe_b64decode(found))[header].startswith(value)
