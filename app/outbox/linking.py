"""Addresses typed as words become links, as everyone expects of a mail program."""

import re

TAGS_AND_LINKS = re.compile(r"(<a\b.*?</a\s*>|<[^>]*>)", re.IGNORECASE | re.DOTALL)
ADDRESS = re.compile(r"\bhttps?://(?:(?!&[lg]t;)[^\s<>\"'])+", re.IGNORECASE)
AFTERWARDS = ".,;:!?…)]}»”"


def linked(html: str) -> str:
    """The same HTML, cleaned before, with every bare http(s) address in its text made a link; what is a link already stays."""
    pieces = TAGS_AND_LINKS.split(html)
    return "".join(piece if place % 2 else ADDRESS.sub(link, piece) for place, piece in enumerate(pieces))


def link(found: re.Match[str]) -> str:
    """Punctuation at the end belongs to the sentence, a closing bracket only if it was not opened inside."""
    words = found.group()
    address = words.rstrip(AFTERWARDS)
    if address.count("(") > address.count(")") and words[len(address) :].startswith(")"):
        address += ")"
    return f'<a href="{address}">{address}</a>{words[len(address) :]}'
