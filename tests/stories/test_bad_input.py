"""Bad input: whatever stands in a form, an address or a provider's answer, there is a sentence, never a fault of ours, and nothing is lost.

The forms come from the app's own pages and its route table, so that a new form is tried the day it is written.
"""

import base64
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode
from uuid import UUID

import httpx
import pytest

from app.browsing import FormsOf
from app.clock import new_id
from app.database import rows
from app.outbox.tables import Draft
from tests.people import PROVIDERS, Rep
from tests.stories.at_work import NAMED_THERE, Json, Miriam, People, at_work, said, send_id
from tests.stories.processes import served as served_alone
from tests.stories.test_nothing_leaks import PUBLIC, UNENDING, Case, cases, miriam, owned, served, visitor
from tests.visitor import Visitor
from tests.waiting import until

pytestmark = [pytest.mark.usefixtures("sandbox"), pytest.mark.timeout(300)]
__all__ = ["cases", "miriam", "owned", "served", "visitor"]

HOUSE = Path(__file__).parents[2]
OUR_FAULT = "Something went wrong on our side"
MEGABYTES, LONG = 5_000_000, 300_000
FORM = "application/x-www-form-urlencoded"
SCRIPT = "<script>alert('4711')</script>"
GARBAGE = {
    "empty": "",
    "blank": " \t\r\n ",
    "NUL": "Anna\x00Weber\x00@example.com",
    "emoji": "🦄👩‍👩‍👧‍👦 ﷽ ‮gnirtsa‬ Z̸̢͝a̷l͜g̛o",
    "script": SCRIPT,
    "header": "Anna\r\nBcc: everybody@example.com\r\n\r\nHello",
    "address": "@@,,<>;\"Anna' <a@b, c@>, a@-b.c., x@[127.0.0.1], " + "a" * 300 + "@example.com",
    "number": "-1e999",
    "digits": "9" * 4000,
    "date": "2026-13-45T99:99",
    "far": "9999-12-31T23:59:59",
    "unknown id": "01a20abd-0000-7000-8000-000000000000",
    "no id": "01a20abd-zzzz",
    "list": '["a", {"b": null}]',
    "percent": "%(name)s %s {0} {{ me }} %",
    "path": "../../../../etc/passwd",
    "elsewhere": "//evil.example/\\\\x",
}
MINUTES_PASS = "UPDATE dispatch SET sending_at = sending_at - interval '3 minutes', due_at = now() WHERE sent_at IS NULL"
"""So long a mail may be in transport at Microsoft, unseen, before it is sent again."""
QUERIES = ["after", "before", "contact", "day", "kind", "lang", "line", "mailbox", "next", "pattern", "q"]
QUERIES += ["sort", "state", "thread", "to", "was", "who"]


@dataclass(frozen=True)
class Answer:
    """What went wrong on our side."""

    method: str
    path: str
    with_what: str
    status: int

    @classmethod
    def of(cls, answer: httpx.Response, with_what: str) -> "Answer":
        return cls(answer.request.method, answer.request.url.path, with_what, answer.status_code)


def is_ours(answer: httpx.Response) -> bool:
    """A fault of ours, or a refusal without words."""
    if answer.status_code >= 500 or OUR_FAULT in answer.text:
        return True
    return answer.status_code >= 400 and not re.search(r"\w+ \w+ \w+", said(answer.text))


def writes(cases: list[Case]) -> list[Case]:
    return [case for case in cases if case.method not in ("GET", "HEAD")]


def names_in_templates() -> list[str]:
    """Every name that a field has anywhere in the house."""
    found = (re.findall(r'\bname="([a-z_]+)"', path.read_text("utf-8")) for path in (HOUSE / "templates").rglob("*.html"))
    return sorted({name for names in found for name in names})


def filled(case: Case, owned: dict[str, UUID], token: str = "nonsense") -> str:
    return re.sub(r"\{(\w+):(?:str|path)\}", token, case.filled({**dict.fromkeys(case.parameters, new_id()), **owned}))


async def fields_of(visitor: Visitor, cases: list[Case], owned: dict[str, UUID]) -> dict[str, set[str]]:
    """The fields that each form really has, by where it is sent to."""
    found: dict[str, set[str]] = defaultdict(set)
    for case in cases:
        if case.method == "GET" and case.path not in UNENDING and not case.path.startswith("/static"):
            path = filled(case, owned)
            text = (await visitor.get(path)).text
            for form in FormsOf(text).forms:
                names = {name for name, _ in [*form.fields, *form.buttons] if name and name != "_csrf_token"}
                for action in (form.action or path, *(re.findall(r'formaction="([^"]+)"', text) if form.id == "compose" else [])):
                    found[action.partition("?")[0]] |= names
    return found


async def post_raw(visitor: Visitor, method: str, path: str, body: bytes, kind: str = FORM, **headers: str) -> httpx.Response:
    """A body as nobody's browser would send it; the CSRF token travels in the header."""
    if "csrf" not in visitor.client.cookies:
        await visitor.client.get("/health")
    told = {"content-type": kind, "x-csrftoken": visitor.client.cookies.get("csrf") or "", **headers}
    return await visitor.client.request(method, path, content=body, headers=told)


async def test_no_field_of_any_form_takes_garbage_for_an_error_of_ours(
    visitor: Visitor, cases: list[Case], owned: dict[str, UUID], miriam: Rep
) -> None:
    names, faults = names_in_templates(), []
    for case in writes(cases):
        for what, garbage in GARBAGE.items():
            await visitor.signed_in_as(miriam)
            body = urlencode(dict.fromkeys(names, garbage)).encode()
            ways = ({}, {"hx-request": "true"}) if what in ("empty", "emoji", "date") else ({},)
            answers = [await post_raw(visitor, case.method, filled(case, owned), body, **asks) for asks in ways]
            faults += [Answer.of(answer, what) for answer in answers if is_ours(answer)]

    assert faults == []


async def test_no_form_takes_five_megabytes_and_no_field_of_it_a_third_of_one_for_an_error_of_ours(
    visitor: Visitor, cases: list[Case], owned: dict[str, UUID], miriam: Rep
) -> None:
    await visitor.signed_in_as(miriam)
    faults, fields = [], await fields_of(visitor, cases, owned)
    for case in writes(cases):
        path = filled(case, owned)
        names = sorted(fields[path])
        for name, length in [(name, LONG) for name in names] + [(name, MEGABYTES) for name in names[-1:]]:
            await visitor.signed_in_as(miriam)
            others = urlencode(dict.fromkeys(fields[path] - {name}, "x"))
            answer = await post_raw(visitor, case.method, path, f"{others}&{name}={'a' * length}".encode())
            faults += [Answer.of(answer, f"{length} of {name}")] if is_ours(answer) else []

    assert faults == []
    assert len(fields) >= 15


async def test_no_body_that_is_no_form_is_an_error_of_ours(visitor: Visitor, cases: list[Case], owned: dict[str, UUID], miriam: Rep) -> None:
    faults = []
    for case in writes(cases):
        for what, kind, body in bodies():
            await visitor.signed_in_as(miriam)
            answer = await post_raw(visitor, case.method, filled(case, owned), body, kind)
            faults += [Answer.of(answer, what)] if is_ours(answer) else []

    assert faults == []


def bodies() -> Iterator[tuple[str, str, bytes]]:
    yield "nothing at all", FORM, b""
    yield "octets that are no text", FORM, b"\xff\xfe=\xc3\x28&name=\xff%ff%zz%&&=&=="
    yield "JSON", "application/json", b'{"name": ["Anna"], "to": {"a": 1}}'
    yield "broken JSON", "application/json", b'{"name": '
    yield "a form in parts without a boundary", "multipart/form-data", b"--x\r\n\r\n--x--"
    yield "a form in parts that breaks off", "multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nAnn'
    yield "a file where words are expected", "multipart/form-data; boundary=x", (
        b"".join(b'--x\r\nContent-Disposition: form-data; name="%s"; filename="\x01.exe"\r\nContent-Type: x\r\n\r\nMZ\r\n' % name for name in (
            b"name", b"to", b"subject", b"email", b"password", b"html", b"pattern", b"until", b"when", b"address", b"mailbox", b"files"
        )) + b"--x--\r\n"
    )  # fmt: skip
    yield "no kind", "", b"name=Anna"
    yield "a kind that is none", "text/;;=\"", b"name=Anna"


async def test_no_address_or_filter_takes_garbage_for_an_error_of_ours(
    visitor: Visitor, cases: list[Case], owned: dict[str, UUID], miriam: Rep
) -> None:
    await visitor.signed_in_as(miriam)
    faults = []
    for case in cases:
        if case.method != "GET" or case.path in UNENDING or case.path.startswith(("/metrics", "/static")):
            continue
        for what, garbage in GARBAGE.items():
            answer = await visitor.get(f"{filled(case, owned, quote_plus(garbage[:500]) or 'x')}?{urlencode(dict.fromkeys(QUERIES, garbage[:400]))}")
            faults += [Answer.of(answer, what)] if is_ours(answer) else []

    assert faults == []


async def test_after_garbage_everywhere_every_page_opens_and_nothing_of_it_runs(
    visitor: Visitor, cases: list[Case], owned: dict[str, UUID], miriam: Rep
) -> None:
    names = names_in_templates()
    for case in writes(cases):
        for what in ("script", "NUL", "emoji", "percent"):
            await visitor.signed_in_as(miriam)
            await post_raw(visitor, case.method, filled(case, owned), urlencode(dict.fromkeys(names, GARBAGE[what])).encode())
    await visitor.signed_in_as(miriam)
    broken = []
    for case in cases:
        if case.method == "GET" and case.path not in (*PUBLIC, *UNENDING):
            answer = await visitor.get(filled(case, owned))
            broken += [Answer.of(answer, "")] if is_ours(answer) or SCRIPT in answer.text else []

    assert broken == []


async def test_what_was_typed_beside_a_wrong_address_is_kept(visitor: Visitor, owned: dict[str, UUID], miriam: Rep) -> None:
    await visitor.signed_in_as(miriam)
    typed = {"to": "anna@alpenblick.example, henrik@@nordsee", "subject": "Zwölf 🦄", "html": "<div>Every word counts.</div>", "reminds": "1w"}

    answer = await visitor.post(f"/drafts/{owned['draft_id']}/dispatch", {**typed, "mailbox": str(owned["mailbox_id"])})

    assert answer.status_code == 422
    assert "henrik@@nordsee" in unescape(answer.text)
    draft = await Draft.objects().where(Draft.id == owned["draft_id"]).output(load_json=True).first()
    assert draft is not None
    assert (draft.subject, draft.reminds) == ("Zwölf 🦄", "1w")
    assert draft.queued_at is None
    assert "Every word counts." in draft.html
    people: Any = draft.to
    assert {one["address"] for one in people} >= {"anna@alpenblick.example"}


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_what_a_provider_answers_amiss_is_told_and_costs_no_mail(database: None, sandbox: str, tmp_path: Path, provider: str) -> None:
    async with served_alone("all", tmp_path) as house:
        async with at_work(house.base, sandbox) as (rep, people):
            await rep.begins()
            await connects_at_the_third_try(rep, provider)
            await sends_although_answers_are_lost(rep, people)
            await reads_on_behind_monsters(rep, people)
        assert house.faults() == []


async def breaks(rep: Miriam, kind: str, path: str, count: int = 1) -> None:
    asked = {"kind": kind, "provider": NAMED_THERE[rep.provider], "path": path, "count": count}
    (await rep.sandbox.post("/control/faults", json=asked)).raise_for_status()


async def connects_at_the_third_try(rep: Miriam, provider: str) -> None:
    """An HTML page and an empty answer where tokens were expected: each time a sentence, and a button to try again."""
    rep.provider = provider
    for kind in ("500", "empty"):
        await breaks(rep, kind, "/token$")
        with pytest.raises(Exception, match="502"):
            await rep.connects(provider)
        assert "connected" not in said((await rep.browser.open("/mailboxes")).html).replace("No mailbox is connected", "")
    await mended(rep)
    assert f"{rep.address} is connected." in said((await rep.connects(provider)).html)


async def has_struck(rep: Miriam) -> bool:
    """Every fault is spent, and what was sent is waiting, or through."""
    faults = (await rep.sandbox.get("/control/faults")).json()["faults"]
    held = await rows("SELECT id FROM dispatch WHERE claimed_at IS NOT NULL")
    return not held and all(fault["count"] == 0 for fault in faults)


async def mended(rep: Miriam) -> None:
    (await rep.sandbox.delete("/control/faults")).raise_for_status()


async def sends_although_answers_are_lost(rep: Miriam, people: People) -> None:
    """A page instead of JSON, no body, no answer at all after the work was done: one mail in Sent, one with Anna."""
    for kind, path in (("500", "POST .*(drafts|messages)"), ("503", "POST .*send"), ("empty", "POST .*send"), ("drop-after", "POST .*send")):
        await breaks(rep, kind, path)
        await rep.sends("anna@alpenblick.example", f"Through {kind}", "<div>Hello</div>")
        await until(lambda: has_struck(rep), f"{kind} has struck")
        await rows(MINUTES_PASS)
        await people.got("anna@alpenblick.example", f"Through {kind}")
        await rep.sees("/", f"You sent Through {kind}")
    sent, got = await people.folder(rep.address, "sent"), await people.inbox("anna@alpenblick.example")
    assert sorted(map(send_id, sent)) == sorted(map(send_id, got))
    assert len({send_id(mail) for mail in got}) == len(got) == 4


async def reads_on_behind_monsters(rep: Miriam, people: People) -> None:
    """A header of 5 MB, octets that are no mail, a mail without anything: what comes behind them is still read."""
    await rep.sends("henrik@nordsee.example", "Before the monsters", "<div>Hello</div>")
    mail = await people.got("henrik@nordsee.example", "Before the monsters")
    await rep.sees(await rep.thread_of("Before the monsters"), "seen in Sent")
    answer = answer_to(mail, rep.address)
    for raw, padding in ((answer, MEGABYTES), (bytes(range(256)) * 200, 0), (b"", 0), (b"From: \xff\xfe\r\nSubject: =?x?q?=\r\n\r\n\x00", 0)):
        asked = {"to": rep.address, "raw": base64.b64encode(raw).decode(), "padding": padding}
        (await rep.sandbox.post("/control/receive", json=asked)).raise_for_status()
    await rep.sees("/", "replied to Before the monsters", "Padded, but meant.", reading=True)
    await people.act("henrik@nordsee.example", mail, "reply", text="And once more.")
    await rep.sees("/", "And once more.", reading=True)
    assert (await rows("SELECT count(*) AS broken FROM mailbox WHERE broken_at IS NOT NULL"))[0]["broken"] == 0


def answer_to(mail: Json, address: str) -> bytes:
    head = f"From: Henrik <henrik@nordsee.example>\r\nTo: {address}\r\nSubject: Re: {mail['subject']}\r\nMessage-ID: <padded@nordsee.example>\r\n"
    return f"{head}In-Reply-To: {mail['message_id']}\r\nDate: Tue, 24 Nov 2026 09:00:00 +0100\r\n\r\nPadded, but meant.\r\n".encode()
