"""A browser without a screen: pages, forms, cookies and the feed's stream, as the canary and the demo need them."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx

PATIENCE = 30.0
STREAM = re.compile(r'"(/[^"\s]*/stream\b[^"]*)"')
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 NachfassCanary/1"
NOT_SENT = ("button", "submit", "reset", "image", "file")
Pairs = list[tuple[str, str]]


class Astray(Exception):
    """A page did not show what was expected on it; says which page, and what it said instead."""


@dataclass
class Form:
    """A form as it stands on a page, with everything in it that a browser would send."""

    action: str = ""
    method: str = "get"
    encoding: str = ""
    id: str = ""
    fields: Pairs = field(default_factory=list)
    buttons: Pairs = field(default_factory=list)

    def filled(self, **values: str | list[str] | None) -> Pairs:
        """What is sent once these fields are filled in; None takes a field out, a list sends it several times."""
        kept = [(name, value) for name, value in self.fields if name not in values]
        typed = [(name, one) for name, given in values.items() for one in (given if isinstance(given, list) else [given]) if one is not None]
        return [*kept, *typed]


class FormsOf(HTMLParser):
    """Collects the forms of a page, those elements too that stand elsewhere and name theirs with `form=`."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.elsewhere: list[tuple[str, str, str]] = []
        self._form: Form | None = None
        self._area: str | None = None
        self._words: list[str] = []
        self._select: str | None = None
        self._options: list[tuple[str, bool]] = []
        self._owner = ""
        self.choices: list[tuple[str, str]] = []
        self._choice: str | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            action, method = values.get("action", ""), values.get("method", "get").lower()
            self._form = Form(action, method, values.get("enctype", ""), values.get("id", ""))
            self.forms.append(self._form)
        elif tag == "input":
            self.note_input(values)
        elif tag == "button" and self._form is not None and values.get("type", "submit") == "submit":
            self._form.buttons.append((values.get("name", ""), values.get("value", "")))
        elif tag == "textarea":
            self._area, self._words, self._owner = values.get("name", ""), [], values.get("form", "")
        elif tag == "select":
            self._select, self._options, self._owner = values.get("name", ""), [], values.get("form", "")
        elif tag == "option" and self._select is not None:
            self._options.append((values.get("value", ""), "selected" in values))
            self._choice, self._words = values.get("value", ""), []

    def note_input(self, values: dict[str, str]) -> None:
        kind = values.get("type", "text")
        unticked = kind in ("checkbox", "radio") and "checked" not in values
        if kind in NOT_SENT or unticked or "disabled" in values:
            return
        self.note(values.get("name", ""), values.get("value", "on" if kind == "checkbox" else ""), values.get("form", ""))

    def note(self, name: str, value: str, owner: str) -> None:
        if owner:
            self.elsewhere.append((owner, name, value))
        elif name and self._form is not None:
            self._form.fields.append((name, value))

    def handle_data(self, data: str) -> None:
        if self._area is not None or self._choice is not None:
            self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "option" and self._choice is not None:
            self.choices.append((self._choice, " ".join("".join(self._words).split())))
            self._choice = None
        elif tag == "textarea" and self._area is not None:
            self.note(self._area, "".join(self._words).removeprefix("\n"), self._owner)
            self._area = None
        elif tag == "select" and self._select is not None:
            chosen = [value for value, selected in self._options if selected] or [value for value, _ in self._options[:1]]
            for value in chosen:
                self.note(self._select, value, self._owner)
            self._select = None

    def close(self) -> None:
        super().close()
        for owner, name, value in self.elsewhere:
            for form in self.forms:
                if form.id == owner and name:
                    form.fields.append((name, value))


@dataclass(frozen=True)
class Page:
    """An answer that was shown."""

    url: str
    status: int
    html: str

    def forms(self) -> list[Form]:
        return FormsOf(self.html).forms

    def options(self) -> list[tuple[str, str]]:
        """The choices of all lists on the page, with their words."""
        return FormsOf(self.html).choices

    def words(self) -> str:
        return words_of(self.html)

    def form(self, which: Callable[[Form], bool], what: str) -> Form:
        """The first form that fits."""
        found = next((form for form in self.forms() if which(form)), None)
        if found is None:
            raise Astray(f"There is no form {what} on {self.url} (status {self.status}): {self.words()}")
        return found

    def form_to(self, end: str) -> Form:
        """The form whose action ends so."""
        return self.form(lambda form: form.action.partition("?")[0].endswith(end), f"to {end}")


def words_of(html: str, most: int = 300) -> str:
    """What a person would read in the middle of the page, shortened."""
    body = html.partition("<main")[2] or html
    text = "".join(part.partition(">")[2] if index else "" for index, part in enumerate(("x" + body).split("<")))
    return " ".join(text.split())[:most]


class Browser:
    """One person at one browser: it keeps cookies, follows redirects and shows what came of it."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.client = httpx.AsyncClient(base_url=base, timeout=PATIENCE, headers={"User-Agent": AGENT}, follow_redirects=True)

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def open(self, path: str) -> Page:
        return shown(await self.client.get(path))

    async def submit(self, page: Page, form: Form, **values: str | list[str] | None) -> Page:
        """Send a form of this page and show where it leads."""
        return shown(await self.client.send(self.request(page, form, values)))

    async def submit_to_leave(self, page: Page, form: Form, **values: str | list[str] | None) -> str:
        """Send a form that leads away from here; answers where to."""
        answer = await self.client.send(self.request(page, form, values), follow_redirects=False)
        if not answer.has_redirect_location:
            raise Astray(f"{answer.url} answered {answer.status_code} instead of leading on: {words_of(answer.text)}")
        return urljoin(str(answer.url), answer.headers["location"])

    def request(self, page: Page, form: Form, values: dict[str, Any]) -> httpx.Request:
        url, pairs = urljoin(page.url, form.action or page.url), form.filled(**values)
        headers = {"Origin": self.base, "Referer": page.url}
        if form.method == "get":
            return self.client.build_request("GET", url, params=httpx.QueryParams(tuple(pairs)), headers=headers)
        if form.encoding == "multipart/form-data":
            return self.client.build_request("POST", url, files=[(name, (None, value)) for name, value in pairs], headers=headers)
        return self.client.build_request("POST", url, data=grouped(pairs), headers=headers)


def shown(answer: httpx.Response) -> Page:
    if answer.status_code >= 400:
        raise Astray(f"{answer.url.path} answered {answer.status_code}: {words_of(answer.text)}")
    return Page(str(answer.url), answer.status_code, answer.text)


async def consent(client: httpx.AsyncClient, url: str, address: str, name: str) -> str:
    """Agree on the sandbox's consent page to everything that is asked for; answers where it leads back to."""
    page = await client.get(url)
    page.raise_for_status()
    form = FormsOf(page.text).forms[0]
    answer = await client.post(url, data=grouped(form.filled(other=address, name=name, decision="allow")), follow_redirects=False)
    if not answer.has_redirect_location:
        raise Astray(f"The consent page answered {answer.status_code}: {words_of(answer.text)}")
    return answer.headers["location"]


def grouped(pairs: Pairs) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


class Ear:
    """Listens to a page's stream of server-sent events and knows when each came; told to, it reads the page anew, as the page would."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, str]] = []
        self.news = asyncio.Condition()
        self.failed: BaseException | None = None
        self.open = asyncio.Event()

    async def listen(self, browser: "Browser", path: str) -> None:
        try:
            page = await browser.open(path)
            await self.note(page.html)
            await self.follow(browser, page, stream_of(page))
        except (Astray, httpx.HTTPError) as error:
            await self.fail(error)

    async def follow(self, browser: "Browser", page: Page, stream: str) -> None:
        async with browser.client.stream("GET", stream, timeout=httpx.Timeout(PATIENCE, read=None)) as answer:
            if answer.status_code != 200:
                raise Astray(f"{stream} answered {answer.status_code}.")
            self.open.set()
            async for name, data in events(answer.aiter_lines()):
                await self.note((await browser.open(page.url)).html if name == "reload" else data)
        raise Astray(f"{stream} ended.")

    async def fail(self, error: BaseException) -> None:
        async with self.news:
            self.failed = error
            self.open.set()
            self.news.notify_all()

    async def note(self, event: str) -> None:
        async with self.news:
            self.heard.append((time.monotonic(), event))
            self.news.notify_all()

    async def wait_for(self, fits: Callable[[str], bool], seconds: float) -> float:
        """The moment an event came that fits, also one that came before; Astray after so many seconds."""
        async with self.news:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait_for(lambda: self.failed or self.moment(fits)), seconds)
            if moment := self.moment(fits):
                return moment
        if self.failed:
            raise Astray(f"The stream broke off: {self.failed}")
        raise Astray(f"The feed showed nothing of it within {seconds:.0f} s; {len(self.heard)} other events came.")

    def moment(self, fits: Callable[[str], bool]) -> float | None:
        return next((at for at, event in self.heard if fits(event)), None)


def stream_of(page: Page) -> str:
    """The stream that the page listens to."""
    found = STREAM.search(page.html)
    if found is None:
        raise Astray(f"{page.url} listens to no stream: {page.words()}")
    return unescape(found.group(1))


async def events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, str]]:
    """Name and data of each event; comments and ids are left out."""
    name, data = "", list[str]()
    async for line in lines:
        if line.startswith("event:"):
            name = line[6:].strip()
        elif line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and (name or data):
            yield name, "\n".join(data)
            name, data = "", []


@asynccontextmanager
async def listening(browser: Browser, path: str) -> AsyncIterator[Ear]:
    """An ear on the stream of a page for as long as the block runs; it is open when the block begins."""
    ear = Ear()
    task = asyncio.create_task(ear.listen(browser, path))
    try:
        await asyncio.wait_for(ear.open.wait(), PATIENCE)
        if ear.failed:
            raise ear.failed
        yield ear
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
