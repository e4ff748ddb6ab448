"""Making foreign text fit to keep and safe to show."""

import html as entities
import re

import nh3
from mailparser_reply import EmailReplyParser

LONGEST_BODY = 1_000_000
LONGEST_SNIPPET = 280
QUOTES_LOOKED_AT = 8_000
LONGEST_LINE = 400
"""The reply parser's patterns take time with the length of a line: what is longer is no quote header."""

UNKEEPABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufeff]")
BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6]|/blockquote|hr)\b[^<>]{0,500}>", re.IGNORECASE)
SPACES = re.compile(r"[^\S\n]+")
EMPTY_LINES = re.compile(r"\n\s*\n+")

CLOSES = re.compile(
    r"(?:\S{1,20} ){0,3}(?:regards|wishes|greetings|sincerely|cheers|thanks|thank you|gr(?:ü|ue)(?:ß|ss)en?|gruß|gruss|dank"
    r"|salutations|cordialement|bien à vous|saluti|saludos|atentamente|groet(?:en|jes)?|pozdraw\w+|poważaniem|hilsen|hälsning\w*)\b.{0,20}$"
    r"|(?:sent|get) (?:from|using|outlook)|gesendet|von meinem|envoyé|inviato|enviado|verzonden|wysłane|skickat|sendt",
    re.IGNORECASE,
)
"""How a letter ends, in the languages that the reply parser knows."""
SENT_FROM = re.compile(r"\n\s*(?:von meinem |gesendet (?:von|mit) |sent from |get outlook |envoyé d|inviato da|enviado d)[^\n]{0,80}$", re.IGNORECASE)
"""What telephones put under a mail."""

TAGS = frozenset(
    """
    a abbr address b blockquote br caption center cite code col colgroup dd del div dl dt em h1 h2 h3 h4 h5 h6 hr i ins kbd li ol p pre q s small
    span strong sub sup table tbody td tfoot th thead tr u ul
    """.split()  # noqa: SIM905 - a list of 45 quoted words reads worse
)
"""No images at all: one that is loaded from elsewhere tells its sender that we read, and our own pixel would count us."""
ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}, "ol": {"start"}}
SILENT = {"script", "style", "title", "head", "template", "noscript", "svg", "math", "textarea", "select", "iframe", "object"}
LANGUAGES = ["en", "de", "fr", "it", "es", "nl", "pl", "da", "sv"]


def clean(text: str, limit: int = LONGEST_BODY) -> str:
    """Text that the database takes: no NUL, no half characters, not endless."""
    return UNKEEPABLE.sub("", text[: limit * 2])[:limit]


def safe(html: str) -> str:
    """HTML that may stand on our page: no script, no style, no image, no form; links open apart and tell nothing."""
    return nh3.clean(
        html[:LONGEST_BODY],
        tags=set(TAGS),
        clean_content_tags=SILENT,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener nofollow noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        strip_comments=True,
    )


def plain(html: str) -> str:
    """The words of an HTML mail, a line for each of its lines."""
    if not html:
        return ""
    bare = nh3.clean(BREAKS.sub("\n", html[:LONGEST_BODY]), tags=set(), clean_content_tags=SILENT)
    lines = (SPACES.sub(" ", line).strip() for line in entities.unescape(bare).splitlines())
    return EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def new_words(text: str) -> str:
    """What they wrote themselves, without what they quote and without their signature; the whole text if nothing else would be left."""
    lines = text[:QUOTES_LOOKED_AT].splitlines()
    head = "\n".join(line[:LONGEST_LINE] for line in lines)
    if not any(map(tells_of_more, lines)):
        return head.strip()
    replies = EmailReplyParser(languages=LANGUAGES).read(head).replies
    own = replies[0] if replies else None
    words = (own.body.strip() or own.content.strip() if own else "") or head.strip()
    return SENT_FROM.sub("", words).strip() or words


def tells_of_more(line: str) -> bool:
    """Is there anything for the reply parser to find, a quote or a signature?"""
    bare = line.strip()
    return CLOSES.match(bare) is not None or bare.startswith((">", "--", "__")) or bare.endswith(":") or ": " in bare[:40] or "-----" in bare


def snippet_of(text: str) -> str:
    """The first words, in one line."""
    one_line = " ".join(new_words(text)[: LONGEST_SNIPPET * 4].split())
    return one_line if len(one_line) <= LONGEST_SNIPPET else one_line[: LONGEST_SNIPPET - 1].rstrip() + "…"
