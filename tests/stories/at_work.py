"""Miriam at her browser, and what her correspondents do with her mail. Everything goes over HTTP, as it would with real people."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from html import unescape
from typing import Any

import httpx

from app.browsing import Browser, Form, Page, consent
from app.mailboxes.providers.base import SEND_ID_HEADER
from app.mailboxes.tables import GMAIL
from tests.waiting import until

NAME, EMAIL, PASSWORD = "Miriam Kessler", "miriam@brueckner.example", "Kupferdraht-und-Regenschirm-9"
SENDING_FROM = {"gmail": "miriam@brueckner.example", "outlook": "m.kessler@brueckner-mess.example"}
NAMED_THERE = {"gmail": "google", "outlook": "microsoft"}
Json = dict[str, Any]


class Miriam:
    """A rep and her browser."""

    def __init__(self, browser: Browser, sandbox: httpx.AsyncClient) -> None:
        self.browser = browser
        self.sandbox = sandbox
        self.provider = GMAIL

    @property
    def address(self) -> str:
        return SENDING_FROM[self.provider]

    async def begins(self) -> None:
        """The very first visit to an empty house."""
        page = await self.browser.open("/")
        assert page.url.endswith("/first-run")
        page = await self.browser.submit(
            page, page.form_to(""), workspace="Brückner Messtechnik", name=NAME, email=EMAIL, password=PASSWORD, time_zone="Europe/Berlin"
        )
        assert NAME in page.html

    async def connects(self, provider: str) -> Page:
        """The button, the provider's consent page, and back."""
        self.provider = provider
        seeded = await self.sandbox.post(f"/control/mailboxes/{self.address}", json={"provider": NAMED_THERE[provider], "name": NAME})
        seeded.raise_for_status()
        page = await self.browser.open("/mailboxes")
        away = await self.browser.submit_to_leave(page, page.form_to(f"/connect/{provider}"), tier="full", mailbox="")
        return await self.browser.open(await consent(self.sandbox, away, self.address, NAME))

    async def starts_mail(self, **query: str) -> tuple[Page, Form]:
        page = await self.browser.open(f"/compose?{httpx.QueryParams(query)}")
        return page, page.form(lambda form: form.id == "compose", "to compose")

    def letter(self, page: Page, form: Form, **fields: str | None) -> Form:
        """The form with everything typed into it, about to be sent."""
        typed = {"mailbox": self.chosen(page), "text": None, **fields}
        return replace(form, action=f"{form.action}/dispatch", fields=form.filled(**typed))

    def chosen(self, page: Page) -> str:
        """Her mailbox in the list From."""
        found = re.search(rf'<option value="([^"]+)"[^>]*>[^<]*{re.escape(self.address)}', page.html)
        assert found, f"{self.address} can't be chosen in From"
        return found.group(1)

    async def sends(self, to: str, subject: str, html: str, files: tuple[tuple[str, bytes, str], ...] = (), **fields: str | None) -> Page:
        """Write a mail and press Send."""
        page, form = await self.starts_mail()
        form = self.letter(page, form, **{"to": to, "subject": subject, "html": html, "reminds": "", **fields})
        parts: list[Any] = [*as_parts(form), *(("files", file) for file in files)]
        sent = await self.browser.client.post(form.action, files=parts, headers=self.from_page(page))
        assert sent.status_code == 200, sent.text
        assert not str(sent.url).endswith("/dispatch"), Page(str(sent.url), sent.status_code, sent.text).words()
        return Page(str(sent.url), sent.status_code, sent.text)

    def from_page(self, page: Page) -> dict[str, str]:
        return {"Origin": self.browser.base, "Referer": page.url}

    async def presses(self, page: Page, action: str, **fields: str) -> Page:
        """A button in a form on this page."""
        return await self.browser.submit(page, page.form_to(action), **fields)

    async def reads_now(self) -> None:
        """The mailbox is asked without waiting for its next round."""
        await self.browser.open("/mailboxes/state")
        token = self.browser.client.cookies["csrf"]
        for box in re.findall(r'id="box-([0-9a-f-]+)"', (await self.browser.open("/mailboxes")).html):
            answer = await self.browser.client.post(f"/mailboxes/{box}/reading", data={"_csrf_token": token})
            assert answer.status_code == 200

    async def sees(self, path: str, *words: str, without: tuple[str, ...] = (), reading: bool = False) -> Page:
        """A page that shows these words, opened again until it does; `reading` asks the mailbox each time."""
        shown = ""

        async def found() -> Page | None:
            nonlocal shown
            if reading:
                await self.reads_now()
            page = await self.browser.open(path)
            shown = said(page.html)
            return page if all(word in shown for word in words) and not any(word in shown for word in without) else None

        try:
            return await until(found, f"{path} says {words}", every=0.3)
        except AssertionError as error:
            raise AssertionError(f"{error}\nIt says: {shown[:3000]}") from None

    async def thread_of(self, subject: str) -> str:
        """The path of a thread, by the link in the feed."""

        async def found() -> str | None:
            page = await self.browser.open("/")
            link = re.search(rf'href="(/threads/[0-9a-f-]+)[^"]*">{re.escape(subject)}', unescape(page.html))
            return link.group(1) if link else None

        return await until(found, f"the feed leads to {subject}")


def as_parts(form: Form) -> list[tuple[str, tuple[None, str]]]:
    return [(name, (None, value)) for name, value in form.fields]


def said(html: str) -> str:
    """The words of a page as a reader hears them, without its tags."""
    text = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]*>", "", text)).split())


class People:
    """Everybody in the sandbox."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def inbox(self, address: str) -> list[Json]:
        answer = await self.client.get(f"/control/people/{address}/messages")
        answer.raise_for_status()
        found: list[Json] = answer.json()["messages"]
        return found

    async def got(self, address: str, subject: str) -> Json:
        """That mail, once it has arrived."""

        async def found() -> Json | None:
            return next((mail for mail in await self.inbox(address) if mail["subject"] == subject), None)

        return await until(found, f"{address} has “{subject}”")

    async def act(self, address: str, mail: Json, what: str, **asked: object) -> Json:
        answer = await self.client.post(f"/control/people/{address}/messages/{mail['id']}/{what}", json=asked)
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    async def folder(self, address: str, folder: str) -> list[Json]:
        """Every copy in a folder of a mailbox, as its provider holds it."""
        answer = await self.client.get(f"/control/mailboxes/{address}/messages", params={"folder": folder})
        answer.raise_for_status()
        found: list[Json] = answer.json()["messages"]
        return found


def send_id(mail: Json) -> str:
    """The name that Nachfass gave to a mail it sent."""
    return next((value for name, value in mail["headers"] if name.lower() == SEND_ID_HEADER.lower()), "")


@asynccontextmanager
async def at_work(base: str, sandbox: str) -> AsyncIterator[tuple[Miriam, People]]:
    async with Browser(base) as browser, httpx.AsyncClient(base_url=sandbox, timeout=30) as client:
        yield Miriam(browser, client), People(client)
