"""Every page, wide and on a phone, light and dark: nothing sticks out, nothing complains, nobody is shut out (axe-core, WCAG A and AA)."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.pages.conftest import SIZES, House

pytestmark = pytest.mark.browser

PAGES = {
    "feed": "/",
    "feed by people": "/?who=people",
    "reminders": "/reminders",
    "settled reminders": "/reminders?state=settled",
    "the morning": "/digest",
    "contacts": "/contacts",
    "new contact": "/contacts/new",
    "never log": "/never-log",
    "mailboxes": "/mailboxes",
    "compose": "/compose",
    "drafts": "/drafts",
    "scheduled": "/later",
    "profile": "/settings",
    "writing": "/settings/writing",
    "working time": "/settings/working",
    "following up": "/settings/following-up",
    "password": "/settings/password",
    "notifications": "/settings/notifications",
    "muted threads": "/settings/muted",
    "devices": "/settings/sessions",
    "people": "/settings/people",
    "workspace": "/settings/workspace",
}
"""Pages with an address of their own; the ones that need something to show are followed from these."""

FOLLOWED = {
    "a thread": ("/", ".event .what"),
    "a contact": ("/contacts", ".table.contacts a"),
    "the story of a reminder": ("/", "a.because"),
    "a reply": ("/reminders", ".reminder.rung a.button"),
}
LIGHTS = [("wide", "light"), ("phone", "dark")]
OTHER = {"light": "dark", "dark": "light"}
SERIOUS = {"serious", "critical"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.mark.parametrize(("size", "theme"), LIGHTS, ids=["-".join(light) for light in LIGHTS])
@pytest.mark.parametrize("name", [*PAGES, *FOLLOWED])
def test_every_page_fits_and_shuts_nobody_out(context: BrowserContext, name: str, size: str, theme: str) -> None:
    page = context.new_page()
    page.set_viewport_size(SIZES[size])
    page.emulate_media(color_scheme=theme)
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("response", lambda response: complaints.append(f"{response.status} {response.url}") if response.status >= 400 else None)
    go(page, name)

    found = [*complaints, *sticking_out(page), *shut_out(page)]  # in this order: axe reads the style sheets anew, as the page's policy refuses
    page.emulate_media(color_scheme=OTHER[theme])
    found += sticking_out(page)

    assert found == []


@pytest.mark.parametrize(("size", "theme"), LIGHTS, ids=["-".join(light) for light in LIGHTS])
def test_the_door_is_open_to_everybody(browser: Browser, house: House, size: str, theme: str) -> None:
    context = browser.new_context(base_url=house.app, viewport=SIZES[size], color_scheme=theme, locale="de")
    page = context.new_page()
    page.goto("/sign-in")

    complaints = [*sticking_out(page), *shut_out(page)]

    context.close()
    assert complaints == []


def go(page: Page, name: str) -> None:
    if name in PAGES:
        page.goto(PAGES[name])
    else:
        start, link = FOLLOWED[name]
        page.goto(start)
        with page.expect_navigation(wait_until="load"):
            page.locator(link).first.click()
    expect(page.locator(".mailbox-state:empty, main [hx-trigger^=load]:empty")).to_have_count(0)


def sticking_out(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"sticks out by {wide} px"] if wide > 0 else []


def shut_out(page: Page) -> list[str]:
    """Serious and critical violations, each with the first element it was found on.

    From the top of the page: a link to a mail scrolls there, and what is just passing under the bar of a phone is no small target.
    """
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    report = Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    return [f"{one['id']}: {one['nodes'][0]['html'][:160]}" for one in report.response["violations"] if one["impact"] in SERIOUS]
