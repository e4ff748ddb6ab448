"""Every condition of a reminder by hand: chosen in compose, acted on in the sandbox, and read on the page of reminders. On both providers."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from playwright.sync_api import Page, expect

from app.embedded import postgresql
from tests.pages.conftest import House
from tests.pages.test_main_job import AS_A_PERSON, BRANDS, Brand, connect, write

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

EARLIER = "UPDATE message SET at = at - make_interval(mins => $1) WHERE subject LIKE $2"
SOONER = "UPDATE reminder SET due_at = due_at - make_interval(mins => $1) WHERE message IN (SELECT id FROM message WHERE subject LIKE $2)"
PATIENCE = 60
Act = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """What Miriam chooses, what they do, and what she reads when it is due, under which state."""

    who: str
    condition: str
    acts: Sequence[Act]
    state: str
    says: str

    def address(self, brand: Brand) -> str:
        """Somebody else for each provider: what one stops asking for is a contact."""
        return f"{self.who.lower()}@{self.who.lower()}-{brand.name.lower()}.example"


CASES = [
    Case("Jonas", "no_reply", [("reply", {"text": "Thank you, we take it."})], "settled", "replied."),
    Case("Lena", "not_opened", [], "rung", "It was due, and nobody had opened it."),
    Case("Paul", "opened_no_reply", [("open", {"as": "iphone"})], "rung", "and nobody had replied."),
    Case("Rosa", "clicked_no_reply", [("click", {"as": "iphone", "link": 0})], "rung", "A link in it was followed"),
    Case("Theo", "not_clicked", [("open", {"as": "mac"})], "rung", "It was due, and nobody had followed a link in it."),
    Case("Zoe", "regardless", [("reply", {"text": "On Thursday, please."})], "rung", "and you wanted to be reminded in any case."),
]


@pytest.mark.parametrize("brand", BRANDS, ids=lambda brand: brand.name)
def test_every_condition_is_chosen_and_keeps_its_word(page: Page, house: House, brand: Brand) -> None:
    connect(page, brand)
    for case in CASES:
        sends(page, brand, case)

    page.wait_for_timeout(AS_A_PERSON)
    time_passes(house, EARLIER, 2, brand)
    for case in CASES:
        for what, asked in case.acts:
            act(house, case, brand, what, asked)
    for case in [case for case in CASES if case.acts]:
        sees(page, "/", subject_of(case, brand), {"reply": "replied", "open": "opened", "click": "clicked"}[case.acts[0][0]])

    time_passes(house, SOONER, 90, brand)
    for case in CASES:
        sees(page, f"/reminders?state={case.state}", subject_of(case, brand), case.says)


def sends(page: Page, brand: Brand, case: Case) -> None:
    write(page, brand, subject_of(case, brand), f"{case.who} Werke <{case.address(brand)}>")
    page.locator("#reminds").select_option("1h")
    page.locator("#reminds_if").select_option(case.condition)
    page.locator("#send").click()
    expect(page.locator(".outgoing", has_text=subject_of(case, brand))).to_contain_text("Sent", timeout=20_000)


def subject_of(case: Case, brand: Brand) -> str:
    return f"Angebot für {case.who} über {brand.name}"


def act(house: House, case: Case, brand: Brand, what: str, asked: dict[str, Any]) -> None:
    """They do something with the mail, in the sandbox."""
    there = f"{house.sandbox}/control/people/{case.address(brand)}/messages"
    mail = next(one for one in httpx.get(there).json()["messages"] if one["subject"] == subject_of(case, brand))
    httpx.post(f"{there}/{mail['id']}/{what}", json=asked, timeout=30).raise_for_status()


def sees(page: Page, path: str, subject: str, words: str) -> None:
    """Read the page again until it says so of that mail."""
    until = time.monotonic() + PATIENCE
    row = page.locator("main li", has_text=subject).filter(has_text=words)
    while True:
        page.goto(path)
        if row.count() or time.monotonic() > until:
            break
        page.wait_for_timeout(1_000)
    expect(row.first).to_be_attached()


def time_passes(house: House, statement: str, minutes: int, brand: Brand) -> None:
    """As if it were later, for this test's mails only; in a thread of its own, since Playwright keeps the loop of this one."""
    with ThreadPoolExecutor(1) as other:
        other.submit(lambda: asyncio.run(changed(house.folder, statement, minutes, f"Angebot für % über {brand.name}"))).result()


async def changed(folder: Path, statement: str, *values: object) -> None:
    with postgresql(folder / "postgresql") as address:
        connection = await asyncpg.connect(address)
        await connection.execute(statement, *values)
        await connection.close()
