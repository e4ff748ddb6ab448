"""Mails that no standard describes: what servers, programs and people write in words, in many languages; wordings of ours after theirs."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from app.threads.explaining import recognised
from app.threads.recognising.kinds import KINDS
from app.threads.recognising.verdict import Recognition

WORDED = Path(__file__).with_name("worded.jsonl")
FROM_US = {"To": "Miriam Kessler <miriam@brueckner.example>", "Date": "Mon, 9 Mar 2026 12:00:00 +0100", "Message-ID": "<x1@mx.example>"}
AS_TEXT = {"MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit"}


def found() -> list[tuple[dict[str, Any], Recognition]]:
    mails = [json.loads(line) for line in WORDED.read_text().splitlines()]
    return [(mail, recognised(raw(mail))) for mail in mails]


def raw(mail: dict[str, Any]) -> bytes:
    head = "\r\n".join(f"{name}: {value}" for name, value in (FROM_US | mail["headers"] | AS_TEXT).items())
    return f"{head}\r\n\r\n{mail['text']}".replace("\r\n", "\n").replace("\n", "\r\n").encode()


def test_each_is_known_for_what_it_is_with_its_code_and_the_day_of_return() -> None:
    mails = found()
    assert [(mail["kind"], one.kind, mail["text"][:200]) for mail, one in mails if one.kind != mail["kind"]] == []
    assert [(one.status, mail["text"][:200]) for mail, one in mails if "status" in mail and one.status not in mail["status"].split("|")] == []
    assert [(str(one.return_date), mail["text"]) for mail, one in mails if "back" in mail and str(one.return_date) != mail["back"]] == []


def test_every_kind_is_among_them_and_people_often() -> None:
    kinds = Counter(mail["kind"] for mail, _ in found())
    assert set(kinds) == set(KINDS)
    assert kinds["human_reply"] >= 70
