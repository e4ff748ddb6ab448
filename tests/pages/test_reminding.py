"""Asking for a reminder from a row of the feed, by hand and by keyboard, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_r_asks_for_a_reminder_of_the_row_one_is_on_and_of_the_thread_one_reads(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("j")
    page.keyboard.press("r")
    menu = page.locator(".row-menu[open]")
    condition = menu.get_by_label("Remind me")
    expect(condition).to_be_focused()
    condition.select_option("regardless")
    menu.get_by_label("or in words").fill("in 2 weeks")
    expect(menu.locator(".means")).to_contain_text(re.compile(r"\d{4}, \d\d:\d\d"))
    menu.get_by_role("button", name="Remind me").click()
    expect(page.locator("[data-toast]")).to_contain_text("in any case.")
    expect(page.locator(".row-menu[open]")).to_have_count(0)

    page.locator(".event .what").first.click()
    reminder = page.locator("#thread-reminders")
    expect(reminder).to_contain_text("Rings in any case.")
    page.keyboard.press("r")
    expect(reminder.get_by_label("Remind me", exact=True)).to_be_focused()
    reminder.get_by_text("Its story").click()
    reminder.get_by_role("link", name="All that was looked at").click()
    expect(page.get_by_role("heading", name="What became of it")).to_be_visible()
    expect(page.locator(".story li").first).to_be_visible()
