"""Putting the pixel and the sealed links into a letter, and taking our old ones out of a quotation.

We splice: only the spans of some `href` values change, and every other octet of the letter stays as it was written.
A letter is read once and joined for as many recipients as it has.
"""

import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from html import escape, unescape
from itertools import islice
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

from app.settings import settings
from app.tracking.markup import LONGEST_WORDS, TOKEN, Tag, address, attribute, attributes_of, in_one_line, tag_of, tags_of
from app.tracking.tokens import (
    BODY,
    DECOY,
    MOST_LINKS,
    READABLE,
    TOKEN_CHARACTERS,
    Token,
    is_web,
    keys,
    link_url,
    open_link,
    open_pixel,
    pixel_url,
)

DULL = (
    r"(?:</?(?!a[\s/>]|area[\s/>]|body|style|script|title|textarea|xmp|iframe|noembed|noframes)[a-z][a-z0-9]*+"
    r"""(?:\s++[a-z][a-z0-9_:-]*+(?:="[^"]*+")?+)*+\s*+/?>[^<]*+)++"""
)
"""Tags that are neither links nor the end, written as almost all are, with the text behind them: passed over in runs."""
NEITHER = r"""(?:\s++(?!href[\s=/>]|data-nachfass)[a-z][a-z0-9_:-]*+(?:="[^"]*+")?+)*+"""
PLAIN_LINK = rf"""<a{NEITHER}\s++href="(?P<href>[^"]*+)"{NEITHER}\s*+>(?P<words>[^<]*+)</a>"""
"""A link written as almost all are: one `href`, no wish of its own, nothing but words in it."""
QUICK_TOKEN = re.compile(f"{DULL}|{PLAIN_LINK}|{TOKEN.pattern}", re.IGNORECASE | re.DOTALL)
UNREADABLE = re.compile(rf"[^A-Za-z0-9_.~{re.escape(READABLE)}-]+")
UNSUBSCRIBE = (
    "unsubscri", "optout", "opt-out", "opt_out", "opt-_out", "abmeld", "abbestell", "austrag", "desinscri", "desabonn", "désabonn",
)  # fmt: skip
OF_INTEREST = frozenset([*(f"a{after}" for after in " \t\r\n\f/>r"), "bo", "/b"])
"""How `a`, `area`, `body` and `/body` begin."""
OUR_PIXEL = re.compile(rf"/o/([\w-]{{{TOKEN_CHARACTERS}}})\.gif")
OUR_LINK = re.compile(rf"/c/([\w-]{{{TOKEN_CHARACTERS}}})\?(to=\S+)")
PLAIN_WEB = re.compile(r"https?://[a-z0-9.-]*[a-z0-9][/?#]", re.IGNORECASE)
NO_TRACK = "no-track"
NUMBER_OCTETS = 2
MOST_INNER_TAGS = 50
SPACED = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "table"])
BLOCKS = SPACED | {"div", "br", "tr", "li", "hr", "section", "article", "header", "footer", "dl", "dt", "dd", "address"}


class Link(NamedTuple):
    """A destination that can be tracked, the words it stands behind, and the span of its address in the letter."""

    url: str
    words: str
    start: int
    end: int


@dataclass(frozen=True)
class Letter:
    """A letter read once."""

    html: str
    links: tuple[Link, ...]
    end: int
    start: int = 0

    @cached_property
    def pieces(self) -> list[str]:
        """What stands before each gap (the head, a link's address, or the foot), and after the last."""
        gaps = sorted([*((link.start, link.end) for link in self.links), (self.start, self.start), (self.end, self.end)])
        starts = [0, *(end for _, end in gaps)]
        ends = [*(start for start, _ in gaps), len(self.html)]
        return [self.html[start:end] for start, end in zip(starts, ends, strict=True)]

    @cached_property
    def foot_at(self) -> int:
        """How many links stand before the foot."""
        return sum(link.start < self.end for link in self.links)

    @cached_property
    def head_at(self) -> int:
        """How many links stand before the head: none, unless the letter is no good HTML."""
        return sum(link.start < self.start for link in self.links)

    def joined(self, addresses: list[str], foot: str, head: str = "") -> str:
        """The letter with these addresses in place of its links, the head at its beginning and the foot before its end."""
        fillings = [*addresses[: self.head_at], head, *addresses[self.head_at : self.foot_at], foot, *addresses[self.foot_at :], ""]
        return "".join([part for pair in zip(self.pieces, fillings, strict=True) for part in pair])

    def instrumented(self, workspace: UUID, message: UUID, *, opens: bool, clicks: bool, decoyed: bool = False, disclosure: str = "") -> str:
        """The letter as it goes out: sealed links (with a decoy, if wished) and pixels, where allowed; the disclosure before the last.

        The pixel stands at the top, too: Gmail cuts a mail off after 102 KB. Its address is the same, so most programs ask once.
        """
        hidden = decoy(workspace, message) if decoyed and clicks and self.links else ""
        picture = pixel(workspace, message) if opens else ""
        return self.joined(self.sealed(workspace, message) if clicks else self.written, disclosure + hidden + picture, picture)

    def sealed(self, workspace: UUID, message: UUID) -> list[str]:
        """What `tokens.link_url` says for each link, all at once: a further recipient costs a MAC a link and little more."""
        head, state = keys(b"link", settings().secret_keys)[0]
        owner = BODY.pack(head, workspace.bytes, message.bytes, 0)[:-NUMBER_OCTETS]
        ready = state.copy()
        ready.update(owner)
        octets = bytearray()
        for number, covered, _ in self.destinations:
            copied = ready.copy()
            copied.update(covered)
            octets += owner + number + copied.digest()
        tokens = urlsafe_b64encode(octets).decode()
        way = f"{settings().tracking_url}/c/"
        return [
            way + tokens[at : at + TOKEN_CHARACTERS] + query
            for at, (_, _, query) in zip(range(0, len(tokens), TOKEN_CHARACTERS), self.destinations, strict=True)
        ]

    @cached_property
    def destinations(self) -> list[tuple[bytes, bytes, str]]:
        """For each link its number as a token has it, that with the destination as the MAC covers them, and the query that names it."""
        numbers = [number.to_bytes(NUMBER_OCTETS, "big") for number in range(len(self.links))]
        return [
            (number, number + link.url.encode(), "?to=" + UNREADABLE.sub(quoted, link.url)) for number, link in zip(numbers, self.links, strict=True)
        ]

    @property
    def written(self) -> list[str]:
        return [self.html[link.start : link.end] for link in self.links]


def quoted(found: re.Match[str]) -> str:
    """What `urllib.parse.quote` makes of it, in a tenth of the time: it is nearly always an `&`."""
    return escaped(found[0])


@lru_cache(256)
def escaped(text: str) -> str:
    return "".join([f"%{octet:02X}" for octet in text.encode()])


@dataclass(frozen=True)
class Disclosure:
    """The line that tells recipients of tracking, with their way out, for both parts of a mail."""

    html: str
    text: str


def read(html: str) -> Letter:
    """Find the links that can be tracked and the place of the pixel."""
    links: list[Link] = []
    start, end, ours = 0, len(html), our_ways()
    for found in QUICK_TOKEN.finditer(html):
        if found.lastindex is None:
            continue
        if found.lastgroup == "words":
            links += plain_link(found, ours)
            continue
        tag = tag_of(found) if html[found.start() + 1 : found.start() + 3].lower() in OF_INTEREST else None
        if tag and tag.name in ("a", "area"):
            links += link_of(html, tag, ours)
        elif tag and tag.name == "body" and not start:
            start = tag.end
        elif tag and tag.name == "/body":
            end = tag.start
    return Letter(html, tuple(links[:MOST_LINKS]), end, min(start, end))


def link_of(html: str, tag: Tag, ours: tuple[str, ...]) -> list[Link]:
    """The link of an `a` or `area`, if it leads to a web page and nobody asked us to leave it alone."""
    attributes = attributes_of(html, tag)
    start, end = attributes.get("href", (0, 0))
    url = address(html[start:end])
    if not leads_out(url, ours) or attribute(html, attributes, "data-nachfass") == NO_TRACK:
        return []
    words = attribute(html, attributes, "alt") if tag.name == "area" else words_of(html, tag)
    return [] if ends_a_subscription(url + words) else [Link(url, words, start, end)]


def plain_link(found: re.Match[str], ours: tuple[str, ...]) -> list[Link]:
    """The same for a `PLAIN_LINK`."""
    written, within = found.group("href", "words")
    url = address(written)
    if not leads_out(url, ours):
        return []
    words = in_one_line(within)
    return [] if ends_a_subscription(url + words) else [Link(url, words, *found.span("href"))]


def leads_out(url: str, ours: tuple[str, ...]) -> bool:
    """To a web page, and to none of ours: an opt-out page, or a link that is sealed already."""
    return bool(PLAIN_WEB.match(url) or is_web(url)) and not url.startswith(ours)


def ends_a_subscription(text: str) -> bool:
    lower = text.lower()
    for word in UNSUBSCRIBE:  # noqa: SIM110 - asked for each link; a generator takes twice as long
        if word in lower:
            return True
    return False


def words_of(html: str, tag: Tag) -> str:
    """The text of a link, or what its image is called."""
    words, at = "", tag.end
    for inner in islice(tags_of(html, tag.end), MOST_INNER_TAGS):
        words += html[at : inner.start]
        at = inner.end
        if inner.name in ("/a", "a") or len(words) > LONGEST_WORDS * 4:
            break
        if inner.name == "img":
            words += attribute(html, attributes_of(html, inner), "alt")
    if "<" in words:
        words = re.sub(r"<[!?].*?>", "", words, flags=re.DOTALL)
    return in_one_line(words)


def our_ways() -> tuple[str, ...]:
    return own_ways(settings().base_url, settings().tracking_url)


@cache
def own_ways(base: str, tracking: str) -> tuple[str, ...]:
    return f"{base}/t/", f"{tracking}/c/", f"{tracking}/o/"


def pixel(workspace: UUID, message: UUID) -> str:
    return f'<img src="{pixel_url(workspace, message)}" alt="" width="1" height="1" style="border:0">'


def decoy(workspace: UUID, message: UUID) -> str:
    """A link that neither eyes nor screen readers find, so that whoever follows it is a program. A plain text part has none."""
    url = link_url(workspace, message, DECOY, f"{settings().base_url}/")
    return f'<a href="{url}" aria-hidden="true" tabindex="-1" style="display:none"></a>'


def disclosure(words: str, opt_out_words: str, url: str) -> Disclosure:
    """The rep's words (plain text) and the recipient's way out: `tokens.opt_out_url`, or `opt_out_url_for_all` when the mail goes to several."""
    html = f'<p style="font-size:12px;color:#6b6b6b">{escape(words)} <a href="{url}">{escape(opt_out_words)}</a></p>'
    return Disclosure(html, f"{words}\n{opt_out_words}: {url}")


def plain_text(html: str, addresses: list[str] | None = None) -> str:
    """The text part of a letter that has none. `addresses` replace its links, in the order of `read(html).links`."""
    letter = read(html)
    shown = {link.start: url for link, url in zip(letter.links, addresses or [link.url for link in letter.links], strict=True)}
    parts: list[str] = []
    behind, words_from, skipping = "", 0, 0
    at = 0
    for found in TOKEN.finditer(html):
        parts.append(flowing(html[at : found.start()]) if not skipping else "")
        at = found.end()
        tag = tag_of(found)
        if not tag:
            continue
        name = tag.name.removeprefix("/")
        if name == "head":
            skipping = tag.name == "head"
        elif name in BLOCKS:
            parts.append("\n\n" if name in SPACED else "\n")
            parts.append("- " if tag.name == "li" else "")
        elif tag.name == "a":
            span = attributes_of(html, tag).get("href", (0, 0))
            behind, words_from = shown.get(span[0], address(html[slice(*span)])), len(parts)
        elif tag.name == "/a" and behind:
            parts.append(after_words("".join(parts[words_from:]).strip(), behind))
            behind = ""
    parts.append(flowing(html[at:]) if not skipping else "")
    lines = [" ".join(line.split(" ")).strip() for line in "".join(parts).splitlines()]
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" {2,}", " ", "\n".join(lines))).strip() + "\n"


def flowing(text: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"\s+", " ", text)))


def after_words(words: str, url: str) -> str:
    """Where a link leads, unless its words say so already."""
    if url.startswith(("http://", "https://")):
        return "" if words == url else f" <{url}>"
    target = url.removeprefix("mailto:").removeprefix("tel:")
    return "" if target == url or words == target else f" <{target}>"


def clean(html: str) -> str:
    """A quotation without our own pixels and with its links as they were first written, whichever of our keys sealed them."""
    changes: list[tuple[int, int, str]] = []
    for tag in tags_of(html):
        attributes = attributes_of(html, tag) if tag.name in ("img", "a", "area") else {}
        if tag.name == "img" and is_our_pixel(attribute(html, attributes, "src")):
            changes.append((tag.start, tag.end, ""))
        elif "href" in attributes and is_decoy(address(html[slice(*attributes["href"])])):
            changes.append((tag.start, end_of(html, tag), ""))
        elif "href" in attributes and (real := destination_of(address(html[slice(*attributes["href"])]))):
            changes.append((*attributes["href"], escape(real)))
    return spliced(html, changes)


def is_decoy(url: str) -> bool:
    """A decoy of ours, also when a mail gateway has wrapped it."""
    found = next((seal for value in (url, *(value for _, value in inner_values(url))) if (seal := opened_seal(value))), None)
    return found is not None and found[0].number == DECOY


def end_of(html: str, tag: Tag) -> int:
    """The end of an empty link, or of its start tag if somebody put words in it."""
    return tag.end + len("</a>") if html[tag.end : tag.end + 4].lower() == "</a>" else tag.end


def spliced(html: str, changes: list[tuple[int, int, str]]) -> str:
    parts, at = [], 0
    for start, end, new in changes:
        parts += [html[at:start], new]
        at = end
    return "".join([*parts, html[at:]])


def is_our_pixel(src: str) -> bool:
    """Ours by its token; Gmail quotes it behind its proxy, with our address after the `#`."""
    return any(open_pixel(token) for token in OUR_PIXEL.findall(unquote(src)))


def destination_of(url: str) -> str | None:
    """Where a link sealed by us leads, also when a mail gateway has wrapped it in an address of its own."""
    return unsealed(url) or next(filter(None, (unsealed(value) for _, value in inner_values(url))), None)


def inner_values(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query, max_num_fields=20)
    except ValueError:
        return []


def unsealed(url: str) -> str | None:
    opened = opened_seal(url)
    return opened[1] if opened else None


def opened_seal(url: str) -> tuple[Token, str] | None:
    found = OUR_LINK.search(url)
    return open_link(found[1], found[2].encode()) if found else None
