"""The browser without a screen sends what a browser would send, and hears what a page would hear."""

from collections.abc import AsyncIterator
from email import message_from_bytes, policy

import pytest

from app.browsing import Astray, Page, events, stream_of
from app.correspondents import Received, answer_to, numbers, visited

COMPOSE = """<form id="compose" action="/drafts/1" method="post" enctype="multipart/form-data">
<input type="hidden" name="_csrf" value="token"><input name="subject" value="Offer &amp; terms"><textarea name="html">
Dear Anna</textarea><input type="checkbox" name="logs" checked><input type="checkbox" name="tracks_opens"><input type="file" name="files">
<input name="href" disabled><select name="mailbox"><option value="a">Gmail</option><option value="b" selected>Outlook · m@b.example</option></select>
<button formaction="/drafts/1/dispatch">Send</button></form>
<input type="checkbox" name="tracks_clicks" form="compose" checked><select name="reminds" form="compose"><option value="">never</option></select>"""


def page(html: str) -> Page:
    return Page("http://localhost/compose", 200, html)


def test_a_form_is_sent_with_what_stands_in_it_and_in_fields_elsewhere() -> None:
    form = page(COMPOSE).form(lambda form: form.id == "compose", "to compose")

    sent = dict(form.filled())

    assert sent == {
        "_csrf": "token", "subject": "Offer & terms", "html": "Dear Anna", "logs": "on", "mailbox": "b", "tracks_clicks": "on", "reminds": "",
    }  # fmt: skip
    assert form.encoding == "multipart/form-data"


def test_what_is_filled_in_takes_the_place_of_what_stood_there() -> None:
    form = page(COMPOSE).form(lambda form: form.id == "compose", "to compose")

    sent = form.filled(subject="Offer 2026", logs=None, to=["anna@alpenblick.example", "tom@hartley.example"])

    assert ("subject", "Offer 2026") in sent
    assert "logs" not in dict(sent)
    assert [value for name, value in sent if name == "to"] == ["anna@alpenblick.example", "tom@hartley.example"]


def test_choices_are_known_by_their_words() -> None:
    assert ("b", "Outlook · m@b.example") in page(COMPOSE).options()


def test_a_form_that_is_missing_is_told_with_what_the_page_says_instead() -> None:
    with pytest.raises(Astray, match="Nothing here"):
        page("<main><h1>Nothing here</h1></main>").form_to("/sign-in")


def test_the_stream_of_a_page_is_found_in_it() -> None:
    assert stream_of(page('<span hx-sse:connect="/feed/stream?after=1&amp;day=2">')) == "/feed/stream?after=1&day=2"


async def test_events_come_with_name_and_data_and_comments_are_left_out() -> None:
    async def lines() -> AsyncIterator[str]:
        for line in [": here", "", "id: 7", "data: <li>Anna", "data: opened</li>", "", "id: 8", "event: reload", "data: ", ""]:
            yield line

    assert [one async for one in events(lines())] == [("", "<li>Anna\nopened</li>"), ("reload", "")]


def test_an_answer_names_the_mail_it_answers() -> None:
    mime = b"From: Miriam <miriam@brueckner.example>\r\nMessage-ID: <1@brueckner.example>\r\nSubject: Canary\r\n\r\nHello"

    letter = message_from_bytes(answer_to(Received("1", "Canary", mime), "anna@alpenblick.example").as_bytes(), policy=policy.SMTP)

    assert letter["To"] == "Miriam <miriam@brueckner.example>"
    assert letter["In-Reply-To"] == letter["References"] == "<1@brueckner.example>"


def test_a_picture_that_was_not_there_or_not_answered_is_told() -> None:
    with pytest.raises(Astray, match="no picture"):
        visited({"visited": []}, "picture")
    with pytest.raises(Astray, match="500"):
        visited({"visited": [{"status": 500}]}, "link")


def test_numbers_of_an_imap_answer() -> None:
    assert numbers([b"3 7 12"]) == ["3", "7", "12"]
    assert numbers([None]) == []
