"""Opening and clicking for real: the pictures and links of a mail are fetched over HTTP as the chosen device would."""

import asyncio
import html
import re
from dataclasses import dataclass
from html.parser import HTMLParser

import httpx

from app.sandbox import mime as mails
from app.sandbox.answers import Json
from app.sandbox.devices import Device, Look

PATIENCE = 10.0
WEB = re.compile(r"^https?://", re.I)
BARE = re.compile(r"https?://[^\s<>\"')\]]+")


@dataclass(frozen=True)
class Link:
    """Something to click, with the words on it."""

    url: str
    text: str


class Finder(HTMLParser):
    """Collects what a mail program would load and what a reader could click."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.images: list[str] = []
        self.links: list[Link] = []
        self._inside: str | None = None
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "img" and WEB.match(values.get("src", "")):
            self.images.append(values["src"])
        if tag == "a" and WEB.match(values.get("href", "")):
            self._inside, self._words = values["href"], []

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._inside:
            self.links.append(Link(self._inside, " ".join("".join(self._words).split())))
            self._inside = None


def found_in(mail: bytes) -> Finder:
    """Images and links of the HTML; of the text, where there is no HTML."""
    finder = Finder()
    finder.feed(mails.body(mail, "text/html"))
    if not mails.body(mail, "text/html"):
        finder.links = [Link(url, url) for url in BARE.findall(mails.body(mail, "text/plain"))]
    return finder


async def open_mail(client: httpx.AsyncClient, mail: bytes, device: Device, address: str) -> list[Json]:
    """The device shows the mail: every picture is loaded at once, one that stands in it twice once (HTML, list of available images)."""
    return list(await asyncio.gather(*(fetch(client, url, device.opens, address) for url in dict.fromkeys(found_in(mail).images))))


async def click(client: httpx.AsyncClient, mail: bytes, number: int, device: Device, address: str) -> Json | None:
    """One link is followed, up to where it leads away; none if there is no such link."""
    links = found_in(mail).links
    return await fetch(client, links[number].url, device.clicks, address) if 0 <= number < len(links) else None


async def scan(client: httpx.AsyncClient, mail: bytes, device: Device, address: str) -> list[Json]:
    """A gateway tries everything in the same second, from two networks."""
    found = found_in(mail)
    asked = [(url, device.opens) for url in found.images] + [(link.url, device.clicks) for link in found.links]
    return list(await asyncio.gather(*(fetch(client, url, look, address) for url, look in asked)))


async def fetch(client: httpx.AsyncClient, url: str, look: Look, address: str) -> Json:
    """One request and what came of it; a server out of reach is told, not raised."""
    try:
        answer = await client.get(html.unescape(url), headers=look.asked_by(address), timeout=PATIENCE, follow_redirects=False)
    except httpx.HTTPError as error:
        return {"url": url, "status": None, "error": f"{type(error).__name__}: {error}"}
    return {"url": url, "status": answer.status_code, "location": answer.headers.get("location")}
