"""Following up and stopping to ask, by hand in a browser, with the demo's fortnight."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_follow_up_stands_in_the_editor_and_is_undone(page: Page) -> None:
    page.goto("/digest")
    row = page.locator(".reminder.rung").first
    row.locator("summary", has_text="Follow up").click()
    row.get_by_role("button", name="A friendly question").click()

    page.wait_for_url(re.compile("/drafts/"))
    expect(page.locator("trix-editor")).to_contain_text(re.compile(r"I wrote to you \d+ days? ago about"))
    expect(page.locator("trix-editor")).not_to_contain_text("{")
    page.locator(".toast").get_by_role("button", name="Undo").click()

    page.wait_for_url(re.compile("/threads/"))
    page.goto("/drafts")
    expect(page.locator("main")).not_to_contain_text("Re: ")


def test_stop_asking_takes_the_row_away_and_undo_brings_it_back(page: Page) -> None:
    page.goto("/reminders?state=rung")
    rows = page.locator(".reminder.rung")
    number = rows.count()
    rows.last.get_by_role("button", name="Stop asking").click()

    expect(page.locator(".toast")).to_contain_text("any more. That settled")
    expect(rows).to_have_count(number - 1)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(rows).to_have_count(number)
