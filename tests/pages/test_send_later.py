"""Send later at a browser: what a choice means is shown before it is saved, and the page of scheduled mail does what it says."""

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_recurring_mail_shows_its_dates_before_it_is_scheduled_and_can_be_taken_back(page: Page) -> None:
    page.goto("/compose?to=anna.weber@alpenblick.example")
    page.locator("details.later > summary").click()
    expect(page.locator(".offer")).to_have_count(2)
    expect(page.locator(".offers")).to_contain_text("Anna Weber’s next working morning")
    page.get_by_label("Subject").fill("Every other Tuesday")

    page.locator("#later_words").fill("next tuesday 9:00")
    expect(page.locator("#later_words-means")).to_contain_text("09:00")
    page.get_by_label("Recurs").select_option("weekly")
    page.get_by_label("Every so many weeks").fill("2")
    expect(page.locator(".when-fields .dates li")).to_have_count(5)
    expect(page.locator(".when-fields .dates")).to_contain_text("every 2 weeks on Tuesday")

    page.get_by_role("button", name="Schedule", exact=True).click()
    expect(page.get_by_role("heading", name="Scheduled", exact=True)).to_be_visible()
    expect(page.locator(".scheduled", has_text="Every other Tuesday")).to_contain_text("every 2 weeks on Tuesday")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".scheduled", has_text="Every other Tuesday")).to_have_count(0)
    page.goto("/drafts")
    expect(page.get_by_role("link", name="Every other Tuesday")).to_be_visible()


def test_whoever_picks_a_time_by_hand_means_that_and_no_longer_the_words(page: Page) -> None:
    page.goto("/compose")
    page.locator("details.later > summary").click()
    words = page.locator("#later_words")
    words.fill("next tuesday 9:00")
    expect(page.locator("#later_at")).not_to_have_value("")
    page.locator("#later_at").fill("2027-03-17T10:30")
    expect(words).to_have_value("")
