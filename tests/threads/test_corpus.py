"""How often the rules are right on labelled mails that nobody wrote for them."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from app.threads.explaining import recognised
from app.threads.recognising.kinds import BOUNCE_HARD, BOUNCES, COMPLAINT, HUMAN_REPLY, RECEIPTS

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "mail"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="The labelled mails are not beside this checkout.")


class Judged(NamedTuple):
    """A mail's label and what the rules say; an empty label is not scored."""

    file: str
    kind: str
    statuses: list[str]
    original: str
    found: str
    status: str
    named: str


@cache
def judged() -> list[Judged]:
    rows = [line.split("\t") for line in (CORPUS / "expected.tsv").read_text().splitlines()[1:]]
    return [one(*row[:4]) for row in rows]


def one(file: str, kind: str, status: str, original: str) -> Judged:
    found = recognised((CORPUS / file).read_bytes())
    return Judged(file, kind, [code for code in status.split("|") if code], bare(original), found.kind, found.status, bare(found.original_message_id))


def bare(message_id: str) -> str:
    return message_id.strip("<> ").lower()


def share(right: list[bool]) -> float:
    return sum(right) / len(right)


def test_the_kind_is_right() -> None:
    assert share([one.kind == one.found for one in judged()]) >= 0.97


def test_a_person_is_a_person_and_nothing_else_is() -> None:
    assert share([one.found == HUMAN_REPLY for one in judged() if one.kind == HUMAN_REPLY]) >= 0.995
    assert share([one.kind == HUMAN_REPLY for one in judged() if one.found == HUMAN_REPLY]) >= 0.99


def test_bounces_are_found_and_told_apart() -> None:
    bounces = [one for one in judged() if one.kind in BOUNCES]
    found = [one for one in bounces if one.found in BOUNCES]
    assert len(found) / len(bounces) >= 0.995
    assert share([one.kind == one.found for one in found]) >= 0.96
    assert share([one.found == BOUNCE_HARD != one.kind for one in judged()]) <= 0.008


def test_receipts_complaints_and_automatic_answers_are_found() -> None:
    assert share([one.kind == one.found for one in judged() if one.kind in (*RECEIPTS, COMPLAINT)]) >= 0.98
    assert share([one.kind == one.found for one in judged() if one.kind == "auto_reply"]) >= 0.92


def test_the_status_is_exact() -> None:
    assert share([one.status in one.statuses for one in judged() if one.statuses]) >= 0.95


def test_the_original_is_named_and_never_another() -> None:
    known = [one for one in judged() if one.original]
    assert share([one.named == one.original for one in known]) >= 0.98
    assert [one.file for one in known if one.named not in ("", one.original)] == []
