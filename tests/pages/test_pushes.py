"""The service worker in Chromium: what the server pushed is shown once, also if an open tab tells it, and a click opens the thread.

Headless Chromium has no push service: its subscription is one to a push service of the test, which hands on what it decrypted.
"""

import asyncio
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page

from tests.notifications.push_service import Push, PushService, push_service
from tests.pages.conftest import House

pytestmark = pytest.mark.browser

SETTINGS = "/settings/notifications"
SUBSCRIBED_TO = """
const subscription = (said) => ({ options: { applicationServerKey: null }, toJSON: () => said, unsubscribe: async () => true });
PushManager.prototype.getSubscription = async () => null;
PushManager.prototype.subscribe = async function ({ userVisibleOnly, applicationServerKey }) {
  if (!userVisibleOnly || applicationServerKey.length !== 65) throw new Error("not as a browser wants it");
  const { endpoint, p256dh, auth } = SAID;
  return subscription({ endpoint, keys: { p256dh, auth } });
};
"""
SHOWN = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
  .map((one) => ({ title: one.title, body: one.body, tag: one.tag, way: one.data.way, id: one.data.id }))"""


@contextmanager
def beside(key: str) -> Iterator[PushService]:
    """The push service in a thread of its own, since Playwright holds this one's loop."""
    loop, ready, found = asyncio.new_event_loop(), threading.Event(), []
    done = asyncio.Event()

    async def serve() -> None:
        async with push_service(key) as service:
            found.append(service)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(10)
        loop.close()


@pytest.fixture
def telling(context: BrowserContext, page: Page, house: House) -> Iterator[PushService]:
    """Miriam lets this browser tell her."""
    context.grant_permissions(["notifications"], origin=house.app)
    page.emulate_media(reduced_motion="reduce")
    key = re.search('data-key="([^"]+)"', context.request.get(SETTINGS).text())
    assert key
    with beside(key[1]) as service:
        page.add_init_script(SUBSCRIBED_TO.replace("SAID", json.dumps(service.browser("chromium").said())))
        page.goto(SETTINGS)
        page.get_by_role("button", name="Let this browser tell me").click()
        page.get_by_role("button", name="Send me one now").wait_for()
        yield service
        other = context.new_page()
        other.goto(SETTINGS)
        other.get_by_role("button", name="Remove").click()
        other.get_by_text("No browser tells you anything yet.").wait_for()


def worker_of(context: BrowserContext, page: Page) -> tuple[CDPSession, str]:
    """The line to the browser's developer tools, and how they call the registration of our worker."""
    session, found = context.new_cdp_session(page), list[str]()
    session.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(one["registrationId"] for one in told["registrations"]))
    session.send("ServiceWorker.enable")
    page.wait_for_function("async () => Boolean((await navigator.serviceWorker.ready).active)")
    for _ in range(100):
        if found:
            break
        page.wait_for_timeout(50)
    return session, found[-1]


def hand_on(session: CDPSession, house: House, registration: str, words: dict[str, Any]) -> None:
    """What the browser's own push service would do."""
    session.send("ServiceWorker.deliverPushMessage", {"origin": house.app, "registrationId": registration, "data": json.dumps(words)})


def taken(page: Page, service: PushService) -> Push:
    for _ in range(200):
        if service.taken:
            return service.taken[-1]
        page.wait_for_timeout(50)
    raise AssertionError(f"Nothing was pushed: {service.refused}")


def shown(page: Page, last: str, *bodies: str) -> list[dict[str, str]]:
    """The notifications that stand, once they are these; as they are if that never comes.

    `last`: the id of the one brought last. Who asks Chromium for a notification while it is being shown makes it forget that one.
    """
    page.wait_for_function("async (id) => Boolean(await caches.match(`/shown/${id}`))", arg=last)
    found: list[dict[str, str]] = []
    for _ in range(200):
        found = sorted(page.evaluate(SHOWN), key=lambda one: str(one["body"]))
        if [one["body"] for one in found] == sorted(bodies):
            break
        page.wait_for_timeout(50)
    assert [one["body"] for one in found] == sorted(bodies)
    return found


def test_a_push_from_the_server_becomes_one_notification(context: BrowserContext, page: Page, house: House, telling: PushService) -> None:
    session, registration = worker_of(context, page)
    page.get_by_role("button", name="Send me one now").click()
    push = taken(page, telling)
    page.get_by_text("last told").wait_for()

    hand_on(session, house, registration, push.words)
    (there,) = shown(page, push.words["id"], "This is how it looks when something happens. Everything works.")

    assert (there["tag"], there["way"]) == ("test", SETTINGS)
    assert telling.refused == []


def test_what_a_tab_told_is_not_shown_again_by_the_push(context: BrowserContext, page: Page, house: House, telling: PushService) -> None:
    session, registration = worker_of(context, page)
    note = {"id": "a1", "tag": "opened-m1", "title": "Nachfass", "body": "Anna opened it", "way": "/threads/t1", "at": 1, "language": "en"}
    tell = "async (note) => (await navigator.serviceWorker.ready).active.postMessage(note)"
    page.evaluate(tell, note)
    shown(page, "a1", "Anna opened it")

    hand_on(session, house, registration, {**note, "body": "The same by push"})
    hand_on(session, house, registration, {**note, "id": "a2", "tag": "event-a2", "body": "Another"})
    shown(page, "a2", "Anna opened it", "Another")

    page.evaluate(tell, {**note, "id": "a3", "quietly": True, "body": "Anna opened it 2 times"})
    page.evaluate(tell, {**note, "id": "a4", "tag": "opened-m9", "quietly": True, "body": "Nobody was told of the first"})
    shown(page, "a3", "Anna opened it 2 times", "Another")


def test_an_open_tab_tells_through_the_worker(context: BrowserContext, page: Page, house: House, telling: PushService) -> None:
    page.goto("/")
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    page.evaluate(
        """() => {
        const told = { notify: "Anna Weber opened Offer 2026", tag: "opened-m2", activity: "b1", way: "/threads/t2" };
        Object.assign(document.querySelector(".event").dataset, told); document.dispatchEvent(new Event("htmx:sse:after:message")); }"""
    )
    shown(page, "b1", "Anna Weber opened Offer 2026")


CLICK = """async () => {
  self.opened = [];
  self.clients.openWindow = async (url) => { self.opened.push(url); };
  const [notification] = await self.registration.getNotifications();
  const click = new NotificationEvent("notificationclick", { notification });
  self.dispatchEvent(click);
  for (let times = 0; times < 100 && !self.opened.length; times++) await new Promise((then) => setTimeout(then, 20));
  return { opened: self.opened, left: (await self.registration.getNotifications()).length };
}"""
MOVE = """async (said) => {
  const moved = new ExtendableEvent("pushsubscriptionchange");
  moved.oldSubscription = { endpoint: said.old };
  moved.newSubscription = { toJSON: () => ({ endpoint: said.endpoint, keys: { p256dh: said.p256dh, auth: said.auth } }) };
  self.dispatchEvent(moved);
}"""


def test_a_click_opens_what_it_is_about_and_a_browser_that_moves_says_so(
    context: BrowserContext, page: Page, house: House, telling: PushService
) -> None:
    session, registration = worker_of(context, page)
    hand_on(session, house, registration, {"id": "c1", "tag": "event-c1", "title": "Nachfass", "body": "Anna replied", "way": "/threads/t3", "at": 1})
    shown(page, "c1", "Anna replied")
    worker = context.service_workers[0]
    assert worker.evaluate(CLICK) == {"opened": [f"{house.app}/threads/t3"], "left": 0}

    worker.evaluate(MOVE, {"old": telling.browser("chromium").endpoint, **telling.browser("moved").said()})
    page.wait_for_timeout(300)
    page.get_by_role("button", name="Send me one now").click()
    assert taken(page, telling).path == "/push/moved"
