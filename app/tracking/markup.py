"""HTML as browsers cut it (HTML standard, 13.2.5): tags, their attributes, and what character references mean."""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

ATTRIBUTE = r"""(?P<name>[^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?P<value>"[^"]*+"?|'[^']*+'?|[^\s>"'][^\s>]*+)?+)?+"""
ATTRIBUTES = r"(?:[\s/]++|" + re.sub(r"\?P<\w+>", "?:", ATTRIBUTE) + r")*+"
TOKEN = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    rf"|<(?P<raw>style|script|title|textarea|xmp|iframe|noembed|noframes)(?=[\s/>]){ATTRIBUTES}>?(?:.*?(?:(?=</(?P=raw)[\s/>])|\Z))"
    rf"|<(?P<tag>/?[a-z][^\s/>]*+)(?P<attributes>{ATTRIBUTES})(?P<closed>>)?"
    r"|<[!?/][^>]*+>?",
    re.IGNORECASE | re.DOTALL,
)
ONE_ATTRIBUTE = re.compile(ATTRIBUTE)
LONGEST_WORDS = 200


class Tag(NamedTuple):
    """A start or end tag and where it stands."""

    name: str
    start: int
    end: int
    attributes: int


def tags_of(html: str, start: int = 0) -> Iterator[Tag]:
    """Start and end tags in order; comments, declarations and raw text (style, script, …) are passed over."""
    return (tag for tag in map(tag_of, TOKEN.finditer(html, start)) if tag)


def tag_of(found: re.Match[str]) -> Tag | None:
    """The tag that a token is; one that never ends is none, as in browsers."""
    return Tag(found["tag"].lower(), found.start(), found.end(), found.start("attributes")) if found["closed"] else None


def attributes_of(html: str, tag: Tag) -> dict[str, tuple[int, int]]:
    """Each attribute's name and the span of its value without quotes; the first of a name counts, as in browsers."""
    spans: dict[str, tuple[int, int]] = {}
    for found in ONE_ATTRIBUTE.finditer(html, tag.attributes, tag.end - 1):
        start, end = found.span(2)
        if start >= 0 and html[start] in "\"'":
            closed = end - start > 1 and html[end - 1] == html[start]
            start, end = start + 1, end - closed
        spans.setdefault(found[1].lower(), (start, end) if start >= 0 else (0, 0))
    return spans


def attribute(html: str, attributes: dict[str, tuple[int, int]], name: str) -> str:
    start, end = attributes.get(name, (0, 0))
    return unescape(html[start:end]).strip()


def address(value: str) -> str:
    """An address as a browser reads it: character references resolved, blanks around and line breaks within taken out."""
    read = characters(value)
    broken = "\n" in read or "\r" in read or "\t" in read
    return (re.sub(r"[\t\r\n]", "", read) if broken else read).strip(" \f\0")


def in_one_line(words: str) -> str:
    return " ".join(characters(words).split())[:LONGEST_WORDS]


def characters(text: str) -> str:
    """Character references resolved; where `&amp;` is the only one, as in most addresses, in a tenth of the time."""
    references = text.count("&")
    return text if not references else text.replace("&amp;", "&") if references == text.count("&amp;") else unescape(text)
